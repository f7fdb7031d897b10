// One HTTP/1.1 connection: requests out in order, responses back in the same order (RFC 9112 section 9). It decides
// what each octet, silence or close means for the requests it has; who gets it next is the pool's matter.

import type { ContentControl, Holder, Wire } from '../../model/contracts.ts';
import { type ConnectionTimings, type Kind, type Phase, REUSED, type Response } from '../../model/outcome.ts';
import { isIdempotent, type Request } from '../../model/request.ts';
import { failureText, faultText } from '../failure-text.ts';
import { type OpenEvents, Opening, type OpeningOwner } from '../opening.ts';
import { OutgoingBody } from '../outgoing-body.ts';
import type { IdleConnection } from '../pool.ts';
import type { Fault } from '../response-limits.ts';
import { settle, settleFailed } from '../settling.ts';
import { Timed } from '../timer-wheel.ts';
import { kindOf, UnprovenEnd } from '../wire-errors.ts';
import { ArrivingResponse } from './arriving-response.ts';
import { BodyFraming } from './body-framing.ts';
import type { ConnectionOwner, ConnectionState, ConnectionTools } from './connection-tools.ts';

/** A server's Keep-Alive timeout runs on its clock, and a request takes time to get there. */
const KEEP_ALIVE_MARGIN_MS = 1000;
/** Who keeps connections open at all does not end one so soon after a response. */
const SOON_MS = 100;

export class Connection extends Timed implements Holder, OpeningOwner, OpenEvents, IdleConnection {
  state: ConnectionState = 'opening';
  /** False once anything forbids to send another request on it (RFC 9112 section 9.3). */
  reusable = true;
  /** Since when it has had nothing to do. */
  idleSinceMs = 0;
  /** Its places in the pool's lists of idle connections. */
  nextIdle: Connection | undefined;
  previousIdle: Connection | undefined;
  older: IdleConnection | undefined;
  newer: IdleConnection | undefined;

  idle = false;

  readonly #tools: ConnectionTools;
  readonly #owner: ConnectionOwner;
  /** Answers the oldest request without a final response. */
  readonly #response: ArrivingResponse;
  #opening: Opening | undefined;
  /** Once it is open. */
  #wire: Wire | undefined;
  #remoteAddress = '';
  /** The oldest request without a final response: what arrives now belongs to it (RFC 9112 section 9.2). */
  #current: Request | undefined;
  /** Requests pipelined behind it, oldest first. */
  #behind: Request[] = [];
  /** Completed messages. */
  #served = 0;
  /** When the first of them was complete. */
  #firstServedMs = 0;
  /** Nothing comes after the present response: what is behind it will not be answered (RFC 9112 section 9.6). */
  #last = false;
  #reading = false;
  #resting = false;
  #out = '';
  readonly #body: OutgoingBody;
  #framing: BodyFraming | undefined;
  #timings: ConnectionTimings = REUSED;

  constructor(tools: ConnectionTools, owner: ConnectionOwner) {
    super();
    this.#tools = tools;
    this.#owner = owner;
    this.#response = new ArrivingResponse(tools.settings.limits, tools.heads);
    this.#body = new OutgoingBody(tools.settings, tools.clock, (error) => this.#onUpload(error));
  }

  /** Requests that have been sent or will be as soon as it is open. */
  get outstanding(): number {
    return this.#current === undefined ? 0 : 1 + this.#behind.length;
  }

  /** True when another request may be sent behind those outstanding (RFC 9112 section 9.3.2). */
  get takesMore(): boolean {
    const last = this.#behind.at(-1) ?? this.#current;
    return this.state === 'open' && this.reusable && last !== undefined && isPipelinable(last);
  }

  override toString(): string {
    return `${this.#owner.origin.key} ${this.state} ${this.outstanding} outstanding, ${this.#served} served${this.reusable ? '' : ', last'}`;
  }

  // ── opening ─────────────────────────────────────────────────────────────────────────────────────────────

