// TLS as a client needs it: whom to expect, what to trust, which session to offer, which keys are pinned. It makes
// options for sockets and judges what they found; it opens none. node:tls and node:crypto are loaded with the first
// secure peer.

import type { X509Certificate } from 'node:crypto';
import * as net from 'node:net';
import type {
  ConnectionOptions,
  PeerCertificate,
  SecureContext,
  SecureContextOptions,
  TLSSocket,
} from 'node:tls';
import type { Protocol } from '../model/contracts.ts';
import { OptionError } from '../model/option-kinds.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import { Pins } from './pins.ts';
import { TlsSessions } from './tls-sessions.ts';

export interface TlsSettings {
  readonly insecure: boolean;
  readonly ca: string | Uint8Array | undefined;
  /** A certificate of one's own and its key (PEM), for servers that ask for one. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  readonly tlsMin?: '1.0' | '1.1' | '1.2' | '1.3' | undefined;
  /** As OpenSSL lists them. */
  readonly ciphers?: string | undefined;
  /** The name to ask for and to expect in place of the URL's host. */
  readonly servername?: string | undefined;
  /** curl's form, or fingerprints of certificates (pins.ts). */
  readonly pinnedPubkey?: string | undefined;
}

/** An option of TLS holds nothing that TLS can use: no secure connection can be made with it. */
export class TlsSettingsError extends Error {
  override readonly name = 'TlsSettingsError';
  readonly code = 'ERR_TLS_CERT_SETTINGS';
}

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/** A proxy is spoken to in nothing else. */
const HTTP1_ALONE: readonly Protocol[] = ['http/1.1'];

export class TlsClient {
  readonly #settings: TlsSettings;
  readonly #pins: Pins | undefined;
  readonly #sessions = new TlsSessions();
  /** Shared by all connections: making one takes 0.3 ms. */
  #context: SecureContext | TlsSettingsError | undefined;
  #proxyContext: SecureContext | TlsSettingsError | undefined;

  /** Throws OptionError for a pin or a server name that is none. */
  constructor(settings: TlsSettings) {
    this.#settings = settings;
    const { servername, pinnedPubkey } = settings;
    if (servername !== undefined && !HOST_NAME.test(servername) && net.isIP(servername) === 0) {
      throw new OptionError(
        'servername',
        `servername (--sni) takes a host name, such as www.example.com, not ${JSON.stringify(servername)}`,
      );
    }
    this.#pins = pinnedPubkey === undefined ? undefined : new Pins(pinnedPubkey);
  }

