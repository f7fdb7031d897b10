// One HTTP/1.1 connection: requests out in order, responses back in the same order (RFC 9112 section 9). It decides
// what each octet, silence or close means for the requests it has; who gets it next is the pool's matter.

import type { Address, Clock, Connector, Wire, WireEvents } from '../../model/contracts.ts';
import type { Origin } from '../../model/origin.ts';
import {
  type ConnectionTimings,
  Failure,
  type Kind,
  type Phase,
  REUSED,
  Response,
} from '../../model/outcome.ts';
import { isIdempotent, type Request } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response-head.ts';
import { Timed, type TimerWheel } from '../timer-wheel.ts';
import { kindOf, UnprovenEnd } from '../wire-errors.ts';
import { BodyBuffer } from './body-buffer.ts';
import { failureText } from './failure-text.ts';
import type { HeadParser } from './head-parser.ts';
import type { Fault, ResponseLimits } from './limits.ts';
import type { RequestHeads } from './request-head.ts';
import { type ParserEvents, ResponseParser } from './response-parser.ts';

export interface ConnectionSettings {
  readonly limits: ResponseLimits;
  readonly dnsTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
}

/** What a connection is given to work with; one for all connections of a transport. */
export interface ConnectionTools {
  readonly settings: ConnectionSettings;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly connector: Connector;
  readonly heads: HeadParser;
}

/** What the pool hears. */
export interface ConnectionOwner {
  readonly origin: Origin;
  readonly heads: RequestHeads;
  /** The connection whose response is being handed out: whoever sends now takes it first, and no list is touched. */
  free: Connection | undefined;
  /** It is free, and nothing took it while its response was handed out. */
  onIdle(connection: Connection): void;
  /** It still has requests outstanding, one less than before. */
  onRoom(connection: Connection): void;
  /** `before`: how far it had come. */
  onClosed(connection: Connection, before: ConnectionState): void;
}

/**
 *   resolving ─► connecting ─► (securing) ─► open ─► closed
 */
export type ConnectionState = 'resolving' | 'connecting' | 'securing' | 'open' | 'closed';

/** A server's Keep-Alive timeout runs on its clock, and a request takes time to get there. */
const KEEP_ALIVE_MARGIN_MS = 1000;
const UPLOAD_SLICE_BYTES = 64 * 1024;

export class Connection extends Timed implements WireEvents, ParserEvents {
  state: ConnectionState = 'resolving';
  /** False once anything forbids to send another request on it (RFC 9112 section 9.3). */
  reusable = true;
  /** Since when it has had nothing to do. */
  idleSinceMs = 0;
  /** Its places in the pool's lists of idle connections. */
  nextIdle: Connection | undefined;
  previousIdle: Connection | undefined;
  older: Connection | undefined;
  newer: Connection | undefined;

  idle = false;

  readonly #tools: ConnectionTools;
  readonly #owner: ConnectionOwner;
  readonly #parser: ResponseParser;
  readonly #body: BodyBuffer;
  #wire: Wire | undefined;
  #remoteAddress = '';
  /** The oldest request without a final response: what arrives now belongs to it (RFC 9112 section 9.2). */
  #current: Request | undefined;
  /** Requests pipelined behind it, oldest first. */
  #behind: Request[] = [];
  /** Completed messages. */
  #served = 0;
  #head: ResponseHead | undefined;
  #firstByteMs = 0;
  #trailerLines = '';
  #complete = false;
  /** Nothing comes after the present response: what is behind it will not be answered (RFC 9112 section 9.6). */
  #last = false;
  #reading = false;
  #out = '';
  #uploaded = 0;
  #timings: ConnectionTimings = REUSED;
  #phaseStartMs = 0;
  #dnsMs = 0;
  #connectMs = 0;
  #serverKeepAliveMs: number | undefined;

