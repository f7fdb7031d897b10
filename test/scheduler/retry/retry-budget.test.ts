import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../src/scheduler/retry/retry-budget.ts';

describe('RetryBudget', () => {
  it('has a reserve from the start, and then a share of the requests', () => {
    const budget = new RetryBudget(0.2, 3);
    expect(Array.from({ length: 5 }, () => budget.tryTake(0))).toEqual([true, true, true, false, false]);
    for (let i = 0; i < 4; i++) budget.onRequest(0);
    expect(budget.tryTake(0)).toBe(false);
    budget.onRequest(0);
    expect(budget.tryTake(0)).toBe(true);
    expect(budget.tryTake(0)).toBe(false);
  });

  it('lets exactly a fifth more through where everything fails, over millions of requests', () => {
    const budget = new RetryBudget(0.2, 10);
    let retries = 0;
    for (let i = 0; i < 2_000_000; i++) {
      budget.onRequest(i / 100);
      for (let again = 0; again < 2; again++) if (budget.tryTake(i / 100)) retries++;
    }
    expect(retries).toBe(400_010);
  });

  it('keeps retries within share × requests + reserve at every moment, whatever the outcomes', () => {
    const step = fc.record({
      requests: fc.integer({ min: 0, max: 30 }),
      retries: fc.integer({ min: 0, max: 30 }),
      ms: fc.integer({ min: -500, max: 20_000 }),
    });
    const share = fc.constantFrom(0, 0.01, 0.1, 0.2, 1, 5);
    fc.assert(
      fc.property(
        share,
        fc.integer({ min: 0, max: 20 }),
        fc.array(step, { maxLength: 60 }),
        (part, reserve, steps) => {
          const budget = new RetryBudget(part, reserve);
          let [requests, retries, nowMs] = [0, 0, 0];
          for (const one of steps) {
            nowMs += one.ms;
            for (let i = 0; i < one.requests; i++) budget.onRequest(nowMs);
            requests += one.requests;
            for (let i = 0; i < one.retries; i++) if (budget.tryTake(nowMs)) retries++;
            expect(retries).toBeLessThanOrEqual(part * requests + reserve + 1e-9);
          }
        },
      ),
    );
  });

  it('has from many at once what it would have from each at its time', () => {
    const saved = (budget: RetryBudget) => Number(/^[\d.]+/.exec(String(budget))![0]) - 10;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 60_000 }), (n, overMs) => {
        const [each, atOnce] = [new RetryBudget(0.2, 10), new RetryBudget(0.2, 10)];
        for (let i = 0; i < n; i++) each.onRequest(1_000 + (overMs * (i + 1)) / n);
        atOnce.onRequests(n, overMs, 1_000 + overMs);
        expect(saved(atOnce)).toBeLessThanOrEqual(n * 0.2 + 1e-9);
        // The one fades by the second, the other all the time; of few requests the last weighs much: 1.35 more for 54
        // over 53 s is the worst that there is.
        expect(Math.abs(saved(atOnce) - saved(each))).toBeLessThanOrEqual(0.12 * saved(each) + 1.4);
      }),
    );
  });

  it('forgets what was saved up, down to the reserve', () => {
    const budget = new RetryBudget(0.2, 10);
    for (let i = 0; i < 100_000; i++) budget.onRequest(0);
    expect(String(budget)).toBe('20010.0 retries to spend');
    budget.onRequest(10_000);
    expect(String(budget)).toBe('6983.8 retries to spend');
    budget.onRequest(3_600_000);
    expect(String(budget)).toBe('10.2 retries to spend');
  });

  it('keeps enough of a busy second for all that one reset ends', () => {
    const budget = new RetryBudget(0.2, 10);
    for (let ms = 0; ms < 10_000; ms++) for (let i = 0; i < 20; i++) budget.onRequest(ms);
    expect(Array.from({ length: 4_000 }, () => budget.tryTake(10_000)).every(Boolean)).toBe(true);
  });

  it('is at rest where a new one would allow as much', () => {
    const budget = new RetryBudget(0.5, 1);
    expect(budget.isAtRest).toBe(true);
    budget.tryTake(0);
    budget.onRequest(0);
    expect(budget.isAtRest).toBe(false);
    budget.onRequest(0);
    expect(budget.isAtRest).toBe(true);
  });

  it.each([-0.1, Number.NaN, 1_001])('refuses a share of %d', (share) => {
    expect(() => new RetryBudget(share, 1)).toThrow(RangeError);
  });
});
