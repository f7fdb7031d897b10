// What a host meters, by its 429s alone.

import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/scheduler/control/pace.ts';

/** Successes at a rate, from a moment on; the time after the last. */
function successes(pace: Pace, fromMs: number, count: number, perSecond: number, inFlight = 12): number {
  for (let i = 0; i < count; i++) {
    const endedMs = fromMs + (i * 1000) / perSecond;
    pace.succeeded(endedMs, endedMs - 40, inFlight);
  }
  return fromMs + (count * 1000) / perSecond;
}

describe('Pace', () => {
  it('knows no rate before the first 429', () => {
    const pace = new Pace();
    successes(pace, 100, 500, 300);
    expect(pace.ratePerSecond).toBeUndefined();
    expect(pace.refusedInFlight).toBe(0);
  });

  it('a 429 at a number that went well before: a rate, somewhat below what was admitted', () => {
    const pace = new Pace();
    const nowMs = successes(pace, 100, 600, 300);
    pace.refused(nowMs, nowMs - 10, 12);
    expect(pace.ratePerSecond).toBeGreaterThan(240);
    expect(pace.ratePerSecond).toBeLessThan(265);
  });

  it('a 429 at a number that nothing has gone well with: a limit of that', () => {
    const pace = new Pace();
    const nowMs = successes(pace, 100, 600, 300, 32);
    pace.refused(nowMs, nowMs - 10, 40);
    expect(pace.ratePerSecond).toBeUndefined();
    expect(pace.refusedInFlight).toBe(40);
    // Under way at that time: it tells more exactly, and is no news otherwise.
    pace.refused(nowMs + 1, nowMs - 9, 33);
    expect(pace.refusedInFlight).toBe(33);
  });

  it('what was under way when the rate was cut does not cut it again', () => {
    const pace = new Pace();
    const nowMs = successes(pace, 100, 600, 300);
    pace.refused(nowMs, nowMs - 10, 12);
    const rate = pace.ratePerSecond;
    for (let i = 1; i < 10; i++) pace.refused(nowMs + i, nowMs - 10 + i, 12);
    expect(pace.ratePerSecond).toBe(rate);
  });

  it('goes up slowly to where the last 429 was, and waits there ever longer', () => {
    const pace = new Pace();
    let nowMs = successes(pace, 100, 600, 300);
    pace.refused(nowMs, nowMs - 10, 12);
    nowMs = successes(pace, nowMs + 1000, 4000, 280);
    const before = pace.ratePerSecond!;
    pace.refused(nowMs, nowMs - 10, 12);
    expect(pace.ratePerSecond).toBeCloseTo(0.95 * before, 5);
    nowMs = successes(pace, nowMs + 1000, 6000, 280);
    expect(pace.ratePerSecond).toBeCloseTo(0.975 * before, 5);
    // Past the quiet time it tries for more, which is how a limit that was raised is found.
    successes(pace, nowMs, 20_000, 280);
    expect(pace.ratePerSecond).toBeGreaterThan(before);
  });

  it('forgets the rate where twice in a row it was the number in flight', () => {
    const pace = new Pace();
    let nowMs = successes(pace, 100, 600, 300);
    pace.refused(nowMs, nowMs - 10, 12);
    expect(pace.ratePerSecond).toBeDefined();
    for (let i = 0; i < 2; i++) {
      nowMs = successes(pace, nowMs + 1000, 600, 300, 32);
      pace.refused(nowMs, nowMs - 10, 33);
    }
    expect(pace.ratePerSecond).toBeUndefined();
    expect(pace.refusedInFlight).toBe(33);
  });
});
