import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random, scatter, scatterText } from '../../src/target/random.ts';

describe('Random', () => {
  it('depends on its seed alone', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('stays within 0 and 1, and fills all of it evenly', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const tenths = new Array<number>(10).fill(0);
        for (let i = 0; i < 2000; i++) tenths[Math.floor(random.next() * 10)]!++;
        for (const share of tenths) expect(Math.abs(share - 200)).toBeLessThan(100);
      }),
      { numRuns: 20 },
    );
  });
});

describe('scatter', () => {
  it('gives 32 bits, no two alike for neighbours', () => {
    const all = new Set(Array.from({ length: 10_000 }, (_, i) => scatter(i)));
    expect(all.size).toBe(10_000);
    for (const bits of all) expect(bits >>> 0).toBe(bits);
  });

  it('gives other bits to a text for another seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(1000), (text, seed) => {
        expect(scatterText(text, seed)).toBe(scatterText(text, seed));
        expect(scatterText(text, seed)).not.toBe(scatterText(text, seed + 1));
      }),
    );
  });
});
