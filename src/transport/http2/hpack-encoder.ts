// Fields to field blocks (RFC 7541): one direction of one connection. Decides what goes into the table; what is secret
// is for whoever has the fields.

import { DEFAULT_TABLE_BYTES, DynamicTable } from './dynamic-table.ts';
import { Field } from './field.ts';
import { huffmanBytes, huffmanWrite } from './huffman.ts';
import type { OutgoingOctets } from './outgoing-octets.ts';
import { STATIC_MAX, STATIC_NAMES } from './static-table.ts';

/** More would help nobody: what requests repeat is a few hundred octets. */
const TABLE_BYTES_MAX = DEFAULT_TABLE_BYTES;
/** A field that would take more than this part of the table is not worth what it pushes out. */
const ENTRY_PART_MAX = 1 / 2;
/** When the table is full, one field in so many that have no room pushes out the oldest. If each did, a hundred values
 *  taken in turn (user agents, tokens) would change the table with each request, and no cached block would ever hold. */
const REFUSALS_PER_EVICTION = 256;
const SEEN_MAX = 128;
/** What a field takes at most beyond its name and its value: an index or two lengths, and the slack of huffmanWrite. */
export const FIELD_SLACK_BYTES = 24;

/** How a field may be written: into the table where it pays; as a literal that leaves the table alone; or as one that
 *  nobody on the way may put into a table, since its length in a table would tell of it (section 7.1.3). */
export type Indexing = 'index' | 'plain' | 'never';

const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER = 0x10;
const PLAIN = 0x00;
const INDEXED = 0x80;
const HUFFMAN = 0x80;

interface Known {
  /** Numbers of the entries with this name, by value. Entries are numbered from 0 as they go in. */
  readonly values: Map<string, number>;
  newest: number;
}

export class HpackEncoder {
  /** Moves with each change of the table: octets that were written before it may mean something else now. */
  version = 0;
  /** True after a block in which a field was put off that goes into the table when it comes again. */
  unsettled = false;
  readonly #table = new DynamicTable();
  readonly #known = new Map<string, Known>();
  #inserted = 0;
  #refusals = 0;
  /** Fields that came once. One that never comes again would only push others out of the table. Emptied when full. */
  readonly #seen = new Set<string>();
  /** The smallest and the last size that the peer has asked for since the last block (section 4.2). */
  #smallest = DEFAULT_TABLE_BYTES;
  #wanted = DEFAULT_TABLE_BYTES;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; the next block tells it what became of it. */
  setTableBytesMax(bytes: number): void {
    this.#wanted = Math.min(bytes, TABLE_BYTES_MAX);
    this.#smallest = Math.min(this.#smallest, this.#wanted);
    this.version++;
  }

  toString(): string {
    return this.#table.toString();
  }

  /** Every block starts with it. */
  begin(out: OutgoingOctets): void {
    this.unsettled = false;
    if (this.#smallest === this.#table.bytesMax && this.#wanted === this.#smallest) return;
    out.reserve(FIELD_SLACK_BYTES);
    if (this.#smallest < this.#wanted && this.#smallest < this.#table.bytesMax)
      this.#resize(out, this.#smallest);
    if (this.#wanted !== this.#table.bytesMax) this.#resize(out, this.#wanted);
    this.#smallest = this.#wanted;
  }

  /** Name and value are octets, one character each, the name in lower case. */
  field(out: OutgoingOctets, name: string, value: string, indexing: Indexing): void {
    out.reserve(name.length + value.length + FIELD_SLACK_BYTES);
    const index = indexing === 'never' ? 0 : this.#indexOf(name, value);
    if (index > 0) {
      out.length = writeInteger(out.bytes, out.length, INDEXED, 0x7f, index);
    } else if (indexing === 'index' && this.#pays(name, value)) {
      this.#literal(out, INCREMENTAL, 0x3f, name, value);
      this.#insert(new Field(name, value));
    } else {
      this.#literal(out, indexing === 'never' ? NEVER : PLAIN, 0x0f, name, value);
    }
  }

  #literal(out: OutgoingOctets, kind: number, prefix: number, name: string, value: string): void {
    const index = STATIC_NAMES.get(name)?.index ?? this.#indexAt(this.#known.get(name)?.newest);
    let at = writeInteger(out.bytes, out.length, kind, prefix, index);
    if (index === 0) at = writeText(out.bytes, at, name);
    out.length = writeText(out.bytes, at, value);
  }

  // ── the table ───────────────────────────────────────────────────────────────────────────────────────────

  #indexOf(name: string, value: string): number {
    const index = STATIC_NAMES.get(name)?.values.get(value);
    return index ?? this.#indexAt(this.#known.get(name)?.values.get(value));
  }

  #indexAt(number: number | undefined): number {
    return number === undefined ? 0 : STATIC_MAX + this.#inserted - number;
  }

