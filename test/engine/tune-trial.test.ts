// Single trials: the window of the meter, and real runs in virtual time against a target with a known number of workers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definitionOf } from '../../src/engine/source-of.ts';
import { Tuning } from '../../src/engine/tune.ts';
import { TrialMeter, type TrialPlan } from '../../src/engine/tune-meter.ts';
import { TargetTrials } from '../../src/engine/tune-trial.ts';
import { type RunOptions, resolveOptions } from '../../src/model/options.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { WorkerPool } from '../../src/target/worker-pool.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { Network, type Peer, response } from './fixture.ts';

const PLAN: TrialPlan = { size: 2, requests: 1e6, warmUp: 2, warmUpMs: 500, timeMs: 1000 };

function answer(status = 200, ms = 1): Outcome {
  return { type: 'response', status, ms } as Outcome;
}

function failure(): Outcome {
  const names = { url: 'http://h/', method: 'GET', phase: 'connect', kind: 'refused' } as const;
  return new Failure({ ...names, index: 0, sent: 'none', message: 'nobody is there', attempts: 1, ms: 1 });
}

/** Outcomes at their moments. */
function metered(events: readonly (readonly [atMs: number, outcome: Outcome])[], plan = PLAN) {
  const clock = new VirtualClock(77);
  const meter = new TrialMeter(plan, clock);
  let closed = 0;
  meter.onClosed = () => closed++;
  meter.start();
  for (const [atMs, outcome] of events) {
    clock.advance(Math.max(0, 77 + atMs - clock.now()));
    meter.write(outcome);
  }
  clock.advance(10_000);
  return { meter, closed };
}

describe('the window of a trial', () => {
  it('opens after the warm-up and closes after its time', () => {
    const events = Array.from({ length: 200 }, (_, i) => [(i + 1) * 10, answer()] as const);
    const { meter, closed } = metered(events);
    expect(closed).toBe(1);
    expect(meter.windowMs).toBe(1000);
    // From the second on, which opens it: those at 30 to 1,010 ms, and one at the very end or not.
    expect(meter.good).toBeGreaterThanOrEqual(99);
    expect(meter.good).toBeLessThanOrEqual(100);
    expect(meter.goodput).toBeCloseTo(100, 1);
    expect(meter.latency.count).toBe(meter.good);
  });

  it('opens by time where nothing comes, and is empty then', () => {
    const { meter } = metered([]);
    expect([meter.windowMs, meter.good, meter.goodput]).toEqual([1000, 0, 0]);
  });

  it('closes before the last generation, which nothing follows', () => {
    const events = Array.from({ length: 20 }, (_, i) => [(i + 1) * 10, answer()] as const);
    const { meter } = metered(events, { ...PLAN, requests: 20 });
    expect(meter.windowMs).toBe(160);
    expect(meter.good).toBe(16);
  });

  it('counts every status below 500 but 429, and tells the others by what they are', () => {
    const statuses = [200, 204, 301, 404, 418, 429, 429, 500, 503];
    const outcomes = [...statuses.map((status) => answer(status)), failure()];
    const events = [answer(), answer(), ...outcomes].map((outcome, i) => [10 + i, outcome] as const);
    const { meter } = metered(events);
    expect(meter.good).toBe(5);
    expect(meter.errors).toEqual({ 'status 429': 2, 'status 500': 1, 'status 503': 1, 'connect/refused': 1 });
    expect(meter.problem).toBe('nobody is there');
  });

  it('is hardly misled by waves, where a plain count is', () => {
    const wave = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        wave,
        fc.integer({ min: 5, max: 60 }),
        fc.integer({ min: 0, max: 59 }),
        (width, gapMs, into) => {
          const events: [number, Outcome][] = [];
          for (let atMs = gapMs; atMs < 3000; atMs += gapMs) {
            for (let i = 0; i < width; i++) events.push([atMs, answer()]);
          }
          const { meter } = metered(events, { ...PLAN, warmUp: 1 + into });
          const truth = (1000 * width) / gapMs;
          const waves = 1000 / gapMs;
          expect(Math.abs(meter.goodput / truth - 1)).toBeLessThan(2 / waves ** 2 + 1e-9);
        },
      ),
    );
  });

  it('counts silence: who falls silent half way has done half as much', () => {
    const events = Array.from({ length: 50 }, (_, i) => [(i + 1) * 10, answer()] as const);
    expect(metered(events).meter.goodput).toBeCloseTo(50, -1);
  });
});

