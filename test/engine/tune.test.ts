// The experiment on targets that are formulas: it finds the knee, keeps its budget, and knows when to stop.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NothingMeasured, type TuneOptions, type TuneStep, Tuning } from '../../src/engine/tune.ts';
import { geometricSizes } from '../../src/engine/tune-budget.ts';
import { capacity, type Model, ModelPlayer } from './tune-model.ts';

const DEFAULTS: TuneOptions = {
  sizes: geometricSizes(256),
  refine: true,
  trials: 3,
  trialMs: 2000,
  requests: 20_000,
  seed: 1,
};

/** The seed's curve: as much again with each up to 60, a third of it at 4,000. */
const THROUGH_60: Model = {
  throughput: (size) => (size <= 60 ? size * 50 : 3000 / (1 + (2 * (size - 60)) / 3940) ** 3),
};

async function tuned(model: Model, options: Partial<TuneOptions> = {}) {
  const player = new ModelPlayer(model);
  const tuning = new Tuning({ ...DEFAULTS, ...options }, player);
  return { player, result: await tuning.run() };
}

describe('what it finds', () => {
  it('is the knee of a target with 60 workers of 20 ms, and takes it', async () => {
    const { result } = await tuned(capacity(60, 20));
    expect(result.knee!.size).toBeCloseTo(60, 5);
    expect(result.recommended!.size).toBe(60);
    expect(result.recommended!.shareOfBest).toBeCloseTo(1, 5);
    expect(result.rows.map(({ size }) => size)).toEqual([1, 2, 4, 8, 16, 32, 45, 60, 64, 128, 256]);
    expect(result.notes).toEqual([]);
    expect(result.stopped).toBe(false);
  });

  it('is the knee through noise too, for any seed and any knee', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 200 }),
        fc.integer({ min: 5, max: 200 }),
        fc.integer({ min: 0, max: 1e6 }),
        async (workers, ms, seed) => {
          const { result } = await tuned({ ...capacity(workers, ms), noise: 0.02, seed }, { seed });
          expect(result.knee!.size / workers).toBeGreaterThan(0.96);
          expect(result.knee!.size / workers).toBeLessThan(1.04);
          const { size } = result.recommended!;
          expect(size / workers).toBeGreaterThan(0.9);
          expect(size / workers).toBeLessThan(1.1);
          expect(result.sent).toBeLessThanOrEqual(20_000);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is the law where the target obeys it', async () => {
    const throughput = (n: number) => (100 * n) / (1 + 0.02 * (n - 1) + 0.0004 * n * (n - 1));
    const { result } = await tuned({ throughput });
    expect(result.usl!.sigma).toBeCloseTo(0.02, 4);
    expect(result.usl!.kappa).toBeCloseTo(0.0004, 6);
    expect(result.peak).toBeCloseTo(Math.sqrt(0.98 / 0.0004), 2);
  });

  it('has no peak where there is none', async () => {
    const { result } = await tuned({ throughput: (size) => 10 * size });
    expect(result.peak).toBeUndefined();
    expect(result.recommended!.size).toBe(256);
  });

  it('takes no size with many errors, whatever it gives', async () => {
    const { result } = await tuned({
      throughput: (size) => 100 * size,
      errorShare: (size) => (size > 32 ? 0.3 : 0.01),
    });
    expect(result.best!.size).toBe(32);
    expect(result.rows.at(-1)!.size).toBe(64);
    expect(result.rows.at(-1)!.errorShare).toBeCloseTo(0.3, 1);
    expect(result.rows.at(-1)!.errors).toHaveProperty('status 429');
    expect(result.notes.join()).toMatch(/at 64 in flight 30% were errors .*larger sizes were left out/);
    expect(result.notes.join()).toContain('429: what it limits may be a rate');
  });

  it('has intervals that hold the truth about as often as they say', async () => {
    let held = 0;
    let all = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { result } = await tuned({ ...capacity(60, 20), noise: 0.05, seed }, { refine: false });
      for (const { size, goodput, trials } of result.rows) {
        expect(trials).toBe(3);
        all++;
        const truth = 50 * Math.min(size, 60);
        if (goodput.low! <= truth && truth <= goodput.high!) held++;
      }
    }
    expect(held / all).toBeGreaterThan(0.88);
    expect(held / all).toBeLessThan(0.99);
  });
});

