// The one core of a simulated client: what arrived while it was busy waits for it, one turn of its event loop deals with
// all that had arrived when it began, and other processes may take the core away for a while.

export interface CoreSettings {
  /** What one request costs, once the compiler has seen enough of them. */
  readonly requestMs: number;
  /** What a turn of the event loop costs besides, however few it deals with. */
  readonly turnMs: number;
  /** So much more, as a share, costs the first request; the n-th √n times less of it. */
  readonly cold: number;
  /** In the mean so long others have the core, and in the mean so long they leave it. */
  readonly othersMs: number;
  readonly betweenMs: number;
}

export const NO_COST: CoreSettings = {
  requestMs: 0,
  turnMs: 0,
  cold: 0,
  othersMs: 0,
  betweenMs: Number.POSITIVE_INFINITY,
};

export class Core {
  readonly #settings: CoreSettings;
  readonly #random: () => number;
  #freeMs = 0;
  /** What had arrived by then belongs to this turn. */
  #turnMs = Number.NEGATIVE_INFINITY;
  #othersAtMs: number;
  #handled = 0;
  /** In which it was not waiting for something to do. */
  busyMs = 0;

  /** `random`: from 0 to below 1. */
  constructor(settings: CoreSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
    this.#othersAtMs = this.#drawn(settings.betweenMs);
  }

  /** When what arrives at a moment has been dealt with; the moments never fall. */
  handle(arrivedMs: number): number {
    const { requestMs, turnMs, cold } = this.#settings;
    const startMs = Math.max(arrivedMs, this.#freeMs);
    let workMs = requestMs * (1 + cold / Math.sqrt(++this.#handled));
    if (arrivedMs > this.#turnMs) {
      this.#turnMs = startMs;
      workMs += turnMs;
    }
    this.#freeMs = this.#done(startMs, workMs);
    this.busyMs += this.#freeMs - startMs;
    return this.#freeMs;
  }

  /** Others get the core before they are due only where this process leaves it. */
  #done(startMs: number, workMs: number): number {
    const { othersMs, betweenMs } = this.#settings;
    let doneMs = startMs + workMs;
    while (this.#othersAtMs < doneMs) {
      const lastsMs = this.#drawn(othersMs);
      // What they did while this process waited cost it nothing.
      doneMs += Math.max(0, Math.min(lastsMs, this.#othersAtMs + lastsMs - startMs));
      this.#othersAtMs += lastsMs + this.#drawn(betweenMs);
    }
    return doneMs;
  }

  #drawn(meanMs: number): number {
    return meanMs === Number.POSITIVE_INFINITY ? meanMs : -meanMs * Math.log(1 - this.#random());
  }
}
