import { describe, expect, it } from 'vitest';
import { Earlier, type EarlierRecord } from '../../src/engine/earlier.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { RequestFactory, type RequestInput } from '../../src/model/request.ts';

const URL = 'http://a.test/x';
const MODIFIED = 'Tue, 15 Nov 1994 12:45:26 GMT';
const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

function record(parts: Partial<EarlierRecord> = {}): EarlierRecord {
  return { url: URL, method: 'GET', status: 200, ...parts };
}

function has(records: readonly EarlierRecord[], input: RequestInput): boolean {
  const earlier = new Earlier('skip', 100);
  for (const one of records) earlier.add(one);
  return earlier.has(factory.from(0, input));
}

/** What a request is sent with, where these are the fields of the records before it. */
function condition(
  records: readonly (readonly (readonly [string, string])[])[],
  input: RequestInput = URL,
): string | undefined {
  const earlier = new Earlier('ask', 100);
  for (const headers of records) earlier.add(record({ headers }));
  return earlier.conditionFor(factory.from(0, input));
}

describe('what is there', () => {
  it('is what has a successful record of the same method and the same URL, however that is written', () => {
    expect(has([record()], URL)).toBe(true);
    expect(has([record({ url: 'http://A.test:80/%7Euser' })], 'http://a.test/~user#top')).toBe(true);
    expect(has([record({ url: 'http://a.test/?b=%2f' })], 'http://a.test/?b=%2F')).toBe(true);
    expect(has([record()], `${URL}?page=2`)).toBe(false);
    expect(has([record()], { url: URL, method: 'HEAD' })).toBe(false);
    expect(has([record({ method: 'HEAD' })], { url: URL, method: 'HEAD' })).toBe(true);
  });

  it('is 2xx and 304, also where a later record is none of them', () => {
    for (const status of [200, 204, 299, 304]) expect(has([record({ status })], URL), `${status}`).toBe(true);
    for (const status of [undefined, 199, 301, 404, 500])
      expect(has([record({ status })], URL), `${status}`).toBe(false);
    expect(has([record(), record({ status: 500 }), record({ status: undefined })], URL)).toBe(true);
  });

  it('is nothing that a request with a body or an effect asks for', () => {
    expect(has([record()], { url: URL, method: 'GET', body: 'x' })).toBe(false);
    expect(has([record({ method: 'POST' })], { url: URL, method: 'POST' })).toBe(false);
    expect(has([record({ method: 'DELETE' })], { url: URL, method: 'DELETE' })).toBe(false);
  });

  it('is no URL that was none', () => {
    expect(has([record({ url: 'nonsense' }), record({ url: '' })], URL)).toBe(false);
  });

  it('is no more than may be remembered', () => {
    const earlier = new Earlier('skip', 2);
    for (const name of ['a', 'b', 'a']) earlier.add(record({ url: `http://a.test/${name}` }));
    expect(() => earlier.add(record({ url: 'http://a.test/c' }))).toThrow('2');
    expect(earlier.size).toBe(2);
  });
});

describe('asking for what has changed', () => {
  it('goes by the entity tag as it came, weak or strong', () => {
    expect(condition([[['ETag', '"abc"']]])).toBe('If-None-Match: "abc"\r\n');
    expect(condition([[['etag', 'W/"abc"']]])).toBe('If-None-Match: W/"abc"\r\n');
    expect(
      condition([
        [
          ['Last-Modified', MODIFIED],
          ['ETag', '""'],
        ],
      ]),
    ).toBe('If-None-Match: ""\r\n');
  });

  it('goes by the date of the last change where there is no tag, never by the date of the response', () => {
    expect(condition([[['Last-Modified', MODIFIED]]])).toBe(`If-Modified-Since: ${MODIFIED}\r\n`);
    expect(condition([[['Date', MODIFIED]]])).toBeUndefined();
  });

  it.each([
    ['a tag without quotes', [['ETag', 'abc']]],
    ['a tag that would end the line', [['ETag', '"a"\r\nX-Evil: 1']]],
    ['a quote within it', [['ETag', '"a"b"']]],
    ['a tag beyond latin1', [['ETag', '"\u4e2d"']]],
    ['one of 257 characters', [['ETag', `"${'x'.repeat(257)}"`]]],
    [
      'two different tags',
      [
        ['ETag', '"a"'],
        ['ETag', '"b"'],
      ],
    ],
    ['a date in words', [['Last-Modified', 'yesterday']]],
    ['a date that would end the line', [['Last-Modified', `${MODIFIED}\r\nX-Evil: 1`]]],
  ] as const)('goes by nothing where there is %s', (_, headers) => {
    expect(condition([headers])).toBeUndefined();
  });

  it('goes by the last record that has anything to go by', () => {
    const [old, young] = [[['ETag', '"old"']], [['ETag', '"new"']]] as const;
    expect(condition([old, young])).toBe('If-None-Match: "new"\r\n');
    expect(condition([old, [['Server', 'x']]])).toBe('If-None-Match: "old"\r\n');
    const earlier = new Earlier('ask', 100);
    earlier.add(record({ headers: old }));
    earlier.add(record({ headers: young, status: 500 }));
    expect(earlier.conditionFor(factory.from(0, URL))).toBe('If-None-Match: "old"\r\n');
    earlier.add(record({ headers: young, status: 304 }));
    expect(earlier.conditionFor(factory.from(0, URL))).toBe('If-None-Match: "new"\r\n');
  });

  it('goes by nothing that came from another URL, or is a part', () => {
    const headers = [['ETag', '"a"']];
    const earlier = new Earlier('ask', 100);
    earlier.add(record({ headers, redirects: [{ status: 302, location: 'http://b.test/' }] }));
    earlier.add(record({ headers, status: 206 }));
    expect(earlier.conditionFor(factory.from(0, URL))).toBeUndefined();
    expect(condition([[['ETag', '"a"']]], 'http://b.test/x')).toBeUndefined();
    expect(condition([[['ETag', '"a"']]], 'https://a.test/x')).toBeUndefined();
  });

  it('leaves alone what has a condition of its own, a body, or another method than GET and HEAD', () => {
    const tag = [[['ETag', '"a"']]] as const;
    const own = ['If-None-Match', 'if-match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range'];
    for (const name of own)
      expect(condition(tag, { url: URL, headers: { [name]: '"x"' } }), name).toBeUndefined();
    expect(condition(tag, { url: URL, method: 'GET', body: 'x' })).toBeUndefined();
    const earlier = new Earlier('ask', 100);
    earlier.add(record({ method: 'OPTIONS', headers: [['ETag', '"a"']] }));
    expect(earlier.conditionFor(factory.from(0, { url: URL, method: 'OPTIONS' }))).toBeUndefined();
  });

  it('takes header fields that are none for none', () => {
    const earlier = new Earlier('ask', 100);
    for (const headers of ['ETag', { ETag: '"a"' }, [['ETag']], [null], [['ETag', 1]]])
      earlier.add(record({ headers }));
    expect(earlier.size).toBe(0);
  });
});
