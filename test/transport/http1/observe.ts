// Feeds octets to a ResponseParser the way a connection does, in any pieces, and writes down all that comes of them.

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Framing, ResponseHead } from '../../../src/model/response-head.ts';
import { BodyBuffer } from '../../../src/transport/body-buffer.ts';
import { HeadParser } from '../../../src/transport/http1/head-parser.ts';
import { ResponseParser } from '../../../src/transport/http1/response-parser.ts';
import type { Fault, ResponseLimits } from '../../../src/transport/response-limits.ts';

export const LIMITS: ResponseLimits = {
  headerBytesMax: 64 * 1024,
  headerCountMax: 200,
  reasonBytesMax: 1024,
  interimMax: 20,
  bodyBytesMax: 64 * 1024 * 1024,
  chunkExtensionBytesMax: 4 * 1024,
  chunkExtensionTotalBytesMax: 16 * 1024,
  trailerBytesMax: 16 * 1024,
};

export interface Observed {
  /** `complete`: the message ended, by its own framing or by the end of the stream. */
  readonly verdict: 'complete' | 'incomplete' | 'reject';
  readonly statuses: readonly number[];
  /** What was told, in order; content is one entry however many pieces it came in. */
  readonly events: readonly string[];
  readonly body: string;
  readonly trailers: string;
  readonly fault: Fault | undefined;
  /** Where the message ended in the stream; undefined where it never did by itself. */
  readonly end: number | undefined;
  /** What finish() said; undefined where the message had ended or failed. */
  readonly finished: boolean | undefined;
  /** Of the final head. */
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly framing: Framing | undefined;
}

export interface Asking {
  readonly method?: string;
  readonly limits?: Partial<ResponseLimits>;
  readonly heads?: HeadParser;
}

/** Octets around a piece which would change what is read, were they looked at. */
const POISON = [10, 48, 13, 58];
const AROUND_BYTES = 5;

export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** The stream in one piece. */
export function observe(stream: string | Buffer, asking: Asking = {}): Observed {
  return observeCut(stream, [], asking);
}

/** Cut at these positions, in ascending order. */
export function observeCut(stream: string | Buffer, cuts: readonly number[], asking: Asking = {}): Observed {
  return observeRun(stream, cuts, [asking.method ?? 'GET'], asking)[0]!;
}

export function observeBytewise(stream: string | Buffer, asking: Asking = {}): Observed {
  return observeCut(stream, everyByte(stream.length), asking);
}

/** Whole, byte by byte and in two pieces at every place: what comes of it must be the same. */
export function observeAll(stream: string | Buffer, asking: Asking = {}): Observed {
  const octets = typeof stream === 'string' ? latin1(stream) : stream;
  const whole = observe(octets, asking);
  expectSame(observeBytewise(octets, asking), whole, 'byte by byte');
  for (let cut = 1; cut < octets.length; cut++) {
    expectSame(observeCut(octets, [cut], asking), whole, `cut at ${cut}`);
  }
  return whole;
}

/** expect().toEqual() takes a hundred times as long as the parser; it is asked only for what to print. */
export function expectSame(seen: unknown, expected: unknown, where: string): void {
  if (!isDeepStrictEqual(seen, expected)) expect(seen, where).toEqual(expected);
}

/** Answers to several requests on one connection: one entry for each that was begun. */
export function observeRun(
  stream: string | Buffer,
  cuts: readonly number[],
  methods: readonly string[],
  asking: Asking = {},
): Observed[] {
  const octets = typeof stream === 'string' ? latin1(stream) : stream;
  const observer = new Observer(methods, asking);
  let from = 0;
  for (const to of [...cuts, octets.length]) {
    if (to > from) observer.read(octets, from, to);
    from = to;
  }
  return observer.close();
}

export function everyByte(length: number): number[] {
  return Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
}

class Observer {
  readonly #parser: ResponseParser;
  readonly #body: BodyBuffer;
  readonly #methods: readonly string[];
  readonly #results: Observed[] = [];
  #statuses: number[] = [];
  #events: string[] = [];
  #content = '';
  #trailers = '';
  #head: ResponseHead | undefined;
  #complete = false;

