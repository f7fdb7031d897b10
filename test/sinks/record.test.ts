import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, type Kind, type Outcome, type Phase, type Sent } from '../../src/model/outcome.ts';
import { RecordFormat, type RecordFormatOptions } from '../../src/sinks/record.ts';
import { type BodyForm, INLINE_BODY_BYTES_MAX } from '../../src/sinks/shown-body.ts';
import { character } from './character.ts';
import { failure, response } from './outcomes.ts';
import { schemaCheck } from './schema-check.ts';

const schema = JSON.parse(readFileSync(new URL('../../record.schema.json', import.meta.url), 'utf8'));
const check = schemaCheck(schema);

function line(outcome: Outcome, options: Partial<RecordFormatOptions> = {}, bodyFile?: string): string {
  const format = new RecordFormat({ body: 'auto', headers: false, timings: false, ...options });
  return format.line(outcome, bodyFile);
}

/** Of a line that has been found to be one line and to fit the schema. */
function record(
  outcome: Outcome,
  options?: Partial<RecordFormatOptions>,
  bodyFile?: string,
): Record<string, unknown> {
  const text = line(outcome, options, bodyFile);
  expect(text).toMatch(/^[^\u0000-\u001f\u2028\u2029]*\n$/);
  const value = JSON.parse(text);
  expect(check(value)).toEqual([]);
  return value;
}

