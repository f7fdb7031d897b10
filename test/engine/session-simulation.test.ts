// Sessions under everything at once, seeded, in virtual time. A seed that fails is printed with all that was wrong;
// `SIM_SEED=<seed> npx vitest run test/engine/session-simulation.test.ts` plays it alone, `SIM_SEEDS=<n>` plays more.

import { describe, expect, it } from 'vitest';
import { SessionSimulation } from './session-simulation.ts';

const { SIM_SEED: given, SIM_SEEDS: count = '300' } = process.env;
const seeds = given === undefined ? Array.from({ length: Number(count) }, (_, i) => i + 1) : [Number(given)];
/** For the many seeds that SIM_SEEDS may ask for, on a machine that does other things too. */
const TIMEOUT_MS = 3_600_000;

describe('a simulated session', () => {
  it('gives each request one outcome, keeps its limits, frees every slot and leaves nothing behind', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const failed: string[] = [];
    const seen = new Set<string>();
    for (const seed of seeds) {
      const simulation = new SessionSimulation(seed);
      try {
        await simulation.play();
      } catch (error) {
        simulation.wrongs.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
      const { wrongs } = simulation;
      if (wrongs.length > 0) failed.push(`SIM_SEED=${seed}: ${wrongs.slice(0, 5).join('\n  ')}`);
      for (const one of simulation.seen) seen.add(one);
    }
    expect(failed.slice(0, 3).join('\n')).toBe('');
    if (given !== undefined) return;
    // All of it must have happened, or the seeds have shown nothing.
    for (const one of [
      'single 200',
      'single aborted',
      'single RequestError',
      'fetched 200',
      'body cancelled',
      'redirected',
      'again',
      'run ended by itself',
      'run ended by stop',
      'run ended by abort',
      'run ended by duration',
      'run ended by break',
      'queue/aborted',
      'headers/aborted',
      'send/invalid',
    ]) {
      expect(seen).toContain(one);
    }
  });

  // What the session drew of real chance, jitter of retries and pauses, made some seeds fail only now and then.
  it('goes the same way again with the same seed', async () => {
    for (const seed of seeds.slice(0, 30)) {
      const [first, second] = [new SessionSimulation(seed), new SessionSimulation(seed)];
      await first.play();
      await second.play();
      expect(second.story).toBe(first.story);
    }
  });
});
