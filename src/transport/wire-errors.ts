// The system's and OpenSSL's errors, translated once into our phases and kinds. Messages name the peer and what to do.

import type { Kind, Phase } from '../model/outcome.ts';
import { ProxyError } from './proxy-error.ts';

interface Coded {
  readonly code?: string;
  readonly message?: string;
  readonly syscall?: string;
  /** A local address, or the path of a Unix socket. */
  readonly address?: string;
  /** How many addresses were tried (happy-eyeballs.ts). */
  readonly tried?: number;
  /** Who it was with, where that is not the origin (proxied-wire.ts). */
  readonly peer?: string;
  /** The name that was looked up. */
  readonly hostname?: string;
  /** Of a lookup that asked for addresses of one family alone. */
  readonly onlyFamily?: 4 | 6;
  /** What a certificate that is for other names was shown with. */
  readonly cert?: { readonly subjectaltname?: string };
}

/** A lookup for one family alone says so: a name may well have addresses of the other. */
export function ofFamily(error: Error, family: 'any' | '4' | '6'): Error {
  return family === 'any' ? error : Object.assign(error, { onlyFamily: Number(family) });
}

const KINDS: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EAFNOSUPPORT: 'unreachable',
  EINVAL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ENOENT: 'unreachable',
  ENOTFOUND: 'not-found',
  ENODATA: 'not-found',
  EAI_ADDRFAMILY: 'not-found',
  EMFILE: 'resources',
  ENFILE: 'resources',
  ENOBUFS: 'resources',
  ENOMEM: 'resources',
  EADDRNOTAVAIL: 'resources',
  EADDRINUSE: 'resources',
};

/**
 * A TLS connection ended, and nothing shows whether its peer said so with a close_notify or somebody on the way cut it
 * (RFC 9112 section 9.8). Whoever needs to know calls `proveNext`, and further wires to that origin can tell.
 */
export class UnprovenEnd extends Error {
  override readonly name = 'UnprovenEnd';
  readonly proveNext: () => void;

  constructor(proveNext: () => void) {
    super('the TLS connection ended');
    this.proveNext = proveNext;
  }
}

/** OpenSSL's and Node's names for a certificate that is not accepted. */
const CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_|CRL_|ERR_TLS_CERT_|ERROR_IN_CERT_)/;

export function kindOf(error: unknown): Kind {
  if (error instanceof ProxyError) return error.kind;
  const { code } = error as Coded;
  if (code === undefined) return 'unknown';
  // An address that is none of this machine's: waiting brings it no more than fewer connections do.
  if (isForeignAddress(error as Coded)) return 'unreachable';
  const kind = KINDS[code];
  if (kind !== undefined) return kind;
  if (CERTIFICATE.test(code)) return 'certificate';
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return 'protocol';
  return 'unknown';
}

function isForeignAddress({ code, syscall }: Coded): boolean {
  return code === 'EADDRNOTAVAIL' && syscall === 'bind';
}

/** One sentence: what happened with whom, and for the common cases what to try. */
export function wireMessage(phase: Phase, kind: Kind, origin: string, error: unknown): string {
  const coded = (error ?? {}) as Coded;
  const { code, message, tried = 1, peer = origin } = coded;
  const each = tried === 1 ? '' : ` at each of its ${tried} addresses`;
  switch (kind) {
    case 'refused':
      return `${peer} refused the connection${each}; does a server listen there?`;
    case 'reset':
      return phase === 'connect'
        ? `${peer} reset the connection${each}`
        : `${peer} reset the connection (${code})`;
    case 'not-found':
      return notFound(peer, coded);
    case 'unreachable':
      return phase === 'dns'
        ? `no name server answers for ${peer} (${code}); is the network up?`
        : unreachable(peer, each, coded);
    case 'certificate':
      return certificateMessage(peer, coded);
    case 'resources':
      return code === 'EADDRNOTAVAIL' || code === 'EADDRINUSE'
        ? `no local port left to connect to ${peer}; lower --concurrency`
        : `this machine has no room for another connection (${code}); lower --concurrency or raise ulimit -n`;
    case 'protocol':
      return tlsMessage(peer, coded);
    case 'proxy':
      return message ?? `${peer} did not open a way to ${origin}`;
    default:
      return `${peer}: ${oneLine(message) || 'unknown error'}${each}${code === undefined ? '' : ` (${code})`}`;
  }
}

