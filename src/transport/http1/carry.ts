// Octets of a section that is not whole yet, kept from one read to the next. The read buffer is shared, so what is
// needed later must be copied; never more than the section's limit and one octet, which shows that it is passed.

const CR = 13;
const LF = 10;
const EMPTY = Buffer.alloc(0);
const FIRST_BYTES = 512;
/** A larger buffer is given back after the section: ten thousand connections may each have had a large one. */
const IDLE_BYTES_MAX = 4096;

export interface Carried {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  /** How many of them were kept before: positions in `bytes` are that much ahead of those in the read buffer. */
  readonly before: number;
  /** False: looking at them again would tell nothing that the last look did not. */
  readonly ripe: boolean;
}

export class Carry {
  readonly #max: number;
  #bytes = EMPTY;
  #length = 0;
  #lookAt = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > IDLE_BYTES_MAX) this.#bytes = EMPTY;
  }

  /** What was kept with the new octets behind it; the new ones alone where nothing was kept. Keeps nothing itself. */
  with(b: Buffer, start: number, end: number): Carried {
    const before = this.#length;
    const stop = Math.min(end, start + this.#max + 1 - before);
    if (before === 0) {
      this.#lookAt = 2 * (stop - start);
      return { bytes: b, from: start, to: stop, before, ripe: true };
    }
    this.#append(b, start, stop);
    const to = this.#length;
    this.#length = before;
    const ripe = this.#isRipe(before, to);
    if (ripe) this.#lookAt = 2 * to;
    return { bytes: this.#bytes, from: 0, to, before, ripe };
  }

  keep(b: Buffer, start: number, end: number): void {
    this.#append(b, start, end);
  }

  /** What was kept, for a last look at the end of the stream. */
  get all(): Carried {
    return { bytes: this.#bytes, from: 0, to: this.#length, before: this.#length, ripe: true };
  }

  /** A section is whole when an empty line ends it. Before that it is looked at each time it has doubled, for what is
   *  faulty in it: a look at each octet or line that drips in would take time in the square of its length. */
  #isRipe(before: number, to: number): boolean {
    return to > this.#max || to >= this.#lookAt || hasEmptyLine(this.#bytes, Math.max(0, before - 2), to);
  }

  /** Doubles, so that one octet at a time costs no more than all at once. */
  #append(b: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const size = Math.max(FIRST_BYTES, needed, Math.min(this.#max + 1, this.#bytes.length * 2));
      const grown = Buffer.allocUnsafeSlow(size);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    b.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }
}

/** LF LF or LF CR LF. An empty line that starts a section is found by the look at the double of one octet. */
function hasEmptyLine(b: Buffer, from: number, to: number): boolean {
  for (let pos = from; pos + 1 < to; pos++) {
    if (b[pos] !== LF) continue;
    if (b[pos + 1] === LF || (b[pos + 1] === CR && pos + 2 < to && b[pos + 2] === LF)) return true;
  }
  return false;
}
