// The Huffman code of RFC 7541 section 5.2 and appendix B.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BAD_PADDING,
  HOLDS_EOS,
  huffmanBytes,
  huffmanText,
  huffmanWrite,
} from '../../../src/transport/http2/huffman.ts';
import { hex } from './octets.ts';

function coded(text: string): string | undefined {
  const out = Buffer.alloc(text.length + 8, 0xee);
  const end = huffmanWrite(text, out, 2);
  // No more than its length and four octets may be written over.
  expect(out.subarray(0, 2).toString('hex') + out.subarray(2 + text.length + 4).toString('hex')).toBe(
    'eeeeeeee',
  );
  return end === -1 ? undefined : out.toString('hex', 2, end);
}

function text(octets: string): string | number {
  const b = hex(octets);
  return huffmanText(b, 0, b.length);
}

/** One code for each length, with its bits as appendix B has them. */
const CODES: ReadonlyArray<readonly [octet: number, bits: string]> = [
  [0x30, '00000'],
  [0x20, '010100'],
  [0x3a, '1011100'],
  [0x26, '11111000'],
  [0x21, '1111111000'],
  [0x27, '11111111010'],
  [0x23, '111111111010'],
  [0x00, '1111111111000'],
  [0x5e, '11111111111100'],
  [0x3c, '111111111111100'],
  [0x5c, '1111111111111110000'],
  [0x80, '11111111111111100110'],
  [0x99, '111111111111111011100'],
  [0x81, '1111111111111111010010'],
  [0x01, '11111111111111111011000'],
  [0x09, '111111111111111111101010'],
  [0xc7, '1111111111111111111101100'],
  [0xc0, '11111111111111111111100000'],
  [0xcb, '111111111111111111111011110'],
  [0x02, '1111111111111111111111100010'],
  [0xf9, '1111111111111111111111111110'],
  [0x0a, '111111111111111111111111111100'],
  [0x16, '111111111111111111111111111110'],
];
const EOS = '1'.repeat(30);

function octetsOf(bits: string): string {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return padded.replace(/.{8}/g, (octet) => Number.parseInt(octet, 2).toString(16).padStart(2, '0'));
}

describe('the Huffman code', () => {
  it.each(CODES)('has appendix B for the octet %i', (octet, bits) => {
    const character = String.fromCharCode(octet);
    expect(text(octetsOf(bits))).toBe(character);
    expect(text(octetsOf(bits + bits))).toBe(character + character);
    expect(huffmanBytes(character.repeat(8))).toBe(bits.length);
    // Behind letters of five bits each: so that the whole is shorter than its text, and begins at each bit of an octet.
    for (let before = 120; before < 128; before++) {
      expect(coded('o'.repeat(before) + character)).toBe(octetsOf('00111'.repeat(before) + bits));
    }
  });

  it('gives back every text', () => {
    const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    const likely = fc.constantFrom(...'0123456789abcdef /-:.,;=GMT');
    const any = fc.oneof({ weight: 9, arbitrary: likely }, { weight: 1, arbitrary: octet });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: any, maxLength: 300 }), fc.string({ unit: octet })), (value) => {
        const out = coded(value);
        expect(out !== undefined).toBe(huffmanBytes(value) < value.length);
        if (out === undefined) return;
        expect(out.length / 2).toBe(huffmanBytes(value));
        expect(text(out)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  it('gives back a text longer than its scratch buffer', () => {
    const long = 'flurry '.repeat(2000);
    expect(text(coded(long)!)).toBe(long);
  });

  it('is not used where it saves nothing', () => {
    expect(coded('')).toBeUndefined();
    expect(coded('a')).toBeUndefined();
    expect(coded('&&&&')).toBeUndefined();
    expect(coded('aa')).toBeUndefined();
    expect(coded('aaa')).toBe('18c7');
    expect(coded('\n\n\n\n0')).toBeUndefined();
  });

  it('decodes nothing to nothing', () => {
    expect(text('')).toBe('');
  });

  describe('section 5.2: errors', () => {
    it('EOS in the string, wherever it begins', () => {
      expect(text(octetsOf(EOS))).toBe(HOLDS_EOS);
      for (const before of ['00000', '010100', '1011100', '11111000', '1111111000']) {
        expect(text(octetsOf(before + EOS))).toBe(HOLDS_EOS);
        expect(text(octetsOf(before + EOS + before))).toBe(HOLDS_EOS);
      }
    });

    it('padding of eight bits and more', () => {
      expect(text('ff')).toBe(BAD_PADDING);
      expect(text('1fff')).toBe(BAD_PADDING);
      expect(text('1fffff')).toBe(BAD_PADDING);
      expect(text(`${octetsOf('11111000')}ff`)).toBe(BAD_PADDING);
    });

    it('padding that is not all ones', () => {
      expect(text('18')).toBe(BAD_PADDING);
      expect(text('1e')).toBe(BAD_PADDING);
      expect(text('1f')).toBe('a');
      // Seven ones, the most that there may be.
      expect(text(octetsOf('00000'.repeat(5)))).toBe('00000');
      expect(text('f8fe')).toBe(BAD_PADDING);
    });
  });

  it('never throws, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const b = Buffer.from(octets);
        const result = huffmanText(b, 0, b.length);
        if (typeof result === 'number') expect([HOLDS_EOS, BAD_PADDING]).toContain(result);
        // Strict: a text has one code, and no other octets decode to it.
        else if (huffmanBytes(result) < result.length) expect(coded(result)).toBe(b.toString('hex'));
      }),
      { numRuns: 500 },
    );
  });
});
