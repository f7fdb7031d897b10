// What a 3xx response asks for next (RFC 9110 section 15.4), decided from request and response alone.
// Never sends: whoever follows gives the new request to the scheduler again.

import type { HeaderBlock } from '../model/header-block.ts';
import { InvalidRequest } from '../model/invalid.ts';
import { type Place, parseUrl, shown } from '../model/origin.ts';
import type { Kind, Response } from '../model/outcome.ts';
import { type Hop, Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import { encodeBasic } from './auth.ts';

export interface RedirectSettings {
  readonly redirectsMax: number;
  /** In lower case: fields that stay with the origin, besides those that always do. */
  readonly secretHeaders: ReadonlySet<string>;
}

/** `fault`: a Failure of phase `headers` with this kind and message. */
export type RedirectVerdict =
  | { readonly type: 'final' }
  | { readonly type: 'follow'; readonly request: Request; readonly hops: readonly Hop[] }
  | { readonly type: 'fault'; readonly kind: Kind; readonly message: string };

type Fault = Extract<RedirectVerdict, { type: 'fault' }>;

interface Landing {
  readonly type: 'landing';
  readonly place: Place;
  readonly location: string;
}

const FINAL: RedirectVerdict = { type: 'final' };
const FOLLOWED: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Four times what RFC 9110 section 4.1 wants supported: relative references must not add up without end. */
const URL_LENGTH_MAX = 32_768;

/** What belongs to the origin it was meant for. Host too: it names a place the next URL is not at. */
const ORIGIN_BOUND = ['authorization', 'cookie', 'proxy-authorization', 'host'] as const;

/** What describes a body, and so has no place on a request that lost it (RFC 9110 section 15.4; RFC 9530). */
const CONTENT_FIELDS = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
  'content-length',
  'content-range',
  'content-disposition',
  'content-digest',
  'content-md5',
  'repr-digest',
  'digest',
  'last-modified',
  'expect',
  'trailer',
  'transfer-encoding',
] as const;

/**
 * The request to send next, `final` when there is none, or why it cannot be made.
 *
 * Give it the request as the caller made it, before session cookies or credentials were added for one attempt:
 * what it carries is what the next one carries, unless the origin changes. What was dropped once is not in the new
 * request, so it cannot come back on a later hop.
 */
export function redirect(
  request: Request,
  response: Response,
  hops: readonly Hop[],
  settings: RedirectSettings,
): RedirectVerdict {
  const { status } = response;
  if (!FOLLOWED.has(status)) return FINAL;
  const locations = new Set(response.headerAll('location'));
  const [location] = locations;
  if (location === undefined) return FINAL;
  if (locations.size > 1) {
    return fault('protocol', `${status} with ${count(locations.size)} different Location fields`);
  }
  const landing = land(location, request, status, fragmentOf(hops.at(-1)?.location ?? ''));
  if (landing.type === 'fault') return landing;
  const replays = request.stream !== undefined && keepsBody(request, status);
  if (replays && !request.stream!.replayable) {
    return fault('invalid', `${status} asks for the body again, which cannot be produced twice`);
  }
  const next = nextRequest(request, status, landing.place, settings.secretHeaders);
  if (isSame(request, next) && nothingMoves(response)) {
    const to = shown(next.url);
    return fault('protocol', `${status} from ${to} to itself, with no Set-Cookie or Retry-After: a loop`);
  }
  if (hops.length >= settings.redirectsMax) {
    const max = count(settings.redirectsMax);
    const to = shown(next.url);
    return fault('too-large', `more than ${max} redirects (maxRedirects), the next to ${to}`);
  }
  const hop = { url: request.url, status, location: landing.location };
  return { type: 'follow', request: next, hops: [...hops, hop] };
}

