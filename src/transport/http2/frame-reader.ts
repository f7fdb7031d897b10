// Octets of a server to frames (RFC 9113 sections 4 and 6), however they are cut, told by numbers and places: nothing is
// made for a frame, and nothing is copied that lies in one piece. It checks all that needs no knowledge of streams.

import { quoted } from '../quoted.ts';
import { type ConnectionFault, ErrorCode } from './errors.ts';
import {
  DEFAULT_FRAME_BYTES_MAX,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  frameName,
  WINDOW_MAX,
} from './frame-types.ts';
import type { FrameLimits, FrameVisitor } from './frame-visitor.ts';
import { Gathered } from './gathered.ts';
import { settingFault } from './settings.ts';

/** What the octets to come are: a frame's head; the length of a DATA frame's padding, and then its payload; a payload
 *  that is needed whole; one that is not needed. */
type State = 'head' | 'pad-length' | 'data' | 'whole' | 'unneeded';

const SETTING_BYTES = 6;
const PRIORITY_BYTES = 5;
const PREVIEW_BYTES = 8;
const NO_OCTETS = Buffer.alloc(0);

export class FrameReader {
  /** Why nothing more is read: the connection is over (section 5.4.1). */
  fault: ConnectionFault | undefined;
  /** DATA frames without content that end nothing, since the caller last set it to 0: they cost a peer little. */
  emptyFrames = 0;
  /** DATA frames, as `emptyFrames`. */
  dataFrames = 0;
  /** Frames that carry neither content nor fields, acknowledgements and unknown ones included; as `emptyFrames`. */
  controlFrames = 0;
  readonly #limits: FrameLimits;
  readonly #visitor: FrameVisitor;
  /** The SETTINGS_MAX_FRAME_SIZE that the peer is told. */
  readonly #frameBytesMax: number;
  #state: State = 'head';
  #stopped = false;
  /** No frame was whole yet: SETTINGS must be the first (section 3.4). */
  #isFirst = true;
  /** Of the present frame. */
  #length = 0;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Of its payload, to come yet. */
  #left = 0;
  #padding = 0;
  /** What was read of DATA and not told of yet: the octet that says how long the padding is. */
  #untold = 0;
  /** A head or a payload that came in pieces. */
  readonly #partial = new Gathered();
  /** A field block that came in several frames, whose stream, flag and number these are; stream 0 where there is none. */
  readonly #block = new Gathered();
  #blockStreamId = 0;
  #blockEndsStream = false;
  #continuations = 0;

  constructor(limits: FrameLimits, visitor: FrameVisitor, frameBytesMax = DEFAULT_FRAME_BYTES_MAX) {
    this.#limits = limits;
    this.#visitor = visitor;
    this.#frameBytesMax = frameBytesMax;
  }

