// A server's side of HTTP/2 on a fake wire: it takes apart what the client wrote, holds it to the rules, and sends the
// frames that a test says, right ones and wrong ones. It does nothing by itself but acknowledge SETTINGS, and that with
// the next frame that it is told to send.
//
//   const peer = new FramePeer(wire);
//   peer.settings([[Id.MAX_CONCURRENT_STREAMS, 1]]);
//   peer.requests                            // what has come, by stream: fields, body, whether it ended or was reset
//   peer.respond(1, 200, 'hi');
//   peer.goaway(1, Code.NO_ERROR);
//   peer.faults                              // what the client did against the rules; empty

import { FieldMemo } from '../../src/transport/http2/field-memo.ts';
import { HpackDecoder } from '../../src/transport/http2/hpack-decoder.ts';
import { ClientRules, type Settings } from './client-rules.ts';
import {
  ACK,
  blockOf,
  END_HEADERS,
  END_STREAM,
  FRAME_MAX,
  frameOf,
  Id,
  PADDED,
  type Pair,
  PREFACE,
  PRIORITY,
  padded,
  settingsOf,
  Type,
  uint32,
} from './frame-octets.ts';
import type { FakeWire } from './wire.ts';

const HEAD_BYTES = 9;
const PRIORITY_OCTETS = Buffer.from([0, 0, 0, 0, 15]);
const LIMITS = { headerBytesMax: 1 << 20, headerCountMax: 1000 };

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
  /** The number of the write that it came with, from 1. */
  readonly write: number;
}

/** What the client has sent on one stream. */
export class PeerRequest {
  readonly streamId: number;
  readonly fields: readonly Pair[];
  readonly pieces: Buffer[] = [];
  trailers: readonly Pair[] | undefined;
  ended = false;
  /** The code of the client's RST_STREAM. */
  reset: number | undefined;

  constructor(streamId: number, fields: readonly Pair[]) {
    this.streamId = streamId;
    this.fields = fields;
  }

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  get path(): string {
    return this.field(':path') ?? '';
  }

  field(name: string): string | undefined {
    return this.fields.find(([one]) => one === name)?.[1];
  }
}

export interface DataOptions {
  readonly endStream?: boolean;
  /** Octets of padding behind the length of it. */
  readonly padding?: number;
}

export interface HeadersOptions extends DataOptions {
  /** False: CONTINUATION follows. */
  readonly endHeaders?: boolean;
  readonly priority?: boolean;
  /** The fields go into the table. */
  readonly indexed?: boolean;
}

export class FramePeer {
  readonly wire: FakeWire;
  /** All that the client wrote, in order. */
  readonly frames: Frame[] = [];
  readonly requests: PeerRequest[] = [];
  readonly rules = new ClientRules();
  /** How what it sends arrives: each frame in one read, octet by octet, or in two reads, cut behind so many octets. */
  arrives: 'whole' | 'octets' | number = 'whole';
  /** False: the client's SETTINGS stay without an answer. */
  acknowledges = true;
  readonly #byStream = new Map<number, PeerRequest>();
  readonly #decoder = new HpackDecoder(LIMITS, new FieldMemo());
  #prefaced = false;
  /** It has sent SETTINGS: nothing may come before. */
  #opened = false;
  #unacknowledged = 0;
  /** A field block that goes on. */
  #block: { readonly streamId: number; readonly flags: number; readonly pieces: Buffer[] } | undefined;
  /** Frames that wait for the end of `together`. */
  #together: Buffer[] | undefined;

  constructor(wire: FakeWire) {
    this.wire = wire;
    wire.onWritten = () => this.#onWritten();
  }

  get faults(): readonly string[] {
    return this.rules.faults;
  }

  /** The client has not let go of the wire. */
  get isOpen(): boolean {
    return this.wire.state === 'open';
  }

  request(streamId: number): PeerRequest {
    const request = this.#byStream.get(streamId);
    if (request === undefined) throw new Error(`nothing has come on stream ${streamId}: ${this}`);
    return request;
  }

  framesOf(type: number, streamId?: number): Frame[] {
    return this.frames.filter((one) => one.type === type && (streamId ?? one.streamId) === one.streamId);
  }

  /** The code of the client's last GOAWAY; undefined where there was none. */
  get goawayCode(): number | undefined {
    return this.framesOf(Type.GOAWAY).at(-1)?.payload.readUInt32BE(4);
  }

  /** What it may send on a stream now. */
  room(streamId: number): number {
    return Math.min(this.rules.peerWindow, this.rules.streams.get(streamId)?.peerWindow ?? 0);
  }

  toString(): string {
    const requests = this.requests.map(
      ({ streamId, path, ended }) => `${streamId} ${path}${ended ? '' : ' …'}`,
    );
    return `peer, ${this.wire.state}: ${requests.join(', ') || 'no requests'}`;
  }

  // ── what it sends ───────────────────────────────────────────────────────────────────────────────────────

