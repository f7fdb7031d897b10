import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOOKED_AT_BYTES_MAX } from '../../src/inspection/content.ts';
import { readPointer } from '../../src/inspection/json-pointer.ts';
import { JSON_DEPTH_MAX } from '../../src/inspection/json-room.ts';
import { written } from '../../src/inspection/misread.ts';
import { inspection, type ResponseParts, refusal, response, untouchable } from './response.ts';

function extracted(expression: string, parts: ResponseParts | string): unknown {
  const one = response(typeof parts === 'string' ? { body: parts } : parts);
  const outcome = inspection({ extract: { a: expression } }).inspect(one);
  expect(outcome).toBe(one);
  expect(Object.keys(one.extracted!)).toEqual(['a']);
  return one.extracted!['a'];
}

describe('JSON Pointer', () => {
  // RFC 6901 section 5.
  const document =
    '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}';

  it.each([
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/foo/2', null],
    ['/foo/-', null],
    ['/foo/00', null],
    ['/foo/-1', null],
    ['/foo/length', null],
    ['/foo/0/length', null],
    ['/foo/0/0', null],
    ['/foo/#0', null],
    ['/#foo', null],
    ['/nothing/there', null],
    ['/constructor', null],
    ['/__proto__', null],
  ])('%s gives %j', (pointer, value) => {
    expect(extracted(pointer, document)).toEqual(value);
  });

  it('takes ~01 for ~1, and what a peer calls __proto__ for a name', () => {
    expect(extracted('/~01', '{"~1":1,"/":2}')).toBe(1);
    expect(extracted('/__proto__/a', '{"__proto__":{"a":1}}')).toBe(1);
  });

  it('finds any path of any document', () => {
    const name = fc.string({ maxLength: 4 }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.integer(), (path, value) => {
        const nested = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        const text = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        const document = JSON.parse(JSON.stringify(nested));
        expect(readPointer(written('extract', text))(document)).toBe(value);
      }),
    );
  });

  it('keeps null, false and empty texts', () => {
    const body = '{"n":null,"f":false,"e":"","z":0}';
    expect(['/n', '/f', '/e', '/z'].map((pointer) => extracted(pointer, body))).toEqual([null, false, '', 0]);
  });
});

describe('JSONPath', () => {
  const document = '{"items":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"total":2,"none":[],"n":null}';

  it.each([
    ['$.total', 2],
    ['$.items[0].id', 1],
    ["$['items'][-1]['name']", 'b'],
    ['$.items[0]', { id: 1, name: 'a' }],
    ['$.n', null],
    ['$.items[*].id', [1, 2]],
    ['$.items[:1].id', [1]],
    ['$.items[?@.id == 2].name', ['b']],
    ['$..name', ['a', 'b']],
    ['$.none', []],
    ['$.none[*]', null],
    ['$.items[5].id', null],
    ['$.nothing', null],
    ['$..nothing', null],
  ])('%s gives %j', (path, value) => {
    expect(extracted(path, document)).toEqual(value);
  });

  it('gives the whole document', () => {
    expect(extracted('$', '[1,2]')).toEqual([1, 2]);
    expect(extracted('$', 'null')).toBe(null);
  });

  it('searches as deep as a record may be', () => {
    const levels = 500;
    expect(extracted('$..id', `${'{"a":'.repeat(levels)}{"id":1}${'}'.repeat(levels)}`)).toEqual([1]);
  });

  it('finds very many', () => {
    const body = JSON.stringify(Array.from({ length: 500_000 }, (_, i) => i));
    expect(extracted('$[*]', body)).toHaveLength(500_000);
  });
});