  constructor(tools: ConnectionTools, owner: ConnectionOwner) {
    super();
    this.#tools = tools;
    this.#owner = owner;
    this.#parser = new ResponseParser(tools.settings.limits, tools.heads, this);
    this.#body = new BodyBuffer(tools.settings.limits);
  }

  /** Requests that have been sent or will be as soon as it is open. */
  get outstanding(): number {
    return this.#current === undefined ? 0 : 1 + this.#behind.length;
  }

  /** True when another request may be pipelined: a response has shown that the peer keeps connections open, and what is
   *  outstanding allows it (RFC 9112 section 9.3.2). */
  get takesMore(): boolean {
    const last = this.#behind.at(-1) ?? this.#current;
    const open = this.state === 'open' && this.reusable && this.#served > 0;
    return open && last !== undefined && isPipelinable(last) && !last.fresh;
  }

  override toString(): string {
    return `${this.#owner.origin.key} ${this.state} ${this.outstanding} outstanding, ${this.#served} served${this.reusable ? '' : ', last'}`;
  }

  // ── opening ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The name is being resolved for this request, which waits here. */
  open(request: Request): void {
    this.#current = request;
    this.#phaseStartMs = request.startedAtMs;
    this.#deadline(this.#tools.settings.dnsTimeoutMs, request.startedAtMs);
  }

  onResolved(error: Error | null, addresses: readonly Address[]): void {
    if (this.state !== 'resolving') return;
    const nowMs = this.#tools.clock.now();
    this.#dnsMs = nowMs - this.#phaseStartMs;
    if (error !== null) return this.#breakDown('dns', kindOf(error), error);
    this.state = 'connecting';
    this.#phaseStartMs = nowMs;
    this.#deadline(this.#tools.settings.connectTimeoutMs, nowMs);
    try {
      this.#wire = this.#tools.connector.connect(this.#owner.origin, addresses, this);
    } catch (failure) {
      this.#breakDown('connect', kindOf(failure), failure);
    }
  }

  onConnect(): void {
    if (this.state !== 'connecting') return;
    const nowMs = this.#tools.clock.now();
    this.#connectMs = nowMs - this.#phaseStartMs;
    this.#phaseStartMs = nowMs;
    if (this.#owner.origin.scheme === 'http') return this.#opened(0);
    this.state = 'securing';
    this.#deadline(this.#tools.settings.tlsTimeoutMs, nowMs);
  }

  onSecure(): void {
    if (this.state === 'securing') this.#opened(this.#tools.clock.now() - this.#phaseStartMs);
  }

  #opened(tlsMs: number): void {
    this.state = 'open';
    this.#remoteAddress = this.#wire!.remoteAddress;
    this.#timings = { dnsMs: this.#dnsMs, connectMs: this.#connectMs, tlsMs };
    this.#transmit(this.#current!);
    this.#flush();
  }

  // ── requests ────────────────────────────────────────────────────────────────────────────────────────────