  /** For one connection; `protocols`: what it offers, the one preferred first. Throws TlsSettingsError. */
  toOrigin(origin: Origin, protocols: readonly Protocol[] = HTTP1_ALONE): TlsPeer {
    const settings = this.#settings;
    this.#context ??= contextOf(settings);
    const host = settings.servername ?? origin.host;
    return new TlsPeer(
      usable(this.#context),
      host,
      !settings.insecure,
      this.#pins,
      this.#sessions,
      origin.key,
      protocols,
    );
  }

  /**
   * A proxy is no origin: it sees no certificate of one's own and owes no pinned key. `insecure` does not cover it
   * either, as in curl: it is handed credentials.
   */
  toProxy({ scheme, host, port }: ProxyServer): TlsPeer {
    const { insecure, ca, tlsMin, ciphers } = this.#settings;
    this.#proxyContext ??= contextOf({ insecure, ca, tlsMin, ciphers });
    const key = `proxy ${scheme}://${host}:${port}`;
    return new TlsPeer(usable(this.#proxyContext), host, true, undefined, this.#sessions, key, HTTP1_ALONE);
  }
}

function usable(context: SecureContext | TlsSettingsError): SecureContext {
  if (context instanceof TlsSettingsError) throw context;
  return context;
}

/** TLS of one connection with one peer. */
export class TlsPeer {
  readonly options: ConnectionOptions;
  readonly #pins: Pins | undefined;
  readonly #sessions: TlsSessions;
  readonly #key: string;
  readonly #offered: Buffer | undefined;

  constructor(
    secureContext: SecureContext,
    host: string,
    rejectUnauthorized: boolean,
    pins: Pins | undefined,
    sessions: TlsSessions,
    key: string,
    protocols: readonly Protocol[],
  ) {
    this.#pins = pins;
    this.#sessions = sessions;
    this.#key = key;
    this.#offered = sessions.take(key);
    this.options = {
      secureContext,
      rejectUnauthorized,
      ALPNProtocols: [...protocols],
      // An IP address is no server name, and a name has no dot at its end there (RFC 6066 section 3); the certificate
      // must name either all the same.
      ...(net.isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
      ...(this.#offered === undefined ? {} : { session: this.#offered }),
      checkServerIdentity: (_, certificate) => identityFault(host, certificate),
    };
  }

  /** Of a socket with these options: its sessions are kept, and one that it could not use is dropped. */
  watch(socket: TLSSocket): void {
    let accepted = false;
    socket.on('secureConnect', () => {
      accepted = true;
    });
    // Node tells of a session only after it has verified the peer; it is destroyed where its pin was wrong.
    socket.on('session', (session) => {
      if (!socket.destroyed) this.#sessions.put(this.#key, session);
    });
    const offered = this.#offered;
    if (offered === undefined) return;
    socket.on('close', () => {
      if (!accepted) this.#sessions.drop(this.#key, offered);
    });
  }

  /** Whether its certificate names this host too. */
  covers(socket: TLSSocket, host: string): boolean {
    const certificate = socket.getPeerCertificate();
    // After the handshake of a session that was resumed there may be none.
    return certificate.raw !== undefined && identityFault(host, certificate) === undefined;
  }

  /**
   * Why a peer whose handshake is done is not accepted. Also where certificates are not verified. A session that is
   * resumed was accepted when it was made, as Node has it for names.
   */
  fault(socket: TLSSocket): Error | undefined {
    if (this.#pins === undefined || socket.isSessionReused()) return undefined;
    return this.#pins.check(socket.getPeerX509Certificate());
  }
}

/**
 * Names and addresses in subjectAltName count, a common name does not (RFC 9110 section 4.3.4): Node falls back to it
 * where a certificate has no other, so it is not shown any.
 */
export function identityFault(host: string, certificate: PeerCertificate): Error | undefined {
  // Node 22.23 finds no IPv6 address in any certificate: it makes a host name of it first.
  if (net.isIPv6(host) && read(certificate.raw).checkIP(host) !== undefined) return undefined;
  const subject = { ...certificate.subject, CN: '' };
  return process.getBuiltinModule('node:tls').checkServerIdentity(host, { ...certificate, subject });
}

// ── contexts ──────────────────────────────────────────────────────────────────────────────────────────────────

/** An error is kept like a context: it costs no second attempt. */
function contextOf(settings: TlsSettings): SecureContext | TlsSettingsError {
  const { ca, cert, key } = settings;
  // Node ignores what it cannot read there, and then trusts nobody.
  if (ca !== undefined && !holdsCertificate(ca))
    return unusable('ca (--cacert)', 'holds no certificate (PEM)');
  if (cert !== undefined && key === undefined)
    return unusable('key (--key)', 'is missing, cert does not work without');
  try {
    return made(settings);
  } catch (error) {
    return whichOf(settings, error as Error);
  }
}

function made({ ca, cert, key, tlsMin, ciphers }: Omit<TlsSettings, 'insecure'>): SecureContext {
  const options: SecureContextOptions = {
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(tlsMin === undefined ? {} : { minVersion: tlsMin === '1.0' ? 'TLSv1' : `TLSv${tlsMin}` }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
  return process.getBuiltinModule('node:tls').createSecureContext(options);
}

/** OpenSSL does not say which of its inputs it could not use: they are tried one by one. */
function whichOf({ ca, cert, key, ciphers }: TlsSettings, error: Error): TlsSettingsError {
  const fails = (some: Omit<TlsSettings, 'insecure'>) => {
    try {
      made(some);
      return false;
    } catch {
      return true;
    }
  };
  const why = (error as { code?: string }).code ?? error.message;
  const only = { ca: undefined };
  if (fails({ ...only, ciphers })) return unusable('ciphers (--ciphers)', `names no cipher (${why})`);
  if (fails({ ...only, cert }))
    return unusable('cert (--cert)', `holds no certificate that can be read (${why})`);
  if (fails({ ...only, key })) return unusable('key (--key)', `holds no key that can be read (${why})`);
  if (fails({ ...only, cert, key })) return unusable('key (--key)', `does not belong to cert (${why})`);
  return unusable(ca === undefined ? 'tlsMin (--tls-min)' : 'ca (--cacert)', `cannot be used (${why})`);
}

function unusable(option: string, what: string): TlsSettingsError {
  return new TlsSettingsError(`the option ${option} ${what}`);
}

function holdsCertificate(ca: string | Uint8Array): boolean {
  const text = pem(ca);
  try {
    return text.includes('-----BEGIN') && read(text).raw.length > 0;
  } catch {
    return false;
  }
}

/** Throws where it is none. */
function read(certificate: string | Buffer): X509Certificate {
  return new (process.getBuiltinModule('node:crypto').X509Certificate)(certificate);
}

function pem(text: string | Uint8Array): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text);
}
