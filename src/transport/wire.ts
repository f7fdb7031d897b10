// Byte streams on node:net and node:tls: which sockets a wire needs, straight to an origin or through a proxy.
// Knows no HTTP; node:tls is loaded with the first secure peer.

import * as net from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { systemClock } from '../model/clock.ts';
import type { Address, Clock, Connector, Protocol, Wire, WireEvents } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import { Dialer, type DialSettings } from './dialer.ts';
import { OpeningWire } from './opening-wire.ts';
import { ForwardingEvents, openThrough } from './proxied-wire.ts';
import { type SocketManner, SocketWire } from './socket-wire.ts';
import { connectTapped } from './tapped-tls.ts';
import { TlsClient, type TlsPeer, type TlsSettings, TlsSettingsError } from './tls-client.ts';
import { UnprovenEnd } from './wire-errors.ts';

export type { TlsSettings };
export interface WireSettings extends TlsSettings, DialSettings {}

const READ_BUFFER_BYTES = 64 * 1024;
/** Origins remembered for bodies that end with the connection; all are forgotten when there are more. */
const PROVING_MAX = 10_000;

/** How a peer is reached, wherever it is: a socket that connects there, and the wire around it. */
interface Way {
  open(to: net.NetConnectOpts): net.Socket;
  /** The socket may be connecting or connected. */
  wire(socket: net.Socket): Wire;
}

export class NetConnector implements Connector {
  readonly #dialer: Dialer;
  readonly #tls: TlsClient;
  /** What stands for an address on wires to a Unix socket. */
  readonly #path: string;
  /** One read buffer for every socket: what arrives is consumed before the callback returns. A buffer of its own for
   *  each would cost a thousand connections 64 MB, and each read an allocation. */
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  /** Keys of origins whose wires over TLS must be able to tell who ended them. */
  readonly #proving = new Set<string>();

  /** Throws OptionError for local addresses, server names and pins that are none. */
  constructor(settings: WireSettings, clock: Clock = systemClock) {
    this.#dialer = new Dialer(settings, clock);
    this.#tls = new TlsClient(settings);
    this.#path = settings.unixSocket === undefined ? '' : `unix:${settings.unixSocket}`;
  }

