// The streams of one connection (RFC 9113 sections 5 and 6): which are open, what a frame means for each, and both levels
// of flow control. It writes frames and hears of frames; wires, deadlines and what becomes of requests are others' matter.

import type { ContentControl } from '../../model/contracts.ts';
import type { ConnectionTimings, Phase } from '../../model/outcome.ts';
import type { Request } from '../../model/request.ts';
import { type Fault, malformed, type ResponseLimits, tooLarge } from '../response-limits.ts';
import { type ConnectionFault, ErrorCode } from './errors.ts';
import type { Field } from './field.ts';
import type { FieldMemo } from './field-memo.ts';
import { Flood } from './flood.ts';
import { FrameReader } from './frame-reader.ts';
import { DEFAULT_WINDOW, Setting, WINDOW_MAX } from './frame-types.ts';
import type { FrameVisitor } from './frame-visitor.ts';
import { FrameWriter } from './frame-writer.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { RequestBlocks } from './request-blocks.ts';
import { ResponseHeads } from './response-heads.ts';
import { SendingBodies } from './sending-body.ts';
import { phaseOf, Stream } from './stream.ts';

/** What a peer may send on one stream, and on all of them, before it is told to go on. A response that is collected is
 *  taken as it comes; of one whose taker holds back, this much may lie in memory. */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 16 * 1024 * 1024;
/** Streams at once until the peer has said how many it takes: the least that it should (section 6.5.2). */
const STREAMS_ASSUMED = 100;
/** Where it says that it has no limit. */
const STREAMS_UNLIMITED = 1_000;
const STREAM_ID_MAX = 0x7fff_ffff;
/** Streams that one of the two has reset, remembered for what comes on them yet. */
const RESETS_MAX = 10_000;
const CONTINUATIONS_MAX = 16;
/** RFC 9218 section 2.1: nobody here looks at the priorities of RFC 7540. */
const NO_RFC7540_PRIORITIES = 0x9;

/** What becomes of a stream; it is closed when this is called, and `request` is what it was for. */
export interface StreamEvents {
  /** Its response is whole; it is still there to be taken, and `release` is due. */
  onComplete(stream: Stream): void;
  onFault(request: Request, phase: Phase, fault: Fault): void;
  onReset(request: Request, phase: Phase, code: number): void;
  /** The peer has not looked at it, and it can be sent again. `code`: of the frame that said so. */
  onUnprocessed(request: Request, code: number): void;
  /** Something has come for it. */
  onProgress(stream: Stream): void;
  /** Some of its body has left. */
  onSent(stream: Stream): void;
  onContinue(stream: Stream): void;
  /** More streams may be opened than before, or less. */
  onSettings(): void;
  onGoaway(): void;
  /** Something is to leave with this turn. */
  onReady(): void;
}

interface EndedStream {
  readonly request: Request;
  readonly phase: Phase;
  /** It can be sent again. */
  readonly again: boolean;
}

export class Streams implements FrameVisitor {
  readonly writer = new FrameWriter();
  readonly bodies: SendingBodies;
  /** False once no stream may be opened any more. */
  takesMore = true;
  /** What the peer said when it ended the connection. */
  goaway: { readonly code: number; readonly text: string } | undefined;
  nowMs = 0;
  readonly #limits: ResponseLimits;
  readonly #events: StreamEvents;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #blocks: RequestBlocks;
  readonly #heads = new ResponseHeads();
  readonly #flood = new Flood();
  readonly #open = new Map<number, Stream>();
  /** Places of streams that have ended. */
  readonly #free: Stream[] = [];
  readonly #resets = new Set<number>();
  #fault: ConnectionFault | undefined;
  #nextId = 1;
  /** Of the peer's SETTINGS. */
  #streamsMax: number;
  #initialWindow = DEFAULT_WINDOW;
  #toldWindow = DEFAULT_WINDOW;
  #hasTold = false;
  #goawayId = STREAM_ID_MAX;
  /** What the peer may send yet, and what it was not given back. */
  #window = CONNECTION_WINDOW;
  #uncredited = 0;

  constructor(
    limits: ResponseLimits,
    memo: FieldMemo,
    secretHeaders: Iterable<string>,
    events: StreamEvents,
    streamsMax = STREAMS_ASSUMED,
  ) {
    this.#limits = limits;
    this.#streamsMax = streamsMax;
    this.#events = events;
    this.#decoder = new HpackDecoder(limits, memo);
    this.#blocks = new RequestBlocks(secretHeaders);
    // Huffman makes most fields shorter; it can make some longer.
    const headerBlockBytesMax = 2 * limits.headerBytesMax;
    this.#reader = new FrameReader({ headerBlockBytesMax, continuationsMax: CONTINUATIONS_MAX }, this);
    this.bodies = new SendingBodies(
      this.writer,
      () => events.onReady(),
      (stream) => {
        this.#flood.progress(this.#reader);
        events.onSent(stream);
      },
    );
    this.#begin();
  }

