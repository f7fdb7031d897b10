// HeadParser remembers the last head. Whatever went through it before, it must say what a fresh one says.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadParser } from '../../../src/transport/http1/head-parser.ts';
import { expectSame, LIMITS, latin1, observe } from './observe.ts';
import { damaged, sample } from './streams.ts';

const FIRST = latin1('HTTP/1.1 200 OK\r\nDate: 1\r\nContent-Length: 2\r\n\r\n');
const SECOND = latin1('HTTP/1.1 200 OK\r\nDate: 2\r\nContent-Length: 2\r\n\r\n');

/** More heads in a row that are unlike the one before than it takes to stop comparing. */
const MANY = 200;

function parse(parser: HeadParser, octets: Buffer) {
  const after = parser.parse(octets, 0, octets.length);
  return { after, head: after > 0 ? parser.head : undefined, fault: after === -2 ? parser.fault : undefined };
}

describe('the memory of the last head', () => {
  it('gives the same head object for the same octets, and another for others', () => {
    const parser = new HeadParser(LIMITS);
    const first = parse(parser, FIRST).head;
    expect(parse(parser, FIRST).head).toBe(first);
    const second = parse(parser, SECOND).head;
    expect(second).not.toBe(first);
    expect(second!.headers[0]).toEqual(['Date', '2']);
    expect(parse(parser, Buffer.concat([SECOND, FIRST]))).toMatchObject({ after: SECOND.length });
    expect(parse(parser, SECOND).head).toBe(second);
    expect(parse(parser, FIRST).head!.headers[0]).toEqual(['Date', '1']);
  });

  it('copies what it remembers: the read buffer is filled anew under it', () => {
    const parser = new HeadParser(LIMITS);
    const buffer = Buffer.from(FIRST);
    parse(parser, buffer);
    buffer.set(SECOND);
    expect(parse(parser, buffer).head!.headers[0]).toEqual(['Date', '2']);
    expect(parse(parser, FIRST).head!.headers[0]).toEqual(['Date', '1']);
  });

  it('does not take a part of a head for the head', () => {
    const parser = new HeadParser(LIMITS);
    parse(parser, FIRST);
    for (let length = 0; length < FIRST.length; length++) {
      expect(parser.parse(FIRST, 0, length)).toBe(-1);
    }
    const longer = latin1('HTTP/1.1 200 OK\r\nDate: 1\r\nContent-Length: 2\r\nX: y\r\n\r\n');
    expect(parse(parser, longer)).toMatchObject({ after: longer.length, head: { status: 200 } });
    expect(parse(parser, FIRST).after).toBe(FIRST.length);
  });

  it('rests after many heads in a row that differ, and comes back when they are alike again', () => {
    const parser = new HeadParser(LIMITS);
    for (let i = 0; i < MANY; i++) {
      const octets = latin1(`HTTP/1.1 200 OK\r\nETag: "${i}"\r\n\r\n`);
      expect(parse(parser, octets).head!.headers).toEqual([['ETag', `"${i}"`]]);
    }
    const heads = Array.from({ length: MANY }, () => parse(parser, FIRST).head);
    const back = heads.findIndex((head, i) => i > 0 && head === heads[i - 1]);
    expect(back).toBeGreaterThan(0);
    expect(back).toBeLessThan(70);
    expect(new Set(heads.slice(back)).size).toBe(1);
  });

  it('never rests where one head in sixteen is like the one before it', () => {
    const parser = new HeadParser(LIMITS);
    for (let i = 0; i < MANY; i++) {
      const octets = latin1(`HTTP/1.1 200 OK\r\nETag: "${i - (i % 16 === 0 ? 1 : 0)}"\r\n\r\n`);
      const before = parser.head;
      const { head } = parse(parser, octets);
      if (i > 0 && i % 16 === 0) expect(head).toBe(before);
    }
  });

  it('changes nothing: heads of every kind, alike and unlike, in any order', () => {
    const stream = fc.oneof(
      sample.map((valid) => ({ method: valid.method, octets: latin1(valid.stream) })),
      damaged,
    );
    const order = fc.array(fc.nat(5), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(stream, { minLength: 6, maxLength: 6 }), order, (streams, picks) => {
        const heads = new HeadParser(LIMITS);
        const fresh = streams.map(({ method, octets }) => observe(octets, { method }));
        // Each is met once more right behind itself, so that it is remembered and then recognised.
        for (const pick of picks.flatMap((one) => [one, one])) {
          const { method, octets } = streams[pick]!;
          expectSame(observe(octets, { method, heads }), fresh[pick], `stream ${pick}`);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('changes nothing while it rests', () => {
    fc.assert(
      fc.property(fc.array(damaged, { minLength: 1, maxLength: 8 }), (streams) => {
        const heads = new HeadParser(LIMITS);
        for (let i = 0; i < 20; i++) parse(heads, latin1(`HTTP/1.1 200 OK\r\nETag: "${i}"\r\n\r\n`));
        for (let i = 0; i < 30; i++) {
          const { method, octets } = streams[i % streams.length]!;
          expectSame(observe(octets, { method, heads }), observe(octets, { method }), `stream ${i}`);
        }
      }),
      { numRuns: 100 },
    );
  });
});
