// Octets for tests of HTTP/2, written down independently of the code that is tested: hexadecimal, and fields.

import { expect } from 'vitest';
import type { Field } from '../../../src/transport/http2/field.ts';
import { FieldMemo } from '../../../src/transport/http2/field-memo.ts';
import { type HeaderLimits, HpackDecoder } from '../../../src/transport/http2/hpack-decoder.ts';
import type { OutgoingOctets } from '../../../src/transport/http2/outgoing-octets.ts';

export const LIMITS: HeaderLimits = { headerBytesMax: 64 * 1024, headerCountMax: 200 };

export type Pair = readonly [name: string, value: string];

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex');
}

export function pairsOf(fields: readonly Field[] | undefined): Pair[] | undefined {
  return fields?.map(({ name, value }) => [name, value]);
}

export function makeDecoder(limits = LIMITS, tableBytesMax = 4096): HpackDecoder {
  return new HpackDecoder(limits, new FieldMemo(), tableBytesMax);
}

export function decode(decoder: HpackDecoder, octets: Buffer | string): Pair[] | undefined {
  const b = typeof octets === 'string' ? hex(octets) : octets;
  // Octets around it belong to something else: the decoder must not look at them.
  const around = Buffer.concat([Buffer.alloc(3, 0xff), b, Buffer.alloc(3, 0xff)]);
  return pairsOf(decoder.decode(around, 3, 3 + b.length));
}

/** What the decoder says of a block that is none. */
export function faultOf(decoder: HpackDecoder, octets: Buffer | string): string {
  expect(decode(decoder, octets)).toBeUndefined();
  expect(decoder.fault?.code).toBe(0x9);
  return decoder.fault!.message;
}

/** Takes what was written, and leaves nothing. */
export function written(out: OutgoingOctets): Buffer {
  return Buffer.from(out.take());
}
