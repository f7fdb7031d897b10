// What happened at one limit: how many ended, how long they took, how many were let down. A window counts only requests
// that started after the limit had changed, so what the limit before had queued does not weigh on it.

import type { Sample } from './law.ts';

export class Window {
  sinceMs = 0;
  ended = 0;
  /** Whole responses that are no drop and no server's error. */
  good = 0;
  drops = 0;
  /** Of those, how many started when more work waited. */
  limited = 0;
  #latencyMs = 0;
  #latencySquares = 0;
  #inFlight = 0;

  start(nowMs: number): void {
    this.sinceMs = nowMs;
    this.ended = 0;
    this.good = 0;
    this.drops = 0;
    this.limited = 0;
    this.#latencyMs = 0;
    this.#latencySquares = 0;
    this.#inFlight = 0;
  }

  /** `latencyMs`: as it counts, which is no longer than a few typical ones. */
  add(sample: Sample, latencyMs: number): void {
    this.ended++;
    if (sample.verdict === 'success') this.good++;
    else if (sample.verdict === 'drop') this.drops++;
    if (sample.limited) this.limited++;
    this.#latencyMs += latencyMs;
    this.#latencySquares += latencyMs * latencyMs;
    this.#inFlight += sample.inFlight;
  }

  get meanMs(): number {
    return this.#latencyMs / this.ended;
  }

  get meanInFlight(): number {
    return this.#inFlight / this.ended;
  }

  /** Share of what ended well. */
  get share(): number {
    return this.good / this.ended;
  }

  /** Relative variance of one latency. */
  get relativeVariance(): number {
    const mean = this.meanMs;
    return Math.max(0, this.#latencySquares / this.ended / (mean * mean) - 1);
  }

  /** Successful responses per millisecond by Little's law: in flight ÷ latency × share. */
  get goodput(): number {
    return (this.meanInFlight / this.meanMs) * this.share;
  }

  copyFrom(other: Window): void {
    this.sinceMs = other.sinceMs;
    this.ended = other.ended;
    this.good = other.good;
    this.drops = other.drops;
    this.limited = other.limited;
    this.#latencyMs = other.#latencyMs;
    this.#latencySquares = other.#latencySquares;
    this.#inFlight = other.#inFlight;
  }
}
