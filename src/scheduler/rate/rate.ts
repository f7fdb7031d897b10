// How often something may start: the generic cell rate algorithm (ITU-T I.371 annex A). Smooth, with a burst; O(1), two
// numbers of state. Never waits and never reads a clock: the caller says what time it is.
//
//        now                   due = base + count × interval
//   ──────┼──────────────────────────┼──────────────────────
//         └── at most (burst − 1) × interval, or the next one has to wait for the rest
//
// The due time is a product and not a running sum: 1000 ÷ 3 added up a billion times would be off by seconds, a product
// is off by one rounding, whatever the count.

import type { RateTerms } from './rate-text.ts';

/** Far below anything that a clock tells apart; keeps a caller who waited exactly as told from having to wait again. */
const SLACK_MS = 1e-6;
/** A clock that goes back by less stands still; by more it was set, and the schedule moves with it: nobody waits an hour
 *  for a clock to come back to where it was. */
const STEP_BACK_MS = 1_000;

export class Rate {
  #perSecond: number;
  #burst: number;
  /** When the count began: the last time that nothing was owed. */
  #baseMs = Number.NEGATIVE_INFINITY;
  /** Started since. Whole, but for what `change` carries over. */
  #count = 0;
  #seenMs = Number.NEGATIVE_INFINITY;

  /** In any window of t seconds no more than `burst` + `perSecond` × t start. Throws RangeError for what is no rate. */
  constructor(perSecond: number, burst: number) {
    check(perSecond, burst);
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  /** Until one may start; 0: now. Counts nothing: for whoever has several limits to ask. */
  waitMs(nowMs: number): number {
    const atMs = this.#time(nowMs);
    const waitMs = this.#baseMs - atMs + ((this.#count - this.#burst + 1) * 1000) / this.#perSecond;
    // Of a large time the last digits are rounded; what is below them cannot be waited for.
    return waitMs <= SLACK_MS + Math.abs(atMs) * 4 * Number.EPSILON ? 0 : waitMs;
  }

  /** 0: it may start now, and is counted; else how many milliseconds to wait, and nothing is counted. */
  take(nowMs: number): number {
    const waitMs = this.waitMs(nowMs);
    if (waitMs > 0) return waitMs;
    const atMs = this.#seenMs;
    if (this.#baseMs + (this.#count * 1000) / this.#perSecond <= atMs) {
      this.#baseMs = atMs;
      this.#count = 0;
    }
    this.#count++;
    return 0;
  }

  /** From now on another rate. What of the burst was used stays used, counted in starts. */
  change(perSecond: number, burst: number, nowMs: number): void {
    check(perSecond, burst);
    const atMs = this.#time(nowMs);
    this.#count = Math.min(this.#usedAt(atMs), burst);
    this.#baseMs = atMs;
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Nothing is owed: a new one would do the same. */
  isAtRest(nowMs: number): boolean {
    return this.#usedAt(this.#time(nowMs)) === 0;
  }

  /** Of the burst, in starts. */
  #usedAt(atMs: number): number {
    if (this.#count === 0) return 0;
    return Math.max(0, this.#count - ((atMs - this.#baseMs) * this.#perSecond) / 1000);
  }

  #time(nowMs: number): number {
    const backMs = this.#seenMs - nowMs;
    if (backMs > 0 && backMs <= STEP_BACK_MS) return this.#seenMs;
    if (backMs > 0 && backMs !== Number.POSITIVE_INFINITY) this.#baseMs -= backMs;
    this.#seenMs = nowMs;
    return nowMs;
  }

  toString(): string {
    const used = this.#usedAt(this.#seenMs);
    return `${this.#perSecond} per second, burst ${this.#burst}, ${used.toFixed(1)} used`;
  }
}

/** `rate` goes on by these terms, with what of its burst was used; without terms there is none, without a rate a new one. */
export function rateAt(
  rate: Rate | undefined,
  terms: RateTerms | undefined,
  nowMs: number,
): Rate | undefined {
  if (terms === undefined) return undefined;
  const { perSecond, burst } = terms;
  if (rate === undefined) return new Rate(perSecond, burst);
  rate.change(perSecond, burst, nowMs);
  return rate;
}

function check(perSecond: number, burst: number): void {
  if (!(perSecond > 0 && perSecond < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`a rate is a number above 0 per second, not ${perSecond}`);
  }
  if (!(burst >= 1)) throw new RangeError(`a burst is 1 or more, not ${burst}`);
}
