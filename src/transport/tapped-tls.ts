// TLS over a stream that is watched, so that the end of TLS (close_notify) can be told from the end of TCP. Node's own
// TLS sockets report both alike. It costs half as much again per request, so it serves only where that matters.

import type * as net from 'node:net';
import { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

export interface TappedTls {
  readonly socket: TLSSocket;
  /** True where TCP has ended and TLS had not: its peer did not say that this is the end. */
  cut(): boolean;
}

/** The carrier may still be connecting. */
export function connectTapped(carrier: net.Socket, options: ConnectionOptions): TappedTls {
  const tap = new Tap(carrier);
  // A module loaded with the first secure origin.
  const socket = process.getBuiltinModule('node:tls').connect({ ...options, socket: tap });
  carrier.on('error', (error) => socket.destroy(error));
  carrier.on('close', () => {
    // After its end TLS ends by itself, when all that came before has been read: its reader may have paused.
    if (!carrier.readableEnded) socket.destroy();
  });
  socket.on('close', () => carrier.destroySoon());
  let cut = false;
  const push = socket.push;
  // The moment at which TLS learns of its end. When it hands it out, TCP has often ended too, the more so where the
  // reader paused.
  socket.push = (chunk, encoding) => {
    if (chunk === null) cut = tap.ended;
    return push.call(socket, chunk, encoding);
  };
  return { socket, cut: () => cut };
}

/** The encrypted octets of both directions, as they come and go. */
class Tap extends Duplex {
  /** TCP has ended, and TLS was given all that came before. */
  ended = false;
  readonly #carrier: net.Socket;

  constructor(carrier: net.Socket) {
    super();
    this.#carrier = carrier;
    // Before TLS listens, so that it is known when TLS hears of it.
    this.on('end', () => {
      this.ended = true;
    });
    carrier.on('data', (bytes) => {
      if (!this.push(bytes)) carrier.pause();
    });
    carrier.on('end', () => this.push(null));
  }

  /** A reader that pauses fills this stream, then the kernel's buffers. */
  override _read(): void {
    this.#carrier.resume();
  }

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
