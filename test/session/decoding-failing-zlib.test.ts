// A zlib that cannot do what it is asked to: no memory for a decoder, no zstd. Each is thrown where zlib throws it.

import * as zlib from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { ACCEPT_ENCODING } from '../../src/session/decoding.ts';
import { BOTH_WAYS, decoded, streamed } from './decoding-fixture.ts';

vi.mock('node:zlib', async (original) => {
  const real = await original<typeof zlib>();
  const noMemory = () => {
    throw Object.assign(new Error('Initialization failed'), { code: 'ERR_ZLIB_INITIALIZATION_FAILED' });
  };
  return {
    ...real,
    gunzipSync: noMemory,
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
