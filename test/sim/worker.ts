// The far end of scripts/sim.mjs: plays what it is asked for and sends back the figures. A run is its scenario, seed and
// law, so it does not matter which thread plays it.

import { parentPort } from 'node:worker_threads';
import { SCENARIOS } from './scenarios.ts';
import { bestOf, LAWS, sweep, type Trial, trial } from './trials.ts';

export interface Task {
  readonly id: string;
  readonly seeds: readonly number[];
  /** Names of fixed values; undefined: sweep and answer with the best names. */
  readonly fixed: readonly string[] | undefined;
  /** Names of the laws to play. */
  readonly laws: readonly string[];
}

export interface Answer {
  readonly id: string;
  readonly seeds: readonly number[];
  readonly fixed: readonly string[];
  /** By law, in the order of the seeds. */
  readonly trials: Readonly<Record<string, readonly Trial[]>>;
}

export function answer({ id, seeds, fixed, laws }: Task): Answer {
  const scenario = SCENARIOS.find((one) => one.id === id)!;
  if (fixed === undefined) {
    return { id, seeds, fixed: sweep(scenario, seeds).map(({ name }) => name), trials: {} };
  }
  const values = scenario.fixed.filter(({ name }) => fixed.includes(name));
  const trials: Record<string, Trial[]> = Object.fromEntries(laws.map((law) => [law, []]));
  for (const seed of seeds) {
    const best = bestOf(scenario, seed, values);
    for (const law of laws) trials[law]!.push(trial(scenario, seed, LAWS[law]!, best));
  }
  return { id, seeds, fixed, trials };
}

parentPort?.on('message', (task: Task) => parentPort!.postMessage(answer(task)));
