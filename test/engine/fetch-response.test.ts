// The platform's Response out of whatever a peer may send as a head: it is made in a read of a socket, where nothing
// may throw.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasNullBody, webResponse } from '../../src/engine/fetch/web-response.ts';

const URL_OF_ALL = 'http://host/';

function made(
  status: number,
  reason: string,
  headers: (readonly [string, string])[] = [],
): globalThis.Response {
  const body = hasNullBody('GET', status) ? null : new ReadableStream();
  return webResponse(body, { status, reason, headers, url: URL_OF_ALL, redirected: false });
}

it('leaves out fields that the class does not take, and keeps the others', () => {
  const headers = [
    ['a b', '1'],
    ['', '2'],
    ['X-Nul', 'a\0b'],
    ['X-Ok', ' padded '],
    ['x-ok', '2'],
  ] as const;
  expect([...made(200, 'OK', [...headers]).headers]).toEqual([['x-ok', 'padded, 2']]);
});

it('drops from a reason what the class does not take', () => {
  expect(made(200, 'a\u0001b\x7fc \xe9').statusText).toBe('abc \xe9');
});

it.each([100, 101, 199, 204, 304, 600, 999])('has the status %i', (status) => {
  const response = made(status, '');
  expect([response.status, response.ok, response.clone().status]).toEqual([status, status === 204, status]);
  expect(response.body === null).toBe([101, 204, 304].includes(status));
});

it('throws for no head', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  const fields = fc.array(fc.tuple(octets, octets), { maxLength: 5 });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), octets, fields, (status, reason, headers) => {
      const response = made(status, reason, headers);
      expect([response.status, response.url]).toEqual([status, URL_OF_ALL]);
    }),
  );
});
