// What comes of a request: a Response or a Failure, exactly one each. Pure data; nothing here sends or waits.

import type { Hop, Request } from './request.ts';
import { type ResponseHead, readFieldLines } from './response-head.ts';

/** How far a request got on the wire: this, not its method alone, decides what may be sent again. */
export type Sent =
  | 'none'
  | 'partial'
  | 'whole'
  | 'response'
  /** an earlier process was cut off while it was under way */
  | 'unknown';

/** Where it failed, in the order in which a request goes through them. */
export type Phase = 'input' | 'queue' | 'dns' | 'connect' | 'tls' | 'send' | 'headers' | 'body';

/** What went wrong there. */
export type Kind =
  /** no request: a bad URL, header or line (phase input) */
  | 'invalid'
  | 'timeout'
  | 'refused'
  | 'reset'
  /** the peer closed before the response was whole */
  | 'closed'
  | 'unreachable'
  /** the name has no address */
  | 'not-found'
  /** this machine ran out of descriptors or ports */
  | 'resources'
  /** the certificate was not accepted */
  | 'certificate'
  /** the proxy refused or did not understand */
  | 'proxy'
  /** what came was not HTTP as RFC 9112 and RFC 9113 have it */
  | 'protocol'
  /** one of the limits on what a peer may send was passed */
  | 'too-large'
  /** the response is not what the caller expects of one (failOn) */
  | 'unexpected'
  /** the host is down: too many requests to it have failed */
  | 'host-down'
  /** the caller stopped it */
  | 'aborted'
  | 'unknown';

export type Outcome = Response | Failure;

/** One attempt of a request that was sent again after it. */
export interface Attempt {
  /** What answered, unless it failed. */
  readonly status?: number;
  readonly error?: { readonly phase: Phase; readonly kind: Kind; readonly sent: Sent };
  /** What it took. */
  readonly ms: number;
  /** How long the next attempt was put off. */
  readonly waitMs: number;
}

/** Milliseconds by phase. What a reused connection had done before costs nothing: 0. */
export interface Timings {
  /** waiting for admission; not part of `totalMs` and charged to no timeout */
  readonly queueMs: number;
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  /** from the start of the attempt to the first byte of the final response */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** What making the connection cost; shared by the requests that use it. */
export interface ConnectionTimings {
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
}

export const REUSED: ConnectionTimings = { dnsMs: 0, connectMs: 0, tlsMs: 0 };

/** A body that is kept elsewhere than in memory. */
export interface StoredBody {
  readonly bytes: number;
  /** As records name it. */
  readonly file: string;
}

/** A response that arrived whole, whatever its status. */
export class Response {
  readonly type = 'response';
  readonly request: Request;
  readonly status: number;
  /** Content as it came, transfer coding removed. */
  readonly body: Buffer;
  /** Milliseconds from the start of the attempt until the response was whole. */
  readonly ms: number;
  readonly firstByteMs: number;
  readonly remoteAddress: string;
  readonly attempts: number;
  /** What `extract` found, by name; null where it found nothing. Undefined where nothing was to be extracted. */
  extracted: Readonly<Record<string, unknown>> | undefined = undefined;
  /** With `dedupe`: the index of an equal request that was sent in its place. Then it has that one's status alone: no
   *  fields, no body, no time. */
  duplicateOf: number | undefined = undefined;
  /** Where its body is, when not in memory: then `body` is empty. */
  stored: StoredBody | undefined = undefined;
  /** Its body before its content codings were undone, where a sink wants it (Sink.takesEncoded) and there were any. */
  encoded: Buffer | undefined = undefined;
  readonly #connection: ConnectionTimings;
  readonly #head: ResponseHead;
  readonly #trailerLines: string;

