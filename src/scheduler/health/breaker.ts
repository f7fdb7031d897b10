// One host's circuit: after so many failures in a row nothing more is sent to it; from time to time one request goes out
// as a probe, and an answer closes the circuit again. Decides, and does nothing else.
//
//                failures in a row             its time is over
//      closed ───────────────────────► open ─────────────────────► probing ── any answer ──► closed
//                                        ▲                            │
//                                        └── fails: twice as long ◄───┘
//
// While it is open the requests that remain wait, or fail at once with kind `host-down`. Waiting is for hosts that have
// answered before, and for so long only: one that never answered is more likely not there than restarting.

import type { Outcome } from '../../model/outcome.ts';

/** `up`: it answered. `down`: it could not be reached, or broke off. `neither`: that says nothing about the host. */
export type Health = 'up' | 'down' | 'neither';
export type BreakerState = 'closed' | 'open' | 'probing';

export interface BreakerTerms {
  /** Failures in a row that open it. */
  readonly maxHostErrors: number;
  /** How long requests wait for a host that has answered before; 0: they fail at once. */
  readonly hostDownMaxMs: number;
}

const OPEN_MS = 1_000;
const OPEN_MS_MAX = 30_000;

export class Breaker {
  readonly #terms: BreakerTerms;
  #state: BreakerState = 'closed';
  /** In a row. */
  #failures = 0;
  #hasAnswered = false;
  #openMs = OPEN_MS;
  #openUntilMs = 0;
  /** Since when it has not been closed. */
  #downSinceMs = 0;
  /** In state `probing`: the probe is under way. */
  #probeIsOut = false;
  /** When the last probe went out: what was sent before it is not it. */
  #probeMs = Number.NEGATIVE_INFINITY;

  constructor(terms: BreakerTerms) {
    this.#terms = terms;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Until one may start; 0: now, where `take` must follow; infinite: not any more, it is down. */
  waitMs(nowMs: number): number {
    if (this.#state === 'closed') return 0;
    if (this.#state === 'open' && nowMs >= this.#openUntilMs) {
      this.#state = 'probing';
      this.#probeIsOut = false;
    }
    if (this.#state === 'probing' && !this.#probeIsOut) return 0;
    if (!this.#waits(nowMs)) return Number.POSITIVE_INFINITY;
    // A probe's end is told by `settle`; the time is for whoever looks again without being told.
    return this.#state === 'probing' ? this.#openMs : this.#openUntilMs - nowMs;
  }

  /** One starts, after `waitMs` was 0. */
  take(nowMs = Number.NEGATIVE_INFINITY): void {
    if (this.#state !== 'probing') return;
    this.#probeIsOut = true;
    this.#probeMs = nowMs;
  }

  /** A request to it has ended, which was sent then. */
  settle(health: Health, nowMs: number, sentAtMs = nowMs): void {
    // Answers aside, what was sent before the probe tells nothing new, and leaves it under way.
    if (health !== 'up' && this.#state === 'probing' && sentAtMs < this.#probeMs) return;
    switch (health) {
      case 'up':
        // Also one that was sent before it opened: an answer is an answer.
        this.#hasAnswered = true;
        this.#failures = 0;
        if (this.#state !== 'closed') this.#close();
        return;
      case 'down':
        return this.#fail(nowMs);
      case 'neither':
        // Of the probe nothing was learnt: there may be another.
        this.#probeIsOut = false;
        return;
      default:
        return health satisfies never;
    }
  }

  #fail(nowMs: number): void {
    if (this.#state === 'closed') {
      if (++this.#failures < this.#terms.maxHostErrors) return;
      this.#downSinceMs = nowMs;
      this.#open(nowMs);
    } else if (this.#state === 'probing') {
      this.#openMs = Math.min(this.#openMs * 2, OPEN_MS_MAX);
      this.#open(nowMs);
    }
    // Open: it was sent before, and tells nothing new.
  }

  #open(nowMs: number): void {
    this.#state = 'open';
    this.#openUntilMs = nowMs + this.#openMs;
  }

  #close(): void {
    this.#state = 'closed';
    this.#openMs = OPEN_MS;
    this.#probeIsOut = false;
  }

  #waits(nowMs: number): boolean {
    return this.#hasAnswered && nowMs - this.#downSinceMs < this.#terms.hostDownMaxMs;
  }

  /** Nothing that a new one would not know. */
  get isAtRest(): boolean {
    return this.#state === 'closed' && this.#failures === 0;
  }

  toString(): string {
    return this.#state === 'closed' ? `closed, ${this.#failures} failures in a row` : this.#state;
  }
}

/**
 * What an outcome says about its host. A status of 500 is an answer; what this machine lacks is none of the host's, nor is
 * what happens at a proxy, before the way through it is open.
 */
export function healthOf(outcome: Outcome, proxied: boolean): Health {
  if (outcome.type === 'response') return 'up';
  if (proxied && (outcome.phase === 'dns' || outcome.phase === 'connect')) return 'neither';
  switch (outcome.kind) {
    case 'timeout':
    case 'refused':
    case 'reset':
    case 'closed':
    case 'unreachable':
    case 'not-found':
      return 'down';
    // Something listens there and answers, if not well.
    case 'protocol':
    case 'too-large':
    case 'unexpected':
    case 'certificate':
      return 'up';
    case 'invalid':
    case 'resources':
    case 'proxy':
    case 'host-down':
    case 'aborted':
    case 'unknown':
      return 'neither';
    default:
      return outcome.kind satisfies never;
  }
}
