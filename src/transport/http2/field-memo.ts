// Remembers what the octets of a literal field came to. A server writes the same few over and over (Server, Date,
// Content-Type): comparing octets costs less than to take them out of their code and make strings of them again
// (bench/micro/hpack). Octets alone decide, so all connections share one.

import type { Field } from './field.ts';

const SLOTS = 128;
/** Longer literals are seldom the same as one before. */
const OCTETS_MAX = 64;

export class FieldMemo {
  /** Each literal has one slot where it may lie, found by its length and a few of its octets. */
  readonly #octets = new Uint8Array(SLOTS * OCTETS_MAX);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #fields: (Field | undefined)[] = new Array(SLOTS).fill(undefined);

  /** `start` to `end` is a whole literal whose name does not depend on a table that changes. */
  find(b: Buffer, start: number, end: number): Field | undefined {
    const length = end - start;
    if (length > OCTETS_MAX) return undefined;
    const slot = slotOf(b, start, end);
    if (this.#lengths[slot] !== length) return undefined;
    const octets = this.#octets;
    const from = slot * OCTETS_MAX;
    // From the end: what differs between two dates or two tags does so there.
    for (let i = length - 1; i >= 0; i--) if (octets[from + i] !== b[start + i]) return undefined;
    return this.#fields[slot];
  }

  keep(b: Buffer, start: number, end: number, field: Field): void {
    const length = end - start;
    if (length > OCTETS_MAX) return;
    const slot = slotOf(b, start, end);
    const from = slot * OCTETS_MAX;
    for (let i = 0; i < length; i++) this.#octets[from + i] = b[start + i]!;
    this.#lengths[slot] = length;
    this.#fields[slot] = field;
  }
}

/** What stands at a quarter tells the name, where it is spelled out, and what stands in the middle the value. */
function slotOf(b: Buffer, start: number, end: number): number {
  const length = end - start;
  const quarter = b[start + (length >>> 2)]!;
  const middle = b[start + (length >>> 1)]!;
  return (b[start]! * 5 + quarter * 13 + middle * 3 + length * 37) & (SLOTS - 1);
}
