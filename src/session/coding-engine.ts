// What node:zlib has for each coding, and what its errors mean. Nothing here decides about limits.

import * as zlib from 'node:zlib';
import { type DecodeFault, endsEarly, tooLarge, undecodable } from './coding-limits.ts';

/** A stream of zlib's; `bytesWritten` counts the octets that the decoder has consumed. */
export type Decompressor = zlib.BrotliDecompress;

interface Engine {
  atOnce(bytes: Buffer, options: zlib.ZlibOptions): Buffer;
  stream(options: zlib.ZlibOptions): Decompressor;
}

/** Node has it from 22.15 and 23.8; the types are those of the oldest Node that is supported. */
interface ZstdPart {
  readonly zstdDecompressSync?: (bytes: Buffer, options: object) => Buffer;
  readonly createZstdDecompress?: (options: object) => Decompressor;
}

const zstdPart = zlib as unknown as ZstdPart;
export const canDecodeZstd: boolean = typeof zstdPart.zstdDecompressSync === 'function';

/** RFC 9659 section 3: content in zstd needs no window above 8 MiB. libzstd would give 128 MiB to whoever asks. */
const ZSTD_WINDOW_LOG_MAX = 23;
const ZSTD_PARAMS = {
  [(zlib.constants as unknown as Record<string, number>)['ZSTD_d_windowLogMax']!]: ZSTD_WINDOW_LOG_MAX,
};

/** Each piece costs a way to the thread pool and back; zlib's own default of 16 KiB takes four times as many. */
const STREAM_CHUNK_BYTES = 64 * 1024;

const ENGINES: Readonly<Record<string, Engine>> = {
  gzip: { atOnce: (b, o) => zlib.gunzipSync(b, o), stream: (o) => zlib.createGunzip(o) },
  zlib: { atOnce: (b, o) => zlib.inflateSync(b, o), stream: (o) => zlib.createInflate(o) },
  raw: { atOnce: (b, o) => zlib.inflateRawSync(b, o), stream: (o) => zlib.createInflateRaw(o) },
  br: { atOnce: (b, o) => zlib.brotliDecompressSync(b, o), stream: (o) => zlib.createBrotliDecompress(o) },
  zstd: {
    atOnce: (b, { chunkSize, maxOutputLength, info }) =>
      zstdPart.zstdDecompressSync!(b, { chunkSize, maxOutputLength, info, params: ZSTD_PARAMS }),
    stream: ({ chunkSize }) => zstdPart.createZstdDecompress!({ chunkSize, params: ZSTD_PARAMS }),
  },
};

/**
 * `deflate` means zlib's format (RFC 9110 section 8.4.1.2), but some servers send bare deflate data; browsers take
 * both. A zlib header starts with an 8 in the lower four bits (RFC 1950 section 2.2); bare data would start so with a
 * stored block whose padding is not zero, which no encoder writes (RFC 1951 section 3.2.4).
 */
function engineOf(coding: string, start: Uint8Array): Engine {
  if (coding !== 'deflate') return ENGINES[coding]!;
  return (start[0]! & 0x0f) === 8 ? ENGINES['zlib']! : ENGINES['raw']!;
}

/** Throws what zlib throws. The options are one literal: made with a spread they cost 1.7 µs more, of 10 µs. */
export function decodeAtOnce(
  coding: string,
  bytes: Buffer,
  chunkSize: number,
  maxOutputLength: number,
): { readonly buffer: Buffer; readonly engine: Decompressor } {
  const answer: unknown = engineOf(coding, bytes).atOnce(bytes, { chunkSize, maxOutputLength, info: true });
  return answer as { buffer: Buffer; engine: Decompressor };
}

/** Throws what zlib throws. `start` holds at least one octet. */
export function openStream(coding: string, start: Uint8Array): Decompressor {
  return engineOf(coding, start).stream({ chunkSize: STREAM_CHUNK_BYTES });
}

/** What zlib threw or emitted, in words about the content. */
export function faultOf(coding: string, error: unknown): DecodeFault {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'Z_BUF_ERROR':
      return endsEarly(coding);
    case 'Z_NEED_DICT':
      return undecodable(`${coding} content that needs a preset dictionary`);
    case 'ZSTD_error_frameParameter_windowTooLarge':
      return tooLarge(`${coding} content that needs a window of more than 8 MiB (RFC 9659)`);
    case 'ERR_ZLIB_INITIALIZATION_FAILED':
    case 'Z_MEM_ERROR':
      return undecodable(`${coding} content for which no decoder could be made (${message})`);
    default:
      return undecodable(`${coding} content that is corrupt (${message ?? String(error)})`);
  }
}
