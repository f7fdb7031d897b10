// The command line as a process: pipes, signals, exit codes, and what it loads.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTarget, type Target } from '../../src/target/index.ts';
import { run, start } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { type HeldServer, heldServer } from './held-server.ts';

const folder = temporaryFolder();
let target: Target;
let held: HeldServer;
let url = '';

beforeAll(async () => {
  [target, held] = await Promise.all([startTarget(), heldServer()]);
  url = target.url;
});

afterAll(() => Promise.all([target.close(), held.close()]));

describe('standard output', () => {
  it('gets records and nothing else, as JSON Lines or CSV', async () => {
    const { code, stdout, stderr } = await run([`${url}/todos/[1-3]`, '-c', '1', '--body', 'none']);
    expect(code).toBe(0);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ index, status }) => [index, status])).toEqual([
      [0, 200],
      [1, 200],
      [2, 200],
    ]);
    expect(stderr).toMatch(/^3 requests, 3 responses in /);
    expect(stderr).not.toContain('records in');
    const csv = await run([`${url}/todos/1`, '-q', '-o', '-', '--output-format', 'csv']);
    expect(csv.stdout).toMatch(/^index,id,url,.*\n0,,http:[^\n]*\n$/);
    expect(csv.stderr).toBe('');
  });

  it('may close early: that is quiet, ends the run, and leaves the summary', async () => {
    const child = start([`${url}/todos/[1-1000000]`, '--summary', folder.at('s.json')], { unread: true });
    await once(child.process.stdout, 'readable');
    child.process.stdout.destroy();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr()).toBe('');
    const { requests } = JSON.parse(folder.read('s.json'));
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThan(1_000_000);
  });

  it('may close early under a plan, a help or a configuration too', async () => {
    for (const argv of [
      ['--help'],
      ['--print-config'],
      ['http://h/[1-9]', '--dry-run'],
      ['completion', 'zsh'],
    ]) {
      const child = start(argv, { unread: true });
      child.process.stdout.destroy();
      expect(await child.ended, argv[0]).toEqual({ code: 0, signal: null });
      expect(child.stderr()).toBe('');
    }
  });

  it.skipIf(!existsSync('/dev/full'))('may be full', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [inject('flurryBin'), `${url}/todos/1`], {
      stdio: ['ignore', full, 'pipe'],
    });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = await once(child, 'close');
    expect([code, stderr]).toEqual([
      3,
      'flurry: cannot write to standard output: the disk is full; free some space, or name a file elsewhere with -o\n',
    ]);
  });
});

