// How many slots one origin may have, out of how many there are and how many origins have work. Counts, and admits
// nothing.
//
// A fair share is slots ÷ origins with work. Where the whole look-ahead holds one origin alone, reading ahead would only
// hold memory: the origin gets every slot and the source is read as needed. After as many requests it is looked through
// once more, then after four times as many, and so on: another origin waits a few times as long as the first has had at
// most, and few requests queue.

/** Until the look-ahead has been looked through, no origin gets more than it would beside so many: who stands first in
 *  the input must not have every slot before the others are seen. */
const ORIGINS_EXPECTED = 8;

export class FairShare {
  readonly #slots: number;
  readonly #lookAhead: number;
  /** Origins with requests under way or waiting. */
  #origins = 0;
  /** How many more requests of the only origin go out before the source is looked through again. */
  #alone: number;
  #aloneNext: number;

  /** `isOnlyOrigin`: it is known that there will never be another. */
  constructor(slots: number, lookAhead: number, isOnlyOrigin: boolean) {
    this.#slots = slots;
    this.#lookAhead = lookAhead;
    this.#alone = isOnlyOrigin ? Number.POSITIVE_INFINITY : 0;
    this.#aloneNext = lookAhead;
  }

  /** What one origin may have now. */
  get slots(): number {
    if (this.#alone > 0) return this.#slots;
    return Math.max(1, Math.floor(this.#slots / Math.max(this.#origins, ORIGINS_EXPECTED)));
  }

  /** One origin has work, and no other. */
  get isOfOne(): boolean {
    return this.#origins === 1;
  }

  rise(): void {
    this.#origins++;
    if (this.#origins === 1) return;
    this.#alone = 0;
    this.#aloneNext = this.#lookAhead;
  }

  rest(): void {
    this.#origins--;
  }

  /** The look-ahead holds no other origin. */
  leaveAlone(): void {
    this.#alone = this.#aloneNext;
    this.#aloneNext *= 4;
  }

  /** A request went out. */
  count(): void {
    if (this.#alone > 0) this.#alone--;
  }

  toString(): string {
    return `${this.slots} of ${this.#slots} slots for each of ${this.#origins} origins`;
  }
}
