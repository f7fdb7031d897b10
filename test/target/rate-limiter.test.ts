import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../src/target/rate-limiter.ts';

const admittedAt = (limiter: RateLimiter, times: readonly number[]) =>
  times.filter((ms) => limiter.take(ms).admitted);

describe('RateLimiter', () => {
  it('admits the burst at once and then one per interval', () => {
    const limiter = new RateLimiter(10, 3);
    expect(admittedAt(limiter, [0, 0, 0, 0])).toEqual([0, 0, 0]);
    expect(admittedAt(limiter, [99, 100, 101, 199, 200])).toEqual([100, 200]);
  });

  it('saves up no more than the burst', () => {
    const limiter = new RateLimiter(10, 2);
    limiter.take(0);
    expect(admittedAt(limiter, [60_000, 60_000, 60_000])).toHaveLength(2);
  });

  it('tells what remains and when the burst is whole again', () => {
    const limiter = new RateLimiter(10, 3);
    expect(limiter.take(0)).toEqual({ admitted: true, remaining: 2, resetMs: 100 });
    expect(limiter.take(0)).toEqual({ admitted: true, remaining: 1, resetMs: 200 });
    expect(limiter.take(50)).toEqual({ admitted: true, remaining: 0, resetMs: 250 });
    expect(limiter.take(60)).toEqual({ admitted: false, remaining: 0, resetMs: 240 });
  });

  it('does not charge for what it refuses', () => {
    const limiter = new RateLimiter(1, 1);
    limiter.take(0);
    for (let ms = 1; ms < 1000; ms++) expect(limiter.take(ms).admitted).toBe(false);
    expect(limiter.take(1000).admitted).toBe(true);
  });

  it('refuses nobody who keeps to the rate', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (rate, burst) => {
          const limiter = new RateLimiter(rate, burst);
          for (let i = 0; i < 300; i++) expect(limiter.take((i * 1000) / rate).admitted).toBe(true);
        },
      ),
    );
  });

  it('admits in any window at most the burst and the rate times the window', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 20 }),
        gaps,
        (rate, burst, steps) => {
          const limiter = new RateLimiter(rate, burst);
          let now = 0;
          const times = steps.map((gap) => {
            now += gap;
            return now;
          });
          const admitted = admittedAt(limiter, times);
          for (let from = 0; from < admitted.length; from++) {
            for (let to = from; to < admitted.length; to++) {
              const windowS = (admitted[to]! - admitted[from]!) / 1000;
              expect(to - from + 1).toBeLessThanOrEqual(burst + rate * windowS + 1e-3);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
