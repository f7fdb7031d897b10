// Records read back: whatever RecordFormat writes, and what others write, by octets as by JSON.parse.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordFacts } from '../../src/model/record-facts.ts';
import { RecordFormat } from '../../src/sinks/record.ts';
import { RecordReader } from '../../src/sinks/record-reader.ts';
import { failure, response } from './outcomes.ts';

function factsOf(reader: RecordReader): RecordFacts {
  const { index, url, method, host, status, ms, bytes, attempts, error } = reader;
  return { index, url, method, host, status, ms, bytes, attempts, error };
}

/** Within other octets, as in a chunk of a file. */
function read(reader: RecordReader, line: string, whole = false): RecordFacts | undefined {
  const bytes = Buffer.from(`{"x":1}\n${line}\n{"index":5`);
  const [start, end] = [8, 8 + Buffer.byteLength(line)];
  const found = whole ? reader.readWhole(bytes, start, end) : reader.read(bytes, start, end);
  return found ? factsOf(reader) : undefined;
}

const format = new RecordFormat({ body: 'auto', headers: true, timings: true });
const plain = new RecordFormat({ body: 'none', headers: false, timings: false });

const outcomes = fc
  .record({
    index: fc.oneof(fc.nat(), fc.constantFrom(0, 10 ** 14, 10 ** 15, Number.MAX_SAFE_INTEGER)),
    id: fc.option(fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant('plain')), { nil: undefined }),
    url: fc.constantFrom(
      'http://localhost:8080/a',
      'https://h/',
      'http://[::1]:81/?x=/y',
      'http://h?q',
      'http://hh/',
    ),
    target: fc.option(fc.constantFrom('/q?"', '/back\\slash', '/ä', '/'), { nil: undefined }),
    method: fc.constantFrom('GET', 'POST', 'PUT', 'GE', 'G"T'),
    status: fc.integer({ min: 100, max: 999 }),
    body: fc.constantFrom('', '{"id":1}', '}', 'text', '{"status":500,"ms":1}'),
    ms: fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.constantFrom(0, 0.001, 0.1, 1, 12.345)),
    attempts: fc.nat(12),
    fails: fc.boolean(),
  })
  .map(({ fails, id, target, ...parts }) =>
    fails
      ? failure(parts.index, parts.body)
      : response({
          ...parts,
          ...(id === undefined ? {} : { id }),
          ...(target === undefined ? {} : { target }),
        }),
  );

describe('RecordReader', () => {
  it('reads by octets what JSON.parse reads, whatever was read before', () => {
    const reader = new RecordReader();
    fc.assert(
      fc.property(fc.array(outcomes, { minLength: 1, maxLength: 8 }), fc.boolean(), (all, detailed) => {
        for (const outcome of all) {
          const line = (detailed ? format : plain).line(outcome).trimEnd();
          const facts = read(reader, line);
          expect(facts).toEqual(read(new RecordReader(), line, true));
          expect(facts).toMatchObject({
            index: outcome.index,
            attempts: outcome.attempts,
            method: outcome.method,
          });
          expect(facts?.status).toBe(outcome.type === 'response' ? outcome.status : undefined);
        }
      }),
    );
  });

  it('takes a line that was changed for the same record as JSON.parse does, or for none', () => {
    const change = fc.record({ at: fc.nat(), octet: fc.constantFrom(...'"\\{}[],:0159.-e ax\t') });
    const reader = new RecordReader();
    fc.assert(
      fc.property(outcomes, fc.array(change, { minLength: 1, maxLength: 3 }), (outcome, changes) => {
        const octets = [...plain.line(outcome).trimEnd()];
        for (const { at, octet } of changes) octets[at % octets.length] = octet;
        const line = octets.join('');
        expect(read(reader, line)).toEqual(read(new RecordReader(), line, true));
      }),
      { numRuns: 500 },
    );
  });

  it('reads records of any other writing', () => {
    const record = {
      method: 'GET',
      url: 'http://h/',
      attempts: 1,
      bytes: 2,
      ms: 1e-3,
      status: 200,
      index: 7,
    };
    expect(read(new RecordReader(), JSON.stringify(record, null, 1).replaceAll('\n', ' '))).toMatchObject({
      ...record,
      host: 'h',
    });
  });

  it('knows what failed', () => {
    const line = plain.line(failure(3, 'refused')).trimEnd();
    expect(read(new RecordReader(), line)).toEqual({
      ...{ index: 3, url: 'http://localhost:8080/todos/3', method: 'GET', host: 'localhost:8080' },
      ...{ status: undefined, ms: 0.25, bytes: 0, attempts: 1 },
      error: { phase: 'connect', kind: 'refused', message: 'refused', sent: 'none', status: undefined },
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"index":1}',
    '{"index":-1,"url":"http://h/","method":"GET","status":200,"ms":1,"bytes":1,"attempts":1}',
    '{"index":1,"url":"http://h/","method":"GET","status":99,"ms":1,"bytes":1,"attempts":1}',
    '{"index":1,"url":"http://h/","method":"GET","status":200,"ms":-1,"bytes":1,"attempts":1}',
    '{"index":1,"url":"http://h/","method":"GET","status":200,"ms":1,"bytes":1.5,"attempts":1}',
    '{"index":1,"url":"http://h/","method":"GET","error":"x","ms":1,"attempts":1}',
    '{"index":1,"url":"http://h/","method":"GET","error":null,"status":200,"ms":1,"bytes":1,"attempts":1}',
    '{"index":01,"url":"http://h/","method":"GET","status":200,"ms":1,"bytes":1,"attempts":1}',
    '{"index":1,"url":"http://h/","method":"GET","status":200,"ms":1,"bytes":1,"attempts":1',
    '{"index":1,"url":"http://h/","method":"GET","status":200,"ms":1,"bytes":1,"attempts":1,"body":"to',
    'http://h/',
  ])('takes for no record: %s', (line) => {
    expect(read(new RecordReader(), line)).toBeUndefined();
  });

  it('looks at the body only where it is told to', () => {
    const line =
      '{"index":1,"url":"http://h/","method":"GET","status":200,"ms":1,"bytes":1,"attempts":1,"body":x}';
    expect(read(new RecordReader(), line)?.index).toBe(1);
    expect(read(new RecordReader(), line, true)).toBeUndefined();
  });

  it('keeps a URL only until the next record', () => {
    const reader = new RecordReader();
    const [one, other] = [0, 1].map((index) => plain.line(response({ index })).trimEnd());
    read(reader, one!);
    expect(read(reader, other!)?.url).toBe('http://localhost:8080/todos/1');
  });
});
