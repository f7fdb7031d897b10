// Against a real server, where FLURRY_TEST_POSTGRES is the URL of one: `npm run gate:postgres` starts one for it.

import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DurableSink } from '../../src/model/contracts.ts';
import type { TableOptions } from '../../src/sinks/columns.ts';
import { openPostgres, openPostgresStore } from '../../src/sinks/postgres.ts';
import { connect, postgresError } from '../../src/sinks/postgres-connection.ts';
import { targetOf } from '../../src/sinks/postgres-target.ts';
import { TableSink } from '../../src/sinks/table-sink.ts';
import { eventually, type SinkPlace, sinkSuite } from '../contract/sink-suite.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { character } from './character.ts';
import { Gate, GatedStore } from './gated-store.ts';
import { failure, response } from './outcomes.ts';

const OPTIONS = { body: 'auto', headers: false, timings: false } as const;
const SERVER = process.env['FLURRY_TEST_POSTGRES'];
const clock = new VirtualClock();
const files = new FakeFiles();
let tables = 0;

/** Of a table that does not exist yet. */
function newUrl(name = `table_${tables++}`): string {
  const url = new URL(SERVER ?? 'postgres://localhost/none');
  url.searchParams.set('table', name);
  return url.href;
}

function open(url: string, options: Partial<TableOptions> = {}, position?: string): Promise<DurableSink> {
  // A run begins later than the one before it.
  clock.advance(1);
  return openPostgres(url, { ...OPTIONS, ...options }, { files, clock, position });
}

describe('targetOf', () => {
  it('takes the table out of the URL, and the password out of what is shown', () => {
    const target = targetOf('postgres://me:s%40cret@db.example:5433/app?sslmode=require&table=a.B%22');
    expect(target).toEqual({
      connectionString: 'postgres://me:s%40cret@db.example:5433/app?sslmode=require',
      shown: 'postgres://me@db.example:5433/app?table=a.B"',
      table: '"a"."B"""',
      secrets: ['s%40cret', 's@cret'],
    });
    expect(targetOf('postgresql://localhost/app?password=hidden')).toMatchObject({
      shown: 'postgresql://localhost/app?table=records',
      table: '"records"',
      secrets: ['hidden', 'hidden'],
    });
  });

  it.each(['postgres://me:s/cret@host:port', 'postgres://me:secret@host/db?table=a.b.c'])(
    'repeats nothing of a URL that it cannot read (%s)',
    (url) => {
      expect(() => targetOf(url)).toThrow(/^cannot write to PostgreSQL: the URL cannot be read; (?!.*cret)/);
    },
  );
});

describe('connect', () => {
  it('says how to install what is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package 'pg'"));
    const connecting = connect(targetOf('postgres://me:secret@localhost/db'), {
      pg: missing,
      copyStreams: missing,
    });
    await expect(connecting).rejects.toThrow(
      /^cannot write to postgres:\/\/me@localhost\/db\?table=records: it needs .* npm install pg pg-copy-streams/,
    );
  });

  it('says in one line that no server answers', async () => {
    await expect(open('postgres://me:secret@127.0.0.1:1/db')).rejects.toThrow(
      /^cannot write to postgres:\/\/me@127\.0\.0\.1:1\/db\?table=records: no server answers there; [^\n]*$/,
    );
  });
});

describe('postgresError', () => {
  const target = targetOf('postgres://me:s%40cret@localhost/db');

  it.each([
    ['28P01', /said \*\*\*; correct the user and password/],
    ['3D000', /createdb/],
    ['42501', /grant it/],
    ['ENOTFOUND', /correct the host/],
    ['53100', /^cannot write to postgres:\/\/me@localhost\/db\?table=records: the disk is full/],
    ['57P01', /said \*\*\*; once that is mended, the same command goes on$/],
  ])('says what to do about %s, and never the password', (code, message) => {
    const error = postgresError(target, Object.assign(new Error('said s@cret'), { code }));
    expect(error.message).toMatch(message);
    expect(`${error.message} ${error.cause} ${JSON.stringify(error)}`).not.toMatch(/cret/);
  });

  it('has words for an error of several addresses, which has none', () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' });
    expect(postgresError(target, cause).message).toMatch(/ETIMEDOUT; once/);
  });
});