/** A port has no part in a lookup; a proxy is called what its URL calls it. */
function notFound(peer: string, { code, hostname, onlyFamily }: Coded): string {
  const isProxy = peer.startsWith('the proxy ');
  const name = isProxy ? `name of ${peer}` : `name ${hostname ?? peer.replace(/:\d+$/, '')}`;
  const what = onlyFamily === undefined ? 'no address' : `no IPv${onlyFamily} address`;
  const only = onlyFamily === undefined ? '' : `, and --ip ${onlyFamily} asks for no other`;
  const advice = isProxy ? '--dns-servers asks' : '--resolve gives it an address, --dns-servers asks';
  return `the ${name} has ${what} (${code})${only}; is it spelled right? ${advice} other name servers`;
}

/** OpenSSL's own words for what came in place of its records. */
const NO_TLS = /wrong version number|packet length too long|http request|bad record type/i;

/** The alert of a server that knows none of the names that ALPN offers (RFC 7301 section 3.2). */
const NO_COMMON_VERSION = /no application protocol/i;

/** What OpenSSL says has its source file in it and ends in a line break: `error:0A00010B:SSL routines:…:wrong version number:…`. */
function tlsMessage(peer: string, { code, message = '', peer: proxy }: Coded): string {
  if (NO_TLS.test(message) || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return `${peer} does not speak TLS; try http://${proxy === undefined ? '' : ' for it'}`;
  if (NO_COMMON_VERSION.test(message))
    return `${peer} speaks no version of HTTP that it was asked for (${code}); leave out --http2 or --http1.1 (httpVersion)`;
  const reason = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? oneLine(message);
  return `${peer}: no TLS: ${reason || 'unknown error'} (${code})`;
}

function oneLine(text = ''): string {
  return text.replace(/[\u0000-\u0020\u007f-\u009f]+/g, ' ').trim();
}

function unreachable(peer: string, each: string, error: Coded): string {
  const { code, address } = error;
  if (isForeignAddress(error)) return `this machine has no address ${address} to connect from (--interface)`;
  // Without a port it is the path of a Unix socket.
  if (address?.includes('/')) {
    return code === 'ENOENT'
      ? `there is no Unix socket ${address} (--unix-socket); does its server run?`
      : `the Unix socket ${address} cannot be connected to (${code})`;
  }
  return `${peer} cannot be reached${each} (${code})`;
}

/** So much of the names in a certificate is shown: there may be hundreds. */
const NAMES_LENGTH_MAX = 200;

function certificateMessage(peer: string, { code, message, peer: proxy, cert }: Coded): string {
  if (code === 'ERR_TLS_CERT_SETTINGS') return `no TLS with ${peer}: ${message}`;
  if (code === 'ERR_TLS_CERT_PIN')
    return `${peer} shows a key or certificate that is not pinned: ${message}; if it is the right one, give it to --pinnedpubkey`;
  const skip = proxy === undefined ? ', or skip the check with -k' : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const all = oneLine(cert?.subjectaltname);
    if (all === '') return `the certificate of ${peer} names no host: ${message}${skip}`;
    const names = all.length > NAMES_LENGTH_MAX ? `${all.slice(0, NAMES_LENGTH_MAX)}…` : all;
    const sni = proxy === undefined ? ` --sni asks for one of them and expects it${skip}` : '';
    return `the certificate of ${peer} is for other names (${names}); is the host right?${sni}`;
  }
  return `the certificate of ${peer} is not accepted: ${message} (${code}); trust its issuer with --cacert${skip}`;
}
