// What a field block may not be, by section of RFC 7541, and what it may not cost.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldMemo } from '../../../src/transport/http2/field-memo.ts';
import { HpackDecoder } from '../../../src/transport/http2/hpack-decoder.ts';
import { decode, faultOf, hex, LIMITS, makeDecoder, pairsOf } from './octets.ts';

/** `x: ` and so many letters, into the table; its size there is 33 and the letters. */
function entry(letters: number, letter = 'a'): Buffer {
  const value = Buffer.alloc(letters, letter);
  const rest = letters - 127;
  const length = letters < 127 ? [letters] : [127, (rest & 127) | 128, rest >> 7];
  return Buffer.concat([Buffer.from([0x40, 1, 0x78, ...length]), value]);
}

describe('errors', () => {
  it.each([
    ['RFC 7541 section 6.1: the index 0', '80', 'the index 0'],
    ['RFC 7541 section 2.3.3: an index behind both tables', 'be', 'the index 62 in a field block'],
    ['RFC 7541 section 2.3.3: a far index', 'ff80808001', 'where no field is'],
    ['RFC 7541 section 2.3.3: a name behind both tables', '7f000161', 'the index 63 in a field block'],
    ['RFC 7541 section 2.3.3: the same, never indexed', '1f2f0161', 'the index 62 in a field block'],
    ['RFC 7541 section 5.1: an integer cut short', 'ff', 'ends inside of an integer'],
    ['RFC 7541 section 5.1: an integer that goes on', 'ff8080', 'ends inside of an integer'],
    ['RFC 7541 section 5.1: an integer of six octets', 'ff8080808000', 'an integer of too many octets'],
    ['RFC 7541 section 5.1: a size of six octets', '3f8080808000', 'an integer of too many octets'],
    ['RFC 7541 section 5.2: a name without a string', '40', 'ends inside of a field'],
    ['RFC 7541 section 5.2: a name cut short', '400a6375', 'ends inside of a field'],
    ['RFC 7541 section 5.2: no value', '4001', 'ends inside of a field'],
    ['RFC 7541 section 5.2: a value cut short', '4801', 'ends inside of a field'],
    ['RFC 7541 section 5.2: a value of 2^28 octets', '487fffffff7f', 'ends inside of a field'],
    ['RFC 7541 section 5.2: EOS in a value', '4884ffffffff', 'with EOS'],
    ['RFC 7541 section 5.2: a name with padding of zeros', '408118016a', 'with wrong padding'],
    ['RFC 7541 section 5.2: a value with too much padding', '48821fff', 'with wrong padding'],
    [
      'RFC 7541 section 6.3: a size above the limit',
      '3fe21f',
      'a table size of 4097, where SETTINGS allow 4096',
    ],
    ['RFC 7541 section 4.2: a size update behind a field', '8220', 'a table size update behind a field'],
  ])('%s', (_name, octets, message) => {
    expect(faultOf(makeDecoder(), octets)).toContain(message);
  });

  it('RFC 9113 section 4.3: nothing is decoded behind a block that is none', () => {
    const decoder = makeDecoder();
    faultOf(decoder, '80');
    expect(faultOf(decoder, '82')).toContain('the index 0');
  });

  it('says nothing of what it read: it may be a secret', () => {
    const decoder = makeDecoder();
    expect(faultOf(decoder, `1008${Buffer.from('password').toString('hex')}ff`)).not.toContain('password');
    expect(String(decoder)).toBe('0 entries, 0 of 4096 octets');
  });
});

describe('section 5.1: integers with octets that add nothing', () => {
  it('are what they are without', () => {
    expect(decode(makeDecoder(), '8f')).toEqual([['accept-charset', '']]);
    expect(decode(makeDecoder(), '0f00016b')).toEqual([['accept-charset', 'k']]);
    expect(decode(makeDecoder(), '0f808000016b')).toEqual([['accept-charset', 'k']]);
  });
});

