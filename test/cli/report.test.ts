// flurry report: the forms it reads, what it says of what is no record, and what it proposes.

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { helpText } from '../../src/cli/help.ts';
import { REPORT_SWITCHES } from '../../src/cli/report-flags.ts';
import { startTarget, type Target } from '../../src/target/index.ts';
import { canUseZstd } from '../sinks/zstd.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, type World } from './in-process.ts';

const folder = temporaryFolder();
let target: Target;

beforeAll(async () => {
  target = await startTarget();
});

afterAll(() => target.close());

function line(index: number, status = 200): string {
  return `{"index":${index},"url":"http://h/${index}","method":"GET","status":${status},"ms":1.5,"bytes":10,"attempts":1}\n`;
}

const TEXT = line(0) + line(1) + line(2, 404);
const FIRST = '3 records: 2 ok, 1 of other statuses';

const CSV = `index,id,url,method,status,ms,bytes,attempts,body,error_phase,error_kind,error_message,error_sent
0,,http://h/0,GET,200,1.5,10,1,"a ""b""
c",,,,
1,x,http://h/1,POST,,0.5,,3,,connect,refused,nobody there,none
`;

async function report(argv: readonly string[], world: World = {}): Promise<string> {
  const { code, stdout, stderr } = await flurry(['report', ...argv], world);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

async function object(argv: readonly string[], world: World = {}) {
  return JSON.parse(await report([...argv, '--json'], world)) as Record<string, unknown>;
}

describe('what it reads', () => {
  it('is JSON Lines, packed or not, from files or standard input, whatever they are called', async () => {
    const plain = folder.write('plain.txt', TEXT);
    const members = Buffer.concat([gzipSync(line(0)), gzipSync(line(1) + line(2, 404))]);
    for (const path of [plain, folder.write('a.gz', members), folder.write('b.jsonl', members)])
      expect(await report([path])).toMatch(new RegExp(`^${FIRST}; bodies 30 B\n`));
    expect(await report(['-'], { stdin: TEXT })).toMatch(new RegExp(`^${FIRST}`));
    expect(await report(['-'], { stdin: TEXT.trimEnd() })).toMatch(new RegExp(`^${FIRST}.*\n\n`));
  });

  it.runIf(canUseZstd)('is zstd, frame by frame', async () => {
    const out = folder.at('run.jsonl.zst');
    await flurry([`${target.url}/todos/[1-50]`, '-q', '-o', out]);
    expect(await object([out])).toMatchObject({ records: 50, ok: 50 });
  });

  it('is what runs write, the same in each form', async () => {
    const paths = ['run.jsonl', 'run.csv', 'run.jsonl.gz', 'run.csv.gz'].map((name) => folder.at(name));
    const outputs = paths.flatMap((path) => ['-o', path]);
    const urls = [
      `${target.url}/status/[200-203]`,
      `${target.url}/echo?a="b`,
      'http://127.0.0.1:9/x',
      'ftp://h/',
    ];
    const list = folder.write(
      'urls.txt',
      `${urls.flatMap((url) => url.replace('[200-203]', '404')).join('\n')}\n`,
    );
    await flurry(['-i', list, '-q', '--retry', '0', '-d', 'a,"b"\nc', ...outputs]);
    const objects = [];
    for (const path of paths) {
      const { files, next, ...rest } = await object([path]);
      expect(files).toEqual([{ name: path, records: 4, otherLines: 0, firstOther: null, torn: null }]);
      objects.push(rest);
    }
    expect(objects[0]).toMatchObject({ records: 4, ok: 1, otherStatuses: 1, failed: 2 });
    expect(objects[0]!['errors']).toMatchObject({ list: [{ kind: 'refused' }, { kind: 'invalid' }] });
    for (const other of objects.slice(1)) expect(other).toEqual(objects[0]);
  });

  it('is several files together', async () => {
    const paths = ['x.jsonl', 'y.jsonl'].map((name) => folder.write(name, TEXT));
    const { records, files } = await object(paths);
    expect([records, files]).toEqual([6, paths.map((name) => expect.objectContaining({ name, records: 3 }))]);
  });

  it('is also nothing', async () => {
    expect(await report([folder.write('none.jsonl', '')])).toBe('0 records: 0 ok; bodies 0 B\n');
    expect(await report([folder.write('none.gz', gzipSync(''))])).toBe('0 records: 0 ok; bodies 0 B\n');
  });

  it('is larger than what is read at once', async () => {
    const fat = line(3).replace('}\n', `,"body":"${'é'.repeat(700_000)}"}\n`);
    const path = folder.write('fat.jsonl', TEXT + fat + fat + line(4));
    expect(await object([path])).toMatchObject({ records: 6, ok: 5 });
  });
});

describe('what is no record', () => {
  it('is told, with its place', async () => {
    const path = folder.write('mixed.jsonl', `${line(0)}\nnothing\n{"a":1}\n${line(1)}`);
    expect(await report([path])).toContain(`note ${path}: 2 lines are no records, the first is line 3\n`);
    expect((await object([path]))['files']).toEqual([
      { name: path, records: 2, otherLines: 2, firstOther: 3, torn: null },
    ]);
  });

  it.each<[string, () => string | Buffer]>([
    ['torn.jsonl', () => `${TEXT}{"index":3,"url":"http`],
    ['torn.jsonl.gz', () => gzipSync(TEXT + line(3)).subarray(0, -20)],
    ['torn.csv', () => `${CSV}3,,http://h/3,GET,200,1.5,10,1,"half`],
    ['short.csv', () => `${CSV}3,,http://h/3,GE`],
  ])('is the end of a file that was cut off: %s', async (name, text) => {
    const path = folder.write(name, text());
    const { files, records } = await object([path]);
    expect(files).toEqual([expect.objectContaining({ otherLines: 0, torn: 'its last line is not whole' })]);
    expect(records).toBeGreaterThan(1);
    expect(await report([path])).toMatch(
      /^note .* breaks off behind \d records: its last line is not whole$/m,
    );
  });

  it('is the rest of a packed file that is damaged', async () => {
    const bytes = gzipSync(TEXT.repeat(1_000));
    bytes[bytes.length >> 1]! ^= 0xff;
    const { files } = await object([folder.write('damaged.gz', Buffer.concat([gzipSync(TEXT), bytes]))]);
    expect(files).toEqual([
      expect.objectContaining({ torn: expect.stringMatching(/^what is packed there/) }),
    ]);
  });

  it('is not what stands behind a packed file', async () => {
    for (const bytes of [10, 70_000, 3_000_000]) {
      const path = folder.write('padded.gz', Buffer.concat([gzipSync(TEXT), Buffer.alloc(bytes)]));
      expect(await object([path])).toMatchObject({ records: 3, files: [{ otherLines: 0, torn: null }] });
    }
  });

  it.each([
    [
      'README.md',
      '# Hello\nworld\n',
      /there is no record of flurry in it: \S+: 2 lines are no records, the first is line 1$/,
    ],
    [
      'list.csv',
      'index,name\n1,x\n',
      /list\.csv is CSV, but no records of flurry: there is no url, method, status/,
    ],
    [
      'out.parquet',
      'PAR1xxxxxxxxxxxxxxxxPAR1',
      /is Parquet, .*DuckDB reads it: duckdb -c "SELECT .* FROM read_parquet\('/,
    ],
    ['out.db', 'SQLite format 3\0', /is an SQLite database, .*sqlite_scan\('/],
  ])('is all of %s', async (name, text, message) => {
    const { code, stdout, stderr } = await flurry(['report', folder.write(name, text)]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd()).toMatch(message);
  });
});

describe('CSV', () => {
  it('has records in quotes and over several lines', async () => {
    expect(await object(['-'], { stdin: CSV })).toMatchObject({
      ...{ records: 2, ok: 1, failed: 1, bytes: 10, retries: { records: 1, attempts: 2 } },
      errors: { list: [{ phase: 'connect', example: { url: 'http://h/1', message: 'nobody there' } }] },
    });
  });

  it('has lines that are no records', async () => {
    const stdin = `${CSV}a,b\n2,,http://h/2,GET,x,1,1,1,,,,,\n3,,http://h/3,GET,200,1,1,1,,,,,\n`;
    expect((await object(['-'], { stdin }))['files']).toEqual([
      { name: 'standard input', records: 3, otherLines: 2, firstOther: 5, torn: null },
    ]);
  });
});

describe('what it prints', () => {
  it('is grouped as it is asked to', async () => {
    const path = folder.write('by.jsonl', TEXT);
    expect(Object.keys(await object([path, '--by', 'host,method']))).toEqual(
      expect.not.arrayContaining(['statuses', 'errors']),
    );
    // One method alone tells nothing, unless it is asked for.
    expect(await report([path])).not.toContain('method');
    expect(await report([path, '--by', 'method'])).toMatch(/^ {2}method .*\n {2}GET +3 /m);
  });

  it('is as long as it is asked to be', async () => {
    const text = Array.from({ length: 30 }, (_, i) => line(i, 200 + i)).join('');
    const path = folder.write('long.jsonl', text);
    const rows = (shown: string) => shown.match(/^ {2}2\d\d /gm)!.length;
    expect(rows(await report([path]))).toBe(10);
    expect(rows(await report([path, '--top', '20']))).toBe(20);
    expect((await object([path, '--top', '20']))['slowest']).toHaveLength(20);
  });

  it('has colours and the width of a terminal there', async () => {
    const path = folder.write('wide.jsonl', line(0).replace('http://h/0', `http://h/${'x'.repeat(200)}`));
    const { stdout } = await flurry(['report', path], { stdoutIsTerminal: true });
    expect(stdout).toContain('\x1b[32m200');
    for (const shown of stdout.split('\n'))
      expect(shown.replace(/\x1b\[\d+m/g, '').length).toBeLessThanOrEqual(79);
  });
});

describe('what it proposes', () => {
  it('is to send again what may be otherwise then', async () => {
    const out = folder.at('some runs.jsonl');
    await flurry([`${target.url}/status/{200,503,429,404}`, '-q', '--retry', '0', '-o', out]);
    expect(await report([out])).toMatch(/\nnext flurry retry '\S*some runs\.jsonl' --only 429,5xx\n$/);
    const all = folder.at('ok.jsonl');
    await flurry([`${target.url}/todos/[1-3]`, '-q', '-o', all]);
    expect((await object([all]))['next']).toBeNull();
  });

  it('is to go on with a run that is not finished', async () => {
    const out = folder.at('unfinished.jsonl');
    await flurry([`${target.url}/todos/[1-3]`, '-q', '-o', out]);
    const journal = folder.read('unfinished.jsonl.journal').trimEnd().split('\n');
    folder.write('unfinished.jsonl.journal', `${journal.slice(0, -1).join('\n')}\n`);
    expect((await object([out]))['next']).toBe(`flurry resume ${out}`);
  });

  it('is nothing where no journal is, or where records cannot be taken out', async () => {
    expect((await object([folder.write('copy.jsonl', line(0, 503))]))['next']).toBeNull();
    const out = folder.at('table.csv');
    await flurry([`${target.url}/status/503`, '-q', '--retry', '0', '-o', out]);
    expect(await object([out])).toMatchObject({ otherStatuses: 1, next: null });
  });
});

it('has a help of its own, and is finished by shells', async () => {
  const stdout = helpText('report', 80);
  expect(await flurry(['report', '--help'])).toEqual({ code: 0, stdout, stderr: '' });
  for (const { long } of REPORT_SWITCHES) {
    expect(stdout).toContain(long);
    expect(completionScript('bash')).toMatch(new RegExp(`report\\)\\n.*\\n.*${long}`));
    expect(completionScript('zsh')).toContain(`'*''${long}[`);
    expect(completionScript('fish')).toContain(`'__fish_seen_subcommand_from report' -l ${long.slice(2)} `);
  }
});

describe('words that do not fit', () => {
  it.each([
    [
      [],
      'report takes the files that runs have left, such as: flurry report out.jsonl (- is standard input)',
    ],
    [['-', '-'], 'standard input (-) can be read only once'],
    [['/none.jsonl'], 'cannot read /none.jsonl: there is no such file'],
    [['/'], '/ is a folder; name the files in it: flurry report //*.jsonl'],
    [['x', '--by', 'hosts'], '--by takes status, error, host, method, not "hosts"'],
    [['x', '--top', '0'], '--top takes a whole number from 1 to 1000, not "0"'],
    [['x', '--josn'], 'unknown option --josn; did you mean --json?'],
  ])('%j', async (argv, message) => {
    expect(await flurry(['report', ...argv])).toEqual({
      code: 2,
      stdout: '',
      stderr: `flurry: ${message}\n`,
    });
  });
});
