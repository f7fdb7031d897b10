// How many slots one origin may have, out of how many there are and how many origins have work. Counts, and admits
// nothing.
//
// A fair share is slots ÷ origins with work. Where the whole look-ahead holds one origin alone, reading ahead would only
// hold memory: the origin gets every slot and the source is read as needed. After as many requests it is looked through
// once more, then after four times as many, and so on: another origin waits a few times as long as the first has had at
// most, and few requests queue. Where the origin's own limit leaves slots for others, which ought to be found, it is left
// alone only if it goes through the look-ahead so quickly that they come soon.

/** Until the look-ahead has been looked through, no origin gets more than it would beside so many: who stands first in
 *  the input must not have every slot before the others are seen. */
const ORIGINS_EXPECTED = 8;

/** An origin that goes through the look-ahead in less than so long is left alone for so many times as many requests. */
const QUICK = { ms: 100, times: 16 };

export class FairShare {
  readonly #slots: number;
  readonly #lookAhead: number;
  /** Origins with requests under way or waiting. */
  #origins = 0;
  /** How many more requests of the only origin go out before the source is looked through again. */
  #alone: number;
  #aloneNext: number;
  #sparing: boolean;
  /** Since it was last looked through: requests that waited in the look-ahead, and for how long the last of them did. */
  #waited = 0;
  #waitedMs = 0;

  /** `isOnlyOrigin`: it is known that there will never be another. */
  constructor(slots: number, lookAhead: number, isOnlyOrigin: boolean) {
    this.#slots = slots;
    this.#lookAhead = lookAhead;
    this.#alone = isOnlyOrigin ? Number.POSITIVE_INFINITY : 0;
    this.#aloneNext = lookAhead;
    this.#sparing = isOnlyOrigin;
  }

  /** What one origin may have now. */
  get slots(): number {
    if (this.#alone > 0) return this.#slots;
    return Math.max(1, Math.floor(this.#slots / Math.max(this.#origins, ORIGINS_EXPECTED)));
  }

  /** The source is read no further than the only origin needs, though there are slots for others. */
  get isSparing(): boolean {
    return this.#sparing && this.#alone > 0;
  }

  /** Requests read ahead at most: one, which waits for its time or for other runs, where reading is spared. */
  get readAhead(): number {
    return this.isSparing ? 1 : this.#lookAhead;
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
    this.#waited = 0;
  }

  rest(): void {
    this.#origins--;
  }

  /** The look-ahead holds no other origin. `isFull`: this one has as much under way as it may, and leaves slots unused. */
  leaveAlone(isFull: boolean): void {
    if (isFull) return this.#leaveIfQuick();
    this.#sparing = false;
    this.#alone = this.#aloneNext;
    this.#aloneNext *= 4;
    this.#waited = 0;
  }

  #leaveIfQuick(): void {
    if (this.#alone > 0 || this.#waited < this.#lookAhead || this.#waitedMs > QUICK.ms) return;
    this.#sparing = true;
    this.#alone = QUICK.times * this.#lookAhead;
    this.#waited = 0;
  }

  /** A request goes out that waited in the look-ahead for so long. */
  waited(ms: number): void {
    if (this.#alone > 0) return;
    this.#waited++;
    this.#waitedMs = ms;
  }

  /** A request went out. */
  count(): void {
    if (this.#alone > 0) this.#alone--;
  }

  toString(): string {
    return `${this.slots} of ${this.#slots} slots for each of ${this.#origins} origins`;
  }
}
