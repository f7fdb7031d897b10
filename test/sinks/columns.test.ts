import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { BodyFiles } from '../../src/sinks/body-files.ts';
import { RowFormat, type TableOptions } from '../../src/sinks/columns.ts';
import { csvSink } from '../../src/sinks/csv.ts';
import { OutputFile } from '../../src/sinks/output-file.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { GatedTaker } from './gated-taker.ts';
import { failure, response } from './outcomes.ts';

const OPTIONS = { body: 'auto', headers: false, timings: false } as const;
const FORMS = ['auto', 'text', 'json', 'base64', 'none', new BodyFiles('bodies')] as const;

function record(outcome: Outcome, options: Partial<TableOptions> = {}, bodyFile?: string) {
  const format = new RowFormat({ ...OPTIONS, ...options });
  const row = format.row(outcome, bodyFile);
  expect(row).toHaveLength(format.columns.length);
  return Object.fromEntries(format.columns.map(({ name }, at) => [name, row[at]]));
}

async function csv(outcomes: Outcome[], options: TableOptions): Promise<Record<string, string>[]> {
  const taker = new GatedTaker();
  const clock = new VirtualClock();
  const sink = await csvSink(new OutputFile(taker, 'out', clock), options, clock, options.extracted);
  for (const outcome of outcomes) sink.write(outcome);
  await sink.close();
  return parse(taker.text, { columns: true });
}

describe('RowFormat', () => {
  it.each(FORMS.map((body) => [body] as const))('has the columns and values of CSV (%j)', async (body) => {
    const options = { body, headers: true, timings: true, extracted: ['title', 'none'] };
    const timed = response({ index: 1, ms: 0.0004, connection: { dnsMs: 1.23456, connectMs: 2, tlsMs: 3 } });
    timed.extracted = { title: [1, 'ä'], none: null };
    const outcomes = [timed, response({ index: 2, id: 7, body: Uint8Array.of(255) }), failure(3)];
    const form = body instanceof BodyFiles ? 'none' : body;
    const rows = await csv(outcomes, { ...options, body: form });
    for (const [at, outcome] of outcomes.entries()) {
      const { body_file, ...found } = record(outcome, options);
      const texts = Object.entries(found).map(([name, cell]) => [name, cell === null ? '' : String(cell)]);
      expect(Object.fromEntries(texts)).toEqual(rows[at]);
      expect(body_file).toBe(body instanceof BodyFiles ? null : undefined);
    }
  });

  it('names the file of a body', () => {
    expect(record(response(), { body: new BodyFiles('bodies') }, 'bodies/0.json')).toMatchObject({
      body_file: 'bodies/0.json',
    });
  });

  it('gives numbers as numbers, with the digits that JSON Lines has', () => {
    expect(record(response({ index: 2 ** 40, ms: 1234.56789 }))).toMatchObject({
      ...{ index: 2 ** 40, status: 200, bytes: 8, attempts: 1, ms: 1234.568 },
    });
    expect(record(response({ ms: Number.NaN }))).toMatchObject({ ms: 0 });
  });

  it('has redirects and history where they are asked for, as JSON', () => {
    const outcome = response();
    outcome.request.hops = [{ status: 301, url: 'http://localhost/', location: 'http://localhost/a"b' }];
    outcome.request.history = [{ status: 503, ms: 1.00049, waitMs: 250 }];
    const asked = { redirects: true, history: true };
    expect(record(outcome, asked)).toMatchObject({
      redirects: '[{"status":301,"location":"http://localhost/a\\"b"}]',
      history: '[{"status":503,"ms":1,"waitMs":250}]',
    });
    expect(record(response(), asked)).toMatchObject({ redirects: null, history: null });
    const error = { phase: 'connect', kind: 'refused', sent: 'none' } as const;
    const failed = new Failure({ ...failure(3), history: [{ error, ms: 1, waitMs: 2 }] });
    expect(record(failed, asked)).toMatchObject({
      redirects: null,
      history: '[{"error":{"phase":"connect","kind":"refused","sent":"none"},"ms":1,"waitMs":2}]',
    });
    expect(Object.keys(record(outcome))).not.toContain('redirects');
  });

  it('says of its columns which ones every record has', () => {
    const { columns } = new RowFormat({ ...OPTIONS, timings: true });
    const always = columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
    expect(always).toEqual(['index', 'url', 'method', 'ms', 'attempts']);
    const row = new RowFormat(OPTIONS).row(Failure.ofInput(1, 'no url', 'no URL', 3));
    expect(row.slice(0, 8)).toEqual([1, null, 'no url', '', null, 0, null, 0]);
  });
});
