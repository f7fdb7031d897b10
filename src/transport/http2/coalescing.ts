// Connections that more than one origin may use (RFC 9113 section 9.1.1): those that are open, by where they end. Which of
// them is good for an origin its certificate says. Opens and closes none.

import type { Address } from '../../model/contracts.ts';
import type { Origin } from '../../model/origin.ts';
import type { Http2Connection } from './connection.ts';
import type { Http2Pool } from './pool.ts';

/** Origins that are served elsewhere are forgotten whole when there are more: each costs one more 421. */
const APART_MAX = 16_384;

export interface SharedConnection {
  readonly connection: Http2Connection;
  readonly pool: Http2Pool;
}

export class Coalescing {
  readonly #connections = new Map<string, SharedConnection[]>();
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
  }

  /** The origin has these addresses. */
  find({ key, host, port }: Origin, addresses: readonly Address[]): SharedConnection | undefined {
    if (this.#apart.has(key)) return undefined;
    for (const { address, family, port: own } of addresses) {
      const remote = `${family === 6 ? `[${address}]` : address}:${own ?? port}`;
      for (const shared of this.#connections.get(remote) ?? []) {
        if (shared.connection.isUsable && shared.connection.covers(host)) return shared;
      }
    }
    return undefined;
  }

  /** No connection of others serves this one. */
  keepApart({ key }: Origin): void {
    if (this.#apart.size >= APART_MAX) this.#apart.clear();
    this.#apart.add(key);
  }
}