  settings(settings: Settings = []): void {
    this.rules.sentSettings(settings);
    this.raw(Type.SETTINGS, 0, 0, settingsOf(settings));
  }

  headers(streamId: number, fields: readonly Pair[] | Uint8Array, options: HeadersOptions = {}): void {
    const { endStream = false, endHeaders = true, padding, priority = false, indexed = false } = options;
    const block = fields instanceof Uint8Array ? fields : blockOf(fields, indexed);
    const content = priority ? Buffer.concat([PRIORITY_OCTETS, block]) : block;
    const flags = (endStream ? END_STREAM : 0) | (endHeaders ? END_HEADERS : 0) | (priority ? PRIORITY : 0);
    if (endStream) this.rules.sentEnd(streamId);
    if (padding === undefined) this.raw(Type.HEADERS, flags, streamId, content);
    else this.raw(Type.HEADERS, flags | PADDED, streamId, padded(content, padding));
  }

  continuation(streamId: number, block: Uint8Array, endHeaders = true): void {
    this.raw(Type.CONTINUATION, endHeaders ? END_HEADERS : 0, streamId, block);
  }

  data(
    streamId: number,
    content: string | Uint8Array,
    { endStream = false, padding }: DataOptions = {},
  ): void {
    const octets = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    const payload = padding === undefined ? octets : padded(octets, padding);
    const flags = (endStream ? END_STREAM : 0) | (padding === undefined ? 0 : PADDED);
    this.rules.sentData(streamId, payload.length);
    if (endStream) this.rules.sentEnd(streamId);
    this.raw(Type.DATA, flags, streamId, payload);
  }

  rst(streamId: number, code: number): void {
    this.rules.sentReset(streamId);
    this.raw(Type.RST_STREAM, 0, streamId, uint32(code));
  }

  goaway(lastStreamId: number, code: number, debug = ''): void {
    this.rules.sentGoaway();
    this.raw(Type.GOAWAY, 0, 0, Buffer.concat([uint32(lastStreamId, code), Buffer.from(debug)]));
  }

  ping(payload: Buffer = Buffer.alloc(8), ack = false): void {
    if (!ack) this.rules.sentPing(payload);
    this.raw(Type.PING, ack ? ACK : 0, 0, payload);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.rules.sentWindowUpdate(streamId, increment);
    this.raw(Type.WINDOW_UPDATE, 0, streamId, uint32(increment));
  }

  /** A whole response, within no window. */
  respond(
    streamId: number,
    status: number,
    body: string | Uint8Array = '',
    fields: readonly Pair[] = [],
  ): void {
    const octets = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
    this.headers(streamId, [[':status', String(status)], ...fields], { endStream: octets.length === 0 });
    for (let at = 0; at < octets.length; at += FRAME_MAX) {
      const piece = octets.subarray(at, at + FRAME_MAX);
      this.data(streamId, piece, { endStream: at + piece.length === octets.length });
    }
  }

  /** Any frame; the rules do not hear of it. */
  raw(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.#acknowledge();
    this.octets(frameOf(type, flags, streamId, payload));
    if (type !== Type.SETTINGS || (flags & ACK) !== 0) return;
    this.#opened = true;
    this.#acknowledge();
  }

