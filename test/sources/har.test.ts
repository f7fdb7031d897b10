// HAR files: which requests they hold, and what of each is sent again.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HarEntries } from '../../src/sources/har.ts';
import { formOfName, formOfStart } from '../../src/sources/input-format.ts';
import { openInput } from '../../src/sources/input-source.ts';
import { jsonProblem } from '../../src/sources/json-problem.ts';
import { drain, shownItem, sourceContract } from '../contract/source.ts';
import { cutAt, factory, itemsOf, OPTIONS, textStream } from './fixture.ts';

const har = (requests: readonly unknown[]) =>
  JSON.stringify(
    { log: { version: '1.2', entries: requests.map((request) => ({ request, response: {} })) } },
    null,
    2,
  );
const read = (text: string | Buffer, places: readonly number[] = []) =>
  itemsOf(new HarEntries(factory, 'x.har'), cutAt(Buffer.from(text), places));
const one = (request: unknown) => shownItem(read(har([request]))[0]!);
const pairs = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields).map(([name, value]) => ({ name, value }));

sourceContract('HAR', (urls) =>
  openInput(textStream(har(urls.map((url) => ({ method: 'GET', url })))), { ...OPTIONS, format: 'har' }),
);

describe('HarEntries', () => {
  it('keeps method, URL and fields, in their order and as often as they stand there', () => {
    const headers = [...pairs({ 'User-Agent': 'b', Cookie: 'a="b"', 'X-A': '1' }), ...pairs({ 'x-a': '2' })];
    expect(one({ method: 'DELETE', url: 'https://h.test/a?b=c#d', headers })).toBe(
      '0 DELETE https://h.test/a?b=c undefined "User-Agent: b\\r\\nCookie: a=\\"b\\"\\r\\nX-A: 1\\r\\nX-A: 2\\r\\n"',
    );
  });

  it('leaves out what HTTP/2, the connection and the body say in another way', () => {
    const headers = pairs({
      ...{ ':authority': 'h', ':method': 'GET', Host: 'h', 'content-length': '3', Connection: 'keep-alive' },
      ...{
        'Transfer-Encoding': 'chunked',
        TE: 'trailers',
        Upgrade: 'x',
        'accept-encoding': 'br',
        'X-Kept': 'y',
      },
    });
    expect(one({ method: 'GET', url: 'http://h.test/', headers })).toContain('"X-Kept: y\\r\\n"');
  });

  it('takes cookies from their list where the fields have none', () => {
    const cookies = pairs({ a: '1', b: '2' });
    expect(one({ method: 'GET', url: 'http://h.test/', cookies })).toContain('"Cookie: a=1; b=2\\r\\n"');
    const headers = pairs({ cookie: 'c=3' });
    expect(one({ method: 'GET', url: 'http://h.test/', cookies, headers })).toContain('"cookie: c=3\\r\\n"');
  });

  it('sends a field that is more than latin1 as UTF-8', () => {
    expect(one({ url: 'http://h.test/', headers: pairs({ a: 'é', b: '€' }) })).toContain(
      '"a: é\\r\\nb: \u00e2\u0082\u00ac\\r\\n"',
    );
  });

  it.each<[unknown, string, string]>([
    [{ mimeType: 'text/plain', text: 'café' }, 'Content-Type: text/plain\r\n', 'café'],
    [{ mimeType: 'a/b', text: 'AP8=', encoding: 'base64' }, 'Content-Type: a/b\r\n', '\0\xff'],
    [{ mimeType: '', text: 'x' }, '', 'x'],
    [
      { mimeType: 'application/x-www-form-urlencoded', params: pairs({ a: 'b c', 'd&': 'é' }) },
      'Content-Type: application/x-www-form-urlencoded\r\n',
      'a=b+c&d%26=%C3%A9',
    ],
    [{ params: pairs({ a: '1' }) }, 'Content-Type: application/x-www-form-urlencoded\r\n', 'a=1'],
    [
      {
        mimeType: 'multipart/form-data; boundary="x y"',
        params: [
          { name: 'a"', value: '1' },
          { name: 'f', value: '2', fileName: 'n\n', contentType: 'text/x' },
        ],
      },
      'Content-Type: multipart/form-data; boundary="x y"\r\n',
      '--x y\r\nContent-Disposition: form-data; name="a%22"\r\n\r\n1\r\n--x y\r\nContent-Disposition: form-data; name="f"; filename="n%0A"\r\nContent-Type: text/x\r\n\r\n2\r\n--x y--\r\n',
    ],
    [
      { mimeType: 'multipart/form-data', params: pairs({ a: 'flurry-boundary-0' }) },
      'Content-Type: multipart/form-data; boundary=flurry-boundary-1\r\n',
      '--flurry-boundary-1\r\nContent-Disposition: form-data; name="a"\r\n\r\nflurry-boundary-0\r\n--flurry-boundary-1--\r\n',
    ],
  ])('takes the body of %j', (postData, fields, body) => {
    const [item] = read(har([{ method: 'POST', url: 'http://h.test/', postData }]));
    expect(item).toMatchObject({ type: 'request', method: 'POST' });
    if (item?.type !== 'request') return;
    expect(item.headers.text).toBe(fields);
    const isBase64 = (postData as { encoding?: string }).encoding !== undefined;
    expect(Buffer.from(item.body!).toString(isBase64 ? 'latin1' : 'utf8')).toBe(body);
  });

  it('sends no body for none, and the Content-Type that was sent where there is one', () => {
    expect(one({ method: 'GET', url: 'http://h.test/', postData: { mimeType: 'x/y', text: '' } })).toBe(
      '0 GET http://h.test/ undefined ""',
    );
    const headers = pairs({ 'content-type': 'a/b' });
    expect(
      one({ method: 'GET', url: 'http://h.test/', headers, postData: { mimeType: 'x', text: '1' } }),
    ).toBe('0 GET http://h.test/ undefined "content-type: a/b\\r\\n" 31');
  });

  it.each<[unknown, string]>([
    [{ method: 'GET', url: 'data:text/plain,x' }, 'entry 1: no http:// or https:// URL: data:text/plain,x'],
    [
      { method: 'GET', url: 'wss://h.test/' },
      'entry 1: only http and https can be sent, not wss: wss://h.test',
    ],
    [{ method: 'GET' }, 'entry 1: it has no request with a url'],
    [undefined, 'entry 1: it has no request with a url'],
    [{ url: 'http://h.test/', headers: {} }, 'entry 1: its headers are no list'],
    [{ url: 'http://h.test/', headers: [{ name: 'a' }] }, 'entry 1: its headers are no pairs'],
    [{ url: 'http://h.test/', postData: { _file: 'x.bin' } }, 'its body is not in the HAR file'],
    [{ url: 'http://h.test/', postData: 'x' }, 'its postData is no object'],
    [
      { url: 'http://h.test/', postData: { params: [{ name: 'f', fileName: 'x' }] } },
      'the file that it sent',
    ],
    [{ url: 'http://h.test/', postData: { params: [{ value: 'f' }] } }, 'no name that is text'],
    [{ url: 'http://h.test/', postData: { params: [null] } }, 'no name that is text'],
    [{ url: 'http://u:secret@h.test/', headers: pairs({ 'A b': 'secret' }) }, 'invalid header name'],
  ])('makes %j a failure, and goes on', (request, message) => {
    const items = read(har([request, { method: 'GET', url: 'http://h.test/1' }]));
    expect(items.map(({ type, index }) => [type, index])).toEqual([
      ['failure', 0],
      ['request', 1],
    ]);
    expect(shownItem(items[0]!)).toContain(message);
    expect(shownItem(items[0]!)).not.toContain('secret');
  });

  it('reads the same wherever the file is cut', () => {
    const text = Buffer.from(har([{ url: 'http://h.test/é' }, { url: 'http://h.test/2' }]));
    const whole = read(text).map(shownItem);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (places) => {
        expect(read(text, places).map(shownItem)).toEqual(whole);
      }),
    );
  });

  it.each<[string, string]>([
    ['{"log": {"entries": [}}', 'x.har is no valid JSON at line 1, column 22'],
    ['{\n  "log": nope}', 'x.har is no valid JSON at line 2, column 10'],
    [har([{ url: 'http://h.test/' }]).slice(0, 50), 'x.har is no valid JSON at its end: it was cut off'],
    ['{"log": {}}', 'x.har is no HAR file: it has no list log.entries'],
    ['{\n"url": "http://h.test/"\n}', 'it has no list log.entries; for request objects, one a line'],
    ['7', 'x.har is no HAR file'],
    ['null', 'x.har is no HAR file'],
  ])('breaks on %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('breaks on what is no UTF-8, and on what is too long, which it does not keep', () => {
    expect(() => read(Buffer.from([0x7b, 0xff]))).toThrow('not UTF-8');
    const entries = new HarEntries(factory, 'x.har', 10);
    entries.push(Buffer.from('12345678'));
    expect(entries.next(0)).toBeUndefined();
    entries.push(Buffer.from('9012'));
    expect(() => entries.next(0)).toThrow('x.har is longer than 10 B, and a HAR file is read whole');
  });

  it('prints as one line', () => {
    const entries = new HarEntries(factory, 'x');
    expect(String(entries)).toBe('HAR of 0 B so far');
    entries.push(Buffer.from(har([{ url: 'http://h.test/' }])));
    entries.finish();
    entries.next(0);
    expect(String(entries)).toBe('HAR at entry 1 of 1');
  });
});

