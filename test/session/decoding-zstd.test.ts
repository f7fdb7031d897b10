import { describe, expect, it } from 'vitest';
import { ZstdFrames } from '../../src/session/coding-zstd-frames.ts';
import {
  BOTH_WAYS,
  decoded,
  LIMITS,
  listing,
  noise,
  split,
  streamed,
  ZSTD_CHECKSUM,
  zstdCompress,
} from './decoding-fixture.ts';

const hex = (digits: string) => Buffer.from(digits, 'hex');

// Made with zstd 1.5.4; `hello hello hello hello` where nothing else is said.
const FRAMES: Readonly<Record<string, Buffer>> = {
  'with a checksum': hex('28b52ffd04586500003068656c6c6f200100994b11175eae0d'),
  'without a checksum': hex('28b52ffd00586500003068656c6c6f200100994b11'),
  'of no content': hex('28b52ffd2000010000'),
  'of three blocks, 300,000 zeros': hex('28b52ffd04585400001000000100fbff39c00202001000039f04002d28de26'),
  'of one run, written by hand': hex('28b52ffd005853000061'),
  'of a single segment, with a dictionary id and a content size of 8 octets': hex(
    '28b52ffde3 01020304 0500000000000000 29000068656c6c6f'.replaceAll(' ', ''),
  ),
  'to be skipped': hex('5a2a4d1803000000aabbcc'),
  'to be skipped, empty': hex('502a4d1800000000'),
};
const all = Buffer.concat(Object.values(FRAMES));

describe('frames of zstd', () => {
  it.each(Object.entries(FRAMES))('end where they end: %s', (_, frame) => {
    const frames = new ZstdFrames();
    expect(frames.between).toBe(true);
    expect(frames.advance(Buffer.concat([frame, frame]))).toBe(frame.length);
    expect([frames.between, frames.count, frames.broken]).toEqual([true, 1, false]);
  });

  it.each(Object.entries(FRAMES))('are not over before: %s', (_, frame) => {
    for (let length = 1; length < frame.length; length++) {
      const frames = new ZstdFrames();
      expect(frames.advance(frame.subarray(0, length))).toBe(length);
      expect([frames.between, frames.count, frames.broken]).toEqual([false, 0, false]);
    }
  });

  it('are found in any chunks', () => {
    for (let size = 1; size <= all.length; size++) {
      const frames = new ZstdFrames();
      const ends: number[] = [];
      split(all, size).forEach((chunk, i) => {
        let at = 0;
        while (at < chunk.length) {
          at += frames.advance(chunk.subarray(at));
          if (frames.between) ends.push(i * size + at);
        }
      });
      let end = 0;
      expect(ends).toEqual(Object.values(FRAMES).map((frame) => (end += frame.length)));
    }
  });

  it('are none where the magic number is another', () => {
    for (const start of ['28b52ffe', '00000000', '602a4d18', '1f8b0800']) {
      const frames = new ZstdFrames();
      frames.advance(hex(start));
      expect([frames.broken, frames.count]).toEqual([true, 0]);
    }
  });
});

describe.skipIf(zstdCompress === undefined).each(BOTH_WAYS)(
  `content in zstd, $way (skipped below Node 22.15, which has no zstd)`,
  ({ limits }) => {
    const compress = zstdCompress!;

    it('of several frames is whole only with all of them', async () => {
      const body = Buffer.concat([
        compress(Buffer.from('one, ')),
        FRAMES['to be skipped']!,
        compress(Buffer.from('two')),
      ]);
      expect(String((await decoded(body, ['zstd'], limits)).decoded)).toBe('one, two');
      for (const size of [1, 7, body.length - 1]) {
        expect(String((await streamed(split(body, size), ['zstd'], limits)).decoded)).toBe('one, two');
      }
      const first = compress(Buffer.from('one, ')).length;
      for (let length = first + 1; length < body.length; length++) {
        // Between the frames there is nothing that says that another one belongs to it.
        if (length === first + FRAMES['to be skipped']!.length) continue;
        expect((await decoded(body.subarray(0, length), ['zstd'], limits)).fault?.message).toBe(
          'zstd content that ends early',
        );
      }
    });

    it('with a wrong checksum is a fault', async () => {
      const body = compress(listing(1000), ZSTD_CHECKSUM);
      body[body.length - 1]! ^= 1;
      expect((await decoded(body, ['zstd'], limits)).fault?.message).toContain(
        'zstd content that is corrupt',
      );
    });

    it('needs no window above 8 MiB, or is a fault', async () => {
      const window = (descriptor: string) => hex(`28b52ffd00${descriptor}53000061`);
      expect(String((await decoded(window('68'), ['zstd'], limits)).decoded)).toBe('aaaaaaaaaa');
      expect((await decoded(window('69'), ['zstd'], limits)).fault).toEqual({
        kind: 'too-large',
        message: 'zstd content that needs a window of more than 8 MiB (RFC 9659)',
      });
    });

    it('of more than 10,000 frames is a fault, or its empty ones would cost minutes', async () => {
      const body = Buffer.concat(Array<Buffer>(10_002).fill(FRAMES['to be skipped, empty']!));
      expect((await decoded(body, ['zstd'], limits)).fault).toEqual({
        kind: 'too-large',
        message: 'more than 10000 frames of zstd in one body',
      });
    });

    it('that is a bomb of runs ends at the limit', async () => {
      const run = hex('02001061');
      const body = Buffer.concat([hex('28b52ffd0068'), ...Array<Buffer>(2000).fill(run), hex('0b000061')]);
      const { fault } = await decoded(body, ['zstd'], limits);
      expect(fault?.message).toContain('more than 200 times its encoded size');
    });
  },
);

describe.skipIf(zstdCompress === undefined)('zstd among other codings (skipped below Node 22.15)', () => {
  it('that cannot be made smaller comes back', async () => {
    const bytes = noise(300_000);
    expect((await decoded(zstdCompress!(bytes), ['zstd'], LIMITS)).decoded.equals(bytes)).toBe(true);
  });
});