describe('JSON', () => {
  it.each(['', '<html>', '{"a":', '\ufffd'])('that is none gives null: %j', (body) => {
    expect(extracted('/a', body)).toBe(null);
    expect(extracted('$.a', body)).toBe(null);
  });

  it('is looked for whatever Content-Type says, behind a byte order mark too', () => {
    const parts = { body: '\ufeff{"a":"é"}', headers: ['Content-Type: text/html; charset=latin1'] };
    expect(extracted('/a', parts)).toBe('é');
  });

  it('is parsed once for all names', () => {
    let parsed = 0;
    const one = response({ body: '{"a":1,"b":2}' });
    const json = one.json.bind(one);
    one.json = () => {
      parsed++;
      return json();
    };
    inspection({ extract: ['a=/a', 'b=$.b', 'c=/c'] }).inspect(one);
    expect([one.extracted, parsed]).toEqual([{ a: 1, b: 2, c: null }, 1]);
  });

  it('of a hostile depth gives null, and never more than a record can hold', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(extracted('$', nested(JSON_DEPTH_MAX))).not.toBe(null);
    for (const levels of [JSON_DEPTH_MAX + 1, 200_000]) {
      for (const path of ['$', '$[*]', '$..*', '$..a', '$[?@ == $]', '/0']) {
        const value = extracted(path, `[${nested(levels)}]`);
        expect(() => JSON.stringify(value)).not.toThrow();
        if (path !== '$[?@ == $]') expect([levels, path, value]).toEqual([levels, path, null]);
      }
    }
  });

  it('that would be written very many times gives null', () => {
    const body = `${'['.repeat(400)}"${'x'.repeat(100_000)}"${']'.repeat(400)}`;
    expect(extracted('$..*', body)).toBe(null);
    expect(extracted('/0/0', body)).not.toBe(null);
  });

  it('that is too large is not parsed', () => {
    const body = Buffer.alloc(LOOKED_AT_BYTES_MAX + 1, ' ');
    body.write('{"a":1}');
    expect(extracted('/a', { body })).toBe(null);
    expect(extracted('/a', { body: body.subarray(1).fill(' ', 0).fill('1', 0, 1) })).toBe(null);
    const fits = Buffer.alloc(LOOKED_AT_BYTES_MAX, ' ');
    fits.write('{"a":1}');
    expect(extracted('/a', { body: fits })).toBe(1);
  });
});

describe('a regular expression', () => {
  it.each([
    ['regex:<h1>(.*?)</h1>', '<h1>One</h1><h1>Two</h1>', 'One'],
    ['regex:<h1>.*?</h1>', '<h1>One</h1>', '<h1>One</h1>'],
    ['regex:(?i)<H1>(.*?)<', '<h1>One</h1>', 'One'],
    ['regex:(a)|b', 'b', null],
    ['regex:x', 'y', null],
    ['regex:()', 'y', ''],
    ['regex: b', 'a b', ' b'],
    ['regex:a=(.)', 'a=1', '1'],
    ['regex*:\\d+', '1 22 333', ['1', '22', '333']],
    ['regex*:(\\d)x', '1x 2x 3', ['1', '2']],
    ['regex*:(?i)a', 'aA', ['a', 'A']],
    ['regex*:(a)|b', 'ab', ['a', null]],
    ['regex*:x', 'y', null],
  ])('%s in %j gives %j', (expression, body, value) => {
    expect(extracted(expression, body)).toEqual(value);
  });

  it('ends with empty matches, and gives null for too many', () => {
    expect(extracted('regex*:x*', 'ab')).toEqual(['', '', '']);
    expect(extracted('regex*:x*', { body: Buffer.alloc(10_000_000, 'a') })).toBe(null);
  });
});

describe('a header', () => {
  const headers = ['ETag: "x"', 'Link: a', 'link: b', 'X-Empty:'];

  it.each([
    ['header:etag', '"x"'],
    ['header: ETag', '"x"'],
    ['header:Link', 'a, b'],
    ['header:X-Empty', ''],
    ['header:X-None', null],
  ])('%s gives %j', (expression, value) => {
    expect(extracted(expression, { headers })).toBe(value);
  });

  it('is read without the body', () => {
    const one = inspection({ extract: ['a=header:ETag'] });
    expect(one.readsBody).toBe(false);
    const outcome = one.inspect(untouchable({ headers }));
    expect(outcome).toHaveProperty('extracted', { a: '"x"' });
    expect(inspection({ extract: ['a=/b'] }).readsBody).toBe(true);
  });
});

