// What to send: one request with its index, and how far it has come. Never sends anything.

import type { BodyStream } from './body-stream.ts';
import type { ContentTaker, Done, Holder } from './contracts.ts';
import { EMPTY_HEADERS, type HeaderBlock, type HeadersInput } from './header-block.ts';
import { InvalidRequest } from './invalid.ts';
import { type Origin, parseUrl } from './origin.ts';
import type { Attempt, Outcome, Sent } from './outcome.ts';
import type { ProxyServer } from './proxy-server.ts';

/** What callers and input files give: a URL, or an object that names more. */
export type RequestInput = string | URL | RequestObject;

export interface RequestObject {
  readonly url: string | URL;
  readonly method?: string | undefined;
  readonly headers?: HeadersInput | undefined;
  /** Sent as it is: text as UTF-8, bytes, or what else `fetch` takes. Of this and the next four a request has one. */
  readonly body?: RequestBody | undefined;
  /** Sent as JSON, with `Content-Type: application/json` unless another is given. */
  readonly json?: unknown;
  /** Sent as a form does: `application/x-www-form-urlencoded`. */
  readonly form?: FormFields | undefined;
  /** Sent as a form with files does: `multipart/form-data`. */
  readonly multipart?: MultipartFields | FormData | undefined;
  /** The path of a file whose content is sent as it is. */
  readonly bodyFile?: string | undefined;
  /** The caller's own name for this request; it comes back in the outcome and in the record. */
  readonly id?: string | number | undefined;
}

/** A stream or an iterable is read once, so its request is never sent again; all others are replayed. */
export type RequestBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | BodyStream;

type FieldValue = string | number | boolean;
export type FormFields = Readonly<Record<string, FieldValue | readonly FieldValue[] | undefined>>;
type PartValue = FieldValue | Uint8Array | Blob | BodyStream;
/** A list is several parts of one name. */
export type MultipartFields = Readonly<Record<string, PartValue | readonly PartValue[]>>;

/** One redirect that was followed. */
export interface Hop {
  /** The URL that answered with it. */
  readonly url: string;
  readonly status: number;
  /** Where it pointed: absolute, without userinfo, with its fragment or the one inherited. The last one is the final URL. */
  readonly location: string;
}

const NO_HOPS: readonly Hop[] = [];

/** What one request wants otherwise than its session. */
export interface RequestTerms {
  /** As fetch has it: `error` makes a failure of a redirect. */
  readonly redirect: 'follow' | 'manual' | 'error';
  /** False: no cookie, login or token of the session goes with it, and no cookie is kept. */
  readonly credentials: boolean;
  /** True: its content is decoded where it is collected. */
  readonly decode: boolean;
}

/** One request on its way. The source gives it its index, which is its identity; `attempt` and `sent` move. */
export class Request {
  readonly type = 'request';
  /** Its place in the source, which sets it. */
  index: number;
  readonly method: string;
  readonly origin: Origin;
  /** Path and query, in origin-form (RFC 9112 section 3.2.1). */
  readonly target: string;
  readonly headers: HeaderBlock;
  readonly body: Uint8Array | undefined;
  readonly id: string | number | undefined;
  /** A body that is produced while it is sent, in place of `body`. */
  stream: BodyStream | undefined = undefined;

  /** How often it was given to the transport; 0 before the first time. */
  attempt = 0;
  /** How far the present attempt got. */
  sent: Sent = 'none';
  /** When it began to wait for admission, in milliseconds of the clock; 0 when it never had to. */
  queuedAtMs = 0;
  /** When the present attempt was given to the transport. */
  startedAtMs = 0;
  queueMs = 0;
  /** Set for a second attempt after a stale or broken connection: no reuse, no pipelining. */
  fresh = false;
  /** Field lines that the session adds to the present attempt (Cookie, Authorization), each with its CR LF. */
  sessionFields: string | undefined = undefined;
  /** Asks whether there is something new (RFC 9110 section 13): a field line with its CR LF. No redirect takes it along. */
  condition: string | undefined = undefined;
  /** The proxy of the present attempt. */
  proxy: ProxyServer | undefined = undefined;
  /** Takes the content as it arrives; undefined where it is collected. */
  taker: ContentTaker | undefined = undefined;
  /** The redirects that led here. */
  hops: readonly Hop[] = NO_HOPS;
  /** Who hears of the outcome, while the transport has it. */
  done: Done | undefined = undefined;
  /** Who has it in the transport: a connection, or the pool. */
  holder: Holder | undefined = undefined;
  /** How often a peer has said that it did not look at the present attempt: then it is sent again as if it never was. */
  unprocessed = 0;
  /** Nobody waits for its outcome any more. */
  cancelled = false;
  /** What it wants otherwise than its session. */
  terms: RequestTerms | undefined = undefined;
  /** Links followed from the input to it (run.add). */
  depth = 0;
  /** In flight to its host when it was dispatched, itself included; and whether more of them waited. */
  inFlight = 0;
  limited = false;
  /** How often it was sent again after an outcome that could be bettered. */
  retries = 0;
  /** Those outcomes, in short. */
  history: readonly Attempt[] | undefined = undefined;
  /** The last of them: what it comes to if it is not sent again after all. */
  pending: Outcome | undefined = undefined;
  /** Header octets of the responses that led here. */
  headBytes = 0;
  /** Called with each request that takes its place: sent again elsewhere, after a redirect or with credentials. */
  onReplaced: ((next: Request) => void) | undefined = undefined;