describe.skipIf(SERVER === undefined)('openPostgres', () => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: SERVER });
    await client.connect();
  });
  afterAll(() => client.end());

  async function query(sql: string): Promise<Record<string, unknown>[]> {
    return (await client.query(sql)).rows;
  }

  /** A table with a gate before it. What a run stores after its crash goes into other tables' rows: to a closed store. */
  async function place(): Promise<SinkPlace> {
    const url = newUrl();
    const { table } = targetOf(url);
    const gate = new Gate();
    let close = async () => {};
    return {
      open: async (position) => {
        clock.advance(1);
        const { store, format } = await openPostgresStore(url, OPTIONS, { files, clock, position });
        close = () => store.abandon();
        return new TableSink(new GatedStore(store, gate), format, clock);
      },
      readBack: async () => {
        const last = `SELECT flurry_run FROM ${table} ORDER BY 1 DESC LIMIT 1`;
        const rows = await query(
          `SELECT index FROM ${table} WHERE flurry_run = (${last}) ORDER BY flurry_seq`,
        );
        return rows.map((row) => Number(row['index']));
      },
      crash: () => close(),
      hold: () => gate.hold(),
      release: () => gate.release(),
      breakWith: (code, step) => gate.breakWith(code, step),
      mend: () => gate.mend(),
      letTimePass: () => clock.advance(1000),
    };
  }

  sinkSuite({ name: 'PostgreSQL', make: place, cannot: { power: 'it is the server that has the power' } });

  it('has typed columns, and null where a record has nothing to say', async () => {
    const url = newUrl('types');
    const sink = await open(url);
    sink.write(response({ index: 2 ** 53 - 1, id: 7, body: '{"a":1}', ms: 1.23456 }));
    sink.write(failure(6, 'connection\nrefused'));
    await sink.close();
    const [first, second] = await query('SELECT * FROM types ORDER BY flurry_seq');
    expect(first).toEqual({
      ...{ flurry_run: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab]/), flurry_seq: '1' },
      ...{ index: String(2 ** 53 - 1), id: '7', url: `http://localhost:8080/todos/${2 ** 53 - 1}` },
      ...{ method: 'GET', status: 200, ms: 1.235, bytes: '7', attempts: 1 },
      ...{ body: '{"a":1}', body_base64: null, body_error: null },
      ...{ error_phase: null, error_kind: null, error_message: null, error_sent: null },
    });
    expect(second).toMatchObject({
      index: '6',
      id: null,
      status: null,
      error_message: 'connection\nrefused',
    });
  });

  it('gives back any text; one with NUL in base64', async () => {
    const texts = fc.array(fc.string({ unit: character, maxLength: 20 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(texts, async (bodies) => {
        const sent = ['\\.', '\\N', '\t\r\n\\', 'a\0b', ...bodies.map((body) => body.toWellFormed())];
        const sink = await open(newUrl('texts'));
        for (const [index, body] of sent.entries()) sink.write(response({ index, body, type: 'text/plain' }));
        const run = (await sink.commit('process')).slice(0, 36);
        await sink.close();
        const rows = await query(
          `SELECT body, body_base64 FROM texts WHERE flurry_run = '${run}' ORDER BY flurry_seq`,
        );
        const decoded = rows.map(
          (row) => row['body'] ?? Buffer.from(String(row['body_base64']), 'base64').toString(),
        );
        expect(decoded).toEqual(sent);
        expect(rows.map((row) => row['body'] === null)).toEqual(sent.map((body) => body.includes('\0')));
      }),
      { numRuns: 10 },
    );
  });

  it('replaces NUL where there is no place for base64', async () => {
    const sink = await open(newUrl('nul'), { body: 'text' });
    sink.write(response({ body: 'a\0b', type: 'text/plain' }));
    await sink.close();
    expect(await query('SELECT body FROM nul')).toEqual([{ body: 'a\ufffdb' }]);
  });

  it('leaves the rows of other runs alone, also when it is resumed', async () => {
    const url = newUrl('runs');
    const first = await open(url);
    first.write(response({ index: 1 }));
    const position = await first.commit('process');
    first.write(response({ index: 2 }));
    await first.close();
    const second = await open(url);
    second.write(response({ index: 11 }));
    await second.close();
    const again = await open(url, {}, position);
    again.write(response({ index: 3 }));
    await again.close();
    const rows = await query('SELECT index, flurry_seq FROM runs ORDER BY flurry_run, flurry_seq');
    expect(rows.map(({ index, flurry_seq }) => `${index}:${flurry_seq}`)).toEqual(['1:1', '3:2', '11:1']);
  });

  it('waits until nobody else adds to the run that it goes on with', async () => {
    const url = newUrl('claimed');
    const first = await open(url);
    first.write(response({ index: 1 }));
    const position = await first.commit('process');
    const opening = open(url, {}, position);
    const waits = 'SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted';
    await eventually(async () => (await query(waits))[0]?.['n'] === 1);
    first.write(response({ index: 2 }));
    await first.close();
    const second = await opening;
    second.write(response({ index: 3 }));
    await second.close();
    const rows = await query('SELECT index, flurry_seq FROM claimed ORDER BY 2');
    expect(rows).toEqual([
      { index: '1', flurry_seq: '1' },
      { index: '3', flurry_seq: '2' },
    ]);
  });

  it('uses a schema, a table that has more columns, and names that PostgreSQL cuts', async () => {
    await query('CREATE SCHEMA "The Schema"');
    const url = newUrl('The Schema.records');
    const extracted = ['ä'.repeat(40), 'a "b"'];
    await (await open(url, { extracted })).close();
    await query('ALTER TABLE "The Schema".records ADD COLUMN mine text DEFAULT \'x\'');
    const sink = await open(url, { extracted });
    const outcome = response();
    outcome.extracted = { 'a "b"': { deep: ['\u2028', '\\'] } };
    sink.write(outcome);
    await sink.close();
    const sql = 'SELECT mine, "extracted_a ""b""" AS b FROM "The Schema".records';
    expect(await query(sql)).toEqual([{ mine: 'x', b: '{"deep":["\\u2028","\\\\"]}' }]);
  });

  it('refuses a table with other columns', async () => {
    await query('CREATE TABLE other (flurry_run uuid, flurry_seq bigint, index text)');
    await expect(open(newUrl('other'))).rejects.toThrow(
      /its table has no column "index" of type bigint, as this run has; name another one with \?table=$/,
    );
  });

  it('refuses to go on where rows or the table are gone', async () => {
    const url = newUrl('gone');
    const sink = await open(url);
    sink.write(response());
    const position = await sink.commit('process');
    await sink.close();
    await query('DELETE FROM gone');
    await expect(open(url, {}, position)).rejects.toThrow(
      /^cannot go on with .*: it has 0 rows of this run, of 1 that it had stored; begin anew with --restart$/,
    );
    await query('DROP TABLE gone');
    await expect(open(url, {}, position)).rejects.toThrow(/the table is gone; begin anew with --restart$/);
  });

  it('says in one line what the server refuses', async () => {
    const noDatabase = new URL(newUrl());
    noDatabase.pathname = '/none';
    await expect(open(noDatabase.href)).rejects.toThrow(
      /database "none" does not exist; make it with createdb/,
    );
    await query('CREATE ROLE weak LOGIN');
    const weak = new URL(newUrl('denied'));
    weak.username = 'weak';
    await expect(open(weak.href)).rejects.toThrow(/permission denied .*; grant it/);
  });

  it.each(['idle', 'writing'])('breaks when the server ends the connection (%s)', async (state) => {
    const url = newUrl(`lost_${state}`);
    const sink = await open(url);
    const errors: Error[] = [];
    sink.onError = (error) => errors.push(error);
    sink.write(response({ index: 0 }));
    const position = await sink.commit('process');
    if (state === 'writing') {
      for (let index = 1; index < 5000; index++) sink.write(response({ index, body: 'x'.repeat(2000) }));
    }
    await query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'flurry'");
    // Told of when it is used next, unless it was in use.
    await eventually(async () => {
      await sink.commit('process').catch(() => {});
      return errors.length > 0;
    });
    await expect(sink.commit('process')).rejects.toBe(errors[0]);
    await expect(sink.close()).rejects.toThrow(
      /^cannot write to postgres:[^\n]*; once that is mended, the same command/,
    );
    const again = await open(url, {}, position);
    again.write(response({ index: 7 }));
    await again.close();
    expect(await query(`SELECT index FROM lost_${state} ORDER BY flurry_seq`)).toEqual([
      { index: '0' },
      { index: '7' },
    ]);
  });
});
