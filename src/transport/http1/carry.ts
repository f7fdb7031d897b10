// Octets of a section that is not whole yet, kept from one read to the next. The read buffer is shared, so what is
// needed later must be copied; sections are bounded by their limit, so this is too.

export interface Carried {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  /** How many of them were kept before: positions in `bytes` are that much ahead of those in the read buffer. */
  readonly before: number;
}

export class Carry {
  #bytes = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was kept with the new octets behind it; the new ones alone where nothing was kept. Keeps nothing itself. */
  with(b: Buffer, start: number, end: number): Carried {
    if (this.#length === 0) return { bytes: b, from: start, to: end, before: 0 };
    const before = this.#length;
    this.#append(b, start, end);
    const to = this.#length;
    this.#length = before;
    return { bytes: this.#bytes, from: 0, to, before };
  }

  keep(b: Buffer, start: number, end: number): void {
    this.#append(b, start, end);
  }

  /** What was kept, for a last look at the end of the stream. */
  get all(): Carried {
    return { bytes: this.#bytes, from: 0, to: this.#length, before: this.#length };
  }

  /** Doubles, so that one octet at a time costs no more than all at once. */
  #append(b: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(512, needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    b.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }
}
