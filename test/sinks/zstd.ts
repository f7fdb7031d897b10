// zstd as this Node has it, from 22.15 on; its types are those of Node 20.

import * as zlib from 'node:zlib';
import { ZstdFrames } from '../../src/session/coding-zstd-frames.ts';

const part = zlib as unknown as { readonly zstdDecompressSync?: (bytes: Uint8Array) => Buffer };

export const canUseZstd = part.zstdDecompressSync !== undefined;

/** Frame by frame: Node's decoder forgets those behind the first. Throws where one is not whole. */
export function unzstd(bytes: Uint8Array): Buffer {
  const frames = new ZstdFrames();
  const contents: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = from + frames.advance(bytes.subarray(from));
    if (frames.broken || !frames.between) throw new Error(`no whole frame of zstd from octet ${from} on`);
    contents.push(part.zstdDecompressSync!(bytes.subarray(from, end)));
    from = end;
  }
  if (frames.count === 0) throw new Error('no frame of zstd');
  return Buffer.concat(contents);
}