  /** What a client says first (section 3.4). */
  #begin(): void {
    const { writer } = this;
    writer.preface();
    writer.settings([
      [Setting.ENABLE_PUSH, 0],
      [Setting.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
      [Setting.MAX_HEADER_LIST_SIZE, this.#limits.headerBytesMax],
      [NO_RFC7540_PRIORITIES, 1],
    ]);
    writer.windowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW);
  }

  get size(): number {
    return this.#open.size;
  }

  /** How many more may be opened now. */
  get room(): number {
    return this.takesMore ? this.#streamsMax - this.#open.size : 0;
  }

  get streamsMax(): number {
    return this.#streamsMax;
  }

  get all(): Iterable<Stream> {
    return this.#open.values();
  }

  /** The number of the last one that was opened; 0 before. */
  get lastId(): number {
    return this.#nextId - 2;
  }

  /** Whether this one has not been overtaken by another request in its place. */
  holds(stream: Stream, request: Request): boolean {
    return stream.request === request && this.#open.get(stream.id) === stream;
  }

  /** Where there is room. `ends`: nothing follows its head. */
  open(
    request: Request,
    timings: ConnectionTimings,
    control: ((stream: Stream, request: Request) => ContentControl) | undefined,
    ends: boolean,
    expects: boolean,
  ): Stream {
    const stream = this.#free.pop() ?? new Stream(this.#limits);
    const id = this.#nextId;
    this.#nextId += 2;
    if (this.#nextId > STREAM_ID_MAX) this.takesMore = false;
    stream.begin(id, request, timings, control?.(stream, request));
    stream.receiveWindow = STREAM_WINDOW;
    stream.sendWindow = this.#initialWindow;
    this.#open.set(id, stream);
    this.writer.beginHeaders(id);
    this.#blocks.write(this.writer.out, request, expects);
    this.writer.endHeaders(ends);
    return stream;
  }

  /** Ends it without a response, and tells nobody but the peer. */
  cancel(stream: Stream, code: number = ErrorCode.CANCEL): void {
    this.#reset(stream.id, code);
    this.release(stream);
  }

  /** Once for each stream (section 5.1). */
  #reset(id: number, code: number): void {
    this.writer.rstStream(id, code);
    this.#rememberReset(id);
    this.#events.onReady();
  }

  #rememberReset(id: number): void {
    this.#resets.add(id);
    // The one that was reset first is the one that its peer knows of by now.
    if (this.#resets.size > RESETS_MAX) this.#resets.delete(this.#resets.values().next().value!);
  }

