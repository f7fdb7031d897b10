// Learns from a host's 429s what it sells: requests per second, or requests at once. Pauses nothing and admits nothing.
//
//   a 429 while more were in flight than any success had seen  →  it counts those in flight: less of them
//   a 429 at a number that has gone well since the last one    →  it counts requests per second: a rate, and then
//
//   rate    0.95 × ──┐      ┌ after a quiet time, slowly up
//   ─────────────────┘  ┌───┘  until the next 429; each
//             429 ▲     └ 0.975 × where that came   time it waits twice as long

/** A 429 so soon after a cut: the cut was too small. */
const CALM_MS = 3000;
const CUT = { searching: 0.85, settled: 0.95 };
const NEAR = 0.975;
const QUIET_MS = { first: 20_000, max: 160_000 };
const RATE_MIN = 0.1;
const SPAN_MS_MIN = 100;
const GROW_EVERY_MS = 100;
/** Shares by which the rate grows per second: towards where the last 429 was, beyond it, and where none was. */
const GROWTH = { near: 0.02, beyond: 0.005, unknown: 0.05 };

export class Pace {
  ratePerSecond: number | undefined;
  /** Of the last 429s: how many in flight the host refused, where that is what it counts; else 0. */
  refusedInFlight = 0;
  #cutMs = Number.NEGATIVE_INFINITY;
  #grownMs = 0;
  /** The rate at which the last 429 came. */
  #ceiling = Number.POSITIVE_INFINITY;
  #quietMs = QUIET_MS.first;
  /** Since the last cut: successes, when the first of them started, and the most in flight that one of them saw. */
  #successes = 0;
  /** Successes per second between the last two refusals that had any between them. */
  #measured = 0;
  #sinceMs = 0;
  #inFlightGood = 0;
  /** In a row: 429s that spoke for a limit of what is in flight. */
  #crowded = 0;

  succeeded(nowMs: number, startedMs: number, inFlight: number): void {
    if (startedMs < this.#cutMs) return;
    if (this.#successes++ === 0) this.#sinceMs = startedMs;
    if (inFlight > this.#inFlightGood) this.#inFlightGood = inFlight;
    if (this.ratePerSecond !== undefined && nowMs - this.#grownMs >= GROW_EVERY_MS) this.#grow(nowMs);
  }

  /** A 429 has come for a request that started at `startedMs` as the `inFlight`th. */
  refused(nowMs: number, startedMs: number, inFlight: number): void {
    if (startedMs < this.#cutMs) {
      // It was under way when that was learned already; at most it tells the number more exactly.
      if (this.refusedInFlight > inFlight) this.refusedInFlight = inFlight;
      return;
    }
    if (this.#successes > 0) {
      this.#measured = (this.#successes * 1000) / Math.max(SPAN_MS_MIN, nowMs - this.#sinceMs);
    }
    if (inFlight > this.#inFlightGood && this.#inFlightGood > 0) {
      this.refusedInFlight = inFlight;
      if (++this.#crowded > 1) this.ratePerSecond = undefined;
    } else {
      this.refusedInFlight = 0;
      this.#crowded = 0;
      this.#cut(nowMs);
    }
    this.#cutMs = nowMs;
    this.#grownMs = nowMs;
    this.#successes = 0;
    this.#inFlightGood = 0;
  }

  #cut(nowMs: number): void {
    const rate = this.ratePerSecond;
    let next: number;
    if (rate === undefined) {
      // Where nothing has come through since the last refusal, what came through before it is all that is known.
      if (this.#measured === 0) return;
      next = CUT.searching * this.#measured;
    } else if (nowMs - this.#cutMs < CALM_MS) next = CUT.searching * rate;
    else {
      this.#ceiling = rate;
      this.#quietMs = Math.min(QUIET_MS.max, this.#quietMs * 2);
      next = CUT.settled * rate;
    }
    this.ratePerSecond = Math.max(RATE_MIN, next);
  }

  #grow(nowMs: number): void {
    const seconds = Math.min(1, (nowMs - this.#grownMs) / 1000);
    this.#grownMs = nowMs;
    const rate = this.ratePerSecond!;
    const calmMs = nowMs - this.#cutMs - CALM_MS;
    if (calmMs < 0) return;
    if (this.#ceiling === Number.POSITIVE_INFINITY) {
      this.ratePerSecond = rate * (1 + GROWTH.unknown * seconds);
      return;
    }
    const near = NEAR * this.#ceiling;
    if (rate < near) this.ratePerSecond = Math.min(near, rate * (1 + GROWTH.near * seconds));
    else if (calmMs > this.#quietMs) {
      // The longer it goes well, the likelier that the host sells more than it did.
      const faster = 2 ** Math.min(6, (calmMs - this.#quietMs) / 5000);
      this.ratePerSecond = rate * (1 + GROWTH.beyond * faster * seconds);
    }
  }
}
