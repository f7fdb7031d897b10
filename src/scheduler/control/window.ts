// What happened at one limit: how many ended, how long they took, how many were let down. A window counts only requests
// that started after the limit had changed, so that what the limit before had queued does not weigh on it.

import type { Sample } from './law.ts';
import { Slices } from './slices.ts';

export class Window {
  sinceMs = 0;
  ended = 0;
  drops = 0;
  #good = 0;
  #limited = 0;
  #latencyMs = 0;
  #latencySquares = 0;
  #inFlight = 0;
  readonly #slices = new Slices();

  /** `typicalMs`: a typical latency. */
  start(nowMs: number, typicalMs: number): void {
    this.sinceMs = nowMs;
    this.ended = 0;
    this.drops = 0;
    this.#good = 0;
    this.#limited = 0;
    this.#latencyMs = 0;
    this.#latencySquares = 0;
    this.#inFlight = 0;
    this.#slices.start(nowMs, typicalMs);
  }

  /** `latencyMs`: as it is to count, which for one far out in the tail is less than it was. */
  add(sample: Sample, latencyMs: number): void {
    if (sample.nowMs >= this.#slices.endMs) this.#slices.finish(sample.nowMs, this.ended, this.#latencyMs);
    this.ended++;
    if (sample.verdict === 'success') this.#good++;
    else if (sample.verdict === 'drop') this.drops++;
    if (sample.limited) this.#limited++;
    this.#latencyMs += latencyMs;
    this.#latencySquares += latencyMs * latencyMs;
    this.#inFlight += sample.inFlight;
  }

  copyFrom(other: Window): void {
    this.sinceMs = other.sinceMs;
    this.ended = other.ended;
    this.drops = other.drops;
    this.#good = other.#good;
    this.#limited = other.#limited;
    this.#latencyMs = other.#latencyMs;
    this.#latencySquares = other.#latencySquares;
    this.#inFlight = other.#inFlight;
    this.#slices.copyFrom(other.#slices);
  }

  /** More work waited most of the time. */
  get wasLimited(): boolean {
    return 2 * this.#limited >= this.ended;
  }

  get meanMs(): number {
    return this.#latencyMs / this.ended;
  }

  get meanInFlight(): number {
    return this.#inFlight / this.ended;
  }

  /** Share of what ended well. */
  get goodShare(): number {
    return this.#good / this.ended;
  }

  /** Successes per millisecond by Little's law: in flight ÷ latency × share. Unlike a count by the clock it has no edges:
   *  requests that started in a bunch end in one, before or after the clock was read. */
  get goodput(): number {
    // Half a success instead of none, and no division by a clock that stood still.
    const share = Math.max(0.5, this.#good) / this.ended;
    return (this.meanInFlight / Math.max(1e-3, this.meanMs)) * share;
  }

  /** Of one latency, relative to the mean squared. */
  get latencyVariance(): number {
    const mean = this.meanMs;
    return Math.max(0, this.#latencySquares / this.ended / (mean * mean) - 1);
  }

  /** Of the logarithm of `goodput`: as single latencies scatter, or those of a moment together where that is more. */
  get variance(): number {
    const single = (this.latencyVariance + (1 - this.goodShare)) / this.ended;
    return Math.max(single, this.#slices.variance(this.meanMs));
  }
}
