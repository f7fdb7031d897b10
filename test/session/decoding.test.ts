import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/session/decoding.ts';
import {
  BOTH_WAYS,
  CODED,
  type Coded,
  decoded,
  decodedAtOnce,
  LIMITS,
  listing,
  noise,
  type Result,
  STREAMED,
  split,
  streamed,
} from './decoding-fixture.ts';

const TEXT = Buffer.from('{"id":1,"title":"delectus aut autem","completed":false}');
const EMPTY = Buffer.alloc(0);

const content = fc.record({
  kind: fc.constantFrom('listing', 'noise', 'run'),
  size: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 150_000 })),
  seed: fc.nat(),
});

/** Made within the property: a failure then prints how to make it, not the octets. */
function made({ kind, size, seed }: { kind: string; size: number; seed: number }): Buffer {
  if (kind === 'run') return Buffer.alloc(size, seed);
  return kind === 'noise' ? noise(size, seed) : listing(size, seed);
}

const layers = fc.array(fc.constantFrom(...CODED), { minLength: 1, maxLength: 4 });
const encoded = (bytes: Buffer, forms: readonly Coded[]) =>
  forms.reduce((coded, form) => form.encode(coded), bytes);

function expectContent(result: Result, bytes: Uint8Array): void {
  expect(result.fault).toBeUndefined();
  expect(result.decoded.equals(bytes)).toBe(true);
}

function expectProtocolFault(result: Result, word = ''): void {
  expect(result.fault?.kind).toBe('protocol');
  expect(result.fault?.message).toContain(word);
}

