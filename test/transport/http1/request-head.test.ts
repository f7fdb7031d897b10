// What goes on the wire in front of a body: RFC 9112 sections 3 and 6, RFC 9110 section 8.6.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../../src/model/header-block.ts';
import { type RequestDefaults, RequestFactory, type RequestInput } from '../../../src/model/request.ts';
import { RequestHeads } from '../../../src/transport/http1/request-head.ts';

const PLAIN: RequestDefaults = { method: undefined, headers: EMPTY_HEADERS, body: undefined };

function write(input: RequestInput, defaults: RequestDefaults = PLAIN): string {
  const request = new RequestFactory(defaults).from(0, input);
  return new RequestHeads(request.origin).write(request);
}

describe('RequestHeads', () => {
  it.each([
    ['http://a.test', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    [
      'http://user:secret@a.test:8080/x?y=1#z',
      'GET /x?y=1 HTTP/1.1\r\nHost: a.test:8080\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n',
    ],
    ['https://a.test:443/', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['http://[::1]:8080/', 'GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n'],
  ])('of %s is in origin-form, with one Host: the authority without userinfo', (url, head) => {
    expect(write(url)).toBe(head);
  });

  it('takes an own Host in place of the authority, and no second one', () => {
    const head = write({ url: 'http://a.test/', headers: { hOST: 'b.test', X: '1' } });
    expect(head).toBe('GET / HTTP/1.1\r\nHost: b.test\r\nX: 1\r\n\r\n');
  });

  it.each([
    ['GET', undefined, ''],
    ['HEAD', undefined, ''],
    ['DELETE', undefined, ''],
    ['OPTIONS', undefined, ''],
    ['POST', undefined, 'Content-Length: 0\r\n'],
    ['PUT', undefined, 'Content-Length: 0\r\n'],
    ['PATCH', undefined, 'Content-Length: 0\r\n'],
    ['POST', '', 'Content-Length: 0\r\n'],
    ['POST', 'häh', 'Content-Length: 4\r\n'],
    ['GET', 'body', 'Content-Length: 4\r\n'],
    ['DELETE', '', 'Content-Length: 0\r\n'],
  ])('frames %s with body %j by %j', (method, body, line) => {
    expect(write({ url: 'http://a.test/', method, body })).toBe(
      `${method} / HTTP/1.1\r\nHost: a.test\r\n${line}\r\n`,
    );
  });

  it('counts bytes of a view, not of the buffer under it', () => {
    const body = new Uint8Array(new Uint16Array([1, 2, 3, 4]).buffer, 1, 3);
    expect(write({ url: 'http://a.test/', body })).toContain(
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n',
    );
  });

  it('rebuilds what repeats when the fields change, and back', () => {
    const factory = new RequestFactory({ ...PLAIN, headers: EMPTY_HEADERS.with({ X: 'shared' }) });
    const first = factory.from(0, 'http://a.test/1');
    const own = factory.from(1, { url: 'http://a.test/2', headers: { X: 'own', Host: 'h.test' } });
    const last = factory.from(2, 'http://a.test/3');
    const heads = new RequestHeads(first.origin);
    expect([first, own, last, own].map((request) => heads.write(request))).toEqual([
      'GET /1 HTTP/1.1\r\nHost: a.test\r\nX: shared\r\n\r\n',
      'GET /2 HTTP/1.1\r\nHost: h.test\r\nX: own\r\n\r\n',
      'GET /3 HTTP/1.1\r\nHost: a.test\r\nX: shared\r\n\r\n',
      'GET /2 HTTP/1.1\r\nHost: h.test\r\nX: own\r\n\r\n',
    ]);
  });

  it('is one request and no more, for whatever a caller can get past the model', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', ' ', '\r\n', '\n', '\0', ':', '%', '?', '#', '\u2028'),
      maxLength: 6,
    });
    const input = fc.record({
      path: text,
      name: text,
      value: text,
      method: text,
      body: fc.option(text, { nil: undefined }),
    });
    let written = 0;
    fc.assert(
      fc.property(input, ({ path, name, value, method, body }) => {
        let head: string;
        try {
          head = write({
            url: `http://a.test/${path}`,
            method: `M${method}`,
            headers: [[`X${name}`, value]],
            body,
          });
        } catch {
          return;
        }
        written++;
        const lines = head.split('\r\n');
        expect(lines.slice(-2)).toEqual(['', '']);
        expect(lines).toHaveLength(body === undefined ? 5 : 6);
        expect(lines[0]).toMatch(/^M[a%#]* \/[!-~]* HTTP\/1\.1$/);
        expect(lines[1]).toBe('Host: a.test');
        expect(head).toMatch(/^[\t\r\n\x20-\x7e\x80-\xff]*$/);
        expect(lines.filter((line) => /^content-length:/i.test(line))).toHaveLength(
          body === undefined ? 0 : 1,
        );
      }),
      { numRuns: 3000 },
    );
    expect(written).toBeGreaterThan(20);
  });
});
