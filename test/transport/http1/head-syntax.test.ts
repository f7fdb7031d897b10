// What may stand in a status line and a header section: RFC 9112 sections 2.2, 4 and 5, octet by octet.

import { describe, expect, it } from 'vitest';
import { HeadParser } from '../../../src/transport/http1/head-parser.ts';
import { LIMITS, latin1, observeAll } from './observe.ts';

function head(stream: string) {
  const parser = new HeadParser(LIMITS);
  const octets = latin1(stream);
  expect(parser.parse(octets, 0, octets.length)).toBe(octets.length);
  return parser.head!;
}

/** In one piece and in any two: always this fault, and no response. */
function expectFault(stream: string, message: string): void {
  expect(observeAll(stream)).toMatchObject({
    verdict: 'reject',
    statuses: [],
    events: [],
    fault: { kind: 'protocol', message },
  });
}

describe('8: octets', () => {
  it('of every value are opaque: each from 0x01 to 0xff but CR and LF comes back as it was', () => {
    for (let octet = 1; octet < 256; octet++) {
      if (octet === 10 || octet === 13) continue;
      const value = `a${String.fromCharCode(octet)}b`;
      expect(head(`HTTP/1.1 200 OK\r\nX: ${value}\r\n\r\n`).headers).toEqual([['X', value]]);
    }
  });

  it('above 0x7f at the ends of a value are no white space', () => {
    for (const octet of ['\x85', '\xa0', '\xff', '\x0b', '\x0c']) {
      const value = `${octet}v${octet}`;
      expect(head(`HTTP/1.1 200 OK\r\nX: ${value}\r\n\r\n`).headers).toEqual([['X', value]]);
    }
  });

  it('of UTF-8 that a split tears apart are whole again', () => {
    const value = Buffer.from('naïve → 日本').toString('latin1');
    const seen = observeAll(`HTTP/1.1 200 OK\r\nX: ${value}\r\nContent-Length: 0\r\n\r\n`);
    expect(seen.events[0]).toContain(JSON.stringify([['X', value]]).slice(1, -1));
  });

  it('of a name are those of a token and no other', () => {
    const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;
    for (let octet = 0; octet < 256; octet++) {
      const name = `a${String.fromCharCode(octet)}b`;
      const octets = latin1(`HTTP/1.1 200 OK\r\n${name}: v\r\n\r\n`);
      const parser = new HeadParser(LIMITS);
      const after = parser.parse(octets, 0, octets.length);
      if (octet === 58) expect(parser.head!.headers).toEqual([['a', 'b: v']]);
      else if (token.test(name[1]!)) expect(parser.head!.headers).toEqual([[name, 'v']]);
      else expect([after, parser.fault?.kind]).toEqual([-2, 'protocol']);
    }
  });
});

describe('9: a CR alone', () => {
  it.each([
    ['HTTP/1.1 200 OK\rX\r\n\r\n', 'a CR without LF in the status line'],
    ['HTTP/1.1 200\r\r\n\r\n', 'a CR without LF in the status line'],
    ['HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n', 'a CR without LF in a header value'],
    ['HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n', 'a CR without LF in a header value'],
    ['HTTP/1.1 200 OK\r\nA: b\r\n c\rd\r\n\r\n', 'a CR without LF in a header value'],
    ['HTTP/1.1 200 OK\r\nA: b\r\n\rX', 'a CR without LF in the header section'],
    ['HTTP/1.1 200 OK\r\n\rA: b\r\n\r\n', 'a CR without LF in the header section'],
    ['HTTP/1.1 200 OK\r\nA\r: b\r\n\r\n', 'an invalid octet in a header name'],
    ['HTTP/1.1 200 OK\r\nA\r\n\r\n', 'an invalid octet in a header name'],
  ])('is a fault: %j', expectFault);
});

describe('9: a LF alone', () => {
  it.each([
    'HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nhi',
    'HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\nhi',
    'HTTP/1.1 200 OK\nA: b\r\nContent-Length: 2\n\r\nhi',
    '\n\r\nHTTP/1.1 200 OK\nA:\n b\nContent-Length:\n\t2\n\nhi',
  ])('ends a line as CR LF does (RFC 9112 section 2.2 permits it): %j', (stream) => {
    const seen = observeAll(stream);
    expect(seen).toMatchObject({ verdict: 'complete', body: 'hi', end: stream.length });
    expect(seen.events[0]).toBe('head 200 OK [["A","b"],["Content-Length","2"]]');
  });
});

describe('10: white space before the first header field', () => {
  it.each([' A: b', '\tA: b', ' ', ' \r\n A: b'])('is a fault: %j', (line) => {
    expectFault(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, 'white space before the first header field');
  });
});

