// What stands in outputs for requests that were not sent, since an equal one was.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { Failure, type Outcome, type Response } from '../../src/model/outcome.ts';
import { openBodyFiles } from '../../src/sinks/body-files.ts';
import { RowFormat } from '../../src/sinks/columns.ts';
import { csvSink } from '../../src/sinks/csv.ts';
import { jsonLinesSink } from '../../src/sinks/json-lines.ts';
import { OutputFile } from '../../src/sinks/output-file.ts';
import { RecordFormat } from '../../src/sinks/record.ts';
import { RecordReader } from '../../src/sinks/record-reader.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { temporaryFolder } from './folder.ts';
import { GatedTaker } from './gated-taker.ts';
import { failure, response } from './outcomes.ts';
import { schemaCheck } from './schema-check.ts';

const check = schemaCheck(JSON.parse(readFileSync('record.schema.json', 'utf8')));
const path = temporaryFolder();
const URL = 'http://localhost:8080/todos/7';

function duplicate(): Response {
  const copied = response({ index: 9, id: 'mine', url: URL, status: 404, body: '', attempts: 0, ms: 0 });
  copied.duplicateOf = 7;
  return copied;
}

function failed(): Failure {
  const { url, method, phase, kind, sent, message } = failure(3);
  return new Failure({
    ...{ index: 8, url, method, phase, kind, sent, message, attempts: 0, ms: 0, duplicateOf: 3 },
  });
}

describe('the record of a duplicate', () => {
  it.each(['auto', 'text', 'json', 'base64', 'none', 'files'] as const)(
    'has the status, and names the one that was sent (--body %s)',
    (body) => {
      const format = new RecordFormat({ body, headers: true, timings: true });
      const line = format.line(duplicate());
      expect(line).toBe(
        `{"index":9,"id":"mine","url":"${URL}","method":"GET","status":404,"ms":0,"bytes":0,"attempts":0,"duplicateOf":7}\n`,
      );
      expect(check(JSON.parse(line))).toEqual([]);
    },
  );

  it('has the error of one that failed', () => {
    const record = JSON.parse(
      new RecordFormat({ body: 'auto', headers: false, timings: false }).line(failed()),
    );
    expect(record).toMatchObject({ index: 8, error: { phase: 'connect', kind: 'refused' }, duplicateOf: 3 });
    expect(check(record)).toEqual([]);
  });

  it('has no body beside it in the schema', () => {
    const record = JSON.parse(
      new RecordFormat({ body: 'auto', headers: false, timings: false }).line(duplicate()),
    );
    expect(check({ ...record, body: 1 })).not.toEqual([]);
    expect(check({ ...record, duplicateOf: -1 })).not.toEqual([]);
  });

  it('is read back, with what no fact tells', () => {
    const reader = new RecordReader();
    const bytes = Buffer.from(
      new RecordFormat({ body: 'auto', headers: false, timings: false }).line(duplicate()),
    );
    expect(reader.read(bytes, 0, bytes.length - 1)).toBe(true);
    expect(reader).toMatchObject({ status: 404, attempts: 0, url: URL });
    expect(reader.members).toMatchObject({ duplicateOf: 7, id: 'mine' });
    const other = Buffer.from(
      '{"method":"GET","url":"http://b/","status":200,"ms":1,"bytes":2,"attempts":1,"index":4,"x":[1]}',
    );
    expect(reader.read(other, 0, other.length)).toBe(true);
    expect(reader.members['x']).toEqual([1]);
    const torn = Buffer.from(
      '{"index":1,"url":"http://b/","method":"GET","status":200,"ms":1,"bytes":2,"attempts":1,nonsense}',
    );
    expect(reader.read(torn, 0, torn.length)).toBe(true);
    expect(reader.members).toEqual({});
  });
});

async function csvOf(outcomes: Outcome[], duplicates: boolean): Promise<Record<string, string>[]> {
  const taker = new GatedTaker();
  const clock = new VirtualClock();
  const options = { body: 'auto', headers: true, timings: true, duplicates } as const;
  const sink = await csvSink(new OutputFile(taker, 'out', clock), options, clock, ['title']);
  for (const outcome of outcomes) sink.write(outcome);
  await sink.close();
  return parse(taker.text, { columns: true });
}

describe('columns', () => {
  const outcomes = [response({ index: 7 }), duplicate(), failure(3), failed()];

  it('have one for it where duplicates are looked for, and no other', async () => {
    const [withIt, without] = [await csvOf(outcomes, true), await csvOf(outcomes, false)];
    expect(withIt.map((row) => row['duplicate_of'])).toEqual(['', '7', '', '3']);
    expect(without[0]).not.toHaveProperty('duplicate_of');
    expect(Object.keys(withIt[0]!).filter((name) => !(name in without[0]!))).toEqual(['duplicate_of']);
    expect(withIt[1]).toMatchObject({
      status: '404',
      bytes: '0',
      attempts: '0',
      body: '',
      headers: '',
      queue_ms: '',
    });
  });

  it('are the same in tables', async () => {
    const rows = await csvOf(outcomes, true);
    const options = {
      body: 'auto',
      headers: true,
      timings: true,
      duplicates: true,
      extracted: ['title'],
    } as const;
    for (const more of [{}, { redirects: true, history: true }]) {
      const format = new RowFormat({ ...options, ...more });
      for (const [i, outcome] of outcomes.entries()) {
        const row = format.row(outcome);
        expect(row).toHaveLength(format.columns.length);
        for (const [at, { name }] of format.columns.entries())
          if (name in rows[i]!) expect(String(row[at] ?? ''), name).toBe(rows[i]![name]);
      }
    }
  });
});

describe('bodies in files', () => {
  it('are none for duplicates', async () => {
    const taker = new GatedTaker();
    const output = path('out.jsonl');
    const body = await openBodyFiles(output);
    const sink = jsonLinesSink(new OutputFile(taker, output, new VirtualClock()), {
      body,
      headers: false,
      timings: false,
    });
    sink.write(duplicate());
    await sink.close();
    expect(JSON.parse(taker.text)).toMatchObject({ duplicateOf: 7 });
    expect(JSON.parse(taker.text)).not.toHaveProperty('bodyFile');
    expect(readdirSync(body.folder)).toEqual([]);
  });
});
