// What to send: one request with its index, and how far it has come. Never sends anything.

import type { BodyStream } from './body-stream.ts';
import type { ContentTaker, Done } from './contracts.ts';
import { EMPTY_HEADERS, type HeaderBlock, type HeadersInput } from './header-block.ts';
import { InvalidRequest } from './invalid.ts';
import { type Origin, parseUrl } from './origin.ts';
import type { Sent } from './outcome.ts';
import type { ProxyServer } from './proxy-server.ts';

/** What callers and input files give: a URL, or an object that names more. */
export type RequestInput = string | URL | RequestObject;

export interface RequestObject {
  readonly url: string | URL;
  readonly method?: string | undefined;
  readonly headers?: HeadersInput | undefined;
  /** Sent as it is: text as UTF-8, or bytes. */
  readonly body?: string | Uint8Array | undefined;
  /** Sent as JSON, with `Content-Type: application/json` unless another is given. */
  readonly json?: unknown;
  /** The caller's own name for this request; it comes back in the outcome and in the record. */
  readonly id?: string | number | undefined;
}

/** One redirect that was followed. */
export interface Hop {
  /** The URL that answered with it. */
  readonly url: string;
  readonly status: number;
  /** Where it pointed: absolute, without userinfo, with its fragment or the one inherited. The last one is the final URL. */
  readonly location: string;
}

const NO_HOPS: readonly Hop[] = [];

/** One request on its way. The source gives it its index, which is its identity; `attempt` and `sent` move. */
export class Request {
  readonly type = 'request';
  readonly index: number;
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
  /** The proxy of the present attempt. */
  proxy: ProxyServer | undefined = undefined;
  /** Takes the content as it arrives; undefined where it is collected. */
  taker: ContentTaker | undefined = undefined;
  /** The redirects that led here. */
  hops: readonly Hop[] = NO_HOPS;
  /** Who hears of the outcome, while the transport has it. */
  done: Done | undefined = undefined;

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
const encoder = new TextEncoder();

/** What all requests of a run share unless they say otherwise. */
export interface RequestDefaults {
  /** Undefined: GET, or POST where there is a body. */
  readonly method: string | undefined;
  readonly headers: HeaderBlock;
  readonly body: Uint8Array | undefined;
}

/** Makes requests out of inputs, with a run's defaults laid under each. */
export class RequestFactory {
  readonly #defaults: RequestDefaults;
  readonly #bodyHeaders: HeaderBlock;
  readonly method: string;
  #userinfo: string | undefined;
  #userinfoHeaders: HeaderBlock = EMPTY_HEADERS;

  constructor(defaults: RequestDefaults) {
    this.#defaults = defaults;
    this.method = checkMethod(defaults.method ?? (defaults.body === undefined ? 'GET' : 'POST'));
    this.#bodyHeaders = defaults.headers;
  }

  /** The run's plain request to a place already taken apart; the cheapest way in. */
  plain(index: number, origin: Origin, target: string): Request {
    return new Request(index, this.method, origin, target, this.#bodyHeaders, this.#defaults.body, undefined);
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
    return new Request(index, this.method, place.origin, place.target, headers, request.body, undefined);
  }

  #fromObject(index: number, input: RequestObject): Request {
    if (typeof input.url !== 'string' && !(input.url instanceof URL)) {
      throw new InvalidRequest('a request object needs a url');
    }
    const place = parseUrl(String(input.url));
    if (input.json !== undefined && input.body !== undefined) {
      throw new InvalidRequest('a request has either body or json, not both');
    }
    let headers = this.#defaults.headers;
    let body = this.#defaults.body;
    if (input.json !== undefined) {
      body = encoder.encode(toJson(input.json));
      headers = headers.with({ 'Content-Type': 'application/json' });
    } else if (input.body !== undefined && input.body !== null) {
      body = toBytes(input.body);
    }
    headers = headers.with(input.headers ?? undefined);
    if (place.userinfo !== undefined) headers = this.#authorized(headers, place.userinfo);
    const method = input.method ?? this.#defaults.method ?? (body === undefined ? 'GET' : 'POST');
    return new Request(
      index,
      checkMethod(method),
      place.origin,
      place.target,
      headers,
      body,
      checkId(input.id),
    );
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

function toBytes(body: unknown): Uint8Array {
  if (typeof body === 'string') return encoder.encode(body);
  if (body instanceof Uint8Array) return body;
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
