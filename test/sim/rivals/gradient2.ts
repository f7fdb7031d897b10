// Gradient2 of Netflix/concurrency-limits: the limit shrinks by the quotient of the long and the short mean latency and
// grows by a fixed queue. Its defaults; the bounds of the limit are ours.

import type { WindowedRule } from './windowed.ts';

const QUEUE = 4;
const SMOOTHING = 0.2;
const LONG = { window: 600, warmUp: 10 };

export class Gradient2 implements WindowedRule {
  readonly #max: number;
  #estimate = 20;
  #longMs = 0;
  #longCount = 0;
  #longSum = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get limit(): number {
    return Math.max(1, Math.floor(this.#estimate));
  }

  update(shortMs: number, inFlight: number): void {
    this.#addLong(shortMs);
    if (this.#longMs / shortMs > 2) this.#longMs *= 0.9;
    const estimate = this.#estimate;
    if (inFlight < estimate / 2) return;
    const gradient = Math.max(0.5, Math.min(1, this.#longMs / shortMs));
    const next = estimate * (1 - SMOOTHING) + (estimate * gradient + QUEUE) * SMOOTHING;
    this.#estimate = Math.max(1, Math.min(this.#max, next));
  }

  #addLong(ms: number): void {
    if (this.#longCount < LONG.warmUp) {
      this.#longCount++;
      this.#longSum += ms;
      this.#longMs = this.#longSum / this.#longCount;
    } else this.#longMs += (ms - this.#longMs) * (2 / (LONG.window + 1));
  }

  toString(): string {
    return `gradient2 ${this.limit}, long ${this.#longMs.toFixed(1)} ms`;
  }
}
