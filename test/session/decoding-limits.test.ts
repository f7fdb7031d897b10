import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RATIO_FLOOR_BYTES } from '../../src/session/coding-limits.ts';
import { contentCodings, decode, StreamDecoder } from '../../src/session/decoding.ts';
import {
  BOTH_WAYS,
  CODED,
  decoded,
  decodedAtOnce,
  LIMITS,
  listing,
  noise,
  STREAMED,
  split,
  streamed,
} from './decoding-fixture.ts';

const MIB = 1024 * 1024;
/** zlib decodes in pieces of this size: what is in one when a limit is passed is what was decoded beyond. */
const PIECE_BYTES = 64 * 1024;

const beyond = (bytes: number) => ({
  kind: 'too-large',
  message: `decoded content beyond the limit of ${bytes} (bodyBytesMax)`,
});
const grown = (ratio: number) => ({
  kind: 'too-large',
  message: `content that grows to more than ${ratio} times its encoded size (decodedRatioMax)`,
});

/** A gigabyte of zeros in one megabyte, valid to the last octet: 64 members of gzip. */
const zeros = zlib.gzipSync(Buffer.alloc(16 * MIB), { level: 9 });
const gigabyte = Buffer.concat(Array<Buffer>(64).fill(zeros));

describe('decodedBytesMax', () => {
  const bytes = listing(20_000);

  describe.each(BOTH_WAYS)('$way', ({ limits }) => {
    it.each(CODED)('admits that many octets and not one more: $name', async ({ coding, encode }) => {
      const body = encode(bytes);
      for (const [max, fault] of [
        [bytes.length + 1, undefined],
        [bytes.length, undefined],
        [bytes.length - 1, beyond(bytes.length - 1)],
        [1, beyond(1)],
        [0, beyond(0)],
      ] as const) {
        const limited = { ...limits, decodedBytesMax: max };
        const whole = await decoded(body, [coding], limited);
        expect(whole.fault).toEqual(fault);
        expect(whole.decoded).toHaveLength(fault === undefined ? bytes.length : 0);
        expect((await streamed(split(body, 500), [coding], limited)).fault).toEqual(fault);
      }
    });

    it('of 0 admits content of no octet', async () => {
      for (const { coding, encode } of CODED) {
        const limited = { ...limits, decodedBytesMax: 0 };
        expect((await decoded(encode(Buffer.alloc(0)), [coding], limited)).fault).toBeUndefined();
        expect((await decoded(encode(Buffer.alloc(1)), [coding], limited)).fault).toEqual(beyond(0));
      }
    });

    it('holds for every layer between', async () => {
      const body = zlib.gzipSync(zlib.gzipSync(zlib.gzipSync(noise(3000)), { level: 0 }));
      const codings = ['gzip', 'gzip', 'gzip'];
      expect((await decoded(body, codings, { ...limits, decodedBytesMax: 3100 })).fault).toBeUndefined();
      expect((await decoded(body, codings, { ...limits, decodedBytesMax: 3020 })).fault).toEqual(
        beyond(3020),
      );
    });
  });

  it('holds for a streamed body without a coding', async () => {
    const limits = { ...LIMITS, decodedBytesMax: 1000 };
    expect((await streamed(split(noise(1000), 100), [], limits)).decoded.equals(noise(1000))).toBe(true);
    expect((await streamed(split(noise(1001), 100), [], limits)).fault).toEqual(beyond(1000));
  });
});

describe('decodedRatioMax', () => {
  const bytes = Buffer.alloc(2 * MIB, 'abcdefgh');
  const body = zlib.gzipSync(bytes);
  const ratio = bytes.length / body.length;

  it.each(BOTH_WAYS)('admits that ratio and not more, $way', async ({ limits }) => {
    const at = { ...limits, decodedRatioMax: ratio };
    const below = { ...limits, decodedRatioMax: ratio - 0.001 };
    expect((await decoded(body, ['gzip'], at)).decoded).toHaveLength(bytes.length);
    expect((await decoded(body, ['gzip'], below)).fault).toEqual(grown(below.decodedRatioMax));
    expect((await streamed(split(body, body.length), ['gzip'], at)).fault).toBeUndefined();
    expect((await streamed(split(body, 100), ['gzip'], below)).fault).toEqual(grown(below.decodedRatioMax));
  });

  it.each(BOTH_WAYS)('does not hold up to 1 MiB of decoded content, $way', async ({ limits }) => {
    const limited = { ...limits, decodedRatioMax: 1 };
    const atFloor = zlib.gzipSync(Buffer.alloc(RATIO_FLOOR_BYTES));
    const aboveFloor = zlib.gzipSync(Buffer.alloc(RATIO_FLOOR_BYTES + 1));
    expect((await decoded(atFloor, ['gzip'], limited)).decoded).toHaveLength(RATIO_FLOOR_BYTES);
    expect((await decoded(aboveFloor, ['gzip'], limited)).fault).toEqual(grown(1));
  });

  it('is a ratio to the body as it came, not to the layer before', async () => {
    const twice = zlib.gzipSync(body);
    expect(body.length / twice.length).toBeGreaterThan(2);
    for (const { limits } of BOTH_WAYS) {
      const limited = { ...limits, decodedRatioMax: ratio * 2 };
      expect((await decoded(twice, ['gzip', 'gzip'], limited)).fault).toEqual(grown(ratio * 2));
    }
  });
});

