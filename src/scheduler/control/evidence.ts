// What comparisons of two windows say together about how goodput answers to more in flight. Arithmetic alone.

import type { Window } from './window.ts';

/** Of what was known before, so much counts beside a new comparison: a host may have changed meanwhile. */
const KEPT = 0.8;
/** No comparison is surer than this, whatever its counts say. */
const VARIANCE_MIN = 1e-4;

/** Logarithm of how many times as many were in flight. */
export function spanOf(low: Window, high: Window): number {
  return Math.log(high.meanInFlight / low.meanInFlight);
}

/** By how many percent goodput grows with one percent more in flight: 1 below the knee, 0 where the rest only waits,
 *  less than 0 where it is in the way. */
export function elasticityOf(low: Window, high: Window): number {
  return Math.log(high.goodput / low.goodput) / spanOf(low, high);
}

/** Variance of that. */
export function varianceOf(low: Window, high: Window): number {
  const span = spanOf(low, high);
  return (low.variance + high.variance) / (span * span) + VARIANCE_MIN;
}

export class Evidence {
  /** Comparisons, older ones counting less. */
  pairs = 0;
  #sum = 0;
  #weight = 0;

  clear(): void {
    this.pairs = 0;
    this.#sum = 0;
    this.#weight = 0;
  }

  add(low: Window, high: Window): void {
    const weight = 1 / varianceOf(low, high);
    this.pairs = this.pairs * KEPT + 1;
    this.#sum = this.#sum * KEPT + weight * elasticityOf(low, high);
    this.#weight = this.#weight * KEPT + weight;
  }

  /** Elasticity, each comparison weighing as much as it is sure. */
  get elasticity(): number {
    return this.#sum / this.#weight;
  }

  /** Its standard error. */
  get error(): number {
    return 1 / Math.sqrt(this.#weight);
  }
}
