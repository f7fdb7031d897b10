// Control laws that do not learn: what everything is measured against.

import type { ControlLaw, Sample } from '../../src/scheduler/control/law.ts';

/** A fixed number in flight, and perhaps a fixed rate. */
export class FixedLaw implements ControlLaw {
  readonly limit: number;
  readonly ratePerSecond: number | undefined;

  constructor(limit: number, ratePerSecond?: number) {
    this.limit = Math.max(1, Math.round(limit));
    this.ratePerSecond = ratePerSecond;
  }

  record(_sample: Sample): void {}

  saturation(): void {}

  toString(): string {
    return `fixed ${this.limit}${this.ratePerSecond === undefined ? '' : `, ${this.ratePerSecond}/s`}`;
  }
}

/** The best fixed value of each phase, changed at the very moment at which the target changes. */
export class SteppedLaw extends FixedLaw {
  readonly #steps: readonly { readonly atMs: number; readonly limit: number }[];
  #nowMs = 0;

  constructor(steps: readonly { readonly atMs: number; readonly limit: number }[]) {
    super(1);
    this.#steps = steps;
    Object.defineProperty(this, 'limit', {
      get: () => this.#steps.findLast((step) => step.atMs <= this.#nowMs)!.limit,
    });
  }

  override record(sample: Sample): void {
    this.#nowMs = sample.nowMs;
  }
}
