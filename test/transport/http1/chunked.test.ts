// The chunked coding: RFC 9112 section 7.1. Strict on purpose: each leniency here is a gadget for smuggling.

import { describe, expect, it } from 'vitest';
import { observeAll } from './observe.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const NEXT = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

function expectBody(coded: string, body: string, trailers = ''): void {
  expect(observeAll(HEAD + coded + NEXT)).toMatchObject({
    verdict: 'complete',
    body,
    trailers,
    end: HEAD.length + coded.length,
    fault: undefined,
  });
}

function expectFault(coded: string, message: string, body = ''): void {
  const seen = observeAll(HEAD + coded);
  expect(seen).toMatchObject({
    verdict: 'reject',
    statuses: [200],
    body,
    fault: { kind: 'protocol', message },
  });
}

describe('17: the size of a chunk', () => {
  it.each([
    ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['05\r\nhello\r\n00000\r\n\r\n', 'hello'],
    ['0000000000005\r\nhello\r\n0000000000000\r\n\r\n', 'hello'],
    ['A\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
    ['a\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
    ['1F\r\n0123456789abcdef0123456789abcde\r\n0\r\n\r\n', '0123456789abcdef0123456789abcde'],
    ['1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n', 'abcdef'],
    ['0\r\n\r\n', ''],
    ['8\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n', '0\r\n\r\n0\r\n'],
  ])('is hexadecimal: %j', (coded, body) => expectBody(coded, body));

  it.each([
    ['\r\nhello', 'a chunk without a size'],
    ['\nhello', 'a chunk without a size'],
    [';a=b\r\nhello', 'a chunk without a size'],
    [' 5\r\nhello', 'a chunk without a size'],
    ['\t5\r\nhello', 'a chunk without a size'],
    ['+5\r\nhello', 'a chunk without a size'],
    ['-5\r\nhello', 'a chunk without a size'],
    ['-0\r\n\r\n', 'a chunk without a size'],
    ['x5\r\nhello', 'a chunk without a size'],
    ['"5"\r\nhello', 'a chunk without a size'],
    ['G\r\nhello', 'a chunk without a size'],
    ['\xb2\r\nhello', 'a chunk without a size'],
    ['0x5\r\nhello', 'an invalid octet in a chunk size'],
    ['0X5\r\nhello', 'an invalid octet in a chunk size'],
    ['1_0\r\nhello', 'an invalid octet in a chunk size'],
    ['5 \r\nhello', 'an invalid octet in a chunk size'],
    ['5\t\r\nhello', 'an invalid octet in a chunk size'],
    ['5 ;a\r\nhello', 'an invalid octet in a chunk size'],
    ['5 5\r\nhello', 'an invalid octet in a chunk size'],
    ['5,5\r\nhello', 'an invalid octet in a chunk size'],
    ['5.\r\nhello', 'an invalid octet in a chunk size'],
    ['5g\r\nhello', 'an invalid octet in a chunk size'],
    ['5@\r\nhello', 'an invalid octet in a chunk size'],
    ['5`\r\nhello', 'an invalid octet in a chunk size'],
    ['5\0\r\nhello', 'an invalid octet in a chunk size'],
    ['5\nhello', 'an invalid octet in a chunk size'],
    ['0\n\n', 'an invalid octet in a chunk size'],
    ['5\rhello', 'no LF behind the CR of a chunk size'],
    ['5\r\r\nhello', 'no LF behind the CR of a chunk size'],
    ['00000000000005\r\nhello', 'a chunk size of too many digits'],
    ['10000000000000005\r\nhello', 'a chunk size of too many digits'],
    [`${'f'.repeat(300)}\r\nhello`, 'a chunk size of too many digits'],
  ])('is nothing else: %j', (coded, message) => expectFault(coded, message));

  it('loses nothing below 2^53: the largest size that can be said is waited for', () => {
    const seen = observeAll(`${HEAD}fffffffffffff\r\nhello`);
    expect(seen).toMatchObject({ verdict: 'incomplete', body: 'hello' });
  });
});

describe('18: chunk extensions', () => {
  it.each([
    ';a',
    ';a=b',
    ';a=b;c;d=e',
    ';a="b;c=\td"',
    ';a="quoted \\" and \\\\ and ; and \xe9"',
    ';a=""',
    '; a = b',
    ';\ta\t;\t b',
    ';a=',
    ';a ',
  ])('mean nothing: 5%s', (extension) => {
    expectBody(`5${extension}\r\nhello\r\n0${extension}\r\n\r\n`, 'hello');
  });

  it.each([
    [';', 'an invalid octet in a chunk extension'],
    ['; ', 'an invalid octet in a chunk extension'],
    [';a;', 'an invalid octet in a chunk extension'],
    [';=b', 'a chunk extension without a name'],
    [';;a', 'a chunk extension without a name'],
    [';"a"', 'a chunk extension without a name'],
    [';a="b', 'an invalid octet in a chunk extension'],
    [';a="b\\"', 'an invalid octet in a chunk extension'],
    [';a="b\\', 'an invalid octet in a chunk extension'],
    [';a=b\nX', 'an invalid octet in a chunk extension'],
    [';a\0', 'an invalid octet in a chunk extension'],
    [';a="\0"', 'an invalid octet in a chunk extension'],
    [';a="\n"', 'an invalid octet in a chunk extension'],
    [';a\rb', 'no LF behind the CR of a chunk size'],
  ])('must still have their form: 5%j', (extension, message) => {
    expectFault(`5${extension}\r\nhello\r\n0\r\n\r\n`, message);
  });

  it('cannot end a line from within quotes: the size behind them is data to nobody', () => {
    expectFault('5;a="\r\n5\r\n"\r\nhello\r\n0\r\n\r\n', 'an invalid octet in a chunk extension');
  });
});

describe('19: the CR LF behind the data of a chunk', () => {
  it.each([
    ['5\r\nhelloX\r\n0\r\n\r\n', 'a chunk longer than its size says'],
    ['5\r\nhello0\r\n\r\n', 'a chunk longer than its size says'],
    ['5\r\nhello\n0\r\n\r\n', 'a chunk longer than its size says'],
    ['5\r\nhello\rX0\r\n\r\n', 'no LF behind the CR of a chunk'],
    ['5\r\nhello\r\r\n0\r\n\r\n', 'no LF behind the CR of a chunk'],
  ])('is verified: %j', (coded, message) => expectFault(coded, message, 'hello'));

  it('is verified where the data are too short', () => {
    expectFault('5\r\nhi\r\n0\r\n\r\n', 'a chunk without a size', 'hi\r\n0');
    expectFault('4\r\nhi\r\n0\r\n\r\n', 'a chunk longer than its size says', 'hi\r\n');
  });
});

describe('20: trailers', () => {
  it.each([
    'T: 1\r\n\r\n',
    'T: 1\r\nt: 2\r\n\r\n',
    'T: 1\n\n',
    'T:\r\n folded\r\n\r\n',
    'Content-Length: 9\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n',
  ])('stay apart from the header and frame nothing: %j', (trailers) => {
    expectBody(`2\r\nhi\r\n0\r\n${trailers}`, 'hi', trailers);
    const { framing, events } = observeAll(`${HEAD}0\r\n${trailers}`);
    expect(framing).toMatchObject({ contentLength: undefined, transferEncoding: 'chunked', keepAlive: true });
    expect(events[0]).toBe('head 200 OK [["Transfer-Encoding","chunked"]]');
  });

  it('are an empty text where there are none', () => {
    expectBody('2\r\nhi\r\n0\r\n\r\n', 'hi', '');
    expectBody('2\r\nhi\r\n0\r\n\n', 'hi', '');
  });

  it.each([
    [' T: 1\r\n\r\n', 'white space before the first header field'],
    ['T : 1\r\n\r\n', 'white space inside of a header name or before its colon'],
    ['T\r\n\r\n', 'an invalid octet in a header name'],
    ['T: a\0b\r\n\r\n', 'a NUL in a header value'],
    ['T: a\rb\r\n\r\n', 'a CR without LF in a header value'],
    ['\rT: 1\r\n\r\n', 'a CR without LF in the header section'],
    ['2\r\nhi\r\n0\r\n\r\n', 'an invalid octet in a header name'],
  ])('are held to what header fields are held to: %j', (trailers, message) => {
    expectFault(`2\r\nhi\r\n0\r\n${trailers}`, message, 'hi');
  });

  it('that are faulty where the stream ends are a fault, however they dripped', () => {
    for (const name of ['T', 'Tr', 'Trailer', 'A-longer-trailer', 'A-trailer-with-a-name-of-thirty']) {
      expectFault(`0\r\n${name} `, 'white space inside of a header name or before its colon');
      expectFault(`0\r\nT: 1\r\n${name}:\0`, 'a NUL in a header value');
    }
  });
});

describe('21: the end before the last chunk', () => {
  it('is never success, wherever it comes', () => {
    const coded = '5;a="b"\r\nhello\r\n3\r\nyou\r\n0\r\nT: 1\r\n\r\n';
    for (let length = 0; length < coded.length; length++) {
      const seen = observeAll(HEAD + coded.slice(0, length));
      expect(seen).toMatchObject({ verdict: 'incomplete', finished: false, trailers: '' });
      expect(seen.events).not.toContain('message');
      expect('helloyou'.startsWith(seen.body)).toBe(true);
    }
    expectBody(coded, 'helloyou', 'T: 1\r\n\r\n');
  });
});
