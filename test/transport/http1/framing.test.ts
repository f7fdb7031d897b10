// Where a message ends: RFC 9112 section 6.3, rule by rule in its order.

import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../../src/model/header-block.ts';
import { RequestFactory } from '../../../src/model/request.ts';
import { observeAll } from './observe.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const NEXT = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

function response(lines: string, content = '', start = 'HTTP/1.1 200 OK'): string {
  return `${start}\r\n${lines}\r\n${content}`;
}

describe('1: no content', () => {
  const FIELDS = [
    '',
    'Content-Length: 5\r\n',
    CHUNKED,
    `Content-Length: 5\r\n${CHUNKED}`,
    'Content-Length: x\r\n',
  ];

  it.each(FIELDS)('comes in answer to HEAD, whatever the header says: %j', (lines) => {
    const head = response(lines);
    expect(observeAll(head + NEXT, { method: 'HEAD' })).toMatchObject({
      verdict: 'complete',
      end: head.length,
      body: '',
      events: [expect.stringContaining('head 200'), 'message'],
    });
  });

  it.each([204, 304])('comes with %i, whatever the header says', (status) => {
    for (const lines of FIELDS) {
      const head = response(lines, '', `HTTP/1.1 ${status} No`);
      expect(observeAll(head + NEXT)).toMatchObject({ verdict: 'complete', end: head.length, body: '' });
    }
  });

  it.each([100, 102, 103, 199])('comes with %i, and the final response follows', (status) => {
    for (const lines of FIELDS) {
      const head = response(lines, '', `HTTP/1.1 ${status} Wait`);
      expect(observeAll(head + NEXT)).toMatchObject({
        verdict: 'complete',
        statuses: [status, 200],
        body: 'hi',
      });
    }
  });

  it('is what HEAD alone asks for: `head` is another method', () => {
    expect(observeAll(NEXT, { method: 'head' })).toMatchObject({ verdict: 'complete', body: 'hi' });
  });

  it('makes 205 no exception: its content is framed like any other', () => {
    expect(observeAll(response('Content-Length: 2\r\n', 'hi', 'HTTP/1.1 205 Reset'))).toMatchObject({
      body: 'hi',
    });
  });
});

describe('2: a tunnel', () => {
  it('cannot be asked for, so 2xx is never the answer to CONNECT', () => {
    const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
    expect(() => factory.from(0, { url: 'http://a.test/', method: 'CONNECT' })).toThrow(
      'CONNECT cannot be sent',
    );
  });
});

describe('3: Transfer-Encoding beside Content-Length', () => {
  it.each(['5', '3', '0', 'x', '5, 6'])(
    'wins over Content-Length: %s, and the connection is not used again',
    (length) => {
      for (const lines of [
        `Content-Length: ${length}\r\n${CHUNKED}`,
        `${CHUNKED}Content-Length: ${length}\r\n`,
      ]) {
        const seen = observeAll(response(lines, '3\r\nabc\r\n0\r\n\r\n') + NEXT);
        expect(seen).toMatchObject({ verdict: 'complete', body: 'abc', framing: { keepAlive: false } });
      }
    },
  );

  it('wins also where it is not chunked: the body goes on to the end of the stream', () => {
    const seen = observeAll(response('Content-Length: 2\r\nTransfer-Encoding: gzip\r\n', 'abcde'));
    expect(seen).toMatchObject({
      body: 'abcde',
      end: undefined,
      finished: true,
      framing: { keepAlive: false },
    });
  });
});

describe('4: Transfer-Encoding', () => {
  const CODED = '3\r\nabc\r\n0\r\n\r\n';

  it.each([
    'Transfer-Encoding: chunked',
    'transfer-encoding:chunked',
    'TRANSFER-ENCODING: \t Chunked \t',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: gzip,\t chunked ,',
    'Transfer-Encoding: , ,chunked',
    'Transfer-Encoding: gzip\r\nX: y\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding: gzip,\r\n\tchunked',
    'Transfer-Encoding: gzip\n ,\n chunked',
  ])('with chunked as the last coding: %j', (line) => {
    const stream = response(`${line}\r\n`, CODED);
    expect(observeAll(stream + NEXT)).toMatchObject({
      verdict: 'complete',
      body: 'abc',
      end: stream.length,
      framing: { transferEncoding: 'chunked', keepAlive: true },
    });
  });

  it.each([
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: chunked, gzip',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: identity',
    'Transfer-Encoding:',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunkedchunked',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chun\r\n ked',
    // What trim() would take away and other recipients would not: the difference is what smuggling needs.
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: chunked\x0c',
    'Transfer-Encoding: \xa0chunked',
    'Transfer-Encoding: gzip,\x0bchunked',
    'Transfer-Encoding: chunked\x85',
  ])('with anything else as the last coding goes on to the end of the stream: %j', (line) => {
    expect(observeAll(response(`${line}\r\n`, CODED))).toMatchObject({
      verdict: 'complete',
      body: CODED,
      finished: true,
      framing: { transferEncoding: 'other' },
    });
  });

  it.each(['', 'Connection: keep-alive\r\n'])(
    'on HTTP/1.0 is decoded, and the connection ends (%j)',
    (more) => {
      const seen = observeAll(response(`${CHUNKED}${more}`, CODED, 'HTTP/1.0 200 OK') + NEXT);
      expect(seen).toMatchObject({ verdict: 'complete', body: 'abc', framing: { keepAlive: false } });
    },
  );

  it('has a name of its own: X-Transfer-Encoding and Transfer_Encoding are other fields', () => {
    for (const name of [
      'X-Transfer-Encoding',
      'Transfer_Encoding',
      'Transfer-Encodin~',
      'Transfer-Encoding-',
    ]) {
      const stream = response(`${name}: chunked\r\nContent-Length: 2\r\n`, 'hi');
      expect(observeAll(stream)).toMatchObject({ body: 'hi', framing: { transferEncoding: 'none' } });
    }
  });
});

