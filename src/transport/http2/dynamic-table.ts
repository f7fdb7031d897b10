// The dynamic table of HPACK (RFC 7541 sections 2.3.2 and 4): first in, first out, bounded by the sum of its entries'
// sizes. The same for both directions; what may change it, and when, is decided elsewhere.

import type { Field } from './field.ts';

/** What a table may hold before SETTINGS say otherwise (RFC 9113 section 6.5.2). */
export const DEFAULT_TABLE_BYTES = 4096;
const FIRST_SLOTS = 16;

export class DynamicTable {
  /** The sum of the sizes of its entries. */
  bytes = 0;
  /** How many entries it has. */
  count = 0;
  bytesMax: number;
  /** A ring: the newest entry lies in front of `#next`, the oldest `count` places before it. */
  #ring: (Field | undefined)[] = new Array(FIRST_SLOTS).fill(undefined);
  #mask = FIRST_SLOTS - 1;
  #next = 0;

  constructor(bytesMax = DEFAULT_TABLE_BYTES) {
    this.bytesMax = bytesMax;
  }

  /** 0 is the newest; undefined where there is none. */
  at(age: number): Field | undefined {
    return age < this.count ? this.#ring[(this.#next - 1 - age) & this.#mask] : undefined;
  }

  /** One that is larger than the table empties it, which is no error (RFC 7541 section 4.4). */
  insert(field: Field): void {
    this.#shrinkTo(this.bytesMax - field.bytes);
    if (field.bytes > this.bytesMax) return;
    if (this.count > this.#mask) this.#grow();
    this.#ring[this.#next] = field;
    this.#next = (this.#next + 1) & this.#mask;
    this.count++;
    this.bytes += field.bytes;
  }

  resize(bytesMax: number): void {
    this.bytesMax = bytesMax;
    this.#shrinkTo(bytesMax);
  }

  /** Takes the oldest entry out, if there is one. */
  evict(): Field | undefined {
    if (this.count === 0) return undefined;
    const place = (this.#next - this.count) & this.#mask;
    const field = this.#ring[place]!;
    this.#ring[place] = undefined;
    this.count--;
    this.bytes -= field.bytes;
    return field;
  }

  toString(): string {
    return `${this.count} entries, ${this.bytes} of ${this.bytesMax} octets`;
  }

  #shrinkTo(bytes: number): void {
    while (this.bytes > bytes && this.count > 0) this.evict();
  }

  /** Only as far as entries came: most connections have few, and no entry is smaller than 32 octets. */
  #grow(): void {
    const slots = (this.#mask + 1) * 2;
    const ring: (Field | undefined)[] = new Array(slots).fill(undefined);
    for (let age = 0; age < this.count; age++) ring[this.count - 1 - age] = this.at(age);
    this.#next = this.count;
    this.#ring = ring;
    this.#mask = slots - 1;
  }
}