/** The far end: so many workers, each busy for so long with one request. */
function workers(n: number, ms: number): Network {
  const network = new Network();
  const pool = new WorkerPool(n, ms, 10_000, network.clock);
  network.script = (peer: Peer) => {
    pool.enter(() => {
      if (peer.alive) peer.send([response('ok')], 0);
    });
  };
  return network;
}

const SETTINGS = (options: RunOptions = {}) => resolveOptions({ keepAliveMs: '1m', ...options });

async function endOf<T>(network: Network, work: Promise<T>): Promise<T> {
  let ended = false;
  work.then(
    () => (ended = true),
    () => (ended = true),
  );
  await network.until(() => ended);
  return work;
}

describe('trials against a target', () => {
  it('share their connections, and go round their requests', async () => {
    const network = workers(10, 20);
    const trials = new TargetTrials(definitionOf('http://h.test/[1-7]'), SETTINGS(), 8, network);
    const plan = { size: 4, requests: 50, warmUp: 4, warmUpMs: 1000, timeMs: 10_000 };
    const first = await endOf(network, trials.play(plan));
    expect(first).toMatchObject({ size: 4, good: 42, errors: {} });
    expect(first.sent).toBeGreaterThanOrEqual(49);
    const second = await endOf(network, trials.play({ ...plan, size: 8, warmUp: 8 }));
    expect(first.sent + second.sent).toBe(network.sent.length);
    // On the way there and back it takes 2 ms more.
    expect(first.goodput).toBeGreaterThan(175);
    expect(first.goodput).toBeLessThan(200);
    expect(second.goodput / first.goodput).toBeCloseTo(2, 1);
    expect(network.connector.wires).toHaveLength(8);
    const asked = new Map<string, number>();
    for (const line of network.sent) asked.set(line, (asked.get(line) ?? 0) + 1);
    expect([...asked.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `GET /${n}`));
    for (const times of asked.values()) expect([13, 14, 15]).toContain(times);
    trials.close();
    await network.until(() => network.connector.held.length === 0);
  });

  it('end in the middle when they are told to', async () => {
    const network = workers(1, 100);
    const trials = new TargetTrials(definitionOf('http://h.test/'), SETTINGS(), 4, network);
    network.clock.after(450, () => trials.stop());
    const plan = { size: 4, requests: 1000, warmUp: 1, warmUpMs: 100, timeMs: 10_000 };
    const trial = await endOf(network, trials.play(plan));
    expect(trial.sent).toBeLessThan(10);
    const after = await endOf(network, trials.play(plan));
    expect(after.sent).toBeLessThanOrEqual(4);
    trials.close();
  });

  it('find the knee of six workers', async () => {
    const network = workers(6, 20);
    const trials = new TargetTrials(definitionOf('http://h.test/'), SETTINGS(), 16, network);
    const options = {
      sizes: [1, 2, 4, 8, 16],
      refine: true,
      trials: 2,
      trialMs: 2000,
      requests: 3000,
      seed: 3,
    };
    const result = await endOf(network, new Tuning(options, trials).run());
    expect(result.knee!.size).toBeGreaterThan(5.5);
    expect(result.knee!.size).toBeLessThan(7.5);
    expect(result.recommended!.size).toBeGreaterThanOrEqual(6);
    expect(result.recommended!.size).toBeLessThanOrEqual(8);
    expect(result.sent).toBeLessThanOrEqual(3000);
    trials.close();
  });

  it('refuse what cannot be repeated, and several hosts', () => {
    const open = (url: string | string[], options: RunOptions = {}) =>
      new TargetTrials(definitionOf(url), SETTINGS(options), 4, new Network());
    expect(() => open('http://{a,b}.test/')).toThrow('tune one at a time');
    expect(() => open(['http://a.test/'])).toThrow('requests that can be sent again');
    const body = (async function* () {
      yield 'x';
    })();
    expect(() => open('http://a.test/', { body })).toThrow('read only once');
    expect(open('http://user:secret@a.test/').origin.key).toBe('http://a.test');
  });
});
