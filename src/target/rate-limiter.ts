// How a server that sells `rate` requests per second says no: GCRA, the token bucket with one number of state.
// Never waits and never reads a clock: the caller says what time it is.

//      now              restoredAt          now + burst × interval
//   ────┼────────────────────┼───────────────────────┼────
//                            └ each admitted request moves it right by one interval; it may not pass the right end

/** Floats of repeated additions; far below anything that a clock tells apart. */
const SLACK_MS = 1e-6;

export interface RateVerdict {
  readonly admitted: boolean;
  /** How many more would be admitted at this moment. */
  readonly remaining: number;
  /** Until the whole burst is available again. */
  readonly resetMs: number;
}

export class RateLimiter {
  readonly #intervalMs: number;
  readonly #burst: number;
  #restoredAtMs = Number.NEGATIVE_INFINITY;

  /** `ratePerS` > 0 in the long run, `burst` >= 1 at once. */
  constructor(ratePerS: number, burst: number) {
    this.#intervalMs = 1000 / ratePerS;
    this.#burst = burst;
  }

  take(nowMs: number): RateVerdict {
    const from = Math.max(this.#restoredAtMs, nowMs);
    const admitted = this.#free(from - nowMs) >= 1;
    const restoredAtMs = admitted ? from + this.#intervalMs : from;
    this.#restoredAtMs = restoredAtMs;
    return { admitted, remaining: this.#free(restoredAtMs - nowMs), resetMs: restoredAtMs - nowMs };
  }

  #free(aheadMs: number): number {
    return Math.max(0, Math.floor(this.#burst - (aheadMs - SLACK_MS) / this.#intervalMs));
  }
}
