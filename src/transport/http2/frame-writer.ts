// Frames to octets (RFC 9113 sections 4 and 6): all that are written in one turn lie behind each other and leave at
// once. Knows no streams and no windows: what may be sent, and when, is the connection's matter.

import { DEFAULT_FRAME_BYTES_MAX, Flag, FRAME_HEAD_BYTES, FrameType } from './frame-types.ts';
import { OutgoingOctets } from './outgoing-octets.ts';

/** What a client says first of all (section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTING_BYTES = 6;
const PING_BYTES = 8;

export class FrameWriter {
  /** The peer's SETTINGS_MAX_FRAME_SIZE. */
  frameBytesMax = DEFAULT_FRAME_BYTES_MAX;
  /** Takes the field block between `beginHeaders` and `endHeaders`. */
  readonly out = new OutgoingOctets();
  #headersStart = 0;
  #headersStreamId = 0;

  /** Octets that wait for `take`. */
  get length(): number {
    return this.out.length;
  }

  /** All that was written since the last time, in one piece. */
  take(): Buffer {
    return this.out.take();
  }

  /** The preface; SETTINGS must follow. */
  preface(): void {
    this.#octets(PREFACE, 0, PREFACE.length);
  }

  /** Pairs of an identifier and a value. */
  settings(settings: ReadonlyArray<readonly [number, number]>): void {
    this.#head(settings.length * SETTING_BYTES, FrameType.SETTINGS, 0, 0);
    for (const [id, value] of settings) {
      this.out.bytes.writeUInt16BE(id, this.out.length);
      this.out.length += 2;
      this.#uint32(value);
    }
  }

  settingsAck(): void {
    this.#head(0, FrameType.SETTINGS, Flag.ACK, 0);
  }

  /** Eight octets from `start` on, as they come back from the peer or go back to it. */
  ping(b: Uint8Array, start: number, ack: boolean): void {
    this.#head(PING_BYTES, FrameType.PING, ack ? Flag.ACK : 0, 0);
    this.#octets(b, start, start + PING_BYTES);
  }

  goaway(lastStreamId: number, code: number): void {
    this.#head(8, FrameType.GOAWAY, 0, 0);
    this.#uint32(lastStreamId);
    this.#uint32(code);
  }

  rstStream(streamId: number, code: number): void {
    this.#head(4, FrameType.RST_STREAM, 0, streamId);
    this.#uint32(code);
  }

  /** Stream 0 is the connection. */
  windowUpdate(streamId: number, increment: number): void {
    this.#head(4, FrameType.WINDOW_UPDATE, 0, streamId);
    this.#uint32(increment);
  }

  /** As many frames as the peer's limit makes of it; none of the octets makes one empty frame. */
  data(streamId: number, b: Uint8Array, start: number, end: number, endStream: boolean): void {
    let pos = start;
    do {
      const stop = Math.min(end, pos + this.frameBytesMax);
      const flags = endStream && stop === end ? Flag.END_STREAM : 0;
      this.#head(stop - pos, FrameType.DATA, flags, streamId);
      this.#octets(b, pos, stop);
      pos = stop;
    } while (pos < end);
  }

  /** The field block is to be written to `out` now, and `endHeaders` ends it: nothing else may come between. */
  beginHeaders(streamId: number): void {
    this.#headersStreamId = streamId;
    this.out.reserve(FRAME_HEAD_BYTES);
    this.#headersStart = this.out.length;
    this.out.length += FRAME_HEAD_BYTES;
  }

  endHeaders(endStream: boolean): void {
    const { out } = this;
    const start = this.#headersStart;
    const length = out.length - start - FRAME_HEAD_BYTES;
    const flags = endStream ? Flag.END_STREAM : 0;
    if (length > this.frameBytesMax) this.#split(start, length, flags);
    else
      writeHead(out.bytes, start, length, FrameType.HEADERS, flags | Flag.END_HEADERS, this.#headersStreamId);
  }

  /** A block too long for one frame goes on in CONTINUATION frames (section 6.10): from its end, each piece moves to
   *  where the heads in front of it leave room. */
  #split(start: number, length: number, flags: number): void {
    const { out, frameBytesMax } = this;
    const pieces = Math.ceil(length / frameBytesMax);
    out.reserve((pieces - 1) * FRAME_HEAD_BYTES);
    const { bytes } = out;
    const block = start + FRAME_HEAD_BYTES;
    for (let i = pieces - 1; i > 0; i--) {
      const from = block + i * frameBytesMax;
      const to = Math.min(from + frameBytesMax, block + length);
      const head = from + (i - 1) * FRAME_HEAD_BYTES;
      bytes.copyWithin(head + FRAME_HEAD_BYTES, from, to);
      const last = i === pieces - 1 ? Flag.END_HEADERS : 0;
      writeHead(bytes, head, to - from, FrameType.CONTINUATION, last, this.#headersStreamId);
    }
    writeHead(bytes, start, frameBytesMax, FrameType.HEADERS, flags, this.#headersStreamId);
    out.length += (pieces - 1) * FRAME_HEAD_BYTES;
  }

  /** Reserves room for the payload as well. */
  #head(length: number, type: number, flags: number, streamId: number): void {
    this.out.reserve(FRAME_HEAD_BYTES + length);
    writeHead(this.out.bytes, this.out.length, length, type, flags, streamId);
    this.out.length += FRAME_HEAD_BYTES;
  }

  #octets(b: Uint8Array, start: number, end: number): void {
    this.out.reserve(end - start);
    this.out.bytes.set(b.subarray(start, end), this.out.length);
    this.out.length += end - start;
  }

  #uint32(value: number): void {
    this.out.bytes.writeUInt32BE(value, this.out.length);
    this.out.length += 4;
  }
}

function writeHead(
  b: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  b[at] = length >>> 16;
  b[at + 1] = length >>> 8;
  b[at + 2] = length;
  b[at + 3] = type;
  b[at + 4] = flags;
  b[at + 5] = streamId >>> 24;
  b[at + 6] = streamId >>> 16;
  b[at + 7] = streamId >>> 8;
  b[at + 8] = streamId;
}