  /** For this request, which waits here until it is open. */
  open(request: Request): void {
    const opening = new Opening(this.#tools, this.#owner, undefined, this);
    this.#await(opening, request);
    opening.start(request.startedAtMs);
  }

  /** On what somebody else has opened for this request, or begun to. */
  adopt(opening: Opening, request: Request): void {
    opening.owner = this;
    this.#await(opening, request);
    if (opening.state === 'open') this.onOpened(opening);
  }

  #await(opening: Opening, request: Request): void {
    this.#opening = opening;
    this.#current = request;
    request.holder = this;
  }

  onOpened(opening: Opening): void {
    opening.events = this;
    this.state = 'open';
    this.#wire = opening.wire;
    this.#remoteAddress = opening.remoteAddress;
    this.#timings = opening.timings;
    this.#framing = new BodyFraming(this.#wire);
    this.#tools.usage.http1Connections++;
    this.#transmit(this.#current!, this.#tools.clock.now());
    this.#flush();
  }

  onOpenFailed(_: Opening, phase: Phase, kind: Kind, error: unknown): void {
    this.#breakDown(phase, kind, error);
  }

  // ── requests ────────────────────────────────────────────────────────────────────────────────────────────

  /** On an open connection only; while octets are being read, what is written leaves together when the read is done. */
  send(request: Request, nowMs: number): void {
    request.holder = this;
    if (this.#resting) this.#keepProcess(true);
    if (this.#current === undefined) this.#current = request;
    else this.#behind.push(request);
    this.#transmit(request, nowMs);
    if (!this.#reading) this.#flush();
  }

  #transmit(request: Request, nowMs: number): void {
    if (request.headers.close) this.reusable = false;
    if (this.#body.begin(request, this.#framing!)) return this.#uploads(request, nowMs);
    request.sent = 'whole';
    this.#out += this.#owner.heads.write(request);
    if (request === this.#current) this.#expect(request, nowMs);
  }

  /** A request with a body is never behind another. */
  #uploads(request: Request, nowMs: number): void {
    this.#flush();
    request.sent = 'partial';
    const head = this.#owner.heads.write(request, this.#body.expected);
    this.#expect(request, nowMs);
    if (this.#body.holdsBack) this.#wire!.write(head, undefined);
    else this.#startUpload(head, nowMs);
  }

  #startUpload(head: string, nowMs: number): void {
    this.#body.start(this.#framing!.begin(this.#current!, head));
    this.#uploaded(nowMs);
  }

  #uploaded(nowMs: number): void {
    const request = this.#current;
    // A producer that failed at once has ended it all; and a response that came early stops the sending.
    if (this.state !== 'open' || request?.sent !== 'partial') return;
    if (this.#body.isOut) request.sent = 'whole';
    this.#expectBy(request, nowMs);
  }

  #onUpload(error: Error | undefined): void {
    if (this.state !== 'open' || this.#current === undefined) return;
    if (error === undefined) return this.#uploaded(this.#tools.clock.now());
    this.#end('send', 'invalid', `the body of the request cannot be sent: ${error.message}`, error, false);
  }

  #flush(): void {
    if (this.#out === '') return;
    const out = this.#out;
    this.#out = '';
    this.#wire!.write(out, undefined);
  }

  onDrain(): void {
    if (this.state !== 'open' || this.#body.holdsBack || this.#current?.sent !== 'partial') return;
    this.#body.resume();
    this.#uploaded(this.#tools.clock.now());
  }

  /** What arrives from now on answers this request. */
  #expect(request: Request, nowMs: number): void {
    this.#response.begin(request, request.taker === undefined ? undefined : this.#controlOf(request));
    this.#expectBy(request, nowMs);
  }

  /** While a body leaves, each slice may take as long as silence may; the response is awaited when it is out. */
  #expectBy(request: Request, nowMs: number): void {
    const { firstByteTimeoutMs } = this.#tools.settings;
    this.#deadline(request.sent === 'partial' ? this.#body.patienceMs : firstByteTimeoutMs, nowMs);
  }

  // ── responses ───────────────────────────────────────────────────────────────────────────────────────────

  onBytes(b: Buffer, length: number): void {
    if (this.state !== 'open') return;
    const nowMs = this.#tools.clock.now();
    this.#reading = true;
    let pos = 0;
    while (pos < length && this.state === 'open') {
      const request = this.#current;
      // Octets that answer nothing are no response (RFC 9112 section 9.2): whoever sent them, nobody shall read them.
      if (request === undefined) this.#discard();
      else pos = this.#read(request, b, pos, length, nowMs);
    }
    this.#reading = false;
    if (this.state !== 'open') return;
    this.#flush();
    if (this.#current === undefined || this.#response.head === undefined) return;
    if (this.#response.holds) return this.#pause();
    // Part of a response came: silence is measured from here.
    this.#deadline(this.#tools.settings.idleTimeoutMs, nowMs);
  }

  /** Its taker wants no more for now: what the peer sends meanwhile, and when, is nobody's fault. */
  #pause(): void {
    this.#wire!.pause();
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  #controlOf(request: Request): ContentControl {
    return {
      resume: () => {
        if (this.#current !== request || this.state !== 'open' || !this.#response.holds) return;
        this.#response.holds = false;
        this.#wire!.resume();
        this.#deadline(this.#tools.settings.idleTimeoutMs, this.#tools.clock.now());
      },
      cancel: (error) => {
        if (this.#current !== request || this.state !== 'open') return;
        this.#breakDown('body', error === undefined ? 'aborted' : 'unknown', error);
      },
    };
  }

  #read(request: Request, b: Buffer, start: number, end: number, nowMs: number): number {
    const response = this.#response;
    const pos = response.execute(b, start, end, nowMs);
    // Its taker may have cancelled it.
    if (this.state !== 'open') return end;
    if (response.head !== undefined) this.#stopUpload(request);
    else if (this.#body.holdsBack && response.continued) this.#startUpload('', nowMs);
    if (response.fault !== undefined) this.#refuse(response.fault);
    else if (response.complete) this.#finish(request, nowMs, pos < end, end === b.length);
    return pos;
  }

  /** From here on nothing more of its body is sent. */
  #stopUpload(request: Request): void {
    request.sent = 'response';
    this.#body.close();
  }

  /** The response is whole. `more`: octets follow it in this very read. `full`: the read filled its buffer. */
  #finish(request: Request, nowMs: number, more: boolean, full: boolean): void {
    const { framing, status } = this.#response.head!;
    const { keepAlive, keepAliveMs } = framing;
    const refused = status === 417 && this.#body.expected && !this.#body.isSpent;
    this.#served++;
    if (this.#served === 1) this.#firstServedMs = nowMs;
    else if (this.#served === 2) this.#owner.onReused();
    const next = this.#behind.shift();
    this.#current = next;
    if (!keepAlive || (next === undefined && (more || this.#isUnsent()))) this.#endsHere();
    const response = this.#response.take(request, nowMs, this.#timings, this.#remoteAddress);
    this.#timings = REUSED;
    this.#body.end();
    // Over TLS the end may come with the read after which its taker wanted no more.
    if (this.#response.holds) this.#wire!.resume();
    if (this.#last || (next === undefined && !this.reusable)) {
      this.#close();
    } else if (next !== undefined) {
      this.#expect(next, nowMs);
    } else {
      this.#rest(nowMs, full, keepAliveMs);
    }
    if (this.state !== 'open') return this.#handOut(request, response, refused);
    this.#owner.free = this;
    this.#handOut(request, response, refused);
    if (this.#owner.free !== this) return;
    this.#owner.free = undefined;
    if (this.state !== 'open') return;
    if (this.#current === undefined) this.#owner.onIdle(this);
    else this.#owner.onRoom(this);
  }

  /** `refused`: what was refused is the Expect alone; without it the request is sent again (RFC 9110 section 15.5.18). */
  #handOut(request: Request, response: Response, refused: boolean): void {
    if (!refused) return settle(request, response);
    const message = `${this.#owner.peer} refuses Expect: 100-continue`;
    settleFailed(request, 'headers', 'unexpected', message, undefined, true, this.#tools.clock.now());
  }

  /** A final response before its request was out: what is missing or late could only be misread (RFC 9112 section 9.5). */
  #isUnsent(): boolean {
    if (!this.#body.isOut) return true;
    // Over TLS Node counts what has just left as pending for another turn of the event loop.
    return !this.#owner.isSecure && this.#wire!.pendingBytes > 0;
  }

  #endsHere(): void {
    this.reusable = false;
    this.#last = true;
  }

  /** Nothing outstanding: how long it may stay so. `toldMs`: what the server says. */
  #rest(nowMs: number, full: boolean, toldMs: number | undefined): void {
    // A read that filled its buffer may have left octets behind that nobody asked for: not trusted without a poll.
    this.idleSinceMs = full ? Number.NEGATIVE_INFINITY : nowMs;
    const ownMs = this.#tools.settings.keepAliveMs;
    const keepMs = toldMs === undefined ? ownMs : Math.min(ownMs, toldMs - KEEP_ALIVE_MARGIN_MS);
    this.deadlineMs = nowMs + Math.max(0, keepMs);
    if (this.deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }

  onEnd(): void {
    if (this.state === 'closed') return;
    this.#lost();
    if (this.#current === undefined) return this.#discard();
    this.#endsHere();
    const whole = this.#response.finish();
    if (this.#response.fault !== undefined) return this.#refuse(this.#response.fault);
    if (whole) return this.#finish(this.#current, this.#tools.clock.now(), false, false);
    this.#breakDown(this.#phase(), 'closed', undefined);
  }

  onClose(error: Error | undefined): void {
    if (this.state === 'closed') return;
    this.#lost();
    if (this.#current === undefined) return this.#discard();
    if (error instanceof UnprovenEnd) return this.#onUnprovenEnd(error);
    this.#breakDown(this.#phase(), error === undefined ? 'closed' : kindOf(error), error);
  }

  /** Its peer ends it right after its first response and had not said so. */
  #lost(): void {
    if (this.#served !== 1 || !this.reusable || this.state !== 'open') return;
    if (this.#tools.clock.now() - this.#firstServedMs < SOON_MS) this.#owner.onLost();
  }

  /** Only a body that ends with the connection needs to know who ended it; such a response comes again, with proof. */
  #onUnprovenEnd(end: UnprovenEnd): void {
    if (!this.#response.endsWithConnection) return this.onEnd();
    end.proveNext();
    const request = this.#current!;
    const message = `${this.#owner.peer} sent a body without a length, and nothing shows that the end of the connection was its own`;
    const again = !request.fresh && isIdempotent(request.method) && !this.#body.isSpent;
    this.#end('body', 'closed', message, undefined, again);
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────

  override onDeadline(nowMs: number): void {
    if (this.state === 'closed') return;
    const request = this.#current;
    if (request === undefined) return this.#discard();
    if (this.#body.holdsBack && nowMs < request.startedAtMs + this.#tools.settings.timeoutMs) {
      return this.#startUpload('', nowMs);
    }
    this.#breakDown(this.#phase(), 'timeout', undefined);
  }

  /** The caller stops everything. */
  abort(): void {
    if (this.state === 'closed') return;
    if (this.#current === undefined) return this.#discard();
    this.#breakDown(this.#phase(), 'aborted', undefined);
  }

  /** One request is not wanted any more. Whatever shares the connection with it is sent again elsewhere. */
  cancel(request: Request): void {
    if (this.state === 'closed' || request.holder !== this || this.#current === undefined) return;
    const all = [this.#current, ...this.#behind];
    const phase = request === this.#current ? this.#phase() : 'headers';
    this.#current = undefined;
    this.#behind = [];
    this.#close(true);
    const nowMs = this.#tools.clock.now();
    const message = failureText(phase, 'aborted', this.#owner, 0, undefined);
    for (const one of all) settleFailed(one, phase, 'aborted', message, undefined, one !== request, nowMs);
  }

  /** It is idle, and the process may end before it is used again. */
  rest(): void {
    if (this.state === 'open' && this.#current === undefined) this.#keepProcess(false);
  }

  #keepProcess(on: boolean): void {
    this.#resting = !on;
    this.#wire!.keepAlive(on);
  }

  /** Closes it where it has nothing to do; else after the responses that are due. */
  retire(): void {
    this.reusable = false;
    if (this.state === 'open' && this.#current === undefined) this.#close();
  }

  #phase(): Phase {
    if (this.state === 'opening') return this.#opening!.phase;
    if (this.#response.head !== undefined) return 'body';
    return this.#current?.sent === 'partial' ? 'send' : 'headers';
  }

  #refuse(fault: Fault): void {
    const request = this.#current!;
    request.sent = 'response';
    const phase = this.#response.head === undefined ? 'headers' : 'body';
    this.#end(phase, fault.kind, faultText(fault.message, this.#owner), undefined);
  }

  #breakDown(phase: Phase, kind: Kind, error: unknown): void {
    const elapsedMs = this.#tools.clock.now() - this.#current!.startedAtMs;
    const message = failureText(phase, kind, this.#owner, elapsedMs, error);
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
    settleFailed(request, phase, kind, message, cause, resend, nowMs);
    const again = kind !== 'aborted';
    for (const waiting of behind) settleFailed(waiting, 'headers', kind, message, cause, again, nowMs);
  }

  /** A connection that had served before and then went without an octet was stale: its peer had closed it. A request
   *  that is sent again is the first on its connection, so this happens to it once. */
  #isStale(kind: Kind): boolean {
    const request = this.#current!;
    const silent = !this.#response.started && request.sent !== 'response';
    const lost = kind === 'reset' || kind === 'closed';
    return lost && silent && this.#served > 0 && isIdempotent(request.method) && !this.#body.isSpent;
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
    this.#body.close();
    this.#response.abandon();
    this.#tools.wheel.forget(this);
    const unanswered = this.#behind;
    this.#behind = [];
    const first = this.#current;
    this.#current = undefined;
    // What the kernel has not taken is not waited for: a peer that reads nothing would hold the descriptor for ever.
    if (before === 'opening') this.#opening!.close();
    else if (hard || this.#wire!.pendingBytes > 0) this.#wire!.destroy();
    else this.#wire!.end();
    this.#owner.onClosed(this);
    // After `Connection: close` what was pipelined behind counts as unprocessed (RFC 9112 section 9.6).
    if (first !== undefined) this.#unprocessed(first);
    for (const request of unanswered) this.#unprocessed(request);
  }

  #unprocessed(request: Request): void {
    const message = `${this.#owner.peer} closed the connection before the response`;
    settleFailed(request, 'headers', 'closed', message, undefined, true, this.#tools.clock.now());
  }

  /** The nearer of the phase's end and the attempt's; content that is taken as it arrives may take as long as it likes. */
  #deadline(phaseMs: number, nowMs: number): void {
    const total = this.#current!.startedAtMs + this.#tools.settings.timeoutMs;
    const phase = nowMs + phaseMs;
    this.deadlineMs = this.#response.taker === undefined ? Math.min(phase, total) : phase;
    if (this.deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }
}

/** Bodies are never pipelined: a refused one closes the connection under all that stand behind it. */
export function isPipelinable(request: Request): boolean {
  const { body, stream, taker } = request;
  return isIdempotent(request.method) && body === undefined && stream === undefined && taker === undefined;
}
