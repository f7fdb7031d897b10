// Connections that more than one origin may use (RFC 9113 section 9.1.1): those that are open, by where they end. Which of
// them is good for an origin its certificate says. Opens and closes none.

import type { Address } from '../../model/contracts.ts';
import type { Origin } from '../../model/origin.ts';
import type { Http2Connection } from './connection.ts';
import type { Http2Pool } from './pool.ts';

/** Forgotten whole when there are more: each costs one more question, or one more 421. */
const ORIGINS_MAX = 16_384;

export interface SharedConnection {
  readonly connection: Http2Connection;
  readonly pool: Http2Pool;
}

/** Hears that a connection that it shares is over. */
export interface Sharer {
  onGone(): void;
}

export class Coalescing {
  readonly #connections = new Map<string, SharedConnection[]>();
  /** By key, where the origins that share end, as was looked up. */
  readonly #addresses = new Map<string, ReadonlySet<string>>();
  readonly #sharers = new Map<Http2Connection, Set<Sharer>>();
  /** Keys of origins whose requests were misdirected (RFC 9110 section 15.5.20). */
  readonly #apart = new Set<string>();

  add(shared: SharedConnection): void {
    const { remoteAddress } = shared.connection;
    const others = this.#connections.get(remoteAddress);
    if (others === undefined) this.#connections.set(remoteAddress, [shared]);
    else others.push(shared);
  }

  remove(connection: Http2Connection): void {
    const { remoteAddress } = connection;
    const left = this.#connections.get(remoteAddress)?.filter((one) => one.connection !== connection) ?? [];
    if (left.length === 0) this.#connections.delete(remoteAddress);
    else this.#connections.set(remoteAddress, left);
    const sharers = this.#sharers.get(connection);
    this.#sharers.delete(connection);
    for (const sharer of sharers ?? []) sharer.onGone();
  }

  /** The origin has these addresses. `sharer`: who is to hear when the connection is over. */
  find(origin: Origin, addresses: readonly Address[], sharer: Sharer): SharedConnection | undefined {
    if (this.#apart.has(origin.key)) return undefined;
    const places = new Set(addresses.map((address) => placeOf(address, origin.port)));
    this.#remember(origin, places);
    for (const place of places) {
      for (const shared of this.#connections.get(place) ?? []) {
        if (!shared.connection.isUsable || !shared.connection.covers(origin.host)) continue;
        const { connection } = shared;
        this.#sharers.set(connection, (this.#sharers.get(connection) ?? new Set()).add(sharer));
        return shared;
      }
    }
    return undefined;
  }

  /** It ends where the origin does, and its certificate names it. */
  allows({ key, host }: Origin, connection: Http2Connection): boolean {
    return this.#addresses.get(key)?.has(connection.remoteAddress) === true && connection.covers(host);
  }

  #remember({ key }: Origin, places: ReadonlySet<string>): void {
    if (this.#addresses.size >= ORIGINS_MAX) this.#addresses.clear();
    this.#addresses.set(key, places);
  }

  /** No connection of others serves this one. */
  keepApart({ key }: Origin): void {
    if (this.#apart.size >= ORIGINS_MAX) this.#apart.clear();
    this.#apart.add(key);
  }
}

/** As connections call where they end. */
function placeOf({ address, family, port: own }: Address, port: number): string {
  return `${family === 6 ? `[${address}]` : address}:${own ?? port}`;
}
