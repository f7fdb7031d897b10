// The law by itself, without any target: its bounds, and what single kinds of samples do to it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoodputLaw } from '../../src/scheduler/control/goodput-law.ts';
import type { Sample } from '../../src/scheduler/control/law.ts';
import { Random } from '../../src/target/random.ts';

const SETTINGS = { initial: 8, max: 256 };

function sample(nowMs: number, more: Partial<Sample> = {}): Sample {
  return { nowMs, verdict: 'success', latencyMs: 50, inFlight: 8, limited: true, status: 200, ...more };
}

/** Ends one after another as a host does whose latency never grows; `change` says what differs from that. */
function feed(
  law: GoodputLaw,
  requests: number,
  change: (i: number) => Partial<Sample> = () => ({}),
): number {
  let nowMs = 0;
  for (let i = 0; i < requests; i++) {
    nowMs += 50 / law.limit;
    law.record(sample(nowMs, { inFlight: law.limit, ...change(i) }));
  }
  return nowMs;
}

describe('GoodputLaw', () => {
  it('stays within its bounds whatever it is told', () => {
    const told = fc.record({
      afterMs: fc.double({ min: 0, max: 5000, noNaN: true }),
      verdict: fc.constantFrom('success', 'ignore', 'drop'),
      latencyMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 60_000, noNaN: true })),
      inFlight: fc.integer({ min: 1, max: 300 }),
      limited: fc.boolean(),
      status: fc.constantFrom(0, 200, 404, 429, 500, 503),
      saturation: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.array(told, { maxLength: 400 }), (max, all) => {
        const law = new GoodputLaw({ initial: 8, max });
        let nowMs = 0;
        for (const { afterMs, saturation, ...rest } of all) {
          nowMs += afterMs;
          law.saturation(saturation);
          law.record({ nowMs, ...(rest as Omit<Sample, 'nowMs'>) });
          expect(Number.isInteger(law.limit)).toBe(true);
          expect(law.limit).toBeGreaterThanOrEqual(1);
          expect(law.limit).toBeLessThanOrEqual(max);
          const rate = law.ratePerSecond;
          expect(rate === undefined || (rate > 0 && Number.isFinite(rate))).toBe(true);
        }
      }),
    );
  });

  it('doubles as long as latency does not grow, up to its maximum', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 20_000);
    expect(law.limit).toBeGreaterThan(200);
    expect(law.finding).toBe('cap');
    expect(`${law}`).toMatch(/^\d+ in flight, (rest|base|test), cap$/);
  });

  it('does not grow where there is not more to do', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 2000, () => ({ limited: false, inFlight: 3 }));
    expect(law.limit).toBe(8);
  });

  it('does not grow where nothing comes but errors of the server', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 2000, () => ({ status: 500, verdict: 'ignore' }));
    expect(law.limit).toBe(8);
  });

  it('learns nothing from what never reached the host', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 2000, () => ({ status: 0, verdict: 'ignore', latencyMs: 1 }));
    expect(law.limit).toBe(8);
    expect(law.finding).toBe('searching');
  });

  it('is not cut by drops that come at any load', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 20_000, (i) => (i % 100 === 0 ? { status: 0, verdict: 'drop' } : {}));
    expect(law.limit).toBeGreaterThan(150);
  });

  it('goes down to one where everything is dropped, and comes back with the host', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 40_000, (i) => (i < 2000 ? { status: 0, verdict: 'drop', latencyMs: 1 } : {}));
    expect(law.limit).toBeGreaterThan(100);
    const down = new GoodputLaw(SETTINGS);
    feed(down, 2000, () => ({ status: 0, verdict: 'drop', latencyMs: 1 }));
    expect(down.limit).toBe(1);
  });

  it('holds where latency grows with what is in flight', () => {
    const law = new GoodputLaw(SETTINGS);
    let nowMs = 0;
    for (let i = 0; i < 60_000; i++) {
      const inFlight = law.limit;
      nowMs += Math.max(50 / inFlight, 50 / 40);
      law.record(sample(nowMs, { inFlight, latencyMs: 50 * Math.max(1, inFlight / 40) }));
    }
    expect(law.limit).toBeGreaterThanOrEqual(38);
    expect(law.limit).toBeLessThanOrEqual(53);
    expect(law.finding).toBe('knee');
  });

  it('tries no more while this process is saturated', () => {
    const law = new GoodputLaw(SETTINGS);
    law.saturation(1);
    let most = 0;
    let nowMs = 0;
    // The ramp ends where latency shows it; from there on nothing beyond it is tried.
    for (let i = 0; i < 30_000; i++) {
      const inFlight = law.limit;
      nowMs += Math.max(50 / inFlight, 50 / 40);
      law.record(sample(nowMs, { inFlight, latencyMs: 50 * Math.max(1, inFlight / 40) }));
      if (i > 3000) most = Math.max(most, law.limit);
    }
    expect(most).toBeLessThanOrEqual(46);
  });

  describe('where answers take less than a millisecond', () => {
    /** One after another, each in so many milliseconds with so many in flight. */
    function serve(
      law: GoodputLaw,
      requests: number,
      eachMs: (inFlight: number, i: number) => number,
    ): number {
      let nowMs = 0;
      let most = 0;
      for (let i = 0; i < requests; i++) {
        const inFlight = law.limit;
        nowMs += eachMs(inFlight, i);
        law.record(sample(nowMs, { inFlight, latencyMs: inFlight * eachMs(inFlight, i) }));
        if (i > requests / 2) most = Math.max(most, law.limit);
      }
      return most;
    }

    it.each([0, 1])('has many in flight though goodput hardly grows by it (busy: %i)', (busy) => {
      const law = new GoodputLaw(SETTINGS);
      law.saturation(busy);
      // At first the compiler is at work, and the ramp ends where it began.
      const cold = (i: number) => (i < 1000 ? 100 : 1);
      const most = serve(law, 200_000, (inFlight, i) => cold(i) * (0.01 + 0.005 / inFlight));
      expect(law.limit).toBeGreaterThanOrEqual(40);
      expect(most).toBeLessThanOrEqual(128);
    });

    it('has few where more are in the way', () => {
      const law = new GoodputLaw(SETTINGS);
      serve(law, 200_000, (inFlight) => 0.01 * Math.max(1, inFlight / 8) ** 0.5);
      expect(law.limit).toBeLessThanOrEqual(16);
      expect(law.limit).toBeGreaterThanOrEqual(6);
    });

    it('has as many as answer within a millisecond, and no more', () => {
      const law = new GoodputLaw(SETTINGS);
      const most = serve(law, 40_000, (inFlight) => 0.1 + 0.0001 / inFlight);
      expect(law.limit).toBeLessThanOrEqual(12);
      expect(most).toBeLessThanOrEqual(15);
    });
  });

  it('does not give way where nothing can be told from noise', () => {
    const law = new GoodputLaw({ initial: 32, max: 256 });
    const random = new Random(7);
    let nowMs = 0;
    let factor = 1;
    let sliceEndsMs = 0;
    let least = 256;
    // Twice as many are worth a quarter more, but for whole moments all answers take up to five times as long.
    for (let i = 0; i < 300_000; i++) {
      if (nowMs >= sliceEndsMs) {
        factor = 1 + 4 * random.next();
        sliceEndsMs = nowMs + 5;
      }
      const inFlight = law.limit;
      const latencyMs = 2 * (inFlight / 32) ** 0.7 * factor;
      nowMs += latencyMs / inFlight;
      law.record(sample(nowMs, { inFlight, latencyMs }));
      if (i > 10_000) least = Math.min(least, law.limit);
    }
    expect(least).toBeGreaterThanOrEqual(8);
  });

  it('says that it is drops that hold it', () => {
    const law = new GoodputLaw(SETTINGS);
    feed(law, 20_000, () => (law.limit > 20 ? { status: 0, verdict: 'drop', latencyMs: 2 } : {}));
    expect(law.limit).toBeLessThanOrEqual(21);
    expect(law.limit).toBeGreaterThan(15);
    expect(law.finding).toBe('refusals');
  });
});