describe('how it goes about it', () => {
  it('looks at all sizes going up, then tries each once a round in an order of its own', async () => {
    const { player } = await tuned(capacity(60, 20), { refine: false });
    const n = 9;
    const rounds = [0, 1, 2, 3].map((round) => player.sizes.slice(round * n, (round + 1) * n));
    expect(player.sizes).toHaveLength(4 * n);
    expect(rounds[0]).toEqual(DEFAULTS.sizes);
    for (const round of rounds) expect([...round].sort((a, b) => a - b)).toEqual(DEFAULTS.sizes);
    expect(new Set(rounds.map(String)).size).toBe(4);
  });

  it('has the same order for the same seed alone', async () => {
    const sizesOf = async (seed: number) => (await tuned(capacity(60, 20), { seed })).player.sizes.join();
    expect(await sizesOf(5)).toBe(await sizesOf(5));
    expect(await sizesOf(5)).not.toBe(await sizesOf(6));
  });

  it('never sends more than its budget, whatever that is, and uses most of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 120, max: 100_000 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        async (requests, trials, workers, refine) => {
          const { player, result } = await tuned(
            { ...capacity(workers, 10), noise: 0.1, seed: requests },
            { requests, trials, refine },
          );
          expect(result.sent).toBeLessThanOrEqual(requests);
          expect(result.sent).toBe(player.sent);
          expect(player.mostAtRisk).toBeLessThanOrEqual(requests);
        },
      ),
      { numRuns: 200 },
    );
    expect((await tuned(capacity(60, 20))).result.sent).toBeGreaterThan(16_000);
  });

  it('leaves large sizes out where the budget does not pay for them, and says so', async () => {
    const { result } = await tuned(capacity(60, 20), { requests: 2000, refine: false });
    expect(result.rows.at(-1)!.size).toBe(32);
    expect(result.notes[0]).toBe('sizes above 32 were left out: 2,000 requests do not pay for them');
    expect(() => new Tuning({ ...DEFAULTS, requests: 20 }, new ModelPlayer(capacity(1, 1)))).toThrow(
      '20 requests are too few for 3 trials of any size',
    );
  });

  it('gives every trial its time where the budget allows', async () => {
    const { player } = await tuned(capacity(4, 100), { sizes: [1, 2, 4, 8], refine: false });
    for (const { size, requests, timeMs } of player.plans.slice(4)) {
      expect(timeMs).toBe(2000);
      expect(requests - 2 * size).toBeGreaterThanOrEqual((Math.min(size, 4) * 10 * 2000) / 1000 - 1);
    }
  });

  it('gives slow targets longer trials', async () => {
    const { player, result } = await tuned(capacity(8, 1000), { sizes: [1, 2, 4, 8] });
    expect(player.plans.at(-1)!.timeMs).toBe(4000);
    expect(result.notes[0]).toContain('a trial takes 4,000 ms');
  });

  it('says that trials of a fast target were too short', async () => {
    const { result } = await tuned(capacity(8, 0.1), { refine: false });
    expect(result.notes.join()).toMatch(/trials lasted \d+ ms only/);
  });

  it('tells how far it is', async () => {
    const tuning = new Tuning(DEFAULTS, new ModelPlayer(capacity(60, 20)));
    const steps: TuneStep[] = [];
    tuning.onStep = (step) => steps.push(step);
    const { sent } = await tuning.run();
    expect([...new Set(steps.map(({ phase }) => phase))]).toEqual(['look', 'rounds', 'refine']);
    steps.forEach((step, i) => {
      expect(step.played).toBe(i);
      expect(step.planned).toBeGreaterThan(step.played);
      expect(step.sent).toBeLessThanOrEqual(sent);
    });
  });
});

