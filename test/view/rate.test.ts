import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentRate } from '../../src/view/rate.ts';

describe('RecentRate', () => {
  it('measures from the start while that is recent', () => {
    const rate = new RecentRate();
    expect(rate.add(500, 50)).toBe(100);
    expect(rate.add(1000, 200)).toBe(200);
  });

  it('forgets what is longer ago than two seconds', () => {
    const rate = new RecentRate();
    for (let ms = 125; ms <= 10_000; ms += 125) rate.add(ms, ms);
    for (let ms = 10_125; ms < 12_000; ms += 125) rate.add(ms, 10_000);
    expect(rate.add(12_000, 10_000)).toBe(0);
  });

  it('measures from the sample before where samples are rare', () => {
    const rate = new RecentRate();
    rate.add(10_000, 1000);
    expect(rate.add(20_000, 4000)).toBe(300);
  });

  it('divides by no time at all', () => {
    const rate = new RecentRate();
    expect(rate.add(0, 10)).toBe(0);
  });

  it('tells a steady rate, however the samples fall', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (gaps) => {
        const rate = new RecentRate();
        let atMs = 0;
        for (const gap of gaps) {
          atMs += gap;
          expect(rate.add(atMs, atMs * 3)).toBeCloseTo(3000, 6);
        }
      }),
    );
  });
});
