// How a server treats who does not wait: a refusal named a time, and who comes back before it is shut out for longer.
// Reads no clock.

/** What was under way when the first refusal went out is not held against its client. */
const GRACE_MS = 250;

export class Patience {
  readonly #askedMs: number;
  readonly #banMs: number;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  #bannedUntilMs = Number.NEGATIVE_INFINITY;

  /** `askedMs`: what a refusal asks for; `banMs`: what follows for who comes earlier, 0 for nothing. */
  constructor(askedMs: number, banMs: number) {
    this.#askedMs = askedMs;
    this.#banMs = banMs;
  }

  /** How long the one who comes now is still shut out; 0: not at all. */
  banLeftMs(nowMs: number): number {
    const leftMs = this.#bannedUntilMs - nowMs;
    if (leftMs > 0) return leftMs;
    const sinceMs = nowMs - this.#refusedAtMs;
    if (this.#banMs === 0 || sinceMs <= GRACE_MS || sinceMs >= this.#askedMs) return 0;
    this.#bannedUntilMs = nowMs + this.#banMs;
    this.#refusedAtMs = Number.NEGATIVE_INFINITY;
    return this.#banMs;
  }

  /** A refusal goes out. A row of them is one: its time counts from the first. */
  refuse(nowMs: number): void {
    if (nowMs - this.#refusedAtMs > GRACE_MS) this.#refusedAtMs = nowMs;
  }
}