describe('5: an invalid Content-Length', () => {
  const INVALID = [
    ['+5'],
    ['-5'],
    ['-0'],
    ['5,6'],
    ['5, 6'],
    ['5,'],
    [',5'],
    ['5, 05'],
    ['0x5'],
    ['5e0'],
    ['5.0'],
    ['5 5'],
    [' 5 5 '],
    ['5;'],
    ['five'],
    [''],
    [' '],
    ['\x0b5'],
    ['5\x0c'],
    ['5\xa0'],
    ['\xb2'],
    [String(2 ** 53)],
    ['9'.repeat(400)],
    ['5\r\n 5'],
    ['5', '6'],
    ['5', ''],
    ['5', '5', '6'],
  ];

  it.each(INVALID)('discards the response: %j %j %j', (...values) => {
    const lines = values.map((value) => `Content-Length: ${value}\r\n`).join('');
    expect(observeAll(response(lines, 'hello'))).toMatchObject({
      verdict: 'reject',
      statuses: [],
      fault: { kind: 'protocol', message: 'an invalid Content-Length' },
    });
  });

  it.each([
    ['5'],
    ['\t5 \t'],
    ['5,5'],
    ['5, 5'],
    ['5 ,\t5 , 5'],
    ['5', '5'],
    ['5, 5', '5'],
    ['005'],
    [`${'0'.repeat(40)}5`],
    ['\r\n 5'],
    ['5\r\n , 5\r\n\t'],
  ])('is not one valid value, however often and however padded: %j %j', (...values) => {
    const lines = values.map((value) => `content-LENGTH: ${value}\r\n`).join('');
    const stream = response(lines, 'hello');
    expect(observeAll(stream + NEXT)).toMatchObject({ body: 'hello', end: stream.length });
  });

  it('never lets the connection be used again, not even where no content comes', () => {
    const seen = observeAll(response('Content-Length: 5, 6\r\n'), { method: 'HEAD' });
    expect(seen).toMatchObject({
      verdict: 'complete',
      framing: { contentLength: Number.NaN, keepAlive: false },
    });
  });
});

describe('6: a valid Content-Length', () => {
  it('takes exactly that many octets', () => {
    for (const length of [0, 1, 2, 5]) {
      const stream = response(`Content-Length: ${length}\r\n`, 'x'.repeat(length));
      expect(observeAll(stream + NEXT)).toMatchObject({
        verdict: 'complete',
        body: 'x'.repeat(length),
        end: stream.length,
        finished: undefined,
      });
    }
  });

  it('is not met by fewer: incomplete, with every octet that came', () => {
    for (const came of [0, 1, 4]) {
      expect(observeAll(response('Content-Length: 5\r\n', 'x'.repeat(came)))).toMatchObject({
        verdict: 'incomplete',
        body: 'x'.repeat(came),
        finished: false,
      });
    }
  });

  it('loses nothing up to 2^53, and what is too large is never begun', () => {
    const seen = observeAll(response(`Content-Length: ${Number.MAX_SAFE_INTEGER}\r\n`), { method: 'HEAD' });
    expect(seen.framing?.contentLength).toBe(9_007_199_254_740_991);
    expect(observeAll(response(`Content-Length: ${Number.MAX_SAFE_INTEGER}\r\n`))).toMatchObject({
      statuses: [],
      fault: { kind: 'too-large' },
    });
  });

  it('has a name of its own', () => {
    for (const name of [
      'Content_Length',
      'Content-Lengt',
      'Content-Lengths',
      'Xontent-Length',
      'Content-LengtH1',
    ]) {
      const seen = observeAll(response(`${name}: 1\r\n`, 'hello'));
      expect(seen).toMatchObject({ body: 'hello', framing: { contentLength: undefined } });
    }
  });
});

describe('7: neither', () => {
  it('goes on to the end of the stream, and only a clean end completes it', () => {
    for (const content of ['', 'x', 'HTTP/1.1 200 OK\r\n\r\n']) {
      expect(observeAll(response('', content))).toMatchObject({
        verdict: 'complete',
        body: content,
        finished: true,
      });
    }
  });

  it('is what a head cut short is not', () => {
    const head = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n';
    for (let length = 0; length < head.length; length++) {
      expect(observeAll(head.slice(0, length))).toMatchObject({
        verdict: 'incomplete',
        statuses: [],
        finished: false,
      });
    }
  });
});
