// What a client may send over HTTP/2 (RFC 9113), seen by its server: it keeps the streams, the windows and the settings
// that count, and notes down each thing that is against the rules. Never sends, never throws.

import { END_STREAM, FRAME_MAX, Id, type Pair, WINDOW, WINDOW_MAX } from './frame-octets.ts';

const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const PSEUDO = [':method', ':scheme', ':authority', ':path'];
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** A stream as both sides have left it. */
interface StreamState {
  /** What the client may send, and what the server may. */
  window: number;
  peerWindow: number;
  clientEnded: boolean;
  serverEnded: boolean;
  /** Closed by a reset; `closedBy` says by whose. */
  closedBy: 'client' | 'server' | undefined;
  /** Writes of the client before the server's side ended: what comes in the next one may have crossed it. */
  serverEndedAt: number;
}

export type Settings = readonly (readonly [id: number, value: number])[];

export class ClientRules {
  readonly faults: string[] = [];
  readonly streams = new Map<number, StreamState>();
  /** The client's own settings; those that it did not send have their defaults. */
  readonly clientSettings = new Map<number, number>();
  /** For DATA on the connection: from the client, and to it. */
  window = WINDOW;
  peerWindow = WINDOW;
  /** The server's, as the client has acknowledged them. */
  maxStreams = Number.POSITIVE_INFINITY;
  frameMax = FRAME_MAX;
  #initialWindow = WINDOW;
  #lastId = 0;
  #unacknowledged: Settings[] = [];
  readonly #pings: string[] = [];
  #goawayAt = Number.POSITIVE_INFINITY;
  /** Writes so far. */
  writes = 0;

  fault(text: string): void {
    this.faults.push(text);
  }

  get open(): number {
    let open = 0;
    for (const stream of this.streams.values()) if (!isClosed(stream)) open++;
    return open;
  }

  // ── what the server has sent ────────────────────────────────────────────────────────────────────────────

  sentSettings(settings: Settings): void {
    this.#unacknowledged.push(settings);
  }

  sentPing(payload: Buffer): void {
    this.#pings.push(payload.toString('hex'));
  }

  sentGoaway(): void {
    this.#goawayAt = Math.min(this.#goawayAt, this.writes);
  }

  sentWindowUpdate(streamId: number, increment: number): void {
    const stream = this.streams.get(streamId);
    if (streamId === 0) this.window += increment;
    else if (stream !== undefined) stream.window += increment;
  }

  sentData(streamId: number, octets: number): void {
    const stream = this.streams.get(streamId);
    this.peerWindow -= octets;
    if (stream !== undefined) stream.peerWindow -= octets;
  }