  /** Nothing of it is needed any more. */
  release(stream: Stream): void {
    if (this.#open.get(stream.id) !== stream) return;
    this.#open.delete(stream.id);
    stream.end();
    this.#free.push(stream);
  }

  /** What has come for its taker may be followed by more. */
  resume(stream: Stream): void {
    stream.holds = false;
    this.#credit(stream);
    this.#events.onReady();
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Why the connection is over, where what was read or is missing says so. */
  execute(b: Buffer, length: number, nowMs: number): ConnectionFault | undefined {
    this.nowMs = nowMs;
    this.#reader.execute(b, 0, length);
    this.#fault ??= this.#reader.fault ?? this.#flood.fault(this.#reader);
    return this.#fault;
  }

  /** Nothing more is read, not even of what has come. */
  stop(): void {
    this.takesMore = false;
    this.#reader.stop();
  }

  /** Gives the peer back what it has used of the connection's window, where that is worth a frame. */
  creditConnection(): void {
    if (this.#uncredited < CONNECTION_WINDOW / 4) return;
    this.writer.windowUpdate(0, this.#uncredited);
    this.#window += this.#uncredited;
    this.#uncredited = 0;
  }

  #credit(stream: Stream): void {
    if (stream.holds || stream.uncredited < STREAM_WINDOW / 2) return;
    this.writer.windowUpdate(stream.id, stream.uncredited);
    stream.receiveWindow += stream.uncredited;
    stream.uncredited = 0;
    this.#events.onReady();
  }

  #broken(code: number, message: string): void {
    this.#fault ??= { code, message };
    this.stop();
  }

  // ── what the reader tells ───────────────────────────────────────────────────────────────────────────────

  onData(id: number, b: Buffer, start: number, end: number, flowBytes: number, endStream: boolean): void {
    this.#window -= flowBytes;
    this.#uncredited += flowBytes;
    if (this.#window < 0)
      return this.#broken(ErrorCode.FLOW_CONTROL_ERROR, 'more DATA than its window allows');
    const stream = this.#open.get(id);
    if (stream === undefined) return this.#stray(id, 'DATA');
    stream.receiveWindow -= flowBytes;
    stream.uncredited += flowBytes;
    if (stream.receiveWindow < 0) {
      return this.#refuse(
        stream,
        malformed('more DATA than its window allows'),
        ErrorCode.FLOW_CONTROL_ERROR,
      );
    }
    if (stream.head === undefined) return this.#refuse(stream, malformed('DATA before a header section'));
    const { request } = stream;
    if (end > start) {
      this.#flood.progress(this.#reader);
      const fault = stream.onContent(b, start, end, endStream);
      // Its taker may have cancelled it.
      if (stream.request !== request) return;
      if (fault !== undefined) return this.#refuse(stream, fault, codeOf(fault));
    }
    if (endStream) return this.#end(stream);
    this.#credit(stream);
    this.#events.onProgress(stream);
  }

  onHeaders(id: number, b: Buffer, start: number, end: number, endStream: boolean): void {
    // In any case: those that follow depend on it (section 4.3).
    const fields = this.#decoder.decode(b, start, end);
    if (fields === undefined) {
      const { code, message } = this.#decoder.fault!;
      return this.#broken(code, message);
    }
    const stream = this.#open.get(id);
    if (stream === undefined) {
      this.#flood.strayBlocks++;
      return this.#stray(id, 'HEADERS');
    }
    const { excess } = this.#decoder;
    if (excess !== undefined) return this.#refuse(stream, excess, ErrorCode.CANCEL);
    if (stream.head !== undefined) return this.#onTrailers(stream, fields, endStream);
    const head = this.#heads.head(fields);
    if (head === undefined) return this.#refuse(stream, this.#heads.fault!);
    const { request } = stream;
    if (head.status < 200) return this.#onInterim(stream, head.status, endStream);
    this.#flood.progress(this.#reader);
    stream.onHead(head, this.nowMs);
    // Its taker may have cancelled it.
    if (stream.request !== request) return;
    if (endStream) this.#end(stream);
    else this.#events.onProgress(stream);
  }

  #onInterim(stream: Stream, status: number, endStream: boolean): void {
    if (endStream) return this.#refuse(stream, malformed(`the end of a stream with a status of ${status}`));
    const { interimMax } = this.#limits;
    if (++stream.interims > interimMax) {
      return this.#refuse(stream, tooLarge('interim responses', interimMax, 'interimMax'), ErrorCode.CANCEL);
    }
    if (status === 100 && !stream.continued) {
      stream.continued = true;
      this.#events.onContinue(stream);
    }
  }

  #onTrailers(stream: Stream, fields: readonly Field[], endStream: boolean): void {
    if (!endStream) return this.#refuse(stream, malformed('a second header section on a stream'));
    const lines = this.#heads.trailers(fields);
    if (lines === undefined) return this.#refuse(stream, this.#heads.fault!);
    const { trailerBytesMax } = this.#limits;
    if (lines.length > trailerBytesMax) {
      return this.#refuse(stream, tooLarge('trailers', trailerBytesMax, 'trailerBytesMax'), ErrorCode.CANCEL);
    }
    stream.trailerLines = lines;
    this.#end(stream);
  }

