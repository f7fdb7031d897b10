// The small contracts between rooms: where time, names, bytes, requests and outcomes come from and go to.
// Only shapes. Whoever implements one is held to the same suite as the others (test/contract).

import type { Origin } from './origin.ts';
import type { Failure, Outcome, StoredBody } from './outcome.ts';
import type { ProxyServer } from './proxy-server.ts';
import type { Request } from './request.ts';
import type { ResponseHead } from './response-head.ts';

/** Time. Monotonic: a jump of the wall clock moves nothing. */
export interface Clock {
  /** Milliseconds since some fixed moment, with fractions. */
  now(): number;
  /** Milliseconds since 1970, for what people read. */
  wall(): number;
  /** Calls once, not before `ms` have passed; what it returns takes it back. Keeps the process alive only where it `holds`. */
  after(ms: number, call: () => void, holds?: boolean): () => void;
  /** Calls once after every socket that is readable now has been read. */
  afterPoll(call: () => void): void;
  /** Calls once after every socket that is being read in this turn of the event loop has been: sooner than `afterPoll`,
   *  which waits for another poll. */
  atTurnEnd(call: () => void): void;
}

/** What a source gives when asked. `waiting`: nothing yet, `onReady` will be called. `ended`: nothing ever again. */
export type Pulled = Request | Failure | typeof WAITING | typeof ENDED;
export const WAITING = { type: 'waiting' } as const;
export const ENDED = { type: 'ended' } as const;

/**
 * Where requests come from: a numbered sequence. An item has a position, 0, 1, 2, … without gaps in the order of the
 * pulls, and an index, its place in the whole input, which is what identifies it. The two are equal, unless a part of the
 * input alone is given, or in another order. An item that is no request is a Failure of phase `input` with an index too.
 */
export interface Source {
  /** How many items in all, exactly; undefined where only the end will tell. */
  readonly count: number | undefined;
  /** True where it is known that all requests go to one origin: nobody need look further ahead for another. */
  readonly oneOrigin?: boolean | undefined;
  /** The position of an item that it gives, by its index; undefined where they are equal. */
  readonly positionOf?: ((index: number) => number) | undefined;
  /** Above every index, where that is known and is not `count`: the size of the input that this is a part of. */
  readonly indexEnd?: number | undefined;
  /** Never blocks and never throws for a bad item. After `ended` it stays `ended`. Throws only if the input itself breaks. */
  pull(): Pulled;
  /** The next `count` items are not made, or as many as there are: the next pull gives what follows them. */
  skip?(count: number): void;
  /** Set by the one who pulls; called after a `waiting`, once each, when a pull may give more (or the end, or throws). */
  onReady: (() => void) | undefined;
  /** Lets go of files and iterators; safe to call twice. */
  close(): void;
}

/** A source whose n-th request is a pure function of n, computed in O(1). */
export interface SeekableSource extends Source {
  readonly count: number;
  at(index: number): Request | Failure;
}

/** Called exactly once for each `send`, possibly before `send` returns. */
export type Done = (request: Request, outcome: Outcome) => void;

/** Whoever has a request on the wire, or waits with it for one. */
export interface Holder {
  cancel(request: Request): void;
}

/** Carries one request to its origin and its outcome back. It keeps no order, admits everything, retries nothing visible. */
export interface Transport {
  send(request: Request, done: Done): void;
  /** Everything under way fails with kind `aborted`; idle connections close. */
  abort(): void;
  /** Closes what is idle now and the rest when it ends. */
  close(): void;
  /** Nothing is under way: what is idle does not keep the process alive. Undone for whatever is used again. */
  rest(): void;
  /** What was opened and used so far: as it is now, and another object when it has changed. */
  readonly usage: TransportUsage;
  /** One line: what is open, what is under way. */
  toString(): string;
}