  constructor(methods: readonly string[], asking: Asking) {
    const limits = { ...LIMITS, ...asking.limits };
    this.#methods = methods;
    this.#body = new BodyBuffer(limits);
    this.#parser = new ResponseParser(limits, asking.heads ?? new HeadParser(limits), {
      onInterim: (head) => {
        this.#statuses.push(head.status);
        this.#tell(`interim ${head.status} ${head.reason} ${JSON.stringify(head.headers)}`);
      },
      onHead: (head) => {
        this.#statuses.push(head.status);
        this.#head = head;
        this.#tell(`head ${head.status} ${head.reason} ${JSON.stringify(head.headers)}`);
      },
      onContent: (b, start, end) => {
        if (end <= start) throw new Error(`a piece of content from ${start} to ${end}`);
        this.#content += b.toString('latin1', start, end);
        return this.#body.take(b, start, end, false);
      },
      onMessage: (trailerLines) => {
        this.#complete = true;
        this.#trailers = trailerLines;
        this.#tell('message');
      },
    });
    this.#parser.begin(methods[0]!);
  }

  get #over(): boolean {
    return this.#parser.state === 'faulty' || this.#results.length === this.#methods.length;
  }

  /** One read: the buffer belongs to the next read as soon as this one is done, as the one of all sockets does. */
  read(octets: Buffer, from: number, to: number): void {
    if (this.#over) return;
    const buffer = Buffer.alloc(to - from + 2 * AROUND_BYTES, POISON[from % POISON.length]);
    octets.copy(buffer, AROUND_BYTES, from, to);
    const stop = AROUND_BYTES + to - from;
    let pos = AROUND_BYTES;
    while (pos < stop && !this.#over) {
      const after = this.#parser.execute(buffer, pos, stop);
      if (after <= pos || after > stop) throw new Error(`execute() went from ${pos} to ${after} of ${stop}`);
      pos = after;
      if (this.#complete) this.#next(from + pos - AROUND_BYTES);
      else if (this.#parser.state !== 'faulty' && pos < stop)
        throw new Error('octets of the message were left');
    }
    buffer.fill(0xee);
  }

  #next(end: number): void {
    if (this.#parser.state !== 'idle') throw new Error(`a message ended in state ${this.#parser.state}`);
    this.#results.push(this.#result(end, undefined));
    const method = this.#methods[this.#results.length];
    if (method === undefined) return;
    this.#statuses = [];
    this.#events = [];
    this.#trailers = '';
    this.#head = undefined;
    this.#complete = false;
    this.#parser.begin(method);
    if (this.#parser.started) throw new Error('a message has started before its first octet');
  }

  close(): Observed[] {
    if (this.#results.length === this.#methods.length) return this.#results;
    // Dripped octets are not looked at again one by one, so a fault may be found by finish() or before it.
    const said = this.#parser.state === 'faulty' ? false : this.#parser.finish();
    if (said !== this.#complete) throw new Error('finish() said one thing and told another');
    const faulty = this.#parser.state === 'faulty';
    if ((this.#parser.fault !== undefined) !== faulty) throw new Error('a fault without its state');
    this.#results.push(this.#result(undefined, faulty ? undefined : said));
    return this.#results;
  }

  #result(end: number | undefined, finished: boolean | undefined): Observed {
    const { fault } = this.#parser;
    if (this.#content !== '') this.#tell('cut short');
    const body = this.#body.release().toString('latin1');
    // How much of a body was taken before it passed its limit depends on the pieces; nobody is given it.
    const refused = fault?.message.startsWith('a body beyond') === true;
    return {
      verdict: fault !== undefined ? 'reject' : this.#complete ? 'complete' : 'incomplete',
      statuses: this.#statuses,
      events: refused ? this.#events.filter((event) => !/^content|^cut short/.test(event)) : this.#events,
      body: refused ? '' : body,
      trailers: this.#trailers,
      fault,
      end,
      finished,
      headers: this.#head?.headers ?? [],
      framing: this.#head?.framing,
    };
  }

  #tell(event: string): void {
    if (this.#content !== '') this.#events.push(`content ${this.#content}`);
    this.#content = '';
    this.#events.push(event);
  }
}
