// The simulator itself: it keeps to limits and rates, repeats itself, and its targets are what they say.

import { describe, expect, it } from 'vitest';
import { Core, NO_COST } from './core.ts';
import { play } from './judge.ts';
import { FixedLaw } from './laws.ts';
import { Noise } from './noise.ts';
import { SCENARIOS } from './scenarios.ts';
import { Simulation } from './simulate.ts';
import { Metered, Refusing, type Target, Workers } from './targets.ts';
import { LAWS } from './trials.ts';

const NEAR = { rttMs: 2, jitter: 0 };
const CLIENT = { totalMax: 256, core: NO_COST };

function run(target: Target, law: FixedLaw, durationMs = 10_000, client = CLIENT, requests?: number) {
  const noise = new Noise(1);
  const plan = { client, durationMs, requests };
  return new Simulation(plan, [target], [law], () => noise.next()).go();
}

function perSecond(bins: Float64Array, fromMs: number, toMs: number): number {
  const counted = bins.subarray(fromMs / 100, toMs / 100);
  return counted.reduce((a, b) => a + b, 0) / ((toMs - fromMs) / 1000);
}

describe('Simulation', () => {
  it('gives the same run for the same scenario, seed and law, and another for another seed', () => {
    const scenario = SCENARIOS.find(({ id }) => id === 'S5')!;
    const short = { ...scenario, plan: { ...scenario.plan, durationMs: 3000 } };
    const [one, same, other] = [7, 7, 8].map((seed) => play(short, seed, LAWS['auto']!).run);
    expect(same).toEqual(one);
    expect(other!.successes).not.toEqual(one!.successes);
  });

  it('has no more in flight than the law allows, and as many successes as Little says', () => {
    const result = run(new Workers(100, () => 48, NEAR, new Noise(1)), new FixedLaw(40));
    expect(Math.max(...result.inFlightMax)).toBe(40);
    // 40 in flight for 50 ms each.
    expect(perSecond(result.successes, 5000, 10_000)).toBeCloseTo(800, -1);
  });

  it('starts no more per second than the law allows', () => {
    const result = run(new Workers(100, () => 48, NEAR, new Noise(1)), new FixedLaw(256, 120));
    expect(perSecond(result.successes, 5000, 10_000)).toBeCloseTo(120, 0);
  });

  it('ends with its requests where they are numbered', () => {
    const result = run(new Workers(10, () => 10, NEAR, new Noise(1)), new FixedLaw(20), 60_000, CLIENT, 500);
    expect(result.requests).toBe(500);
    expect(result.endMs).toBeLessThan(1000);
  });

  it('has one core for what a request costs it', () => {
    const client = { totalMax: 256, core: { ...NO_COST, requestMs: 0.5 } };
    const result = run(new Workers(1000, () => 5, NEAR, new Noise(1)), new FixedLaw(200), 10_000, client);
    expect(perSecond(result.successes, 5000, 10_000)).toBeCloseTo(2000, -2);
  });

  it('has turns of its event loop, which deal with all that has come meanwhile', () => {
    const client = { totalMax: 256, core: { ...NO_COST, requestMs: 0.1, turnMs: 0.1 } };
    const perSecondAt = (limit: number) => {
      const target = new Workers(1000, () => 0.1, { rttMs: 0.1, jitter: 0 }, new Noise(1));
      const { successes } = run(target, new FixedLaw(limit), 3000, client);
      return perSecond(successes, 1000, 3000);
    };
    // 0.2 ms on the way, and 0.2 ms of the core.
    expect(perSecondAt(1)).toBeCloseTo(2500, -2);
    expect(perSecondAt(100)).toBeGreaterThan(9500);
    expect(perSecondAt(100)).toBeLessThan(10_000);
  });
});

