// Wires through a proxy: a tunnel to the origin, or requests that the proxy forwards itself. What is said to the proxy
// to get a tunnel is not known here (tunnel.ts).

import * as net from 'node:net';
import type { Address, Wire, WireEvents } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import type { Dialer } from './dialer.ts';
import { OpeningWire } from './opening-wire.ts';
import type { TlsPeer } from './tls-client.ts';
import { openTunnel } from './tunnel.ts';

export interface TunnelPlan {
  readonly origin: Origin;
  readonly proxy: ProxyServer;
  readonly addresses: readonly Address[];
  /** TLS with the proxy itself. */
  readonly tls: TlsPeer | undefined;
  /** The wire over the carrier, when that leads to the origin. */
  readonly wireOver: (carrier: net.Socket) => Wire;
}

/** Connects to the proxy, asks it for a way to the origin, and is then the wire over that. */
export function openThrough(plan: TunnelPlan, dialer: Dialer, events: WireEvents): Wire {
  const { origin, proxy, addresses, tls, wireOver } = plan;
  const opening = new OpeningWire(events);
  const onTunnel = (carrier: net.Socket, error: Error | undefined): void => {
    if (error !== undefined) return opening.fail(error);
    if (opening.over) return;
    opening.become(wireOver(carrier));
    events.onConnect();
  };
  const onProxy = (carrier: net.Socket): void =>
    openTunnel(carrier, proxy, origin.host, origin.port, (error) => onTunnel(carrier, error));
  const open = (to: net.NetConnectOpts): net.Socket => openCarrier(to, origin, tls);
  const race = dialer.race(addresses, proxy.port, open, (carrier, error) => {
    if (carrier === undefined) return opening.fail(atProxy(error!, proxy));
    opening.under(carrier);
    if (tls === undefined) return onProxy(carrier);
    tls.watch(carrier as Parameters<typeof tls.watch>[0]);
    const onError = (broken: Error): void => opening.fail(atProxy(broken, proxy));
    carrier.once('error', onError);
    carrier.once('secureConnect', () => {
      carrier.off('error', onError);
      onProxy(carrier);
    });
  });
  if (!opening.over) opening.under(race);
  return opening;
}

/** Read by `data`, not into the shared buffer: the proxy's answer must not be given to the connection. */
function openCarrier(to: net.NetConnectOpts, origin: Origin, tls: TlsPeer | undefined): net.Socket {
  // Half-open where a plain wire will be probed at its end; TLS above it ends on its own.
  if (tls === undefined)
    return net.connect({ ...to, noDelay: true, allowHalfOpen: origin.scheme === 'http' });
  const options = { ...to, ...tls.options, noDelay: true };
  return process.getBuiltinModule('node:tls').connect(options);
}

/** What a connection hears of a wire to a proxy that forwards: open is when TLS with the proxy is, if there is any. */
export class ForwardingEvents implements WireEvents {
  readonly #events: WireEvents;
  readonly #proxy: ProxyServer;
  #open = false;

  constructor(events: WireEvents, proxy: ProxyServer) {
    this.#events = events;
    this.#proxy = proxy;
  }

  onConnect(): void {
    if (this.#proxy.scheme === 'http') this.#opened();
  }

  onSecure(): void {
    this.#opened();
  }

  #opened(): void {
    this.#open = true;
    this.#events.onConnect();
  }

  onBytes(bytes: Buffer, length: number): void {
    this.#events.onBytes(bytes, length);
  }

  onDrain(): void {
    this.#events.onDrain();
  }

  onEnd(): void {
    this.#events.onEnd();
  }

  onClose(error: Error | undefined): void {
    this.#events.onClose(error === undefined || this.#open ? error : atProxy(error, this.#proxy));
  }
}

/** Nothing of the origin was reached: messages must not blame it (wire-errors.ts). */
function atProxy(error: Error, proxy: ProxyServer): Error {
  return Object.assign(error, { peer: `the proxy ${proxy}` });
}
