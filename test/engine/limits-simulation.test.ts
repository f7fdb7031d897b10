// Worlds of hosts with limits and outages, seeded, in virtual time. A seed that fails is printed with all that was wrong;
// `SIM_SEED=<seed> npx vitest run test/engine/limits-simulation.test.ts` plays it alone, `npm run sim:engine` plays more.

import { describe, expect, it } from 'vitest';
import { LimitsSimulation } from './limits-simulation.ts';

const { SIM_SEED: given, SIM_SEEDS: count = '300', SIM_FROM: from = '1' } = process.env;
const seeds =
  given === undefined ? Array.from({ length: Number(count) }, (_, i) => i + Number(from)) : [Number(given)];
/** One seed in so many is played twice. */
const TWICE_EVERY = 20;
/** For the many seeds that SIM_SEEDS may ask for, on a machine that does other things too. */
const TIMEOUT_MS = 3_600_000;

async function play(seed: number): Promise<LimitsSimulation> {
  const simulation = new LimitsSimulation(seed);
  try {
    await simulation.play();
  } catch (error) {
    simulation.wrongs.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return simulation;
}

describe('a simulated world of limits', () => {
  it('is got along with: every promise about limits is kept', { timeout: TIMEOUT_MS }, async () => {
    const failed: string[] = [];
    const seen = new Set<string>();
    let autoMax = 0;
    for (const seed of seeds) {
      const { wrongs, watch, options } = await play(seed);
      if (wrongs.length > 0) failed.push(`SIM_SEED=${seed}: ${wrongs.slice(0, 5).join('\n  ')}`);
      for (const one of watch.seen) seen.add(one);
      if (options.concurrency === 'auto') autoMax = Math.max(autoMax, watch.inFlightMax);
    }
    expect(failed.slice(0, 3).join('\n')).toBe('');
    if (given !== undefined) return;
    // All of it must have happened, or the seeds have shown nothing.
    for (const one of EXPECTED) expect(seen).toContain(one);
    expect(autoMax).toBeGreaterThan(30);
  });

  it('goes the same way again with the same seed', { timeout: TIMEOUT_MS }, async () => {
    for (const seed of seeds.filter((_, i) => i % TWICE_EVERY === 0)) {
      const [first, second] = [await play(seed), await play(seed)];
      expect(`${seed} ${second.digest}`).toBe(`${seed} ${first.digest}`);
    }
  });
});

const EXPECTED = [
  ...['redirect', 'resent', 'retry', 'governed', 'open', 'probe', 'stopped by failures', 'used up'],
  ...['run ended by itself', 'run ended by stop', 'run ended by abort', 'run ended by duration'],
  ...['200', '302', '404', '429', '500', '503', 'single Error', 'single RequestError'],
  ...['dns/not-found/none', 'connect/refused/none', 'connect/timeout/none', 'connect/resources/none'],
  ...['headers/reset/whole', 'headers/closed/whole', 'headers/timeout/whole', 'body/reset/response'],
  ...['body/closed/response', 'headers/aborted/whole', 'connect/aborted/none'],
  ...['outcome queue/host-down/none', 'outcome queue/aborted/none', 'outcome 429', 'outcome 503'],
];