describe('when it stops', () => {
  it('goes no further up where goodput has clearly fallen at two sizes', async () => {
    const throughput = (size: number) => (size <= 16 ? 50 * size : 12_800 / size);
    const { player, result } = await tuned({ throughput });
    expect(Math.max(...player.sizes)).toBe(64);
    expect(result.notes[0]).toBe('sizes above 64 were left out: goodput had clearly fallen by then');
    expect(result.best!.size).toBeGreaterThanOrEqual(16);
    expect(result.best!.size).toBeLessThan(32);
  });

  it('stops trying larger sizes that are proven worse', async () => {
    const throughput = (size: number) => (size <= 32 ? 50 * size : 1600 * 0.9 ** Math.log2(size / 32));
    const { player, result } = await tuned({ throughput, noise: 0.002 }, { refine: false });
    const of256 = player.sizes.filter((size) => size === 256);
    // A look and two rounds: the third goes without it.
    expect(of256).toHaveLength(3);
    expect(player.sizes.filter((size) => size === 16)).toHaveLength(4);
    expect(result.notes[0]).toBe('64 to 256 in flight were not tried to the end: proven worse than 32');
    expect(result.rows.at(-1)).toMatchObject({ size: 256, trials: 2 });
  });

  it('is not stopped by noise alone', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const { result } = await tuned({ ...capacity(16, 20), noise: 0.1, seed }, { refine: false });
      expect(result.rows.at(-1)!.size).toBe(256);
    }
  });

  it('gives up where nothing succeeds, after the first look', async () => {
    const player = new ModelPlayer({ throughput: () => 1000, errorShare: () => 1 });
    const broke = await new Tuning(DEFAULTS, player).run().catch((error: unknown) => error);
    expect(broke).toBeInstanceOf(NothingMeasured);
    expect((broke as Error).message).toBe('not one of 20 requests succeeded (18 × status 429)');
    expect(player.plans).toHaveLength(1);
  });

  it('gives up where nothing comes at all', async () => {
    const player = new ModelPlayer({ throughput: () => 0 });
    await expect(new Tuning(DEFAULTS, player).run()).rejects.toThrow('no response came in time');
  });

  it.each([0, 4, 12, 30])('ends when it is told to, in trial %d, with what there is', async (at) => {
    const player = new ModelPlayer(capacity(60, 20));
    const tuning = new Tuning(DEFAULTS, player);
    player.onPlay = (played) => {
      if (played === at) tuning.stop();
    };
    const result = await tuning.run();
    expect(result.stopped).toBe(true);
    expect(player.plans).toHaveLength(at + 1);
    expect(result.rows.reduce((sum, row) => sum + row.trials, 0)).toBe(Math.max(0, at - 9));
    expect(result.rows).toHaveLength(Math.min(at, result.rows.length));
    expect(result.best === undefined).toBe(at === 0);
  });
});

describe('auto', () => {
  it('is tried once, with what is left, and compared', async () => {
    const player = new ModelPlayer(capacity(60, 20));
    const plans: number[] = [];
    player.playAuto = async (plan) => {
      plans.push(plan.requests);
      return player.trialOf(plan, 57);
    };
    const result = await new Tuning(DEFAULTS, player).run();
    expect(plans).toHaveLength(1);
    expect(plans[0]).toBeGreaterThan(2000);
    expect(result.auto).toMatchObject({ size: 57, goodput: 2850, shareOfBest: 0.95, errorShare: 0 });
    expect(result.sent).toBeLessThanOrEqual(20_000);
  });

  it('is left out where there is no such mode', async () => {
    expect((await tuned(capacity(60, 20))).result.auto).toBeUndefined();
  });
});

it('keeps to the sizes it was given', async () => {
  const { player, result } = await tuned(THROUGH_60, { sizes: [5, 60, 250], refine: false });
  expect([...new Set(player.sizes)].sort((a, b) => a - b)).toEqual([5, 60, 250]);
  expect(result.recommended!.size).toBe(60);
});