describe('standard error', () => {
  it('may close early without any harm', async () => {
    const child = start([`${url}/todos/[1-3]`, '--body', 'none']);
    child.process.stderr.destroy();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout().trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('standard input', () => {
  it('is the list of URLs when none is given', async () => {
    const stdin = `${url}/todos/1\n${url}/todos/2\n`;
    const { code, stdout } = await run(['-q', '-c', '1', '--body', 'none'], { stdin });
    expect(code).toBe(0);
    expect(stdout.match(/"index":\d/g)).toEqual(['"index":0', '"index":1']);
  });

  it('may be empty', async () => {
    expect(await run([])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'nothing was sent: standard input holds no request\n',
    });
  });

  it('is read no further than -n asks for, so that an endless one ends', async () => {
    const child = spawn(
      process.execPath,
      [inject('flurryBin'), '-q', '-n', '2', '--body', 'none', '-o', folder.at('two.jsonl')],
      { stdio: ['pipe', 'ignore', 'inherit'] },
    );
    child.stdin!.on('error', () => {});
    child.stdin!.write(`${url}/todos/1\n`.repeat(3));
    const [code] = await once(child, 'close');
    expect([code, folder.records('two.jsonl').length]).toEqual([0, 2]);
  });

  it('of URLs that come one by one is answered one by one', async () => {
    const child = spawn(process.execPath, [inject('flurryBin'), '-q', '--body', 'none'], { stdio: 'pipe' });
    for (const n of [1, 2]) {
      child.stdin.write(`${url}/todos/${n}\n`);
      const [record] = await once(child.stdout, 'data');
      expect(JSON.parse(String(record))).toMatchObject({ url: `${url}/todos/${n}`, status: 200 });
    }
    child.stdin.end();
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});

describe('errors', () => {
  it('are one line, and exit codes the system’s', async () => {
    expect(await run(['--concurency', '5'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'flurry: unknown option --concurency; did you mean --concurrency?\n',
    });
    expect(await run([`${url}/`, '-o', '/no/dir/x'])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'flurry: cannot write /no/dir/x: there is no folder /no/dir; make it with: mkdir -p /no/dir\n',
    });
    expect((await run([`${url}/status/404`, '-q', '--check-status'])).code).toBe(4);
    expect((await run([`${url}/todos/1`, '-q', '--fail-if', 'requests==1'])).code).toBe(99);
  });

  it('end the process also where an input is open that never ends', async () => {
    const fifo = folder.at('fifo');
    if (spawnSync('mkfifo', [fifo]).status !== 0) return;
    const writer = openSync(fifo, 'r+');
    expect((await run(['-i', fifo, '-o', '/no/dir/x'])).code).toBe(3);
    closeSync(writer);
  });

  it('find the config of the folder they are run in', async () => {
    folder.write('project/flurry.config.json', '{"concurency": 1}');
    const { code, stderr } = await run([`${url}/`], { cwd: folder.at('project') });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^flurry: \S*flurry\.config\.json: unknown option concurency; did you mean concurrency\?\n$/,
      ),
    ]);
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s once lets requests in flight finish', async (signal, code) => {
    const server = await heldServer();
    const out = folder.at(`${signal}.jsonl`);
    const child = start([`${server.url}/[1-50]`, '-c', '2', '-q', '-o', out]);
    await server.waiting(2);
    child.process.kill(signal);
    await child.said('stopping: 2 in flight may finish');
    server.release();
    expect(await child.ended).toEqual({ code, signal: null });
    expect(folder.records(`${signal}.jsonl`).map((record) => record['status'])).toEqual([200, 200]);
    await server.close();
  });

  it('twice aborts what is in flight and leaves valid files', async () => {
    const child = start([
      ...[
        `${held.url}/[1-50]`,
        '-c',
        '2',
        '-o',
        folder.at('twice.jsonl'),
        '--durability',
        'none',
        '--summary',
        folder.at('twice.json'),
      ],
    ]);
    await held.waiting(2);
    child.process.kill('SIGINT');
    await child.said('stopping: 2 in flight may finish');
    child.process.kill('SIGINT');
    expect(await child.ended).toEqual({ code: 130, signal: null });
    expect(folder.records('twice.jsonl')).toMatchObject(Array(2).fill({ error: { kind: 'aborted' } }));
    expect(JSON.parse(folder.read('twice.json'))).toMatchObject({ requests: 2, failures: 2 });
  });

  it('end a process whose output nobody reads at the third', async () => {
    // One record, far larger than a pipe: when its beginning comes, nothing is in flight any more.
    const child = start([`${url}/bytes/5000000`, '-q', '--body', 'base64'], { unread: true });
    await once(child.process.stdout, 'readable');
    child.process.kill('SIGINT');
    await child.said('stopping; once more to stop at once\n');
    child.process.kill('SIGINT');
    await child.said('once more to leave without them');
    child.process.kill('SIGINT');
    expect(await child.ended).toEqual({ code: null, signal: 'SIGINT' });
  });
});

describe('flurry serve', () => {
  it('prints its URL, serves until a signal comes, and says what it has counted', async () => {
    const child = start(['serve', '--port', '0']);
    await child.said('stop with Ctrl-C');
    const served = child.stdout().trim();
    expect(served).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await run([`${served}/todos/1`, '-q', '--body', 'none'])).stdout).toContain('"status":200');
    child.process.kill('SIGINT');
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr()).toBe(
      `listening at ${served}, where its routes are described; stop with Ctrl-C\n` +
        `target ${served} requests 1 connections 1 open 0\n`,
    );
  });
});