  constructor(
    index: number,
    method: string,
    origin: Origin,
    target: string,
    headers: HeaderBlock,
    body: Uint8Array | undefined,
    id: string | number | undefined,
  ) {
    this.index = index;
    this.method = method;
    this.origin = origin;
    this.target = target;
    this.headers = headers;
    this.body = body;
    this.id = id;
  }

  /** The URL as it is sent and shown: without userinfo and fragment. */
  get url(): string {
    return this.origin.key + this.target;
  }

  /** The URL that was asked for at first: what identifies the outcome, wherever redirects led. */
  get askedUrl(): string {
    return this.hops.length === 0 ? this.url : this.hops[0]!.url;
  }

  /** Its attempt starts now: what it waited in the transport is charged to no timeout. */
  startLater(nowMs: number): void {
    this.queueMs += nowMs - this.startedAtMs;
    this.startedAtMs = nowMs;
  }

  /** This request goes on as `next`: all that belongs to its way, and not to what is sent, goes with it. */
  replaceBy(next: Request): void {
    next.taker = this.taker;
    next.terms = this.terms;
    next.depth = this.depth;
    // What a redirect leads to takes the place of the attempt that was led there.
    next.attempt = this.attempt - 1;
    next.retries = this.retries;
    next.history = this.history;
    next.cancelled = this.cancelled;
    next.onReplaced = this.onReplaced;
    this.onReplaced?.(next);
  }

  /** Its outcome is not wanted: where it is under way it fails with kind `aborted`, now; else when its turn comes. */
  cancel(): void {
    this.cancelled = true;
    this.holder?.cancel(this);
  }

  toString(): string {
    return `request ${this.index} ${this.method} ${this.url} attempt ${this.attempt} sent ${this.sent}`;
  }
}

/** RFC 9110 section 9.2.2: sending it twice means the same as sending it once. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BODY_KEYS = ['body', 'json', 'form', 'multipart', 'bodyFile'] as const;
type BodyKey = (typeof BODY_KEYS)[number];
const encoder = new TextEncoder();

/** What all requests of a run share unless they say otherwise. */
export interface RequestDefaults {
  /** Undefined: GET, or POST where there is a body. */
  readonly method: string | undefined;
  readonly headers: HeaderBlock;
  readonly body: Uint8Array | undefined;
  /** In place of `body`; replayable where there is more than one request. */
  readonly stream?: BodyStream | undefined;
  /** The media type of `body` or `stream`, unless `headers` have one. */
  readonly contentType?: string | undefined;
  /** Makes octets of what requests name as their bodies; without it text and bytes are known alone. */
  readonly contentOf?: ContentOf | undefined;
  /** Changes path and query of every request. */
  readonly retarget?: ((target: string) => string) | undefined;
}

/** How a request may name its body, besides `json`, which needs nothing but the model. */
export type ContentKind = Exclude<BodyKey, 'json'>;

/** Octets to send, all in memory or as a stream, and their media type. */
export interface Content {
  readonly body?: Uint8Array;
  readonly stream?: BodyStream;
  readonly contentType?: string;
}

/** Throws InvalidRequest. */
export type ContentOf = (kind: ContentKind, value: unknown) => Content;

/** Makes requests out of inputs, with a run's defaults laid under each. */
export class RequestFactory {
  readonly #defaults: RequestDefaults;
  /** With the media type of the run's body. */
  readonly #bodyHeaders: HeaderBlock;
  /** No stream and no change of targets: all that the cheapest way has to ask. */
  readonly #isPlain: boolean;
  readonly method: string;
  #userinfo: string | undefined;
  #userinfoHeaders: HeaderBlock = EMPTY_HEADERS;

  constructor(defaults: RequestDefaults) {
    const { method, headers, body, stream, contentType, retarget } = defaults;
    this.#defaults = defaults;
    const bare = body === undefined && stream === undefined;
    this.method = checkMethod(method ?? (bare ? 'GET' : 'POST'));
    this.#bodyHeaders = withType(headers, headers.has('content-type') ? undefined : contentType);
    this.#isPlain = stream === undefined && retarget === undefined;
  }

