import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Carry } from '../../../src/transport/http1/carry.ts';
import { latin1 } from './observe.ts';

const pieces = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '\r\n'), minLength: 1, maxLength: 90 }),
  {
    maxLength: 30,
  },
);

describe('Carry', () => {
  it('hands out the new octets themselves where nothing was kept', () => {
    const carry = new Carry(100);
    const b = latin1('xxabcxx');
    expect(carry.with(b, 2, 5)).toMatchObject({ bytes: b, from: 2, to: 5, before: 0, ripe: true });
    expect(carry.length).toBe(0);
  });

  it('keeps what it is told to keep, through reads that fill one buffer anew', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 2000 }), (texts, max) => {
        const carry = new Carry(max);
        let sent = '';
        for (const text of texts) {
          const b = latin1(`<${text}>`);
          sent += text;
          const { bytes, from, to, before } = carry.with(b, 1, b.length - 1);
          expect(bytes.toString('latin1', from, to)).toBe(sent.slice(0, max + 1));
          expect(before).toBe(sent.length - text.length);
          if (sent.length > max) break;
          carry.keep(b, 1, b.length - 1);
          b.fill(0);
          expect(carry.length).toBe(sent.length);
        }
        const { bytes, from, to } = carry.all;
        expect(sent.startsWith(bytes.toString('latin1', from, to))).toBe(true);
        carry.clear();
        expect(carry.length).toBe(0);
      }),
    );
  });

  it('never holds more than the limit and one octet, nor a larger buffer, whatever comes', () => {
    for (const max of [0, 1, 600, 5000, 70_000]) {
      const carry = new Carry(max);
      const read = Buffer.alloc(65_536, 'a');
      for (const piece of [1, 100, 65_536, 65_536]) {
        const { bytes, from, to, before } = carry.with(read, 0, piece);
        expect(to - from).toBeLessThanOrEqual(max + 1);
        if (before > 0) expect(bytes.length).toBeLessThanOrEqual(Math.max(512, max + 1));
        if (to - from > max) break;
        carry.keep(read, 0, piece);
      }
    }
  });

  it('gives a large buffer back when the section is over, and uses a small one again', () => {
    const carry = new Carry(100_000);
    const capacity = (bytes: number) => {
      carry.keep(Buffer.alloc(bytes), 0, bytes);
      const { length } = carry.all.bytes;
      carry.clear();
      return length;
    };
    expect(capacity(10)).toBe(512);
    expect(carry.all.bytes.length).toBe(512);
    expect(capacity(50_000)).toBe(50_000);
    expect(carry.all.bytes.length).toBe(0);
  });

  it('is ripe when an empty line has come, however it was split', () => {
    for (const text of ['a\n\nb', 'a\r\n\r\nb', 'a\n\r\nb', 'a\r\n\nb']) {
      for (let cut = 1; cut < text.length; cut++) {
        // Long before, so that it is not for the doubling that it is looked at.
        const carry = new Carry(10_000);
        const line = latin1('x'.repeat(1000));
        carry.with(line, 0, 1000);
        carry.keep(line, 0, 1000);
        const first = latin1(text.slice(0, cut));
        const second = latin1(text.slice(cut));
        const ripeBefore = carry.with(first, 0, first.length).ripe;
        carry.keep(first, 0, first.length);
        expect(ripeBefore).toBe(cut === text.length - 1);
        if (!ripeBefore) expect(carry.with(second, 0, second.length).ripe).toBe(true);
      }
    }
  });

  it('is ripe a few times only, however many pieces and lines come', () => {
    const carry = new Carry(100_000);
    const b = latin1('a\r\n'.repeat(30_000));
    let looks = 0;
    for (let i = 0; i < b.length; i++) {
      if (carry.with(b, i, i + 1).ripe) looks++;
      carry.keep(b, i, i + 1);
    }
    expect(looks).toBe(17);
  });
});