describe('11: the status line', () => {
  it.each([
    ['HTTP/1.1 200 OK', '1.1', 200, 'OK'],
    ['HTTP/1.0 404 Not Found', '1.0', 404, 'Not Found'],
    ['HTTP/1.9 200 OK', '1.9', 200, 'OK'],
    ['HTTP/1.1 200', '1.1', 200, ''],
    ['HTTP/1.1 200 ', '1.1', 200, ''],
    ['HTTP/1.1 200  OK ', '1.1', 200, ' OK '],
    ['HTTP/1.1 200 \tOK\0\xe9', '1.1', 200, '\tOK\0\xe9'],
    ['HTTP/1.1 000 Nil', '1.1', 0, 'Nil'],
    ['HTTP/1.1 099 Low', '1.1', 99, 'Low'],
    ['HTTP/1.1 600 High', '1.1', 600, 'High'],
    ['HTTP/1.1 999 Denied', '1.1', 999, 'Denied'],
  ])('%j is read as HTTP/%s, status %i, reason %j', (line, version, status, reason) => {
    for (const end of ['\r\n\r\n', '\n\n']) {
      expect(head(line + end)).toMatchObject({ version, status, reason });
    }
    expect(observeAll(`${line}\r\nContent-Length: 2\r\n\r\nhi`)).toMatchObject({
      verdict: 'complete',
      statuses: [status],
      body: 'hi',
    });
  });

  it.each([
    ['HTTP/0.9 200 OK', 'HTTP/0.9 200'],
    ['HTTP/2.0 200 OK', 'HTTP/2.0 200'],
    ['HTTP/1.10 200 OK', 'HTTP/1.10 20'],
    ['HTTP/1. 200 OK', 'HTTP/1. 200 '],
    ['HTTP/1.x 200 OK', 'HTTP/1.x 200'],
    ['HTTP/1.1\t200 OK', 'HTTP/1.1\\t200'],
    ['HTTP/1.1-200 OK', 'HTTP/1.1-200'],
    ['http/1.1 200 OK', 'http/1.1 200'],
    ['HTTP /1.1 200 OK', 'HTTP /1.1 20'],
    [' HTTP/1.1 200 OK', ' HTTP/1.1 20'],
    ['\rHTTP/1.1 200 OK', '\\rHTTP/1.1 20'],
    ['ICY 200 OK', 'ICY 200 OK'],
    ['SSH-2.0-x', 'SSH-2.0-x'],
    ['220 mail.test ESMTP', '220 mail.tes'],
    ['<html>', '<html>'],
    ['\x15\x03\x01\x00\x02\x02\x46', '\\u0015\\u0003\\u0001\\u0000\\u0002\\u0002F'],
    ['\0', '\\u0000'],
  ])('%j is no HTTP/1.x, and the message shows how it starts', (line, shown) => {
    const message = `"${shown}" in place of a status line of HTTP/1.0 or HTTP/1.1`;
    for (const end of ['\r\n\r\n', '\n', '\r\nContent-Length: 0\r\n\r\n']) expectFault(line + end, message);
  });

  it('that is cut short shows all there was, when it could not have become one', () => {
    expectFault('HTTX', '"HTTX" in place of a status line of HTTP/1.0 or HTTP/1.1');
    expectFault('\r\n2', '"2" in place of a status line of HTTP/1.0 or HTTP/1.1');
    expect(observeAll('HTTP/1')).toMatchObject({ verdict: 'incomplete', fault: undefined });
    expect(observeAll('HTTP/1.1\r\n')).toMatchObject({ verdict: 'incomplete', fault: undefined });
  });

  it.each(['20 OK', '2000 OK', '2x0 OK', '+20 OK', ' 200 OK', '20\xb2 OK', 'OK 200', '-12 OK', '1e2 OK'])(
    'without a status code of three digits is a fault: %j',
    (rest) => {
      const tooMany = /^\d{4}/.test(rest);
      expectFault(
        `HTTP/1.1 ${rest}\r\n\r\n`,
        tooMany ? 'no space behind the status code' : 'no status code of three digits in the status line',
      );
    },
  );

  it.each(['200OK', '200\tOK', '200,', '200\0'])('without a space behind the code is a fault: %j', (rest) => {
    expectFault(`HTTP/1.1 ${rest}\r\n\r\n`, 'no space behind the status code');
  });
});

describe('12: white space and other octets in front of a colon', () => {
  it.each([
    ['A : b', 'white space inside of a header name or before its colon'],
    ['A\t: b', 'white space inside of a header name or before its colon'],
    ['Content-Length : 5', 'white space inside of a header name or before its colon'],
    ['Transfer-Encoding : chunked', 'white space inside of a header name or before its colon'],
    ['A b: c', 'white space inside of a header name or before its colon'],
    [': b', 'a header field without a name'],
    [':', 'a header field without a name'],
    ['A', 'an invalid octet in a header name'],
    ['A\0B: c', 'an invalid octet in a header name'],
    ['\0: c', 'an invalid octet in a header name'],
    ['"A": b', 'an invalid octet in a header name'],
    ['\xe9: b', 'an invalid octet in a header name'],
  ])('%j is a fault', (line, message) => {
    expectFault(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, message);
    expectFault(`HTTP/1.1 200 OK\r\nX: y\r\n${line}\r\n\r\n`, message);
  });

  it('are a fault where the stream ends, however it dripped', () => {
    for (const name of ['A', 'An', 'A-header', 'A-longer-header', 'A-header-with-a-name-of-thirty-o']) {
      const stream = `HTTP/1.1 200 OK\r\nX: y\r\n${name} `;
      expectFault(stream, 'white space inside of a header name or before its colon');
    }
  });
});

