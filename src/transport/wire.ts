// Byte streams on node:net and node:tls. Knows no HTTP; node:tls is loaded with the first secure origin.

import * as net from 'node:net';
import type { ConnectionOptions, SecureContext, SecureContextOptions } from 'node:tls';
import type { Address, Connector, Wire, WireEvents } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import { connectTapped } from './tapped-tls.ts';
import { UnprovenEnd } from './wire-errors.ts';

export interface TlsSettings {
  readonly insecure: boolean;
  readonly ca: string | Uint8Array | undefined;
  /** A certificate of one's own and its key (PEM), for servers that ask for one. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  readonly tlsMin?: '1.0' | '1.1' | '1.2' | '1.3' | undefined;
  /** As OpenSSL lists them. */
  readonly ciphers?: string | undefined;
}

/** Bodies up to this size leave in one buffer with their head: one system call, one segment. */
const JOINED_BYTES_MAX = 64 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
/** Origins remembered for bodies that end with the connection; all are forgotten when there are more. */
const PROVING_MAX = 10_000;

export class NetConnector implements Connector {
  readonly #tlsSettings: TlsSettings;
  /** One read buffer for every socket: what arrives is consumed before the callback returns. A buffer of its own for
   *  each would cost a thousand connections 64 MB, and each read an allocation. */
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  /** Shared by all connections: making one takes 0.3 ms. */
  #context: SecureContext | undefined;
  /** Keys of secure origins whose wires must be able to tell who ended them. */
  readonly #proving = new Set<string>();

  constructor(tls: TlsSettings) {
    this.#tlsSettings = tls;
  }

  connect(origin: Origin, addresses: readonly Address[], events: WireEvents): Wire {
    const to = destination(origin, addresses);
    const onread = {
      buffer: this.#buffer,
      callback(length: number, bytes: Uint8Array): boolean {
        events.onBytes(bytes as Buffer, length);
        return true;
      },
    };
    if (origin.scheme === 'http') {
      const socket = net.connect({ ...to, noDelay: true, allowHalfOpen: true, onread });
      return new SocketWire(socket, socket, true, events, (tell) => probe(socket, tell));
    }
    const options = this.#tlsOptions(origin);
    if (this.#proving.has(origin.key)) return provenWire(to, options, events);
    const secure: ConnectionOptions & { onread: net.OnReadOpts; noDelay: boolean } = {
      ...to,
      ...options,
      noDelay: true,
      onread,
    };
    const socket = process.getBuiltinModule('node:tls').connect(secure);
    return new SocketWire(socket, socket, false, events, (tell) =>
      tell(new UnprovenEnd(() => this.#prove(origin))),
    );
  }

  #tlsOptions(origin: Origin): ConnectionOptions {
    // Loaded with the first secure origin: it takes 5 ms that a run over plain http need not spend.
    const tls = process.getBuiltinModule('node:tls');
    this.#context ??= tls.createSecureContext(contextOptions(this.#tlsSettings));
    return {
      secureContext: this.#context,
      rejectUnauthorized: !this.#tlsSettings.insecure,
      ALPNProtocols: ['http/1.1'],
      // An IP address is no server name (RFC 6066 section 3), but the certificate must name it all the same.
      ...(net.isIP(origin.host) === 0 ? { servername: origin.host } : {}),
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(origin.host, certificate),
    };
  }

  #prove(origin: Origin): void {
    if (this.#proving.size >= PROVING_MAX) this.#proving.clear();
    this.#proving.add(origin.key);
  }
}

function contextOptions({ ca, cert, key, tlsMin, ciphers }: TlsSettings): SecureContextOptions {
  return {
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(tlsMin === undefined ? {} : { minVersion: tlsMin === '1.0' ? 'TLSv1' : `TLSv${tlsMin}` }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

function pem(text: string | Uint8Array): string | Buffer {
  return typeof text === 'string' ? text : Buffer.from(text);
}

/** All addresses are handed to Node, which tries the families in turn (RFC 8305). */
function destination(origin: Origin, addresses: readonly Address[]): net.TcpNetConnectOpts {
  const only = addresses.length === 1 ? addresses[0] : undefined;
  if (only !== undefined) return { host: only.address, family: only.family, port: origin.port };
  return {
    host: origin.host,
    port: origin.port,
    autoSelectFamily: true,
    lookup: (_host, _options, done) => done(null, [...addresses]),
  };
}

/** Asks whose the end of a socket is; `doubt` is undefined where its peer ended it. */
type AskForProof = (tell: (doubt: Error | undefined) => void) => void;

/**
 * Where octets and a reset arrive together, libuv reports an end in place of the reset: a cut body would look whole.
 * Writing nothing sends nothing, but meets the error that the system still holds. (The socket must allow half-open.)
 */
function probe(socket: net.Socket, tell: (doubt: Error | undefined) => void): void {
  socket.write('', (error) => tell(error ?? undefined));
}

function provenWire(to: net.TcpNetConnectOpts, options: ConnectionOptions, events: WireEvents): Wire {
  const { socket, carrier, cut } = connectTapped(to, options);
  socket.on('data', (bytes) => events.onBytes(bytes, bytes.length));
  const cutOff = () => Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' });
  return new SocketWire(socket, carrier, false, events, (tell) => tell(cut() ? cutOff() : undefined));
}

class SocketWire implements Wire {
  readonly #socket: net.Socket;
  /** The TCP connection: the socket itself, or what TLS runs over. */
  readonly #carrier: net.Socket;
  /** Node can reset plain TCP only. */
  readonly #resets: boolean;
  #error: Error | undefined;
  #over = false;

  constructor(
    socket: net.Socket,
    carrier: net.Socket,
    resets: boolean,
    events: WireEvents,
    ask: AskForProof,
  ) {
    this.#socket = socket;
    this.#carrier = carrier;
    this.#resets = resets;
    carrier.on('connect', () => events.onConnect());
    socket.on('secureConnect', () => events.onSecure());
    socket.on('drain', () => events.onDrain());
    socket.on('end', () => ask((doubt) => this.#tell(events, doubt)));
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('close', () => {
      if (!this.#over) events.onClose(this.#error);
      this.#over = true;
    });
  }

  #tell(events: WireEvents, doubt: Error | undefined): void {
    if (this.#over) return;
    if (doubt === undefined) return events.onEnd();
    this.#over = true;
    events.onClose(doubt);
  }

  write(head: string, body: Uint8Array | undefined): boolean {
    if (body === undefined) return this.#socket.write(head, 'latin1');
    if (head !== '' && body.length <= JOINED_BYTES_MAX) {
      const joined = Buffer.allocUnsafe(head.length + body.length);
      joined.write(head, 'latin1');
      joined.set(body, head.length);
      return this.#socket.write(joined);
    }
    if (head !== '') this.#socket.write(head, 'latin1');
    return this.#socket.write(body);
  }

  end(): void {
    this.#socket.end();
    // A peer that never closes its side must not hold the descriptor: nothing is waited for any more.
    this.#socket.destroySoon();
  }

  destroy(): void {
    const socket = this.#socket;
    // A reset frees the local port at once. Behind a FIN it stays taken for a minute, and a run with many timeouts
    // would run out of them. A socket that still connects would wait for that first.
    if (this.#resets && !socket.connecting && !socket.destroyed) socket.resetAndDestroy();
    else socket.destroy();
    this.#carrier.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  get remoteAddress(): string {
    const { remoteAddress, remotePort } = this.#carrier;
    if (remoteAddress === undefined) return '';
    return remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`;
  }
}