  #pays(name: string, value: string): boolean {
    const { bytes, bytesMax } = this.#table;
    const size = name.length + value.length + 32;
    if (size > bytesMax * ENTRY_PART_MAX) return false;
    const key = `${name}:${value}`;
    if (!this.#seen.has(key)) {
      if (this.#seen.size === SEEN_MAX) this.#seen.clear();
      this.#seen.add(key);
      this.unsettled = true;
      return false;
    }
    if (bytes + size <= bytesMax) return true;
    this.#refusals++;
    if (this.#refusals < REFUSALS_PER_EVICTION) return false;
    this.#refusals = 0;
    return true;
  }

  #insert(field: Field): void {
    while (this.#table.bytes + field.bytes > this.#table.bytesMax) this.#evict();
    this.#table.insert(field);
    this.version++;
    const number = this.#inserted++;
    const known = this.#known.get(field.name);
    if (known === undefined) {
      this.#known.set(field.name, { values: new Map([[field.value, number]]), newest: number });
    } else {
      known.values.set(field.value, number);
      known.newest = number;
    }
  }

  /** No entry is in the table twice, so what is forgotten is this one. */
  #evict(): void {
    const { name, value } = this.#table.evict()!;
    const { values } = this.#known.get(name)!;
    values.delete(value);
    if (values.size === 0) this.#known.delete(name);
  }

  #resize(out: OutgoingOctets, bytesMax: number): void {
    while (this.#table.bytes > bytesMax) this.#evict();
    this.#table.resize(bytesMax);
    this.version++;
    out.length = writeInteger(out.bytes, out.length, SIZE_UPDATE, 0x1f, bytesMax);
  }
}

// ── primitives (section 5) ──────────────────────────────────────────────────────────────────────────────────

/** Returns the position behind it, at most five octets on. `max` is the highest value of the prefix, all its bits. */
export function writeInteger(b: Buffer, at: number, kind: number, max: number, value: number): number {
  let pos = at;
  if (value < max) {
    b[pos++] = kind | value;
    return pos;
  }
  b[pos++] = kind | max;
  let rest = value - max;
  for (; rest >= 0x80; rest >>>= 7) b[pos++] = (rest & 0x7f) | 0x80;
  b[pos++] = rest;
  return pos;
}

/** A string, in its code where that is shorter. */
export function writeText(b: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length < 0x7f) {
    // In either form the length takes one octet, so the code can be tried at once.
    const end = huffmanWrite(text, b, at + 1);
    if (end > 0) {
      b[at] = HUFFMAN | (end - at - 1);
      return end;
    }
    b[at] = length;
    return at + 1 + b.write(text, at + 1, 'latin1');
  }
  const coded = huffmanBytes(text);
  if (coded < length) return huffmanWrite(text, b, writeInteger(b, at, HUFFMAN, 0x7f, coded));
  const from = writeInteger(b, at, 0, 0x7f, length);
  return from + b.write(text, from, 'latin1');
}
