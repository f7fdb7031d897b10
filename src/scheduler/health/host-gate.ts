// All that may put off the next request to one host: its rate, what it says of its limits, a pause after a refusal, its
// circuit. One question, one step for each start, one for each end; O(1), and none of them makes an object.

import type { Outcome } from '../../model/outcome.ts';
import { Pacer } from '../rate/pacer.ts';
import type { Quota } from '../rate/quota.ts';
import { Rate, rateAt } from '../rate/rate.ts';
import type { RateTerms } from '../rate/rate-text.ts';
import { askedOf } from '../retry/retries.ts';
import { RetryBudget } from '../retry/retry-budget.ts';
import { Breaker, type BreakerTerms, healthOf } from './breaker.ts';
import type { Remembered } from './host-map.ts';
import { asksToPause, HostPause } from './host-pause.ts';

export interface HostGateTerms {
  readonly ratePerHost: RateTerms | undefined;
  /** Undefined: failures in a row do not matter. */
  readonly breaker: BreakerTerms | undefined;
  /** The longest that a host is left alone because it asks for it. */
  readonly retryAfterMaxMs: number;
  readonly budget: { readonly share: number; readonly reserve: number };
  /** What it says of its limits is of no concern. */
  readonly ignoreRateLimits: boolean;
  /** A control law answers refusals by itself, and knows how to come back: only pauses that are asked for are kept. */
  readonly lawControls: boolean;
}

/** What happened before there was a gate. */
export interface Past {
  /** Requests that went out since then. */
  readonly sent: number;
  readonly sinceMs: number;
  readonly answered: boolean;
}

/** From `waitMs`: no time tells when; one of the requests under way must end first. */
export const AFTER_OTHERS = -1;

/** Of a pace that was found out. Short: what comes at once may be counted by another clock. */
const PACE_BURST_SECONDS = 0.01;

export class HostGate implements Remembered {
  readonly budget: RetryBudget;
  /** The one that was given for each host. */
  rate: Rate | undefined;
  /** What the control law found the host to sell. */
  #pace: Rate | undefined;
  readonly breaker: Breaker | undefined;
  readonly pause: HostPause;
  readonly #terms: HostGateTerms;
  /** Made for hosts that say something. */
  #pacer: Pacer | undefined;

  constructor(terms: HostGateTerms, random: () => number) {
    const { ratePerHost, breaker, retryAfterMaxMs, budget } = terms;
    this.#terms = terms;
    this.budget = new RetryBudget(budget.share, budget.reserve);
    this.setRate(ratePerHost, 0);
    this.breaker = breaker === undefined ? undefined : new Breaker(breaker);
    this.pause = new HostPause(retryAfterMaxMs, random);
  }

  /** From now on; undefined: no limit. */
  setRate(terms: RateTerms | undefined, nowMs: number): void {
    this.rate = rateAt(this.rate, terms, nowMs);
  }

  /** Told once, before anything else. */
  inherit({ sent, sinceMs, answered }: Past, nowMs: number): void {
    if (sent > 0) this.budget.onRequests(sent, nowMs - sinceMs, nowMs);
    if (answered) this.breaker?.settle('up', nowMs);
  }

  /**
   * Until one may start. 0: now, where `take` must follow. Infinite: it is down, what waits for it fails at once with
   * kind `host-down`. AFTER_OTHERS: ask again when a request to it has ended.
   */
  waitMs(underWay: number, nowMs: number): number {
    // First, for it alone says that there is no sense in waiting.
    const downMs = this.breaker === undefined ? 0 : this.breaker.waitMs(nowMs);
    if (downMs === Number.POSITIVE_INFINITY) return downMs;
    let waitMs = Math.max(downMs, this.pause.waitMs(nowMs));
    if (this.#pacer !== undefined) waitMs = Math.max(waitMs, this.#pacer.waitMs(nowMs));
    if (this.rate !== undefined) waitMs = Math.max(waitMs, this.rate.waitMs(nowMs));
    if (this.#pace !== undefined) waitMs = Math.max(waitMs, this.#pace.waitMs(nowMs));
    if (waitMs > 0) return waitMs;
    return !this.#terms.lawControls && underWay >= this.pause.window ? AFTER_OTHERS : 0;
  }

  /** One starts. `isRetry`: it pays nothing into the budget that it is paid from. */
  take(isRetry: boolean, nowMs: number): void {
    if (!isRetry) this.budget.onRequest(nowMs);
    this.breaker?.take(nowMs);
    this.#pacer?.take(nowMs);
    this.rate?.take(nowMs);
    this.#pace?.take(nowMs);
  }

  /** One has ended. `quota`: what its response says of limits; `underWay`: requests that are left under way; `proxied`:
   *  it went to a proxy. */
  settle(
    outcome: Outcome,
    quota: Quota | undefined,
    sentAtMs: number,
    underWay: number,
    nowMs: number,
    wallMs: number,
    proxied = false,
  ): void {
    this.breaker?.settle(healthOf(outcome, proxied), nowMs, sentAtMs);
    if (outcome.type === 'failure') return;
    const askedMs = asksToPause(outcome.status) ? askedOf(outcome, wallMs) : 0;
    // A server that is out of order now and then says 503 too; only one that names a time asks to be left alone.
    const refused = outcome.status === 429 || askedMs > 0;
    if (!refused) this.pause.accept(sentAtMs, nowMs);
    else if (askedMs > 0 || !this.#terms.lawControls) this.pause.refuse(sentAtMs, askedMs, nowMs);
    if (quota === undefined || this.#terms.ignoreRateLimits) return;
    this.#pacer ??= new Pacer(this.#terms.retryAfterMaxMs);
    this.#pacer.note(quota, refused, underWay, nowMs);
  }

  /** Undefined: it sells no rate, as far as is known. */
  paceAt(perSecond: number | undefined, nowMs: number): void {
    if (perSecond === undefined) {
      this.#pace = undefined;
      return;
    }
    // Timers go by whole milliseconds: without what starts within a few, 300 a second would be 250.
    const burst = Math.max(1, perSecond * PACE_BURST_SECONDS);
    if (this.#pace === undefined) this.#pace = new Rate(perSecond, burst);
    else if (this.#pace.perSecond !== perSecond) this.#pace.change(perSecond, burst, nowMs);
  }

  isAtRest(nowMs: number): boolean {
    return (
      this.pause.isAtRest &&
      this.budget.isAtRest &&
      (this.breaker?.isAtRest ?? true) &&
      (this.#pacer?.isAtRest(nowMs) ?? true) &&
      (this.rate?.isAtRest(nowMs) ?? true)
    );
  }

  toString(): string {
    const parts = [`circuit ${this.breaker ?? 'off'}`, `${this.pause}`, `pace ${this.#pacer ?? 'free'}`];
    return [...parts, `rate ${this.rate ?? 'free'}`, `${this.budget}`].join('; ');
  }
}
