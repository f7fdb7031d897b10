// Undoes the content codings of a body (RFC 9110 section 8.4), never beyond the limits and never throwing. A small body
// is decoded at once, a large one off this thread. Never reads a header section and never decides what a fault means.

import { decodeAtOnce, faultOf } from './coding-engine.ts';
import {
  type DecodeFault,
  type DecodingLimits,
  decodedMax,
  decodedTooMuch,
  endsEarly,
  goesOn,
  isPadding,
  RATIO_FLOOR_BYTES,
  startsOtherwise,
} from './coding-limits.ts';
import { type Codings, refusal } from './coding-list.ts';
import { StreamDecoder } from './coding-stream.ts';
import { ZstdFrames } from './coding-zstd-frames.ts';

export { type DecodeFault, type DecodingLimits, SYNC_BYTES_MAX } from './coding-limits.ts';
export { ACCEPT_ENCODING, type Codings, contentCodings } from './coding-list.ts';
export { StreamDecoder, type StreamDecoderEvents } from './coding-stream.ts';

/** Called exactly once. With a fault there is no decoded content, not even a part. */
export type Decoded = (fault: DecodeFault | undefined, decoded: Buffer) => void;

const EMPTY = Buffer.alloc(0);
/** It would take too long to do at once after all; a millisecond is what this much takes. */
const LARGE = Symbol('large');
const SYNC_DECODED_BYTES_MAX = RATIO_FLOOR_BYTES;

/** zlib takes no smaller chunk. */
const CHUNK_BYTES_MIN = 64;
/** Octets that one encoded octet usually becomes. Where it is too few, zlib takes another chunk of the same size. */
const USUAL_RATIO = 6;
const USUAL_CHUNK_BYTES_MIN = 16 * 1024;
const USUAL_CHUNK_BYTES_MAX = 64 * 1024;
/** How much the last four octets of gzip may claim and be believed, per encoded octet: a chunk of it is allocated. */
const CLAIMED_RATIO_MAX = 32;

/**
 * Decodes a whole body. Up to `syncBytesMax` encoded octets `done` is called before this returns, unless they become
 * more than 1 MiB; the body must stay as it is until then. An empty body is empty in every coding, as that of a HEAD.
 */
export function decode(body: Buffer, codings: Codings, limits: DecodingLimits, done: Decoded): void {
  if (body.length === 0 || codings.length === 0) return done(undefined, body);
  const refused = refusal(codings, limits);
  if (refused !== undefined) return done(refused, EMPTY);
  const outcome = body.length <= limits.syncBytesMax ? atOnce(body, codings, limits) : LARGE;
  if (outcome === LARGE) return streamed(body, codings, limits, done);
  if (Buffer.isBuffer(outcome)) return done(undefined, outcome);
  done(outcome, EMPTY);
}

function atOnce(body: Buffer, codings: Codings, limits: DecodingLimits): Buffer | DecodeFault | typeof LARGE {
  let content = body;
  for (let i = codings.length - 1; i >= 0 && content.length > 0; i--) {
    if (content.length > limits.syncBytesMax) return LARGE;
    const outcome = layerAtOnce(content, codings[i]!, decodedMax(limits, body.length));
    if (outcome === undefined) return decodedTooMuch(limits, body.length);
    if (!Buffer.isBuffer(outcome)) return outcome;
    content = outcome;
  }
  return content;
}

/** Undefined: it becomes more than `max`. */
function layerAtOnce(
  bytes: Buffer,
  coding: string,
  max: number,
): Buffer | DecodeFault | typeof LARGE | undefined {
  const end = coding === 'zstd' ? frameEnd(bytes) : bytes.length;
  if (typeof end !== 'number') return end;
  const outputMax = Math.min(max, SYNC_DECODED_BYTES_MAX);
  const chunkSize = chunkBytes(bytes, coding, outputMax);
  try {
    // zlib takes no 0 for a limit.
    const { buffer, engine } = decodeAtOnce(
      coding,
      bytes.subarray(0, end),
      chunkSize,
      Math.max(1, outputMax),
    );
    if (buffer.length > outputMax) return undefined;
    if (!isPadding(bytes.subarray(engine.bytesWritten))) return goesOn(coding);
    return fitted(buffer, chunkSize);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_BUFFER_TOO_LARGE') return faultOf(coding, error);
    return outputMax < max ? LARGE : undefined;
  }
}

/** Where the one frame of zstd ends. Several frames are rare; the streamed way knows about them. */
function frameEnd(bytes: Buffer): number | DecodeFault | typeof LARGE {
  const frames = new ZstdFrames();
  const end = frames.advance(bytes);
  if (frames.broken) return startsOtherwise('zstd');
  if (!frames.between) return endsEarly('zstd');
  return isPadding(bytes.subarray(end)) ? end : LARGE;
}

/**
 * The last four octets of gzip are the length of what its last member becomes, modulo 2^32 (RFC 1952 section 2.3.1).
 * With one octet to spare zlib then ends in one call: 20 % faster than 16 KiB chunks for 100 KB, and nothing to copy.
 * A claim of next to nothing is not taken at its word either, or a megabyte would come in 16,000 chunks.
 */
function chunkBytes(bytes: Buffer, coding: string, outputMax: number): number {
  const usual = Math.max(USUAL_CHUNK_BYTES_MIN, bytes.length * USUAL_RATIO);
  let expected = Math.min(usual, USUAL_CHUNK_BYTES_MAX);
  if (coding === 'gzip' && bytes.length >= 4) {
    const claimed = bytes.readUInt32LE(bytes.length - 4);
    if (claimed <= bytes.length * CLAIMED_RATIO_MAX) expected = Math.max(claimed, bytes.length);
  }
  return Math.max(CHUNK_BYTES_MIN, Math.min(expected, outputMax) + 1);
}

/** What fills less than half of its chunk is copied, or a thousand short bodies would hold a thousand chunks. */
function fitted(decoded: Buffer, chunkSize: number): Buffer {
  return decoded.length * 2 < chunkSize ? Buffer.from(decoded) : decoded;
}

function streamed(body: Buffer, codings: Codings, limits: DecodingLimits, done: Decoded): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const decoder = new StreamDecoder(codings, limits, {
    onData(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
    },
    onEnd: () => done(undefined, Buffer.concat(chunks, bytes)),
    onFault: (fault) => done(fault, EMPTY),
    onDrain() {},
  });
  decoder.write(body);
  decoder.end();
}
