// Whole runs against a server that misbehaves, seeded, in virtual time. A seed that fails is printed with all that was
// wrong; `SIM_SEED=<seed> npx vitest run test/engine/simulation.test.ts` plays it alone, `SIM_SEEDS=<n>` plays more.

import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.ts';

const { SIM_SEED: given, SIM_SEEDS: count = '400' } = process.env;
const seeds = given === undefined ? Array.from({ length: Number(count) }, (_, i) => i + 1) : [Number(given)];
/** For the many seeds that SIM_SEEDS may ask for, on a machine that does other things too. */
const TIMEOUT_MS = 3_600_000;

async function play(seed: number): Promise<{ simulation: Simulation; wrongs: string[] }> {
  const simulation = new Simulation(seed);
  try {
    await simulation.play();
  } catch (error) {
    simulation.wrongs.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return { simulation, wrongs: simulation.wrongs };
}

describe('a simulated run', () => {
  it('gives each request its own answer or a failure, once, and leaves nothing behind', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const failed: string[] = [];
    const seen = new Set<string>();
    for (const seed of seeds) {
      const { simulation, wrongs } = await play(seed);
      if (wrongs.length > 0) failed.push(`SIM_SEED=${seed}: ${wrongs.slice(0, 5).join('\n  ')}`);
      for (const outcome of simulation.sink.outcomes) {
        seen.add(outcome.type === 'response' ? 'response' : `${outcome.phase}/${outcome.kind}`);
        if (outcome.attempts > 1) seen.add('again');
      }
    }
    expect(failed.slice(0, 3).join('\n')).toBe('');
    if (given !== undefined) return;
    // The server must have done all it can do, or the seeds have shown nothing.
    for (const kind of [
      'response',
      'again',
      'input/invalid',
      'dns/not-found',
      'dns/timeout',
      'connect/refused',
      'connect/timeout',
      'headers/timeout',
      'headers/reset',
      'headers/closed',
      'headers/protocol',
      'headers/aborted',
      'body/timeout',
      'body/reset',
      'body/closed',
    ]) {
      expect(seen).toContain(kind);
    }
  });

  it('is the same again with the same seed', async () => {
    const seed = seeds[0]!;
    const [first, second] = [await play(seed), await play(seed)];
    expect(second.simulation.sink.outcomes.map(String)).toEqual(first.simulation.sink.outcomes.map(String));
    expect(second.simulation.network.sent).toEqual(first.simulation.network.sent);
  });
});