  /** On an open connection only; while octets are being read, what is written leaves together when the read is done. */
  send(request: Request): void {
    if (this.#current === undefined) this.#current = request;
    else this.#behind.push(request);
    this.#transmit(request);
    if (!this.#reading) this.#flush();
  }

  #transmit(request: Request): void {
    if (request.headers.close) this.reusable = false;
    const head = this.#owner.heads.write(request);
    const { body } = request;
    request.sent = 'whole';
    if (body === undefined || body.length === 0) this.#out += head;
    else {
      this.#flush();
      this.#upload(request, body, head);
    }
    if (request === this.#current) this.#expect(request);
  }

  #flush(): void {
    if (this.#out === '') return;
    const out = this.#out;
    this.#out = '';
    this.#wire!.write(out, undefined);
  }

  /** A body leaves in slices, so that progress can be told from silence and sending can stop half way. */
  #upload(request: Request, body: Uint8Array, head: string): void {
    const slice = body.subarray(0, UPLOAD_SLICE_BYTES);
    let taken = this.#wire!.write(head, slice);
    this.#uploaded = slice.length;
    while (taken && this.#uploaded < body.length) taken = this.#uploadSlice(body);
    if (this.#uploaded < body.length) request.sent = 'partial';
  }

  #uploadSlice(body: Uint8Array): boolean {
    const slice = body.subarray(this.#uploaded, this.#uploaded + UPLOAD_SLICE_BYTES);
    this.#uploaded += slice.length;
    return this.#wire!.write('', slice);
  }

  onDrain(): void {
    const request = this.#current;
    if (this.state !== 'open' || request?.sent !== 'partial') return;
    const body = request.body!;
    while (this.#uploaded < body.length && this.#uploadSlice(body));
    if (this.#uploaded === body.length) request.sent = 'whole';
    this.#expectBy(request);
  }

  /** What arrives from now on answers this request. */
  #expect(request: Request): void {
    this.#parser.begin(request.method);
    this.#head = undefined;
    this.#firstByteMs = 0;
    this.#expectBy(request);
  }

  /** While a body leaves, each slice may take as long as silence may; the response is awaited when it is out. */
  #expectBy(request: Request): void {
    const { settings } = this.#tools;
    const phaseMs = request.sent === 'partial' ? settings.idleTimeoutMs : settings.firstByteTimeoutMs;
    this.#deadline(phaseMs, this.#tools.clock.now());
  }

  // ── responses ───────────────────────────────────────────────────────────────────────────────────────────

  onBytes(b: Buffer, length: number): void {
    if (this.state !== 'open') return;
    const nowMs = this.#tools.clock.now();
    this.#reading = true;
    let pos = 0;
    while (pos < length && this.state === 'open') {
      if (this.#current === undefined || this.#parser.state === 'idle') {
        // Octets that answer nothing are no response (RFC 9112 section 9.2): whoever sent them, nobody shall read them.
        this.#reading = false;
        return this.#discard();
      }
      if (this.#firstByteMs === 0) this.#firstByteMs = nowMs;
      pos = this.#parser.execute(b, pos, length);
      if (this.#firstByteMs === 0 && this.#head !== undefined) this.#firstByteMs = nowMs;
      if (this.#parser.state === 'faulty') {
        this.#reading = false;
        return this.#refuse(this.#parser.fault!);
      }
      if (this.#complete) this.#finish(nowMs, pos < length, length === b.length);
    }
    this.#reading = false;
    if (this.state !== 'open') return;
    this.#flush();
    if (this.#current !== undefined && !this.#complete) this.#stillWaiting(nowMs);
  }

  onInterim(): void {
    this.#firstByteMs = 0;
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.#current!.sent = 'response';
    if (!head.framing.keepAlive) this.#endsHere();
    this.#serverKeepAliveMs = head.framing.keepAliveMs;
  }

  onContent(b: Buffer, start: number, end: number): Fault | undefined {
    const { contentLength } = this.#head!.framing;
    return this.#body.take(b, start, end, this.#body.length === 0 && contentLength === end - start);
  }

  onMessage(trailerLines: string): void {
    this.#trailerLines = trailerLines;
    this.#complete = true;
  }

  /** The response is whole. `more`: octets follow it in this very read. `full`: the read filled its buffer. */
  #finish(nowMs: number, more: boolean, full: boolean): void {
    const request = this.#current!;
    const head = this.#head!;
    this.#served++;
    this.#complete = false;
    const next = this.#behind.shift();
    this.#current = next;
    if (next === undefined && (more || this.#isUnsent(request))) this.#endsHere();
    const response = new Response(
      request,
      head,
      this.#body.release(),
      this.#trailerLines,
      nowMs - request.startedAtMs,
      this.#firstByteMs - request.startedAtMs,
      this.#timings,
      this.#remoteAddress,
    );
    this.#timings = REUSED;
    if (this.#last || (next === undefined && !this.reusable)) {
      this.#close();
    } else if (next !== undefined) {
      this.#expect(next);
    } else {
      this.#rest(nowMs, full);
    }
    if (this.state !== 'open') return settle(request, response);
    this.#owner.free = this;
    settle(request, response);
    if (this.#owner.free !== this) return;
    this.#owner.free = undefined;
    if (this.state !== 'open') return;
    if (this.#current === undefined) this.#owner.onIdle(this);
    else this.#owner.onRoom(this);
  }

  /** A final response before its request was out: what is missing or late could only be misread (RFC 9112 section 9.5). */
  #isUnsent({ body }: Request): boolean {
    if (body !== undefined && this.#uploaded < body.length) return true;
    // Over TLS Node counts what has just left as pending for another turn of the event loop.
    return this.#owner.origin.scheme === 'http' && this.#wire!.pendingBytes > 0;
  }

  #endsHere(): void {
    this.reusable = false;
    this.#last = true;
  }

  /** Nothing outstanding: how long it may stay so. */
  #rest(nowMs: number, full: boolean): void {
    // A read that filled its buffer may have left octets behind that nobody asked for: not trusted without a poll.
    this.idleSinceMs = full ? Number.NEGATIVE_INFINITY : nowMs;
    const told = this.#serverKeepAliveMs;
    const own = this.#tools.settings.keepAliveMs;
    const keepMs = told === undefined ? own : Math.min(own, told - KEEP_ALIVE_MARGIN_MS);
    this.deadlineMs = nowMs + Math.max(0, keepMs);
    if (this.deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }

  /** Part of a response came: silence is measured from here. */
  #stillWaiting(nowMs: number): void {
    if (this.#head !== undefined) this.#deadline(this.#tools.settings.idleTimeoutMs, nowMs);
  }

  onEnd(): void {
    if (this.state === 'closed') return;
    if (this.state !== 'open') return this.#breakDown(this.#phase(), 'closed', undefined);
    if (this.#current === undefined) return this.#discard();
    this.#endsHere();
    const whole = this.#parser.finish();
    if (this.#parser.state === 'faulty') return this.#refuse(this.#parser.fault!);
    if (whole) return this.#finish(this.#tools.clock.now(), false, false);
    this.#breakDown(this.#phase(), 'closed', undefined);
  }

  onClose(error: Error | undefined): void {
    if (this.state === 'closed') return;
    if (this.#current === undefined) return this.#discard();
    if (error instanceof UnprovenEnd) return this.#onUnprovenEnd(error);
    this.#breakDown(this.#phase(), error === undefined ? 'closed' : kindOf(error), error);
  }

  /** Only a body that ends with the connection needs to know who ended it; such a response comes again, with proof. */
  #onUnprovenEnd(end: UnprovenEnd): void {
    if (this.#parser.state !== 'close') return this.onEnd();
    end.proveNext();
    const request = this.#current!;
    const message = `${this.#owner.origin.authority} sent a body without a length, and nothing shows that the end of the connection was its own`;
    this.#end('body', 'closed', message, undefined, !request.fresh && isIdempotent(request.method));
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────

  override onDeadline(): void {
    if (this.state === 'closed') return;
    if (this.#current === undefined) return this.#discard();
    this.#breakDown(this.#phase(), 'timeout', undefined);
  }

  /** The caller stops everything. */
  abort(): void {
    if (this.state === 'closed') return;
    if (this.#current === undefined) return this.#discard();
    this.#breakDown(this.#phase(), 'aborted', undefined);
  }

  /** Closes it where it has nothing to do; else after the responses that are due. */
  retire(): void {
    this.reusable = false;
    if (this.state === 'open' && this.#current === undefined) this.#close();
  }

  #phase(): Phase {
    switch (this.state) {
      case 'resolving':
        return 'dns';
      case 'connecting':
        return 'connect';
      case 'securing':
        return 'tls';
      case 'open':
      case 'closed':
        if (this.#head !== undefined) return 'body';
        return this.#current?.sent === 'partial' ? 'send' : 'headers';
      default:
        return unreachable(this.state);
    }
  }

  #refuse(fault: Fault): void {
    const request = this.#current!;
    request.sent = 'response';
    const phase = this.#head === undefined ? 'headers' : 'body';
    this.#end(phase, fault.kind, `${this.#owner.origin.authority} sent ${fault.message}`, undefined);
  }

  #breakDown(phase: Phase, kind: Kind, error: unknown): void {
    const elapsedMs = this.#tools.clock.now() - this.#current!.startedAtMs;
    const message = failureText(phase, kind, this.#owner.origin.authority, elapsedMs, error);
    this.#end(phase, kind, message, error);
  }

  /** Every request of this connection ends here; what may be sent again is marked so. */
  #end(phase: Phase, kind: Kind, message: string, cause: unknown, resend = this.#isStale(kind)): void {
    const request = this.#current!;
    const behind = this.#behind;
    const nowMs = this.#tools.clock.now();
    this.#current = undefined;
    this.#behind = [];
    this.#close(kind !== 'closed');
    const failure = Failure.of(request, phase, kind, message, nowMs - request.startedAtMs, cause);
    failure.resend = resend;
    settle(request, failure);
    for (const waiting of behind) {
      const unanswered = Failure.of(waiting, 'headers', kind, message, nowMs - waiting.startedAtMs, cause);
      unanswered.resend = kind !== 'aborted' && !waiting.fresh;
      settle(waiting, unanswered);
    }
  }

  /** A connection that had served before and then went without an octet was stale: its peer had closed it. */
  #isStale(kind: Kind): boolean {
    const request = this.#current!;
    const silent = this.#head === undefined && !this.#parser.started && request.sent !== 'response';
    const lost = kind === 'reset' || kind === 'closed';
    return lost && silent && this.#served > 0 && !request.fresh && isIdempotent(request.method);
  }

  /** Closes a connection that owes nobody anything. */
  #discard(): void {
    this.reusable = false;
    this.#close();
  }

  #close(hard = false): void {
    const before = this.state;
    if (before === 'closed') return;
    this.state = 'closed';
    this.#out = '';
    this.#tools.wheel.forget(this);
    const unanswered = this.#behind;
    this.#behind = [];
    const first = this.#current;
    this.#current = undefined;
    // What the kernel has not taken is not waited for: a peer that reads nothing would hold the descriptor for ever.
    if (hard || (this.#wire?.pendingBytes ?? 0) > 0) this.#wire?.destroy();
    else this.#wire?.end();
    this.#owner.onClosed(this, before);
    // After `Connection: close` what was pipelined behind counts as unprocessed (RFC 9112 section 9.6).
    if (first !== undefined) this.#unprocessed(first);
    for (const request of unanswered) this.#unprocessed(request);
  }

  #unprocessed(request: Request): void {
    const peer = this.#owner.origin.authority;
    const ms = this.#tools.clock.now() - request.startedAtMs;
    const failure = Failure.of(
      request,
      'headers',
      'closed',
      `${peer} closed the connection before the response`,
      ms,
    );
    failure.resend = !request.fresh;
    settle(request, failure);
  }

  /** The nearer of the phase's end and the attempt's. */
  #deadline(phaseMs: number, nowMs: number): void {
    const total = this.#current!.startedAtMs + this.#tools.settings.timeoutMs;
    const phase = nowMs + phaseMs;
    this.deadlineMs = Math.min(phase, total);
    if (this.deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }
}

/** Bodies are never pipelined: a refused one closes the connection under all that stand behind it. */
export function isPipelinable(request: Request): boolean {
  return isIdempotent(request.method) && request.body === undefined;
}

/** Hands out the outcome; a request is settled once, whoever has it. */
export function settle(request: Request, outcome: Response | Failure): void {
  const done = request.done!;
  request.done = undefined;
  done(request, outcome);
}

function unreachable(state: never): never {
  throw new Error(`no such connection state: ${String(state)}`);
}
