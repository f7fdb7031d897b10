import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DurableSink } from '../../src/model/contracts.ts';
import type { TableOptions } from '../../src/sinks/columns.ts';
import { openSqlite, openSqliteStore } from '../../src/sinks/sqlite.ts';
import { loadSqlite, sqliteError } from '../../src/sinks/sqlite-database.ts';
import { TableSink } from '../../src/sinks/table-sink.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { type SinkPlace, sinkSuite } from '../contract/sink-suite.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { character } from './character.ts';
import { temporaryFolder } from './folder.ts';
import { Gate, GatedStore } from './gated-store.ts';
import { failure, response } from './outcomes.ts';

const OPTIONS = { body: 'auto', headers: false, timings: false } as const;
const path = temporaryFolder();
const here = process.getBuiltinModule('node:sqlite') !== undefined;

/** What the tests use of node:sqlite, which the types of Node 20 do not have. */
interface Reader {
  prepare(sql: string): { all(): Record<string, unknown>[] };
  exec(sql: string): void;
  close(): void;
}

function openReader(file: string): Reader {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as {
    DatabaseSync: new (path: string) => Reader;
  };
  return new DatabaseSync(file);
}

function query(file: string, sql: string): Record<string, unknown>[] {
  const reader = openReader(file);
  try {
    return reader.prepare(sql).all();
  } finally {
    reader.close();
  }
}

function open(file: string, options: Partial<TableOptions> = {}, position?: string): Promise<DurableSink> {
  const tools = { files: new SystemFiles(), clock: new VirtualClock(), position };
  return openSqlite(file, { ...OPTIONS, ...options }, tools);
}

/** A database with a gate before it. A crash leaves the files as they are and goes on with copies of them. */
async function place(): Promise<SinkPlace> {
  let file = path('out.db');
  const clock = new VirtualClock();
  const gate = new Gate();
  return {
    open: async (position) => {
      const tools = { files: new SystemFiles(), clock, position };
      const { store, format } = await openSqliteStore(file, OPTIONS, tools);
      return new TableSink(new GatedStore(store, gate), format, clock);
    },
    readBack: async () => {
      return query(file, 'SELECT "index" FROM records ORDER BY rowid').map((row) => Number(row['index']));
    },
    crash: async () => {
      const copy = path('out.db');
      for (const part of ['', '-wal']) {
        if (existsSync(file + part)) copyFileSync(file + part, copy + part);
      }
      file = copy;
    },
    hold: () => gate.hold(),
    release: () => gate.release(),
    breakWith: (code, step) => gate.breakWith(code, step),
    mend: () => gate.mend(),
    letTimePass: () => clock.advance(1000),
  };
}

