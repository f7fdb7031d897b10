// The difference of two sets of ranges, against plain Sets.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference } from '../../src/journal/range-difference.ts';
import { RangeSet } from '../../src/journal/range-set.ts';

const ranges = fc.array(fc.record({ from: fc.nat(300), length: fc.integer({ min: 1, max: 60 }) }), {
  maxLength: 12,
});

function setOf(parts: readonly { from: number; length: number }[]): RangeSet {
  const set = new RangeSet();
  for (const { from, length } of parts) for (let n = from; n < from + length; n++) set.add(n);
  return set;
}

function numbersIn(set: RangeSet): number[] {
  return [...set].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
}

describe('difference', () => {
  it('has what is in the one and not in the other', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const [all, gone] = [setOf(a), setOf(b)];
        const left = difference(all, gone);
        expect(numbersIn(left)).toEqual(numbersIn(all).filter((n) => !gone.has(n)));
        expect(left.count).toBe(numbersIn(left).length);
      }),
    );
  });

  it('costs as much as there are ranges, whatever lies in them', () => {
    const all = RangeSet.parse(String(10 ** 12));
    const gone = RangeSet.parse('0,5,1');
    expect(difference(all, gone).toText()).toBe('5,1,999999999994');
    expect(difference(gone, all).toText()).toBe('0');
    expect(difference(all, new RangeSet()).toText()).toBe(all.toText());
  });

  it('leaves both sets as they are', () => {
    const [all, gone] = [RangeSet.parse('10'), RangeSet.parse('0,3,2')];
    difference(all, gone);
    expect([all.toText(), gone.toText()]).toEqual(['10', '0,3,2']);
  });
});