describe('the table', () => {
  it('section 4.1: an entry counts 32 octets more than it has', () => {
    const decoder = makeDecoder();
    decode(decoder, entry(5));
    expect(String(decoder)).toBe('1 entries, 38 of 4096 octets');
  });

  it('section 4.4: the oldest go when there is no room', () => {
    const decoder = makeDecoder();
    for (const letter of 'abc') decode(decoder, entry(1500, letter));
    expect(String(decoder)).toBe('2 entries, 3066 of 4096 octets');
    expect(decode(decoder, 'bebf')!.map(([, value]) => value[0])).toEqual(['c', 'b']);
  });

  it('section 4.4: entries that fill it to the last octet stay', () => {
    const decoder = makeDecoder();
    decode(decoder, '3f25');
    decode(decoder, Buffer.concat([entry(1, 'a'), entry(1, 'b')]));
    expect(String(decoder)).toBe('2 entries, 68 of 68 octets');
  });

  it('section 4.4: an entry of just its size stays, a larger one empties it', () => {
    const decoder = makeDecoder();
    decode(decoder, entry(4096 - 33));
    expect(String(decoder)).toBe('1 entries, 4096 of 4096 octets');
    expect(decode(decoder, entry(4096 - 32))).toHaveLength(1);
    expect(String(decoder)).toBe('0 entries, 0 of 4096 octets');
    expect(faultOf(decoder, 'be')).toContain('where no field is');
  });

  it('section 4.4: a name may be that of the entry it pushes out', () => {
    const decoder = makeDecoder();
    decode(decoder, entry(3000));
    expect(decode(decoder, Buffer.concat([hex('7e7fc90f'), Buffer.alloc(2120, 'b')]))).toEqual([
      ['x', 'b'.repeat(2120)],
    ]);
    expect(String(decoder)).toBe('1 entries, 2153 of 4096 octets');
  });

  it('section 4.3: a size update evicts what is too much, and 0 everything', () => {
    const decoder = makeDecoder();
    for (const letter of 'abcd') decode(decoder, entry(10, letter));
    decode(decoder, '3f47');
    expect(String(decoder)).toBe('2 entries, 86 of 102 octets');
    decode(decoder, '203fe11f');
    expect(String(decoder)).toBe('0 entries, 0 of 4096 octets');
  });

  it.each([16, 17, 300, 1000])('holds many entries, and gives each back: after %i', (total) => {
    const decoder = makeDecoder(LIMITS, 16 * 1024);
    decode(decoder, '3fe17f');
    for (let i = 0; i < total; i++) decode(decoder, entry(i % 5, 'e'));
    const count = Number(/^\d+/.exec(String(decoder))![0]);
    expect(count).toBe(Math.min(total, 468));
    for (let age = 0; age < count; age++) {
      const index = 62 + age - 127;
      const octets = index < 0 ? [0x80 | (62 + age)] : [0xff, (index & 127) | 128, index >> 7];
      expect(decode(decoder, Buffer.from(octets))).toEqual([['x', 'e'.repeat((total - 1 - age) % 5)]]);
    }
    if (total === 16) expect(faultOf(decoder, 'ce')).toContain('the index 78');
  });
});

describe('our SETTINGS_HEADER_TABLE_SIZE', () => {
  it('RFC 9113 section 4.3.1: a smaller one must be followed by a size update', () => {
    const decoder = makeDecoder(LIMITS, 100);
    // Before it knows, the peer may use what is the default, and say so.
    expect(decode(decoder, Buffer.concat([hex('3fe11f'), entry(200)]))).toHaveLength(1);
    decoder.onSettingsAck();
    expect(faultOf(decoder, 'be')).toContain('no size update');
  });

  it('RFC 9113 section 4.3.1: a size update that is still too large is none', () => {
    const decoder = makeDecoder(LIMITS, 100);
    decoder.onSettingsAck();
    expect(faultOf(decoder, '3f46')).toContain('a table size of 101, where SETTINGS allow 100');
  });

  it('section 4.2: two size updates are fine, the smallest first', () => {
    const decoder = makeDecoder(LIMITS, 100);
    decode(decoder, entry(20));
    decoder.onSettingsAck();
    expect(decode(decoder, '203f4582')).toEqual([[':method', 'GET']]);
    expect(String(decoder)).toBe('0 entries, 0 of 100 octets');
    expect(decode(decoder, '82')).toEqual([[':method', 'GET']]);
  });

  it('0 turns the table off', () => {
    const decoder = makeDecoder(LIMITS, 0);
    decoder.onSettingsAck();
    decode(decoder, '20');
    expect(decode(decoder, entry(1))).toEqual([['x', 'a']]);
    expect(String(decoder)).toBe('0 entries, 0 of 0 octets');
  });

  it('a larger one may be used at once', () => {
    const decoder = makeDecoder(LIMITS, 8192);
    decode(decoder, '3fe13f');
    decode(decoder, Buffer.concat([entry(3000, 'a'), entry(3000, 'b')]));
    expect(String(decoder)).toBe('2 entries, 6066 of 8192 octets');
    decoder.onSettingsAck();
    expect(decode(decoder, 'bf')).toHaveLength(1);
  });

  it('asks for no size update where the table was small already', () => {
    const decoder = makeDecoder(LIMITS, 100);
    decode(decoder, '3f0d');
    decoder.onSettingsAck();
    expect(decode(decoder, '82')).toEqual([[':method', 'GET']]);
  });
});

