// How many requests may be in flight to all hosts together, where each host finds its own number. What they share is
// this process and its network: it grows while the process has time left, and gives way where everything gets worse.

import type { Verdict } from './law.ts';

export interface TotalSettings {
  /** In flight at first, and the least it falls to. */
  readonly initial: number;
  readonly max: number;
}

/** What has been seen since the last look. */
export interface TotalLook {
  readonly nowMs: number;
  /** The share of the time in which this process was busy. */
  readonly busy: number;
  /** Requests in flight. */
  readonly inFlight: number;
}

const GROWTH = 1.25;
const FALL = 0.95;
const CUT = 0.7;
/** Of what is allowed, so much is in flight where this limit is what holds. */
const BOUND = 0.9;
/** Below it there is time for more; above it more would only wait in this process. */
const BUSY = { less: 0.8, more: 0.98 };
/** Drops are suspicious from so many outcomes on, at more than twice their usual share and five in a hundred more. */
const DROPS = { outcomes: 50, factor: 2, share: 0.05 };
/** Of the usual share each look forgets so much. */
const FORGETS = 0.2;
/** How long after a cut it does not grow. */
const CALM_MS = 10_000;

export class TotalLaw {
  limit: number;
  readonly #settings: TotalSettings;
  #ended = 0;
  #dropped = 0;
  #usualDrops = 0;
  #calmUntilMs = Number.NEGATIVE_INFINITY;

  constructor(settings: TotalSettings) {
    this.#settings = settings;
    this.limit = Math.min(settings.initial, settings.max);
  }

  record(verdict: Verdict): void {
    if (verdict === 'ignore') return;
    this.#ended++;
    if (verdict === 'drop') this.#dropped++;
  }

  /** Told a few times a second. */
  look({ nowMs, busy, inFlight }: TotalLook): void {
    const isBound = inFlight >= this.limit * BOUND;
    if (this.#isWorse()) this.#cut(nowMs);
    else if (isBound && busy < BUSY.less && nowMs >= this.#calmUntilMs) this.#move(GROWTH);
    else if (busy > BUSY.more) this.#move(FALL);
    this.#forget();
  }

  /** Many hosts that refuse at once: what they have in common is the way to them, a router's table say. */
  #isWorse(): boolean {
    if (this.#ended < DROPS.outcomes || this.limit <= this.#least) return false;
    return this.#dropped / this.#ended > this.#usualDrops * DROPS.factor + DROPS.share;
  }

  #cut(nowMs: number): void {
    this.#calmUntilMs = nowMs + CALM_MS;
    this.#move(CUT);
  }

  #move(factor: number): void {
    this.limit = Math.min(this.#settings.max, Math.max(this.#least, Math.ceil(this.limit * factor)));
  }

  get #least(): number {
    return Math.min(this.#settings.initial, this.#settings.max);
  }

  #forget(): void {
    if (this.#ended === 0) return;
    this.#usualDrops += (this.#dropped / this.#ended - this.#usualDrops) * FORGETS;
    this.#ended = 0;
    this.#dropped = 0;
  }

  toString(): string {
    return `${this.limit} in flight in all`;
  }
}