describe('13: a folded line (obs-fold)', () => {
  it.each([
    ['A: b\r\n c', 'b c'],
    ['A: b \t\r\n \t c', 'b c'],
    ['A: b\n\tc', 'b c'],
    ['A:\r\n b', 'b'],
    ['A:\r\n \r\n\t\r\n b', 'b'],
    ['A: b\r\n ', 'b'],
    ['A: b\r\n \r\n c', 'b c'],
    ['A: b\r\n B: c', 'b B: c'],
    ['A: b\r\n : c', 'b : c'],
  ])('%j is the one value %j', (lines, value) => {
    const seen = observeAll(`HTTP/1.1 200 OK\r\n${lines}\r\nContent-Length: 0\r\n\r\n`);
    const fields = JSON.stringify([
      ['A', value.replace(/ +/g, ' ')],
      ['Content-Length', '0'],
    ]);
    expect(seen.events[0]?.replace(/ +/g, ' ')).toBe(`head 200 OK ${fields}`);
  });

  it('hides no field that frames the message, and makes none', () => {
    const hidden = 'HTTP/1.1 200 OK\r\nA: b\r\n Content-Length: 5\r\n Transfer-Encoding: chunked\r\n\r\nrest';
    expect(observeAll(hidden)).toMatchObject({
      body: 'rest',
      framing: { contentLength: undefined, transferEncoding: 'none' },
    });
    const folded = 'HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\nConnection: x,\r\n\tclose\r\n\r\nhi';
    expect(observeAll(folded)).toMatchObject({ body: 'hi', framing: { contentLength: 2, keepAlive: false } });
  });
});

describe('14: NUL', () => {
  it.each(['A: \0', 'A: b\0c', 'A: b\r\n \0', 'Content-Length: 5\0'])('in a value is a fault: %j', (line) => {
    expectFault(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, 'a NUL in a header value');
  });
});

describe('15: lines of one name', () => {
  it('stay apart and in order, Set-Cookie above all', () => {
    const lines =
      'Set-Cookie: a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT\r\nX: 1\r\nset-cookie: b=2\r\nX: 2\r\n';
    const one = head(`HTTP/1.1 200 OK\r\n${lines}\r\n`);
    expect(one.all('Set-Cookie')).toEqual(['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2']);
    expect(one.headers.map(([name]) => name)).toEqual(['Set-Cookie', 'X', 'set-cookie', 'X']);
    expect(one.all('x')).toEqual(['1', '2']);
  });
});

describe('16: empty lines in front of a status line', () => {
  const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

  it.each(['', '\r\n', '\n', '\r\n\r\n', '\n\r\n\n', '\r\n\n\r\n\r\n'])(
    'are passed over, up to four: %j',
    (lines) => {
      expect(observeAll(lines + RESPONSE)).toMatchObject({
        verdict: 'complete',
        body: 'hi',
        end: lines.length + RESPONSE.length,
      });
    },
  );

  it.each(['\r\n'.repeat(5), '\n'.repeat(5)])('are no response: %j', (lines) => {
    expectFault(lines + RESPONSE, 'empty lines in place of a response');
    expectFault(lines, 'empty lines in place of a response');
  });

  it('alone are an incomplete response', () => {
    expect(observeAll('\r\n\r\n')).toMatchObject({ verdict: 'incomplete', finished: false });
  });
});

describe('32: interim responses', () => {
  it('may come in any number before the final one, each told with its fields', () => {
    const seen = observeAll(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 103\n\nHTTP/1.0 204 No\r\n\r\n',
    );
    expect(seen).toMatchObject({ verdict: 'complete', statuses: [100, 103, 103, 204] });
    expect(seen.events).toEqual([
      'interim 100 Continue []',
      'interim 103 Early Hints [["Link","</a.css>"]]',
      'interim 103  []',
      'head 204 No []',
      'message',
    ]);
  });

  it('are not the response: a stream that ends behind them is incomplete', () => {
    expect(observeAll('HTTP/1.1 100 Continue\r\n\r\n')).toMatchObject({
      verdict: 'incomplete',
      statuses: [100],
    });
  });

  it('of 101 are a fault, since no Upgrade was sent (RFC 9110 section 7.8)', () => {
    const message = '101 Switching Protocols, which nobody asked for';
    expectFault('HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n', message);
    expect(observeAll('HTTP/1.1 101 Switching\r\n\r\n', { method: 'HEAD' }).fault?.message).toBe(message);
  });
});