  /** The same, with path and query of every request changed once more. */
  retargeted(change: (target: string) => string): RequestFactory {
    const before = this.#defaults.retarget;
    const retarget = before === undefined ? change : (target: string) => change(before(target));
    return new RequestFactory({ ...this.#defaults, retarget });
  }

  /** The run's plain request to a place already taken apart; the cheapest way in. */
  plain(index: number, origin: Origin, target: string): Request {
    const { body } = this.#defaults;
    if (this.#isPlain) {
      return new Request(index, this.method, origin, target, this.#bodyHeaders, body, undefined);
    }
    const place = this.#retargeted(target);
    const request = new Request(index, this.method, origin, place, this.#bodyHeaders, body, undefined);
    request.stream = this.#defaults.stream;
    return request;
  }

  /** Throws InvalidRequest when the input cannot be sent. */
  from(index: number, input: RequestInput): Request {
    if (typeof input === 'string') return this.#fromUrl(index, input);
    if (input instanceof URL) return this.#fromUrl(index, input.href);
    if (typeof input !== 'object' || input === null) {
      throw new InvalidRequest(`a request is a URL or an object with a url, not ${describe(input)}`);
    }
    return this.#fromObject(index, input);
  }

  #fromUrl(index: number, url: string): Request {
    const place = parseUrl(url);
    const request = this.plain(index, place.origin, place.target);
    if (place.userinfo === undefined) return request;
    const headers = this.#authorized(this.#bodyHeaders, place.userinfo);
    const { method, origin, target, body, stream } = request;
    const authorized = new Request(index, method, origin, target, headers, body, undefined);
    authorized.stream = stream;
    return authorized;
  }

  #fromObject(index: number, input: RequestObject): Request {
    if (typeof input.url !== 'string' && !(input.url instanceof URL)) {
      throw new InvalidRequest('a request object needs a url');
    }
    const place = parseUrl(String(input.url));
    const content = this.#contentOf(input);
    const { body, stream } = content ?? this.#defaults;
    let headers =
      content === undefined ? this.#bodyHeaders : withType(this.#defaults.headers, content.contentType);
    headers = headers.with(input.headers ?? undefined);
    if (place.userinfo !== undefined) headers = this.#authorized(headers, place.userinfo);
    const bare = body === undefined && stream === undefined;
    const method = checkMethod(input.method ?? this.#defaults.method ?? (bare ? 'GET' : 'POST'));
    const target = this.#retargeted(place.target);
    const request = new Request(index, method, place.origin, target, headers, body, checkId(input.id));
    request.stream = stream;
    return request;
  }

  /** The request's own body, or undefined where it has none. */
  #contentOf(input: RequestObject): Content | undefined {
    let kind: BodyKey | undefined;
    for (const key of BODY_KEYS) {
      const value = input[key];
      if (value === undefined || (value === null && key !== 'json')) continue;
      if (kind !== undefined) throw new InvalidRequest(`a request has either ${kind} or ${key}, not both`);
      kind = key;
    }
    if (kind === undefined) return undefined;
    if (kind === 'json') return { body: encoder.encode(toJson(input.json)), contentType: 'application/json' };
    return (this.#defaults.contentOf ?? plainContent)(kind, input[kind]);
  }

  #retargeted(target: string): string {
    const { retarget } = this.#defaults;
    return retarget === undefined ? target : retarget(target);
  }

  /** Userinfo of a URL becomes Basic credentials (RFC 7617), as curl and browsers do; a given field wins. */
  #authorized(headers: HeaderBlock, userinfo: string): HeaderBlock {
    if (headers.has('authorization')) return headers;
    if (headers === this.#bodyHeaders && userinfo === this.#userinfo) return this.#userinfoHeaders;
    const bytes = encoder.encode(userinfo);
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    const authorized = headers.with({ Authorization: `Basic ${btoa(binary)}` });
    if (headers === this.#bodyHeaders) {
      this.#userinfo = userinfo;
      this.#userinfoHeaders = authorized;
    }
    return authorized;
  }
}

function checkMethod(method: unknown): string {
  const text = String(method);
  if (!METHOD.test(text)) throw new InvalidRequest(`invalid method ${JSON.stringify(text.slice(0, 60))}`);
  // CONNECT makes a tunnel and has no origin-form (RFC 9110 section 9.3.6): a proxy's matter, not a request's.
  if (text === 'CONNECT') throw new InvalidRequest('CONNECT cannot be sent as a request');
  return text;
}

function checkId(id: unknown): string | number | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === 'string' || typeof id === 'number') return id;
  throw new InvalidRequest(`an id is a string or a number, not ${describe(id)}`);
}

function withType(headers: HeaderBlock, contentType: string | undefined): HeaderBlock {
  return contentType === undefined ? headers : headers.with({ 'Content-Type': contentType });
}

/** What the model knows by itself. */
function plainContent(kind: ContentKind, body: unknown): Content {
  if (kind !== 'body') throw new InvalidRequest(`${kind} is not known here; give body or json`);
  if (typeof body === 'string') return { body: encoder.encode(body) };
  if (body instanceof Uint8Array) return { body };
  throw new InvalidRequest(`a body is text or bytes, not ${describe(body)}; for JSON use json`);
}

function toJson(value: unknown): string {
  try {
    const text = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (error) {
    throw new InvalidRequest(`json cannot be serialised: ${(error as Error).message}`);
  }
  throw new InvalidRequest(`json cannot be serialised: ${describe(value)}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}
