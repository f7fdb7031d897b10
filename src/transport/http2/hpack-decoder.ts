// Field blocks to fields (RFC 7541): one direction of one connection, whose table each block may change. A block is
// always read to its end, also when it holds more than may be: the next one depends on it.

import { type Fault, tooLarge } from '../response-limits.ts';
import { DEFAULT_TABLE_BYTES, DynamicTable } from './dynamic-table.ts';
import { type ConnectionFault, ErrorCode } from './errors.ts';
import { Field } from './field.ts';
import type { FieldMemo } from './field-memo.ts';
import { HOLDS_EOS, huffmanText } from './huffman.ts';
import { STATIC_FIELDS, STATIC_MAX } from './static-table.ts';

const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const HUFFMAN = 0x80;
/** Integers go on for four octets behind their prefix at most: to more than 2^28, which no block comes near. */
const INTEGER_SHIFT_MAX = 21;
/** Blocks up to this size are compared with the one before. */
const BLOCK_BYTES = 512;

export interface HeaderLimits {
  /** Of names and values, and 32 for each field (RFC 9113 section 6.5.2). */
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
}

export class HpackDecoder {
  /** Set when `decode` gave undefined: the block is none, and no later one can be read either (RFC 9113 section 4.3). */
  fault: ConnectionFault | undefined;
  /** Set when the last block held more than may be: it concerns its message alone. */
  excess: Fault | undefined;
  readonly #limits: HeaderLimits;
  readonly #memo: FieldMemo;
  readonly #table = new DynamicTable();
  /** What our SETTINGS allow; until they are acknowledged the peer may believe in the default. */
  readonly #tableBytesMax: number;
  #tableBytesAllowed: number;
  /** Our SETTINGS took some of the table away: the next block has to begin with a size update. */
  #mustShrink = false;
  /** Behind what was read last. */
  #pos = 0;
  #bytes = 0;
  /** The present block refers to the table, or changes its size. */
  #readsTable = false;
  /** What the present block has put into the table. */
  readonly #inserted: Field[] = [];
  /** The last block that did not depend on the table, and what it held. */
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #blockLength = -1;
  #repeated: readonly Field[] = [];
  #repeatedInserts: readonly Field[] = [];

  /** `tableBytesMax`: the SETTINGS_HEADER_TABLE_SIZE that the peer is told. */
  constructor(limits: HeaderLimits, memo: FieldMemo, tableBytesMax = DEFAULT_TABLE_BYTES) {
    this.#limits = limits;
    this.#memo = memo;
    this.#tableBytesMax = tableBytesMax;
    this.#tableBytesAllowed = Math.max(tableBytesMax, DEFAULT_TABLE_BYTES);
  }

  /** The peer has acknowledged our SETTINGS. */
  onSettingsAck(): void {
    this.#tableBytesAllowed = this.#tableBytesMax;
    if (this.#table.bytesMax > this.#tableBytesMax) {
      this.#mustShrink = true;
      this.#blockLength = -1;
    }
  }

  toString(): string {
    return this.#table.toString();
  }

