// --earlier with --skip-existing and --if-changed, and --dedupe, as typed, against a real server.

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { type Ended, flurry } from './in-process.ts';

const folder = temporaryFolder();
let server: Server;
let url: string;
/** What was asked for, with the condition that came along. */
let asked: string[] = [];
/** Of the pages: a new one has another tag. */
let version = 1;
let missing = false;

beforeAll(async () => {
  server = createServer(({ method, url: path = '', headers }, response) => {
    const condition = headers['if-none-match'] ?? headers['if-modified-since'];
    asked.push(`${method} ${path}${condition === undefined ? '' : ` ${condition}`}`);
    if (path.startsWith('/moved')) return response.writeHead(302, { Location: '/1' }).end();
    const isNew = path === '/1' && version > 1;
    const tag = isNew ? '"new"' : `W/"v${path}"`;
    if (path !== '/dated') response.setHeader('ETag', tag);
    else response.setHeader('Last-Modified', 'Tue, 15 Nov 1994 12:45:26 GMT');
    if (headers['if-none-match'] === tag || headers['if-modified-since'] !== undefined)
      return response.writeHead(304).end();
    response.writeHead(missing && /[369]$/.test(path) ? 404 : 200);
    return response.end(`page ${path}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let runs = 0;

beforeEach(() => {
  asked = [];
  version = 1;
  missing = false;
});

/** A run to a file of its own; what was asked for before it is forgotten. */
async function run(argv: readonly string[], form = 'jsonl'): Promise<Ended & { readonly name: string }> {
  const name = `out-${++runs}.${form}`;
  asked = [];
  const ended = await flurry([...argv, '-o', folder.at(name)]);
  return { ...ended, name };
}

function statuses(name: string): Record<string, unknown> {
  return Object.fromEntries(folder.records(name).map((record) => [record['index'], record['status']]));
}

describe('--skip-existing', () => {
  it.each(['jsonl', 'jsonl.gz', 'csv', 'csv.gz'])(
    'sends what %s has no successful record of',
    async (form) => {
      missing = true;
      const old = await run([`${url}/[0-9]`], form);
      missing = false;
      const summary = folder.at('summary.json');
      const argv = ['--earlier', folder.at(old.name), '--skip-existing', '--summary', summary];
      const { name, code, stderr } = await run([`${url}/[0-12]`, ...argv]);
      expect(code).toBe(0);
      expect(asked.sort()).toEqual(['GET /10', 'GET /11', 'GET /12', 'GET /3', 'GET /6', 'GET /9']);
      expect(statuses(name)).toEqual({ 3: 200, 6: 200, 9: 200, 10: 200, 11: 200, 12: 200 });
      expect(stderr).toContain(`7 skipped: they are in ${folder.at(old.name)}\n`);
      expect(stderr).toMatch(/^6 requests, 6 responses/m);
      expect(stderr).toMatch(/^ +skipped +7 requests of which there is a record$/m);
      expect(JSON.parse(readFileSync(summary, 'utf8'))).toMatchObject({ requests: 6, skipped: 7 });
    },
  );

  it('takes several earlier outputs together, and sends nothing where all is there', async () => {
    const [one, two] = [await run([`${url}/[0-4]`]), await run([`${url}/[5-9]`], 'csv')];
    const earlier = ['--earlier', folder.at(one.name), '--earlier', folder.at(two.name)];
    const { name, code, stderr } = await run([`${url}/[0-9]`, ...earlier, '--skip-existing']);
    expect([code, asked, folder.read(name)]).toEqual([0, [], '']);
    expect(stderr).toContain(
      `nothing was sent: all of 10 are in ${folder.at(one.name)}, ${folder.at(two.name)}\n`,
    );
  });

  it('leaves the earlier output as it is, and what was left out is done for the journal', async () => {
    const old = await run([`${url}/[0-4]`]);
    const before = folder.read(old.name);
    const { name } = await run([`${url}/[0-9]`, '--earlier', folder.at(old.name), '--skip-existing']);
    expect(folder.read(old.name)).toBe(before);
    expect(folder.read(`${name}.journal`)).toMatch(/"done":"10",.*"complete":true/);
  });

  it('keeps the order of the input', async () => {
    writeFileSync(
      folder.at('odd.jsonl'),
      (await run([`${url}/{1,3,5,7}`])) && folder.read(`out-${runs}.jsonl`),
    );
    const argv = ['--earlier', folder.at('odd.jsonl'), '--skip-existing', '--ordered', '-c', '4'];
    const { name } = await run([`${url}/[0-8]`, ...argv]);
    expect(folder.records(name).map(({ index }) => index)).toEqual([0, 2, 4, 6, 8]);
  });

  it('tells what in it is no record, and that nothing in it is a success', async () => {
    const old = await run([`${url}/[0-1]`]);
    const lines = folder.read(old.name).split('\n');
    const mixed = folder.write('mixed.jsonl', `${lines[0]}\nnonsense\n${lines[1]!.slice(0, 30)}`);
    const { stderr } = await run([`${url}/[0-1]`, '--earlier', mixed, '--skip-existing']);
    expect(asked).toHaveLength(1);
    expect(stderr).toContain('mixed.jsonl: 1 line is no record, the first is line 2');
    const redirected = await run([`${url}/moved`]);
    const none = await run([`${url}/0`, '--earlier', folder.at(redirected.name), '--skip-existing']);
    expect(none.stderr).toContain('none of the 1 records in');
    expect(none.stderr).not.toContain('skipped:');
  });
});

describe('--if-changed', () => {
  it('asks by tag or date, and records what has not changed as 304', async () => {
    const old = await run([`${url}/{0,1,dated}`, '--include']);
    version = 2;
    const argv = ['--earlier', folder.at(old.name), '--if-changed'];
    const { name, stderr } = await run([`${url}/{0,1,dated,other}`, ...argv, '-c', '1', '--include']);
    expect(asked).toEqual([
      'GET /0 W/"v/0"',
      'GET /1 W/"v/1"',
      'GET /dated Tue, 15 Nov 1994 12:45:26 GMT',
      'GET /other',
    ]);
    expect(statuses(name)).toEqual({ 0: 304, 1: 200, 2: 304, 3: 200 });
    expect(folder.records(name)[0]).toMatchObject({ bytes: 0, body: '' });
    expect(stderr).toMatch(/statuses +200 2 +304 2/);
    await run([`${url}/[0-1]`, ...argv, '--earlier', folder.at(name), '-c', '1']);
    expect(asked).toEqual(['GET /0 W/"v/0"', 'GET /1 "new"']);
  });

  it('asks nothing of where redirects led', async () => {
    const old = await run([`${url}/moved`, '-L', '--include']);
    expect(asked).toEqual(['GET /moved', 'GET /1']);
    const again = await run([`${url}/moved`, '-L', '--earlier', folder.at(old.name), '--if-changed']);
    expect(asked).toEqual(['GET /moved', 'GET /1']);
    expect(again.stderr).toContain('has a field to ask by (ETag, Last-Modified), so all is asked for');
  });
});

describe('what is typed wrong', () => {
  async function refused(...argv: string[]): Promise<string> {
    const { code, stderr } = await flurry([`${url}/0`, '-o', folder.at('never.jsonl'), ...argv]);
    expect([code, asked]).toEqual([2, []]);
    return stderr;
  }

  it('is refused with what to type', async () => {
    const old = folder.at((await run([`${url}/[0-2]`])).name);
    const table = folder.at((await run([`${url}/0`, '--include'], 'csv')).name);
    asked = [];
    expect(await refused('--skip-existing')).toContain('--skip-existing needs the records of an earlier run');
    expect(await refused('--if-changed')).toContain('--earlier old.jsonl');
    expect(await refused('--earlier', old)).toContain('--earlier is for --skip-existing');
    expect(await refused('--earlier', old, '--skip-existing', '--if-changed')).toContain('give one of them');
    expect(await refused('--earlier', folder.at('none'), '--skip-existing')).toContain(
      'there is no such file',
    );
    expect(await refused('--earlier', folder.path, '--skip-existing')).toContain('it is a folder');
    expect(await refused('--earlier', '-', '--skip-existing')).toContain('not standard input');
    expect(await refused('--earlier', old, '--skip-existing', '-o', old)).toContain('names the same file');
    expect(folder.read(old.slice(folder.path.length + 1)).split('\n')).toHaveLength(4);
    expect(await refused('--earlier', table, '--if-changed')).toContain('is CSV');
    const other = folder.write('other.txt', 'some\ntext\n');
    expect(await refused('--earlier', other, '--skip-existing')).toContain('there is no record of flurry in');
    const many = ['--earlier', old, '--skip-existing', '--earlier-max'];
    expect(await refused(...many, '2')).toMatch(/more than 2 different URLs.*--earlier-max.*--shard/);
    expect((await run([`${url}/0`, ...many, '3'])).code).toBe(0);
  });
});

describe('--dedupe', () => {
  const LIST = ['a', 'b', 'a', 'a', 'b', 'c'];
  const list = () => folder.write('list.txt', LIST.map((name) => `${url}/${name}\n`).join(''));

  it('sends equal requests once; each has a record', async () => {
    const { name, stderr } = await run(['-i', list(), '--dedupe']);
    expect(asked.sort()).toEqual(['GET /a', 'GET /b', 'GET /c']);
    const records = folder.records(name).sort((a, b) => Number(a['index']) - Number(b['index']));
    expect(records.map(({ duplicateOf }) => duplicateOf)).toEqual([undefined, undefined, 0, 0, 1, undefined]);
    expect(records.map(({ status }) => status)).toEqual(LIST.map(() => 200));
    expect(records[2]).not.toHaveProperty('body');
    expect(stderr).toMatch(/^6 requests, 3 responses/m);
    expect(stderr).toMatch(/^ +duplicates +3 not sent: an equal request was$/m);
  });

  it('has a column of its own, which is there with it alone', async () => {
    const { name } = await run(['-i', list(), '--dedupe', '--ordered'], 'csv.gz');
    const rows = parse<Record<string, string>>(gunzipSync(readFileSync(folder.at(name))), { columns: true });
    expect(rows.map((row) => row['duplicate_of'])).toEqual(['', '', '0', '0', '1', '']);
    const plain = await run(['-i', list()], 'csv');
    expect(folder.read(plain.name)).not.toContain('duplicate_of');
  });

  it('says that it remembers no more', async () => {
    const { stderr } = await run(['-i', list(), '--dedupe', '--dedupe-max', '1', '-c', '1']);
    expect(asked).toEqual(['GET /a', 'GET /b', 'GET /b', 'GET /c']);
    expect(stderr).toContain(
      '2 not sent: an equal request was; later ones were all sent, --dedupe-max remembers more',
    );
  });

  it('goes on with a run: of what was done before, equal ones are sent again', async () => {
    const first = await run([
      '-i',
      list(),
      '--dedupe',
      '-c',
      '1',
      '--ordered',
      '--max-failures',
      '1',
      '--fail-on',
      '!header:Nothing',
    ]);
    expect(first.code).toBe(7);
    const name = folder.at(first.name);
    asked = [];
    const { code } = await flurry(['resume', name, '--max-failures', '100']);
    expect([code, asked]).toEqual([0, ['GET /b', 'GET /a', 'GET /c']]);
    const duplicates = folder.records(first.name).map(({ duplicateOf }) => duplicateOf);
    expect(duplicates).toEqual([undefined, undefined, undefined, 2, 1, undefined]);
    expect(folder.records(first.name).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
