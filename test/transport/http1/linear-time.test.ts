// No peer may make us work in the square of what it sends: the octets that are scanned and copied are counted. Where
// only time can tell (regular expressions, a million chunks), the bound is many times what it takes on a busy machine
// and a fraction of what a square would take.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BodyBuffer } from '../../../src/transport/body-buffer.ts';
import { FieldLines } from '../../../src/transport/http1/field-lines.ts';
import { HeadParser } from '../../../src/transport/http1/head-parser.ts';
import { ResponseParser } from '../../../src/transport/http1/response-parser.ts';
import { LIMITS, latin1 } from './observe.ts';

const work = { scannedBytes: 0, copiedBytes: 0 };
const { scan } = FieldLines.prototype;
const { copy } = Buffer.prototype;

beforeEach(() => {
  work.scannedBytes = 0;
  work.copiedBytes = 0;
  FieldLines.prototype.scan = function (b, start, end, countMax) {
    work.scannedBytes += end - start;
    return scan.call(this, b, start, end, countMax);
  };
  Buffer.prototype.copy = function (this: Buffer, target: Uint8Array, at = 0, start = 0, end = this.length) {
    work.copiedBytes += end - start;
    return copy.call(this, target, at, start, end);
  };
});

afterEach(() => {
  FieldLines.prototype.scan = scan;
  Buffer.prototype.copy = copy;
});

function feed(stream: string | Buffer, pieceBytes: number, limits = LIMITS) {
  const octets = typeof stream === 'string' ? latin1(stream) : stream;
  const body = new BodyBuffer(limits);
  const seen: { messages: number; pieces: number; body: Buffer } = {
    messages: 0,
    pieces: 0,
    body: Buffer.alloc(0),
  };
  const parser = new ResponseParser(limits, new HeadParser(limits), {
    onInterim: () => {},
    onHead: () => {},
    onContent: (b, start, end) => {
      seen.pieces++;
      return body.take(b, start, end, false);
    },
    onMessage: () => {
      seen.messages++;
      seen.body = body.release();
    },
  });
  parser.begin('GET');
  for (let pos = 0; pos < octets.length && parser.state !== 'faulty'; pos += pieceBytes) {
    parser.execute(octets, pos, Math.min(octets.length, pos + pieceBytes));
  }
  if (parser.state === 'close') parser.finish();
  return { ...seen, fault: parser.fault?.message };
}

/** Twice for each look at the double of the last, once for the last; twice for what is kept, once for each doubling. */
const SCANS_MAX = 4;
const COPIES_MAX = 5;

function expectLinear(sentBytes: number): void {
  expect(work.scannedBytes).toBeLessThan(SCANS_MAX * sentBytes);
  expect(work.copiedBytes).toBeLessThan(COPIES_MAX * sentBytes + 4096);
}

const HEAD_BYTES = 60_000;
const START = 'HTTP/1.1 200 OK\r\n';
const END = 'Content-Length: 0\r\n\r\n';
const CHUNKED = `${START}Transfer-Encoding: chunked\r\n\r\n`;