  #end(stream: Stream): void {
    const fault = stream.endFault();
    if (fault !== undefined) return this.#refuse(stream, fault);
    // A response that came before its request was out: the rest is not wanted (section 8.1).
    if (stream.sending?.ended === false) this.#reset(stream.id, ErrorCode.CANCEL);
    this.#events.onComplete(stream);
  }

  /** What came is no response; it concerns this stream alone (section 8.1.1). */
  #refuse(stream: Stream, fault: Fault, code: number = ErrorCode.PROTOCOL_ERROR): void {
    const request = stream.request!;
    // Something has come, however much of the request is out.
    request.sent = 'response';
    const phase = phaseOf(stream);
    this.cancel(stream, code);
    this.#events.onFault(request, phase, fault);
  }

  /** Of a stream that is not open. Of those that we have reset, something may have been on its way (section 5.1). */
  #stray(id: number, what: string): void {
    if (this.#isIdle(id)) {
      return this.#broken(
        ErrorCode.PROTOCOL_ERROR,
        `a ${what} frame on stream ${id}, which was never opened`,
      );
    }
    if (!this.#resets.has(id)) this.#reset(id, ErrorCode.STREAM_CLOSED);
  }

  #isIdle(id: number): boolean {
    return id >= this.#nextId;
  }

  onRstStream(id: number, code: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) {
      if (this.#isIdle(id)) {
        this.#broken(ErrorCode.PROTOCOL_ERROR, `an RST_STREAM frame on stream ${id}, which was never opened`);
      }
      return;
    }
    const request = stream.request!;
    const isUnprocessed = code === ErrorCode.REFUSED_STREAM || code === ErrorCode.HTTP_1_1_REQUIRED;
    const again = isUnprocessed && stream.isRepeatable;
    // Whatever it sends there yet is not answered.
    this.#rememberReset(id);
    const phase = phaseOf(stream);
    this.release(stream);
    if (again) this.#events.onUnprocessed(request, code);
    else this.#events.onReset(request, phase, code);
  }

  onSetting(id: number, value: number): void {
    if (id === Setting.HEADER_TABLE_SIZE) this.#blocks.setTableBytesMax(value);
    else if (id === Setting.MAX_CONCURRENT_STREAMS) {
      this.#streamsMax = value;
      this.#hasTold = true;
    } else if (id === Setting.MAX_FRAME_SIZE) this.writer.frameBytesMax = value;
    else if (id === Setting.INITIAL_WINDOW_SIZE) this.#toldWindow = value;
    // MAX_HEADER_LIST_SIZE is advice (section 6.5.2): the peer answers what is too long for it with a status.
  }

  /** Also for streams that are open (section 6.9.2). */
  #setInitialWindow(value: number): void {
    const change = value - this.#initialWindow;
    this.#initialWindow = value;
    for (const stream of this.#open.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > WINDOW_MAX) {
        return this.#broken(ErrorCode.FLOW_CONTROL_ERROR, 'SETTINGS that make a window too large');
      }
      if (stream.sending !== undefined) this.bodies.queue(stream.sending);
    }
  }

  onSettings(): void {
    // Once for all that a frame says: each time every stream is looked at.
    if (this.#toldWindow !== this.#initialWindow) this.#setInitialWindow(this.#toldWindow);
    // Who says nothing of it sets no limit (section 6.5.2), whatever was assumed.
    if (!this.#hasTold) this.#streamsMax = STREAMS_UNLIMITED;
    this.#hasTold = true;
    this.writer.settingsAck();
    this.#events.onReady();
    this.#events.onSettings();
  }

  onSettingsAck(): void {
    this.#decoder.onSettingsAck();
  }

  onPing(b: Buffer, start: number): void {
    this.writer.ping(b, start, true);
    this.#events.onReady();
  }

  /** None is sent, so this answers none. */
  onPingAck(): void {}

  onGoaway(lastId: number, code: number, b: Buffer, start: number, end: number): void {
    if (lastId > this.#goawayId) {
      return this.#broken(ErrorCode.PROTOCOL_ERROR, 'a GOAWAY for more streams than the one before');
    }
    this.#goawayId = lastId;
    this.takesMore = false;
    this.goaway = { code, text: b.toString('latin1', start, end) };
    for (const { request, phase, again } of this.#endAbove(lastId)) {
      if (again) this.#events.onUnprocessed(request, code);
      else this.#events.onReset(request, phase, code);
    }
    this.#events.onGoaway();
  }

  /** Those that can be sent again come first: with the last of the others the connection may close. */
  #endAbove(lastId: number): EndedStream[] {
    const ended: EndedStream[] = [];
    for (const stream of [...this.#open.values()]) {
      if (stream.id <= lastId || stream.request === undefined) continue;
      ended.push({ request: stream.request, phase: phaseOf(stream), again: stream.isRepeatable });
      // To let go of a body runs code of its producer, which may cancel others.
      this.release(stream);
    }
    return ended.sort((a, b) => Number(b.again) - Number(a.again));
  }

  onWindowUpdate(id: number, increment: number): void {
    this.#events.onReady();
    if (id === 0) {
      this.bodies.window += increment;
      if (this.bodies.window <= WINDOW_MAX) return;
      return this.#broken(ErrorCode.FLOW_CONTROL_ERROR, 'a WINDOW_UPDATE that makes its window too large');
    }
    const stream = this.#open.get(id);
    if (stream === undefined) {
      if (!this.#isIdle(id)) return;
      return this.#broken(
        ErrorCode.PROTOCOL_ERROR,
        `a WINDOW_UPDATE on stream ${id}, which was never opened`,
      );
    }
    stream.sendWindow += increment;
    if (stream.sendWindow > WINDOW_MAX) {
      const fault = malformed('a WINDOW_UPDATE that makes its window too large');
      return this.#refuse(stream, fault, ErrorCode.FLOW_CONTROL_ERROR);
    }
    if (stream.sending !== undefined) this.bodies.queue(stream.sending);
  }

  onStreamFault(id: number, code: number, message: string): void {
    const stream = this.#open.get(id);
    if (stream !== undefined) return this.#refuse(stream, malformed(message), code);
    if (this.#isIdle(id))
      this.#broken(ErrorCode.PROTOCOL_ERROR, `${message} on stream ${id}, which was never opened`);
  }
}

/** What passes our limits is no fault of the peer's. */
function codeOf({ kind }: Fault): number {
  return kind === 'too-large' ? ErrorCode.CANCEL : ErrorCode.PROTOCOL_ERROR;
}
