// TLS over a stream that is watched, so that the end of TLS (close_notify) can be told from the end of TCP. Node's own
// TLS sockets report both alike. It costs half as much again per request, so it serves only where that matters.

import * as net from 'node:net';
import { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

export interface TappedTls {
  readonly socket: TLSSocket;
  /** The TCP connection under it. */
  readonly carrier: net.Socket;
  /** True once TCP has ended: an end of TLS after that was not said by its peer. */
  cut(): boolean;
}

export function connectTapped(to: net.TcpNetConnectOpts, options: ConnectionOptions): TappedTls {
  const carrier = net.connect({ ...to, noDelay: true });
  const tap = new Tap(carrier);
  // A module loaded with the first secure origin.
  const socket = process.getBuiltinModule('node:tls').connect({ ...options, socket: tap });
  carrier.on('error', (error) => socket.destroy(error));
  carrier.on('close', () => socket.destroy());
  socket.on('close', () => carrier.destroySoon());
  return { socket, carrier, cut: () => tap.ended };
}

/** The encrypted octets of both directions, as they come and go. */
class Tap extends Duplex {
  ended = false;
  readonly #carrier: net.Socket;

  constructor(carrier: net.Socket) {
    super();
    this.#carrier = carrier;
    carrier.on('data', (bytes) => this.push(bytes));
    carrier.on('end', () => {
      this.ended = true;
      this.push(null);
    });
  }

  /** TLS takes what comes as it comes; nothing has to be held back here. */
  override _read(): void {}

  override _write(bytes: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#carrier.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#carrier.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#carrier.destroySoon();
    done(error);
  }
}
