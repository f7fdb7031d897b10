import { statSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DurableSink } from '../../src/model/contracts.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { openParquet, type ParquetOptions } from '../../src/sinks/parquet.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { sinkOnFiles } from '../contract/sink-suite-files.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { character } from './character.ts';
import { temporaryFolder } from './folder.ts';
import { failure, response } from './outcomes.ts';

const OPTIONS = { body: 'auto', headers: false, timings: false } as const;
const path = temporaryFolder();

sinkOnFiles({
  name: 'Parquet',
  file: 'out.parquet',
  // Smaller than in use, so that many of them come and go.
  open: (file, tools) => openParquet(file, { ...OPTIONS, groupBytes: 512 * 1024 }, tools),
  read: async (bytes) => (await rowsOf(bytes)).map(({ index }) => Number(index)),
});

async function rowsOf(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  return await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
}

/** A file in memory, and a sink on it that can be opened again. */
class Place {
  readonly files = new FakeFiles();
  readonly clock = new VirtualClock();
  readonly options: ParquetOptions;

  constructor(options: Partial<ParquetOptions> = {}) {
    this.options = { ...OPTIONS, ...options };
  }

  open(position?: string): Promise<DurableSink> {
    return openParquet('out.parquet', this.options, { files: this.files, clock: this.clock, position });
  }

  get bytes(): Uint8Array {
    return this.files.contents('out.parquet')!;
  }

  get metadata() {
    return parquetMetadata(this.bytes);
  }
}

async function written(outcomes: Outcome[], options?: Partial<ParquetOptions>): Promise<Place> {
  const place = new Place(options);
  const sink = await place.open();
  for (const outcome of outcomes) sink.write(outcome);
  await sink.close();
  return place;
}

function responses(from: number, count: number): Outcome[] {
  return Array.from({ length: count }, (_, i) => response({ index: from + i }));
}

