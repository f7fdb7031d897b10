// How fast one host may be asked, by what it says itself (quota.ts): before its first 429, not after. O(1), a few numbers
// of state. Knows no request and no clock.
//
// As long as a fifth of the limit is left nothing is slowed: who has 5,000 requests an hour and needs 300 gets them at
// once. Below that, what is left (less what is under way, and a reserve) is spread over the time until there is more.
//
// A bucket that fills all the time is told in the same words as a window that ends: `remaining=3, reset=1` may be three
// a second, or three now and 300 a second to come. So it is measured how much came back between two readings. The least
// of the last readings counts: the end of a window brings everything back at once, but only in one of them.

import { isScarce, type Quota } from './quota.ts';
import { Rate } from './rate.ts';

/** For others who spend of the same quota. */
const RESERVE_SHARE = 0.05;
/** Resets are told in whole seconds: one of 0 may be 999 ms away. */
const SPREAD_MS_MIN = 100;
const READING_MS = 250;
const READINGS = 4;
/** Timers are a millisecond coarse and often late: what was missed for as long is caught up with. */
const BURST_SECONDS = 0.01;

export class Pacer {
  readonly #waitMaxMs: number;
  readonly #rate = new Rate(1, 1);
  #isPaced = false;
  /** Nothing is left: until then nobody starts. */
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  /** What was told holds until then. */
  #untilMs = Number.NEGATIVE_INFINITY;
  #limit = 0;
  /** Of what remained, less what is under way and what started since. */
  #left = 0;
  /** The most that ever remained, where the server tells no limit. */
  #remainingMax = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #readRemaining = 0;
  /** Since the last reading. */
  #spent = 0;
  /** Per millisecond, of the last readings. */
  readonly #refills = new Float64Array(READINGS);
  #readings = 0;

  /** `waitMaxMs`: however little a host says that is left, one request is sent in so long: a number may be wrong. */
  constructor(waitMaxMs: number) {
    this.#waitMaxMs = waitMaxMs;
  }

  /**
   * A response told this. `refused`: it was a refusal, for which nothing was spent. `underWay`: requests to the host that
   * have no response yet; they will be paid for too.
   */
  note(quota: Quota, refused: boolean, underWay: number, nowMs: number): void {
    if (!refused) this.#spent++;
    this.#measure(quota.remaining, nowMs);
    this.#remainingMax = Math.max(this.#remainingMax, quota.remaining);
    this.#limit = quota.limit ?? this.#remainingMax;
    this.#left = quota.remaining - underWay;
    this.#untilMs = nowMs + quota.resetMs;
    this.#decide(nowMs);
  }

  #decide(nowMs: number): void {
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    const resetMs = this.#untilMs - nowMs;
    this.#isPaced = resetMs > 0 && isScarce(this.#left, this.#limit);
    if (!this.#isPaced) return;
    const free = Math.max(0, this.#left - Math.floor(this.#limit * RESERVE_SHARE));
    const perMs = free / Math.max(resetMs, SPREAD_MS_MIN) + this.#refill();
    if (perMs * this.#waitMaxMs >= 1) {
      this.#rate.change(perMs * 1000, 1 + perMs * 1000 * BURST_SECONDS, nowMs);
    } else this.#heldUntilMs = nowMs + Math.min(resetMs, this.#waitMaxMs);
  }

  /** Until one may start; 0: now. */
  waitMs(nowMs: number): number {
    if (!this.#isPaced) return 0;
    if (nowMs >= this.#untilMs) {
      this.#isPaced = false;
      return 0;
    }
    if (this.#heldUntilMs !== Number.NEGATIVE_INFINITY) return Math.max(0, this.#heldUntilMs - nowMs);
    return this.#rate.waitMs(nowMs);
  }

  /** One starts, after `waitMs` was 0. */
  take(nowMs: number): void {
    this.#left--;
    // A host that was free a moment ago is not flooded until its next answer.
    if (!this.#isPaced) return this.#decide(nowMs);
    if (this.#heldUntilMs !== Number.NEGATIVE_INFINITY) this.#heldUntilMs = nowMs + this.#waitMaxMs;
    else this.#rate.take(nowMs);
  }

  /** Nothing that was told holds any more. */
  isAtRest(nowMs: number): boolean {
    return nowMs >= this.#untilMs;
  }

  #measure(remaining: number, nowMs: number): void {
    const ms = nowMs - this.#readAtMs;
    if (ms < READING_MS) return;
    if (ms !== Number.POSITIVE_INFINITY) {
      // What is there although it was spent has come back.
      const refilled = Math.max(0, remaining - this.#readRemaining + this.#spent);
      this.#refills[this.#readings++ % READINGS] = refilled / ms;
    }
    this.#readAtMs = nowMs;
    this.#readRemaining = remaining;
    this.#spent = 0;
  }

  #refill(): number {
    if (this.#readings < READINGS) return 0;
    let least = this.#refills[0]!;
    for (let i = 1; i < READINGS; i++) least = Math.min(least, this.#refills[i]!);
    return least;
  }

  toString(): string {
    if (!this.#isPaced) return 'free';
    return this.#heldUntilMs === Number.NEGATIVE_INFINITY ? `paced to ${this.#rate}` : 'held';
  }
}