describe('what was encoded', () => {
  it('comes back, in any layers, at once and streamed', async () => {
    await fc.assert(
      fc.asyncProperty(content, layers, fc.constantFrom(LIMITS, STREAMED), async (recipe, forms, limits) => {
        const bytes = made(recipe);
        const body = encoded(bytes, forms);
        const codings = forms.map(({ coding }) => coding);
        expectContent(await decoded(body, codings, { ...limits, decodedRatioMax: 10_000 }), bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('comes back in any chunks and however its reader rests', async () => {
    const pieces = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 50, max: 200_000 }));
    await fc.assert(
      fc.asyncProperty(content, layers, pieces, fc.nat({ max: 3 }), async (recipe, forms, size, rests) => {
        const bytes = made(recipe);
        const body = encoded(bytes, forms);
        const chunks = split(body, Math.max(size, Math.ceil(body.length / 200)));
        const result = await streamed(
          chunks,
          forms.map(({ coding }) => coding),
          { ...LIMITS, decodedRatioMax: 10_000 },
          { restsAfter: (chunk) => rests > 0 && chunk % rests === 0 },
        );
        expectContent(result, bytes);
      }),
      { numRuns: 60 },
    );
  });

  it.each(CODED)('is there before decode returns: $name', ({ coding, encode }) => {
    expectContent(decodedAtOnce(encode(TEXT), [coding]), TEXT);
    expectContent(decodedAtOnce(encode(EMPTY), [coding]), EMPTY);
  });

  it('without a coding is the body itself', () => {
    expect(decodedAtOnce(TEXT, []).decoded).toBe(TEXT);
  });

  it('undoes the coding that was applied last first', () => {
    const body = zlib.brotliCompressSync(zlib.gzipSync(TEXT));
    expectContent(decodedAtOnce(body, ['gzip', 'br']), TEXT);
    expectProtocolFault(decodedAtOnce(body, ['br', 'gzip']), 'gzip content that is corrupt');
  });

  it('holds no memory that it does not fill', () => {
    const bytes = noise(20_000);
    for (const { coding, encode } of CODED) {
      // Small ones share a buffer, so what many of them hold is what counts.
      const held = new Set<ArrayBufferLike>();
      const body = encode(bytes);
      for (let i = 0; i < 50; i++) held.add(decodedAtOnce(body, [coding]).decoded.buffer);
      const heldBytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(heldBytes).toBeLessThan(50 * bytes.length * 1.8);
    }
  });

  it('lets what done throws pass, and does not call it again', () => {
    const { coding, encode } = CODED[0]!;
    let calls = 0;
    const attempt = () =>
      decode(encode(TEXT), [coding], LIMITS, () => {
        calls++;
        throw new Error('from done');
      });
    expect(attempt).toThrow('from done');
    expect(calls).toBe(1);
  });
});

describe('an empty body', () => {
  it.each(BOTH_WAYS)('stays empty whatever its codings, $way', async ({ limits }) => {
    for (const codings of [
      [],
      ['gzip'],
      ['deflate'],
      ['br', 'gzip'],
      ['zstd'],
      ['no-such'],
      Array(1000).fill('br'),
    ]) {
      expectContent(await decoded(EMPTY, codings, limits), EMPTY);
      expectContent(await streamed([], codings, limits), EMPTY);
      expectContent(await streamed([EMPTY, EMPTY], codings, limits), EMPTY);
    }
  });

  it('in its inner coding is empty, too', async () => {
    for (const { limits } of BOTH_WAYS) {
      expectContent(await decoded(zlib.brotliCompressSync(EMPTY), ['gzip', 'br'], limits), EMPTY);
    }
  });
});

describe('gzip', () => {
  const two = Buffer.concat([zlib.gzipSync('one, '), zlib.gzipSync('two')]);

  it.each(BOTH_WAYS)('goes on with its next member, $way', async ({ limits }) => {
    expectContent(await decoded(two, ['gzip'], limits), Buffer.from('one, two'));
    for (let at = 1; at < two.length; at++) {
      const chunks = [two.subarray(0, at), two.subarray(at)];
      expectContent(await streamed(chunks, ['gzip'], limits), Buffer.from('one, two'));
    }
  });

  it.each(BOTH_WAYS)('may have a name, a comment and more in its header, $way', async ({ limits }) => {
    const plain = zlib.gzipSync(TEXT);
    const named = Buffer.concat([
      plain.subarray(0, 3),
      Buffer.from([0x1c]),
      plain.subarray(4, 10),
      Buffer.from('\x03\x00abcname\0comment\0', 'latin1'),
      plain.subarray(10),
    ]);
    expectContent(await decoded(named, ['gzip'], limits), TEXT);
  });

  it('with a lie about its length is decoded all the same', async () => {
    const body = Buffer.concat([zlib.gzipSync(listing(50_000)), zlib.gzipSync('x')]);
    expectContent(await decoded(body, ['gzip']), Buffer.concat([listing(50_000), Buffer.from('x')]));
    const claiming = Buffer.from(zlib.gzipSync(TEXT));
    claiming.writeUInt32LE(0xffff_ffff, claiming.length - 4);
    expectProtocolFault(
      decodedAtOnce(claiming, ['gzip']),
      'gzip content that is corrupt (incorrect length check)',
    );
  });
});

describe('deflate', () => {
  it.each(BOTH_WAYS)(
    'is told apart from bare deflate in every window size and level, $way',
    async ({ limits }) => {
      for (const level of [0, 1, 6, 9]) {
        for (const windowBits of [9, 12, 15]) {
          expectContent(
            await decoded(zlib.deflateSync(TEXT, { level, windowBits }), ['deflate'], limits),
            TEXT,
          );
          expectContent(
            await decoded(zlib.deflateRawSync(TEXT, { level, windowBits }), ['deflate'], limits),
            TEXT,
          );
        }
      }
    },
  );

  it.each(BOTH_WAYS)('needs no dictionary, or is a fault, $way', async ({ limits }) => {
    const body = zlib.deflateSync(TEXT, { dictionary: Buffer.from('title completed') });
    expectProtocolFault(
      await decoded(body, ['deflate'], limits),
      'deflate content that needs a preset dictionary',
    );
  });
});

describe.each(BOTH_WAYS)('content that is not whole, $way', ({ limits }) => {
  it.each(CODED)('is a fault wherever it was cut: $name', async ({ coding, encode }) => {
    for (const bytes of [TEXT, listing(400)]) {
      const body = encode(bytes);
      for (let length = 1; length < body.length; length++) {
        expectProtocolFault(await decoded(body.subarray(0, length), [coding], limits), 'ends early');
      }
    }
  });

  it.each(CODED)('is a fault in an inner layer: $name', async ({ coding, encode }) => {
    const inner = encode(TEXT);
    for (let length = 1; length < inner.length; length += 5) {
      const body = zlib.gzipSync(inner.subarray(0, length));
      expectProtocolFault(await decoded(body, [coding, 'gzip'], limits), `${coding} content that ends early`);
    }
  });

  it('is a fault wherever a second member of gzip was cut', async () => {
    const first = zlib.gzipSync(TEXT);
    const body = Buffer.concat([first, first]);
    for (let length = first.length + 1; length < body.length; length++) {
      expectProtocolFault(await decoded(body.subarray(0, length), ['gzip'], limits), 'ends early');
    }
  });
});

describe.each(BOTH_WAYS)('octets behind the content, $way', ({ limits }) => {
  it.each(CODED)('are ignored where they are zero padding: $name', async ({ coding, encode }) => {
    const body = encode(TEXT);
    for (const zeros of [1, 2, 3, 512, 100_000]) {
      const padded = Buffer.concat([body, Buffer.alloc(zeros)]);
      expectContent(await decoded(padded, [coding], limits), TEXT);
      expectContent(await streamed(split(padded, body.length), [coding], limits), TEXT);
      expectContent(await streamed(split(padded, body.length + 1), [coding], limits), TEXT);
    }
  });

  it.each(CODED)('are a fault where they are anything else: $name', async ({ coding, encode }) => {
    const body = encode(TEXT);
    for (const tail of ['\r\n', 'x', '\0x', `${'\0'.repeat(600)}\n`, '<html>']) {
      const longer = Buffer.concat([body, Buffer.from(tail)]);
      expectProtocolFault(await decoded(longer, [coding], limits), coding);
      for (const size of [body.length, body.length + 1, longer.length - 1]) {
        expectProtocolFault(await streamed(split(longer, size), [coding], limits), coding);
      }
    }
  });

  it('are a fault where another member follows the padding', async () => {
    const body = Buffer.concat([zlib.gzipSync('one'), Buffer.alloc(3), zlib.gzipSync('two')]);
    expectProtocolFault(await decoded(body, ['gzip'], limits), 'octets after the end of its gzip content');
  });
});

describe.each(BOTH_WAYS)('content that was damaged, $way', ({ limits }) => {
  const checked = CODED.filter(({ name }) => name !== 'br' && name !== 'bare deflate');

  it.each(checked)('is never taken for something else, whatever bit was flipped: $name', async (form) => {
    const bytes = listing(150);
    const body = form.encode(bytes);
    for (let bit = 0; bit < body.length * 8; bit++) {
      const damaged = Buffer.from(body);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const result = await decoded(damaged, [form.coding], limits);
      // Some bits of a gzip header mean nothing to the content: its time, its system.
      if (result.fault === undefined) expect(result.decoded.equals(bytes)).toBe(true);
      else expect(result.decoded).toHaveLength(0);
    }
  });

  it.each(CODED)('ends in exactly one call: $name', async ({ coding, encode }) => {
    const body = encode(listing(2000));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), async (damage) => {
        const damaged = Buffer.from(body);
        for (const [at, octet] of damage) damaged[at % body.length] = octet;
        await decoded(damaged, [coding], limits);
        await streamed(split(damaged, 97), [coding], limits);
      }),
      { numRuns: 20 },
    );
  });

  it('is a fault where only the checksum is wrong', async () => {
    const body = zlib.gzipSync(TEXT);
    body[body.length - 8]! ^= 1;
    expectProtocolFault(
      await decoded(body, ['gzip'], limits),
      'gzip content that is corrupt (incorrect data check)',
    );
  });

  it.each(CODED)('is a fault where it was never encoded: $name', async ({ coding }) => {
    for (const text of ['<html>', '{"id":1}', 'plain text that is longer than any header of any format']) {
      expectProtocolFault(await decoded(Buffer.from(text), [coding], limits));
    }
  });
});
