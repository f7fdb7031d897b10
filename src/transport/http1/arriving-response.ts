// The response that is arriving: what of it has come, and when. Decides nothing about its connection.

import { type ConnectionTimings, Response } from '../../model/outcome.ts';
import type { Request } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response-head.ts';
import { BodyBuffer } from './body-buffer.ts';
import type { HeadParser } from './head-parser.ts';
import type { Fault, ResponseLimits } from './limits.ts';
import { type ParserEvents, ResponseParser } from './response-parser.ts';

export class ArrivingResponse implements ParserEvents {
  /** Of the final response, once it is there. */
  head: ResponseHead | undefined;
  /** It is whole: `take` hands it out. */
  complete = false;
  readonly #parser: ResponseParser;
  readonly #body: BodyBuffer;
  #firstByteMs = 0;
  #trailerLines = '';

  constructor(limits: ResponseLimits, heads: HeadParser) {
    this.#parser = new ResponseParser(limits, heads, this);
    this.#body = new BodyBuffer(limits);
  }

  /** What arrives from now on answers a request of this method. */
  begin(method: string): void {
    this.#parser.begin(method);
    this.head = undefined;
    this.#firstByteMs = 0;
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

  onInterim(): void {
    this.#firstByteMs = 0;
  }

  onHead(head: ResponseHead): void {
    this.head = head;
  }

  onContent(b: Buffer, start: number, end: number): Fault | undefined {
    const { contentLength } = this.head!.framing;
    return this.#body.take(b, start, end, this.#body.length === 0 && contentLength === end - start);
  }

  onMessage(trailerLines: string): void {
    this.#trailerLines = trailerLines;
    this.complete = true;
  }
}