describe('what is taken for HAR', () => {
  it('is told by its name, or by how it begins', () => {
    expect(formOfName('/a/b.HAR')).toBe('har');
    expect(formOfStart(Buffer.from('{\n  "log": {'), false)).toBe('har');
    expect(formOfStart(Buffer.from('{"log":{"version":"1.2"'), true)).toBe('har');
    expect(formOfStart(Buffer.from('{"url":"http://h/"}\n'), false)).toBe('jsonl');
  });

  it('needs no template of rows', async () => {
    const rowToUrl = () => () => '';
    expect(() => openInput(textStream(''), { ...OPTIONS, name: 'a.har', rowToUrl })).toThrow(
      'is read as har',
    );
    const items = await drain(openInput(textStream(`\ufeff${har([{ url: 'http://h.test/' }])}`), OPTIONS));
    expect(items.map(({ url }) => url)).toEqual(['http://h.test/']);
  });
});

describe('jsonProblem', () => {
  const place = (text: string) => /at line 1, column (\d+)/.exec(jsonProblem(text))?.[1];

  it.each([
    ['[1,]', '4'],
    ['{"a" 1}', '6'],
    ['{"a":1,}', '8'],
    ['{a:1}', '2'],
    ['[01]', '2'],
    ['["\\x"]', '3'],
    ['[1] 2', '5'],
    ['[tru]', '2'],
    ['{"a":"b\tc"}', '8'],
    ['[1 2]', '4'],
    ['[1}', '3'],
  ])('%s', (text, column) => {
    expect(place(text)).toBe(column);
  });

  it('stops nowhere in what is JSON, and at the end of what was cut off', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonProblem(text)).toBe('at its end: it was cut off');
        const open = `[${text}`;
        expect(jsonProblem(open.slice(0, -1))).toMatch(/^at its end|^at line/);
      }),
    );
    expect(jsonProblem('{"a": [1, "x')).toContain('cut off');
  });
});
