// What people read when a request fails on the wire. One sentence each: who, what, where.

import type { Origin } from '../model/origin.ts';
import type { Kind, Phase } from '../model/outcome.ts';
import type { ProxyScheme, ProxyServer } from '../model/proxy-server.ts';
import { wireMessage } from './wire-errors.ts';

/** Who is at the other end of a connection, as its pool knows it. */
export interface Parties {
  readonly origin: Origin;
  /** What stands between it and the origin. */
  readonly proxy: ProxyServer | undefined;
  /** Its wires are TLS where the octets of HTTP go in: to the origin, or to a proxy that forwards. */
  readonly isSecure: boolean;
  /** What messages call it. */
  readonly peer: string;
}

const TIMEOUTS: Readonly<Record<Phase, string>> = {
  input: 'the input',
  queue: 'the queue',
  dns: 'the name lookup',
  connect: 'the connection',
  tls: 'the TLS handshake',
  send: 'sending the request',
  headers: 'the header section of the response',
  body: 'the body of the response',
};

const CLOSED: Readonly<Record<Phase, string>> = {
  input: '',
  queue: '',
  dns: '',
  connect: 'while it was opened',
  tls: 'during the TLS handshake',
  send: 'while the request was sent',
  headers: 'before the response',
  body: 'before the body was whole',
};

/** What a proxy has to speak, so that the way through it opens. */
const SPOKEN: Readonly<Record<ProxyScheme, string>> = {
  http: 'HTTP',
  https: 'TLS',
  socks5: 'SOCKS 5',
  socks5h: 'SOCKS 5',
};

export function failureText(
  phase: Phase,
  kind: Kind,
  parties: Parties,
  elapsedMs: number,
  cause: unknown,
): string {
  const peer = peerOf(phase, parties);
  if (cause !== undefined) return wireMessage(phase, kind, peer, cause);
  const doubt = phase === 'connect' ? proxyDoubt(parties) : '';
  if (kind === 'timeout')
    return `${peer}: ${TIMEOUTS[phase]} took too long (${Math.round(elapsedMs)} ms)${doubt}`;
  if (kind === 'closed') return `${peer} closed the connection ${CLOSED[phase]}${doubt}`;
  if (kind === 'aborted') return 'stopped before the response was whole';
  return wireMessage(phase, kind, peer, cause);
}

/** Until a way through a proxy is open nothing of the origin was reached: its name is the proxy's, and so is silence. */
function peerOf(phase: Phase, { peer, proxy, origin }: Parties): string {
  if (proxy === undefined) return peer;
  if (phase === 'dns') return `the proxy ${proxy}`;
  return phase === 'connect' && peer === origin.authority
    ? `the proxy ${proxy} on the way to ${origin.authority}`
    : peer;
}

/** One that is spoken to in another language than its own often waits for more, or just closes. */
function proxyDoubt({ proxy, isSecure }: Parties): string {
  // Plain http is forwarded by an HTTP proxy: nothing is said to it before the request.
  if (proxy === undefined || (proxy.scheme === 'http' && !isSecure)) return '';
  return `; does it speak ${SPOKEN[proxy.scheme]}?`;
}

const TLS_ALERT = /^"\\u0015\\u0003/;
/** SETTINGS, the first frame of a server (RFC 9113 section 3.4), on stream 0. */
const HTTP2_SETTINGS = /^"\\u0000(?:\\u[0-9a-f]{4}|\\?.){2}\\u0004\\u0000(?:\\u0000){4}/;
const HTTP1_ANSWER = /^"HTTP\/1.*in place of HTTP\/2$/;
const SOCKS_ANSWER = /^"\\u0005/;

/** For what is no response at all, `sent` being its beginning: what else the peer may speak. */
export function faultText(sent: string, { peer, proxy, isSecure }: Parties): string {
  if (TLS_ALERT.test(sent) && !isSecure)
    return `${peer} sent a TLS alert in place of a response: try https://`;
  if (SOCKS_ANSWER.test(sent) && proxy !== undefined)
    return `${peer} sent ${sent}; it may speak SOCKS: try socks5://`;
  if (HTTP2_SETTINGS.test(sent)) return `${peer} speaks HTTP/2 without asking: try --http2 (httpVersion)`;
  if (HTTP1_ANSWER.test(sent)) return `${peer} sent ${sent}: leave out --http2 (httpVersion)`;
  return `${peer} sent ${sent}`;
}
