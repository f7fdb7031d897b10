import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../src/sources/line-splitter.ts';
import { cutAt, inPieces } from './fixture.ts';

interface Line {
  line: number;
  bytes: string;
  overlong: boolean;
}

function split(chunks: Iterable<Buffer>, lineBytesMax: number): Line[] {
  const splitter = new LineSplitter(lineBytesMax);
  const lines: Line[] = [];
  const take = () => {
    while (splitter.next()) {
      const bytes = splitter.bytes.toString('latin1', splitter.start, splitter.end);
      lines.push({ line: splitter.line, bytes, overlong: splitter.overlong });
    }
  };
  for (const chunk of chunks) {
    splitter.push(chunk);
    take();
  }
  splitter.finish();
  take();
  return lines;
}

/** The same, the simple way: with everything in memory. */
function splitWhole(bytes: Buffer, lineBytesMax: number): Line[] {
  const texts = bytes.toString('latin1').split('\n');
  if (texts.at(-1) === '') texts.pop();
  return texts.map((text, i) => {
    const overlong = text.length - (text.endsWith('\r') ? 1 : 0) > lineBytesMax;
    return { line: i + 1, bytes: overlong ? text.slice(0, 1024) : text, overlong };
  });
}

const byte = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(10, 13) },
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 255 }) },
);

describe('LineSplitter', () => {
  it('finds the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(byte, { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        (list, places, lineBytesMax) => {
          const bytes = Buffer.from(list);
          expect(split(cutAt(bytes, places), lineBytesMax)).toEqual(splitWhole(bytes, lineBytesMax));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['\n', '\r\n'])('counts neither end of line %j against the limit', (end) => {
    const text = ['a'.repeat(9), 'b'.repeat(10), 'c'.repeat(11), 'd'].join(end) + end;
    for (const pieceBytes of [1, 2, 3, 5, 11, 100]) {
      const lines = split(inPieces(Buffer.from(text), pieceBytes), 10);
      expect(lines.map((line) => line.overlong)).toEqual([false, false, true, false]);
      expect(lines.map((line) => line.line)).toEqual([1, 2, 3, 4]);
    }
  });

  it('holds a line of 5 MB to no more than its limit of 1 KiB', () => {
    const splitter = new LineSplitter(1024);
    const chunk = Buffer.alloc(65_536, 'x');
    for (let i = 0; i < 80; i++) {
      splitter.push(chunk);
      expect(splitter.next()).toBe(false);
      expect(String(splitter)).toBe('line 0, 1.00 KiB held in 1.00 KiB');
    }
    splitter.push(Buffer.from('\nshort\n'));
    expect([splitter.next(), splitter.overlong, splitter.looseText()]).toEqual([
      true,
      true,
      'x'.repeat(1024),
    ]);
    expect([splitter.next(), splitter.overlong, splitter.text()]).toEqual([true, false, 'short']);
    expect(String(splitter)).toBe('line 2, 0 B held in 1.00 KiB');
  });

  it('does not copy a long line again for each of its chunks', () => {
    const splitter = new LineSplitter(1 << 22);
    let capacities = 0;
    let last = '';
    for (let i = 0; i < 1 << 14; i++) {
      splitter.push(Buffer.alloc(16, 'x'));
      splitter.next();
      const capacity = String(splitter).split(' in ')[1]!;
      if (capacity !== last) capacities++;
      last = capacity;
    }
    expect(capacities).toBeLessThan(20);
  });

  it('tells bytes that are not UTF-8 from a replacement character that is meant', () => {
    const splitter = new LineSplitter(100);
    splitter.push(Buffer.concat([Buffer.from('caf\u00e9 \ufffd\n'), Buffer.from([0x63, 0xe9, 10])]));
    splitter.next();
    expect(splitter.text()).toBe('caf\u00e9 \ufffd');
    splitter.next();
    expect(splitter.text()).toBeUndefined();
    expect(splitter.looseText()).toBe('c\ufffd');
  });

  it('trims white space, and nothing else', () => {
    const splitter = new LineSplitter(100);
    splitter.push(Buffer.from(' \t a b\u00a0\v \r\n \n'));
    splitter.next();
    splitter.trim();
    expect(splitter.text()).toBe('a b\u00a0');
    splitter.next();
    splitter.trim();
    expect(splitter.text()).toBe('');
  });
});