  /** A Unix socket goes before a proxy, which is a way over the network. */
  connect(
    origin: Origin,
    addresses: readonly Address[],
    events: WireEvents,
    proxy?: ProxyServer,
    protocols?: readonly Protocol[],
  ): Wire {
    try {
      const secured = origin.scheme === 'https' ? this.#tls.toOrigin(origin, protocols) : undefined;
      if (proxy !== undefined && this.#path === '')
        return this.#through(proxy, origin, secured, addresses, events);
      const way = secured === undefined ? this.#plainWay(events) : this.#secureWay(secured, origin, events);
      return this.#reach(way, addresses, origin.port, events);
    } catch (error) {
      if (error instanceof TlsSettingsError) return unsecured(error, events);
      throw error;
    }
  }

  #reach(way: Way, addresses: readonly Address[], port: number, events: WireEvents): Wire {
    const only = this.#dialer.only(addresses, port);
    if (only !== undefined) return way.wire(way.open(only));
    const opening = new OpeningWire(events);
    // TLS sockets race like plain ones: each says when TCP is up, and those that lose are gone before a handshake. One
    // that is made around a connected socket could not read into the shared buffer.
    const race = this.#dialer.race(addresses, port, way.open, (socket, error) => {
      if (socket === undefined) return opening.fail(error!);
      opening.become(way.wire(socket));
      events.onConnect();
    });
    if (!opening.over) opening.under(race);
    return opening;
  }

  /** Requests for plain http are forwarded by proxies that speak HTTP; all else goes through a tunnel. */
  #through(
    proxy: ProxyServer,
    origin: Origin,
    secured: TlsPeer | undefined,
    addresses: readonly Address[],
    events: WireEvents,
  ): Wire {
    const tls = proxy.scheme === 'https' ? this.#tls.toProxy(proxy) : undefined;
    const speaksHttp = proxy.scheme === 'http' || proxy.scheme === 'https';
    if (origin.scheme === 'http' && speaksHttp) {
      const forwarding = new ForwardingEvents(events, proxy);
      const way = tls === undefined ? this.#plainWay(forwarding) : this.#secureWay(tls, origin, forwarding);
      return this.#reach(way, addresses, proxy.port, forwarding);
    }
    const wireOver = (carrier: net.Socket): Wire =>
      secured === undefined
        ? plainWireOver(carrier, events)
        : this.#secureWireOver(carrier, secured, origin, events);
    return openThrough({ origin, proxy, addresses, tls, wireOver }, this.#dialer, events);
  }

  // ── ways ────────────────────────────────────────────────────────────────────────────────────────────────

  #plainWay(events: WireEvents): Way {
    return {
      open: (to) => net.connect({ ...to, noDelay: true, allowHalfOpen: true, onread: this.#onread(events) }),
      wire: (socket) => new SocketWire(socket, socket, events, this.#plainManner(socket), this.#path),
    };
  }

  #secureWay(peer: TlsPeer, origin: Origin, events: WireEvents): Way {
    if (this.#proving.has(origin.key)) {
      return {
        open: (to) => net.connect({ ...to, noDelay: true }),
        wire: (carrier) => tappedWire(carrier, peer, events, this.#path),
      };
    }
    return {
      open: (to) => {
        const options: ConnectionOptions & { onread: net.OnReadOpts; noDelay: boolean } = {
          ...to,
          ...peer.options,
          noDelay: true,
          onread: this.#onread(events),
        };
        return process.getBuiltinModule('node:tls').connect(options);
      },
      wire: (socket) => this.#secureWire(socket as TLSSocket, socket, peer, origin, events),
    };
  }

  #onread(events: WireEvents): net.OnReadOpts {
    return {
      buffer: this.#buffer,
      callback(length: number, bytes: Uint8Array): boolean {
        events.onBytes(bytes as Buffer, length);
        return true;
      },
    };
  }

  #plainManner(socket: net.Socket): SocketManner {
    return { resets: this.#path === '', ask: (tell) => probe(socket, tell) };
  }

  #secureWire(
    socket: TLSSocket,
    carrier: net.Socket,
    peer: TlsPeer,
    origin: Origin,
    events: WireEvents,
  ): Wire {
    peer.watch(socket);
    const manner: SocketManner = {
      resets: false,
      ask: (tell) => tell(new UnprovenEnd(() => this.#prove(origin))),
      fault: () => peer.fault(socket),
      covers: (host) => peer.covers(socket, host),
    };
    return new SocketWire(socket, carrier, events, manner, this.#path);
  }

  #secureWireOver(carrier: net.Socket, peer: TlsPeer, origin: Origin, events: WireEvents): Wire {
    if (this.#proving.has(origin.key)) return tappedWire(carrier, peer, events, '');
    const socket = process.getBuiltinModule('node:tls').connect({ ...peer.options, socket: carrier });
    socket.on('data', (bytes) => events.onBytes(bytes, bytes.length));
    return this.#secureWire(socket, carrier, peer, origin, events);
  }

  #prove(origin: Origin): void {
    if (this.#proving.size >= PROVING_MAX) this.#proving.clear();
    this.#proving.add(origin.key);
  }
}

/** Through a tunnel; what came behind the proxy's answer waits in the socket. */
function plainWireOver(socket: net.Socket, events: WireEvents): Wire {
  socket.on('data', (bytes) => events.onBytes(bytes, bytes.length));
  return new SocketWire(socket, socket, events, { resets: true, ask: (tell) => probe(socket, tell) });
}

/**
 * Where octets and a reset arrive together, libuv reports an end in place of the reset: a cut body would look whole.
 * Writing nothing sends nothing, but meets the error that the system still holds. (The socket must allow half-open.)
 */
function probe(socket: net.Socket, tell: (doubt: Error | undefined) => void): void {
  socket.write('', (error) => tell(error ?? undefined));
}

function tappedWire(carrier: net.Socket, peer: TlsPeer, events: WireEvents, path: string): Wire {
  const { socket, cut } = connectTapped(carrier, peer.options);
  socket.on('data', (bytes) => events.onBytes(bytes, bytes.length));
  peer.watch(socket);
  const cutOff = () => Object.assign(new Error('the connection was cut'), { code: 'ECONNRESET' });
  const manner: SocketManner = {
    resets: false,
    ask: (tell) => tell(cut() ? cutOff() : undefined),
    fault: () => peer.fault(socket),
    covers: (host) => peer.covers(socket, host),
  };
  return new SocketWire(socket, carrier, events, manner, path);
}

/** Ends as a wire whose TLS failed, without a connection that could serve nobody. */
function unsecured(error: TlsSettingsError, events: WireEvents): Wire {
  const wire = new OpeningWire(events);
  process.nextTick(() => {
    if (wire.over) return;
    events.onConnect();
    wire.fail(error);
  });
  return wire;
}
