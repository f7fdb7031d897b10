// Where a request goes: the origin (scheme, host, port) and the request-target in origin-form.
// Never resolves names and never touches a socket.

import { InvalidRequest } from './invalid.ts';

export type Scheme = 'http' | 'https';

const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/** Scheme, host and port (RFC 9110 section 4.3.1). Two equal origins are one object as long as it is cached. */
export class Origin {
  readonly scheme: Scheme;
  /** As a resolver or a socket takes it: lower case, ASCII, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** What the Host field says: the authority without userinfo, the default port left out. */
  readonly authority: string;
  /** `http://host:port`, the key of lanes and pools and the start of every URL that is shown. */
  readonly key: string;

  constructor(scheme: Scheme, host: string, port: number) {
    this.scheme = scheme;
    this.host = host;
    this.port = port;
    const bracketed = host.includes(':') ? `[${host}]` : host;
    this.authority = port === DEFAULT_PORTS[scheme] ? bracketed : `${bracketed}:${port}`;
    this.key = `${scheme}://${this.authority}`;
  }
}

/** A URL taken apart for the wire. The fragment is dropped: it is never sent (RFC 9110 section 4.2.5). */
export interface Place {
  readonly origin: Origin;
  /** Path and query: what stands in the request line. */
  readonly target: string;
  /** `user:password`, percent-decoded, or undefined. It is sent as Basic credentials and shown nowhere. */
  readonly userinfo: string | undefined;
}

// RFC 3986 characters of path and query, with [ ] and ' left as they came: what a person signed must not change.
const SENDABLE_TARGET = /^\/[!$-;=?-[\]_a-z~]*$/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i;
const UNSENDABLE = /[^!$-;=?-[\]_a-z~]+/g;
const CONTROL = /[\u0000-\u001f\u007f]/;
const SCHEME_SHOWN_MAX = 40;
const UNREADABLE_PORT = /^([a-z][a-z0-9+.-]*:\/\/)(?:\[[^\]/?#]*\]|[^:/?#[]*):(?!\d{0,5}(?:[/?#]|$)).*$/is;
const ORIGINS_MAX = 16_384;

interface Authority {
  readonly origin: Origin;
  readonly userinfo: string | undefined;
}

/** Authorities seen lately, by the text in front of the path. Emptied whole when full: bounded, and no scan. */
const authorities = new Map<string, Authority>();

/** Takes an absolute http or https URL apart; throws InvalidRequest with a sentence for people. */
export function parseUrl(url: string): Place {
  const start = url.indexOf('://') + 3;
  if (start === 2) throw new InvalidRequest(`no http:// or https:// URL: ${shown(url)}`);
  let end = start;
  for (; end < url.length; end++) {
    const c = url.charCodeAt(end);
    if (c === 47 || c === 63 || c === 35) break;
  }
  const { origin, userinfo } = parseAuthority(url.slice(0, end));
  return { origin, target: requestTarget(url, end), userinfo };
}

/** Path and query as they are sent: octets that a request line may not hold are percent-encoded, no other is touched. */
function requestTarget(url: string, start: number): string {
  const rest = url.charCodeAt(start) === 47 ? url.slice(start) : `/${url.slice(start)}`;
  if (SENDABLE_TARGET.test(rest) && !rest.includes('/.') && !rest.includes('/%')) return rest;
  if (CONTROL.test(rest)) throw new InvalidRequest(`control character in URL: ${shown(url)}`);
  const hash = rest.indexOf('#');
  const target = hash === -1 ? rest : rest.slice(0, hash);
  const encoded = target.isWellFormed()
    ? target.replace(UNSENDABLE, encodeURIComponent)
    : target.toWellFormed().replace(UNSENDABLE, encodeURIComponent);
  return DOT_SEGMENT.test(encoded) ? withoutDotSegments(encoded) : encoded;
}

/** RFC 3986 section 5.2.4, on the path only. */
function withoutDotSegments(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, i) => {
    const plain = segment.replace(/%2e/gi, '.');
    const last = i === segments.length - 1;
    if (plain === '..') kept.pop();
    if (plain !== '.' && plain !== '..') kept.push(segment);
    else if (last) kept.push('');
  });
  return `/${kept.join('/')}${query === -1 ? '' : target.slice(query)}`;
}

function parseAuthority(text: string): Authority {
  const known = authorities.get(text);
  if (known !== undefined) return known;
  const parsed = readAuthority(text);
  if (authorities.size >= ORIGINS_MAX) authorities.clear();
  authorities.set(text, parsed);
  return parsed;
}

function readAuthority(text: string): Authority {
  if (CONTROL.test(text)) throw new InvalidRequest(`control character in URL: ${shown(text)}`);
  if (/[\s\\]/.test(text)) throw new InvalidRequest(`no valid host in URL: ${shown(text)}`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InvalidRequest(`no valid URL: ${shown(text)}`);
  }
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https') {
    const other = scheme.slice(0, SCHEME_SHOWN_MAX);
    throw new InvalidRequest(`only http and https can be sent, not ${other}: ${shown(text)}`);
  }
  if (url.port === '0') throw new InvalidRequest(`port 0 cannot be connected to: ${shown(text)}`);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  const secret = url.username !== '' || url.password !== '';
  return {
    origin: new Origin(scheme, host, port),
    userinfo: secret ? `${decode(url.username)}:${decode(url.password)}` : undefined,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A URL as it may be shown: without userinfo, one line, not endless. Where a colon in the authority is followed by no
 * port, a password may have been cut by a `/`, `?` or `#` that stands in it: then nothing behind the scheme is shown.
 */
export function shown(url: string): string {
  const open = url.replace(/(^|\/\/)[^/?#]*@/g, '$1').replace(/[\u0000-\u001f\u007f]/g, ' ');
  const plain = open.replace(UNREADABLE_PORT, '$1…');
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}
