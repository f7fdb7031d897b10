// Sorted ranges of numbers that mostly grow at their upper end; what RangeSet keeps of its full chunks. Ranges that meet
// become one. A range in the middle costs as much as there are ranges behind it.

export class FullChunks {
  readonly #from: number[] = [];
  /** Without this number. */
  readonly #to: number[] = [];

  get ranges(): number {
    return this.#from.length;
  }

  from(i: number): number {
    return this.#from[i]!;
  }

  to(i: number): number {
    return this.#to[i]!;
  }

  has(n: number): boolean {
    const i = this.#at(n);
    return i >= 0 && n < this.#to[i]!;
  }

  /** The end of the range that `n` is in. */
  endOf(n: number): number {
    return this.#to[this.#at(n)]!;
  }

  /** None of these may be there. */
  add(from: number, to: number): void {
    const before = this.#at(from);
    const after = before + 1;
    const meetsBefore = before >= 0 && this.#to[before] === from;
    const meetsAfter = this.#from[after] === to;
    if (meetsBefore && meetsAfter) {
      this.#to[before] = this.#to[after]!;
      this.#from.splice(after, 1);
      this.#to.splice(after, 1);
    } else if (meetsBefore) this.#to[before] = to;
    else if (meetsAfter) this.#from[after] = from;
    else {
      this.#from.splice(after, 0, from);
      this.#to.splice(after, 0, to);
    }
  }

  /** The last range that begins at `n` or before; -1 where none does. */
  #at(n: number): number {
    let low = 0;
    let high = this.#from.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#from[middle]! <= n) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
