// Additive increase, multiplicative decrease, as Netflix/concurrency-limits has it (AIMDLimit): one more for each success
// while at least half of the limit is in use, a tenth less for each drop. Its defaults; the bounds are ours.

import type { ControlLaw, Sample } from '../../../src/scheduler/control/law.ts';

const BACKOFF = 0.9;
const TIMEOUT_MS = 5000;

export class AimdLaw implements ControlLaw {
  limit = 10;
  readonly ratePerSecond = undefined;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  record({ verdict, latencyMs, inFlight }: Sample): void {
    if (verdict === 'ignore') return;
    const { limit } = this;
    if (verdict === 'drop' || latencyMs > TIMEOUT_MS) {
      this.limit = Math.max(1, Math.min(limit - 1, Math.floor(limit * BACKOFF)));
    } else if (inFlight * 2 >= limit) this.limit = Math.min(this.#max, limit + 1);
  }

  saturation(): void {}

  toString(): string {
    return `aimd ${this.limit}`;
  }
}