  /** The fields of a whole block in their order; those within the limits where there are more (`excess`). */
  decode(b: Buffer, start: number, end: number): readonly Field[] | undefined {
    this.excess = undefined;
    if (this.#repeats(b, start, end)) return this.#repeat();
    const fields: Field[] = [];
    this.#readsTable = false;
    this.#inserted.length = 0;
    this.#bytes = 0;
    this.#pos = start;
    while (this.fault === undefined && this.#pos < end && (b[this.#pos]! & 0xe0) === SIZE_UPDATE) {
      this.#resize(b, end);
    }
    if (this.#mustShrink)
      this.#broken('no size update at the start of a field block, where SETTINGS ask for one');
    while (this.#pos < end && this.fault === undefined) {
      const octet = b[this.#pos]!;
      if (octet >= INDEXED) this.#add(fields, this.#indexed(b, end));
      else if (octet >= INCREMENTAL) this.#add(fields, this.#literal(b, end, 0x3f, true));
      else if (octet >= SIZE_UPDATE) this.#broken('a table size update behind a field');
      else this.#add(fields, this.#literal(b, end, 0x0f, false));
    }
    if (this.fault !== undefined) return undefined;
    if (!this.#readsTable && this.excess === undefined) this.#remember(b, start, end, fields);
    return fields;
  }

  /** The very octets of a block that did not depend on the table, as most responses of a server are: to compare them
   *  costs a fraction of what it takes to decode them (bench/micro/hpack). */
  #repeats(b: Buffer, start: number, end: number): boolean {
    if (end - start !== this.#blockLength) return false;
    const block = this.#block;
    for (let i = this.#blockLength - 1; i >= 0; i--) if (block[i] !== b[start + i]) return false;
    return true;
  }

  /** It does to the table what it did then. */
  #repeat(): readonly Field[] {
    for (const field of this.#repeatedInserts) this.#table.insert(field);
    return this.#repeated;
  }

  #remember(b: Buffer, start: number, end: number, fields: readonly Field[]): void {
    if (end - start > this.#block.length) return;
    b.copy(this.#block, 0, start, end);
    this.#blockLength = end - start;
    this.#repeated = fields;
    this.#repeatedInserts = this.#inserted.slice();
  }

  /** Nothing is copied for a field, so a short block of references to a long one costs no memory (an HPACK bomb). */
  #add(fields: Field[], field: Field | undefined): void {
    if (field === undefined || this.excess !== undefined) return;
    this.#bytes += field.bytes;
    const { headerBytesMax, headerCountMax } = this.#limits;
    if (this.#bytes > headerBytesMax) {
      this.excess = tooLarge('a header section', headerBytesMax, 'headerBytesMax');
    } else if (fields.length === headerCountMax) {
      this.excess = tooLarge('header fields', headerCountMax, 'headerCountMax');
    } else fields.push(field);
  }

  // ── representations (section 6) ─────────────────────────────────────────────────────────────────────────

  #indexed(b: Buffer, end: number): Field | undefined {
    const index = this.#integer(b, end, 0x7f);
    if (index === 0) return this.#broken('the index 0 in a field block');
    return index < 0 ? undefined : this.#at(index);
  }

  #literal(b: Buffer, end: number, prefix: number, incremental: boolean): Field | undefined {
    const start = this.#pos;
    const index = this.#integer(b, end, prefix);
    if (index < 0) return undefined;
    const nameStart = this.#pos;
    if (index === 0 && !this.#skipText(b, end)) return undefined;
    const valueStart = this.#pos;
    if (!this.#skipText(b, end)) return undefined;
    const after = this.#pos;
    const isConstant = index <= STATIC_MAX;
    let field = isConstant ? this.#memo.find(b, start, after) : undefined;
    if (field === undefined) {
      const name = index === 0 ? this.#text(b, nameStart, valueStart) : this.#at(index)?.name;
      const value = name === undefined ? undefined : this.#text(b, valueStart, after);
      if (name === undefined || value === undefined) return undefined;
      field = new Field(name, value);
      if (isConstant) this.#memo.keep(b, start, after, field);
    }
    if (incremental) this.#insert(field);
    return field;
  }

  #resize(b: Buffer, end: number): void {
    const bytesMax = this.#integer(b, end, 0x1f);
    if (bytesMax < 0) return;
    if (bytesMax > this.#tableBytesAllowed) {
      this.#broken(`a table size of ${bytesMax}, where SETTINGS allow ${this.#tableBytesAllowed}`);
      return;
    }
    this.#table.resize(bytesMax);
    this.#readsTable = true;
    this.#mustShrink = false;
  }

  #insert(field: Field): void {
    this.#table.insert(field);
    this.#inserted.push(field);
  }

  #at(index: number): Field | undefined {
    if (index <= STATIC_MAX) return STATIC_FIELDS[index]!;
    this.#readsTable = true;
    const field = this.#table.at(index - STATIC_MAX - 1);
    return field ?? this.#broken(`the index ${index} in a field block, where no field is`);
  }

  // ── primitives (section 5) ──────────────────────────────────────────────────────────────────────────────

  /** Moves behind it; -1 where it is none. */
  #integer(b: Buffer, end: number, prefix: number): number {
    let value = b[this.#pos++]! & prefix;
    if (value < prefix) return value;
    for (let shift = 0; this.#pos < end; shift += 7) {
      const octet = b[this.#pos++]!;
      if (shift > INTEGER_SHIFT_MAX)
        return this.#badInteger('an integer of too many octets in a field block');
      value += (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    return this.#badInteger('a field block that ends inside of an integer');
  }

  #badInteger(message: string): number {
    this.#broken(message);
    return -1;
  }

  /** Moves behind a string; false where the block ends inside of it. */
  #skipText(b: Buffer, end: number): boolean {
    if (this.#pos < end) {
      const length = this.#integer(b, end, 0x7f);
      if (length < 0) return false;
      this.#pos += length;
      if (this.#pos <= end) return true;
    }
    this.#broken('a field block that ends inside of a field');
    return false;
  }

  /** A string that was skipped before; its end is known. */
  #text(b: Buffer, start: number, end: number): string | undefined {
    this.#pos = start;
    this.#integer(b, end, 0x7f);
    const from = this.#pos;
    this.#pos = end;
    if (b[start]! < HUFFMAN) return b.toString('latin1', from, end);
    const text = huffmanText(b, from, end);
    if (typeof text === 'string') return text;
    return this.#broken(
      text === HOLDS_EOS
        ? 'a Huffman-coded string with EOS in it'
        : 'a Huffman-coded string with wrong padding',
    );
  }

  #broken(message: string): undefined {
    this.fault ??= { code: ErrorCode.COMPRESSION_ERROR, message };
    return undefined;
  }
}
