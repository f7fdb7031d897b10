import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { BodyFiles } from '../../src/sinks/body-files.ts';
import { csvSink } from '../../src/sinks/csv.ts';
import { OutputFile } from '../../src/sinks/output-file.ts';
import type { RecordOptions } from '../../src/sinks/record-sink.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { character } from './character.ts';
import { temporaryFolder } from './folder.ts';
import { GatedTaker } from './gated-taker.ts';
import { failure, response } from './outcomes.ts';

const path = temporaryFolder();

async function csv(
  outcomes: Outcome[],
  options: Partial<RecordOptions> = {},
  extracted?: readonly string[],
): Promise<string> {
  const taker = new GatedTaker();
  const clock = new VirtualClock();
  const file = new OutputFile(taker, 'the output', clock);
  const record = { body: 'auto', headers: false, timings: false, ...options } as const;
  const sink = await csvSink(file, record, clock, extracted);
  for (const outcome of outcomes) sink.write(outcome);
  await sink.close();
  return taker.text;
}

async function rows(
  outcomes: Outcome[],
  options?: Partial<RecordOptions>,
): Promise<Record<string, string>[]> {
  return parse(await csv(outcomes, options), { columns: true });
}

describe('csvSink', () => {
  it('writes the names of the columns, then a line for each outcome', async () => {
    expect(await csv([response({ index: 4, id: 'x', body: 'hello', type: 'text/plain' }), failure(5)])).toBe(
      'index,id,url,method,status,ms,bytes,attempts,body,body_base64,body_error,' +
        'error_phase,error_kind,error_message,error_sent\n' +
        '4,x,http://localhost:8080/todos/4,GET,200,1.5,5,1,hello,,,,,,\n' +
        '5,,http://localhost:8080/todos/5,GET,,0.25,,1,,,,connect,refused,connection refused,none\n',
    );
  });

  it('writes the names of the columns where there is nothing else', async () => {
    expect(await csv([], { body: 'none' })).toMatch(/^index,.*,error_sent\n$/);
  });

  it.each<[RecordOptions['body'], string[]]>([
    ['auto', ['body', 'body_base64', 'body_error']],
    ['text', ['body', 'body_error']],
    ['json', ['body', 'body_error']],
    ['base64', ['body_base64', 'body_error']],
    ['none', []],
    [new BodyFiles(path('bodies')), ['body_file']],
  ])('has as many values as columns, and those of its form of body (%j)', async (body, columns) => {
    const outcomes = [response(), response({ index: 1, body: Uint8Array.of(255) }), failure(2)];
    const options = { body, headers: true, timings: true };
    const lines: string[][] = parse(await csv(outcomes, options));
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    const first = lines[0]!.indexOf('attempts') + 1;
    expect(lines[0]!.slice(first, lines[0]!.indexOf('error_phase'))).toEqual(columns);
  });

  it('tells text, base64 and what cannot be shown apart', async () => {
    const outcomes = [
      response({ body: 'aGk=', type: 'text/plain' }),
      response({ body: Uint8Array.of(255) }),
      response({ body: '{"a":\n12345678901234567890}' }),
    ];
    expect((await rows(outcomes)).map((row) => [row['body'], row['body_base64']])).toEqual([
      ['aGk=', ''],
      ['', '/w=='],
      ['{"a":12345678901234567890}', ''],
    ]);
    expect(await rows([outcomes[0]!], { body: 'json' })).toMatchObject([
      { body: '', body_error: expect.stringMatching(/no JSON/) },
    ]);
  });

  it('shows headers as JSON and timings in columns of their own', async () => {
    const outcome = response({
      fieldLines: 'Set-Cookie: a="1"\r\nSet-Cookie: b\r\n',
      connection: { dnsMs: 1, connectMs: 2, tlsMs: 3 },
    });
    outcome.request.queueMs = 0.5;
    const [row] = await rows([outcome], { headers: true, timings: true });
    expect(JSON.parse(row!['headers']!)).toEqual([
      ['Set-Cookie', 'a="1"'],
      ['Set-Cookie', 'b'],
    ]);
    expect(row).toMatchObject({
      queue_ms: '0.5',
      dns_ms: '1',
      connect_ms: '2',
      tls_ms: '3',
      first_byte_ms: '1',
    });
  });

  it('has a column for each field that is extracted, at the end', async () => {
    const outcome = response({ index: 0 });
    outcome.extracted = { title: 'a, "b"', id: 12, list: [1, '\u2028'], none: null, not_asked: 1 };
    const names = ['title', 'id', 'list', 'none'];
    const [head, ...rest]: string[][] = parse(
      await csv([outcome, response({ index: 1 }), failure(2)], { timings: true }, names),
    );
    expect(head!.slice(-5)).toEqual(['first_byte_ms', ...names.map((name) => `extracted_${name}`)]);
    expect(rest.map((row) => row.slice(head!.length - 4))).toEqual([
      ['a, "b"', '12', '[1,"\\u2028"]', ''],
      ['', '', '', ''],
      ['', '', '', ''],
    ]);
  });

  it('keeps line ends, quotes and commas of bodies and messages', async () => {
    const text = 'a "quoted", text\r\nwith\rall\nkinds of line ends';
    const outcomes = [
      response({ body: text, type: 'text/plain' }),
      failure(1, text),
      Failure.ofInput(2, text, 'no'),
    ];
    const read = await rows(outcomes);
    expect([read[0]!['body'], read[1]!['error_message'], read[2]!['url']]).toEqual([text, text, text]);
  });

  it('gives back any text, also in large batches', async () => {
    const texts = fc.array(fc.string({ unit: character, minLength: 1, maxLength: 20 }), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(texts, async (bodies) => {
        const sent = bodies.map((body) => body.toWellFormed());
        const outcomes = sent.map((body, index) => response({ index, body, type: 'text/plain' }));
        const read = await rows(outcomes, { body: 'text' });
        expect(read.map((row) => row['body'])).toEqual(sent.map((body) => body.replace(/^\ufeff/, '')));
      }),
      { numRuns: 30 },
    );
  });

  it('hands over what one turn of the event loop brought, without waiting for more', async () => {
    const taker = new GatedTaker();
    const clock = new VirtualClock();
    const file = new OutputFile(taker, 'the output', clock);
    const sink = await csvSink(file, { body: 'none', headers: false, timings: false }, clock);
    sink.write(response({ index: 0 }));
    sink.write(response({ index: 1 }));
    expect(taker.portions).toHaveLength(0);
    clock.advance(0);
    await Promise.resolve();
    expect(taker.text.split('\n')).toHaveLength(4);
    await sink.close();
  });

  it('does not collect large bodies', async () => {
    const taker = new GatedTaker();
    const clock = new VirtualClock();
    const file = new OutputFile(taker, 'the output', clock);
    const sink = await csvSink(file, { body: 'text', headers: false, timings: false }, clock);
    taker.shut();
    let written = 0;
    while (!sink.full && written < 1000)
      sink.write(response({ index: written++, body: 'x'.repeat(100_000) }));
    expect(written).toBeLessThan(15);
    taker.open();
    await sink.close();
  });
});
