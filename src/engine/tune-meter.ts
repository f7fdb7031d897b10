// One trial's outcomes as they come: what counts, and within which window of time. Knows neither source nor target, and
// keeps no outcome.

import { Histogram } from '../metrics/histogram.ts';
import type { Clock, Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';

export interface TrialPlan {
  /** Requests in flight. */
  readonly size: number;
  /** Sent at most. */
  readonly requests: number;
  /** Outcomes before the window opens: connections are being made, and the target's queue fills. */
  readonly warmUp: number;
  /** The window opens after this long at the latest. */
  readonly warmUpMs: number;
  /** How long it is open at most. */
  readonly timeMs: number;
}

/** What happened within the window of one trial. */
export interface Trial {
  readonly size: number;
  /** Requests sent in all, those outside of the window too. */
  readonly sent: number;
  /** How long the window was open. */
  readonly windowMs: number;
  /** Outcomes that count. */
  readonly good: number;
  /** The same per second. */
  readonly goodput: number;
  /** All others, by what they were: `status 503`, `connect/refused`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of those that count. */
  readonly latency: Histogram;
  /** User and system time of this process as a share of one core; undefined where nobody measured it. */
  readonly cpuShare: number | undefined;
  /** The message of the first failure, for people. */
  readonly problem: string | undefined;
}

const TOO_MANY_REQUESTS = 429;

/** Whether the target did what it was asked for: every status below 500 but 429, which says that it did not. */
function isGood(outcome: Outcome): boolean {
  return outcome.type === 'response' && outcome.status < 500 && outcome.status !== TOO_MANY_REQUESTS;
}

/**
 *   warming ──warmUp outcomes, or warmUpMs──► open ──all but the last `size`, or timeMs──► closed
 *
 * The last ones are left out because nothing follows them: fewer and fewer are in flight then.
 */
export class TrialMeter implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  /** Called once, when the window closes. */
  onClosed: () => void = () => {};
  readonly full = false;
  readonly latency = new Histogram();
  readonly errors: Record<string, number> = {};
  good = 0;
  problem: string | undefined;
  windowMs = 0;
  /** Of the moments at which good ones came, from the opening on: their sum, and that of their squares. */
  #momentsMs = 0;
  #squaresMs = 0;
  #state: 'new' | 'warming' | 'open' | 'closed' = 'new';
  #seen = 0;
  #openedMs = 0;
  #cancel: () => void = () => {};
  readonly #plan: TrialPlan;
  readonly #clock: Clock;

  constructor(plan: TrialPlan, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
  }

  start(): void {
    this.#state = 'warming';
    this.#cancel = this.#clock.after(this.#plan.warmUpMs, () => this.#open());
  }

  write(outcome: Outcome): void {
    this.#seen++;
    if (this.#state === 'open') this.#take(outcome);
    // One that opens the window marks its beginning, and is not in it.
    if (this.#state === 'warming' && this.#seen >= this.#plan.warmUp) this.#open();
    if (this.#state === 'open' && this.#seen >= this.#plan.requests - this.#plan.size) this.#shut();
  }

  close(): Promise<void> {
    this.#shut();
    return Promise.resolve();
  }

  /**
   * Per second. What comes in the middle of the window counts more than what comes at its ends (a parabola, 6 t (T − t) /
   * T³, whose integral is 1). Requests that start together end together, in waves; the ends cut such waves at random, and
   * plainly counted that is off by up to one wave in m, here by about one in m².
   */
  get goodput(): number {
    const t = this.windowMs;
    return t > 0 ? (6000 * (t * this.#momentsMs - this.#squaresMs)) / t ** 3 : 0;
  }

  #take(outcome: Outcome): void {
    if (isGood(outcome)) {
      const moment = this.#clock.now() - this.#openedMs;
      this.good++;
      this.#momentsMs += moment;
      this.#squaresMs += moment * moment;
      if (outcome.type === 'response') this.latency.record(outcome.ms);
      return;
    }
    const failed = outcome.type === 'failure';
    const kind = failed ? `${outcome.phase}/${outcome.kind}` : `status ${outcome.status}`;
    this.errors[kind] = (this.errors[kind] ?? 0) + 1;
    if (failed) this.problem ??= outcome.message;
  }

  #open(): void {
    if (this.#state !== 'warming') return;
    this.#state = 'open';
    this.#openedMs = this.#clock.now();
    this.#cancel();
    this.#cancel = this.#clock.after(this.#plan.timeMs, () => this.#shut());
  }

  #shut(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.windowMs = this.#clock.now() - this.#openedMs;
    this.#state = 'closed';
    this.#cancel();
    this.onClosed();
  }

  toString(): string {
    return `trial of ${this.#plan.size} ${this.#state}: ${this.#seen} seen, ${this.good} good`;
  }
}

function badOf({ errors }: Pick<Trial, 'errors'>): number {
  return Object.values(errors).reduce((sum, n) => sum + n, 0);
}

/** From 0 to 1; 1 too where nothing came at all. */
export function errorShareOf(trials: readonly Pick<Trial, 'errors' | 'good'>[]): number {
  const good = trials.reduce((sum, trial) => sum + trial.good, 0);
  const bad = trials.reduce((sum, trial) => sum + badOf(trial), 0);
  return good === 0 ? 1 : bad / (good + bad);
}
