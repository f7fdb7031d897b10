// Every limit on what a peer may send: at it and below it nothing happens, one above it the response is refused.

import { describe, expect, it } from 'vitest';
import type { ResponseLimits } from '../../../src/transport/response-limits.ts';
import { type Asking, everyByte, observeAll, observeRun } from './observe.ts';

type Limit = keyof ResponseLimits;

/** `size`: what the stream has of what is limited. */
function expectLimit(stream: string, limit: Limit, size: number, what: string, asking: Asking = {}): void {
  const limited = (max: number): Asking => ({ ...asking, limits: { ...asking.limits, [limit]: max } });
  const free = observeAll(stream, asking);
  expect(free.verdict).toBe('complete');
  for (const max of [size, size + 1]) expect(observeAll(stream, limited(max))).toEqual(free);
  if (size === 0) return;
  expect(observeAll(stream, limited(size - 1))).toMatchObject({
    verdict: 'reject',
    fault: { kind: 'too-large', message: `${what} beyond the limit of ${size - 1} (${limit})` },
  });
}

/** Three such messages on one connection, byte by byte and whole: what one used up is not held against the next. */
function expectThrice(stream: string, limits: Partial<ResponseLimits>): void {
  const thrice = stream.repeat(3);
  for (const cuts of [[], everyByte(thrice.length)]) {
    const seen = observeRun(thrice, cuts, ['GET', 'GET', 'GET'], { limits });
    expect(seen.map((one) => [one.verdict, one.end])).toEqual(
      [1, 2, 3].map((count) => ['complete', count * stream.length]),
    );
  }
}

const ENDLESS = 'a'.repeat(400);

describe('headerBytesMax', () => {
  const HEADS = [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\nContent-Length: 2\n\n',
    '\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\n',
  ];

  it.each(HEADS)('is for the whole section, from the first octet to the empty line: %j', (head) => {
    expectLimit(`${head}hi`, 'headerBytesMax', head.length, 'a header section');
    expectLimit(head, 'headerBytesMax', head.length, 'a header section', { method: 'HEAD' });
  });

  it.each(['close', 'chunked'])('is for the section alone, not for a body in %s mode', (mode) => {
    const head = `HTTP/1.1 200 OK\r\n${mode === 'close' ? '' : 'Transfer-Encoding: chunked\r\n'}\r\n`;
    const content = mode === 'close' ? ENDLESS : '3\r\nabc\r\n0\r\nT: 1\r\n\r\n';
    expectLimit(head + content, 'headerBytesMax', head.length, 'a header section');
  });

  it('is for the sum over interim responses', () => {
    const interims = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n';
    const final = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
    const size = interims.length + final.length;
    expectLimit(`${interims}${final}hi`, 'headerBytesMax', size, 'header sections, 1xx included,');
    expect(observeAll(interims + final, { limits: { headerBytesMax: interims.length - 1 } })).toMatchObject({
      statuses: [100],
      fault: { kind: 'too-large' },
    });
  });

  it('starts anew with each message on a connection, as interimMax does', () => {
    const interim = 'HTTP/1.1 102 Wait\r\n\r\n';
    const one = `${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi`;
    const limits = { headerBytesMax: one.length - 2, interimMax: 1 };
    expectThrice(one, limits);
  });

  it.each([
    `HTTP/1.1 200 OK\r\nA: ${ENDLESS}`,
    `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(70)}`,
    `HTTP/1.1 200 OK\r\nA: b\r\n${' c\r\n'.repeat(100)}`,
    `HTTP/1.1 200 OK\r\n${ENDLESS}`,
  ])('stops what never ends: %#', (stream) => {
    const limits = { headerBytesMax: 200, reasonBytesMax: 4000, headerCountMax: 1000 };
    expect(observeAll(stream, { limits }).fault).toEqual({
      kind: 'too-large',
      message: 'a header section beyond the limit of 200 (headerBytesMax)',
    });
  });
});

