// Which of the numbers 0, 1, 2 … have been seen, for numbers that come nearly in order. Its size follows the gaps, not
// the numbers: a hundred million without a gap are one range. Forgets nothing and removes nothing.
//
//   chunk number       0        1        2        3
//                  ┌────────┬────────┬────────┬────────
//                  │  full  │  full  │ 1011…  │ 1100…     full chunks are ranges of chunk numbers (FullChunks),
//                  └────────┴────────┴────────┴────────   the others have a bit for each of their numbers (Chunk)

import { FullChunks } from './full-chunks.ts';

/** Numbers of one chunk. Smaller: more of them in the map; larger: more bytes for a lonely gap. */
const CHUNK = 2048;
const WORDS = CHUNK / 32;
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

class Chunk {
  readonly bits = new Int32Array(WORDS);
  count = 0;
}

/** `from`, `from + 1` … up to but without `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export class RangeSet implements Iterable<Range> {
  readonly #full = new FullChunks();
  readonly #open = new Map<number, Chunk>();
  #count = 0;
  /** The chunk of the number before: mostly that of the next one, too. */
  #lastNumber = -1;
  #last: Chunk | undefined;

  /** How many numbers are in it. */
  get count(): number {
    return this.#count;
  }

  /** The least number that is not in it. */
  get firstGap(): number {
    return this.nextGap(0);
  }

  /** Stretches of missing numbers below the highest one. Looks at every range. */
  get gaps(): number {
    let gaps = 0;
    let at = 0;
    for (const { from, to } of this) {
      if (from > at) gaps++;
      at = to;
    }
    return gaps;
  }

  /** 20 ns where numbers come nearly in order, a tenth of a sorted list of ranges (bench/micro/journal.mjs). False where it was there already. */
  add(n: number): boolean {
    if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`no place in a sequence: ${n}`);
    const number = Math.floor(n / CHUNK);
    const chunk = number === this.#lastNumber ? this.#last : this.#openChunk(number);
    if (chunk === undefined) return false;
    const offset = n - number * CHUNK;
    const word = offset >>> 5;
    const bit = 1 << (offset & 31);
    const bits = chunk.bits[word]!;
    if ((bits & bit) !== 0) return false;
    chunk.bits[word] = bits | bit;
    this.#count++;
    if (++chunk.count === CHUNK) this.#fill(number);
    return true;
  }

  has(n: number): boolean {
    const number = Math.floor(n / CHUNK);
    const chunk = this.#open.get(number);
    if (chunk === undefined) return this.#full.has(number);
    const offset = n - number * CHUNK;
    return (chunk.bits[offset >>> 5]! & (1 << (offset & 31))) !== 0;
  }

  /** The least number from `n` on that is not in it. However long the range that `n` lies in: one look, or a few. */
  nextGap(n: number): number {
    for (let at = n; ; ) {
      const number = Math.floor(at / CHUNK);
      const chunk = this.#open.get(number);
      const start = number * CHUNK;
      if (chunk !== undefined) {
        const offset = nextBit(chunk.bits, at - start, CLEAR);
        if (offset < CHUNK) return start + offset;
        at = start + CHUNK;
      } else if (this.#full.has(number)) at = this.#full.endOf(number) * CHUNK;
      else return at;
    }
  }

  /** The ranges from the lowest to the highest; no two touch. */
  *[Symbol.iterator](): Generator<Range> {
    let from = 0;
    let to = 0;
    for (const part of this.#parts()) {
      if (part.from !== to) {
        if (to > from) yield { from, to };
        from = part.from;
      }
      to = part.to;
    }
    if (to > from) yield { from, to };
  }

  /** How many are there, are missing, are there … from 0 on: `100,1,1,3,96`. */
  toText(): string {
    let text = '';
    let at = 0;
    for (const { from, to } of this) {
      if (from > 0) text += text === '' ? `0,${from},` : `,${from - at},`;
      text += to - from;
      at = to;
    }
    return text === '' ? '0' : text;
  }

  /** The set whose text this is; RangeError where it is none. */
  static parse(text: string): RangeSet {
    const set = new RangeSet();
    let at = 0;
    let there = true;
    for (const part of text.split(',')) {
      const length = /^\d{1,16}$/.test(part) ? Number(part) : Number.NaN;
      const tooFar = !(length <= NUMBER_MAX - at + 1);
      // Only the very first length may be 0: the sequence begins with a gap, or there is nothing at all.
      if (tooFar || (length === 0 && (at > 0 || !there)))
        throw new RangeError(`no set of ranges: ${shortened(text)}`);
      if (there) set.#append(at, at + length);
      at += length;
      there = !there;
    }
    if (there) throw new RangeError(`a set of ranges ends with a gap: ${shortened(text)}`);
    return set;
  }

  toString(): string {
    return `ranges ${this.#count} numbers, first gap ${this.firstGap}, gaps ${this.gaps}`;
  }

  /** Undefined where it is full. */
  #openChunk(number: number): Chunk | undefined {
    let chunk = this.#open.get(number);
    if (chunk === undefined) {
      if (this.#full.has(number)) return undefined;
      chunk = new Chunk();
      this.#open.set(number, chunk);
    }
    this.#lastNumber = number;
    this.#last = chunk;
    return chunk;
  }

  #fill(number: number): void {
    this.#open.delete(number);
    this.#full.add(number, number + 1);
    this.#lastNumber = -1;
    this.#last = undefined;
  }

  /** All of a range that lies behind everything that is there; its chunks in between are not looked at. */
  #append(from: number, to: number): void {
    const fullFrom = Math.ceil(from / CHUNK);
    const fullTo = Math.floor(to / CHUNK);
    if (fullFrom >= fullTo) {
      for (let n = from; n < to; n++) this.add(n);
      return;
    }
    for (let n = from; n < fullFrom * CHUNK; n++) this.add(n);
    this.#full.add(fullFrom, fullTo);
    this.#count += (fullTo - fullFrom) * CHUNK;
    for (let n = fullTo * CHUNK; n < to; n++) this.add(n);
  }

  /** Ranges in order, of which some touch. */
  *#parts(): Generator<Range> {
    const numbers = [...this.#open.keys()].sort((a, b) => a - b);
    let fulls = 0;
    for (const number of numbers) {
      for (; fulls < this.#full.ranges && this.#full.from(fulls) < number; fulls++)
        yield this.#fullRange(fulls);
      const start = number * CHUNK;
      const { bits } = this.#open.get(number)!;
      for (let at = nextBit(bits, 0, SET); at < CHUNK; ) {
        const end = nextBit(bits, at, CLEAR);
        yield { from: start + at, to: start + end };
        at = nextBit(bits, end, SET);
      }
    }
    for (; fulls < this.#full.ranges; fulls++) yield this.#fullRange(fulls);
  }

  #fullRange(i: number): Range {
    return { from: this.#full.from(i) * CHUNK, to: this.#full.to(i) * CHUNK };
  }
}

/** What a word is XORed with so that the bits looked for are ones. */
const SET = 0;
const CLEAR = -1;

/** The offset of the first such bit from `offset` on; CHUNK where there is none. */
function nextBit(bits: Int32Array, offset: number, flip: typeof SET | typeof CLEAR): number {
  let word = offset >>> 5;
  if (word >= WORDS) return CHUNK;
  let value = (bits[word]! ^ flip) & (-1 << (offset & 31));
  while (value === 0) {
    if (++word === WORDS) return CHUNK;
    value = bits[word]! ^ flip;
  }
  return word * 32 + (31 - Math.clz32(value & -value));
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