export interface TransportUsage {
  /** Connections that were opened, by protocol. */
  readonly http1Connections: number;
  readonly http2Connections: number;
  /** The most streams that were open at once on one connection of HTTP/2. */
  readonly streamsMax: number;
}

/** An address that a socket can connect to. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
  /** In place of the origin's own. */
  readonly port?: number;
}

/** What the caller says about where a host and port are, in place of name servers. */
export interface Routes {
  /** Where to connect to instead. */
  destination(host: string, port: number): { readonly host: string; readonly port: number };
  addresses(host: string, port: number): readonly Address[] | undefined;
}

/** Names to addresses. Calls back exactly once, possibly at once, with at least one address or an error. */
export interface Resolver {
  resolve(host: string, done: (error: Error | null, addresses: readonly Address[]) => void): void;
  /** A connection to what was resolved has failed: the next resolve looks again. */
  forget(host: string): void;
}

/** What HTTP is spoken on a wire, by its name in ALPN (RFC 7301). */
export type Protocol = 'h2' | 'http/1.1';

/** What a connection hears from its wire. `bytes` is valid during the call only: it is shared with other wires. */
export interface WireEvents {
  onConnect(): void;
  /** TLS is up; only after onConnect and only on secure wires. `protocol`: what ALPN came to; undefined where the peer
   *  chose none. */
  onSecure(protocol?: Protocol): void;
  onBytes(bytes: Buffer, length: number): void;
  /** What was written has left for the kernel, after a write that returned false. */
  onDrain(): void;
  /** The peer will send no more; under TLS after its close_notify. */
  onEnd(): void;
  /** The last event. With an error the wire broke; without one it was closed on purpose or cleanly. */
  onClose(error: Error | undefined): void;
}

/** A byte stream to one peer: TCP or TLS. */
export interface Wire {
  /** True when the kernel took it; false when it is buffered, then onDrain follows. */
  write(head: string, body: Uint8Array | undefined): boolean;
  /** Sends FIN (and close_notify) and closes. */
  end(): void;
  /** Closes at once, sending a reset where the system allows it. onClose follows. */
  destroy(): void;
  /** Stops reading: what the peer sends fills the kernel's buffers, then its own. A few octets may come yet. */
  pause(): void;
  resume(): void;
  /** Whether it keeps the process alive; it does at first. */
  keepAlive(on: boolean): void;
  /** Bytes given to write that the kernel has not taken. */
  readonly pendingBytes: number;
  /** Of TLS: whether the certificate of its peer is good for this host as well. */
  covers?(host: string): boolean;
  readonly remoteAddress: string;
}

/** Opens wires. */
export interface Connector {
  /** To the origin, whose addresses these are; or, with a proxy whose addresses these are, through it: then `onConnect`
   *  comes when the way to the origin is open. A proxy for plain http needs no such way (RFC 9112 section 3.2.2).
   *  `protocols`: what ALPN offers on wires that are secure to the origin, the one preferred first; HTTP/1.1 alone where
   *  it is not said. */
  connect(
    origin: Origin,
    addresses: readonly Address[],
    events: WireEvents,
    proxy?: ProxyServer,
    protocols?: readonly Protocol[],
  ): Wire;
}

/** Takes the content of a response as it arrives, where it is not to be held in memory. One request, one taker. */
export interface ContentTaker {
  /**
   * The head of a final response has come. True: its content is given to `onContent` and the response that `done` gets
   * has an empty body; false: the content is collected as usual (that of a redirect, say).
   */
  onHead(request: Request, head: ResponseHead, control: ContentControl): boolean;
  /** `bytes` is valid during the call only. False: no more for now, until `control.resume()`. */
  onContent(bytes: Buffer, start: number, end: number): boolean;
  /** Field lines that it adds to the attempt that is about to be sent (Range), each with its CR LF. */
  fieldsFor?(request: Request): string;
}