describe('headerCountMax', () => {
  it('is for the fields of one header section', () => {
    const lines = 'A: 1\r\nB: 2\r\n folded\r\n folded\r\nA: 3\r\nContent-Length: 2\r\n';
    expectLimit(`HTTP/1.1 200 OK\r\n${lines}\r\nhi`, 'headerCountMax', 4, 'header fields');
    const interim = 'HTTP/1.1 103 Early\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n';
    expectLimit(
      `${interim}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
      'headerCountMax',
      4,
      'header fields',
    );
  });

  it('is for the fields of one trailer section', () => {
    const stream = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n';
    expectLimit(stream, 'headerCountMax', 3, 'header fields');
  });
});

describe('reasonBytesMax', () => {
  it.each(['', 'O', 'Very well', ' two spaces '])('is for the reason phrase alone: %j', (reason) => {
    for (const end of ['\r\n', '\n']) {
      const stream = `HTTP/1.1 200 ${reason}${end}Content-Length: 0${end}${end}`;
      expectLimit(stream, 'reasonBytesMax', reason.length, 'a reason phrase');
    }
  });

  it('stops a reason that never ends', () => {
    expect(observeAll(`HTTP/1.1 200 ${ENDLESS}`, { limits: { reasonBytesMax: 300 } }).fault).toEqual({
      kind: 'too-large',
      message: 'a reason phrase beyond the limit of 300 (reasonBytesMax)',
    });
  });
});

describe('interimMax', () => {
  it.each([1, 2, 5])('is for the number of interim responses: %i', (count) => {
    const stream = `${'HTTP/1.1 102 Wait\r\n\r\n'.repeat(count)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`;
    expectLimit(stream, 'interimMax', count, 'interim responses');
  });

  it('stops interim responses without end', () => {
    const limits = { interimMax: 20 };
    const seen = observeAll('HTTP/1.1 102 Wait\r\n\r\n'.repeat(30), { limits });
    expect(seen.statuses).toEqual(Array(20).fill(102));
    expect(seen.fault?.message).toBe('interim responses beyond the limit of 20 (interimMax)');
  });
});

describe('bodyBytesMax', () => {
  it.each([
    ['length', 'Content-Length: 5\r\n', 'hello'],
    ['chunked', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    [
      'chunked in pieces',
      'Transfer-Encoding: chunked\r\n',
      '2\r\nhe\r\n1;a=b\r\nl\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n',
    ],
    ['close', '', 'hello'],
    ['close after another coding', 'Transfer-Encoding: gzip\r\n', 'hello'],
  ])('is for the content in %s mode', (_mode, lines, content) => {
    expectLimit(`HTTP/1.1 200 OK\r\n${lines}\r\n${content}`, 'bodyBytesMax', 5, 'a body');
  });

  it.each([
    ['length', 'Content-Length: 0\r\n', ''],
    ['chunked', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
    ['close', '', ''],
  ])('of 0 lets an empty body through in %s mode', (_mode, lines, content) => {
    const stream = `HTTP/1.1 200 OK\r\n${lines}\r\n${content}`;
    expect(observeAll(stream, { limits: { bodyBytesMax: 0 } })).toMatchObject({
      verdict: 'complete',
      body: '',
    });
  });

  it('refuses a Content-Length above it before any content, and never where no content comes', () => {
    const stream = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n';
    const limits = { bodyBytesMax: 5 };
    expect(observeAll(stream, { limits })).toMatchObject({ statuses: [], fault: { kind: 'too-large' } });
    expect(observeAll(stream, { limits, method: 'HEAD' })).toMatchObject({
      verdict: 'complete',
      statuses: [200],
    });
  });

  it.each([
    ['chunked', 'Transfer-Encoding: chunked\r\n', '1\r\na\r\n'.repeat(60)],
    ['one endless chunk', 'Transfer-Encoding: chunked\r\n', `fffffffffffff\r\n${ENDLESS}`],
    ['close', '', ENDLESS],
  ])('stops a body without end: %s', (_mode, lines, content) => {
    const seen = observeAll(`HTTP/1.1 200 OK\r\n${lines}\r\n${content}`, { limits: { bodyBytesMax: 50 } });
    expect(seen.fault).toEqual({
      kind: 'too-large',
      message: 'a body beyond the limit of 50 (bodyBytesMax)',
    });
  });
});

describe('chunk extensions', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

  it.each(['a', ' a', 'a=b', 'a="\\"x;y"', 'a;b=c;d'])(
    'chunkExtensionBytesMax is for each chunk: ;%s',
    (extension) => {
      const chunk = `1;${extension}\r\nx\r\n`;
      const total = 3 * extension.length;
      const limits = { chunkExtensionTotalBytesMax: total };
      const stream = `${HEAD}${chunk}${chunk}0;${extension}\r\n\r\n`;
      expectLimit(stream, 'chunkExtensionBytesMax', extension.length, 'a chunk extension', { limits });
      expectLimit(stream, 'chunkExtensionTotalBytesMax', total, 'chunk extensions');
    },
  );

  it('of 0 refuse every extension and nothing else', () => {
    const limits = { chunkExtensionBytesMax: 0 };
    expect(observeAll(`${HEAD}1\r\nx\r\n0\r\n\r\n`, { limits }).verdict).toBe('complete');
    expect(observeAll(`${HEAD}1;a\r\nx\r\n0\r\n\r\n`, { limits }).fault?.kind).toBe('too-large');
  });

  it.each([
    `1;a=${ENDLESS}`,
    `1;a="${ENDLESS}`,
    `1;a="${'\\"'.repeat(200)}`,
    `1;${' '.repeat(400)}`,
    `1;${'a;'.repeat(200)}`,
  ])('stop where they have no end: %#', (coded) => {
    const limits = { chunkExtensionBytesMax: 200 };
    const message = 'a chunk extension beyond the limit of 200 (chunkExtensionBytesMax)';
    expect(observeAll(HEAD + coded, { limits }).fault?.message).toBe(message);
  });

  it('count anew for each message on a connection', () => {
    const limits = { chunkExtensionBytesMax: 2, chunkExtensionTotalBytesMax: 3 };
    expectThrice(`${HEAD}1;ab\r\nx\r\n0;a\r\n\r\n`, limits);
  });
});

describe('trailerBytesMax', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n';

  it.each(['', 'T: 1\r\n', 'T: 1\r\n folded\r\nU: 2\r\n'])('is for the field lines: %j', (lines) => {
    expectLimit(`${HEAD}${lines}\r\n`, 'trailerBytesMax', lines.length, 'a trailer section');
  });

  it.each([`T: ${ENDLESS}`, `T: ${'\r\n '.repeat(130)}`, 'T: 1\r\n'.repeat(70)])(
    'stops trailers without end: %#',
    (trailers) => {
      const limits = { trailerBytesMax: 200, headerCountMax: 1000 };
      const message = 'a trailer section beyond the limit of 200 (trailerBytesMax)';
      expect(observeAll(HEAD + trailers, { limits }).fault).toEqual({ kind: 'too-large', message });
    },
  );
});
