// What goes into the table and how a peer is told of its size; and that a decoder gets back what was encoded.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackEncoder, type Indexing } from '../../../src/transport/http2/hpack-encoder.ts';
import { OutgoingOctets } from '../../../src/transport/http2/outgoing-octets.ts';
import { decode, makeDecoder, type Pair, written } from './octets.ts';

class Peer {
  readonly encoder = new HpackEncoder();
  readonly decoder = makeDecoder({ headerBytesMax: 1e6, headerCountMax: 10_000 });
  readonly #out = new OutgoingOctets();

  /** The block in hexadecimal; it must decode to the same fields, with the same table on both sides. */
  send(fields: readonly Pair[], indexing: Indexing = 'index'): string {
    this.encoder.begin(this.#out);
    for (const [name, value] of fields) this.encoder.field(this.#out, name, value, indexing);
    const octets = written(this.#out);
    expect(decode(this.decoder, octets), this.decoder.fault?.message).toEqual(fields);
    expect(String(this.encoder)).toBe(String(this.decoder));
    return octets.toString('hex');
  }
}

/** As C.4.3 of RFC 7541 has it. */
const CUSTOM: Pair = ['custom-key', 'custom-value'];
const NAME = '8825a849e95ba97d7f';
const VALUE = '8925a849e95bb8e8b4bf';
/** What takes so many octets of a table. */
const sized = (bytes: number, letter: string): Pair => ['x', letter.repeat(bytes - 33)];

describe('what goes into the table', () => {
  it('a field when it comes again, and then only its index', () => {
    const peer = new Peer();
    expect(peer.send([CUSTOM])).toBe(`00${NAME}${VALUE}`);
    expect(peer.encoder.unsettled).toBe(true);
    expect(peer.send([CUSTOM])).toBe(`40${NAME}${VALUE}`);
    expect(peer.encoder.unsettled).toBe(false);
    expect(peer.send([CUSTOM])).toBe('be');
  });

  it('nothing of the static table', () => {
    const peer = new Peer();
    expect(
      peer.send([
        [':method', 'GET'],
        ['accept-encoding', 'gzip, deflate'],
      ]),
    ).toBe('8290');
    expect(peer.encoder.unsettled).toBe(false);
  });

  it('nothing that shall not', () => {
    const peer = new Peer();
    for (let i = 0; i < 3; i++) {
      expect(peer.send([CUSTOM], 'plain')).toBe(`00${NAME}${VALUE}`);
      expect(peer.send([CUSTOM], 'never')).toBe(`10${NAME}${VALUE}`);
    }
    expect(String(peer.encoder)).toBe('0 entries, 0 of 4096 octets');
  });

  it('section 7.1.3: a secret has a name of the table, but never an index', () => {
    const peer = new Peer();
    peer.send([CUSTOM]);
    peer.send([CUSTOM]);
    expect(peer.send([CUSTOM], 'plain')).toBe('be');
    expect(peer.send([CUSTOM], 'never')).toBe(`1f2f${VALUE}`);
    expect(peer.send([['authorization', 'a']], 'never')).toBe('1f080161');
    expect(peer.send([['cookie', 'a']], 'never')).toBe('1f110161');
    expect(peer.send([['proxy-authorization', 'a']], 'never')).toBe('1f220161');
  });

  it('nothing that would take more than half of it', () => {
    const peer = new Peer();
    for (let i = 0; i < 3; i++) peer.send([sized(2049, 'a')]);
    expect(String(peer.encoder)).toBe('0 entries, 0 of 4096 octets');
    for (let i = 0; i < 3; i++) peer.send([sized(2048, 'a')]);
    expect(String(peer.encoder)).toBe('1 entries, 2048 of 4096 octets');
  });

  it('when it is full, one of 256 that come again takes the place of the oldest', () => {
    const peer = new Peer();
    const fields = [...'abcdefgh'].map((letter) => sized(1000, letter));
    for (let i = 0; i < 3; i++) for (const field of fields) peer.send([field]);
    expect(String(peer.encoder)).toBe('4 entries, 4000 of 4096 octets');
    expect(peer.send([fields[0]!])).toBe('c1');
    const { version } = peer.encoder;
    let sent = 0;
    while (peer.encoder.version === version) {
      peer.send([fields[4 + (sent++ % 4)]!]);
      if (sent > 1000) throw new Error('nothing ever takes a place');
    }
    // Four of each were refused in the rounds above.
    expect(sent).toBe(256 - 8);
    expect(peer.send([fields[0]!])).not.toBe('c1');
  });

  it('forgets what came once after many others', () => {
    const peer = new Peer();
    peer.send([CUSTOM]);
    for (let i = 0; i < 128; i++) peer.send([['x-id', String(i)]]);
    peer.send([CUSTOM]);
    expect(String(peer.encoder)).toBe('0 entries, 0 of 4096 octets');
  });
});

describe('SETTINGS_HEADER_TABLE_SIZE of the peer (section 4.2)', () => {
  const filled = () => {
    const peer = new Peer();
    for (let i = 0; i < 2; i++) peer.send([CUSTOM, ['a', 'b']]);
    return peer;
  };

  it('a smaller one is told in the next block, once', () => {
    const peer = filled();
    peer.encoder.setTableBytesMax(40);
    expect(peer.send([[':method', 'GET']])).toBe('3f0982');
    expect(String(peer.encoder)).toBe('1 entries, 34 of 40 octets');
    expect(peer.send([[':method', 'GET']])).toBe('82');
    expect(peer.send([['a', 'b']])).toBe('be');
  });

  it('0 empties the table and keeps it so', () => {
    const peer = filled();
    peer.encoder.setTableBytesMax(0);
    expect(peer.send([['a', 'b']])).toBe('200001610162');
    for (let i = 0; i < 3; i++) peer.send([['a', 'b']]);
    expect(peer.encoder.unsettled).toBe(false);
    expect(String(peer.encoder)).toBe('0 entries, 0 of 0 octets');
  });

  it('of several the smallest and the last are told', () => {
    const peer = filled();
    for (const bytes of [200, 0, 100, 50, 300]) peer.encoder.setTableBytesMax(bytes);
    expect(peer.send([[':method', 'GET']])).toBe('203f8d0282');
    expect(String(peer.encoder)).toBe('0 entries, 0 of 300 octets');
  });

  it('down and up again is told both', () => {
    const peer = filled();
    peer.encoder.setTableBytesMax(0);
    peer.encoder.setTableBytesMax(4096);
    expect(peer.send([[':method', 'GET']])).toBe('203fe11f82');
  });

  it('a larger one than ours changes nothing', () => {
    const peer = filled();
    peer.encoder.setTableBytesMax(65_536);
    expect(peer.send([['a', 'b']])).toBe('be');
  });

  it('back to what it was is told', () => {
    const peer = filled();
    peer.encoder.setTableBytesMax(1000);
    peer.send([[':method', 'GET']]);
    peer.encoder.setTableBytesMax(1 << 20);
    expect(peer.send([[':method', 'GET']])).toBe('3fe11f82');
  });
});

describe('encode and decode', () => {
  it('give back any fields, whatever the sizes of the table in between', () => {
    const character = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...'abcdef0123456789-/:. ') },
      { weight: 1, arbitrary: fc.nat(255).map((code) => String.fromCharCode(code)) },
    );
    const value = fc.oneof(
      fc.constantFrom(
        '',
        'GET',
        'gzip, deflate',
        'c1d5',
        'a'.repeat(126),
        'a'.repeat(127),
        '\x00'.repeat(127),
      ),
      fc.string({ unit: character, maxLength: 200 }),
    );
    const name = fc.oneof(
      fc.constantFrom(':method', ':path', 'cookie', 'x-tenant', 'x-id', 'n'.repeat(130), 'accept-encoding'),
      fc.string({ unit: fc.constantFrom(...'abcdefxyz-'), minLength: 1, maxLength: 12 }),
    );
    const field = fc.tuple(
      name,
      value,
      fc.constantFrom<Indexing>('index', 'index', 'index', 'plain', 'never'),
    );
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.array(field, { maxLength: 12 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 40, 100, 500, 4096, 100_000) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const peer = new Peer();
        const out = new OutgoingOctets();
        for (const one of steps) {
          if (typeof one === 'number') {
            peer.encoder.setTableBytesMax(one);
            continue;
          }
          // Twice, so that fields get into the table, and once more out of it.
          for (let i = 0; i < 3; i++) {
            peer.encoder.begin(out);
            for (const [fieldName, fieldValue, indexing] of one) {
              peer.encoder.field(out, fieldName, fieldValue, indexing);
            }
            const pairs = one.map(([fieldName, fieldValue]) => [fieldName, fieldValue]);
            expect(decode(peer.decoder, written(out)), peer.decoder.fault?.message).toEqual(pairs);
            expect(String(peer.encoder)).toBe(String(peer.decoder));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
