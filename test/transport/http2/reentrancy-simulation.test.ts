// Requests over HTTP/2 while everybody acts at any moment, seeded, in virtual time. A seed that fails is printed with what
// was wrong; `SIM_SEED=<seed> npx vitest run test/transport/http2/reentrancy-simulation.test.ts` plays it alone,
// `SIM_SEEDS=<n>` plays more.

import { describe, expect, it } from 'vitest';
import { ReentrancySimulation } from './reentrancy-simulation.ts';

const { SIM_SEED: given, SIM_SEEDS: count = '300' } = process.env;
const seeds = given === undefined ? Array.from({ length: Number(count) }, (_, i) => i + 1) : [Number(given)];
/** For the many seeds that SIM_SEEDS may ask for, on a machine that does other things too. */
const TIMEOUT_MS = 3_600_000;

describe('a simulated connection whose callers act in the middle', () => {
  it('gives each request one outcome and leaves nothing behind', {
    timeout: TIMEOUT_MS,
  }, () => {
    const failed: string[] = [];
    const seen = new Set<string>();
    for (const seed of seeds) {
      const simulation = new ReentrancySimulation(seed);
      try {
        simulation.play();
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
      '200',
      '204',
      '421',
      'resent',
      'connect/refused',
      'queue/aborted',
      'headers/aborted',
      'headers/reset',
      'headers/timeout',
      'body/closed',
      'send/invalid',
    ]) {
      expect(seen).toContain(one);
    }
  });
});
