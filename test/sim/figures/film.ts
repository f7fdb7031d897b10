// One run with every change of its law's limit: what the pictures show over time.

import type { ControlLaw, Sample } from '../../../src/scheduler/control/law.ts';
import { type Figures, play } from '../judge.ts';
import { SCENARIOS, type Scenario } from '../scenarios.ts';
import { LAWS } from '../trials.ts';

export interface Change {
  readonly s: number;
  readonly limit: number;
}

export interface Film {
  readonly scenario: Scenario;
  /** From the first moment to the last; each holds until the next. */
  readonly limits: readonly Change[];
  readonly figures: Figures;
}

export function scenarioOf(id: string): Scenario {
  return SCENARIOS.find((one) => one.id === id)!;
}

/** Of a scenario with one host, played by `auto`. */
export function film(id: string, seed: number): Film {
  const scenario = scenarioOf(id);
  const limits: Change[] = [];
  const figures = play(scenario, seed, (world) =>
    LAWS['auto']!(world).map((law) => new FilmedLaw(law, limits)),
  );
  limits.push({ s: figures.run.endMs / 1000, limit: limits.at(-1)!.limit });
  return { scenario, limits, figures };
}

/** The limits that held in a stretch of time, each with its share of it, the lowest first. */
export function shares({ limits }: Film, fromS: number, toS: number): { limit: number; share: number }[] {
  const held = new Map<number, number>();
  for (const [i, { s, limit }] of limits.entries()) {
    const from = Math.max(s, fromS);
    const to = Math.min(limits[i + 1]?.s ?? s, toS);
    if (to > from) held.set(limit, (held.get(limit) ?? 0) + (to - from) / (toS - fromS));
  }
  return [...held].map(([limit, share]) => ({ limit, share })).sort((a, b) => a.limit - b.limit);
}

/** The limit that a share of the time was spent at or below. */
export function quantile(held: readonly { limit: number; share: number }[], share: number): number {
  let sum = 0;
  for (const one of held) {
    sum += one.share;
    if (sum >= share) return one.limit;
  }
  return held.at(-1)!.limit;
}

class FilmedLaw implements ControlLaw {
  readonly #law: ControlLaw;
  readonly #limits: Change[];

  constructor(law: ControlLaw, limits: Change[]) {
    this.#law = law;
    this.#limits = limits;
    limits.push({ s: 0, limit: law.limit });
  }

  get limit(): number {
    return this.#law.limit;
  }

  get ratePerSecond(): number | undefined {
    return this.#law.ratePerSecond;
  }

  record(sample: Sample): void {
    this.#law.record(sample);
    const { limit } = this.#law;
    if (limit !== this.#limits.at(-1)!.limit) this.#limits.push({ s: sample.nowMs / 1000, limit });
  }

  saturation(share: number): void {
    this.#law.saturation(share);
  }

  toString(): string {
    return String(this.#law);
  }
}
