import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { csv, jsonLines, kindOf, openRecords } from '../../src/engine/record-sinks.ts';
import { NO_BODIES } from '../../src/sinks/no-bodies.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { response } from '../sinks/outcomes.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-record-sinks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tools = { clock: new VirtualClock(), files: new SystemFiles() };

describe('kindOf', () => {
  it.each([
    ['out.jsonl', 'jsonl'],
    ['out.ndjson', 'jsonl'],
    ['out.txt', 'jsonl'],
    ['out', 'jsonl'],
    ['-', 'jsonl'],
    ['csv', 'jsonl'],
    ['out.csv', 'csv'],
    ['OUT.CSV', 'csv'],
    ['out.csv/records', 'jsonl'],
    ['out.jsonl.gz', 'jsonl.gz'],
    ['out.gz', 'jsonl.gz'],
    ['out.csv.gz', 'csv.gz'],
    ['out.csv.zst', 'csv.zst'],
    ['out.jsonl.ZST', 'jsonl.zst'],
    ['out.warc', 'warc'],
    ['OUT.WARC.GZ', 'warc.gz'],
    ['out.warc/records', 'jsonl'],
    ['out.parquet', 'parquet'],
    ['out.sqlite', 'sqlite'],
    ['out.sqlite3', 'sqlite'],
    ['out.db', 'sqlite'],
    ['postgres://me@host/crawl.csv', 'postgres'],
    ['postgresql:///crawl?table=t', 'postgres'],
  ] as const)('of %j is %s', (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });

  it('is the form that was asked for, packed as the path says', () => {
    expect(kindOf('out.txt', 'csv')).toBe('csv');
    expect(kindOf('out.csv', 'jsonl')).toBe('jsonl');
    expect(kindOf('-', 'csv')).toBe('csv');
    expect(kindOf('out.csv.gz', 'jsonl')).toBe('jsonl.gz');
    expect(kindOf('out.zst', 'csv')).toBe('csv.zst');
    expect(kindOf('out.parquet', 'csv')).toBe('csv');
    expect(kindOf('postgres:///crawl', 'csv')).toBe('postgres');
  });
});

describe('openRecords', () => {
  it.each(['out.jsonl', 'out.csv', 'out.jsonl.gz', 'out.csv.gz'])(
    'writes %s and goes on with it',
    async (name) => {
      const path = join(folder, name);
      const first = await openRecords(path, kindOf(path), {}, tools);
      first.write(response({ index: 1 }));
      const position = await first.commit('process');
      first.write(response({ index: 2 }));
      await first.close();
      const second = await openRecords(path, kindOf(path), {}, { ...tools, position });
      second.write(response({ index: 3 }));
      await second.close();
      const bytes = readFileSync(path);
      const written = String(name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
      expect(written.match(/\/todos\/\d/g)).toEqual(['/todos/1', '/todos/3']);
      expect(written.match(/^index,id,/gm) ?? []).toHaveLength(name.includes('csv') ? 1 : 0);
    },
  );

  it('loads what writes tables', async () => {
    const path = join(folder, 'out.parquet');
    const sink = await openRecords(path, kindOf(path), { extracted: ['title'] }, tools);
    sink.write(response({ index: 1 }));
    await sink.close();
    expect(readFileSync(path, 'latin1')).toMatch(/^PAR1[\s\S]*extracted_title[\s\S]*PAR1$/);
  });

  it.each(['none.jsonl', 'none.csv', 'none.jsonl.gz', 'none.csv.gz', 'none.parquet', '/dev/null'])(
    'drops bodies before they are whole where %s shows nothing of them',
    async (name) => {
      const opened = (body: 'none' | 'auto') => {
        const path = name.startsWith('/') ? name : join(folder, name);
        return openRecords(path, kindOf(path), { body }, tools);
      };
      const none = await opened('none');
      expect(none.bodies).toBe(NO_BODIES);
      await none.close();
      const shown = await opened('auto');
      expect(shown.bodies).toBe(undefined);
      await shown.close();
    },
  );

  it('leaves an archive its bodies', async () => {
    const sink = await openRecords(join(folder, 'none.warc'), 'warc', { body: 'none' }, tools);
    expect(sink.bodies).toBe(undefined);
    await sink.close();
  });

  it('takes its files from whom it is told to', async () => {
    const files = new FakeFiles();
    await files.makeFolder('/runs');
    const sink = await openRecords('/runs/out.jsonl', 'jsonl', { body: 'none' }, { ...tools, files });
    sink.write(response({ index: 1 }));
    await sink.close();
    expect(files.text('/runs/out.jsonl')).toMatch(/^\{"index":1,.*\}\n$/);
  });

  it.skipIf(process.platform === 'win32')('writes to a named pipe, which has no places', async () => {
    const path = join(folder, 'pipe.jsonl.gz');
    execFileSync('mkfifo', [path]);
    const cat = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const read = text(cat.stdout.setEncoding('latin1'));
    const sink = await openRecords(path, kindOf(path), { body: 'none' }, tools);
    sink.write(response({ index: 1 }));
    expect(Number(await sink.commit('power'))).toBeGreaterThan(50);
    sink.write(response({ index: 2 }));
    await sink.close();
    expect(String(gunzipSync(Buffer.from(await read, 'latin1'))).match(/"index":\d/g)).toEqual([
      '"index":1',
      '"index":2',
    ]);
  });

  it.each(['-', '/dev/null'])('goes on with no %s', async (path) => {
    const opening = openRecords(path, 'jsonl', {}, { ...tools, position: '0' });
    await expect(opening).rejects.toThrow(/^cannot go on with .*name one with -o$/);
  });

  it.skipIf(!existsSync('/dev/full')).each(['jsonl', 'csv', 'jsonl.gz'] as const)(
    'tells once of a device that is full (%s)',
    async (kind) => {
      const sink = await openRecords('/dev/full', kind, {}, tools);
      const errors: Error[] = [];
      sink.onError = (error) => errors.push(error);
      sink.write(response());
      await expect(sink.commit('process')).rejects.toMatchObject({ code: 'ENOSPC' });
      await expect(sink.close()).rejects.toThrow(
        'cannot write to /dev/full: the disk is full; free some space, or name a file elsewhere with -o',
      );
      expect(errors).toHaveLength(1);
    },
  );
});

describe('jsonLines and csv', () => {
  it('write the form that they are named after, packed as the path says', async () => {
    const lines = await jsonLines(join(folder, 'own.csv'), { body: 'none' });
    lines.write(response({ index: 4 }));
    await lines.close();
    expect(readFileSync(join(folder, 'own.csv'), 'utf8')).toMatch(/^\{"index":4,/);
    const rows = await csv(join(folder, 'own.gz'), { body: 'none' });
    rows.write(response({ index: 5 }));
    await rows.close();
    expect(String(gunzipSync(readFileSync(join(folder, 'own.gz'))))).toMatch(/^index,.*\n5,/);
  });
});