  /** Takes all octets from `start` to `end`. False once nothing more is to be read: `fault` says why, or it was stopped. */
  execute(b: Buffer, start: number, end: number): boolean {
    let pos = start;
    while (pos < end && this.fault === undefined && !this.#stopped) {
      if (this.#state === 'head') pos = this.#readHead(b, pos, end);
      else if (this.#state === 'data') pos = this.#readData(b, pos, end);
      else if (this.#state === 'whole') pos = this.#readWhole(b, pos, end);
      else if (this.#state === 'pad-length') pos = this.#readPadLength(b, pos);
      else pos = this.#pass(pos, end);
    }
    return this.fault === undefined && !this.#stopped;
  }

  /** Nothing more is told, not even of what was given to `execute` already: for a visitor that has had enough. */
  stop(): void {
    this.#stopped = true;
  }

  // ── heads ───────────────────────────────────────────────────────────────────────────────────────────────

  #readHead(b: Buffer, pos: number, end: number): number {
    const partial = this.#partial;
    if (partial.length === 0 && end - pos >= FRAME_HEAD_BYTES) {
      this.#onHead(b, pos);
      return pos + FRAME_HEAD_BYTES;
    }
    const stop = Math.min(end, pos + FRAME_HEAD_BYTES - partial.length);
    partial.add(b, pos, stop);
    if (partial.length === FRAME_HEAD_BYTES) {
      const { bytes } = partial;
      partial.clear();
      this.#onHead(bytes, 0);
    }
    return stop;
  }

  #onHead(b: Buffer, at: number): void {
    const length = (b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!;
    const type = b[at + 3]!;
    this.#length = length;
    this.#left = length;
    this.#type = type;
    this.#flags = b[at + 4]!;
    // The first bit is reserved, and ignored (section 4.1).
    this.#streamId = ((b[at + 5]! & 0x7f) << 24) | (b[at + 6]! << 16) | (b[at + 7]! << 8) | b[at + 8]!;
    if (this.#isFirst && !this.#opens(b, at)) return;
    if (length > this.#frameBytesMax) {
      return this.#frameSize(
        `a ${frameName(type)} frame of ${length} octets, where ${this.#frameBytesMax} may be`,
      );
    }
    if (
      this.#blockStreamId !== 0 &&
      (type !== FrameType.CONTINUATION || this.#streamId !== this.#blockStreamId)
    ) {
      return this.#protocol(`a ${this.#shown()} inside of the field block of stream ${this.#blockStreamId}`);
    }
    this.#begin();
    if (length === 0 && this.fault === undefined) this.#onEmpty(b, at);
  }

  /** SETTINGS of its own must be what a server says first. */
  #opens(b: Buffer, at: number): boolean {
    this.#isFirst = false;
    if (this.#type === FrameType.SETTINGS && (this.#flags & Flag.ACK) === 0) return true;
    const seen = b.toString('latin1', at, at + PREVIEW_BYTES);
    if (seen.startsWith('HTTP/')) this.#protocol(`${quoted(seen)} in place of HTTP/2`);
    else this.#protocol(`a ${this.#shown()} before any SETTINGS`);
    return false;
  }

  /** The checks that a head allows, and what its payload is. */
  #begin(): void {
    switch (this.#type) {
      case FrameType.DATA:
        return this.#beginData();
      case FrameType.HEADERS:
        this.#state = 'whole';
        return this.#ofStream();
      case FrameType.PRIORITY:
        return this.#beginPriority();
      case FrameType.RST_STREAM:
        this.#beginControl(4);
        return this.#ofStream();
      case FrameType.SETTINGS:
        return this.#beginSettings();
      case FrameType.PUSH_PROMISE:
        return this.#protocol('a PUSH_PROMISE, where SETTINGS forbid it');
      case FrameType.PING:
        this.#beginControl(8);
        return this.#ofConnection();
      case FrameType.GOAWAY:
        this.#beginControl(8, this.#frameBytesMax);
        return this.#ofConnection();
      case FrameType.WINDOW_UPDATE:
        this.#beginControl(4);
        if (this.#streamId !== 0) this.#ofStream();
        return;
      case FrameType.CONTINUATION:
        return this.#beginContinuation();
      default:
        // Frames that are not known are ignored (section 5.5).
        this.controlFrames++;
        this.#state = 'unneeded';
    }
  }

  #beginControl(bytesMin: number, bytesMax = bytesMin): void {
    this.controlFrames++;
    this.#state = 'whole';
    if (this.#length < bytesMin || this.#length > bytesMax) this.#wrongLength();
  }

  #beginData(): void {
    this.dataFrames++;
    this.#ofStream();
    this.#padding = 0;
    if ((this.#flags & Flag.PADDED) === 0) return this.#beginContent();
    if (this.#length === 0) this.#wrongLength();
    this.#state = 'pad-length';
  }

  #beginContent(): void {
    const ends = (this.#flags & Flag.END_STREAM) !== 0;
    this.#state = 'data';
    if (this.#left === this.#padding && !ends) this.emptyFrames++;
    // There may be no octet to come that would tell of it.
    if (this.#left === 0 && this.fault === undefined) this.#tellData(NO_OCTETS, 0, 0, 0);
  }

  #beginPriority(): void {
    this.controlFrames++;
    this.#state = 'unneeded';
    if (this.#streamId === 0) return this.#protocol('a PRIORITY frame on stream 0');
    if (this.#length === PRIORITY_BYTES) return;
    const message = `a PRIORITY frame of ${this.#length} octets`;
    this.#visitor.onStreamFault(this.#streamId, ErrorCode.FRAME_SIZE_ERROR, message);
  }

  #beginSettings(): void {
    this.controlFrames++;
    this.#state = 'whole';
    this.#ofConnection();
    const isAck = (this.#flags & Flag.ACK) !== 0;
    if (this.#length % SETTING_BYTES !== 0 || (isAck && this.#length !== 0)) this.#wrongLength();
  }

  #beginContinuation(): void {
    this.#state = 'whole';
    if (this.#blockStreamId === 0) return this.#protocol('a CONTINUATION frame without HEADERS before it');
    if (++this.#continuations > this.#limits.continuationsMax) {
      this.#broken(
        ErrorCode.ENHANCE_YOUR_CALM,
        `more than ${this.#limits.continuationsMax} CONTINUATION frames behind one HEADERS frame`,
      );
    }
  }

  #onEmpty(b: Buffer, at: number): void {
    if (this.#state === 'whole') this.#onPayload(b, at, at);
    this.#state = 'head';
  }

  // ── payloads ────────────────────────────────────────────────────────────────────────────────────────────

  #readPadLength(b: Buffer, pos: number): number {
    this.#padding = b[pos]!;
    this.#untold = 1;
    this.#left--;
    if (this.#padding > this.#left) this.#protocol('a DATA frame with more padding than octets');
    else this.#beginContent();
    return pos + 1;
  }

  #readData(b: Buffer, pos: number, end: number): number {
    const available = Math.min(end - pos, this.#left);
    const content = Math.min(available, Math.max(0, this.#left - this.#padding));
    this.#left -= available;
    this.#tellData(b, pos, pos + content, available);
    return pos + available;
  }

  #tellData(b: Buffer, start: number, end: number, octets: number): void {
    const flowBytes = octets + this.#untold;
    const isWhole = this.#left === 0;
    this.#untold = 0;
    if (isWhole) this.#state = 'head';
    this.#visitor.onData(
      this.#streamId,
      b,
      start,
      end,
      flowBytes,
      isWhole && (this.#flags & Flag.END_STREAM) !== 0,
    );
  }

  #pass(pos: number, end: number): number {
    const passed = Math.min(end - pos, this.#left);
    this.#left -= passed;
    if (this.#left === 0) this.#state = 'head';
    return pos + passed;
  }

  #readWhole(b: Buffer, pos: number, end: number): number {
    const partial = this.#partial;
    const stop = pos + Math.min(end - pos, this.#left);
    this.#left -= stop - pos;
    if (this.#left > 0) {
      partial.add(b, pos, stop);
      return stop;
    }
    this.#state = 'head';
    if (partial.length === 0) this.#onPayload(b, pos, stop);
    else {
      partial.add(b, pos, stop);
      const { bytes, length } = partial;
      partial.clear();
      this.#onPayload(bytes, 0, length);
    }
    return stop;
  }

  #onPayload(b: Buffer, start: number, end: number): void {
    const visitor = this.#visitor;
    const isAck = (this.#flags & Flag.ACK) !== 0;
    switch (this.#type) {
      case FrameType.HEADERS:
        return this.#onHeaders(b, start, end);
      case FrameType.RST_STREAM:
        return visitor.onRstStream(this.#streamId, b.readUInt32BE(start));
      case FrameType.SETTINGS:
        return isAck ? visitor.onSettingsAck() : this.#onSettings(b, start, end);
      case FrameType.PING:
        return isAck ? visitor.onPingAck(b, start) : visitor.onPing(b, start);
      case FrameType.GOAWAY:
        return this.#onGoaway(b, start, end);
      case FrameType.WINDOW_UPDATE:
        return this.#onWindowUpdate(b.readUInt32BE(start) & WINDOW_MAX);
      default:
        this.#onFragment(b, start, end);
    }
  }

  #onHeaders(b: Buffer, start: number, end: number): void {
    let from = start;
    let to = end;
    if ((this.#flags & Flag.PADDED) !== 0) {
      if (from === to) return this.#wrongLength();
      to -= b[from++]!;
    }
    // Priorities are out of use (section 5.3.2); where there are some they are passed over.
    if ((this.#flags & Flag.PRIORITY) !== 0) {
      if (end - from < PRIORITY_BYTES) return this.#wrongLength();
      from += PRIORITY_BYTES;
    }
    if (to < from) return this.#protocol('a HEADERS frame with more padding than octets');
    this.#blockStreamId = this.#streamId;
    this.#blockEndsStream = (this.#flags & Flag.END_STREAM) !== 0;
    this.#continuations = 0;
    this.#onFragment(b, from, to);
  }

  #onFragment(b: Buffer, start: number, end: number): void {
    const block = this.#block;
    const { headerBlockBytesMax } = this.#limits;
    if (block.length + end - start > headerBlockBytesMax) {
      return this.#broken(
        ErrorCode.ENHANCE_YOUR_CALM,
        `a field block of more than ${headerBlockBytesMax} octets`,
      );
    }
    const streamId = this.#blockStreamId;
    const isWhole = (this.#flags & Flag.END_HEADERS) !== 0;
    if (isWhole) this.#blockStreamId = 0;
    if (isWhole && block.length === 0) {
      return this.#visitor.onHeaders(streamId, b, start, end, this.#blockEndsStream);
    }
    block.add(b, start, end);
    if (!isWhole) return;
    const { bytes, length } = block;
    block.clear();
    this.#visitor.onHeaders(streamId, bytes, 0, length, this.#blockEndsStream);
  }

  #onSettings(b: Buffer, start: number, end: number): void {
    for (let pos = start; pos < end && !this.#stopped; pos += SETTING_BYTES) {
      const id = b.readUInt16BE(pos);
      const value = b.readUInt32BE(pos + 2);
      this.fault = settingFault(id, value);
      if (this.fault !== undefined) return;
      this.#visitor.onSetting(id, value);
    }
    if (!this.#stopped) this.#visitor.onSettings();
  }

  #onGoaway(b: Buffer, start: number, end: number): void {
    const lastStreamId = b.readUInt32BE(start) & WINDOW_MAX;
    this.#visitor.onGoaway(lastStreamId, b.readUInt32BE(start + 4), b, start + 8, end);
  }

  #onWindowUpdate(increment: number): void {
    if (increment > 0) return this.#visitor.onWindowUpdate(this.#streamId, increment);
    const message = 'a WINDOW_UPDATE of 0';
    if (this.#streamId === 0) this.#protocol(message);
    else this.#visitor.onStreamFault(this.#streamId, ErrorCode.PROTOCOL_ERROR, message);
  }

  // ── faults ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Even numbers are those of pushed streams, and none of them can be open (section 5.1.1). */
  #ofStream(): void {
    if (this.#streamId % 2 === 0) this.#protocol(`a ${this.#shown()}, which is no stream of ours`);
  }

  #ofConnection(): void {
    if (this.#streamId !== 0) this.#protocol(`a ${this.#shown()}, where it concerns the whole connection`);
  }

  #shown(): string {
    return `${frameName(this.#type)} frame on stream ${this.#streamId}`;
  }

  #wrongLength(): void {
    this.#frameSize(`a ${frameName(this.#type)} frame of ${this.#length} octets`);
  }

  #frameSize(message: string): void {
    this.#broken(ErrorCode.FRAME_SIZE_ERROR, message);
  }

  #protocol(message: string): void {
    this.#broken(ErrorCode.PROTOCOL_ERROR, message);
  }

  /** The first one counts. */
  #broken(code: number, message: string): void {
    this.fault ??= { code, message };
  }
}
