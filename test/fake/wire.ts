// Wires without a network: what was written is kept, and what the peer does is said by the test, event by event.
//
//   const connector = new FakeConnector();
//   …                                       // something connects
//   const wire = connector.last;
//   wire.connect();                         // TCP is up; for https then wire.secure() or wire.secure('h2')
//   wire.written                            // what the peer has received so far
//   wire.receive('HTTP/1.1 200 OK\r\n…');   // octets arrive, in one read
//   wire.drip('HTTP/1.1 200 OK\r\n…');      // the same, one octet a read
//   wire.finish(); wire.close(error);       // the peer's FIN; the wire's end
//
// All reads share one buffer, as they do on sockets, and it is overwritten after each: whoever keeps a view of it keeps
// garbage.

import type { Address, Connector, Protocol, Wire, WireEvents } from '../../src/model/contracts.ts';
import type { Origin } from '../../src/model/origin.ts';
import type { ProxyServer } from '../../src/model/proxy-server.ts';

const READ_BUFFER_BYTES = 64 * 1024;
const GARBAGE = 0x58;

export type FakeWireState = 'connecting' | 'open' | 'ended' | 'destroyed';

export class FakeConnector implements Connector {
  readonly wires: FakeWire[] = [];
  /** A peer that acts by itself: called for each wire as it is opened. */
  onWire: ((wire: FakeWire) => void) | undefined;
  /** What connect throws, as the system does where it has no descriptor left. */
  error: Error | undefined;
  readonly #buffer = Buffer.alloc(READ_BUFFER_BYTES, GARBAGE);

  connect(
    origin: Origin,
    addresses: readonly Address[],
    events: WireEvents,
    _proxy?: ProxyServer,
    protocols?: readonly Protocol[],
  ): Wire {
    if (this.error !== undefined) throw this.error;
    const wire = new FakeWire(this.wires.length, origin, addresses, events, this.#buffer, protocols);
    this.wires.push(wire);
    this.onWire?.(wire);
    return wire;
  }

  get last(): FakeWire {
    const wire = this.wires.at(-1);
    if (wire === undefined) throw new Error('nothing has connected');
    return wire;
  }

  /** Wires that our side has not let go of. */
  get held(): FakeWire[] {
    return this.wires.filter((wire) => wire.state === 'connecting' || wire.state === 'open');
  }
}

export class FakeWire implements Wire {
  readonly id: number;
  readonly origin: Origin;
  readonly addresses: readonly Address[];
  /** What our side would offer in ALPN. */
  readonly protocols: readonly Protocol[] | undefined;
  /** Every octet written, as latin1. */
  written = '';
  /** How often something was written: each is a system call. */
  writes = 0;
  state: FakeWireState = 'connecting';
  /** False: the kernel takes nothing more, and what is written waits until `drain`. */
  takes = true;
  pendingBytes = 0;
  /** Our side reads no more; a test that wants a kernel's backpressure holds back by itself. */
  paused = false;
  keepsAlive = true;
  readonly remoteAddress = '192.0.2.1:80';
  /** The peer's side hears of what was written; also called synchronously, so answer later. */
  onWritten: (() => void) | undefined;
  /** Our side has ended or destroyed it. */
  onReleased: (() => void) | undefined;
  readonly #events: WireEvents;
  readonly #buffer: Buffer;
  #closed = false;

  constructor(
    id: number,
    origin: Origin,
    addresses: readonly Address[],
    events: WireEvents,
    buffer: Buffer,
    protocols?: readonly Protocol[],
  ) {
    this.id = id;
    this.origin = origin;
    this.addresses = addresses;
    this.protocols = protocols;
    this.#events = events;
    this.#buffer = buffer;
  }

  // ── our side ────────────────────────────────────────────────────────────────────────────────────────────

  write(head: string, body: Uint8Array | undefined): boolean {
    if (this.state !== 'open') throw new Error(`written to a wire that is ${this.state}`);
    const text = body === undefined ? head : head + Buffer.from(body).toString('latin1');
    this.written += text;
    this.writes++;
    if (!this.takes) this.pendingBytes += text.length;
    this.onWritten?.();
    return this.takes;
  }

  end(): void {
    this.#release('ended');
  }

  destroy(): void {
    this.#release('destroyed');
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  keepAlive(on: boolean): void {
    this.keepsAlive = on;
  }

  #release(state: 'ended' | 'destroyed'): void {
    if (this.state === 'ended' || this.state === 'destroyed') return;
    this.state = state;
    this.onReleased?.();
  }

  // ── the peer's side, and the network's ──────────────────────────────────────────────────────────────────

  connect(): void {
    if (this.state === 'connecting') this.state = 'open';
    this.#events.onConnect();
  }

  /** `protocol`: what the peer chose in ALPN. */
  secure(protocol?: Protocol): void {
    this.#events.onSecure(protocol);
  }

  receive(octets: string | Uint8Array): void {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
    for (let at = 0; at < bytes.length; at += this.#buffer.length) {
      const length = Math.min(this.#buffer.length, bytes.length - at);
      this.#buffer.set(bytes.subarray(at, at + length));
      this.#events.onBytes(this.#buffer, length);
      this.#buffer.fill(GARBAGE, 0, length);
    }
  }

  drip(octets: string | Uint8Array): void {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
    for (let at = 0; at < bytes.length; at++) this.receive(bytes.subarray(at, at + 1));
  }

  /** The kernel has taken what waited. */
  drain(): void {
    this.takes = true;
    this.pendingBytes = 0;
    this.#events.onDrain();
  }

  finish(): void {
    this.#events.onEnd();
  }

  close(error?: Error): void {
    if (this.#closed) throw new Error('onClose is the last event, once');
    this.#closed = true;
    this.#events.onClose(error);
  }

  /** The peer resets it. */
  reset(): void {
    this.close(systemError('ECONNRESET', 'read ECONNRESET'));
  }

  toString(): string {
    return `wire ${this.id} ${this.state} to ${this.origin.key}`;
  }
}

/** As Node makes them: an Error with a code. */
export function systemError(code: string, message: string = code): Error {
  return Object.assign(new Error(message), { code });
}