// ── where to ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Location against the request's URL, read as browsers read it; what is legal in a URL stays as it was written. */
function land(location: string, request: Request, status: number, inherited: string): Landing | Fault {
  const reference = location.replace(/[^\x21-\x7e]/g, percentEncoded);
  const url = parsed(reference, request.url);
  if (url === undefined) {
    return fault(
      'protocol',
      `${status} to ${JSON.stringify(withoutUserinfo(reference))}, which is no valid URL`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const scheme = url.protocol.slice(0, 40);
    return fault('protocol', `${status} to a ${scheme} URL; only http and https are followed`);
  }
  const hash = reference.indexOf('#');
  const written = hash === -1 ? reference : reference.slice(0, hash);
  const target = written === '' ? request.target : url.pathname + queryOf(written, url);
  const userinfo = url.username === '' && url.password === '' ? '' : `${url.username}:${url.password}@`;
  try {
    const place = parseUrl(`${url.protocol}//${userinfo}${url.host}${target}`);
    const absolute = place.origin.key + place.target + (hash === -1 ? inherited : reference.slice(hash));
    if (absolute.length <= URL_LENGTH_MAX) return { type: 'landing', place, location: absolute };
    const [length, max] = [count(absolute.length), count(URL_LENGTH_MAX)];
    return fault('too-large', `${status} to a URL of ${length} characters; up to ${max} are followed`);
  } catch (error) {
    if (error instanceof InvalidRequest) return fault('protocol', `${status}: ${error.message}`);
    throw error;
  }
}

/** Fields are octets, one character each, and so is what a URL makes of them. */
function percentEncoded(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function parsed(reference: string, base: string): URL | undefined {
  try {
    return new URL(reference, base);
  } catch {
    return undefined;
  }
}

/** The query as it was written: URL would encode the apostrophe, which is legal and may be signed. */
function queryOf(written: string, url: URL): string {
  const mark = written.indexOf('?');
  return mark === -1 ? url.search : written.slice(mark);
}

function fragmentOf(url: string): string {
  const hash = url.indexOf('#');
  return hash === -1 ? '' : url.slice(hash);
}

/** For text that no parser took, and in which the authority is therefore anyone's guess. */
function withoutUserinfo(reference: string): string {
  const plain = reference.replace(/^.*@/s, '');
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

// ── what to send there ────────────────────────────────────────────────────────────────────────────────────────

/** RFC 9110 section 15.4: 303 asks for another resource, and POST has always become GET after 301 and 302. */
function keepsBody({ method }: Request, status: number): boolean {
  return status !== 303 && !(method === 'POST' && (status === 301 || status === 302));
}

function nextRequest(request: Request, status: number, place: Place, secrets: ReadonlySet<string>): Request {
  const rewritten = !keepsBody(request, status);
  const method = rewritten && request.method !== 'HEAD' ? 'GET' : request.method;
  const body = rewritten ? undefined : request.body;
  let { headers } = request;
  if (rewritten) headers = headers.without(CONTENT_FIELDS);
  if (place.origin.key !== request.origin.key) headers = headers.without(ORIGIN_BOUND).without(secrets);
  // RFC 9110 section 10.1.3: what was fetched securely is not told in the clear.
  if (place.origin.scheme === 'http' && request.origin.scheme === 'https') {
    headers = headers.without(['referer']);
  }
  headers = withUserinfo(headers, place.userinfo);
  const next = new Request(request.index, method, place.origin, place.target, headers, body, request.id);
  if (!rewritten) next.stream = request.stream;
  return next;
}

/**
 * Userinfo in a Location becomes Basic credentials, as in curl and browsers. What the caller gave for this origin
 * wins, as `-u` does in curl: a redirect must not sign the caller in as someone else.
 */
function withUserinfo(headers: HeaderBlock, userinfo: string | undefined): HeaderBlock {
  if (userinfo === undefined || headers.has('authorization')) return headers;
  return headers.with({ Authorization: encodeBasic(userinfo) });
}

// ── loops ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** `without` gives back the same block where nothing was taken, so identity is equality here. */
function isSame(request: Request, next: Request): boolean {
  return (
    next.method === request.method &&
    next.url === request.url &&
    next.headers === request.headers &&
    next.body === request.body &&
    next.stream === request.stream
  );
}

/** A cookie changes what is asked, and Retry-After says that time will change the answer; without both it is a loop. */
function nothingMoves(response: Response): boolean {
  return response.headerAll('set-cookie').length === 0 && response.headerAll('retry-after').length === 0;
}

function fault(kind: Kind, message: string): Fault {
  return { type: 'fault', kind, message };
}
