// One scenario played with one seed by every law, each beside the best fixed value of that very seed.

import { GoodputLaw } from '../../src/scheduler/control/goodput-law.ts';
import { type Figures, type LawMaker, play } from './judge.ts';
import { AimdLaw } from './rivals/aimd.ts';
import { Gradient2 } from './rivals/gradient2.ts';
import { Vegas } from './rivals/vegas.ts';
import { WindowedLaw } from './rivals/windowed.ts';
import { type FixedValue, PER_HOST_MAX, type Scenario } from './scenarios.ts';

const INITIAL = 8;

export const LAWS: Readonly<Record<string, LawMaker>> = {
  auto: ({ targets }) => targets.map(() => new GoodputLaw({ initial: INITIAL, max: PER_HOST_MAX })),
  AIMD: ({ targets }) => targets.map(() => new AimdLaw(PER_HOST_MAX)),
  Vegas: ({ targets, random }) => targets.map(() => new WindowedLaw(new Vegas(PER_HOST_MAX, random))),
  Gradient2: ({ targets }) => targets.map(() => new WindowedLaw(new Gradient2(PER_HOST_MAX))),
};

/** How a law did, as shares of the best fixed value and multiples of the knee. */
export interface Trial {
  /** Of the worst phase. */
  readonly steady: number;
  readonly whole: number;
  /** Most in flight at any moment, once settled; of many hosts together. */
  readonly inFlight: number;
  /** Share of the hosts whose mean in flight was more than 1.5 times their knee. */
  readonly hostsOver: number;
  /** Share of 429 after the first minute. */
  readonly metered: number;
  /** Seconds until 90 % of the best, the slowest step. */
  readonly recoveryS: number;
}

/** So many of the best values in the sweep are played against each seed. */
const KEPT = 2;

/** The fixed values that did best over a few seeds. */
export function sweep(scenario: Scenario, seeds: readonly number[]): readonly FixedValue[] {
  const scored = scenario.fixed.map((value) => ({
    value,
    score: seeds.reduce((sum, seed) => sum + product(play(scenario, seed, value.laws)), 0),
  }));
  scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, KEPT).map(({ value }) => value);
}

function product({ goodput }: Figures): number {
  return goodput.reduce((a, b) => a * b, 1) ** (1 / goodput.length);
}

export interface Best {
  readonly goodput: readonly number[];
  readonly whole: number;
}

export function bestOf(scenario: Scenario, seed: number, values: readonly FixedValue[]): Best {
  const figures = values.map((value) => play(scenario, seed, value.laws));
  return {
    goodput: scenario.phases.map((_, phase) => Math.max(...figures.map(({ goodput }) => goodput[phase]!))),
    whole: Math.max(...figures.map(({ whole }) => whole)),
  };
}

export function trial(scenario: Scenario, seed: number, laws: LawMaker, best: Best): Trial {
  const figures = play(scenario, seed, laws);
  return {
    steady: Math.min(...figures.goodput.map((goodput, phase) => goodput / best.goodput[phase]!)),
    whole: figures.whole / best.whole,
    inFlight: Math.max(...figures.inFlightMax.map((most, phase) => most / figures.knees[phase]!)),
    hostsOver: figures.hostsOver,
    metered: figures.metered,
    recoveryS: Math.max(0, ...figures.recovery(best.goodput)),
  };
}
