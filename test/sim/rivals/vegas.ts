// TCP Vegas for requests, as Netflix/concurrency-limits has it (VegasLimit): the queue is what latency beyond the least
// seen lets one suppose, and is kept between two bounds that grow with the logarithm of the limit. Its defaults; the
// bounds of the limit are ours.

import type { WindowedRule } from './windowed.ts';

const PROBE = 30;

export class Vegas implements WindowedRule {
  readonly #max: number;
  readonly #random: () => number;
  #estimate = 20;
  #leastMs = 0;
  #count = 0;
  #jitter: number;

  constructor(max: number, random: () => number) {
    this.#max = max;
    this.#random = random;
    this.#jitter = 0.5 + random() / 2;
  }

  get limit(): number {
    return Math.max(1, Math.floor(this.#estimate));
  }

  update(latencyMs: number, inFlight: number, dropped: boolean): void {
    this.#count++;
    if (this.#jitter * PROBE * this.#estimate <= this.#count) {
      this.#jitter = 0.5 + this.#random() / 2;
      this.#count = 0;
      this.#leastMs = latencyMs;
    } else if (this.#leastMs === 0 || latencyMs < this.#leastMs) this.#leastMs = latencyMs;
    else this.#follow(latencyMs, inFlight, dropped);
  }

  #follow(latencyMs: number, inFlight: number, dropped: boolean): void {
    const estimate = this.#estimate;
    const log = Math.max(1, Math.floor(Math.log10(Math.floor(estimate))));
    const queue = Math.ceil(estimate * (1 - this.#leastMs / latencyMs));
    let next = estimate;
    if (dropped) next -= log;
    else if (inFlight * 2 < estimate) return;
    else if (queue <= log) next += 6 * log;
    else if (queue < 3 * log) next += log;
    else if (queue > 6 * log) next -= log;
    this.#estimate = Math.max(1, Math.min(this.#max, next));
  }

  toString(): string {
    return `vegas ${this.limit}, least ${this.#leastMs.toFixed(1)} ms`;
  }
}
