// A run that was stopped, and the one that goes on with it: the same line again, --resume, `flurry resume`; what is
// refused, what must be given again, and what can never be gone on with.

import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { temporaryFolder } from './folder.ts';
import { type HeldServer, heldServer } from './held-server.ts';
import { type Ended, flurry as inProcess, surroundings, type World } from './in-process.ts';

const folder = temporaryFolder();
let server: Server;
let url: string;
const asked: { path: string; login: string | undefined }[] = [];

beforeAll(async () => {
  server = createServer(({ url: path, headers }, response) => {
    asked.push({ path: path!, login: headers.authorization });
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  asked.length = 0;
});

const indices = (name: string) => folder.records(name).map((record) => record['index'] as number);
/** Names of files are those in the folder, in words and in what is said. */
const local = (words: readonly string[]) =>
  words.map((word, at) => {
    const isFile =
      ['-o', '-i', 'resume'].includes(words[at - 1] ?? '') || (words[0] === 'resume' && at === 2);
    return isFile && !/^[-/]/.test(word) ? folder.at(word) : word;
  });
const shown = (text: string) => text.replaceAll(`${folder.path}/`, '');

async function flurry(words: readonly string[], world?: World): Promise<Ended> {
  const ended = await inProcess(local(words), world);
  return { ...ended, stderr: shown(ended.stderr) };
}

const paths = () => asked.map(({ path }) => path);

/** Leaves a run of which two are done; `argv` names its output. */
async function stopped(argv: readonly string[], world: World = {}): Promise<string> {
  const { code, stderr } = await flurry(
    ['-c', '1', '--max-failures', '2', '--fail-on', 'status=200', ...argv],
    world,
  );
  expect(code).toBe(7);
  asked.length = 0;
  return stderr;
}

const LOOSE = ['-c', '1', '--fail-on', 'status=200'];

describe('a run that was stopped by a signal', () => {
  let held: HeldServer;

  beforeEach(async () => {
    held = await heldServer();
  });

  afterEach(() => held.close());

  it('is gone on with by the same line, which sends again what was under way', async () => {
    const line = [`${held.url}/[1-6]`, '-c', '2', '-o', 'signal.jsonl', '--grace', '0'];
    const caught = surroundings();
    const code = main(local(line), caught.around);
    await held.waiting(2);
    caught.signal('SIGINT');
    expect(await code).toBe(130);
    expect(shown(caught.stderr())).toContain(
      'to go on, run the same command again, or: flurry resume signal.jsonl\n',
    );
    expect(indices('signal.jsonl')).toEqual([]);
    held.release();
    const again = await flurry(line);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(
      'flurry: going on with signal.jsonl: 0 records are there (--restart begins anew)\n',
    );
    expect(indices('signal.jsonl').sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('has a record of each POST that was under way', async () => {
    const line = [`${held.url}/[1-4]`, '-X', 'POST', '-c', '2', '-o', 'post.jsonl', '--grace', '0'];
    const caught = surroundings();
    const code = main(local(line), caught.around);
    await held.waiting(2);
    caught.signal('SIGINT');
    expect(await code).toBe(130);
    expect(folder.records('post.jsonl')).toMatchObject([
      { error: { kind: 'aborted', sent: 'whole' } },
      { error: { kind: 'aborted', sent: 'whole' } },
    ]);
    held.release();
    expect((await flurry([...line, '-q'])).code).toBe(0);
    expect(indices('post.jsonl').sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('an unfinished output', () => {
  it('is gone on with by `flurry resume` and by --resume', async () => {
    for (const how of ['resume', 'flag']) {
      const line = [...LOOSE, `${url}/[1-5]`, '-o', `${how}.jsonl`];
      await stopped(line.slice(4));
      const words =
        how === 'resume' ? ['resume', 'resume.jsonl', '--max-failures', '9'] : [...line, '--resume'];
      const { code, stderr } = await flurry(words);
      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('2 records are there'),
      });
      expect(paths()).toEqual(['/3', '/4', '/5']);
      expect(indices(`${how}.jsonl`)).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('is begun anew with --restart', async () => {
    const line = [`${url}/[1-3]`, '-o', 'anew.jsonl'];
    await stopped(line);
    const { code, stderr } = await flurry([...line, '--restart', '-c', '1']);
    expect(code).toBe(0);
    expect(stderr).not.toContain('going on');
    expect(paths()).toEqual(['/1', '/2', '/3']);
  });

  it.each([
    ['URL', (u: string) => [`${u}/[1-6]`], 'urls was '],
    ['option', (u: string) => [`${u}/[1-5]`, '-L'], 'followRedirects was not set, now it is true'],
    [
      'output',
      (u: string) => [`${u}/[1-5]`, '-o', 'more.csv'],
      'the outputs were other.jsonl (jsonl), now they are',
    ],
  ])('is not mixed with another %s', async (_, words, difference) => {
    const out = ['-o', 'other.jsonl'];
    await stopped(['-q', `${url}/[1-5]`, ...out, '--restart']);
    const { code, stderr } = await flurry([...LOOSE, ...out, ...words(url)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^flurry: other\.jsonl holds 2 records of a run that is not finished, [^\n]*\n$/);
    expect(stderr).toContain(difference);
    expect(asked).toEqual([]);
    expect(indices('other.jsonl')).toEqual([0, 1]);
  });

  it('is not mixed with another input file', async () => {
    const lines = [1, 2, 3, 4].map((n) => `${url}/${n}\n`).join('');
    folder.write('urls.txt', lines);
    const line = ['-i', 'urls.txt', '-o', 'file.jsonl'];
    await stopped(['-q', ...line]);
    folder.write('urls.txt', lines.replace('/4', '/5'));
    const { code, stderr } = await flurry([...LOOSE, ...line]);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/input was \d+ bytes, /),
    });
    folder.write('urls.txt', lines);
    expect((await flurry([...LOOSE, ...line])).code).toBe(0);
    expect(paths()).toEqual(['/3', '/4']);
  });

  it('may be gone on with faster or slower', async () => {
    await stopped(['-q', `${url}/[1-4]`, '-o', 'pace.jsonl']);
    const again = [
      '--fail-on',
      'status=200',
      `${url}/[1-4]`,
      '-o',
      'pace.jsonl',
      '-c',
      '7',
      '--max-time',
      '9s',
    ];
    expect((await flurry(again)).code).toBe(0);
    expect(paths().sort()).toEqual(['/3', '/4']);
  });
});

describe('standard input', () => {
  const stdin = (n: number) => Array.from({ length: n }, (_, at) => `${url}/${at + 1}\n`).join('');

  it('is passed over as far as it is done, and that is said', async () => {
    await stopped(['-q', '-i', '-', '-o', 'piped.jsonl'], { stdin: stdin(4) });
    const { code, stderr } = await flurry([...LOOSE, '-i', '-', '-o', 'piped.jsonl'], { stdin: stdin(4) });
    expect(code).toBe(0);
    expect(stderr).toContain(
      'flurry: standard input must be the same again: what was done of it is passed over by its place, unseen\n',
    );
    expect(paths()).toEqual(['/3', '/4']);
    expect(indices('piped.jsonl')).toEqual([0, 1, 2, 3]);
  });

  it('is left alone where a named pipe is the input, and nothing is read of that twice', async () => {
    execFileSync('mkfifo', [folder.at('urls.fifo')]);
    const feed = () =>
      execFileSync('sh', ['-c', `printf '%s' "$0" > ${folder.at('urls.fifo')} &`, stdin(3)], {
        stdio: 'ignore',
      });
    const line = ['-i', 'urls.fifo', '-o', 'fifo.jsonl'];
    feed();
    await stopped(['-q', ...line]);
    feed();
    const { code, stderr } = await flurry([...LOOSE, ...line]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('urls.fifo must be the same'),
    });
    expect(paths()).toEqual(['/3']);
  });
});

describe('flurry resume', () => {
  it('says what it takes', async () => {
    for (const words of [['resume'], ['resume', 'a', 'b']]) {
      expect(await flurry(words)).toMatchObject({
        code: 2,
        stderr:
          'flurry: flurry resume takes the one file that a run has left, such as: flurry resume out.jsonl\n',
      });
    }
    expect(await flurry(['resume', 'nothing.jsonl'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^flurry: there is no journal nothing\.jsonl\.journal: /),
    });
    const help = await flurry(['resume', '--help']);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('flurry resume') });
  });

  it('has nothing to do for a complete output, and leaves it as it is', async () => {
    await flurry([`${url}/[1-3]`, '-o', 'done.jsonl']);
    asked.length = 0;
    const said = 'done.jsonl is complete; nothing is left to send (--restart sends all of it again)\n';
    expect(await flurry(['resume', 'done.jsonl'])).toMatchObject({ code: 0, stderr: said });
    expect(await flurry([`${url}/[1-3]`, '-o', 'done.jsonl', '--resume'])).toMatchObject({
      code: 0,
      stderr: said,
    });
    expect(asked).toEqual([]);
    expect(indices('done.jsonl')).toHaveLength(3);
  });

  it('is to be given the name that the run gave it, in that folder', async () => {
    await stopped(['-q', `${url}/[1-3]`, '-o', 'named.jsonl']);
    folder.write('sub/named.jsonl.journal', folder.read('named.jsonl.journal'));
    expect(await flurry(['resume', 'sub/named.jsonl'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('called it named.jsonl; go to the folder where that is its name'),
    });
    expect((await flurry(['resume', './named.jsonl', '-q', '--max-failures', '9'])).code).toBe(0);
  });

  it('wants secrets again, which no file of the run holds', async () => {
    const secrets = ['-H', 'Authorization: Bearer hunter2', '-H', 'X-Plain: 1'];
    await stopped(['-q', `${url}/[1-4]`, ...secrets, '-o', 'secret.jsonl']);
    expect(folder.read('secret.jsonl.journal')).not.toContain('hunter2');
    expect(folder.read('secret.jsonl.journal')).toContain('X-Plain');
    const more = ['--max-failures', '9', '-q'];
    expect(await flurry(['resume', 'secret.jsonl', ...more])).toMatchObject({
      code: 2,
      stderr: 'flurry: secrets are not kept; give them again: flurry resume secret.jsonl --header …\n',
    });
    const other = ['-H', 'Authorization: Bearer swordfish'];
    expect(await flurry(['resume', 'secret.jsonl', ...more, ...other])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('headers was a secret, now it is another secret'),
    });
    expect((await flurry(['resume', 'secret.jsonl', ...more, '-H', secrets[1]!])).code).toBe(0);
    expect(asked.map(({ login }) => login)).toEqual(['Bearer hunter2', 'Bearer hunter2']);
  });
});

describe('what is not gone on with', () => {
  it('--resume and --restart, and --resume without a journal', async () => {
    const words = [`${url}/1`, '-o', 'both.jsonl', '--resume'];
    expect(await flurry([...words, '--restart'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give one of them'),
    });
    for (const without of [
      [...words, '--durability', 'none'],
      [`${url}/1`, '--resume'],
      [`${url}/1`, '-o', '/dev/null', '--resume'],
    ]) {
      expect(await flurry(without)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--resume needs records in a file'),
      });
    }
    expect(asked).toEqual([]);
  });

  it('is a run without durability, which leaves its output alone', async () => {
    await flurry([`${url}/[1-3]`, '-o', 'none/out.jsonl', '--durability', 'none', '-q']).catch(() => {});
    folder.write('none/keep', '');
    expect((await flurry([`${url}/[1-3]`, '-o', 'none/out.jsonl', '--durability', 'none', '-q'])).code).toBe(
      0,
    );
    expect(execFileSync('ls', [folder.at('none')], { encoding: 'utf8' })).toBe('keep\nout.jsonl\n');
  });

  it.skipIf(process.platform === 'win32')('is a device, beside which no journal is made', async () => {
    expect((await flurry([`${url}/[1-3]`, '-o', '/dev/null', '-q'])).code).toBe(0);
    expect(await flurry(['resume', '/dev/null'])).toMatchObject({ code: 2 });
  });
});

const mounts = canMount();

describe('a disk', () => {
  it.skipIf(!mounts)(
    'that is full ends the run with 3 and one line; with room again it goes on',
    async () => {
      folder.write('disk/here', '');
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder.at('disk')]);
      try {
        const full = await flurry([`${url}/[1-900]`, '-o', 'disk/out.jsonl', '-q']);
        expect(full.code).toBe(3);
        expect(full.stderr).toMatch(
          /^flurry: cannot write to disk\/out\.jsonl[^\n]*: the disk is full; [^\n]*gone on with by: flurry resume disk\/out\.jsonl\n$/,
        );
        execFileSync('mount', ['-o', 'remount,size=4m', folder.at('disk')]);
        expect((await flurry(['resume', 'disk/out.jsonl', '-q'])).code).toBe(0);
        expect(indices('disk/out.jsonl').sort((a, b) => a - b)).toEqual(
          Array.from({ length: 900 }, (_, at) => at),
        );
        expect(execFileSync('ls', [folder.at('disk')], { encoding: 'utf8' })).toBe(
          'out.jsonl\nout.jsonl.journal\n',
        );
      } finally {
        execFileSync('umount', [folder.at('disk')]);
      }
    },
  );

  it.skipIf(!mounts)(
    'that is read-only, or has no room from the start, says so before a request is sent',
    async () => {
      folder.write('fixed/here', '');
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', folder.at('fixed')]);
      try {
        folder.write('fixed/fill', Buffer.alloc(16 * 1024));
        const words = [`${url}/[1-9]`, '-o', 'fixed/out.jsonl', '-q'];
        expect(await flurry(words)).toMatchObject({
          code: 3,
          stderr: expect.stringMatching(/^flurry: cannot make [^\n]*ENOSPC[^\n]*\n$/),
        });
        execFileSync('mount', ['-o', 'remount,ro', folder.at('fixed')]);
        expect(await flurry(words)).toMatchObject({
          code: 3,
          stderr: expect.stringMatching(/^flurry: cannot make [^\n]*EROFS[^\n]*\n$/),
        });
        expect(execFileSync('ls', [folder.at('fixed')], { encoding: 'utf8' })).toBe('fill\n');
        expect(asked).toEqual([]);
      } finally {
        execFileSync('umount', [folder.at('fixed')]);
      }
    },
  );
});

/** Where tests run as root, in a namespace that allows it. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder.path], { stdio: 'ignore' });
    execFileSync('umount', [folder.path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