describe('the record of a response', () => {
  it('is one line of JSON with the members in their order', () => {
    const outcome = response({ index: 12, ms: 3.2719, body: '{"id":12}', attempts: 2 });
    expect(line(outcome)).toBe(
      '{"index":12,"url":"http://localhost:8080/todos/12","method":"GET","status":200,"ms":3.272,"bytes":9,' +
        '"attempts":2,"body":{"id":12}}\n',
    );
  });

  it.each([
    ['text "1"\n', 'text "1"\n'],
    [7, 7],
    [-0.5, -0.5],
    [0, 0],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('shows the id %j', (id, shown) => {
    expect(record(response({ id }))['id']).toEqual(shown);
  });

  it('escapes a target that JSON could not hold as it is', () => {
    const { url } = record(response({ target: '/a"b\\c\u2028' }));
    expect(url).toBe('http://localhost:8080/a"b\\c\u2028');
  });

  it('shows the right origin when origins take turns', () => {
    const format = new RecordFormat({ body: 'none', headers: false, timings: false });
    const urls = ['http://a.test/1', 'https://b.test:8443/2', 'http://a.test/3', 'http://[::1]/4'];
    const shown = urls.map((url, index) => JSON.parse(format.line(response({ index, url }))).url);
    expect(shown).toEqual(urls);
  });

  it('shows header fields in order of arrival, also twice the same, with octets as they came', () => {
    const fieldLines = 'set-cookie: a=1\r\nX-Name: M\u00fcller "x"\r\nset-cookie: b=2; Path=/\r\nEmpty:\r\n';
    expect(record(response({ fieldLines, body: '' }), { headers: true })['headers']).toEqual([
      ['set-cookie', 'a=1'],
      ['X-Name', 'M\u00fcller "x"'],
      ['set-cookie', 'b=2; Path=/'],
      ['Empty', ''],
    ]);
    expect(record(response({ fieldLines: '' }), { headers: true })['headers']).toEqual([]);
  });

  it('shows timings', () => {
    const outcome = response({ ms: 9.5, connection: { dnsMs: 1.23456, connectMs: 2, tlsMs: 3 } });
    outcome.request.queueMs = 0.5;
    expect(record(outcome, { timings: true })['timings']).toEqual({
      queueMs: 0.5,
      dnsMs: 1.235,
      connectMs: 2,
      tlsMs: 3,
      firstByteMs: 1,
      totalMs: 9.5,
    });
  });
});

describe('what was extracted', () => {
  it('stands in front of the body, as JSON of any kind on one line', () => {
    const outcome = response({ body: '{"id":12}' });
    outcome.extracted = { id: 12, 'a.b': null, list: ['x\u2028"', { y: 1.5 }] };
    record(outcome, { headers: true, timings: true });
    expect(line(outcome)).toContain(
      ',"attempts":1,"extracted":{"id":12,"a.b":null,"list":["x\\u2028\\"",{"y":1.5}]},"body":{"id":12}}\n',
    );
  });

  it('is an empty object only where it was one', () => {
    expect(record(response())).not.toHaveProperty('extracted');
    const outcome = response();
    outcome.extracted = {};
    expect(record(outcome)).toHaveProperty('extracted', {});
  });
});

describe('the body in a record', () => {
  const invalid = Uint8Array.of(0x7b, 0xff, 0x7d);

  it.each<[string, BodyForm, string | Uint8Array, string, string]>([
    ['JSON as JSON', 'auto', '{"a":[1,null]}', 'application/json', '"body":{"a":[1,null]}'],
    [
      'all digits of a number',
      'auto',
      '12345678901234567890.10',
      'application/json',
      '"body":12345678901234567890.10',
    ],
    [
      'JSON on one line',
      'auto',
      '{\r\n\t"a": 1,\n "b": "\\n"\n}\n',
      'text/json',
      '"body":{"a": 1, "b": "\\n"}',
    ],
    [
      'JSON with line separators',
      'auto',
      '{"a":"\u2028\u2029"}',
      'text/json',
      '"body":{"a":"\\u2028\\u2029"}',
    ],
    ['JSON behind a byte order mark', 'auto', '\ufeff[1]', 'application/json', '"body":[1]'],
    ['U+FFFD that was sent', 'auto', '"\ufffd"', 'application/json', '"body":"\ufffd"'],
    ['any +json', 'auto', '[]', 'application/problem+json', '"body":[]'],
    ['broken JSON as text', 'auto', '{"a":', 'application/json', '"body":"{\\"a\\":"'],
    ['JSON of another type as text', 'auto', '{"a":1}', 'text/plain', '"body":"{\\"a\\":1}"'],
    ['text without a type', 'auto', 'hé', '', '"body":"hé"'],
    ['the mark of a text', 'auto', '\ufeffhé', 'text/plain', '"body":"\ufeffhé"'],
    ['invalid UTF-8 in base64', 'auto', invalid, 'application/json', '"bodyBase64":"e/99"'],
    ['an empty body', 'auto', '', 'application/json', '"body":""'],
    ['JSON as text', 'text', '{"a":1}', 'application/json', '"body":"{\\"a\\":1}"'],
    ['bad bytes as U+FFFD', 'text', invalid, 'text/plain', '"body":"{\ufffd}"'],
    ['another charset', 'text', Uint8Array.of(0xfc), 'text/html; charset=iso-8859-1', '"body":"ü"'],
    ['an empty text', 'text', '', 'text/plain', '"body":""'],
    ['JSON of any type', 'json', '[1e400]', 'text/plain', '"body":[1e400]'],
    ['base64', 'base64', '{"a":1}', 'application/json', '"bodyBase64":"eyJhIjoxfQ=="'],
    ['empty base64', 'base64', '', '', '"bodyBase64":""'],
  ])('shows %s', (_name, form, body, type, member) => {
    const outcome = response({ body, type });
    record(outcome, { body: form });
    expect(line(outcome, { body: form })).toContain(`"attempts":1,${member}}\n`);
  });

  it.each([
    ['{"a":', /character 5/],
    ['<html>', /character 0/],
    ['', /empty/],
    [`${'['.repeat(600)}${']'.repeat(600)}`, /512 levels/],
  ])('says with json why %j is none', (body, why) => {
    const shown = record(response({ body }), { body: 'json' });
    expect(shown).toMatchObject({ body: null, bodyError: expect.stringMatching(why) });
  });

  it('is left out, or named, when asked for', () => {
    expect(Object.keys(record(response(), { body: 'none' }))).not.toContain('body');
    const shown = record(response(), { body: 'files' }, 'out.jsonl.bodies/000/000000.json');
    expect(shown['bodyFile']).toBe('out.jsonl.bodies/000/000000.json');
    expect(shown).not.toHaveProperty('body');
  });

  it('is not shown where a string could not hold it', () => {
    const body = Buffer.alloc(INLINE_BODY_BYTES_MAX + 1);
    for (const form of ['auto', 'text', 'json', 'base64'] as const) {
      const shown = record(response({ body }), { body: form });
      expect(shown).toMatchObject({ body: null, bytes: body.length });
      expect(shown['bodyError']).toMatch(/--body files/);
    }
    expect(record(response({ body }), { body: 'none' })).not.toHaveProperty('bodyError');
  });

  it('gives back the very bytes, whatever they are', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: character, maxLength: 60 }).map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
    );
    const type = fc.constantFrom('application/json', 'text/plain', 'application/octet-stream');
    fc.assert(
      fc.property(body, type, (bytes, mediaType) => {
        const shown = record(response({ body: bytes, type: mediaType }));
        const text = Buffer.from(bytes).toString();
        if ('bodyBase64' in shown) {
          expect(Buffer.from(String(shown['bodyBase64']), 'base64').equals(bytes)).toBe(true);
          expect(Buffer.from(text).equals(bytes)).toBe(false);
        } else if (isJson(text, mediaType)) {
          expect(shown['body']).toEqual(JSON.parse(text.replace(/^\ufeff/, '')));
        } else {
          expect(Buffer.from(String(shown['body'])).equals(bytes)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('makes one line of JSON of any bytes in every form', () => {
    const form = fc.constantFrom<BodyForm>('auto', 'text', 'json', 'base64', 'none', 'files');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), form, (body, shown) => {
        record(response({ body }), { body: shown, headers: true, timings: true }, 'a/b.bin');
      }),
    );
  });
});

describe('the record of a failure', () => {
  it('is one line of JSON with the members in their order', () => {
    expect(line(failure(3, 'connect ECONNREFUSED "x"'))).toBe(
      '{"index":3,"url":"http://localhost:8080/todos/3","method":"GET","error":{"phase":"connect","kind":"refused",' +
        '"message":"connect ECONNREFUSED \\"x\\"","sent":"none"},"ms":0.25,"attempts":1}\n',
    );
  });

  it('names the line of an input that was no request', () => {
    const shown = record(Failure.ofInput(5, 'htp:/x\u0000"', 'no URL', 6));
    expect(shown).toMatchObject({ index: 5, url: 'htp:/x\u0000"', method: '', line: 6, attempts: 0 });
    expect(record(Failure.ofInput(5, 'x', 'no URL'))).not.toHaveProperty('line');
  });

  it('never shows the cause: it may hold what is secret', () => {
    const { index, url, method, phase, kind, sent, message, attempts, ms } = failure(1);
    const cause = new Error('hunter2');
    const outcome = new Failure({
      index,
      url,
      method,
      phase,
      kind,
      sent,
      message,
      attempts,
      ms,
      cause,
      id: 'x',
    });
    expect(line(outcome)).not.toContain('hunter2');
    expect(record(outcome)['id']).toBe('x');
  });

  it('fits the schema for every phase, kind and progress', () => {
    const base = failure(1);
    for (const phase of PHASES) record(new Failure({ ...fields(base), phase }));
    for (const kind of KINDS) record(new Failure({ ...fields(base), kind }));
    for (const sent of SENT) record(new Failure({ ...fields(base), sent }));
    const { phase, kind, sent } = schema.$defs.error.properties;
    expect([phase.enum, kind.enum, sent.enum].map((names) => [...names].sort())).toEqual([
      [...PHASES].sort(),
      [...KINDS].sort(),
      [...SENT].sort(),
    ]);
  });
});

describe('the schema', () => {
  const good = () => JSON.parse(line(response(), { headers: true, timings: true }));

  it.each<[string, (value: ReturnType<typeof good>) => void]>([
    ['a member it does not know', (r) => Object.assign(r, { extra: 1 })],
    ['no index', (r) => delete r.index],
    ['an index of 1.5', (r) => Object.assign(r, { index: 1.5 })],
    ['a list of what was extracted', (r) => Object.assign(r, { extracted: [] })],
    ['a status of 0', (r) => Object.assign(r, { status: 0 })],
    ['a status as text', (r) => Object.assign(r, { status: '200' })],
    ['two bodies', (r) => Object.assign(r, { bodyBase64: 'e30=' })],
    ['base64 that is none', (r) => Object.assign(r, { body: undefined, bodyBase64: 'e3 0' })],
    ['a bodyError beside a body', (r) => Object.assign(r, { bodyError: 'why' })],
    ['a header of three texts', (r) => r.headers.push(['a', 'b', 'c'])],
    ['a header of one text', (r) => r.headers.push(['a'])],
    ['timings that lack one', (r) => delete r.timings.tlsMs],
    ['an error too', (r) => Object.assign(r, { error: JSON.parse(line(failure(1))).error })],
    ['negative time', (r) => Object.assign(r, { ms: -1 })],
    ['another scheme', (r) => Object.assign(r, { url: 'ftp://x/' })],
  ])('refuses %s', (_name, change) => {
    const value = good();
    expect(check(value)).toEqual([]);
    change(value);
    expect(check(value)).not.toEqual([]);
  });
});

/** The fields of a failure, to make another like it. */
function fields(of: Failure) {
  const { index, url, method, phase, kind, sent, message, attempts, ms } = of;
  return { index, url, method, phase, kind, sent, message, attempts, ms };
}

function isJson(text: string, mediaType: string): boolean {
  if (mediaType !== 'application/json') return false;
  try {
    JSON.parse(text.replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

// A type that gains a member does not compile here until the schema's own list has been looked at.
const PHASES = names<Phase>({
  input: true,
  queue: true,
  dns: true,
  connect: true,
  tls: true,
  send: true,
  headers: true,
  body: true,
});
const KINDS = names<Kind>({
  invalid: true,
  timeout: true,
  refused: true,
  reset: true,
  closed: true,
  unreachable: true,
  'not-found': true,
  resources: true,
  certificate: true,
  proxy: true,
  protocol: true,
  'too-large': true,
  unexpected: true,
  'host-down': true,
  aborted: true,
  unknown: true,
});
const SENT = names<Sent>({ none: true, partial: true, whole: true, response: true, unknown: true });

function names<T extends string>(all: Record<T, true>): T[] {
  return Object.keys(all) as T[];
}
