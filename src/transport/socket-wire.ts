// A wire on a socket of node:net or node:tls. It makes no socket and reads none: whoever makes it hands the octets on.

import { Buffer } from 'node:buffer';
import type * as net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Protocol, Wire, WireEvents } from '../model/contracts.ts';

/** Bodies up to this size leave in one buffer with their head: one system call, one segment. */
const JOINED_BYTES_MAX = 64 * 1024;

/** What differs between sockets. */
export interface SocketManner {
  /** Node can reset plain TCP only. */
  readonly resets: boolean;
  /** Asks whose the end of a socket is; `doubt` is undefined where its peer ended it. */
  readonly ask: (tell: (doubt: Error | undefined) => void) => void;
  /** Of TLS: why its peer is not accepted although the handshake is done. */
  readonly fault?: () => Error | undefined;
  /** Of TLS: whether the certificate of its peer names this host too. */
  readonly covers?: (host: string) => boolean;
}

export class SocketWire implements Wire {
  readonly #socket: net.Socket;
  /** The connection: the socket itself, or what TLS runs over. */
  readonly #carrier: net.Socket;
  readonly #resets: boolean;
  /** What stands for an address where there is none. */
  readonly #path: string;
  readonly #covers: ((host: string) => boolean) | undefined;
  #error: Error | undefined;
  #over = false;

  /** Where the carrier is connected already, onConnect is left to whoever connected it. */
  constructor(
    socket: net.Socket,
    carrier: net.Socket,
    events: WireEvents,
    { resets, ask, fault, covers }: SocketManner,
    path = '',
  ) {
    this.#socket = socket;
    this.#carrier = carrier;
    this.#resets = resets;
    this.#covers = covers;
    this.#path = path;
    if (carrier.connecting) carrier.on('connect', () => events.onConnect());
    socket.on('secureConnect', () => {
      const error = fault?.();
      if (error === undefined) events.onSecure(agreedOn(socket as TLSSocket));
      else socket.destroy(error);
    });
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

  keepAlive(on: boolean): void {
    if (on) this.#carrier.ref();
    else this.#carrier.unref();
  }

  covers(host: string): boolean {
    return this.#covers?.(host) === true;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  get remoteAddress(): string {
    const { remoteAddress, remotePort } = this.#carrier;
    if (remoteAddress === undefined) return this.#path;
    return remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`;
  }
}

function agreedOn({ alpnProtocol }: TLSSocket): Protocol | undefined {
  return alpnProtocol === 'h2' || alpnProtocol === 'http/1.1' ? alpnProtocol : undefined;
}
