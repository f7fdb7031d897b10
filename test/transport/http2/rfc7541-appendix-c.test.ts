// All examples of RFC 7541 appendix C: integers, representations, and header lists that share a table.

import { describe, expect, it } from 'vitest';
import type { HpackDecoder } from '../../../src/transport/http2/hpack-decoder.ts';
import { HpackEncoder, writeInteger, writeText } from '../../../src/transport/http2/hpack-encoder.ts';
import { OutgoingOctets } from '../../../src/transport/http2/outgoing-octets.ts';
import { decode, hex, makeDecoder, type Pair, written } from './octets.ts';

interface Step {
  readonly octets: string;
  readonly fields: readonly Pair[];
  /** The newest entry first. */
  readonly table: readonly Pair[];
  readonly bytes: number;
}

const CUSTOM: Pair = ['custom-key', 'custom-header'];

/** Entries of the table, read by references to all of them. */
function tableOf(decoder: HpackDecoder, count: number): Pair[] | undefined {
  return decode(decoder, Buffer.from(Array.from({ length: count }, (_, age) => 0x80 | (62 + age))));
}

function play(decoder: HpackDecoder, steps: readonly Step[]): void {
  for (const { octets, fields, table, bytes } of steps) {
    expect(decode(decoder, octets)).toEqual(fields);
    expect(String(decoder)).toMatch(new RegExp(`^${table.length} entries, ${bytes} of `));
    expect(tableOf(decoder, table.length)).toEqual(table);
  }
}

describe('C.1 integers', () => {
  it.each([
    ['C.1.1 10 in a prefix of 5 bits', 10, 0x1f, '0a'],
    ['C.1.2 1337 in a prefix of 5 bits', 1337, 0x1f, '1f9a0a'],
    ['C.1.3 42 in a whole octet', 42, 0xff, '2a'],
  ])('%s', (_name, value, max, expected) => {
    const b = Buffer.alloc(8);
    expect(b.toString('hex', 0, writeInteger(b, 0, 0, max, value))).toBe(expected);
  });

  it('C.1.1 and C.1.2 read as table sizes', () => {
    const decoder = makeDecoder();
    decode(decoder, '2a');
    expect(String(decoder)).toBe('0 entries, 0 of 10 octets');
    decode(decoder, '3f9a0a');
    expect(String(decoder)).toBe('0 entries, 0 of 1337 octets');
  });
});

describe('C.2 representations', () => {
  it.each<[string, string, Pair, readonly Pair[], number]>([
    [
      'C.2.1 literal with indexing',
      '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
      CUSTOM,
      [CUSTOM],
      55,
    ],
    ['C.2.2 literal without indexing', '040c2f73616d706c652f70617468', [':path', '/sample/path'], [], 0],
    ['C.2.3 literal never indexed', '100870617373776f726406736563726574', ['password', 'secret'], [], 0],
    ['C.2.4 indexed', '82', [':method', 'GET'], [], 0],
  ])('%s', (_name, octets, field, table, bytes) => {
    play(makeDecoder(), [{ octets, fields: [field], table, bytes }]);
  });
});

const AUTHORITY: Pair = [':authority', 'www.example.com'];
const NO_CACHE: Pair = ['cache-control', 'no-cache'];
const CUSTOM_VALUE: Pair = ['custom-key', 'custom-value'];
const REQUESTS: ReadonlyArray<Omit<Step, 'octets'>> = [
  {
    fields: [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], AUTHORITY],
    table: [AUTHORITY],
    bytes: 57,
  },
  {
    fields: [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], AUTHORITY, NO_CACHE],
    table: [NO_CACHE, AUTHORITY],
    bytes: 110,
  },
  {
    fields: [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], AUTHORITY, CUSTOM_VALUE],
    table: [CUSTOM_VALUE, NO_CACHE, AUTHORITY],
    bytes: 164,
  },
];

const PRIVATE: Pair = ['cache-control', 'private'];
const DATE: Pair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const LATER: Pair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const LOCATION: Pair = ['location', 'https://www.example.com'];
const GZIP: Pair = ['content-encoding', 'gzip'];
const COOKIE: Pair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];
const RESPONSES: ReadonlyArray<Omit<Step, 'octets'>> = [
  {
    fields: [[':status', '302'], PRIVATE, DATE, LOCATION],
    table: [LOCATION, DATE, PRIVATE, [':status', '302']],
    bytes: 222,
  },
  {
    fields: [[':status', '307'], PRIVATE, DATE, LOCATION],
    table: [[':status', '307'], LOCATION, DATE, PRIVATE],
    bytes: 222,
  },
  {
    fields: [[':status', '200'], PRIVATE, LATER, LOCATION, GZIP, COOKIE],
    table: [COOKIE, GZIP, LATER],
    bytes: 215,
  },
];

function stepsOf(states: ReadonlyArray<Omit<Step, 'octets'>>, octets: readonly string[]): Step[] {
  return states.map((state, i) => ({ ...state, octets: octets[i]! }));
}

/** SETTINGS_HEADER_TABLE_SIZE of 256, which the peer has taken notice of. */
function decoderOf256(): HpackDecoder {
  const decoder = makeDecoder(undefined, 256);
  decoder.onSettingsAck();
  expect(decode(decoder, '3fe101')).toEqual([]);
  return decoder;
}

describe('requests that share a table', () => {
  it('C.3 without Huffman coding', () => {
    play(
      makeDecoder(),
      stepsOf(REQUESTS, [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ]),
    );
  });

  const coded = [
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
    '8286 84be 5886 a8eb 1064 9cbf',
    '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
  ];

  it('C.4 with Huffman coding', () => {
    play(makeDecoder(), stepsOf(REQUESTS, coded));
  });

  it('C.4 as our encoder writes it, once it has seen the fields', () => {
    const encoder = new HpackEncoder();
    const out = new OutgoingOctets();
    const encode = (fields: readonly Pair[]) => {
      encoder.begin(out);
      for (const [name, value] of fields) encoder.field(out, name, value, 'index');
      return written(out);
    };
    for (const [i, { fields }] of REQUESTS.entries()) {
      encode(fields);
      expect(encode(fields)).toEqual(hex(coded[i]!));
    }
  });
});

describe('responses that share a table of 256 octets', () => {
  it('C.5 without Huffman coding', () => {
    play(
      decoderOf256(),
      stepsOf(RESPONSES, [
        `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
         2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
        '4803 3330 37c1 c0bf',
        `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
         54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
         5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
      ]),
    );
  });

  it('C.6 with Huffman coding', () => {
    play(
      decoderOf256(),
      stepsOf(RESPONSES, [
        `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
        '4883 640e ffc1 c0bf',
        `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
         77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
         9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
      ]),
    );
  });
});

describe('strings', () => {
  it.each([
    ['www.example.com', '8cf1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', '86a8eb10649cbf'],
    ['custom-value', '8925a849e95bb8e8b4bf'],
    ['private', '85aec3771a4b'],
    [LATER[1], '96d07abe941054d444a8200595040b8166e084a62d1bff'],
    [
      COOKIE[1],
      'ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    ['302', '826402'],
    ['gzip', '839bd9ab'],
  ])('%s is written as in C.4 and C.6', (text, octets) => {
    const b = Buffer.alloc(100);
    expect(b.toString('hex', 0, writeText(b, 0, text))).toBe(octets);
  });
});
