// One stream of a connection: a request that is under way, what of its response has come, and both of its windows. A
// place that one request after the other takes: nothing is made for each. Sends nothing and reads no frames.

import type { ContentControl, ContentTaker } from '../../model/contracts.ts';
import { type ConnectionTimings, REUSED, Response } from '../../model/outcome.ts';
import type { Request } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response-head.ts';
import { BodyBuffer } from '../body-buffer.ts';
import { type Fault, malformed, type ResponseLimits } from '../response-limits.ts';
import type { SendingBody } from './sending-body.ts';

export class Stream {
  id = 0;
  /** Undefined while the place is empty. */
  request: Request | undefined;
  /** When its silence has lasted too long. */
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Of the final response, once it is there. */
  head: ResponseHead | undefined;
  /** Interim responses so far. */
  interims = 0;
  /** 100 Continue has come: the peer wants the body. */
  continued = false;
  /** Who takes its content as it arrives; it wants no more for now while `holds`. */
  taker: ContentTaker | undefined;
  holds = false;
  trailerLines = '';
  /** What the peer may send yet, and what it has sent that it was not given back. */
  receiveWindow = 0;
  uncredited = 0;
  /** What may be sent; negative where SETTINGS took away more than was left (RFC 9113 section 6.9.2). */
  sendWindow = 0;
  /** The body of the request, as long as some of it is to be sent. */
  sending: SendingBody | undefined;
  readonly #body: BodyBuffer;
  #control: ContentControl | undefined;
  #connection: ConnectionTimings = REUSED;
  #firstByteMs = 0;
  #contentBytes = 0;

  constructor(limits: ResponseLimits) {
    this.#body = new BodyBuffer(limits);
  }

  begin(
    id: number,
    request: Request,
    connection: ConnectionTimings,
    control: ContentControl | undefined,
  ): void {
    this.id = id;
    this.request = request;
    this.#connection = connection;
    this.#control = control;
    this.#contentBytes = 0;
    this.interims = 0;
    this.uncredited = 0;
  }

  /** Its request is over; what it held of the response is let go. */
  end(): void {
    this.request = undefined;
    this.head = undefined;
    this.taker = undefined;
    this.holds = false;
    this.continued = false;
    this.trailerLines = '';
    this.#control = undefined;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.sending?.close();
    this.sending = undefined;
    if (this.#body.length > 0) this.#body.release();
  }

  /** Nothing has come of its response, and its body can be had once more. */
  get isRepeatable(): boolean {
    return this.head === undefined && this.sending?.body.isSpent !== true;
  }

  /** Nobody has heard of its response yet, and its body can be had once more. */
  get isCollected(): boolean {
    return this.taker === undefined && this.sending?.body.isSpent !== true;
  }

  onHead(head: ResponseHead, nowMs: number): void {
    const { request } = this;
    this.head = head;
    this.#firstByteMs = nowMs;
    request!.sent = 'response';
    if (this.#control === undefined || request!.taker === undefined) return;
    let takes = false;
    try {
      takes = request!.taker.onHead(request!, head, this.#control);
    } catch (error) {
      this.#control.cancel(error);
    }
    // It may have cancelled the request.
    if (takes && this.request === request) this.taker = request!.taker;
  }

  /** `last`: no more will come. The fault is that of what came. */
  onContent(b: Buffer, start: number, end: number, last: boolean): Fault | undefined {
    const { status, framing } = this.head!;
    if (hasNone(this.request!.method, status)) {
      return malformed(`content in a response to ${this.request!.method} with status ${status}`);
    }
    this.#contentBytes += end - start;
    const { contentLength } = framing;
    if (contentLength !== undefined && this.#contentBytes > contentLength)
      return this.#wrongLength('more than');
    if (this.taker !== undefined) {
      this.#give(this.taker, b, start, end);
      return undefined;
    }
    const whole = this.#body.length === 0 && (last || contentLength === end - start);
    return this.#body.take(b, start, end, whole, contentLength);
  }

  #give(taker: ContentTaker, b: Buffer, start: number, end: number): void {
    try {
      const takesMore = taker.onContent(b, start, end);
      // It may have cancelled the request, and another one may have this place.
      if (!takesMore && this.taker === taker) this.holds = true;
    } catch (error) {
      this.#control!.cancel(error);
    }
  }

  /** What is wrong with a response that has ended here (RFC 9113 section 8.1.1). */
  endFault(): Fault | undefined {
    if (this.head === undefined) return malformed('the end of a stream in place of a final response');
    const { contentLength } = this.head.framing;
    if (contentLength === undefined || contentLength === this.#contentBytes) return undefined;
    // HEAD and 304 say how long the content would be (RFC 9110 section 8.6).
    if (hasNone(this.request!.method, this.head.status) && !Number.isNaN(contentLength)) return undefined;
    return this.#wrongLength('less than');
  }

  #wrongLength(relation: string): Fault {
    const { contentLength } = this.head!.framing;
    if (Number.isNaN(contentLength)) return malformed('a content-length that is none');
    return malformed(`${relation} the ${contentLength} bytes that its content-length says`);
  }

  /** The response, which is whole. */
  take(nowMs: number, remoteAddress: string): Response {
    const request = this.request!;
    const { startedAtMs } = request;
    return new Response(
      request,
      this.head!,
      this.#body.release(),
      this.trailerLines,
      nowMs - startedAtMs,
      this.#firstByteMs - startedAtMs,
      this.#connection,
      remoteAddress,
    );
  }
}

/** RFC 9110 section 6.4.1. */
function hasNone(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/** How far its request has come. */
export function phaseOf({ head, request }: Stream): 'send' | 'headers' | 'body' {
  if (head !== undefined) return 'body';
  return request!.sent === 'partial' ? 'send' : 'headers';
}