/** What a taker may do to the response that it takes. */
export interface ContentControl {
  resume(): void;
  /** It wants no more: the request fails with kind `aborted`, or `unknown` for an error, and its connection closes. */
  cancel(error?: unknown): void;
}

/** Where a sink keeps bodies that need not be in memory. */
export interface BodyStore {
  /** For the body of the request with this index. `onRoom`: called when more is taken, after an `append` that returned
   *  false. What cannot be stored, the sink's `onError` tells. */
  open(index: number, onRoom: () => void): BodyWriter;
  /** The outcome of a body that is stored is not written: nothing names it. */
  discard(stored: StoredBody): void;
}

/** One body on its way to where it is kept. It holds few octets, and until `finish` nobody can take it for a whole one. */
export interface BodyWriter {
  /** Its octets so far. */
  readonly bytes: number;
  /** Copies them. False: no more for now, until `onRoom`. */
  append(bytes: Buffer, start: number, end: number): boolean;
  /** Forgets all octets: another body begins. */
  restart(): void;
  /** The body is whole; calls back when it is stored as such, or cannot be. Nothing may be called after it. */
  finish(mediaType: string, done: (error: Error | undefined, stored: StoredBody) => void): void;
  /** It will never be whole; calls back when nothing of it is left. Nothing may be called after it. */
  remove(done: () => void): void;
}

/** Where outcomes go. Batches in, backpressure out. */
export interface Sink {
  /** Takes bodies as they arrive; without it they come with their outcomes. */
  readonly bodies?: BodyStore | undefined;
  /** It wants bodies as they came: where content codings were undone, the response keeps what it was before. */
  readonly takesEncoded?: boolean;
  /** Takes one outcome; cheap. After `full` turns true the writer stops until `onDrain`. */
  write(outcome: Outcome): void;
  /** The outcome is one of those that are not to be stored; for who counts or orders. */
  skip?(outcome: Outcome): void;
  /** The item of this index is not sent and has no outcome; for who counts or orders. */
  pass?(index: number): void;
  readonly full: boolean;
  /** It waits for one of those that were begun: until `onDrain` they may end, and no others begin. */
  readonly heldUp?: boolean;
  /** The place in the input of the one that others wait for, and how many; undefined where none do. */
  readonly holdup?: { readonly position: number; readonly waiting: number } | undefined;
  onDrain: (() => void) | undefined;
  /** Called when it can store no more (disk full, closed pipe); nothing written later is kept. */
  onError: ((error: Error) => void) | undefined;
  /** Hands everything to the system and closes; rejects where that failed. */
  close(): Promise<void>;
}

/** What a stored record outlives: nothing that is certain, the end of this process (SIGKILL), the end of its power. */
export type Durability = 'none' | 'process' | 'power';

/** A sink that knows where it stands, so that a later run can go on from there. */
export interface DurableSink extends Sink {
  /**
   * Everything written before this call is with the system, and with `power` on the disk. Resolves with a position: who
   * opens the sink with it finds exactly that and nothing later. Writes may go on meanwhile. Rejects where it failed.
   */
  commit(durability: 'process' | 'power'): Promise<string>;
  /** The least time between two commits, where each has a price (a row group); undefined: a second is well. */
  readonly commitMs?: number | undefined;
}

/** A file that is open. Positions and sizes in bytes; one operation at a time. */
export interface OpenFile {
  /** All of the bytes, or it rejects. They stay as they are until it resolves. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fewer than `length` at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  /** What was written outlives a loss of power (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Where files come from; a simulated one breaks off at any of these steps. Errors carry the system's `code`. */
export interface Files {
  /** `create`: made, or emptied. `update`: made where there is none, else left as it is. `read`: must be there. */
  open(path: string, mode: 'create' | 'update' | 'read'): Promise<OpenFile>;
  /** Replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  /** No error where there is none. */
  remove(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  makeFolder(path: string): Promise<void>;
  /** The names in a folder outlive a loss of power. */
  syncFolder(path: string): Promise<void>;
}
