// What each origin was seen to speak over TLS (RFC 7301): who comes again need not ask first. Bounded, and in memory.

import type { Protocol } from '../model/contracts.ts';

/** Forgotten whole when there are more: each costs one more question. */
const ORIGINS_MAX = 16_384;

export class KnownProtocols {
  readonly #protocols = new Map<string, Protocol>();

  /** `key`: of a pool. */
  get(key: string): Protocol | undefined {
    return this.#protocols.get(key);
  }

  set(key: string, protocol: Protocol): void {
    if (this.#protocols.size >= ORIGINS_MAX) this.#protocols.clear();
    this.#protocols.set(key, protocol);
  }
}
