// What is required of the law, and which seeds fall short of it.

import type { Trial } from './trials.ts';

interface Requirement {
  readonly name: string;
  readonly scenarios: readonly string[] | undefined;
  /** Of all seeds; the median, or each of them. */
  readonly of: 'median' | 'each';
  readonly value: (trial: Trial) => number;
  readonly min?: number;
  readonly max?: number;
}

export const REQUIREMENTS: readonly Requirement[] = [
  { name: 'steady goodput, median', scenarios: undefined, of: 'median', value: (t) => t.steady, min: 0.95 },
  { name: 'steady goodput, worst seed', scenarios: undefined, of: 'each', value: (t) => t.steady, min: 0.9 },
  {
    name: 'in flight ÷ knee, once settled',
    scenarios: undefined,
    of: 'each',
    value: (t) => t.inFlight,
    max: 1.5,
  },
  { name: 'goodput of the whole run', scenarios: ['S9'], of: 'each', value: (t) => t.whole, min: 0.9 },
  {
    name: '429 after the first minute',
    scenarios: ['S3', 'S3b'],
    of: 'each',
    value: (t) => t.metered,
    max: 0.01,
  },
  { name: 'seconds to 90 % after a step', scenarios: ['S4'], of: 'each', value: (t) => t.recoveryS, max: 5 },
];

export interface Verdict {
  readonly name: string;
  readonly value: number;
  readonly met: boolean;
  /** The seed with that value, or one of them. */
  readonly seed: number;
}

export function judge(id: string, seeds: readonly number[], trials: readonly Trial[]): readonly Verdict[] {
  return REQUIREMENTS.filter(({ scenarios }) => scenarios === undefined || scenarios.includes(id)).map(
    (requirement) => {
      const sorted = trials
        .map((trial, i) => ({ value: requirement.value(trial), seed: seeds[i]! }))
        .sort((a, b) => a.value - b.value);
      if (requirement.max !== undefined) sorted.reverse();
      const { value, seed } = sorted[requirement.of === 'median' ? Math.floor(sorted.length / 2) : 0]!;
      const met =
        value >= (requirement.min ?? Number.NEGATIVE_INFINITY) &&
        value <= (requirement.max ?? Number.POSITIVE_INFINITY);
      return { name: requirement.name, value, met, seed };
    },
  );
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
