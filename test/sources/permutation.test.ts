// An order that is computed: every number once, its place found again, and no order more likely than another.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Permutation } from '../../src/sources/permutation.ts';

const SEED = fc.maxSafeNat();
const ORDER_OF = (size: number, seed: number) => {
  const order = new Permutation(size, seed);
  return Array.from({ length: size }, (_, place) => order.at(place));
};

/** Standard deviations between Pearson's statistic and what chance makes of it. */
function strangeness(counts: Iterable<number>, cells: number, expected: number): number {
  let sum = 0;
  let seen = 0;
  for (const count of counts) {
    sum += (count - expected) ** 2 / expected;
    seen++;
  }
  sum += (cells - seen) * expected;
  return (sum - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}

describe('a permutation', () => {
  it('has every number once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), SEED, (size, seed) => {
        const seen = new Set(ORDER_OF(size, seed));
        expect(seen.size).toBe(size);
        expect([Math.min(...seen), Math.max(...seen)]).toEqual([0, size - 1]);
      }),
      { numRuns: 60 },
    );
  });

  it('finds the place of every number again, whatever the size', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.maxSafeNat().map((n) => n + (n === 0 ? 1 : 0)),
      // Where squares begin and end, and the largest of all.
      fc.integer({ min: 2, max: 94_906_265 }).map((n) => n * n),
      fc.integer({ min: 2, max: 94_906_265 }).map((n) => n * n + 1),
      fc.constantFrom(2 ** 53 - 1, 2 ** 53 - 2, 2 ** 52, 10 ** 12),
    );
    fc.assert(
      fc.property(size, SEED, fc.maxSafeNat(), (size, seed, some) => {
        const order = new Permutation(size, seed);
        for (const place of [0, some % size, size - 1]) {
          const number = order.at(place);
          expect(Number.isSafeInteger(number) && number >= 0 && number < size).toBe(true);
          expect(order.placeOf(number)).toBe(place);
          expect(order.at(order.placeOf(place))).toBe(place);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('stays the same: what a seed has ever meant it means for good', () => {
    expect(ORDER_OF(10, 1)).toEqual([0, 7, 5, 8, 6, 9, 4, 1, 2, 3]);
    const large = new Permutation(10 ** 12, 2 ** 53 - 1);
    expect([0, 1, 2].map((place) => large.at(place))).toEqual([
      908_506_221_938, 884_758_464_480, 893_167_998_808,
    ]);
  });

  it('is another one for another seed, also where only the upper half of the seed differs', () => {
    expect(ORDER_OF(20, 7)).not.toEqual(ORDER_OF(20, 8));
    expect(ORDER_OF(20, 7)).not.toEqual(ORDER_OF(20, 7 + 2 ** 32));
  });

  it.each([2, 3, 4, 5, 6])('of %i numbers is every one there is, equally often over the seeds', (size) => {
    const all = [1, 1, 2, 6, 24, 120, 720][size]!;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < all * 50; seed++) {
      const key = ORDER_OF(size, seed).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(all);
    expect(Math.abs(strangeness(counts.values(), all, 50))).toBeLessThan(4);
  });

  it('puts each number at each place equally often, leaves as few in place and side by side as chance does', () => {
    const size = 33;
    const seeds = 3000;
    const cells = new Int32Array(size * size);
    let inPlace = 0;
    let neighbours = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const numbers = ORDER_OF(size, seed);
      numbers.forEach((number, place) => {
        cells[place * size + number]!++;
        if (number === place) inPlace++;
        if (number === numbers[place - 1]! + 1) neighbours++;
      });
    }
    expect(Math.abs(strangeness(cells, size * size, seeds / size))).toBeLessThan(4);
    // Both are Poisson with a mean near 1.
    const spread = 4 / Math.sqrt(seeds);
    expect(Math.abs(inPlace / seeds - 1)).toBeLessThan(spread);
    expect(Math.abs(neighbours / seeds - (size - 1) / size)).toBeLessThan(spread);
  });

  it.each([5_000, 10 ** 12, 2 ** 53 - 1])('of %i scatters what stands side by side', (size) => {
    const boxes = 16;
    const order = new Permutation(size, 3);
    const cells = new Int32Array(boxes * boxes);
    const pairs = Math.min(size - 1, 40_000);
    const box = (place: number) => Math.floor((order.at(place) / size) * boxes);
    for (let place = 0; place < pairs; place++) cells[box(place) * boxes + box(place + 1)]!++;
    // Of a small one all numbers are drawn, without replacement: less strange than chance is right, too.
    expect(strangeness(cells, boxes * boxes, pairs / (boxes * boxes))).toBeLessThan(4);
  });

  it('refuses what is none of its numbers: the walk might never end', () => {
    const order = new Permutation(10, 1);
    for (const n of [-1, 10, 0.5, Number.NaN, 2 ** 60]) {
      expect(() => order.at(n)).toThrow(RangeError);
      expect(() => order.placeOf(n)).toThrow(RangeError);
    }
    expect(() => new Permutation(0, 1)).toThrow(RangeError);
    expect(() => new Permutation(2 ** 53, 1)).toThrow(RangeError);
  });
});
