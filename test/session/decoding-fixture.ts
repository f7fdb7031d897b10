// Content and its coded forms, for the tests of decoding.

import * as zlib from 'node:zlib';
import {
  type Codings,
  type DecodeFault,
  type DecodingLimits,
  decode,
  StreamDecoder,
} from '../../src/session/decoding.ts';

type Encode = (bytes: Uint8Array) => Buffer;

/** Node has it from 22.15 on; the types are those of Node 20. */
export const zstdCompress = (
  zlib as unknown as { zstdCompressSync?: (bytes: Uint8Array, options?: object) => Buffer }
).zstdCompressSync;
export const ZSTD_CHECKSUM = {
  params: { [(zlib.constants as unknown as Record<string, number>)['ZSTD_c_checksumFlag']!]: 1 },
};

export interface Coded {
  /** How tests call it. */
  readonly name: string;
  readonly coding: string;
  readonly encode: Encode;
}

/** Every form that is decoded; quick rather than small. */
export const CODED: readonly Coded[] = [
  { name: 'gzip', coding: 'gzip', encode: (b) => zlib.gzipSync(b, { level: 1 }) },
  { name: 'deflate in zlib format', coding: 'deflate', encode: (b) => zlib.deflateSync(b, { level: 1 }) },
  { name: 'bare deflate', coding: 'deflate', encode: (b) => zlib.deflateRawSync(b, { level: 1 }) },
  {
    name: 'br',
    coding: 'br',
    encode: (b) => zlib.brotliCompressSync(b, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  },
  ...(zstdCompress === undefined
    ? []
    : [{ name: 'zstd', coding: 'zstd', encode: (b: Uint8Array) => zstdCompress!(b, ZSTD_CHECKSUM) }]),
];

export const LIMITS: DecodingLimits = {
  codingsMax: 5,
  decodedBytesMax: 64 * 1024 * 1024,
  decodedRatioMax: 200,
  syncBytesMax: 32 * 1024,
};
/** Nothing but an empty body is small. */
export const STREAMED: DecodingLimits = { ...LIMITS, syncBytesMax: 0 };

export const BOTH_WAYS = [
  { way: 'at once', limits: LIMITS },
  { way: 'streamed', limits: STREAMED },
] as const;

export interface Result {
  readonly fault: DecodeFault | undefined;
  readonly decoded: Buffer;
}

/** Fails where `done` comes twice, or with content and a fault. */
export function decoded(body: Buffer, codings: Codings, limits: DecodingLimits = LIMITS): Promise<Result> {
  let calls = 0;
  return new Promise((resolve, reject) => {
    decode(body, codings, limits, (fault, content) => {
      calls++;
      if (calls > 1) reject(new Error(`done was called ${calls} times`));
      if (fault !== undefined && content.length > 0) reject(new Error('a fault that came with content'));
      // A second call would come with what is under way now.
      setImmediate(() => (calls === 1 ? resolve({ fault, decoded: content }) : undefined));
    });
  });
}

/** What was done before `decode` returned. */
export function decodedAtOnce(body: Buffer, codings: Codings, limits: DecodingLimits = LIMITS): Result {
  let result: Result | undefined;
  decode(body, codings, limits, (fault, content) => {
    result = { fault, decoded: content };
  });
  if (result === undefined) throw new Error('done was not called before decode returned');
  return result;
}

export interface Streamed extends Result {
  readonly chunks: number;
}

interface Consumer {
  /** Rests, until the next turn, after a chunk with this number. */
  readonly restsAfter?: (chunk: number) => boolean;
}

/** Writes chunk by chunk as a socket would that stops when told, and reads with rests. */
export function streamed(
  chunks: readonly Buffer[],
  codings: Codings,
  limits: DecodingLimits = LIMITS,
  { restsAfter }: Consumer = {},
): Promise<Streamed> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    let resting = false;
    let over = false;
    const settle = (fault: DecodeFault | undefined) => {
      if (over) return reject(new Error('an event after the last one'));
      over = true;
      setImmediate(() => resolve({ fault, decoded: Buffer.concat(out), chunks: out.length }));
    };
    const decoder = new StreamDecoder(codings, limits, {
      onData(chunk) {
        if (over || resting) reject(new Error(over ? 'data after the end' : 'data while paused'));
        out.push(chunk);
        if (restsAfter?.(out.length) !== true) return;
        resting = true;
        decoder.pause();
        setImmediate(() => {
          resting = false;
          decoder.resume();
        });
      },
      onEnd: () => settle(undefined),
      onFault: settle,
      onDrain: () => send(),
    });
    let next = 0;
    const send = (): void => {
      while (next < chunks.length) if (!decoder.write(chunks[next++]!)) return;
      decoder.end();
    };
    send();
  });
}

/** Text that compresses about as a list of things does, from a seed. */
export function listing(bytes: number, seed = 1): Buffer {
  let state = seed;
  let text = '[';
  while (text.length < bytes) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += `{"id":${text.length},"title":"item ${state.toString(36)}","done":${state % 2 === 0}},`;
  }
  return Buffer.from(text.slice(0, bytes));
}

/** Octets that no coding makes smaller. */
export function noise(bytes: number, seed = 1): Buffer {
  const out = Buffer.alloc(bytes);
  let state = seed;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    out[i] = state >>> 24;
  }
  return out;
}

export function split(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}
