// RFC 7541 read as plainly as it can be, to hold the decoder against: no limits, nothing remembered, bit by bit.

import { BAD_PADDING, HOLDS_EOS, huffmanBytes, huffmanWrite } from '../../src/transport/http2/huffman.ts';
import { STATIC_FIELDS, STATIC_MAX } from '../../src/transport/http2/static-table.ts';
import type { Pair } from '../fake/frame-octets.ts';
import { latin1 } from '../transport/http1/observe.ts';

export const BLOCK_BROKEN = Symbol('no block');

/** Throws BLOCK_BROKEN for what is no block. */
export class PlainDecoder {
  table: Pair[] = [];
  bytesMax = 4096;
  readonly #tableBytesMax: number;
  #allowed: number;
  #mustShrink = false;
  #octets: number[] = [];

  constructor(tableBytesMax: number) {
    this.#tableBytesMax = tableBytesMax;
    this.#allowed = Math.max(4096, tableBytesMax);
  }

  onSettingsAck(): void {
    this.#allowed = this.#tableBytesMax;
    this.#mustShrink ||= this.bytesMax > this.#allowed;
  }

  get bytes(): number {
    return this.table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  }

  decode(block: string): Pair[] {
    this.#octets = [...latin1(block)].reverse();
    const fields: Pair[] = [];
    for (let octet = this.#octets.at(-1); octet !== undefined; octet = this.#octets.at(-1)) {
      if (octet >= 0x80) fields.push(this.#at(this.#integer(7)));
      else if (octet >= 0x40 || octet < 0x20) fields.push(this.#literal(octet >= 0x40));
      else if (fields.length === 0) this.#resize(this.#integer(5));
      else throw BLOCK_BROKEN;
      if (fields.length > 0 && this.#mustShrink) throw BLOCK_BROKEN;
    }
    if (this.#mustShrink) throw BLOCK_BROKEN;
    return fields;
  }

  #literal(isKept: boolean): Pair {
    const index = this.#integer(isKept ? 6 : 4);
    const field: Pair = [index === 0 ? this.#text() : this.#at(index)[0], this.#text()];
    if (isKept) {
      this.table.unshift(field);
      this.#evict();
    }
    return field;
  }

  #at(index: number): Pair {
    const field = index <= STATIC_MAX ? STATIC_FIELDS[index] : undefined;
    const pair: Pair | undefined = field === undefined ? this.table[index - 62] : [field.name, field.value];
    if (index === 0 || pair === undefined) throw BLOCK_BROKEN;
    return pair;
  }

  #resize(bytesMax: number): void {
    if (bytesMax > this.#allowed) throw BLOCK_BROKEN;
    this.bytesMax = bytesMax;
    this.#mustShrink = false;
    this.#evict();
  }

  #evict(): void {
    while (this.bytes > this.bytesMax) this.table.pop();
  }

  #octet(): number {
    const octet = this.#octets.pop();
    if (octet === undefined) throw BLOCK_BROKEN;
    return octet;
  }

  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#octet() % (most + 1);
    if (value < most) return value;
    for (let factor = 1; factor <= 2 ** 21; factor *= 128) {
      const octet = this.#octet();
      value += (octet % 128) * factor;
      if (octet < 128) return value;
    }
    throw BLOCK_BROKEN;
  }

  #text(): string {
    const isCoded = (this.#octets.at(-1) ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (length > this.#octets.length) throw BLOCK_BROKEN;
    const octets = this.#octets.splice(this.#octets.length - length).reverse();
    const text = isCoded ? plainHuffman(octets) : Buffer.from(octets).toString('latin1');
    if (typeof text === 'number') throw BLOCK_BROKEN;
    return text;
  }
}

/** Each code with a 1 in front of its bits, as the encoder writes it behind octets that are eight times five bits. */
const OCTETS = new Map<number, number>(
  Array.from({ length: 256 }, (_, octet) => {
    const text = String.fromCharCode(octet);
    const bits = huffmanBytes(text.repeat(8));
    const out = Buffer.alloc(64);
    huffmanWrite('0'.repeat(40) + text, out, 0);
    return [2 ** bits + Math.floor(out.readUInt32BE(25) / 2 ** (32 - bits)), octet];
  }),
);
const END_OF_STRING = 2 ** 31 - 1;

/** Bit by bit. */
export function plainHuffman(octets: readonly number[]): string | number {
  const text: number[] = [];
  let code = 1;
  for (const octet of octets) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((octet >> bit) & 1);
      if (code === END_OF_STRING) return HOLDS_EOS;
      const found = OCTETS.get(code);
      if (found === undefined) continue;
      text.push(found);
      code = 1;
    }
  }
  // Ones only, and less than eight of them.
  return code < 256 && (code & (code + 1)) === 0 ? Buffer.from(text).toString('latin1') : BAD_PADDING;
}