  sentEnd(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined || stream.serverEnded) return;
    stream.serverEnded = true;
    stream.serverEndedAt = this.writes;
  }

  sentReset(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    stream.closedBy ??= 'server';
    this.sentEnd(streamId);
  }

  // ── what the client has sent ────────────────────────────────────────────────────────────────────────────

  onSettings(settings: Settings): void {
    for (const [id, value] of settings) {
      const before = this.clientSettings.get(id) ?? WINDOW;
      if (id === Id.INITIAL_WINDOW_SIZE)
        for (const stream of this.streams.values()) stream.peerWindow += value - before;
      this.clientSettings.set(id, value);
    }
  }

  onSettingsAck(): void {
    const settings = this.#unacknowledged.shift();
    if (settings === undefined) return this.fault('it acknowledges SETTINGS that were not sent');
    for (const [id, value] of settings) {
      if (id === Id.MAX_CONCURRENT_STREAMS) this.maxStreams = value;
      if (id === Id.MAX_FRAME_SIZE) this.frameMax = value;
      if (id !== Id.INITIAL_WINDOW_SIZE) continue;
      for (const stream of this.streams.values()) stream.window += value - this.#initialWindow;
      this.#initialWindow = value;
    }
  }

  onPing(payload: Buffer, isAck: boolean): void {
    if (!isAck) return;
    if (this.#pings.shift() !== payload.toString('hex'))
      this.fault(`it answers a PING with ${payload.toString('hex')}`);
  }

  onHeaders(streamId: number, flags: number, fields: readonly Pair[]): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) this.#onRequest(streamId, fields);
    else if (this.#mayEndIn(streamId, stream, 'HEADERS') && (flags & END_STREAM) === 0)
      this.fault(`trailers on stream ${streamId} without END_STREAM`);
    if ((flags & END_STREAM) !== 0) this.streams.get(streamId)!.clientEnded = true;
  }

  #onRequest(streamId: number, fields: readonly Pair[]): void {
    if (streamId % 2 === 0) this.fault(`a request on stream ${streamId}`);
    if (streamId <= this.#lastId) this.fault(`stream ${streamId} is opened behind stream ${this.#lastId}`);
    if (this.writes > this.#goawayAt + 1) this.fault(`stream ${streamId} is opened after a GOAWAY`);
    if (this.open >= this.maxStreams)
      this.fault(`stream ${streamId} is opened beside ${this.open}, where ${this.maxStreams} may be`);
    this.#lastId = Math.max(this.#lastId, streamId);
    this.streams.set(streamId, {
      window: this.#initialWindow,
      peerWindow: this.clientSettings.get(Id.INITIAL_WINDOW_SIZE) ?? WINDOW,
      clientEnded: false,
      serverEnded: false,
      closedBy: undefined,
      serverEndedAt: 0,
    });
    const wrong = wrongIn(fields);
    if (wrong !== undefined) this.fault(`stream ${streamId}: ${wrong}`);
  }

  onData(streamId: number, flags: number, octets: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.fault(`DATA on idle stream ${streamId}`);
    if (!this.#mayEndIn(streamId, stream, 'DATA')) return;
    this.window -= octets;
    stream.window -= octets;
    if (octets > 0 && this.window < 0)
      this.fault(`DATA ${-this.window} octets above the connection's window`);
    if (octets > 0 && stream.window < 0)
      this.fault(`DATA ${-stream.window} octets above the window of stream ${streamId}`);
    if ((flags & END_STREAM) !== 0) stream.clientEnded = true;
  }

  onReset(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.fault(`RST_STREAM on idle stream ${streamId}`);
    if (stream.closedBy === 'client') this.fault(`a second RST_STREAM on stream ${streamId}`);
    else if (stream.closedBy === 'server' && this.writes > stream.serverEndedAt + 1)
      this.fault(`RST_STREAM on stream ${streamId}, which the server has reset`);
    stream.closedBy ??= 'client';
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (increment === 0) this.fault(`a WINDOW_UPDATE of 0 on stream ${streamId}`);
    if (streamId === 0) {
      this.peerWindow += increment;
      if (this.peerWindow > WINDOW_MAX) this.fault('a WINDOW_UPDATE that overflows the connection');
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return this.fault(`WINDOW_UPDATE on idle stream ${streamId}`);
    if (isClosed(stream) && (stream.closedBy === 'client' || this.writes > stream.serverEndedAt + 1))
      this.fault(`WINDOW_UPDATE on closed stream ${streamId}`);
    stream.peerWindow += increment;
    if (stream.peerWindow > WINDOW_MAX) this.fault(`a WINDOW_UPDATE that overflows stream ${streamId}`);
  }

  /** Whether what carries END_STREAM may come on it. */
  #mayEndIn(streamId: number, stream: StreamState, what: string): boolean {
    const { clientEnded, closedBy, serverEndedAt } = stream;
    if (clientEnded) this.fault(`${what} behind END_STREAM on stream ${streamId}`);
    else if (closedBy === 'client') this.fault(`${what} behind RST_STREAM on stream ${streamId}`);
    else if (closedBy === 'server' && this.writes > serverEndedAt + 1)
      this.fault(`${what} on stream ${streamId}, which the server has reset`);
    else return true;
    return false;
  }
}

function isClosed(stream: StreamState): boolean {
  return stream.closedBy !== undefined || (stream.clientEnded && stream.serverEnded);
}

/** What is wrong with the fields of a request (sections 8.2 and 8.3.1). */
function wrongIn(fields: readonly Pair[]): string | undefined {
  const names = fields.map(([name]) => name);
  const pseudo = names.filter((name) => name.startsWith(':'));
  const regular = names.slice(pseudo.length);
  if (regular.some((name) => name.startsWith(':'))) return 'a pseudo-header field behind another field';
  if (PSEUDO.some((name) => pseudo.filter((one) => one === name).length !== 1) || pseudo.length !== 4)
    return `its pseudo-header fields are ${pseudo.join(' ')}`;
  for (const [name, value] of fields.slice(pseudo.length)) {
    if (!FIELD_NAME.test(name)) return `the field name ${JSON.stringify(name)}`;
    if (OF_CONNECTION.has(name)) return `the field ${name}, which is of a connection`;
    if (name === 'te' && value !== 'trailers') return `te: ${value}`;
    if (/[\0\r\n]|^[ \t]|[ \t]$/.test(value)) return `the value ${JSON.stringify(value)} of ${name}`;
  }
  return undefined;
}