  constructor(
    request: Request,
    head: ResponseHead,
    body: Buffer,
    trailerLines: string,
    ms: number,
    firstByteMs: number,
    connection: ConnectionTimings,
    remoteAddress: string,
  ) {
    this.request = request;
    this.status = head.status;
    this.body = body;
    this.ms = ms;
    this.firstByteMs = firstByteMs;
    this.attempts = request.attempt;
    this.remoteAddress = remoteAddress;
    this.#connection = connection;
    this.#head = head;
    this.#trailerLines = trailerLines;
  }

  get index(): number {
    return this.request.index;
  }

  get id(): string | number | undefined {
    return this.request.id;
  }

  get url(): string {
    return this.request.url;
  }

  get method(): string {
    return this.request.method;
  }

  /** As fetch has it: a status of 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The attempts before this one, where there were any that came to something. */
  get history(): readonly Attempt[] | undefined {
    return this.request.history;
  }

  /** Octets that say whether the host sells a quota (RateLimit). */
  get fieldLines(): string {
    return this.#head.fieldLines;
  }

  /** The redirects that led here, in their order. */
  get redirects(): readonly Hop[] {
    return this.request.hops;
  }

  /** `1.0`, `1.1` (what else calls itself 1.x is spoken to as that) or `2`. */
  get httpVersion(): string {
    const { version } = this.#head;
    return version === '1.0' || version === '2' ? version : '1.1';
  }

  /** The reason phrase; means nothing to programs (RFC 9112 section 4). */
  get reason(): string {
    return this.#head.reason;
  }

  /** As it came, without its line end. */
  get statusLine(): string {
    const { version, status, reason } = this.#head;
    return `HTTP/${version} ${String(status).padStart(3, '0')} ${reason}`;
  }

  /** True where the body came in chunks, which are no part of it. */
  get isChunked(): boolean {
    return this.#head.framing.transferEncoding === 'chunked';
  }

  /** True where a session has nothing to do: no redirect, no cookie, no content coding. Equal heads share the answer. */
  get isPlain(): boolean {
    return this.#head.isPlain;
  }

  /** Octets of its field lines. */
  get headBytes(): number {
    return this.#head.fieldLines.length;
  }

  /** Every field line in the order of arrival, names as they came, values as octets (latin1). */
  get headers(): ReadonlyArray<readonly [string, string]> {
    return this.#head.headers;
  }

