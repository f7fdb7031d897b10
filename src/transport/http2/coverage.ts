// For which hosts the certificate of a connection is good: asked once for each, because to read it takes long.

import type { Wire } from '../../model/contracts.ts';

const HOSTS_MAX = 1_000;

export class Coverage {
  readonly #wire: Wire;
  readonly #hosts = new Map<string, boolean>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  covers(host: string): boolean {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const covers = this.#wire.covers?.(host) === true;
    if (this.#hosts.size < HOSTS_MAX) this.#hosts.set(host, covers);
    return covers;
  }
}