describe('Core', () => {
  it('costs more at first', () => {
    const core = new Core({ ...NO_COST, requestMs: 1, cold: 9 }, () => 0);
    expect(core.handle(0)).toBe(10);
    for (let i = 0; i < 100_000; i++) core.handle(1e9);
    const warmMs = core.handle(1e9);
    expect(core.handle(1e9) - warmMs).toBeCloseTo(1, 1);
  });

  it('is away for as long as others have it, and only then', () => {
    const noise = new Noise(1);
    const core = new Core({ ...NO_COST, requestMs: 1, othersMs: 3, betweenMs: 3 }, () => noise.next());
    let nowMs = 0;
    for (let i = 0; i < 10_000; i++) nowMs = core.handle(nowMs);
    expect(nowMs / 10_000).toBeGreaterThan(1.9);
    expect(nowMs / 10_000).toBeLessThan(2.1);
    expect(core.busyMs).toBeCloseTo(nowMs, 3);
  });

  it('what others do while it waits costs it nothing', () => {
    const noise = new Noise(1);
    const core = new Core({ ...NO_COST, requestMs: 0.001, othersMs: 3, betweenMs: 30 }, () => noise.next());
    for (let i = 0; i < 1000; i++) core.handle(1000 * i);
    // One in eleven comes while they are at it, and waits 3 ms in the mean.
    expect(core.busyMs / 1000).toBeGreaterThan(0.15);
    expect(core.busyMs / 1000).toBeLessThan(0.45);
  });
});

describe('targets', () => {
  it('Workers: more than there are wait in line, and their number may change', () => {
    const steps = [{ atMs: 5000, workers: 10 }];
    const result = run(new Workers(40, () => 48, NEAR, new Noise(1), steps), new FixedLaw(80));
    expect(perSecond(result.successes, 1000, 5000)).toBeCloseTo(40 / 0.048, -2);
    expect(perSecond(result.successes, 6000, 10_000)).toBeCloseTo(10 / 0.048, -1);
  });

  it('Metered: admits its rate, and bans who does not wait', () => {
    const metering = { ratePerSecond: 100, burst: 10, retryAfterMs: 1000, banMs: 10_000 };
    const target = new Metered(metering, () => 10, NEAR, new Noise(1));
    for (let i = 0; i < 10; i++) {
      target.start(0);
      expect(target.status).toBe(200);
    }
    target.start(1);
    expect([target.status, target.retryAfterMs]).toEqual([429, 1000]);
    target.start(500);
    expect([target.status, target.retryAfterMs]).toEqual([429, 10_000]);
    target.start(9000);
    expect(target.status).toBe(429);
    target.start(10_600);
    expect(target.status).toBe(200);
  });

  it('Metered: who waits as long as it was asked to is let in', () => {
    const metering = { ratePerSecond: 100, burst: 1, retryAfterMs: 1000, banMs: 10_000 };
    const target = new Metered(metering, () => 10, NEAR, new Noise(1));
    target.start(0);
    target.start(1);
    expect(target.status).toBe(429);
    target.start(1005);
    expect(target.status).toBe(200);
  });

  it('Refusing: only beyond its connections', () => {
    const target = new Refusing(2, () => 10, NEAR, new Noise(1));
    const statuses = [0, 0, 0].map((nowMs) => {
      target.start(nowMs);
      return target.status;
    });
    expect(statuses).toEqual([200, 200, 0]);
    target.end();
    target.start(12);
    expect(target.status).toBe(200);
  });
});

describe('Noise', () => {
  it('draws factors of mean 1, the same for the same seed', () => {
    const draw = (seed: number) => {
      const factor = new Noise(seed).logNormal(0.5);
      return Array.from({ length: 20_000 }, factor);
    };
    const [one, same] = [draw(3), draw(3)];
    expect(same).toEqual(one);
    expect(one.reduce((a, b) => a + b, 0) / one.length).toBeCloseTo(1, 1);
    // The median of a log-normal factor of mean 1.
    expect([...one].sort((a, b) => a - b)[10_000]).toBeCloseTo(Math.exp(-0.125), 1);
  });
});