describe('fields by name', () => {
  it('are the same in code as on the command line, in their order', () => {
    const one = inspection({ extract: ['b=/x=y', ' a =regex:.', 'a.b-c_1=header:A'] });
    expect(one.extractedNames).toEqual(['b', 'a', 'a.b-c_1']);
    const other = response({ body: '{"x=y":1}' });
    one.inspect(other);
    expect(other.extracted).toEqual({ b: 1, a: '{', 'a.b-c_1': null });
    expect(inspection({ extract: { z: '/a', y: '/b' } }).extractedNames).toEqual(['z', 'y']);
  });

  it('are taken from no failure, and stay with the response when its body changes', () => {
    const all = inspection({ failOn: '500', extract: { a: '/a' } });
    const failed = response({ status: 500, body: '{"a":1}' });
    all.inspect(failed);
    expect(failed.extracted).toBeUndefined();
    const one = response({ body: '{"a":1}' });
    all.inspect(one);
    expect(one.withBody(Buffer.alloc(0)).extracted).toEqual({ a: 1 });
  });

  it.each([
    [['id'], 'extract: no = at character 3 of "id"; write name=expression, such as id=/data/id'],
    [['=/a'], 'no name "" at character 1 of "=/a"'],
    [['__proto__=/a'], 'no name "__proto__"'],
    [['a b=/a'], 'no name "a b"'],
    [['a=/a', 'a=/b'], 'a is there twice'],
    [['a='], 'an expression is missing at character 3 of "a="'],
    [['a=b'], 'no expression at character 3 of "a=b"; write it as /a/b'],
    [['a=regexp:b'], 'did you mean regex:?'],
    [['a=headr:b'], 'did you mean header:?'],
    [['a=/b~2'], 'a bare ~ at character 5 of "a=/b~2"; write ~0 for ~'],
    [['a=$.b['], 'no JSONPath (unclosed bracketed selection) at character 7 of "a=$.b["'],
    [['a=$b'], "no JSONPath (expected '.', '..' or a bracketed selection, found 'b') at character 4"],
    [['a=$[?nosuch(@)]'], "no JSONPath (no such function 'nosuch') at character 6"],
    [['a=regex*:'], 'a regular expression is missing at character 10 of "a=regex*:"'],
    [['a=regex:('], 'no regular expression (Unterminated group) at character 9 of "a=regex:("'],
    [['a=header:a b'], 'no field name at character 10'],
    [{ a: '$.b[' }, 'at character 5 of "$.b["'],
    [{ a: 1 }, 'extract takes name=expression'],
    [new Map([['a', '/a']]), 'extract takes name=expression'],
  ])('are refused as %j, with the place and what to write', (extract, problem) => {
    expect(refusal({ extract })).toContain(problem);
  });

  it('throw nothing but an OptionError for any text', () => {
    const start = fc.constantFrom('', '/', '$', '$.', '$[', '$..', 'regex:', 'regex*:', 'header:');
    const inner = fc.string({ unit: fc.constantFrom(...'ab01.*?@$[]()\'"|=<>!&, :~/\\'), maxLength: 10 });
    fc.assert(
      fc.property(start, inner, (a, b) => {
        expect(refusal({ extract: [`n=${a}${b}`] })).toMatch(/^(?:extract: |accepted$)/);
      }),
      { numRuns: 2000 },
    );
  });

  it('throw nothing for any response', () => {
    const all = inspection({
      failOn: ['body~\\d{9}', 'size>1000', 'header:a~b'],
      extract: ['a=/a/0', 'b=$..*', 'c=$[?@.a > 1].b', 'd=regex*:(.)"', 'e=header:x', 'f=$[0]'],
      match: '.',
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.uint8Array(), fc.string()), (body) => {
        const outcome = all.inspect(response({ body }));
        all.passes(outcome);
        if (outcome.type === 'response') {
          expect(Object.keys(outcome.extracted!)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
          expect(() => JSON.stringify(outcome.extracted)).not.toThrow();
        }
      }),
      { numRuns: 300 },
    );
  });
});
