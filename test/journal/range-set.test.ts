// RangeSet against a plain Set, and what it promises of its size.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FullChunks } from '../../src/journal/full-chunks.ts';
import { RangeSet } from '../../src/journal/range-set.ts';

/** Numbers as runs give them: some order, many neighbours, the borders of chunks (2,048), and some far away. */
const numbers = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ from: fc.nat(9_000), length: fc.nat(3_000) }) },
      { weight: 3, arbitrary: fc.record({ from: fc.nat(12_000), length: fc.constant(1) }) },
      {
        weight: 2,
        arbitrary: fc.record({ from: fc.constantFrom(0, 2_047, 2_048, 4_095, 4_096), length: fc.nat(2) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          from: fc.constantFrom(2 ** 31 - 3, 2 ** 32 - 2, 10 ** 12, Number.MAX_SAFE_INTEGER - 4),
          length: fc.nat(5),
        }),
      },
    ),
    { maxLength: 12 },
  )
  .map((runs) => runs.flatMap(({ from, length }) => Array.from({ length }, (_, i) => from + i)));

function rangesOf(sorted: readonly number[]): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (const n of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to === n) last.to = n + 1;
    else ranges.push({ from: n, to: n + 1 });
  }
  return ranges;
}

function setOf(all: Iterable<number>): RangeSet {
  const set = new RangeSet();
  for (const n of all) set.add(n);
  return set;
}

describe('RangeSet', () => {
  it('holds what a Set holds, however the numbers come', () => {
    fc.assert(
      fc.property(numbers, fc.boolean(), (all, backwards) => {
        const set = new RangeSet();
        const model = new Set<number>();
        for (const n of backwards ? [...all].reverse() : all) {
          if (set.add(n) === model.has(n)) throw new Error(`add of ${n}`);
          model.add(n);
        }
        const sorted = [...model].sort((a, b) => a - b);
        expect(set.count).toBe(model.size);
        expect([...set]).toEqual(rangesOf(sorted));
        const copy = RangeSet.parse(set.toText());
        expect(copy.count).toBe(model.size);
        expect([...copy]).toEqual([...set]);
        expect(copy.toText()).toBe(set.toText());
      }),
      { numRuns: 100 },
    );
  });

  it('answers for each number as a Set does, and again after its text has been read', () => {
    fc.assert(
      fc.property(numbers, fc.array(fc.nat(15_000), { maxLength: 50 }), (all, asked) => {
        const model = new Set(all);
        const sets = [setOf(all), RangeSet.parse(setOf(all).toText())];
        for (const set of sets) {
          for (const n of [...asked, ...all.slice(0, 50), ...all.slice(0, 50).map((m) => m + 1)]) {
            let gap = n;
            while (model.has(gap)) gap++;
            expect([n, set.has(n), set.nextGap(n)]).toEqual([n, model.has(n), gap]);
          }
          const more = new Set(model);
          for (const n of asked) {
            if (set.add(n) === more.has(n)) throw new Error(`add of ${n}`);
            more.add(n);
          }
          expect(set.count).toBe(more.size);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('tells its gaps', () => {
    const set = setOf([1, 2, 3, 7, 5_000]);
    expect([set.firstGap, set.gaps, set.count]).toEqual([0, 3, 5]);
    set.add(0);
    expect([set.firstGap, set.gaps]).toEqual([4, 2]);
    expect(`${set}`).toBe('ranges 6 numbers, first gap 4, gaps 2');
    expect([new RangeSet().firstGap, new RangeSet().gaps]).toEqual([0, 0]);
  });

  it('has a text that people can read', () => {
    expect(new RangeSet().toText()).toBe('0');
    expect(setOf([0, 1, 2]).toText()).toBe('3');
    expect(setOf([0, 1, 4, 5, 6]).toText()).toBe('2,2,3');
    expect(setOf([3, 4]).toText()).toBe('0,3,2');
    expect([...RangeSet.parse('0')]).toEqual([]);
    expect([...RangeSet.parse('0,3,2')]).toEqual([{ from: 3, to: 5 }]);
  });

  it('refuses a text that is none', () => {
    const wrong = [
      '',
      'x',
      '1,',
      '1,2',
      '0,0',
      '0,0,1',
      '1,0,1',
      '-1',
      '1.5',
      '1e3',
      ' 1',
      '1,1,0',
      '9007199254740994',
    ];
    for (const text of wrong) expect(() => RangeSet.parse(text), text).toThrow(RangeError);
    expect(() => RangeSet.parse('1,9007199254740991,1')).toThrow(RangeError);
    expect(RangeSet.parse('9007199254740992').has(Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  it('refuses what is no place in a sequence', () => {
    for (const n of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
      expect(() => new RangeSet().add(n), `${n}`).toThrow(RangeError);
  });

  it('stays small while a gap at its start stays open', () => {
    const set = new RangeSet();
    for (let n = 1; n < 3_000_000; n++) set.add(n);
    expect(set.toText()).toBe('0,1,2999999');
    set.add(0);
    expect(set.toText()).toBe('3000000');
  });
});

describe('FullChunks', () => {
  it('has one range for what meets, in whatever order it came', () => {
    const order = fc.shuffledSubarray(
      Array.from({ length: 40 }, (_, i) => i),
      { minLength: 30 },
    );
    fc.assert(
      fc.property(order, (all) => {
        const chunks = new FullChunks();
        for (const n of all) chunks.add(n, n + 1);
        const expected = rangesOf([...all].sort((a, b) => a - b));
        const found = Array.from({ length: chunks.ranges }, (_, i) => ({
          from: chunks.from(i),
          to: chunks.to(i),
        }));
        expect(found).toEqual(expected);
      }),
    );
  });
});
