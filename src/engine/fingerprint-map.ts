// From fingerprints to a few words each, for millions of them: 4 + 1.6 to 3.2 words of 32 bits besides the values, and
// nothing that a garbage collector looks at. Forgets nothing and removes nothing.
//
//   slots    [ 0 | 3 | 0 | 1 | 2 | 0 … ]       entry + 1, where its first word says, or in the next one that is free
//                  ▼
//   chunks   [ w0 w1 w2 w3 value… ][ w0 … ]    in the order in which they came
//
// With three words of value an entry takes 34 to 41 bytes and 0.35 µs among ten million, where a Map of texts with a small
// object each takes 125 and up (bench/micro/fresh.mjs).

import { count } from '../model/text.ts';
import type { Fingerprint } from './fingerprint.ts';

const WORDS = 4;
const CHUNK_ENTRIES = 16_384;
const SLOTS_MIN = 1024;
/** Of slots, how many are taken at most: beyond it the way to a free one grows fast. */
const LOAD_MAX = 0.625;

export class FingerprintMap {
  size = 0;
  readonly #valueWords: number;
  readonly #entryWords: number;
  readonly #chunks: Uint32Array[] = [];
  #slots = new Uint32Array(SLOTS_MIN);
  #growAt = SLOTS_MIN * LOAD_MAX;

  constructor(valueWords: number) {
    this.#valueWords = valueWords;
    this.#entryWords = WORDS + valueWords;
  }

  /** The entry of it, or -1. Entries are numbered 0, 1, 2 … */
  find(print: Fingerprint): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = print[0]! & mask; ; at = (at + 1) & mask) {
      const entry = slots[at]! - 1;
      if (entry < 0) return -1;
      const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
      const start = (entry % CHUNK_ENTRIES) * this.#entryWords;
      if (
        chunk[start] === print[0] &&
        chunk[start + 1] === print[1] &&
        chunk[start + 2] === print[2] &&
        chunk[start + 3] === print[3]
      ) {
        return entry;
      }
    }
  }

  /** For one that `find` did not find. Its values are 0. */
  add(print: Fingerprint): number {
    if (this.size >= this.#growAt) this.#grow();
    const entry = this.size++;
    if (entry % CHUNK_ENTRIES === 0) this.#chunks.push(new Uint32Array(CHUNK_ENTRIES * this.#entryWords));
    this.#chunks.at(-1)!.set(print, (entry % CHUNK_ENTRIES) * this.#entryWords);
    place(this.#slots, print[0]!, entry);
    return entry;
  }

  value(entry: number, word: number): number {
    return this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]![this.#valueAt(entry, word)]!;
  }

  setValue(entry: number, word: number, value: number): void {
    this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]![this.#valueAt(entry, word)] = value;
  }

  #valueAt(entry: number, word: number): number {
    return (entry % CHUNK_ENTRIES) * this.#entryWords + WORDS + word;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.size; entry++) {
      const chunk = this.#chunks[Math.floor(entry / CHUNK_ENTRIES)]!;
      place(slots, chunk[(entry % CHUNK_ENTRIES) * this.#entryWords]!, entry);
    }
    this.#slots = slots;
    this.#growAt = slots.length * LOAD_MAX;
  }

  toString(): string {
    const bytes = 4 * (this.#slots.length + this.#chunks.length * CHUNK_ENTRIES * this.#entryWords);
    return `${count(this.size)} fingerprints with ${this.#valueWords} words each, ${count(bytes)} bytes`;
  }
}

function place(slots: Uint32Array, word: number, entry: number): void {
  const mask = slots.length - 1;
  let at = word & mask;
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = entry + 1;
}
