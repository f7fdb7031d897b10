// The short form of `npm run sim`: what is required of the law, over a few seeds each. A failure names its seed:
// npm run sim -- --scenario S3 --seed 17 --trace.

import { describe, expect, it } from 'vitest';
import { judge } from './requirements.ts';
import { SCENARIOS } from './scenarios.ts';
import { bestOf, LAWS, sweep, trial } from './trials.ts';

/** A run of a hundred hosts costs as much as ten of one. */
const SEEDS: Readonly<Record<string, number>> = { S8: 4 };
const SEEDS_USUALLY = 20;

describe.each(SCENARIOS.filter(({ extra }) => !extra))('$id: $title', (scenario) => {
  it('keeps to what is required', { timeout: 60_000 }, () => {
    const seeds = Array.from({ length: SEEDS[scenario.id] ?? SEEDS_USUALLY }, (_, i) => i + 1);
    const fixed = sweep(scenario, [1]);
    const trials = seeds.map((seed) => trial(scenario, seed, LAWS['auto']!, bestOf(scenario, seed, fixed)));
    const short = judge(scenario.id, seeds, trials).filter(({ met }) => !met);
    expect(short, `npm run sim -- --scenario ${scenario.id} --seed ${short[0]?.seed} --trace`).toEqual([]);
  });
});