  /** Octets that need not be a frame. */
  octets(octets: string | Uint8Array): void {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Buffer.from(octets);
    if (this.#together !== undefined) this.#together.push(bytes);
    else if (this.wire.state === 'destroyed') return;
    else if (this.arrives === 'octets') this.wire.drip(bytes);
    else if (typeof this.arrives === 'number' && this.arrives < bytes.length) {
      this.wire.receive(bytes.subarray(0, this.arrives));
      this.wire.receive(bytes.subarray(this.arrives));
    } else this.wire.receive(bytes);
  }

  /** All that is sent meanwhile arrives in one read, however it arrives else. */
  together(send: () => void): void {
    this.#together = [];
    send();
    const octets = Buffer.concat(this.#together);
    this.#together = undefined;
    if (this.wire.state !== 'destroyed') this.wire.receive(octets);
  }

  #acknowledge(): void {
    if (!this.#opened || !this.acknowledges) return;
    for (; this.#unacknowledged > 0; this.#unacknowledged--)
      this.octets(frameOf(Type.SETTINGS, ACK, 0, Buffer.alloc(0)));
  }

  // ── what it is sent ─────────────────────────────────────────────────────────────────────────────────────

  #onWritten(): void {
    this.rules.writes++;
    let octets = Buffer.from(this.wire.written, 'latin1');
    if (!this.#prefaced) {
      if (octets.length < PREFACE.length && PREFACE.startsWith(this.wire.written)) return;
      if (!octets.toString('latin1').startsWith(PREFACE))
        this.rules.fault('it does not begin with the preface');
      this.#prefaced = true;
      octets = octets.subarray(PREFACE.length);
    }
    while (octets.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + octets.readUIntBE(0, 3);
      if (octets.length < end) break;
      this.#onFrame(octets.subarray(0, end));
      octets = octets.subarray(end);
    }
    this.wire.written = octets.toString('latin1');
  }

  #onFrame(octets: Buffer): void {
    const payload = Buffer.from(octets.subarray(HEAD_BYTES));
    const [type, flags] = [octets[3]!, octets[4]!];
    const streamId = octets.readUInt32BE(5);
    const { rules } = this;
    const isSettings = type === Type.SETTINGS && (flags & ACK) === 0;
    if (this.frames.length === 0 && !isSettings) rules.fault(`a frame of type ${type} before SETTINGS`);
    this.frames.push({ type, flags, streamId, payload, write: rules.writes });
    if (payload.length > rules.frameMax) rules.fault(`a frame of ${payload.length} octets`);
    if (this.#block !== undefined && (type !== Type.CONTINUATION || streamId !== this.#block.streamId))
      rules.fault(`a frame of type ${type} inside of a field block`);
    const ofConnection = type === Type.SETTINGS || type === Type.PING || type === Type.GOAWAY;
    if (type !== Type.WINDOW_UPDATE && ofConnection !== (streamId === 0))
      rules.fault(`a frame of type ${type} on stream ${streamId}`);
    this.#take(type, flags, streamId, payload);
  }

  #take(type: number, flags: number, streamId: number, payload: Buffer): void {
    const { rules } = this;
    const length = LENGTHS.get(type);
    if (length !== undefined && payload.length !== length)
      return rules.fault(`a frame of type ${type} and ${payload.length} octets`);
    if (type === Type.DATA) this.#onData(streamId, flags, payload);
    else if (type === Type.HEADERS) {
      if ((flags & (PADDED | PRIORITY)) !== 0) return rules.fault('HEADERS with padding or a priority');
      this.#block = { streamId, flags, pieces: [] };
      this.#onFragment(flags, payload);
    } else if (type === Type.CONTINUATION) this.#onFragment(flags, payload);
    else if (type === Type.SETTINGS) this.#onSettings(flags, payload);
    else if (type === Type.PING) rules.onPing(payload, (flags & ACK) !== 0);
    else if (type === Type.WINDOW_UPDATE) rules.onWindowUpdate(streamId, payload.readUInt32BE(0));
    else if (type === Type.RST_STREAM) {
      rules.onReset(streamId);
      const request = this.#byStream.get(streamId);
      if (request !== undefined) request.reset = payload.readUInt32BE(0);
    } else if (type !== Type.GOAWAY) rules.fault(`a frame of type ${type}`);
  }

  #onSettings(flags: number, payload: Buffer): void {
    if ((flags & ACK) !== 0) return this.rules.onSettingsAck();
    const settings: [number, number][] = [];
    for (let at = 0; at < payload.length; at += 6)
      settings.push([payload.readUInt16BE(at), payload.readUInt32BE(at + 2)]);
    if (
      this.rules.clientSettings.size === 0 &&
      !settings.some(([id, value]) => id === Id.ENABLE_PUSH && value === 0)
    )
      this.rules.fault('SETTINGS that allow pushed streams');
    this.rules.onSettings(settings);
    this.#unacknowledged++;
  }

  #onFragment(flags: number, payload: Buffer): void {
    const block = this.#block;
    if (block === undefined) return this.rules.fault('CONTINUATION without HEADERS');
    block.pieces.push(payload);
    if ((flags & END_HEADERS) === 0) return;
    this.#block = undefined;
    const octets = Buffer.concat(block.pieces);
    const fields = this.#decoder.decode(octets, 0, octets.length);
    if (fields === undefined)
      return this.rules.fault(`a field block that is none: ${this.#decoder.fault?.message}`);
    this.#onFields(
      block.streamId,
      block.flags,
      fields.map(({ name, value }) => [name, value]),
    );
  }

  #onFields(streamId: number, flags: number, fields: readonly Pair[]): void {
    this.rules.onHeaders(streamId, flags, fields);
    let request = this.#byStream.get(streamId);
    if (request === undefined) {
      request = new PeerRequest(streamId, fields);
      this.requests.push(request);
      this.#byStream.set(streamId, request);
    } else request.trailers = fields;
    if ((flags & END_STREAM) !== 0) request.ended = true;
  }

  #onData(streamId: number, flags: number, payload: Buffer): void {
    this.rules.onData(streamId, flags, payload.length);
    const request = this.#byStream.get(streamId);
    if ((flags & PADDED) !== 0) return this.rules.fault('DATA with padding');
    request?.pieces.push(payload);
    if (request !== undefined && (flags & END_STREAM) !== 0) request.ended = true;
  }
}

const LENGTHS = new Map<number, number>([
  [Type.RST_STREAM, 4],
  [Type.PING, 8],
  [Type.WINDOW_UPDATE, 4],
]);
