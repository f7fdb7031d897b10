// flurry retry against a server that is down for some of its paths, and then no longer is.

import { chmodSync, existsSync, lstatSync, statSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { helpText } from '../../src/cli/help.ts';
import { main } from '../../src/cli/main.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, surroundings, type World } from './in-process.ts';

const folder = temporaryFolder();
let server: Server;
let url: string;
/** How often each path was asked for, and by which method. */
let asked: string[] = [];
let down = true;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url!;
    asked.push(`${request.method} ${path}`);
    const n = Number(path.slice(1));
    if (down && n % 4 === 1) request.socket.destroy();
    else {
      response.setHeader('Content-Type', 'application/json');
      response.statusCode = down && n % 3 === 0 ? 503 : 200;
      response.end(JSON.stringify({ n, down, auth: request.headers.authorization }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let runs = 0;
let out: string;

beforeEach(() => {
  out = folder.at(`out-${++runs}.jsonl`);
  asked = [];
  down = true;
});

const RUN = ['--retry', '0', '-c', '4'];

/** Of /0 to /23: 1, 5, 9 … fail, and of the others 0, 3, 6 … are 503. */
async function run(...argv: readonly string[]): Promise<void> {
  await flurry([...RUN, `${url}/[0-23]`, '-o', out, ...argv]);
  asked = [];
  down = false;
}

const FAILED = [1, 5, 9, 13, 17, 21];
const REFUSED = [0, 3, 6, 12, 15, 18];

async function retry(argv: readonly string[], world: World = {}) {
  return await flurry(['retry', out, ...argv], world);
}

const paths = () => asked.map((one) => Number(one.split('/')[1])).sort((a, b) => a - b);

function records(): Record<string, unknown>[] {
  return folder.records(out.slice(folder.path.length + 1));
}

function expectOneEach(): void {
  const indices = records().map(({ index }) => index as number);
  expect(indices.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
}

describe('flurry retry', () => {
  it('sends what is named, once, and puts its records in the place of the old ones', async () => {
    await run();
    const { code, stderr } = await retry(['--only', '5xx']);
    expect(code).toBe(0);
    expect(stderr).toContain('flurry: sending 6 requests (503 6) again\n');
    expect(paths()).toEqual(REFUSED);
    expectOneEach();
    expect(records().filter(({ status }) => status === 503)).toEqual([]);
    expect(records().filter(({ error }) => error !== undefined)).toHaveLength(FAILED.length);
    asked = [];
    expect((await retry(['--only', 'failed,5xx', '-q'])).code).toBe(0);
    expect(paths()).toEqual(FAILED);
    expectOneEach();
    expect(records().every(({ status }) => status === 200)).toBe(true);
  });

  it('is as quiet as the run was', async () => {
    await run('-q');
    expect(await retry(['--only', '5xx'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expectOneEach();
  });

  it('can be given again and again, also where the server stays down', async () => {
    await run();
    down = true;
    for (let i = 0; i < 3; i++) {
      asked = [];
      await retry(['--only', '5xx|headers', '-q']);
      expect(new Set(paths())).toEqual(new Set([...FAILED, ...REFUSED]));
      expectOneEach();
    }
    expect(records().filter(({ error }) => error !== undefined)).toHaveLength(FAILED.length);
  });

  it('says what it would do, and does nothing', async () => {
    await run();
    const before = folder.read(`out-${runs}.jsonl`);
    const { code, stdout, stderr } = await retry(['--only', 'not-ok', '--dry-run']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^would send 12 requests \((?:503 6, headers\/\w+ 6|headers\/\w+ 6, 503 6)\) of 24 records again\n$/,
    );
    expect(asked).toEqual([]);
    expect(folder.read(`out-${runs}.jsonl`)).toBe(before);
  });

  it('changes nothing where nothing is meant', async () => {
    await run();
    const [file, journal] = [folder.read(`out-${runs}.jsonl`), folder.read(`out-${runs}.jsonl.journal`)];
    expect(await retry(['--only', '429,timeout'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `none of the 24 records in ${out} is of 429,timeout: nothing was sent, nothing was changed (flurry report ${out} shows what there is)\n`,
    });
    expect(await retry(['--only', '429', '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect([folder.read(`out-${runs}.jsonl`), folder.read(`out-${runs}.jsonl.journal`)]).toEqual([
      file,
      journal,
    ]);
  });

  it('knows each request by its place, also in another order', async () => {
    await run('--shuffle');
    await retry(['--only', '5xx', '-q']);
    expect(paths()).toEqual(REFUSED);
    expectOneEach();
  });

  it('sends what is left of a run that was not finished, too', async () => {
    await run();
    const name = `out-${runs}.jsonl`;
    const lines = folder.read(name).split('\n');
    const gone = (JSON.parse(lines.at(-2)!) as { index: number }).index;
    const journal = folder.read(`${name}.journal`).trimEnd().split('\n');
    // As a crash leaves it: the last record is not whole, and the journal knows of none.
    folder.write(name, lines.slice(0, -1).join('\n').slice(0, -5));
    folder.write(`${name}.journal`, `${journal.slice(0, 2).join('\n')}\n`);
    const { stderr } = await retry(['--only', '5xx']);
    expect(stderr).toContain('flurry: the run was not finished: what is left of it is sent, too\n');
    expect(new Set(paths())).toEqual(new Set([...REFUSED, gone]));
    expectOneEach();
  });

  it('takes options for this time', async () => {
    await run();
    expect((await retry(['--only', '5xx', '-q', '--fail-if', 'responses > 3'])).code).toBe(99);
    expectOneEach();
  });

  it('goes on where it was stopped', async () => {
    await run();
    const caught = surroundings();
    const ended = main(['retry', out, '--only', 'not-ok', '--rate', '1/s', '--burst', '1'], caught.around);
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    caught.signal('SIGINT');
    expect(await ended).toBe(130);
    expect(caught.stderr()).toContain(`to go on, run the same command again, or: flurry resume ${out}\n`);
    expect(records().length).toBeLessThan(24);
    await flurry(['resume', out, '-q']);
    expect(new Set(paths())).toEqual(new Set([...FAILED, ...REFUSED]));
    expectOneEach();
  });

  it('keeps the permissions of the file, and a link to it a link', async () => {
    const real = folder.write(`real-${runs}.jsonl`, '');
    symlinkSync(real, out);
    await run();
    chmodSync(real, 0o600);
    await retry(['--only', '5xx', '-q']);
    expect(lstatSync(out).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expectOneEach();
    expect(existsSync(`${real}.retry`)).toBe(false);
  });
});

it('has a help of its own, and is finished by shells', async () => {
  const stdout = helpText('retry', 80);
  expect(await flurry(['retry', '--help'])).toEqual({ code: 0, stdout, stderr: '' });
  expect(stdout).toContain('--only <list>');
  expect(completionScript('bash')).toMatch(/== retry.*--only/);
  expect(completionScript('zsh')).toContain(`'*''--only[`);
  expect(completionScript('fish')).toContain(`'__fish_seen_subcommand_from retry' -l only `);
});

describe('requests that must not be sent twice', () => {
  it('are sent again where they are named, and that is said', async () => {
    await run('-X', 'POST');
    const { stderr } = await retry(['--only', '5xx,failed']);
    expect(stderr).toContain(
      'flurry: of these 12 POST may have had their effect before, and may have it again\n',
    );
    expect(asked.sort()).toEqual([...FAILED, ...REFUSED].map((n) => `POST /${n}`).sort());
    expectOneEach();
    expect(existsSync(`${out}.journal.sent`)).toBe(false);
  });
});

describe('secrets', () => {
  it('are given again, as the message says', async () => {
    await run('-H', 'Authorization: Bearer abc');
    const { code, stderr } = await retry(['--only', '5xx']);
    expect([code, stderr]).toEqual([
      2,
      `flurry: secrets are not kept; give them again: flurry retry ${out} --only 5xx --header …\n`,
    ]);
    expect((await retry(['--only', '5xx', '-q', '-H', 'Authorization: Bearer abc'])).code).toBe(0);
    expectOneEach();
    const bodies = records().map(({ body }) => (body as { auth?: string } | undefined)?.auth);
    expect(new Set(bodies.filter((auth) => auth !== undefined))).toEqual(new Set(['Bearer abc']));
  });
});

describe('what it refuses', () => {
  async function refused(argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await flurry(['retry', ...argv]);
    expect([code, stdout, asked]).toEqual([2, '', []]);
    return stderr;
  }

  it('is words that do not fit', async () => {
    const example = 'such as: flurry retry out.jsonl --only timeout,connect,5xx,429\n';
    expect(await refused([])).toBe(`flurry: retry takes the one file that a run has left, ${example}`);
    expect(await refused(['a', 'b', '--only', '429'])).toContain('the one file');
    expect(await refused(['a'])).toBe(`flurry: retry takes what is to be sent again, ${example}`);
    expect(await refused(['a', '--only', 'timout'])).toContain('did you mean timeout?');
    expect(await refused(['a', '--onyl', '429'])).toContain('did you mean --only?');
  });

  it('is a file without a journal', async () => {
    const path = folder.write('foreign.jsonl', '');
    expect(await refused([path, '--only', '429'])).toContain(`there is no journal ${path}.journal`);
  });

  it('is what is not one file of JSON Lines', async () => {
    const csv = folder.at(`out-${runs}.csv`);
    await flurry([...RUN, `${url}/[0-3]`, '-o', csv]);
    asked = [];
    expect(await refused([csv, '--only', '5xx'])).toContain(
      `of ${csv} it is csv; run it with -o out.jsonl alone`,
    );
    await run('-o', csv);
    expect(await refused([out, '--only', '5xx'])).toContain('its run has 2 outputs');
  });

  it('is a file that somebody has changed', async () => {
    await run();
    const name = `out-${runs}.jsonl`;
    const text = folder.read(name);
    folder.write(name, text.replace('\n', '\nhello\n'));
    expect(await refused([out, '--only', '5xx'])).toContain(
      `line 2 of ${out} is no record; mend or delete it, then try again (nothing was changed)`,
    );
    folder.write(name, text.split('\n').slice(0, 3).concat('').join('\n'));
    expect(await refused([out, '--only', 'not-ok'])).toMatch(/has \d+ bytes, of \S+ that its run had stored/);
  });

  it('is other requests than those of the run', async () => {
    const list = folder.write(`urls-${runs}.txt`, `${url}/0\n${url}/3\n`);
    await flurry([...RUN, '-i', list, '-o', out]);
    asked = [];
    const before = folder.read(`out-${runs}.jsonl`);
    folder.write(`urls-${runs}.txt`, `${url}/0\n${url}/3\n${url}/4\n`);
    expect(await refused([out, '--only', '5xx', '-q'])).toMatch(
      /the records in \S+ are of another run than this one would be: input was .*; nothing was changed\n$/,
    );
    expect(folder.read(`out-${runs}.jsonl`)).toBe(before);
    expect(existsSync(`${out}.lock`)).toBe(false);
  });
});
