// What a pool has learnt about its peer: whether it keeps connections open, as HTTP/1.1 has it, or ends each after one
// response without saying so, as some proxies do. Sends nothing and closes nothing.

/** A connection that was lost weighs as much as two that were used again: a lost one may cost a request. */
const LOST_WEIGHT = 2;
const SCORE_MAX = 10;
/** Three connections in a row that gave one response each. */
const CLOSES_SCORE = -3 * LOST_WEIGHT;
/** One connection in so many is used again all the same, to see whether that still holds. */
const PROBE_EVERY = 100;

export class PeerManner {
  #score = 0;
  #opened = 0;

  /** A connection has answered a second request. */
  onReused(): void {
    if (this.#score < SCORE_MAX) this.#score++;
  }

  /** A connection ended right after its first response. */
  onLost(): void {
    this.#score = Math.max(-SCORE_MAX, this.#score - LOST_WEIGHT);
  }

  /** It has been seen to keep connections open. Until then only what may be sent twice goes out at once on a used one. */
  get keepsOpen(): boolean {
    return this.#score > 0;
  }

  /** Whether the next connection is for one request alone. Asked once for each. */
  opensForOne(): boolean {
    if (this.#score > CLOSES_SCORE) return false;
    return ++this.#opened % PROBE_EVERY !== 0;
  }
}
