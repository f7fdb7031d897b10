// Field sections of responses to heads and trailers: what they say, what is shared, and what is refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Field } from '../../../src/transport/http2/field.ts';
import { ResponseHeads } from '../../../src/transport/http2/response-heads.ts';

type Pair = readonly [name: string, value: string];

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
const OF_CONNECTION = ['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'];

function fields(...pairs: readonly Pair[]): Field[] {
  return pairs.map(([name, value]) => new Field(name, value));
}

function head(...pairs: readonly Pair[]) {
  return new ResponseHeads().head(fields([':status', '200'], ...pairs));
}

/** What is wrong with a section. */
function fault(...pairs: readonly Pair[]): string | undefined {
  const heads = new ResponseHeads();
  expect(heads.head(fields(...pairs))).toBeUndefined();
  expect(heads.fault?.kind).toBe('protocol');
  return heads.fault?.message;
}

const anyName = fc
  .string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 12 })
  .filter((name) => !OF_CONNECTION.includes(name) && name !== 'content-length');
/** Octets, one character each: anything but NUL, CR and LF, and no blank at the ends. */
const anyValue = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 30 }).map((codes) =>
  String.fromCharCode(...codes)
    .replace(/[\r\n]/g, '')
    .replace(/^[ \t]+|[ \t]+$/g, ''),
);