describe('syncBytesMax', () => {
  const encoded = zlib.gzipSync(noise(5000));

  const isAtOnce = (body: Buffer, codings: string[], syncBytesMax: number): Promise<boolean> =>
    new Promise((resolve) => {
      let returned = false;
      decode(body, codings, { ...LIMITS, decodedRatioMax: 1e6, syncBytesMax }, (fault) => {
        expect(fault).toBeUndefined();
        resolve(!returned);
      });
      returned = true;
    });

  it('is where a body is decoded off this thread', async () => {
    expect(await isAtOnce(encoded, ['gzip'], encoded.length + 1)).toBe(true);
    expect(await isAtOnce(encoded, ['gzip'], encoded.length)).toBe(true);
    expect(await isAtOnce(encoded, ['gzip'], encoded.length - 1)).toBe(false);
  });

  it('holds for every layer', async () => {
    const body = zlib.brotliCompressSync(zlib.gzipSync(Buffer.alloc(40_000), { level: 0 }));
    expect(body.length).toBeLessThan(1000);
    expect(await isAtOnce(body, ['gzip', 'br'], 1000)).toBe(false);
    expect(await isAtOnce(body, ['gzip', 'br'], 41_000)).toBe(true);
  });

  it('never lets more than 1 MiB be decoded at once', async () => {
    for (const { coding, encode } of CODED) {
      expect(await isAtOnce(encode(Buffer.alloc(MIB)), [coding], 32 * 1024)).toBe(true);
      expect(await isAtOnce(encode(Buffer.alloc(MIB + 1)), [coding], 32 * 1024)).toBe(false);
    }
  });
});

describe('a bomb', () => {
  const limits = { ...LIMITS, decodedBytesMax: 8 * MIB };

  it('of a gigabyte in gzip ends at the limit, memory flat', async () => {
    const before = process.memoryUsage().arrayBuffers;
    let during = 0;
    const fault = await new Promise((resolve) =>
      decode(gigabyte, ['gzip'], limits, (told) => {
        during = process.memoryUsage().arrayBuffers;
        resolve(told);
      }),
    );
    expect(fault).toEqual(beyond(8 * MIB));
    expect(during - before).toBeLessThan(8 * MIB + 4 * PIECE_BYTES);
  });

  it('of a gigabyte, streamed, hands out what is within the limit and nothing more', async () => {
    for (const decodedRatioMax of [200, 2000]) {
      const result = await streamed(split(gigabyte, 16 * 1024), ['gzip'], { ...limits, decodedRatioMax });
      expect(result.fault?.kind).toBe('too-large');
      expect(result.decoded.length).toBeGreaterThan(3 * MIB);
      expect(result.decoded.length).toBeLessThanOrEqual(8 * MIB);
    }
  });

  it('is left as soon as it is found out: what is written later is dropped', async () => {
    let handedOut = 0;
    let after = 0;
    const decoder = new StreamDecoder(
      ['gzip'],
      { ...limits, decodedRatioMax: 2000 },
      {
        onData: (chunk) => (handedOut += chunk.length),
        onEnd: () => expect.unreachable(),
        onFault: () => {
          after = handedOut;
          expect(decoder.write(gigabyte)).toBe(true);
          decoder.end();
        },
        onDrain() {},
      },
    );
    decoder.write(gigabyte);
    while (after === 0) await new Promise(setImmediate);
    await decoded(zeros, ['gzip'], STREAMED);
    expect(handedOut).toBe(after);
    expect(String(decoder)).toMatch(/^decoder of gzip: faulty, [\d,]+ octets in, [\d,]+ out, 0 waiting$/);
  });

  it.each(CODED)(
    'that is small enough to be decoded at once ends, too: $name',
    async ({ coding, encode }) => {
      const body = encode(Buffer.alloc(24 * MIB));
      const { fault } = await decoded(body, [coding], { ...LIMITS, syncBytesMax: body.length });
      expect(fault).toEqual(grown(200));
      expect(
        decodedAtOnce(body, [coding], { ...LIMITS, decodedBytesMax: 100_000, syncBytesMax: body.length })
          .fault,
      ).toEqual(beyond(100_000));
    },
  );

  it('within a bomb ends at the first layer that grows too much', async () => {
    const nested = zlib.gzipSync(zlib.gzipSync(gigabyte));
    for (const { limits: way } of BOTH_WAYS) {
      const { fault } = await decoded(nested, ['gzip', 'gzip', 'gzip'], way);
      expect(fault).toEqual(grown(200));
    }
  });

  it('of a thousand codings is not even begun', async () => {
    const codings = contentCodings(Array(1000).fill('gzip').join(','));
    expect((await decoded(gigabyte, codings)).fault?.message).toContain('1000 content codings');
    expect((await streamed([gigabyte], codings)).fault?.message).toContain('1000 content codings');
  });
});
