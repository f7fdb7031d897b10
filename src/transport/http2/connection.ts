// One HTTP/2 connection (RFC 9113): many requests at once, each on a stream of its own. It has the wire and the deadlines,
// and decides what silence, a close or a fault means for the requests it has; who gets it next is the pool's matter.

import type { ContentControl, Holder, Wire } from '../../model/contracts.ts';
import { type ConnectionTimings, type Kind, type Phase, REUSED } from '../../model/outcome.ts';
import type { Request } from '../../model/request.ts';
import { failureText, faultText } from '../failure-text.ts';
import type { OpenEvents, Opening } from '../opening.ts';
import { expectsContinue, hasContent } from '../outgoing-body.ts';
import type { IdleConnection } from '../pool.ts';
import { quoted } from '../quoted.ts';
import type { Fault } from '../response-limits.ts';
import { settle, settleFailed } from '../settling.ts';
import { Timed } from '../timer-wheel.ts';
import { kindOf, UnprovenEnd } from '../wire-errors.ts';
import type { Http2Owner, Http2Tools } from './connection-tools.ts';
import { Coverage } from './coverage.ts';
import { endAll } from './ends.ts';
import { type ConnectionFault, ErrorCode, errorName } from './errors.ts';
import { SendingBody } from './sending-body.ts';
import { phaseOf, type Stream } from './stream.ts';
import { type StreamEvents, Streams } from './streams.ts';