describe('limits', () => {
  it('headerBytesMax counts 32 for each field (RFC 9113 section 6.5.2), and concerns one message alone', () => {
    const decoder = makeDecoder({ headerBytesMax: 42 + 43, headerCountMax: 9 });
    expect(decode(decoder, '8286')).toHaveLength(2);
    expect(decoder.excess).toBeUndefined();
    expect(decode(decoder, '828786')).toEqual([[':method', 'GET']]);
    expect(decoder.excess).toEqual({
      kind: 'too-large',
      message: 'a header section beyond the limit of 85 (headerBytesMax)',
    });
    expect(decoder.fault).toBeUndefined();
    expect(decode(decoder, '82')).toHaveLength(1);
    expect(decoder.excess).toBeUndefined();
  });

  it('headerCountMax', () => {
    const decoder = makeDecoder({ headerBytesMax: 1000, headerCountMax: 2 });
    expect(decode(decoder, '8282')).toHaveLength(2);
    expect(decoder.excess).toBeUndefined();
    expect(decode(decoder, '828282')).toHaveLength(2);
    expect(decoder.excess!.message).toBe('header fields beyond the limit of 2 (headerCountMax)');
    // What was passed first, whatever else is passed behind it.
    decode(decoder, Buffer.alloc(100, 0x82));
    expect(decoder.excess!.message).toContain('headerCountMax');
  });

  it('reads on behind them: the table is the same as without', () => {
    const decoder = makeDecoder({ headerBytesMax: 1000, headerCountMax: 1 });
    expect(decode(decoder, Buffer.concat([hex('8282'), entry(3)]))).toHaveLength(1);
    expect(decode(decoder, 'be')).toEqual([['x', 'aaa']]);
    expect(faultOf(decoder, '828280')).toContain('the index 0');
  });

  it('a bomb of references to a long field costs no memory (CVE-2016-6581)', () => {
    const decoder = makeDecoder();
    const block = Buffer.concat([entry(4000), Buffer.alloc(60_000, 0xbe)]);
    const fields = decoder.decode(block, 0, block.length)!;
    expect(fields).toHaveLength(Math.floor(65_536 / 4033));
    expect(new Set(fields).size).toBe(1);
    expect(decoder.excess!.message).toContain('headerBytesMax');
  });

  it('a block of size updates is read once', () => {
    const decoder = makeDecoder();
    const block = Buffer.alloc(60_000, 0x20);
    expect(decode(decoder, block)).toEqual([]);
  });
});

describe('the memory of literals', () => {
  const date = (second: number) =>
    `611d${Buffer.from(`Mon, 21 Oct 2013 20:13:${second} GMT`).toString('hex')}`;

  it('gives the same field for the same octets, to all decoders that share it', () => {
    const memo = new FieldMemo();
    const b = hex(date(21));
    const [one] = new HpackDecoder(LIMITS, memo).decode(b, 0, b.length)!;
    const [other] = new HpackDecoder(LIMITS, memo).decode(b, 0, b.length)!;
    expect(other).toBe(one);
    const later = hex(date(22));
    expect(pairsOf(new HpackDecoder(LIMITS, memo).decode(later, 0, later.length))).toEqual([
      ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
    ]);
  });

  it('copies what it remembers: the read buffer is filled anew under it', () => {
    const decoder = makeDecoder();
    const b = hex(date(21));
    decoder.decode(b, 0, b.length);
    hex(date(22)).copy(b);
    expect(pairsOf(decoder.decode(b, 0, b.length))![0]![1]).toContain(':22 ');
  });

  it('knows no name that stands in the table: there it may be another', () => {
    const decoder = makeDecoder();
    decode(decoder, '40016b0176');
    expect(decode(decoder, '0f2f0161')).toEqual([['k', 'a']]);
    decode(decoder, '40016a0176');
    expect(decode(decoder, '0f2f0161')).toEqual([['j', 'a']]);
  });

  it('changes nothing, whatever was read before', () => {
    const octet = fc.oneof(fc.constantFrom(0x40, 0x41, 0x0f, 0x00, 0x82, 1, 2, 0x81, 0x61), fc.nat(255));
    const block = fc.array(octet, { maxLength: 60 }).map((octets) => Buffer.from(octets));
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
        const memo = new FieldMemo();
        for (const one of [...blocks, ...blocks]) {
          const used = new HpackDecoder(LIMITS, memo);
          const fresh = makeDecoder();
          expect(decode(used, one)).toEqual(decode(fresh, one));
          expect(used.fault).toEqual(fresh.fault);
          expect(String(used)).toBe(String(fresh));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('octets at random', () => {
  it('never throw, and read nothing but the block', () => {
    const octets = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.array(octets, { maxLength: 8 }), fc.nat(5000), (blocks, tableBytesMax) => {
        const decoder = makeDecoder({ headerBytesMax: 500, headerCountMax: 10 }, tableBytesMax);
        decoder.onSettingsAck();
        for (const block of blocks) {
          const fields = decode(decoder, Buffer.from(block));
          expect(fields === undefined).toBe(decoder.fault !== undefined);
          if (fields === undefined) return;
          expect(fields.length).toBeLessThanOrEqual(10);
          const [, bytes, bytesMax] = /(\d+) of (\d+)/.exec(String(decoder))!;
          expect(Number(bytes)).toBeLessThanOrEqual(Number(bytesMax));
        }
      }),
      { numRuns: 500 },
    );
  });
});
