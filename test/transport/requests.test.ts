// What leaves on the wire for a request (RFC 9112 sections 3 and 6), and what is refused before it can.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../src/model/invalid.ts';
import type { RequestInput } from '../../src/model/request.ts';
import { FACTORY, FakeNetwork, makeRequest } from './fixture.ts';

function written(input: RequestInput): string {
  const net = new FakeNetwork();
  net.send(input);
  net.wire.connect();
  return net.wire.written;
}

describe('a request on the wire', () => {
  it('is its line, Host and fields', () => {
    expect(written({ url: 'http://host:8080/a?b=c', headers: { Accept: '*/*' } })).toBe(
      'GET /a?b=c HTTP/1.1\r\nHost: host:8080\r\nAccept: */*\r\n\r\n',
    );
  });

  it('has exactly one Host without userinfo, and no fragment', () => {
    const text = written('http://user:secret@Host/p#fragment');
    expect(text).toBe('GET /p HTTP/1.1\r\nHost: host\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n');
  });

  it('takes its own Host in place of the authority', () => {
    const text = written({ url: 'http://192.0.2.7/', headers: { hOsT: 'virtual' } });
    expect(text.match(/host:/gi)).toHaveLength(1);
    expect(text).toContain('\r\nHost: virtual\r\n');
  });

  it('brackets an IPv6 address and leaves the default port out', () => {
    expect(written('http://[::1]:80/')).toContain('\r\nHost: [::1]\r\n');
    expect(written('http://[::1]:81/')).toContain('\r\nHost: [::1]:81\r\n');
  });

  it.each([
    ['text, as UTF-8', { body: 'añ' }, 'Content-Length: 3\r\n\r\na\xc3\xb1'],
    ['bytes', { body: new Uint8Array([0, 255, 10]) }, 'Content-Length: 3\r\n\r\n\x00\xff\n'],
    ['JSON', { json: { a: [1] } }, 'Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":[1]}'],
    ['an empty body', { body: '' }, 'Content-Length: 0\r\n\r\n'],
  ])('sends %s', (_, fields, end) => {
    const text = written({ url: 'http://host/', ...fields });
    expect(text).toMatch(/^POST \/ HTTP\/1\.1\r\n/);
    expect(text.endsWith(end)).toBe(true);
  });

  it.each(['POST', 'PUT', 'PATCH'])('says Content-Length: 0 for a %s without a body', (method) => {
    expect(written({ url: 'http://host/', method })).toBe(
      `${method} / HTTP/1.1\r\nHost: host\r\nContent-Length: 0\r\n\r\n`,
    );
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])(
    'says no Content-Length for a %s without a body',
    (method) => {
      expect(written({ url: 'http://host/', method })).not.toContain('Content-Length');
    },
  );

  it('does not mix the fields of requests that share a connection', () => {
    const net = new FakeNetwork();
    const wire = net.idle('http://host/1');
    net.send({ url: 'http://host/2', headers: { 'X-Two': '2' } });
    expect(wire.written).toContain('X-Two: 2');
    wire.receive('HTTP/1.1 204 No Content\r\n\r\n');
    wire.written = '';
    net.send({ url: 'http://host/3', headers: { Host: 'other' } });
    expect(wire.written).toBe('GET /3 HTTP/1.1\r\nHost: other\r\n\r\n');
    wire.receive('HTTP/1.1 204 No Content\r\n\r\n');
    wire.written = '';
    net.send('http://host/4');
    expect(wire.written).toBe('GET /4 HTTP/1.1\r\nHost: host\r\n\r\n');
  });

  it('leaves with its body in one write where the body is small', () => {
    const net = new FakeNetwork();
    net.send({ url: 'http://host/', body: 'x'.repeat(1000) });
    net.wire.connect();
    expect(net.wire.writes).toBe(1);
  });
});

describe('what cannot be sent', () => {
  it.each([
    ['CR LF in a path', { url: 'http://host/a\r\nX: y' }],
    ['LF in a query', { url: 'http://host/?a\nb' }],
    ['NUL in a path', { url: 'http://host/\0' }],
    ['CR in a host', { url: 'http://ho\rst/' }],
    ['a space in a host', { url: 'http://ho st/' }],
    ['CR LF in a method', { url: 'http://host/', method: 'GET / HTTP/1.1\r\nX: y' }],
    ['an empty method', { url: 'http://host/', method: '' }],
    ['a space in a method', { url: 'http://host/', method: 'GE T' }],
    ['CONNECT', { url: 'http://host/', method: 'CONNECT' }],
    ['CR LF in a value', { url: 'http://host/', headers: { A: 'b\r\nC: d' } }],
    ['LF in a value', { url: 'http://host/', headers: { A: 'b\nC: d' } }],
    ['NUL in a value', { url: 'http://host/', headers: { A: 'b\0c' } }],
    ['a value beyond latin1', { url: 'http://host/', headers: { A: '→' } }],
    ['CR LF in one value of a list', { url: 'http://host/', headers: { A: ['x', 'b\r\nC: d'] } }],
    ['CR LF in a name', { url: 'http://host/', headers: { 'A\r\nB': 'c' } }],
    ['a colon in a name', { url: 'http://host/', headers: { 'A:': 'c' } }],
    ['an empty name', { url: 'http://host/', headers: { '': 'c' } }],
    [
      'a value whose text turns bad',
      { url: 'http://host/', headers: { A: [{ toString: (): string => 'b\r\nC: d' }] } },
    ],
    ['an own Content-Length', { url: 'http://host/', headers: { 'content-LENGTH': '5' } }],
    ['an own Transfer-Encoding', { url: 'http://host/', headers: { 'Transfer-Encoding': 'chunked' } }],
    ['two Host fields', { url: 'http://host/', headers: { Host: ['a', 'b'] } }],
    ['CR LF in Host', { url: 'http://host/', headers: { Host: 'a\r\nB: c' } }],
    ['port 0', { url: 'http://host:0/' }],
    ['a port too high', { url: 'http://host:65536/' }],
    ['another scheme', { url: 'ftp://host/' }],
  ])('is refused: %s', (_, input) => {
    expect(() => FACTORY.from(0, input as unknown as RequestInput)).toThrow(InvalidRequest);
  });

  it('never splits a request, whatever goes into it', () => {
    const part = fc.string({ unit: 'binary', maxLength: 12 });
    fc.assert(
      fc.property(part, part, part, part, (path, method, name, value) => {
        const input = { url: `http://host/${path}`, method: `G${method}`, headers: { [`x${name}`]: value } };
        let text: string;
        try {
          text = written(input);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRequest);
          return;
        }
        const lines = text.split('\r\n');
        expect(lines).toHaveLength(5);
        expect(lines[0]).toMatch(/^[!-~]+ \/[!-~]* HTTP\/1\.1$/);
        expect(lines[1]).toBe('Host: host');
        expect(text).not.toMatch(/[\r\n\0](?![\n])(?<!\r\n)/);
      }),
    );
  });

  it('does not reach the transport as a request that was changed behind its back', () => {
    const headers: Record<string, string> = { A: 'b' };
    const request = makeRequest({ url: 'http://host/', headers });
    headers['A'] = 'c\r\nD: e';
    expect(request.headers.text).toBe('A: b\r\n');
  });
});
