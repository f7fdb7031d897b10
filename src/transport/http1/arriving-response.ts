// The response that is arriving: what of it has come, and when. Decides nothing about its connection.

import type { ContentControl, ContentTaker } from '../../model/contracts.ts';
import { type ConnectionTimings, Response } from '../../model/outcome.ts';
import type { Request } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response-head.ts';
import { BodyBuffer } from '../body-buffer.ts';
import type { Fault, ResponseLimits } from '../response-limits.ts';
import type { HeadParser } from './head-parser.ts';
import { type ParserEvents, ResponseParser } from './response-parser.ts';

export class ArrivingResponse implements ParserEvents {
  /** Of the final response, once it is there. */
  head: ResponseHead | undefined;
  /** It is whole: `take` hands it out. */
  complete = false;
  /** 100 Continue has come: the peer wants the body. */
  continued = false;
  /** Who takes its content as it arrives; it wants no more for now while `holds`. */
  taker: ContentTaker | undefined;
  holds = false;
  readonly #parser: ResponseParser;
  readonly #body: BodyBuffer;
  #request: Request | undefined;
  #control: ContentControl | undefined;
  #firstByteMs = 0;
  #trailerLines = '';

  constructor(limits: ResponseLimits, heads: HeadParser) {
    this.#parser = new ResponseParser(limits, heads, this);
    this.#body = new BodyBuffer(limits);
  }

  /** What arrives from now on answers this request. `control`: for who takes its content. */
  begin(request: Request, control: ContentControl | undefined): void {
    if (control === undefined) this.#parser.begin(request.method);
    else this.#parser.begin(request.method, Number.POSITIVE_INFINITY);
    this.#request = request;
    this.#control = control;
    this.head = undefined;
    this.taker = undefined;
    this.holds = false;
    this.continued = false;
    this.#firstByteMs = 0;
  }

  /** Its request is over. What this very read holds of it yet is nobody's. */
  abandon(): void {
    this.#request = undefined;
    this.taker = undefined;
  }

  /** Why it cannot be taken; then nothing more of this connection can. */
  get fault(): Fault | undefined {
    return this.#parser.state === 'faulty' ? this.#parser.fault : undefined;
  }

  /** True once an octet has come, if only of an interim response. */
  get started(): boolean {
    return this.#parser.started;
  }

  /** True for a body whose end is the end of its connection. */
  get endsWithConnection(): boolean {
    return this.#parser.state === 'close';
  }

  /** Returns the position behind what belongs to it. */
  execute(b: Buffer, start: number, end: number, nowMs: number): number {
    if (this.#firstByteMs === 0) this.#firstByteMs = nowMs;
    const after = this.#parser.execute(b, start, end);
    // An interim response came before it in this very read.
    if (this.#firstByteMs === 0 && this.head !== undefined) this.#firstByteMs = nowMs;
    return after;
  }

  /** The connection has ended cleanly. True when the response is whole by that. */
  finish(): boolean {
    return this.#parser.finish();
  }

  take(request: Request, nowMs: number, connection: ConnectionTimings, remoteAddress: string): Response {
    this.complete = false;
    const { startedAtMs } = request;
    return new Response(
      request,
      this.head!,
      this.#body.release(),
      this.#trailerLines,
      nowMs - startedAtMs,
      this.#firstByteMs - startedAtMs,
      connection,
      remoteAddress,
    );
  }

  // ── what the parser tells ───────────────────────────────────────────────────────────────────────────────

  onInterim(head: ResponseHead): void {
    this.#firstByteMs = 0;
    if (head.status === 100) this.continued = true;
  }

  onHead(head: ResponseHead): void {
    const request = this.#request;
    if (request === undefined) return;
    this.head = head;
    if (this.#control === undefined || request.taker === undefined) return;
    let takes = false;
    try {
      takes = request.taker.onHead(request, head, this.#control);
    } catch (error) {
      this.#control.cancel(error);
    }
    // It may have cancelled the request.
    if (takes && this.#request === request) this.taker = request.taker;
  }

  onContent(b: Buffer, start: number, end: number): Fault | undefined {
    if (this.taker !== undefined) {
      this.#give(this.taker, b, start, end);
      return undefined;
    }
    if (this.#request === undefined) return undefined;
    const { contentLength } = this.head!.framing;
    const whole = this.#body.length === 0 && contentLength === end - start;
    return this.#body.take(b, start, end, whole, contentLength);
  }

  #give(taker: ContentTaker, b: Buffer, start: number, end: number): void {
    try {
      if (!taker.onContent(b, start, end)) this.holds = true;
    } catch (error) {
      this.#control!.cancel(error);
    }
  }

  onMessage(trailerLines: string): void {
    this.#trailerLines = trailerLines;
    this.complete = true;
  }
}
