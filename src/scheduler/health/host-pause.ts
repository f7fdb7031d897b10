// One host's pause after a 429 or 503: for as long as it asks, or ever longer ones where it says nothing; and how few
// requests it gets after that. The host pauses, not the run. Decides, and does nothing else.
//
//   429 ─► pause ─► 2 at once, one more for each answer that is no refusal ─► 64 at once: as before
//             ▲                        │
//             └────── refused again ◄──┘   where the host names no time: twice as long

import { spread } from '../retry/retry-after.ts';

const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 60_000;
const WINDOW_FIRST = 2;
/** At so many at once it has been shown that the host takes them; other limits hold from there on. */
const WINDOW_LAST = 64;

/** Statuses by which a host says that it is the number of requests that it does not want. */
export function asksToPause(status: number): boolean {
  return status === 429 || status === 503;
}

export class HostPause {
  readonly #askedMsMax: number;
  readonly #random: () => number;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** When the last pause began: what was sent before that is refused for the same reason, not for a new one. */
  #beganAtMs = Number.NEGATIVE_INFINITY;
  /** In a row, without a whole resumption between them. */
  #pauses = 0;
  #window = Number.POSITIVE_INFINITY;

  /** `askedMsMax`: a host that asks for more is not left alone for longer. `random`: from 0 to below 1. */
  constructor(askedMsMax: number, random: () => number) {
    this.#askedMsMax = askedMsMax;
    this.#random = random;
  }

  /** How many requests may be under way to it once it is not paused; infinite unless it is resuming. */
  get window(): number {
    return this.#window;
  }

  /** Until one may start; 0: now. */
  waitMs(nowMs: number): number {
    return nowMs >= this.#untilMs ? 0 : this.#untilMs - nowMs;
  }

  /** Refused. `askedMs`: what Retry-After said, 0 without it. Several at once extend the pause, none shortens it. */
  refuse(sentAtMs: number, askedMs: number, nowMs: number): void {
    const isNew = sentAtMs >= this.#beganAtMs && nowMs >= this.#untilMs;
    if (isNew) {
      this.#pauses++;
      this.#beganAtMs = nowMs;
      this.#window = WINDOW_FIRST;
    } else if (askedMs === 0) return;
    const ownMs = Math.min(PAUSE_MS * 2 ** (this.#pauses - 1), PAUSE_MS_MAX, this.#askedMsMax);
    // Half of it at least: to come back at once, as full jitter may have it, is no answer to a refusal.
    const ms =
      askedMs === 0
        ? ownMs * (0.5 + this.#random() / 2)
        : spread(Math.min(askedMs, this.#askedMsMax), this.#random);
    this.#untilMs = Math.max(this.#untilMs, nowMs + ms);
  }

  /** Answered, and not refused. */
  accept(sentAtMs: number, nowMs: number): void {
    if (this.#window === Number.POSITIVE_INFINITY || nowMs < this.#untilMs || sentAtMs < this.#beganAtMs)
      return;
    this.#window++;
    if (this.#window <= WINDOW_LAST) return;
    this.#window = Number.POSITIVE_INFINITY;
    this.#pauses = 0;
  }

  get isAtRest(): boolean {
    return this.#window === Number.POSITIVE_INFINITY;
  }

  toString(): string {
    return this.isAtRest ? 'not paused' : `paused ${this.#pauses} times, then ${this.#window} at once`;
  }
}