describe('openParquet', () => {
  it('has typed columns, and null where a record has nothing to say', async () => {
    const outcomes = [
      response({ index: 4, id: 'x', body: '{"a":1}', ms: 1.23456 }),
      response({ index: 2 ** 53 - 1, id: 7, body: Uint8Array.of(255) }),
      failure(6, 'connection\nrefused'),
    ];
    const [first, second, third] = await rowsOf((await written(outcomes)).bytes);
    expect(first).toEqual({
      ...{ index: 4n, id: 'x', url: 'http://localhost:8080/todos/4', method: 'GET', status: 200, ms: 1.235 },
      ...{ bytes: 7n, attempts: 1, body: '{"a":1}', body_base64: null, body_error: null },
      ...{ error_phase: null, error_kind: null, error_message: null, error_sent: null },
    });
    expect(second).toMatchObject({ index: 9007199254740991n, id: '7', body_base64: '/w==' });
    expect(third).toMatchObject({
      ...{ index: 6n, id: null, status: null, bytes: null, ms: 0.25 },
      ...{ error_phase: 'connect', error_kind: 'refused', error_message: 'connection\nrefused' },
      error_sent: 'none',
    });
  });

  it('gives back any text', async () => {
    const texts = fc.array(fc.string({ unit: character, maxLength: 20 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(texts, async (bodies) => {
        const sent = bodies.map((body) => body.toWellFormed());
        const outcomes = sent.map((body, index) => response({ index, body, type: 'text/plain' }));
        const rows = await rowsOf((await written(outcomes, { groupRows: 20 })).bytes);
        // The reader takes a byte order mark for one.
        expect(rows.map(({ body }) => body)).toEqual(sent.map((body) => body.replace(/^\ufeff/, '')));
      }),
      { numRuns: 30 },
    );
  });

  it('begins a row group when enough rows or bytes have come', async () => {
    const byRows = await written(responses(0, 25), { groupRows: 10 });
    expect(byRows.metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([10, 10, 5]);
    const large = Array.from({ length: 5 }, (_, index) => response({ index, body: 'x'.repeat(600) }));
    const byBytes = await written(large, { groupBytes: 1500 });
    expect(byBytes.metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([2, 2, 1]);
    expect((await rowsOf(byBytes.bytes)).map(({ index }) => index)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  it('is a whole file at every commit, whatever is written meanwhile', async () => {
    const place = new Place({ groupRows: 10 });
    const sink = await place.open();
    const sizes = [];
    for (const [round, count] of [0, 3, 25].entries()) {
      for (const outcome of responses(round * 100, count)) sink.write(outcome);
      sizes.push(Number(await sink.commit('process')));
      sink.write(failure(round));
    }
    await sink.close();
    const rows = await Promise.all(sizes.map((size) => rowsOf(place.bytes.slice(0, size))));
    expect(rows.map(({ length }) => length)).toEqual([0, 4, 30]);
    expect(await rowsOf(place.bytes)).toHaveLength(31);
  });

  it('carries over all that the footer tells of earlier row groups', async () => {
    const place = new Place();
    const first = await place.open();
    for (const outcome of responses(0, 40)) first.write(outcome);
    const position = await first.commit('process');
    await first.close();
    const before = place.metadata.row_groups;
    const second = await place.open(position);
    for (const outcome of responses(40, 2)) second.write(outcome);
    await second.close();
    expect(place.metadata.row_groups.slice(0, 1)).toEqual(before);
    expect(place.metadata).toMatchObject({ num_rows: 42n, created_by: 'flurry' });
    expect(before[0]!.columns[0]!.meta_data!.statistics).toMatchObject({ min_value: 0n, max_value: 39n });
  });

  it('writes nothing for a commit that has nothing new', async () => {
    const place = new Place();
    const sink = await place.open();
    sink.write(response());
    const position = await sink.commit('process');
    expect(await sink.commit('power')).toBe(position);
    await sink.close();
    expect(String(place.bytes.length)).toBe(position);
  });

  it('keeps no text of bodies in its footer', async () => {
    const place = await written([response({ body: 'secret'.repeat(100), type: 'text/plain' })]);
    const { metadata_length } = place.metadata;
    const footer = Buffer.from(place.bytes.slice(-metadata_length - 8)).toString('latin1');
    expect(footer).toContain('body_base64');
    expect(footer).not.toContain('secret');
  });

  it('asks for fewer commits when footers outweigh records, down to one in ten minutes', async () => {
    const place = new Place({ extracted: Array.from({ length: 200 }, (_, i) => String(i)) });
    const sink = await place.open();
    const asked = [];
    for (let round = 0; round < 18; round++) {
      sink.write(response({ index: round }));
      place.clock.advance(sink.commitMs!);
      await sink.commit('process');
      asked.push(sink.commitMs);
    }
    expect(asked.slice(0, 2)).toEqual([30_000, 30_000]);
    expect(asked.at(-1)).toBe(600_000);
    place.clock.advance(1000);
    sink.write(failure(18));
    await sink.commit('process');
    expect(sink.commitMs).toBe(30_000);
    await sink.close();
  });

  it('refuses a file that has taken the place of its own, and leaves it as it is', async () => {
    const place = await written(responses(0, 3));
    const position = String(place.bytes.length);
    const other = await written(responses(0, 300));
    await replace(place, other.bytes);
    await expect(place.open(position)).rejects.toThrow(
      /^cannot go on with out\.parquet: it has no footer .*--restart$/,
    );
    expect(place.bytes).toEqual(other.bytes);
  });

  it.each<[Partial<ParquetOptions>, RegExp]>([
    [{ body: 'none' }, /this run writes no column "body"/],
    [{ headers: true }, /it has no column "headers"/],
    [{ extracted: ['b', 'a'] }, /another order/],
  ])('refuses a file with other columns (%j)', async (options, message) => {
    const place = await written(responses(0, 3), { extracted: options.extracted ? ['a', 'b'] : [] });
    const again = openParquet(
      'out.parquet',
      { ...place.options, ...options },
      { files: place.files, clock: place.clock, position: String(place.bytes.length) },
    );
    await expect(again).rejects.toThrow(message);
  });
});

async function replace({ files }: Place, bytes: Uint8Array): Promise<void> {
  const file = await files.open('out.parquet', 'create');
  await file.write(bytes, 0);
  await file.close();
}

describe('DuckDB reads Parquet files of openParquet', () => {
  let duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;
  beforeAll(async () => {
    duckdb = await (await DuckDBInstance.create()).connect();
  });
  afterAll(() => duckdb.closeSync());

  async function query(sql: string): Promise<Record<string, unknown>[]> {
    return (await duckdb.runAndReadAll(sql)).getRowObjectsJson();
  }

  it('with their types, also where they have no rows', async () => {
    const file = path('empty.parquet');
    const tools = { files: new SystemFiles(), clock: new VirtualClock() };
    const options = { ...OPTIONS, headers: true, timings: true, redirects: true, history: true };
    await (await openParquet(file, { ...options, extracted: ['title'] }, tools)).close();
    const columns = await query(`DESCRIBE SELECT * FROM '${file}'`);
    expect(columns.map((row) => `${row['column_name']} ${row['column_type']}`)).toEqual([
      ...['index BIGINT', 'id VARCHAR', 'url VARCHAR', 'method VARCHAR', 'status INTEGER', 'ms DOUBLE'],
      ...['bytes BIGINT', 'attempts INTEGER', 'body VARCHAR', 'body_base64 VARCHAR', 'body_error VARCHAR'],
      ...['error_phase VARCHAR', 'error_kind VARCHAR', 'error_message VARCHAR', 'error_sent VARCHAR'],
      ...['headers VARCHAR', 'queue_ms DOUBLE', 'dns_ms DOUBLE', 'connect_ms DOUBLE', 'tls_ms DOUBLE'],
      ...['first_byte_ms DOUBLE', 'redirects VARCHAR', 'history VARCHAR', 'extracted_title VARCHAR'],
    ]);
    expect(await query(`SELECT count(*)::INT AS n FROM '${file}'`)).toEqual([{ n: 0 }]);
  });

  it('resumed ones too, of several row groups and dead footers', async () => {
    const file = path('resumed.parquet');
    const tools = { files: new SystemFiles(), clock: new VirtualClock() };
    let position: string | undefined;
    for (let round = 0; round < 4; round++) {
      const sink = await openParquet(file, { ...OPTIONS, groupRows: 50 }, { ...tools, position });
      for (let i = 0; i < 120; i++) {
        const index = round * 120 + i;
        sink.write(i % 10 === 9 ? failure(index) : response({ index, body: `{"id":${index},"t":"öä€😀"}` }));
      }
      position = await sink.commit('power');
      sink.write(failure(10_000));
      await sink.close();
    }
    const [sums] = await query(`
      SELECT count(*)::INT AS rows, count(DISTINCT index)::INT AS indices, sum(index)::INT AS sum,
        count(status)::INT AS responses, (min(ms) = 0.25)::BOOL AS least,
        count(*) FILTER (body ->> 't' = 'öä€😀')::INT AS texts FROM '${file}'`);
    expect(sums).toEqual({
      ...{ rows: 481, indices: 481, sum: (480 * 479) / 2 + 10_000, responses: 432 },
      ...{ least: true, texts: 432 },
    });
    expect(await query(`SELECT index FROM '${file}' WHERE index = 250`)).toEqual([{ index: '250' }]);
    expect(statSync(file).size).toBeGreaterThan(Number(position));
  });
});
