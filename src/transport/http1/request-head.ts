// The request line and header section as one latin1 string (RFC 9112 sections 3 and 5). Everything in it was checked
// when the request was made.

import type { HeaderBlock } from '../../model/header-block.ts';
import type { Origin } from '../../model/origin.ts';
import type { ProxyServer } from '../../model/proxy-server.ts';
import type { Request } from '../../model/request.ts';

/** Methods whose missing body is said with Content-Length: 0 (RFC 9110 section 8.6). */
const EXPECTS_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Writes the heads of one origin's requests; what repeats between them is built once. */
export class RequestHeads {
  readonly #hostLine: string;
  /** Stands before the target: a proxy that forwards is told the whole URL (RFC 9112 section 3.2.2). */
  readonly #authority: string;
  readonly #proxyLine: string;
  #block: HeaderBlock | undefined;
  /** From the version to the last field line, for `#block`. */
  #constant = '';

  constructor(origin: Origin, proxy?: ProxyServer) {
    const forwards = proxy !== undefined && forwardsFor(proxy, origin);
    this.#hostLine = `Host: ${origin.authority}\r\n`;
    this.#authority = forwards ? origin.key : '';
    // To a proxy that only makes a tunnel it was said when that was made; behind it nobody shall read it.
    const authorization = forwards ? proxy.authorization : undefined;
    this.#proxyLine = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  }

  /** `expecting`: the body is held back until the peer says that it wants it. */
  write(request: Request, expecting = false): string {
    if (request.headers !== this.#block) {
      this.#block = request.headers;
      const host = request.headers.host;
      const hostLine = host === undefined ? this.#hostLine : `Host: ${host}\r\n`;
      this.#constant = ` HTTP/1.1\r\n${hostLine}${this.#proxyLine}${request.headers.text}`;
    }
    const { method, target, sessionFields } = request;
    const fields = sessionFields === undefined ? this.#constant : this.#constant + sessionFields;
    return `${method} ${this.#authority}${target}${fields}${expecting ? 'Expect: 100-continue\r\n' : ''}${framing(request)}\r\n`;
  }
}

/** True for a proxy that is given the requests themselves, not a tunnel to the origin. */
export function forwardsFor(proxy: ProxyServer, origin: Origin): boolean {
  return origin.scheme === 'http' && (proxy.scheme === 'http' || proxy.scheme === 'https');
}

function framing({ method, body, stream }: Request): string {
  if (body !== undefined) return `Content-Length: ${body.length}\r\n`;
  if (stream !== undefined) {
    return stream.length === undefined
      ? 'Transfer-Encoding: chunked\r\n'
      : `Content-Length: ${stream.length}\r\n`;
  }
  return EXPECTS_BODY.has(method) ? 'Content-Length: 0\r\n' : '';
}
