// A zlib that cannot do what it is asked to: no memory for a decoder, no zstd. Each is thrown where zlib throws it.

import * as zlib from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { ACCEPT_ENCODING } from '../../src/session/decoding.ts';
import { BOTH_WAYS, decoded, decodedAtOnce, LIMITS, streamed } from './decoding-fixture.ts';

/** What was asked of gunzipSync. */
const asked = vi.hoisted((): zlib.ZlibOptions[] => []);

vi.mock('node:zlib', async (original) => {
  const real = await original<typeof zlib>();
  const noMemory = () => {
    throw Object.assign(new Error('Initialization failed'), { code: 'ERR_ZLIB_INITIALIZATION_FAILED' });
  };
  return {
    ...real,
    gunzipSync: (_: unknown, options: zlib.ZlibOptions) => {
      asked.push(options);
      noMemory();
    },
    createGunzip: noMemory,
    brotliDecompressSync: () => {
      throw 'not even an error';
    },
    createBrotliDecompress() {
      const stream = real.createBrotliDecompress();
      stream.write = () => {
        throw new TypeError('no write');
      };
      return stream;
    },
    zstdDecompressSync: undefined,
    createZstdDecompress: undefined,
    zstdCompressSync: undefined,
  };
});

describe.each(BOTH_WAYS)('what zlib throws, $way', ({ limits }) => {
  it('when it makes a decoder becomes a fault', async () => {
    const fault = {
      kind: 'protocol',
      message: 'gzip content for which no decoder could be made (Initialization failed)',
    };
    const body = zlib.gzipSync('content');
    expect((await decoded(body, ['gzip'], limits)).fault).toEqual(fault);
    expect((await decoded(zlib.deflateSync(body), ['gzip', 'deflate'], limits)).fault).toEqual(fault);
    expect((await streamed([body], ['gzip'], limits)).fault).toEqual(fault);
  });

  it('when it takes content becomes a fault', async () => {
    const { fault } = await decoded(zlib.brotliCompressSync('content'), ['br'], limits);
    expect(fault?.kind).toBe('protocol');
    expect(fault?.message).toMatch(/^br content that is corrupt \((?:not even an error|no write)\)$/);
  });
});

describe('the trailer of gzip', () => {
  const body = zlib.gzipSync('content');

  it('says how much memory is taken, and one octet more', () => {
    asked.length = 0;
    decodedAtOnce(zlib.gzipSync('content '.repeat(100)), ['gzip']);
    expect(asked).toEqual([{ chunkSize: 801, maxOutputLength: 1024 * 1024, info: true }]);
  });

  it('is not believed beyond 32 times the body', () => {
    for (const claimed of [body.length * 32 + 1, 0x7fff_ffff, 0xffff_ffff]) {
      asked.length = 0;
      body.writeUInt32LE(claimed, body.length - 4);
      decodedAtOnce(body, ['gzip']);
      expect(asked[0]?.chunkSize).toBe(16 * 1024 + 1);
    }
  });

  it('is not believed below the size of the body', () => {
    asked.length = 0;
    const members = Buffer.concat([zlib.gzipSync(Buffer.alloc(500_000)), zlib.gzipSync('')]);
    decodedAtOnce(members, ['gzip']);
    expect(asked[0]?.chunkSize).toBe(members.length + 1);
  });

  it('takes no more memory than may be decoded', () => {
    asked.length = 0;
    decodedAtOnce(zlib.gzipSync('content '.repeat(100)), ['gzip'], { ...LIMITS, decodedBytesMax: 500 });
    expect(asked).toEqual([{ chunkSize: 501, maxOutputLength: 500, info: true }]);
  });
});

describe('a Node without zstd', () => {
  it('does not ask for it', () => {
    expect(ACCEPT_ENCODING).toBe('gzip, deflate, br');
  });

  it('names the Node to use when it comes all the same', async () => {
    expect((await decoded(Buffer.from('x'), ['zstd'])).fault).toEqual({
      kind: 'protocol',
      message: `content in zstd, which Node ${process.versions.node} cannot decode; use Node 22.15 or 23.8 or later`,
    });
  });
});