describe('without node:sqlite', () => {
  it('says what to use in its place', () => {
    expect(() => loadSqlite('out.db', () => undefined)).toThrow(
      /^cannot write out\.db: v[\d.]+ has no SQLite; take Node 22\.13 or newer, or write CSV: -o out\.csv, then sqlite3 out\.db '\.import --csv out\.csv records'$/,
    );
  });

  it.skipIf(here)('touches nothing', async () => {
    const file = path('none.db');
    await expect(open(file)).rejects.toThrow(/has no SQLite/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('sqliteError', () => {
  it.each([
    [13, 'ENOSPC', /^cannot write to out\.db: the disk is full/],
    [10 | (3 << 8), 'EIO', /^cannot write to out\.db: disk I\/O; name a file elsewhere/],
    [5, undefined, /^cannot write out\.db: another program is writing to it/],
    [26, undefined, /^cannot write out\.db: it is no SQLite database/],
    [11, undefined, /damaged/],
    [1, undefined, /disk I\/O/],
  ])('knows the result code %i', (errcode, code, message) => {
    const cause = Object.assign(new Error('disk I/O'), { code: 'ERR_SQLITE_ERROR', errcode });
    const error = sqliteError('out.db', cause);
    expect(error.message).toMatch(message);
    if (code !== undefined) expect(error.code).toBe(code);
    expect(sqliteError('out.db', error)).toBe(error);
  });
});

describe.skipIf(!here)('openSqlite', () => {
  sinkSuite({ name: 'SQLite', make: place, cannot: { power: 'only the power can take what is not synced' } });

  it('has typed columns, and null where a record has nothing to say', async () => {
    const file = path('types.db');
    const sink = await open(file);
    sink.write(response({ index: 2 ** 53 - 1, id: 7, body: '{"a":1}', ms: 1.23456 }));
    sink.write(failure(6, 'connection\nrefused'));
    await sink.close();
    const [first, second] = query(file, 'SELECT * FROM records');
    expect({ ...first }).toEqual({
      ...{ index: 2 ** 53 - 1, id: '7', url: `http://localhost:8080/todos/${2 ** 53 - 1}`, method: 'GET' },
      ...{
        status: 200,
        ms: 1.235,
        bytes: 7,
        attempts: 1,
        body: '{"a":1}',
        body_base64: null,
        body_error: null,
      },
      ...{ error_phase: null, error_kind: null, error_message: null, error_sent: null },
    });
    expect(second).toMatchObject({ index: 6, id: null, status: null, ms: 0.25, error_kind: 'refused' });
    const types = query(file, 'SELECT name, type, "notnull" AS must FROM pragma_table_info(\'records\')');
    expect(types.slice(0, 6).map(({ name, type, must }) => `${name} ${type} ${must}`)).toEqual([
      'index INTEGER 1',
      'id TEXT 0',
      'url TEXT 1',
      'method TEXT 1',
      'status INTEGER 0',
      'ms REAL 1',
    ]);
  });

  it('gives back any text, NUL too', async () => {
    const texts = fc.array(fc.string({ unit: character, maxLength: 20 }), { maxLength: 50 });
    const file = path('texts.db');
    await fc.assert(
      fc.asyncProperty(texts, async (bodies) => {
        const sent = ['\0a\0', ...bodies.map((body) => body.toWellFormed())];
        const sink = await open(file);
        for (const [index, body] of sent.entries()) sink.write(response({ index, body, type: 'text/plain' }));
        await sink.close();
        const rows = query(file, 'SELECT CAST(body AS BLOB) AS body FROM records ORDER BY rowid');
        expect(rows.map(({ body }) => Buffer.from(body as Uint8Array).toString())).toEqual(sent);
      }),
      { numRuns: 10 },
    );
  });

  it.skipIf(spawnSync('sqlite3', ['-version']).status !== 0)('is read by the sqlite3 command', async () => {
    const file = path('command.db');
    const sink = await open(file, { extracted: ['a "b"'] });
    const outcome = response({ index: 1, body: 'ö€😀', type: 'text/plain' });
    outcome.extracted = { 'a "b"': [1] };
    sink.write(outcome);
    sink.write(failure(2));
    await sink.close();
    const sql = 'SELECT "index", body, "extracted_a ""b""", error_kind FROM records';
    const text = execFileSync('sqlite3', ['-json', file, sql], { encoding: 'utf8' });
    expect(JSON.parse(text)).toEqual([
      { index: 1, body: 'ö€😀', 'extracted_a "b"': '[1]', error_kind: null },
      { index: 2, body: null, 'extracted_a "b"': null, error_kind: 'refused' },
    ]);
    expect(execFileSync('sqlite3', [file, 'PRAGMA integrity_check'], { encoding: 'utf8' })).toBe('ok\n');
  });

  it('leaves a single file, and shows what came so far while it is open', async () => {
    const file = path('open.db');
    const sink = await open(file);
    sink.write(response());
    await sink.commit('process');
    expect(query(file, 'SELECT count(*) AS n FROM records')).toMatchObject([{ n: 1 }]);
    await sink.close();
    expect([existsSync(`${file}-wal`), existsSync(`${file}-shm`)]).toEqual([false, false]);
  });

  it('stores what came when time has passed', async () => {
    const file = path('time.db');
    const clock = new VirtualClock();
    const sink = await openSqlite(file, OPTIONS, { files: new SystemFiles(), clock });
    sink.write(response());
    clock.advance(200);
    await new Promise(setImmediate);
    expect(query(file, 'SELECT count(*) AS n FROM records')).toMatchObject([{ n: 1 }]);
    await sink.close();
  });

  it('begins anew in a database of an earlier run, also of one that was killed', async () => {
    const file = path('anew.db');
    const first = await open(file);
    first.write(response({ index: 1 }));
    await first.commit('process');
    const second = await open(file);
    second.write(response({ index: 2 }));
    expect(await second.commit('process')).toBe('1');
    await second.close();
    expect(query(file, 'SELECT "index" AS i FROM records')).toMatchObject([{ i: 2 }]);
    await first.close();
  });

  it('refuses a database that is not its own, and leaves it as it is', async () => {
    for (const [sql, message] of [
      ['CREATE TABLE notes (text)', /it is a database without a table records; name another file with -o/],
      ['CREATE TABLE records ("index" INTEGER)', /its table records has no column id TEXT, as this run has/],
    ] as const) {
      const file = path('foreign.db');
      const foreign = openReader(file);
      foreign.exec(sql);
      foreign.close();
      const before = readFileSync(file);
      await expect(open(file)).rejects.toThrow(message);
      expect(readFileSync(file)).toEqual(before);
    }
    const file = path('narrower.db');
    await (await open(file, { headers: true })).close();
    await expect(open(file)).rejects.toThrow(/has the column headers TEXT, which this run has not/);
  });

  it('refuses what is no database, a folder, and a path that leads nowhere', async () => {
    const file = path('text.db');
    writeFileSync(file, 'x'.repeat(5000));
    await expect(open(file)).rejects.toThrow(/text\.db: it is no SQLite database; name another file with -o/);
    await expect(open(dirname(file))).rejects.toThrow(/it is a folder/);
    await expect(open(path('no/out.db'))).rejects.toThrow(/mkdir -p/);
  });

  it('refuses to go on where rows or the file are gone', async () => {
    const file = path('less.db');
    const sink = await open(file);
    sink.write(response());
    await sink.close();
    await expect(open(file, {}, '2')).rejects.toThrow(
      /^cannot go on with .*less\.db: it has 1 rows, of 2 that the last run had stored; begin anew with --restart$/,
    );
    await expect(open(path('gone.db'), {}, '0')).rejects.toThrow(/the file is gone.*--restart/);
  });

  it('waits for another program that writes, not for ever', async () => {
    const file = path('busy.db');
    const sink = await open(file);
    const other = openReader(file);
    other.exec('BEGIN IMMEDIATE');
    sink.write(response());
    await expect(sink.commit('process')).rejects.toThrow(/another program is writing to it/);
    other.exec('ROLLBACK');
    other.close();
    await expect(sink.close()).rejects.toThrow(/another program/);
  });
});
