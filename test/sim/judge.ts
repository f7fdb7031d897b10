// What a run is judged by: goodput in the second half of each phase and as a whole, in flight, 429s, recovery.

import type { ControlLaw } from '../../src/scheduler/control/law.ts';
import type { Scenario, World } from './scenarios.ts';
import { BIN_MS, type Run, Simulation, type Watch } from './simulate.ts';

export interface Figures {
  /** Successes per second, in the second half of each phase; of the run, where that ends with its requests. */
  readonly goodput: readonly number[];
  /** The same over the whole run. */
  readonly whole: number;
  /** Most in flight at a time, in the second half of each phase. */
  readonly inFlightMax: readonly number[];
  /** The knee of each phase, of all hosts together. */
  readonly knees: readonly number[];
  /** Share of the hosts that had more than 1.5 times their knee in flight, in the mean of the second half. */
  readonly hostsOver: number;
  /** Share of 429 after the first minute. */
  readonly metered: number;
  /** Seconds after which goodput over one second was 90 % of `best` again, after each step. */
  recovery(best: readonly number[]): readonly number[];
  readonly run: Run;
}

export type LawMaker = (world: World) => readonly ControlLaw[];

export function play(scenario: Scenario, seed: number, laws: LawMaker, watch?: Watch): Figures {
  const world = scenario.world(seed);
  const run = new Simulation(scenario.plan, world.targets, laws(world), world.random).go(watch);
  const { phases, plan } = scenario;
  const numbered = plan.requests !== undefined;
  return {
    goodput: numbered
      ? [rate(run, run.endMs / 2, run.endMs)]
      : phases.map(({ fromMs, toMs }) => rate(run, (fromMs + toMs) / 2, toMs)),
    whole: rate(run, 0, run.endMs),
    inFlightMax: phases.map(({ fromMs, toMs }) =>
      numbered
        ? max(run.inFlightMax, run.endMs / 2, run.endMs)
        : max(run.inFlightMax, (fromMs + toMs) / 2, toMs),
    ),
    knees: phases.map(({ knee }) => knee ?? world.knees.reduce((a, b) => a + b, 0)),
    hostsOver: overKnee(run, world.knees, plan.durationMs / 2) / world.knees.length,
    metered: sum(run.metered, 60_000, run.endMs) / Math.max(1, sum(run.ends, 60_000, run.endMs)),
    recovery: (best) =>
      phases.slice(1).map(({ fromMs, toMs }, i) => recovered(run, fromMs, toMs, best[i + 1]!)),
    run,
  };
}

function overKnee(run: Run, knees: readonly number[], ms: number): number {
  return knees.filter((knee, host) => run.hostInFlight[host]! / ms > 1.5 * knee).length;
}

function sum(bins: Float64Array, fromMs: number, toMs: number): number {
  let total = 0;
  for (let i = Math.ceil(fromMs / BIN_MS); i < Math.min(bins.length, toMs / BIN_MS); i++) total += bins[i]!;
  return total;
}

function max(bins: Float64Array, fromMs: number, toMs: number): number {
  let most = 0;
  for (let i = Math.ceil(fromMs / BIN_MS); i < Math.min(bins.length, toMs / BIN_MS); i++) {
    most = Math.max(most, bins[i]!);
  }
  return most;
}

function rate(run: Run, fromMs: number, toMs: number): number {
  return sum(run.successes, fromMs, toMs) / ((toMs - fromMs) / 1000);
}

/** The end of the first second whose goodput is within 90 % of the best. */
function recovered(run: Run, fromMs: number, toMs: number, best: number): number {
  for (let atMs = fromMs; atMs + 1000 <= toMs; atMs += BIN_MS) {
    if (rate(run, atMs, atMs + 1000) >= 0.9 * best) return (atMs + 1000 - fromMs) / 1000;
  }
  return Number.POSITIVE_INFINITY;
}
