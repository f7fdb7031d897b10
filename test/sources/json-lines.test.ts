import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/model/outcome.ts';
import type { Request } from '../../src/model/request.ts';
import { openInput } from '../../src/sources/input-source.ts';
import { JsonLines } from '../../src/sources/json-lines.ts';
import { shownItem, sourceContract } from '../contract/source.ts';
import { cutAt, factory, itemsOf, OPTIONS, textStream } from './fixture.ts';

const read = (bytes: Buffer | string, lineBytesMax = 1000, places: readonly number[] = []) =>
  itemsOf(new JsonLines(factory, lineBytesMax), cutAt(Buffer.from(bytes), places));

/** What a single line comes to: the message of its failure, or the request in one line. */
const one = (value: unknown) => {
  const item = read(typeof value === 'string' ? value : JSON.stringify(value))[0]!;
  return item.type === 'failure' ? item.message : shownItem(item);
};

sourceContract('JSON Lines', (urls) =>
  openInput(textStream(urls.map((url) => `${JSON.stringify(url)}\n`).join('')), {
    ...OPTIONS,
    format: 'jsonl',
  }),
);

describe('JsonLines', () => {
  it('reads objects and URLs in quotes', () => {
    const text = [
      '"http://a.test/0"',
      '{"url":"http://a.test/1","id":7}',
      '',
      '{"url":"http://a.test/2","method":"PUT","headers":{"X-A":"1","X-B":["2",3]},"body":"caf\u00e9","id":"two"}\r',
      '{"url":"http://a.test/3","json":{"a":null}}',
      '{"url":"http://a.test/4","bodyBase64":"AP8="}',
      '{"url":"http://a.test/5","headers":[["X-A","1"],["X-B","2"]]}',
    ].join('\n');
    expect(read(text).map(shownItem)).toEqual([
      '0 GET http://a.test/0 undefined ""',
      '1 GET http://a.test/1 7 ""',
      '2 PUT http://a.test/2 two "X-A: 1\\r\\nX-B: 2\\r\\nX-B: 3\\r\\n" 636166c3a9',
      '3 POST http://a.test/3 undefined "Content-Type: application/json\\r\\n" 7b2261223a6e756c6c7d',
      '4 POST http://a.test/4 undefined "" 00ff',
      '5 GET http://a.test/5 undefined "X-A: 1\\r\\nX-B: 2\\r\\n"',
    ]);
  });

  it('takes null for left out, but not as JSON', () => {
    const nothing = { method: null, headers: null, body: null, bodyBase64: null, id: null };
    expect(one({ url: 'http://a.test/', ...nothing })).toBe('0 GET http://a.test/ undefined ""');
    expect(one({ url: 'http://a.test/', body: null, json: null })).toContain('POST');
  });

  it.each([
    [{ url: 'http://a.test/', metod: 'GET' }, 'unknown key "metod"; did you mean method?'],
    [
      { url: 'http://a.test/', status: 200 },
      'unknown key "status"; a request has url, method, headers, body, bodyBase64, json, form, multipart, bodyFile, id',
    ],
    ['{"url":"http://a.test/","__proto__":{}}', 'unknown key "__proto__"; a request has'],
    [{ url: 7 }, 'url must be text'],
    [{ method: 'GET' }, 'a request object needs a url'],
    [{ url: 'http://a.test/', method: 1 }, 'method must be text'],
    [{ url: 'http://a.test/', headers: 'X: 1' }, 'headers must be an object'],
    [{ url: 'http://a.test/', headers: { x: true } }, 'headers must be an object'],
    [{ url: 'http://a.test/', headers: [['x']] }, 'headers must be an object'],
    [{ url: 'http://a.test/', body: { a: 1 } }, 'body must be text; JSON goes under json'],
    [{ url: 'http://a.test/', bodyBase64: 'no!' }, 'bodyBase64 must be text in base64'],
    [{ url: 'http://a.test/', id: [1] }, 'id must be text or a number'],
    [{ url: 'http://a.test/', body: '', bodyBase64: '' }, 'either body or bodyBase64, not both'],
    [{ url: 'http://a.test/', json: 1, bodyBase64: '' }, 'either body or json, not both'],
    ['7', 'a line is a request object or a URL in quotes'],
    ['null', 'a line is a request object or a URL in quotes'],
    ['[{"url":"http://a.test/"}]', 'a line is a request object or a URL in quotes'],
    ['[', "no JSON object; a list goes one item a line, as jq -c '.[]' writes it"],
    ['http://a.test/', 'no JSON; put the URL in quotes, or give --input-format lines'],
    ['{"url": }', 'no valid JSON'],
  ])('says what is wrong with %j', (value, message) => {
    expect(one(value)).toMatch(/^line 1: /);
    expect(one(value)).toContain(message);
  });

  it('goes on behind a failure, with the right line number', () => {
    const items = read('"http://a.test/0"\n\n{"url":\n"http://a.test/1"\n{"uri":"x"}\n"http://a.test/2"');
    expect(items.map((item) => [item.index, item.type, (item as Failure).line])).toEqual([
      [0, 'request', undefined],
      [1, 'failure', 3],
      [2, 'request', undefined],
      [3, 'failure', 5],
      [4, 'request', undefined],
    ]);
  });

  it('fails a line over the limit and one that is not UTF-8', () => {
    const items = read(
      Buffer.concat([
        Buffer.from(`"http://a.test/${'x'.repeat(200)}"\n"http://a.test/`),
        Buffer.from([0xff]),
        Buffer.from('"\n"http://a.test/2"'),
      ]),
      100,
    );
    expect(items.map((item) => (item as Failure).message)).toEqual([
      'line 1: longer than 100 B; --input-line-max raises the limit',
      'line 2: not UTF-8; convert the input, for example with iconv -f LATIN1 -t UTF-8',
      undefined,
    ]);
  });

  it.each([
    '{"url":"nonsense","headers":{"Authorization":"secret"}}',
    '{"url":"http://a.test/","headers":{"Authorization":"secret"',
    '{"headers":{"Authorization":"secret"},"url":"http://a.test/","oops":1}',
    '{"url":"http://user:secret@a.test/","headers":{"A\\n":"secret"}}',
    `{"headers":{"Authorization":"secret${'x'.repeat(2000)}"}}`,
  ])('shows nothing secret of %s', (text) => {
    const item = read(text)[0]!;
    expect(item.type).toBe('failure');
    expect(shownItem(item)).not.toContain('secret');
  });

  it('makes the same of a text however it is cut, and of each line what was written', () => {
    const request = fc.record(
      { url: fc.constant('http://a.test/'), body: fc.string({ unit: 'grapheme' }), id: fc.integer() },
      { requiredKeys: ['url'] },
    );
    fc.assert(
      fc.property(
        fc.array(fc.option(request), { maxLength: 6 }),
        fc.array(fc.nat(300), { maxLength: 10 }),
        (requests, places) => {
          const text = requests.map((r) => (r === null ? 'nonsense' : JSON.stringify(r))).join('\n');
          const items = read(text, 10_000, places);
          expect(items.map((item) => item.type)).toEqual(
            requests.map((r) => (r === null ? 'failure' : 'request')),
          );
          requests.forEach((wanted, i) => {
            if (wanted === null) return;
            const { id, body } = items[i] as Request;
            expect(id).toBe(wanted.id);
            expect(body === undefined ? undefined : Buffer.from(body).toString()).toBe(wanted.body);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
