// Every decoder that is opened is closed, whatever comes of its body. zlib is watched, not changed.

import * as zlib from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamDecoder } from '../../src/session/decoding.ts';
import { decoded, LIMITS, noise, STREAMED, split, streamed } from './decoding-fixture.ts';

interface Watched {
  readonly destroyed: boolean;
}
const opened = vi.hoisted((): Watched[] => []);

vi.mock('node:zlib', async (original) => {
  const real = await original<typeof zlib>();
  const watched = <O, S extends Watched>(create: (options?: O) => S) => {
    return (options?: O) => {
      const stream = create(options);
      opened.push(stream);
      return stream;
    };
  };
  return {
    ...real,
    createGunzip: watched(real.createGunzip),
    createInflate: watched(real.createInflate),
    createBrotliDecompress: watched(real.createBrotliDecompress),
    zstdDecompressSync: undefined,
    createZstdDecompress: undefined,
    zstdCompressSync: undefined,
  };
});

const bytes = noise(150_000);
const body = zlib.gzipSync(zlib.brotliCompressSync(bytes));
const codings = ['br', 'gzip'];

describe('decoders', () => {
  beforeEach(() => {
    opened.length = 0;
  });

  const expectClosed = (count: number) =>
    expect(opened.map(({ destroyed }) => destroyed)).toEqual(Array(count).fill(true));

  it('are closed after a whole body', async () => {
    expect((await decoded(body, codings, STREAMED)).decoded.equals(bytes)).toBe(true);
    expectClosed(2);
  });

  it('are closed after padding', async () => {
    const padded = Buffer.concat([body, Buffer.alloc(100)]);
    for (const size of [1000, body.length, padded.length]) {
      opened.length = 0;
      expect((await streamed(split(padded, size), codings)).fault).toBeUndefined();
      expectClosed(2);
    }
  });

  it('are closed after a fault of any layer', async () => {
    const faulty: [Buffer, string][] = [
      [body.subarray(0, -1), 'gzip content that ends early'],
      [Buffer.concat([body, Buffer.from('more')]), 'gzip content that is corrupt'],
      [zlib.gzipSync(zlib.brotliCompressSync(bytes).subarray(0, -9)), 'br content that ends early'],
      [
        zlib.gzipSync(Buffer.concat([zlib.brotliCompressSync(bytes), Buffer.from('x')])),
        'octets after the end',
      ],
    ];
    for (const [one, message] of faulty) {
      opened.length = 0;
      expect((await decoded(one, codings, STREAMED)).fault?.message).toContain(message);
      expectClosed(2);
    }
  });

  it('are closed when a limit is passed', async () => {
    const { fault } = await decoded(body, codings, { ...STREAMED, decodedBytesMax: bytes.length - 1 });
    expect(fault?.kind).toBe('too-large');
    expectClosed(2);
  });

  it('are closed when nobody wants the rest', async () => {
    const decoder = new StreamDecoder(codings, LIMITS, {
      onData: () => decoder.close(),
      onEnd: () => expect.unreachable(),
      onFault: () => expect.unreachable(),
      onDrain() {},
    });
    decoder.write(body);
    while (!String(decoder).includes('closed')) await new Promise(setImmediate);
    expectClosed(2);
  });

  it('are not opened for a body without octets, or one that is refused', async () => {
    await streamed([], codings);
    await decoded(body, ['gzip', 'no-such'], STREAMED);
    await decoded(body, Array(1000).fill('gzip'), STREAMED);
    expectClosed(0);
  });
});
