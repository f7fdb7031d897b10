// What a few measurements say: against printed tables, and as properties.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  estimate,
  isLower,
  mean,
  studentQuantile,
  studentTail,
  variance,
} from '../../src/metrics/statistics.ts';

describe("Student's distribution", () => {
  it.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 4, 2.776],
    [0.975, 10, 2.228],
    [0.975, 30, 2.042],
    [0.95, 2, 2.92],
    [0.95, 5, 2.015],
    [0.995, 2, 9.925],
    [0.975, 1e6, 1.96],
  ])('has the quantile %d at %d degrees of freedom where tables have it', (p, freedom, t) => {
    expect(studentQuantile(p, freedom)).toBeCloseTo(t, 3);
  });

  it('has its tail where its quantile says', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.51, max: 0.999, noNaN: true }),
        fc.double({ min: 0.5, max: 200, noNaN: true }),
        (p, freedom) => {
          expect(studentTail(studentQuantile(p, freedom), freedom)).toBeCloseTo(1 - p, 8);
        },
      ),
    );
  });

  it('is symmetric: half of it lies above 0', () => {
    expect(studentTail(0, 3)).toBeCloseTo(0.5, 12);
    // With one degree of freedom it is Cauchy's, whose tail is known in closed form.
    for (const t of [0.1, 1, 5, 100]) expect(studentTail(t, 1)).toBeCloseTo(0.5 - Math.atan(t) / Math.PI, 10);
  });
});

describe('an estimate', () => {
  it('is the mean with its interval', () => {
    const { mean: middle, low, high } = estimate([10, 12, 14]);
    expect(middle).toBe(12);
    // 2 / √3 × 4.303
    expect(high! - 12).toBeCloseTo(4.968, 3);
    expect(12 - low!).toBeCloseTo(4.968, 3);
  });

  it('has no bounds of one value', () => {
    expect(estimate([5])).toEqual({ mean: 5, low: undefined, high: undefined });
    expect(estimate([])).toEqual({ mean: 0, low: undefined, high: undefined });
  });

  it('holds the truth about 95 times in 100', () => {
    let state = 7;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let held = 0;
    for (let i = 0; i < 4000; i++) {
      const { low, high } = estimate([normal(), normal(), normal()]);
      if (low! <= 0 && high! >= 0) held++;
    }
    expect(held / 4000).toBeGreaterThan(0.94);
    expect(held / 4000).toBeLessThan(0.96);
  });

  it('moves and stretches with its values', () => {
    const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(values, (list) => {
        const one = estimate(list);
        const other = estimate(list.map((value) => 3 * value + 5));
        expect(other.mean).toBeCloseTo(3 * one.mean + 5, 6);
        expect(other.high! - other.mean).toBeCloseTo(3 * (one.high! - one.mean), 4);
        expect(variance(list)).toBeGreaterThanOrEqual(0);
        expect(mean(list)).toBeGreaterThanOrEqual(Math.min(...list) - 1e-9);
      }),
    );
  });
});

describe('whether one is lower', () => {
  it('needs more than one value, and more than chance', () => {
    expect(isLower([1], [2])).toBe(false);
    expect(isLower([100, 101, 99], [120, 121, 119])).toBe(true);
    expect(isLower([120, 121, 119], [100, 101, 99])).toBe(false);
    expect(isLower([100, 140, 90], [120, 121, 119])).toBe(false);
    expect(isLower([5, 5], [6, 6])).toBe(true);
    expect(isLower([6, 6], [6, 6])).toBe(false);
  });

  it("is Welch's test", () => {
    // t = 2.35 at 4 degrees of freedom: 3.9 % of chance.
    expect(isLower([10, 11, 12], [11.9, 12.9, 13.95])).toBe(true);
    // t = 1.96 there: 6.1 %.
    expect(isLower([10, 11, 12], [11.6, 12.6, 13.6])).toBe(false);
  });
});