/** A peer that reads nothing and makes us answer its frames is let go of at so many octets that the kernel has not taken. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024;
const READS_NOTHING: ConnectionFault = {
  code: ErrorCode.ENHANCE_YOUR_CALM,
  message: 'frames that ask for answers, and reads none',
};
const GOAWAY_TEXT_MAX = 200;

export class Http2Connection extends Timed implements Holder, OpenEvents, StreamEvents, IdleConnection {
  older: IdleConnection | undefined;
  newer: IdleConnection | undefined;
  /** It has no stream, and is among those that are unused. */
  idle = false;
  readonly openedMs: number;
  /** When something of it came last. */
  heardMs = Number.NEGATIVE_INFINITY;
  readonly remoteAddress: string;
  readonly #tools: Http2Tools;
  readonly #owner: Http2Owner;
  readonly #wire: Wire;
  readonly #streams: Streams;
  #closed = false;
  /** Its peer hears nothing any more. */
  #ended = false;
  #retired = false;
  #faultCode: number = ErrorCode.NO_ERROR;
  /** Its preface has left. */
  #begun = false;
  #resting = false;
  /** Its frames leave when this turn of the event loop ends. */
  #leaving = false;
  /** The last stream of which anything has left. */
  #sentId = 0;
  #served = 0;
  readonly #coverage: Coverage;

  /** `streamsMax`: what its peer allowed on others. */
  constructor(tools: Http2Tools, owner: Http2Owner, opening: Opening, streamsMax: number | undefined) {
    super();
    this.#tools = tools;
    this.#owner = owner;
    this.#wire = opening.wire;
    this.#coverage = new Coverage(opening.wire);
    this.remoteAddress = opening.remoteAddress;
    this.openedMs = tools.clock.now();
    this.#streams = new Streams(
      tools.settings.limits,
      tools.memo,
      tools.settings.secretHeaders,
      this,
      streamsMax,
    );
    opening.events = this;
    this.onReady();
    this.#rest(this.openedMs);
  }

  get outstanding(): number {
    return this.#streams.size;
  }

  /** How many more requests it takes now. */
  get room(): number {
    return this.#closed || this.#retired ? 0 : this.#streams.room;
  }

  /** False once it takes no request any more, whatever ends. */
  get isUsable(): boolean {
    return !this.#closed && !this.#retired && this.#streams.takesMore;
  }

  /** Responses so far. */
  get served(): number {
    return this.#served;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** How many it takes in all. */
  get streamsMax(): number {
    return this.#streams.streamsMax;
  }

  /** It may serve this host as well (RFC 9113 section 9.1.1). */
  covers(host: string): boolean {
    return this.#coverage.covers(host);
  }

  override toString(): string {
    return `${this.#owner.origin.key} HTTP/2 ${this.outstanding} streams, ${this.#served} served${this.isUsable ? '' : ', last'}`;
  }

  // ── requests ────────────────────────────────────────────────────────────────────────────────────────────

  /** Only where there is room. `timings`: what its connection cost it. */
  send(request: Request, nowMs: number, timings: ConnectionTimings = REUSED): void {
    request.holder = this;
    if (this.#resting) this.#keepProcess(true);
    const { settings, usage } = this.#tools;
    const uploads = hasContent(request);
    const expects = uploads && expectsContinue(request, settings.expectContinueBytes);
    const control = request.taker === undefined ? undefined : this.#controlOf;
    const stream = this.#streams.open(request, timings, control, !uploads, expects);
    if (this.outstanding > usage.streamsMax) usage.streamsMax = this.outstanding;
    request.sent = uploads ? 'partial' : 'whole';
    this.onReady();
    if (uploads) this.#upload(stream);
    else this.#await(stream, settings.firstByteTimeoutMs, nowMs);
  }

  readonly #controlOf = (stream: Stream, request: Request): ContentControl => {
    return {
      resume: () => {
        if (!this.#streams.holds(stream, request) || !stream.holds) return;
        this.#streams.resume(stream);
        this.#await(stream, this.#tools.settings.idleTimeoutMs, this.#tools.clock.now());
      },
      cancel: (error) => {
        if (this.#streams.holds(stream, request))
          this.#breakOff(stream, error === undefined ? 'aborted' : 'unknown', error);
      },
    };
  };

  // ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────

  #upload(stream: Stream): void {
    const { settings, clock } = this.#tools;
    const sending = new SendingBody(stream, this.#streams.bodies, settings, clock, this.#onUpload);
    stream.sending = sending;
    if (!sending.body.holdsBack) sending.body.start(true);
    // A producer that failed at once has ended it.
    if (stream.sending === sending) this.#awaitUpload(stream);
  }

  readonly #onUpload = (sending: SendingBody, error: Error | undefined): void => {
    const { stream } = sending;
    if (this.#closed || stream.sending !== sending) return;
    if (error === undefined) this.#awaitUpload(stream);
    else this.#breakOff(stream, 'invalid', error, 'the body of the request cannot be sent: ');
  };

  onContinue(stream: Stream): void {
    const body = stream.sending?.body;
    if (body?.holdsBack !== true) return;
    body.start(true);
    this.#awaitUpload(stream);
  }

  onSent(stream: Stream): void {
    const { request, sending } = stream;
    if (request?.sent === 'partial' && sending!.ended) request.sent = 'whole';
    this.#awaitUpload(stream);
  }

  /** While a body leaves, each piece may take as long as silence may; the response is awaited when it is out. */
  #awaitUpload(stream: Stream): void {
    const { sending, head, request } = stream;
    if (sending === undefined || head !== undefined || request === undefined) return;
    const patienceMs = sending.ended ? this.#tools.settings.firstByteTimeoutMs : sending.body.patienceMs;
    this.#await(stream, patienceMs, this.#tools.clock.now());
  }

  // ── reading and writing ─────────────────────────────────────────────────────────────────────────────────

  onBytes(b: Buffer, length: number): void {
    if (this.#closed) return;
    this.heardMs = this.#tools.clock.now();
    const fault = this.#streams.execute(b, length, this.heardMs);
    if (this.#closed) return;
    if (fault !== undefined) return this.#onFault(fault);
    this.#streams.creditConnection();
    if (this.#streams.writer.length > 0) this.onReady();
    this.#leaveIfDone();
  }

  /** All frames of a turn leave in one write, whatever was read or asked for in it. */
  onReady(): void {
    if (this.#leaving || this.#closed) return;
    this.#leaving = true;
    this.#tools.clock.atTurnEnd(this.#leave);
  }

  readonly #leave = (): void => {
    this.#leaving = false;
    if (this.#closed) return;
    const { bodies, writer } = this.#streams;
    bodies.pump();
    // A producer that was asked may have stopped everything.
    if (this.#closed) return;
    this.#sentId = this.#streams.lastId;
    if (writer.length === 0) return;
    this.#begun = true;
    bodies.takes = this.#wire.write('', writer.take());
    if (bodies.isReady) this.onReady();
    else if (!bodies.takes && this.#wire.pendingBytes > UNREAD_BYTES_MAX) this.#onFault(READS_NOTHING);
  };

  onDrain(): void {
    if (this.#closed) return;
    this.#streams.bodies.takes = true;
    this.onReady();
  }

  onEnd(): void {
    this.#ended = true;
    this.#lost('closed', undefined);
  }

  onClose(error: Error | undefined): void {
    this.#ended = true;
    // Frames have lengths of their own: whose end it was makes none of them whole.
    if (error === undefined || error instanceof UnprovenEnd) this.#lost('closed', undefined);
    else this.#lost(kindOf(error), error);
  }

  // ── what the streams tell ───────────────────────────────────────────────────────────────────────────────

  onComplete(stream: Stream): void {
    const request = stream.request!;
    const response = stream.take(this.heardMs, this.remoteAddress);
    const { body } = stream.sending ?? {};
    const isMisdirected = response.status === 421 && this.#isForeign(request) && stream.isCollected;
    const refused = response.status === 417 && body?.expected === true && !body.isSpent;
    this.#streams.release(stream);
    this.#served++;
    // A server that refuses is quick.
    if (response.status !== 429 && response.status < 500) this.#owner.onResponse(this);
    if (isMisdirected) this.#owner.onMisdirected(request);
    else if (refused) this.#refuseExpect(request);
    else settle(request, response);
    this.#onFreed();
  }

  /** Of another origin than the connection was opened for. */
  #isForeign({ origin }: Request): boolean {
    return origin !== this.#owner.origin && origin.key !== this.#owner.origin.key;
  }

  /** What was refused is the Expect alone; without it the request is sent again (RFC 9110 section 15.5.18). */
  #refuseExpect(request: Request): void {
    const text = `${this.#owner.peer} refuses Expect: 100-continue`;
    settleFailed(request, 'headers', 'unexpected', text, undefined, true, this.heardMs);
  }

  onProgress(stream: Stream): void {
    const { idleTimeoutMs } = this.#tools.settings;
    // Its taker wants no more for now: what the peer sends meanwhile, and when, is nobody's fault.
    if (stream.holds) stream.deadlineMs = Number.POSITIVE_INFINITY;
    else this.#await(stream, idleTimeoutMs, this.heardMs);
  }

  onFault(request: Request, phase: Phase, fault: Fault): void {
    const text = faultText(fault.message, this.#owner);
    settleFailed(request, phase, fault.kind, text, undefined, false, this.heardMs);
    this.#onFreed();
  }

  onReset(request: Request, phase: Phase, code: number): void {
    const text = `${this.#owner.peer} reset the stream (${errorName(code)})`;
    settleFailed(request, phase, 'reset', text, undefined, false, this.heardMs);
    this.#onFreed();
  }

  onUnprocessed(request: Request, code: number): void {
    request.sent = 'none';
    request.holder = undefined;
    this.#owner.onUnprocessed(request, code, this);
    this.#onFreed();
  }

  onSettings(): void {
    this.#owner.onRoom(this);
  }

  onGoaway(): void {
    this.#owner.onRoom(this);
  }

  /** A stream has ended. */
  #onFreed(): void {
    if (this.#closed) return;
    if (this.outstanding === 0 && !this.isUsable) return this.#close();
    if (this.outstanding === 0) this.#rest(this.#tools.clock.now());
    this.#owner.onRoom(this);
  }

  // ── deadlines ───────────────────────────────────────────────────────────────────────────────────────────

  /** The nearer of the phase's end and the attempt's; content that is taken as it arrives may take as long as it likes. */
  #await(stream: Stream, phaseMs: number, nowMs: number): void {
    const phase = nowMs + phaseMs;
    const total = stream.request!.startedAtMs + this.#tools.settings.timeoutMs;
    stream.deadlineMs = stream.taker === undefined ? Math.min(phase, total) : phase;
    this.#watch(stream.deadlineMs);
  }

  /** One timer for all streams: moved later only when it is due and finds none that is. */
  #watch(deadlineMs: number): void {
    if (deadlineMs >= this.deadlineMs) return;
    this.deadlineMs = deadlineMs;
    if (deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }

  /** Without a stream it may stay open for so long. */
  #rest(nowMs: number): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#watch(nowMs + this.#tools.settings.keepAliveMs);
  }

  override onDeadline(nowMs: number): void {
    if (this.#closed) return;
    if (this.outstanding === 0) return this.#close();
    this.deadlineMs = Number.POSITIVE_INFINITY;
    for (const stream of [...this.#streams.all]) {
      if (stream.request !== undefined && stream.deadlineMs <= nowMs) this.#onTimeout(stream, nowMs);
      if (this.#closed) return;
      if (stream.request !== undefined) this.#watch(stream.deadlineMs);
    }
  }

  #onTimeout(stream: Stream, nowMs: number): void {
    const { body } = stream.sending ?? {};
    const request = stream.request!;
    if (body?.holdsBack === true && nowMs < request.startedAtMs + this.#tools.settings.timeoutMs) {
      body.start(true);
      return this.#awaitUpload(stream);
    }
    // Nothing has come since it was sent: whatever is sent next would fare no better here.
    if (this.heardMs < request.startedAtMs) this.#retired = true;
    this.#breakOff(stream, 'timeout', undefined);
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────

  /** One request is not wanted any more; the others go on. */
  cancel(request: Request): void {
    if (this.#closed || request.holder !== this) return;
    for (const stream of this.#streams.all) {
      if (stream.request === request) return this.#breakOff(stream, 'aborted', undefined);
    }
  }

  /** The caller stops everything. */
  abort(): void {
    if (!this.#closed) this.#breakDown('aborted', undefined, '');
  }

  /** Closes it where it has nothing to do; else after the responses that are due. */
  retire(): void {
    this.#retired = true;
    this.#leaveIfDone();
  }

  /** It is idle, and the process may end before it is used again. */
  rest(): void {
    if (!this.#closed && this.outstanding === 0) this.#keepProcess(false);
  }

  #keepProcess(on: boolean): void {
    this.#resting = !on;
    this.#wire.keepAlive(on);
  }

  #leaveIfDone(): void {
    if (!this.#closed && this.outstanding === 0 && !this.isUsable) this.#close();
  }

  /** This stream alone ends here. */
  #breakOff(stream: Stream, kind: Kind, error: unknown, prefix = ''): void {
    const request = stream.request!;
    const nowMs = this.#tools.clock.now();
    const phase = phaseOf(stream);
    this.#streams.cancel(stream);
    const own = error instanceof Error ? error.message : String(error);
    const text =
      prefix === ''
        ? failureText(phase, kind, this.#owner, nowMs - request.startedAtMs, error)
        : prefix + own;
    settleFailed(request, phase, kind, text, error, false, nowMs);
    this.#onFreed();
  }

  /** The peer departs from the protocol in what concerns all streams (section 5.4.1). */
  #onFault({ code, message }: ConnectionFault): void {
    this.#faultCode = code;
    this.#breakDown('protocol', undefined, faultText(message, this.#owner));
  }

  #lost(kind: Kind, error: unknown): void {
    if (this.#closed) return;
    const { goaway } = this.#streams;
    if (goaway === undefined || goaway.code === ErrorCode.NO_ERROR) return this.#breakDown(kind, error, '');
    const text = goaway.text === '' ? '' : `: ${quoted(goaway.text, GOAWAY_TEXT_MAX)}`;
    this.#breakDown(
      kind,
      error,
      `${this.#owner.peer} closed the connection (${errorName(goaway.code)}${text})`,
    );
  }

  /** Every request of this connection ends here. What has not left goes elsewhere; what may be sent again is marked so. */
  #breakDown(kind: Kind, error: unknown, message: string): void {
    // First: to let go of a body runs code of its producer, which may send and cancel.
    this.#stop();
    const nowMs = this.#tools.clock.now();
    const ended = endAll(this.#streams, {
      kind,
      sentId: this.#sentId,
      served: this.#served,
      heardMs: this.heardMs,
    });
    this.#release(kind !== 'closed' && kind !== 'protocol');
    for (const { request, isUnsent } of ended) if (isUnsent) this.onUnprocessed(request, ErrorCode.NO_ERROR);
    this.#owner.onClosed(this, kind === 'closed' || kind === 'reset');
    for (const { request, phase, isUnsent, again } of ended) {
      if (isUnsent) continue;
      const elapsedMs = nowMs - request.startedAtMs;
      const text = message === '' ? failureText(phase, kind, this.#owner, elapsedMs, error) : message;
      settleFailed(request, phase, kind, text, error, again, nowMs);
    }
  }

  /** It has no stream. */
  #close(): void {
    if (this.#closed) return;
    this.#stop();
    this.#release(false);
    this.#owner.onClosed(this, false);
  }

  /** Nothing more is read, written or waited for. */
  #stop(): void {
    this.#closed = true;
    this.#streams.stop();
    this.#tools.wheel.forget(this);
  }

  /** What the kernel has not taken is not waited for: a peer that reads nothing would hold the descriptor for ever. */
  #release(hard: boolean): void {
    const wire = this.#wire;
    if (hard || wire.pendingBytes > 0) return wire.destroy();
    if (!this.#ended) this.#takeLeave();
    wire.end();
  }

  /** What has not left stays here: it may be on its way elsewhere by now. */
  #takeLeave(): void {
    const { writer } = this.#streams;
    writer.take();
    writer.goaway(0, this.#faultCode);
    if (this.#begun) this.#wire.write('', writer.take());
  }
}
