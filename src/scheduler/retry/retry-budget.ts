// How much may be sent again: a share of what was sent for the first time. Each request pays in its share, each retry
// takes one out. So a host that refuses everything gets 20 % more than without retries, not three times as much; the
// number of retries of one request alone could not keep that (Finagle's RetryBudget, tower, reqwest).
//
//   retries so far <= share × requests so far + reserve            always, whatever the outcomes
//
// What was saved up fades, a tenth of it each second, down to the reserve: an hour of success pays for no storm.

/** Money is counted in millionths: adding 0.2 a billion times would not give 200 million. */
const ONE = 1_000_000;
const FADE_MS = 1_000;
const KEPT_PER_FADE = 0.9;

export class RetryBudget {
  readonly #deposit: number;
  readonly #reserve: number;
  #balance: number;
  #fadedAtMs = Number.NEGATIVE_INFINITY;

  /** `share` of the requests, 0.2 for 20 %; `reserve` is there from the start, for runs of few requests. */
  constructor(share: number, reserve: number) {
    if (!(share >= 0 && share <= 1_000)) throw new RangeError(`a share is from 0 to 1,000, not ${share}`);
    this.#deposit = Math.round(share * ONE);
    this.#reserve = reserve * ONE;
    this.#balance = this.#reserve;
  }

  /** A request goes out for the first time. */
  onRequest(nowMs: number): void {
    if (nowMs - this.#fadedAtMs >= FADE_MS) this.#fade(nowMs);
    this.#balance += this.#deposit;
  }

  /** So many went out for the first time in the last `overMs`: evenly spread, as far as is known. */
  onRequests(n: number, overMs: number, nowMs: number): void {
    if (nowMs - this.#fadedAtMs >= FADE_MS) this.#fade(nowMs);
    const fades = overMs / FADE_MS;
    // What each second paid in has faded with those after it.
    const kept = fades <= 1 ? 1 : (1 - KEPT_PER_FADE ** fades) / (1 - KEPT_PER_FADE) / fades;
    this.#balance += Math.floor(n * this.#deposit * kept);
  }

  /** True: one may go out again, and is paid for. */
  tryTake(nowMs: number): boolean {
    if (nowMs - this.#fadedAtMs >= FADE_MS) this.#fade(nowMs);
    if (this.#balance < ONE) return false;
    this.#balance -= ONE;
    return true;
  }

  /** Nothing is owed: a new one would allow as much. */
  get isAtRest(): boolean {
    return this.#balance >= this.#reserve;
  }

  #fade(nowMs: number): void {
    const above = this.#balance - this.#reserve;
    if (above > 0) {
      const steps = Math.floor((nowMs - this.#fadedAtMs) / FADE_MS);
      this.#balance = this.#reserve + Math.floor(above * KEPT_PER_FADE ** steps);
    }
    this.#fadedAtMs = nowMs;
  }

  toString(): string {
    return `${(this.#balance / ONE).toFixed(1)} retries to spend`;
  }
}
