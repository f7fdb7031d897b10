// The system's and OpenSSL's errors, translated once into our phases and kinds. Messages name the peer and what to do.

import type { Kind, Phase } from '../model/outcome.ts';

interface Coded {
  readonly code?: string;
  readonly message?: string;
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
  ENOTFOUND: 'not-found',
  ENODATA: 'not-found',
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
  const { code } = error as Coded;
  if (code === undefined) return 'unknown';
  const kind = KINDS[code];
  if (kind !== undefined) return kind;
  if (CERTIFICATE.test(code)) return 'certificate';
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return 'protocol';
  return 'unknown';
}

/** One sentence: what happened with whom, and for the common cases what to try. */
export function wireMessage(phase: Phase, kind: Kind, peer: string, error: unknown): string {
  const { code, message } = (error ?? {}) as Coded;
  switch (kind) {
    case 'refused':
      return `${peer} refused the connection; does a server listen there?`;
    case 'reset':
      return phase === 'connect' ? `${peer} reset the connection` : `${peer} reset the connection (${code})`;
    case 'not-found':
      return `the name of ${peer} has no address (${code})`;
    case 'unreachable':
      return phase === 'dns'
        ? `no name server answers for ${peer} (${code}); is the network up?`
        : `${peer} cannot be reached (${code})`;
    case 'certificate':
      return `the certificate of ${peer} is not accepted: ${message} (${code}); trust its issuer with --cacert, or skip the check with -k`;
    case 'resources':
      return code === 'EADDRNOTAVAIL'
        ? `no local port left to connect to ${peer}; lower --concurrency`
        : `this machine has no room for another connection (${code}); lower --concurrency or raise ulimit -n`;
    default:
      return `${peer}: ${message || 'unknown error'}${code === undefined ? '' : ` (${code})`}`;
  }
}