describe('the head of a response', () => {
  it('has the status and version, no reason, and the fields in their order', () => {
    const one = head(['server', 'x'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2'])!;
    expect([one.status, one.version, one.reason]).toEqual([200, '2', '']);
    expect(one.headers).toEqual([
      ['server', 'x'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    expect(one.framing).toEqual({
      contentLength: undefined,
      transferEncoding: 'none',
      keepAlive: true,
      keepAliveMs: undefined,
    });
  });

  it('has all fields of any section that is sound, to the octet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 999 }),
        fc.array(fc.tuple(anyName, anyValue)),
        (status, pairs) => {
          fc.pre(status !== 101);
          const heads = new ResponseHeads();
          const one = heads.head(fields([':status', String(status)], ...pairs));
          expect(heads.fault).toBeUndefined();
          expect([one?.status, one?.headers]).toEqual([status, pairs]);
          expect(new ResponseHeads().trailers(fields(...pairs))).toBe(one?.fieldLines);
        },
      ),
    );
  });

  it('is one object for sections of the same fields, and for no others', () => {
    const heads = new ResponseHeads();
    const [status, date, later, server] = fields(
      [':status', '200'],
      ['date', '1'],
      ['date', '2'],
      ['server', 'x'],
    );
    const first = heads.head([status!, date!, server!]);
    expect(heads.head([status!, date!, server!])).toBe(first);
    const others = [
      [status!, later!, server!],
      [status!, date!],
      [status!, server!, date!],
      [status!, date!, server!, server!],
      fields([':status', '200'], ['date', '1'], ['server', 'y']),
    ];
    for (const section of others) {
      const other = heads.head(section);
      expect(other).not.toBe(first);
      expect(other!.headers).toEqual(section.slice(1).map(({ name, value }) => [name, value]));
    }
    expect(heads.head([status!, date!, server!])!.headers).toEqual(first!.headers);
  });

  it('is not taken from before where a malformed section came in between, nor does its fault stay', () => {
    const heads = new ResponseHeads();
    const good = fields([':status', '200'], ['a', '1']);
    const first = heads.head(good);
    const bad = fields([':status', '200'], ['A', '1']);
    for (let i = 0; i < 3; i++) {
      expect(heads.head(bad)).toBeUndefined();
      expect(heads.fault).toBeDefined();
      expect(heads.head(good)).toBe(first);
    }
    expect(heads.trailers(fields(['a', '1']))).toBe('a: 1\r\n');
    expect(heads.fault).toBeUndefined();
  });
});

describe('content-length', () => {
  it.each([
    [['0'], 0],
    [['42'], 42],
    [['042'], 42],
    [['999999999999999'], 999_999_999_999_999],
    [['42', '42'], 42],
    [['42', '42', '42'], 42],
    [['42, 42'], 42],
    [['42,42,  42'], 42],
    [['42', '43'], Number.NaN],
    [['42, 43'], Number.NaN],
    [['42', '42, 43'], Number.NaN],
    [[''], Number.NaN],
    [['', ''], Number.NaN],
    [['-1'], Number.NaN],
    [['+1'], Number.NaN],
    [['1.0'], Number.NaN],
    [['1e3'], Number.NaN],
    [['0x10'], Number.NaN],
    [['1 2'], Number.NaN],
    [['1000000000000000'], Number.NaN],
    [['1,'], Number.NaN],
    [['\u00b2'], Number.NaN],
  ])('%j is %d', (values, expected) => {
    const one = head(...values.map((value): Pair => ['content-length', value]));
    expect(one!.framing.contentLength).toBe(expected);
  });

  it('in another letter case does not come up: it is malformed', () => {
    expect(fault([':status', '200'], ['Content-Length', '1'])).toContain('"Content-Length"');
  });
});

describe('a section is malformed', () => {
  it.each<readonly [string, readonly Pair[], string]>([
    ['without a field', [], ':status'],
    ['without :status', [['server', 'x']], ':status'],
    [
      'with :status behind other fields',
      [
        ['server', 'x'],
        [':status', '200'],
      ],
      ':status',
    ],
    [
      'with two',
      [
        [':status', '200'],
        [':status', '200'],
      ],
      'second :status',
    ],
    [
      'with a pseudo-header field of requests',
      [
        [':status', '200'],
        [':path', '/'],
      ],
      '":path"',
    ],
    [
      'with an unknown pseudo-header field',
      [
        [':status', '200'],
        [':x', '/'],
      ],
      '":x"',
    ],
    [
      'with a name that is a colon',
      [
        [':status', '200'],
        [':', '/'],
      ],
      '":"',
    ],
    [
      'with an empty name',
      [
        [':status', '200'],
        ['', '/'],
      ],
      'name',
    ],
    ['with status 101', [[':status', '101']], '101'],
    ...['', '2', '20', '2000', '099', '0', 'abc', '2 0', '200 ', ' 200', '+20', '２００', '200\n'].map(
      (status) => [`with a status of ${JSON.stringify(status)}`, [[':status', status]], ':status'] as const,
    ),
  ])('%s', (_, pairs, said) => {
    expect(fault(...pairs)).toContain(said);
  });

  it.each(OF_CONNECTION)('with %s, also in trailers', (name) => {
    expect(fault([':status', '200'], [name, 'x'])).toContain(`"${name}"`);
    const heads = new ResponseHeads();
    expect(heads.trailers(fields([name, 'x']))).toBeUndefined();
    expect(heads.fault!.message).toContain(name);
  });

  it('with any octet in a name that may not be there', () => {
    for (let code = 0; code < 256; code++) {
      const name = `x${String.fromCharCode(code)}y`;
      const isSound = code > 0x20 && code < 0x7f && code !== 0x3a && !(code >= 0x41 && code <= 0x5a);
      expect([code, head([name, 'v']) !== undefined]).toEqual([code, isSound]);
    }
  });

  it('with NUL, CR or LF in a value, or a blank at its ends', () => {
    for (let code = 0; code < 256; code++) {
      const octet = String.fromCharCode(code);
      const inside = code !== 0 && code !== 10 && code !== 13;
      const outside = inside && code !== 0x20 && code !== 9;
      const sound = [`a${octet}b`, `${octet}b`, `a${octet}`].map((value) => head(['x', value]) !== undefined);
      expect([code, ...sound]).toEqual([code, inside, outside, outside]);
    }
  });

  it('and says so in few words, whatever its length', () => {
    expect(fault([':status', '200'], ['A'.repeat(100_000), ''])!.length).toBeLessThan(200);
    expect(fault([':status', '9'.repeat(100_000)])!.length).toBeLessThan(200);
    expect(fault([':status', '200'], ['x\r\ny', ''])).not.toMatch(/[\r\n]/);
  });
});

describe('trailers', () => {
  it('are lines; they may be none', () => {
    expect(new ResponseHeads().trailers([])).toBe('');
    expect(new ResponseHeads().trailers(fields(['a', '1'], ['b', '']))).toBe('a: 1\r\nb: \r\n');
  });

  it.each([':status', ':path', ':x'])('hold no pseudo-header field (%s)', (name) => {
    const heads = new ResponseHeads();
    expect(heads.trailers(fields(['a', '1'], [name, '200']))).toBeUndefined();
    expect(heads.fault!.message).toContain(name);
  });

  it('leave the head that was remembered as it is', () => {
    const heads = new ResponseHeads();
    const section = fields([':status', '200'], ['a', '1']);
    const first = heads.head(section);
    heads.trailers(section.slice(1));
    expect(heads.head(section)).toBe(first);
  });
});