describe.each([1, 2, 7, 100])('in pieces of %i bytes, the work is linear for', (pieceBytes) => {
  it.each([
    ['one long value', `A: ${'b'.repeat(HEAD_BYTES)}\r\n`],
    ['many lines', 'A: b\r\n'.repeat(199)],
    ['many long lines', `A: ${'b'.repeat(297)}\r\n`.repeat(199)],
    ['many folded lines', `A: b\r\n${' \r\n'.repeat(HEAD_BYTES / 3)}`],
    ['many folded lines that end in LF', `A: b\n${'\t\n'.repeat(HEAD_BYTES / 2)}`],
  ])('a header section of %s', (_what, lines) => {
    const stream = START + lines + END;
    expect(feed(stream, pieceBytes)).toMatchObject({ messages: 1, fault: undefined });
    expectLinear(stream.length);
  });

  it.each([
    ['that never ends', 'A: b\r\n'.repeat(20_000), { ...LIMITS, headerCountMax: 100_000 }],
    ['that never ends, folded', `A: b\r\n${' \n'.repeat(50_000)}`, LIMITS],
  ])('a header section %s', (_what, lines, limits) => {
    expect(feed(START + lines, pieceBytes, limits).fault).toContain('headerBytesMax');
    expectLinear(LIMITS.headerBytesMax);
  });

  it.each([
    ['one long value', `A: ${'b'.repeat(16_000)}\r\n`],
    ['many folded lines', `A: b\n${' \n'.repeat(8_000)}`],
  ])('trailers of %s', (_what, lines) => {
    const stream = `${CHUNKED}1\r\nx\r\n0\r\n${lines}\r\n`;
    expect(feed(stream, pieceBytes)).toMatchObject({ messages: 1, fault: undefined });
    expectLinear(stream.length);
  });

  it('interim responses up to the limit of all of them', () => {
    const interim = `HTTP/1.1 103 Early\r\nA: ${'b'.repeat(3000)}\r\n\r\n`;
    const stream = interim.repeat(20) + START + END;
    expect(feed(stream, pieceBytes)).toMatchObject({ messages: 1, fault: undefined });
    expectLinear(stream.length);
  });
});

describe('a body', () => {
  const BODY_BYTES = 1_000_000;
  const content = Buffer.alloc(BODY_BYTES, 'abcdefg');

  it.each([
    ['length', `${START}Content-Length: ${BODY_BYTES}\r\n\r\n`],
    ['close', `${START}\r\n`],
  ])('that drips in %s mode is copied a fixed number of times', (_mode, head) => {
    const seen = feed(Buffer.concat([latin1(head), content]), 1);
    expect(seen.body.equals(content)).toBe(true);
    expect(work.copiedBytes).toBeLessThan(3 * BODY_BYTES);
  });

  it.each([1, 1000, 65_536])(
    'in chunks of one octet, read %i at a time, is copied a fixed number of times',
    (pieceBytes) => {
      const chunks = 100_000;
      const seen = feed(`${CHUNKED}${'1\r\nx\r\n'.repeat(chunks)}0\r\n\r\n`, pieceBytes);
      expect(seen).toMatchObject({ messages: 1, pieces: chunks });
      expect(seen.body.equals(Buffer.alloc(chunks, 'x'))).toBe(true);
      expect(work.copiedBytes).toBeLessThan(4 * chunks);
    },
  );

  it('of a million octets in chunks of one takes less than a microsecond of CPU for each octet of its coding', () => {
    const octets = Buffer.concat([
      latin1(CHUNKED),
      Buffer.alloc(6 * BODY_BYTES, '1\r\nx\r\n'),
      latin1('0\r\n\r\n'),
    ]);
    const seen = { messages: 0 };
    const cpuMs = cpuMsOf(() => {
      seen.messages = feed(octets, 65_536).messages;
    });
    expect(seen.messages).toBe(1);
    expect(cpuMs).toBeLessThan(6000);
  });
});

describe('a field that frames the message', () => {
  const LONG = 60_000;

  it.each([
    ['white space that does not end it', `a${' '.repeat(LONG)}b`],
    ['white space in front of a comma', `a${' '.repeat(LONG)},b`],
    ['white space only', ' '.repeat(LONG)],
    ['commas', ','.repeat(LONG)],
    ['a list', 'a, '.repeat(LONG / 3)],
    ['digits', '1'.repeat(LONG)],
    ['almost timeouts', 'timeout '.repeat(LONG / 8)],
    ['folds', '\r\n '.repeat(LONG / 3)],
    ['blanks and CRs that fold nothing', `a${' \t'.repeat(LONG / 2)}\x0b`],
  ])('is read in linear time: %s', (_what, value) => {
    for (const name of ['Connection', 'Content-Length', 'Transfer-Encoding', 'Keep-Alive']) {
      const parser = new HeadParser(LIMITS);
      const octets = latin1(`${START}${name}: ${value}\r\n\r\n`);
      expect(cpuMsOf(() => parser.parse(octets, 0, octets.length))).toBeLessThan(500);
      expect(parser.head?.status).toBe(200);
    }
  });
});

function cpuMsOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
