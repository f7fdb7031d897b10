// How an experiment spends its requests: which sizes it can afford, how many requests a trial may have, and in which
// order trials go. Pure arithmetic.

import { Random } from '../target/random.ts';

export const SIZE_MAX = 10_000;
const REQUESTS_MIN = 12;
/** Where time allows it, a trial of a small size gets as many: they cost little, and fewer say little. */
const MEASURED_MIN = 60;
/** In multiples of the size: one to warm up, two to measure, one that is left out at the end. */
const GENERATIONS_MIN = 4;
/** What the first look and the rounds may cost at the least, so that something is left for longer trials. */
const AFFORDABLE_SHARE = 0.8;

/** 1, 2, 4, … up to `max`, which stands at the end also where it is no power of two. */
export function geometricSizes(max: number, from = 1): number[] {
  const sizes: number[] = [];
  for (let size = from; size < max; size *= 2) sizes.push(size);
  return [...sizes, max];
}

/** The fewest requests of a trial that measures anything. */
export function leastRequests(size: number): number {
  return Math.max(REQUESTS_MIN, GENERATIONS_MIN * size);
}

/** The sizes, from the smallest, that `rounds` trials each can be paid for; ascending. */
export function affordable(sizes: readonly number[], rounds: number, budget: number): number[] {
  const kept: number[] = [];
  let cost = 0;
  for (const size of [...sizes].sort((a, b) => a - b)) {
    cost += rounds * leastRequests(size);
    if (cost > AFFORDABLE_SHARE * budget) break;
    kept.push(size);
  }
  return kept;
}

/** A trial that is to come. */
export interface Prospect {
  readonly size: number;
  /** What it will get through in a second, by what is known. */
  readonly perSecond: number;
}

/**
 * How many requests the first of these trials may have, so that all their windows are equally long, at most `trialMs`,
 * and the budget pays for them. What slow trials cannot use goes to the others.
 */
export function requestsFor(prospects: readonly Prospect[], budget: number, trialMs: number): number {
  const [next] = prospects;
  if (next === undefined) return 0;
  let low = 0;
  let high = trialMs;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    const total = prospects.reduce((sum, one) => sum + requestsWithin(one, middle, trialMs), 0);
    if (total > budget) high = middle;
    else low = middle;
  }
  return requestsWithin(next, low, trialMs);
}

/** One generation warms up, and one is under way when the window closes. */
function requestsWithin({ size, perSecond }: Prospect, windowMs: number, trialMs: number): number {
  const within = (ms: number) => 2 * size + (perSecond * ms) / 1000;
  const wanted = Math.max(within(windowMs), Math.min(MEASURED_MIN, within(trialMs)));
  return Math.max(leastRequests(size), Math.floor(wanted));
}

/** The same for the same seed (Fisher and Yates). */
export class Shuffler {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  shuffled<T>(list: readonly T[]): T[] {
    const order = [...list];
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random.next() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
