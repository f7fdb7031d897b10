// Responses out of octets (RFC 9112): pure, incremental, told what was asked. It knows no socket and no time; how
// the octets are split never changes what comes out.

import type { ResponseHead } from '../../model/response-head.ts';
import { type Fault, malformed, type ResponseLimits, tooLarge } from '../response-limits.ts';
import { Carry } from './carry.ts';
import { ChunkedDecoder } from './chunked.ts';
import { FAULTY, MORE } from './field-lines.ts';
import type { HeadParser } from './head-parser.ts';

/** What the parser tells, in this order: heads of interim responses, the head, content, the end. */
export interface ParserEvents {
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** Octets valid during the call only. A fault refuses them: the message ends there. */
  onContent(b: Buffer, start: number, end: number): Fault | undefined;
  onMessage(trailerLines: string): void;
}

/**
 *   idle ──begin──► head ──► length ──► (message) ─► idle
 *                    │  ├───► chunked ─► (message) ─► idle
 *                    │  └───► close ──── finish ───► (message) ─► idle
 *                    └ 1xx: head again
 *   any ──► faulty: final
 */
export type ParserState = 'idle' | 'head' | 'length' | 'chunked' | 'close' | 'faulty';

export class ResponseParser {
  state: ParserState = 'idle';
  fault: Fault | undefined;
  readonly #limits: ResponseLimits;
  readonly #events: ParserEvents;
  readonly #heads: HeadParser;
  readonly #carry: Carry;
  #chunked: ChunkedDecoder | undefined;
  #noContent = false;
  #remaining = 0;
  #contentBytesMax = 0;
  #interims = 0;
  #headerBytes = 0;

  constructor(limits: ResponseLimits, heads: HeadParser, events: ParserEvents) {
    this.#limits = limits;
    this.#heads = heads;
    this.#events = events;
    this.#carry = new Carry(limits.headerBytesMax);
  }

  /** The next message answers a request of this method. A Content-Length beyond `contentBytesMax` is refused at once. */
  begin(method: string, contentBytesMax = this.#limits.bodyBytesMax): void {
    this.state = 'head';
    this.#contentBytesMax = contentBytesMax;
    this.#noContent = method === 'HEAD';
    this.#interims = 0;
    this.#headerBytes = 0;
    this.#carry.clear();
  }

  /** True once an octet of the present message has been seen. */
  get started(): boolean {
    return this.#carry.length > 0 || this.#headerBytes > 0;
  }

  /** Consumes octets up to the end of the message at most; returns the position behind what it took. */
  execute(b: Buffer, start: number, end: number): number {
    let pos = start;
    while (pos < end && this.state !== 'idle' && this.state !== 'faulty') {
      switch (this.state) {
        case 'head':
          pos = this.#head(b, pos, end);
          break;
        case 'length':
          pos = this.#length(b, pos, end);
          break;
        case 'chunked':
          pos = this.#chunks(b, pos, end);
          break;
        case 'close':
          this.#content(b, pos, end);
          pos = end;
          break;
        default:
          return unreachable(this.state);
      }
    }
    return pos;
  }

  /** The stream has ended cleanly. True when the message is whole by that; false when it is cut short or faulty. */
  finish(): boolean {
    if (this.state === 'close') {
      this.#end('');
      return true;
    }
    if (this.state === 'head' && this.#carry.length > 0) {
      const { bytes, from, to } = this.#carry.all;
      if (this.#heads.parse(bytes, from, to, true) === FAULTY) this.#faulty(this.#heads.fault!);
    }
    if (this.state === 'chunked') {
      const fault = this.#chunked!.finish();
      if (fault !== undefined) this.#faulty(fault);
    }
    return false;
  }

  #head(b: Buffer, start: number, end: number): number {
    if (this.#carry.length === 0) {
      // A head that came whole, as nearly all do, costs no object.
      const after = this.#heads.parse(b, start, end);
      if (after > 0) return this.#headIsWhole(after - start, after);
    }
    const { bytes, from, to, before, ripe } = this.#carry.with(b, start, end);
    const after = ripe ? this.#heads.parse(bytes, from, to) : MORE;
    if (after === MORE) {
      this.#carry.keep(b, start, end);
      return end;
    }
    if (after === FAULTY) {
      this.#faulty(this.#heads.fault!);
      return end;
    }
    this.#carry.clear();
    return this.#headIsWhole(after - from, start + (after - from - before));
  }

  /** Returns `position`, which is behind it, as long as the limit holds. */
  #headIsWhole(length: number, position: number): number {
    this.#headerBytes += length;
    if (this.#headerBytes > this.#limits.headerBytesMax) {
      const max = this.#limits.headerBytesMax;
      this.#faulty(tooLarge('header sections, 1xx included,', max, 'headerBytesMax'));
    } else this.#begun(this.#heads.head!);
    return position;
  }

  /** The order of RFC 9112 section 6.3. */
  #begun(head: ResponseHead): void {
    const { status, framing } = head;
    if (status >= 100 && status < 200) return this.#interim(head);
    if (this.#noContent || status === 204 || status === 304) {
      this.#events.onHead(head);
      return this.#end('');
    }
    if (framing.transferEncoding === 'chunked') {
      this.state = 'chunked';
      this.#chunked ??= new ChunkedDecoder(this.#limits, (b, from, to) =>
        this.#events.onContent(b, from, to),
      );
      this.#chunked.begin();
      return this.#events.onHead(head);
    }
    if (framing.transferEncoding === 'other' || framing.contentLength === undefined) {
      this.state = 'close';
      return this.#events.onHead(head);
    }
    if (Number.isNaN(framing.contentLength)) return this.#faulty(malformed('an invalid Content-Length'));
    if (framing.contentLength > this.#contentBytesMax) {
      return this.#faulty(tooLarge('a body', this.#contentBytesMax, 'bodyBytesMax'));
    }
    this.state = 'length';
    this.#remaining = framing.contentLength;
    this.#events.onHead(head);
    if (this.#remaining === 0) this.#end('');
  }

  #interim(head: ResponseHead): void {
    // RFC 9110 section 7.8: 101 answers an Upgrade, which is never sent.
    if (head.status === 101)
      return this.#faulty(malformed('101 Switching Protocols, which nobody asked for'));
    this.#interims++;
    if (this.#interims > this.#limits.interimMax) {
      return this.#faulty(tooLarge('interim responses', this.#limits.interimMax, 'interimMax'));
    }
    this.#events.onInterim(head);
  }

  #length(b: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#remaining);
    this.#remaining -= stop - start;
    this.#content(b, start, stop);
    if (this.#remaining === 0 && this.state === 'length') this.#end('');
    return stop;
  }

  #chunks(b: Buffer, start: number, end: number): number {
    const chunked = this.#chunked!;
    const after = chunked.execute(b, start, end);
    if (after === FAULTY) this.#faulty(chunked.fault!);
    if (after < 0) return end;
    this.#end(chunked.trailerLines);
    return after;
  }

  #content(b: Buffer, start: number, end: number): void {
    const fault = this.#events.onContent(b, start, end);
    if (fault !== undefined) this.#faulty(fault);
  }

  #end(trailerLines: string): void {
    this.state = 'idle';
    this.#events.onMessage(trailerLines);
  }

  #faulty(fault: Fault): void {
    this.state = 'faulty';
    this.fault = fault;
  }
}

function unreachable(state: never): never {
  throw new Error(`no such parser state: ${String(state)}`);
}
