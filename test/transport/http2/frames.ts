// Frames for tests of HTTP/2, written down independently of the code that is tested, and who takes down what was read.

import { FrameReader } from '../../../src/transport/http2/frame-reader.ts';
import type { FrameLimits, FrameVisitor } from '../../../src/transport/http2/frame-visitor.ts';
import { hex } from './octets.ts';

export const FRAME_LIMITS: FrameLimits = { headerBlockBytesMax: 64 * 1024, continuationsMax: 16 };

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const ACK = 1;
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const WITH_PRIORITY = 32;

/** A payload in hexadecimal, or as it is. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: string | Uint8Array = '',
): Buffer {
  const octets = typeof payload === 'string' ? hex(payload) : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(octets.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, octets]);
}

/** What a server says first. */
export const OPENING = frame(SETTINGS, 0, 0);

/** Keeps a line for each thing it hears of; pieces of DATA that follow each other are put together. */
export class Recorder implements FrameVisitor {
  readonly lines: string[] = [];
  /** Called with each line. */
  heard: ((line: string) => void) | undefined;
  #data: { streamId: number; content: Buffer[]; flowBytes: number } | undefined;

  onData(
    streamId: number,
    b: Buffer,
    start: number,
    end: number,
    flowBytes: number,
    endStream: boolean,
  ): void {
    if (this.#data?.streamId !== streamId) this.#flush();
    this.#data ??= { streamId, content: [], flowBytes: 0 };
    this.#data.content.push(Buffer.from(b.subarray(start, end)));
    this.#data.flowBytes += flowBytes;
    if (endStream) this.#flush(' end');
  }

  onHeaders(streamId: number, b: Buffer, start: number, end: number, endStream: boolean): void {
    this.#add(`headers ${streamId} ${b.toString('hex', start, end)}${endStream ? ' end' : ''}`);
  }

  onRstStream(streamId: number, code: number): void {
    this.#add(`reset ${streamId} ${code}`);
  }

  onSetting(id: number, value: number): void {
    this.#add(`setting ${id} ${value}`);
  }

  onSettings(): void {
    this.#add('settings');
  }

  onSettingsAck(): void {
    this.#add('settings ack');
  }

  onPing(b: Buffer, start: number): void {
    this.#add(`ping ${b.toString('hex', start, start + 8)}`);
  }

  onPingAck(b: Buffer, start: number): void {
    this.#add(`ping ack ${b.toString('hex', start, start + 8)}`);
  }

  onGoaway(lastStreamId: number, code: number, b: Buffer, start: number, end: number): void {
    this.#add(`goaway ${lastStreamId} ${code} ${b.toString('latin1', start, end)}`.trimEnd());
  }

  onWindowUpdate(streamId: number, increment: number): void {
    this.#add(`window ${streamId} ${increment}`);
  }

  onStreamFault(streamId: number, code: number, message: string): void {
    this.#add(`stream fault ${streamId} ${code} ${message}`);
  }

  all(): readonly string[] {
    this.#flush();
    return this.lines;
  }

  #add(line: string): void {
    this.#flush();
    this.lines.push(line);
    this.heard?.(line);
  }

  #flush(end = ''): void {
    if (this.#data === undefined) return;
    const { streamId, content, flowBytes } = this.#data;
    this.#data = undefined;
    this.lines.push(`data ${streamId} ${Buffer.concat(content).toString('hex')} (${flowBytes})${end}`);
  }
}

export interface Read {
  readonly lines: readonly string[];
  readonly fault: string | undefined;
  readonly code: number | undefined;
  readonly emptyFrames: number;
  readonly controlFrames: number;
}

/** Reads octets cut at these places, each piece in a buffer that is filled with something else afterwards. */
export function read(octets: Buffer, cuts: readonly number[] = [], limits = FRAME_LIMITS): Read {
  const recorder = new Recorder();
  const reader = new FrameReader(limits, recorder);
  let pos = 0;
  for (const cut of [...cuts, octets.length]) {
    const shared = Buffer.concat([Buffer.alloc(2, 0xee), octets.subarray(pos, cut), Buffer.alloc(2, 0xee)]);
    const going = reader.execute(shared, 2, 2 + cut - pos);
    if (going !== (reader.fault === undefined)) throw new Error('it says that it goes on, and does not');
    shared.fill(0xdd);
    pos = cut;
  }
  const { fault, emptyFrames, controlFrames } = reader;
  return { lines: recorder.all(), fault: fault?.message, code: fault?.code, emptyFrames, controlFrames };
}

export function readBytewise(octets: Buffer, limits = FRAME_LIMITS): Read {
  return read(
    octets,
    Array.from({ length: Math.max(0, octets.length - 1) }, (_, i) => i + 1),
    limits,
  );
}