  get trailers(): ReadonlyArray<readonly [string, string]> {
    return readFieldLines(this.#trailerLines);
  }

  /** The value of a field, several lines joined by `, ` (not so for Set-Cookie: take `headerAll`). */
  header(name: string): string | undefined {
    const values = this.headerAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  headerAll(name: string): string[] {
    return this.#head.all(name);
  }

  /** The media type in lower case without parameters, or an empty string. */
  get mediaType(): string {
    return this.#head.mediaType;
  }

  /** Length of its body, in memory or not. */
  get bytes(): number {
    return this.stored === undefined ? this.body.length : this.stored.bytes;
  }

  /** The body as text: the charset of Content-Type where TextDecoder knows it, else UTF-8 (bad bytes become U+FFFD). */
  text(): string {
    const { charset } = this.#head;
    if (charset === 'utf-8') return utf8(this.body);
    try {
      return new TextDecoder(charset).decode(this.body);
    } catch {
      return utf8(this.body);
    }
  }

  /** The body parsed as JSON, which is UTF-8 whatever Content-Type says (RFC 8259 section 8.1). */
  json<T = unknown>(): T {
    return JSON.parse(utf8(this.body)) as T;
  }

  /** The same response with its content decoded. `encoded`: what it was before, where somebody wants that too. */
  withBody(body: Buffer, encoded = this.encoded): Response {
    const response = this.#with(this.#head, body);
    response.encoded = encoded;
    return response;
  }

  /** The same response with its body elsewhere. `head`: of its first part, where it came in several. */
  withStored(stored: StoredBody, head: ResponseHead): Response {
    const response = this.#with(head, this.body);
    response.stored = stored;
    return response;
  }

  #with(head: ResponseHead, body: Buffer): Response {
    const { ms, firstByteMs, remoteAddress } = this;
    const response = new Response(
      this.request,
      head,
      body,
      this.#trailerLines,
      ms,
      firstByteMs,
      this.#connection,
      remoteAddress,
    );
    response.extracted = this.extracted;
    response.duplicateOf = this.duplicateOf;
    return response;
  }

  get timings(): Timings {
    const { dnsMs, connectMs, tlsMs } = this.#connection;
    const { queueMs } = this.request;
    return { queueMs, dnsMs, connectMs, tlsMs, firstByteMs: this.firstByteMs, totalMs: this.ms };
  }

  toString(): string {
    return `response ${this.index} ${this.status} ${this.bytes} bytes ${this.ms.toFixed(1)} ms`;
  }
}

/** Buffer's own decoder, a tenth of TextDecoder's cost on small bodies; a byte order mark is dropped as fetch does. */
function utf8(bytes: Buffer): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', marked ? 3 : 0);
}

/** What stands where no response does. Data, never thrown by flurry itself. */
export class Failure {
  readonly type = 'failure';
  index: number;
  readonly id: string | number | undefined;
  /** For phase `input`: the text that is no request, shortened. */
  readonly url: string;
  readonly method: string;
  readonly phase: Phase;
  readonly kind: Kind;
  readonly sent: Sent;
  readonly message: string;
  readonly cause: unknown;
  readonly attempts: number;
  readonly ms: number;
  /** Where in the input it stood, for phase `input`; from 1. */
  readonly line: number | undefined;
  /** Of the response that is not what was expected (kind `unexpected`). */
  readonly status: number | undefined;
  /** The attempts before the last one, where there were any that came to something. */
  readonly history: readonly Attempt[] | undefined;
  /** With `dedupe`: the index of an equal request that was sent in its place, and failed. */
  readonly duplicateOf: number | undefined;
  /** True where the wire knows that sending once more, on a fresh connection, repeats nothing (RFC 9110 section 9.2.2). */
  resend = false;

  constructor(fields: FailureFields) {
    this.index = fields.index;
    this.id = fields.id;
    this.url = fields.url;
    this.method = fields.method;
    this.phase = fields.phase;
    this.kind = fields.kind;
    this.sent = fields.sent;
    this.message = fields.message;
    this.cause = fields.cause;
    this.attempts = fields.attempts;
    this.ms = fields.ms;
    this.line = fields.line;
    this.status = fields.status;
    this.history = fields.history;
    this.duplicateOf = fields.duplicateOf;
  }

  static ofInput(index: number, text: string, message: string, line?: number): Failure {
    return new Failure({
      index,
      url: text,
      method: '',
      phase: 'input',
      kind: 'invalid',
      sent: 'none',
      message: line === undefined ? message : `line ${line}: ${message}`,
      attempts: 0,
      ms: 0,
      line,
    });
  }

  static of(
    request: Request,
    phase: Phase,
    kind: Kind,
    message: string,
    ms: number,
    cause?: unknown,
  ): Failure {
    return new Failure({
      index: request.index,
      id: request.id,
      url: request.askedUrl,
      method: request.method,
      phase,
      kind,
      sent: request.sent,
      message,
      cause,
      attempts: request.attempt,
      history: request.history,
      ms,
    });
  }

  toString(): string {
    return `failure ${this.index} ${this.phase}/${this.kind} sent ${this.sent}: ${this.message}`;
  }
}

export interface FailureFields {
  index: number;
  id?: string | number | undefined;
  url: string;
  method: string;
  phase: Phase;
  kind: Kind;
  sent: Sent;
  message: string;
  cause?: unknown;
  attempts: number;
  ms: number;
  line?: number | undefined;
  status?: number | undefined;
  history?: readonly Attempt[] | undefined;
  duplicateOf?: number | undefined;
}
