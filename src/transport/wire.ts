// Byte streams on node:net and node:tls. Knows no HTTP; node:tls is loaded with the first secure origin.

import * as net from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Address, Connector, Wire, WireEvents } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';

export interface TlsSettings {
  readonly insecure: boolean;
  readonly ca: string | Uint8Array | undefined;
}

/** Bodies up to this size leave in one buffer with their head: one system call, one segment. */
const JOINED_BYTES_MAX = 64 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;

export class NetConnector implements Connector {
  readonly #tlsSettings: TlsSettings;
  /** One read buffer for every socket: what arrives is consumed before the callback returns. A buffer of its own for
   *  each would cost a thousand connections 64 MB, and each read an allocation. */
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  constructor(tls: TlsSettings) {
    this.#tlsSettings = tls;
  }

  connect(origin: Origin, addresses: readonly Address[], events: WireEvents): Wire {
    const onread = {
      buffer: this.#buffer,
      callback(length: number, bytes: Uint8Array): boolean {
        events.onBytes(bytes as Buffer, length);
        return true;
      },
    };
    const to = destination(origin, addresses);
    if (origin.scheme === 'http')
      return new SocketWire(net.connect({ ...to, noDelay: true, onread }), events);
    return new SocketWire(this.#secure(origin, to, onread), events);
  }

  #secure(origin: Origin, to: net.TcpNetConnectOpts, onread: net.OnReadOpts): TLSSocket {
    const { insecure, ca } = this.#tlsSettings;
    const options: ConnectionOptions & { onread: net.OnReadOpts; noDelay: boolean } = {
      ...to,
      onread,
      noDelay: true,
      rejectUnauthorized: !insecure,
      ALPNProtocols: ['http/1.1'],
      // An IP address is no server name (RFC 6066 section 3); Node checks it against the certificate all the same.
      ...(net.isIP(origin.host) === 0 ? { servername: origin.host } : {}),
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : Buffer.from(ca) }),
    };
    // Loaded with the first secure origin: it takes 5 ms that a run over plain http need not spend.
    const tls = process.getBuiltinModule('node:tls');
    return tls.connect(options);
  }
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

class SocketWire implements Wire {
  readonly #socket: net.Socket;
  #error: Error | undefined;

  constructor(socket: net.Socket, events: WireEvents) {
    this.#socket = socket;
    socket.on('connect', () => events.onConnect());
    socket.on('secureConnect', () => events.onSecure());
    socket.on('drain', () => events.onDrain());
    socket.on('end', () => events.onEnd());
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => events.onClose(this.#error));
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
    this.#socket.destroy();
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  get remoteAddress(): string {
    const { remoteAddress, remotePort } = this.#socket;
    if (remoteAddress === undefined) return '';
    return remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`;
  }
}
