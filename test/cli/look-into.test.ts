// The line that a summary gives to look into the records, and what is said at the start about other runs.

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { whatIsThere } from '../../src/cli/going-on.ts';
import { lookInto } from '../../src/cli/look-into.ts';
import { kindOf } from '../../src/engine/record-sinks.ts';
import { temporaryFolder } from './folder.ts';

const of = (...paths: string[]) => lookInto(paths.map((path) => ({ path, kind: kindOf(path) })));

describe('the line to look into', () => {
  it.each([
    ['out.jsonl', `duckdb -c "SELECT status, count(*) FROM 'out.jsonl' GROUP BY status"`],
    ['runs/out.jsonl.gz', `duckdb -c "SELECT status, count(*) FROM 'runs/out.jsonl.gz' GROUP BY status"`],
    ['out.txt', `duckdb -c "SELECT status, count(*) FROM read_json('out.txt') GROUP BY status"`],
    ['out.csv', `duckdb -c "SELECT status, count(*) FROM 'out.csv' GROUP BY status"`],
    ['out.csv.zst', `duckdb -c "SELECT status, count(*) FROM 'out.csv.zst' GROUP BY status"`],
    ['out.parquet', `duckdb -c "SELECT status, count(*) FROM 'out.parquet' GROUP BY status"`],
    ['out.pq', `duckdb -c "SELECT status, count(*) FROM read_parquet('out.pq') GROUP BY status"`],
    ['out.db', `sqlite3 out.db 'SELECT status, count(*) FROM records GROUP BY status'`],
  ])('%s is one that a shell takes', (path, line) => {
    expect(of(path)).toBe(line);
  });

  it('is of the first that has one, and none where the name would need a shell’s quotes', () => {
    expect(of('out.warc.gz', 'out.csv')).toContain("'out.csv'");
    expect(of('out.warc.gz')).toBeUndefined();
    expect(of("it's.jsonl")).toBeUndefined();
    expect(of('my records.csv')).toBeUndefined();
    expect(of('postgres://me@host/db')).toBeUndefined();
  });
});

describe('what is there', () => {
  const folder = temporaryFolder();
  const plain = {
    output: ['out.jsonl'],
    durability: 'process',
    before: undefined,
    resumable: true,
    inputName: undefined,
  } as const;

  it('is said where a run goes on', () => {
    expect(whatIsThere(plain)).toEqual([]);
    const before = { requests: 1234 };
    const line = 'going on with out.jsonl: 1,234 records are there (--restart begins anew)';
    expect(whatIsThere({ ...plain, before })).toEqual([line]);
    expect(whatIsThere({ ...plain, before, inputName: folder.write('urls.txt', '') })).toEqual([line]);
    const passed = 'must be the same again: what was done of it is passed over by its place, unseen';
    expect(whatIsThere({ ...plain, before, inputName: 'standard input' })).toEqual([
      line,
      `standard input ${passed}`,
    ]);
    execFileSync('mkfifo', [folder.at('fifo')]);
    expect(whatIsThere({ ...plain, before, inputName: folder.at('fifo') })).toEqual([
      line,
      `${folder.at('fifo')} ${passed}`,
    ]);
    expect(whatIsThere({ ...plain, before: { requests: 0 }, inputName: 'standard input' })).toHaveLength(1);
  });

  it('is said where an output keeps a file from being gone on with', () => {
    const mixed = { ...plain, output: ['-', 'out.jsonl'], resumable: false };
    expect(whatIsThere(mixed)).toEqual([
      'cut off, this run begins anew: nobody can go back in standard output, so out.jsonl is not gone on with',
    ]);
    expect(whatIsThere({ ...mixed, durability: 'none' })).toEqual([]);
    expect(whatIsThere({ ...mixed, output: ['-'] })).toEqual([]);
  });
});
