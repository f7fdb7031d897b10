// The body of one request on its way out: in slices, so that progress can be told from silence, and sending can stop
// half way when a response comes early (RFC 9112 section 9.5).

import type { Wire } from '../../model/contracts.ts';

const SLICE_BYTES = 64 * 1024;

export class Upload {
  readonly #wire: Wire;
  readonly #body: Uint8Array;
  #given = 0;

  constructor(wire: Wire, body: Uint8Array) {
    this.#wire = wire;
    this.#body = body;
  }

  /** True when all of it has been given to the wire. */
  get done(): boolean {
    return this.#given === this.#body.length;
  }

  /** Gives the wire slices for as long as it takes them at once; the first one leaves with the head. */
  start(head: string): void {
    if (this.#slice(head)) this.resume();
  }

  resume(): void {
    while (!this.done && this.#slice(''));
  }

  #slice(head: string): boolean {
    const slice = this.#body.subarray(this.#given, this.#given + SLICE_BYTES);
    this.#given += slice.length;
    return this.#wire.write(head, slice);
  }
}
