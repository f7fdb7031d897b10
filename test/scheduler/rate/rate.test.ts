import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rate } from '../../../src/scheduler/rate/rate.ts';

/** Starts as often as it may, and waits exactly as long as it is told to. */
function startsOf(rate: Rate, fromMs: number, count: number): number[] {
  const starts: number[] = [];
  let nowMs = fromMs;
  while (starts.length < count) {
    const waitMs = rate.take(nowMs);
    if (waitMs === 0) starts.push(nowMs);
    else nowMs += waitMs;
  }
  return starts;
}

/** The most starts beyond what `perSecond` gives, in any window. */
function excess(starts: readonly number[], perSecond: number): number {
  let most = 0;
  let lowest = Number.POSITIVE_INFINITY;
  starts.forEach((ms, i) => {
    lowest = Math.min(lowest, i - (ms * perSecond) / 1000);
    most = Math.max(most, i + 1 - (ms * perSecond) / 1000 - lowest);
  });
  return most;
}

describe('Rate', () => {
  it('starts the burst at once, then one per interval, evenly', () => {
    expect(startsOf(new Rate(10, 3), 50, 7)).toEqual([50, 50, 50, 150, 250, 350, 450]);
  });

  it('counts nothing when asked, and nothing that has to wait', () => {
    const rate = new Rate(1, 1);
    for (let i = 0; i < 5; i++) expect(rate.waitMs(0)).toBe(0);
    expect(rate.take(0)).toBe(0);
    for (let ms = 0; ms < 1000; ms += 100) expect(rate.take(ms)).toBeCloseTo(1000 - ms, 6);
    expect(rate.take(1000)).toBe(0);
  });

  it('saves up no more than the burst, however long nothing starts', () => {
    const rate = new Rate(100, 4);
    startsOf(rate, 0, 10);
    expect(startsOf(rate, 1e9, 6).filter((ms) => ms === 1e9)).toHaveLength(4);
  });

  it('lets whoever waited as told start, at any time of the clock', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e13, noNaN: true }),
        fc.double({ min: 1e-4, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        (fromMs, perSecond, burst) => {
          const rate = new Rate(perSecond, burst);
          let nowMs = fromMs;
          for (let i = 0; i < 60; i++) {
            const waitMs = rate.take(nowMs);
            if (waitMs === 0) continue;
            nowMs += waitMs;
            expect(rate.take(nowMs)).toBe(0);
          }
        },
      ),
    );
  });

  it('does not drift: the two millionth start is where the first one and the rate put it', () => {
    // At this time of the clock a sum of intervals would be wrong by a hundredth of one with every step.
    const fromMs = 1e12;
    const intervalMs = 1000 / 300_000;
    const rate = new Rate(300_000, 2);
    rate.take(fromMs);
    let refused = 0;
    let worstMs = 0;
    for (let i = 0; i < 2_000_000; i++) {
      const nowMs = fromMs + i * intervalMs + 1e-3;
      if (rate.take(nowMs) !== 0) refused++;
      worstMs = Math.max(worstMs, Math.abs(rate.waitMs(nowMs) - (intervalMs - 1e-3)));
    }
    expect(refused).toBe(0);
    expect(worstMs).toBeLessThan(5e-4);
  });

  it('starts in no window more than the burst and the rate times the window, whatever the clock does', () => {
    const steps = fc.array(
      fc.oneof(
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.double({ min: -900, max: 0, noNaN: true }),
        fc.double({ min: -1e7, max: -2000, noNaN: true }),
      ),
      { minLength: 1, maxLength: 300 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 9 }),
        steps,
        (perSecond, burst, gaps) => {
          const rate = new Rate(perSecond, burst);
          let clockMs = 1e8;
          // Time that has passed, as far as the clock's steps forward tell.
          let passedMs = 0;
          const starts: number[] = [];
          for (const gap of gaps) {
            clockMs += gap;
            passedMs += Math.max(0, gap);
            while (rate.take(clockMs) === 0) starts.push(passedMs);
          }
          expect(excess(starts, perSecond)).toBeLessThanOrEqual(burst + 1e-3);
        },
      ),
    );
  });

  it('neither stalls nor bursts when the clock is set back by an hour', () => {
    const rate = new Rate(10, 2);
    startsOf(rate, 1e7, 5);
    const starts = startsOf(rate, 1e7 + 300 - 3_600_000, 20);
    expect(starts[0]! - (1e7 + 300 - 3_600_000)).toBeLessThan(200);
    expect(starts.at(-1)! - starts[0]!).toBeLessThan(2_100);
    expect(excess(starts, 10)).toBeLessThanOrEqual(2 + 1e-6);
  });

  it('stands still while a clock goes back by less than a second', () => {
    const rate = new Rate(1, 1);
    rate.take(1_000);
    expect(rate.waitMs(1_600)).toBeCloseTo(400, 6);
    expect(rate.waitMs(1_100)).toBeCloseTo(400, 6);
    expect(rate.waitMs(1_700)).toBeCloseTo(300, 6);
  });

  it('changes while it runs; what was used of the burst stays used', () => {
    const rate = new Rate(1, 1);
    expect(rate.take(0)).toBe(0);
    rate.change(100, 1, 0);
    expect(rate.take(0)).toBeCloseTo(10, 6);
    expect(rate.take(10)).toBe(0);
    rate.change(1, 1, 10);
    expect(rate.take(10)).toBeCloseTo(1000, 6);
    rate.change(1, 5, 10);
    expect(startsOf(rate, 10, 4)).toEqual([10, 10, 10, 10]);
    expect(rate.perSecond).toBe(1);
  });

  it('keeps to the greater of its rates across any changes', () => {
    const change = fc.record({
      perSecond: fc.integer({ min: 1, max: 200 }),
      burst: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
        const rate = new Rate(200, 5);
        const starts: number[] = [];
        let nowMs = 0;
        for (const { perSecond, burst } of changes) {
          rate.change(perSecond, burst, nowMs);
          for (const endMs = nowMs + 37; nowMs < endMs; nowMs++)
            while (rate.take(nowMs) === 0) starts.push(nowMs);
        }
        // A wider burst may be used each time that it comes: one start is all that a change may add beyond.
        expect(excess(starts, 200)).toBeLessThanOrEqual(5 + 4 * changes.length);
        expect(starts.length).toBeLessThanOrEqual(5 + 4 * changes.length + (nowMs * 200) / 1000);
      }),
    );
  });

  it('is at rest when a new one would do the same', () => {
    const rate = new Rate(10, 2);
    expect(rate.isAtRest(0)).toBe(true);
    rate.take(0);
    expect(rate.isAtRest(99)).toBe(false);
    expect(rate.isAtRest(100)).toBe(true);
  });

  it('shows itself in one line', () => {
    const rate = new Rate(10, 2);
    rate.take(0);
    expect(String(rate)).toBe('10 per second, burst 2, 1.0 used');
  });

  it.each([
    [0, 1],
    [-1, 1],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [1, 0],
    [1, Number.NaN],
  ])('refuses %d per second with a burst of %d', (perSecond, burst) => {
    expect(() => new Rate(perSecond, burst)).toThrow(RangeError);
    expect(() => new Rate(1, 1).change(perSecond, burst, 0)).toThrow(RangeError);
  });
});
