// An origin that may be served on a connection of another one (RFC 9113 section 9.1.1): its name is looked up, and where
// an open connection ends at one of its addresses, with a certificate that names it, its requests go there. It has no
// connection of its own: where there is none to share, another pool takes its place.

import type { Address, Done, Holder, Resolver, Routes } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Origin } from '../model/origin.ts';
import { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import type { Coalescing, SharedConnection } from './http2/coalescing.ts';
import { type Pool, poolKey } from './pool.ts';
import { settle } from './settling.ts';

export interface CoalescingTools {
  readonly resolver: Resolver;
  readonly routes: Routes | undefined;
  readonly coalescing: Coalescing;
  readonly onEmpty: (pool: Pool) => void;
  /** There is no connection to share: who serves the origin from now on. */
  readonly onAlone: (pool: Pool) => Pool;
}

export class CoalescingPool implements Pool, Holder {
  readonly origin: Origin;
  readonly proxy = undefined;
  readonly key: string;
  readonly #tools: CoalescingTools;
  readonly #pending = new Fifo<Request>();
  #shared: SharedConnection | undefined;
  #looking = false;
  #aborted = false;

  constructor(origin: Origin, tools: CoalescingTools) {
    this.origin = origin;
    this.key = poolKey(origin, undefined);
    this.#tools = tools;
  }

  toString(): string {
    return `${this.key}: ${this.#shared === undefined ? 'looks for a connection to share' : 'shares a connection'}`;
  }

  send(request: Request, done: Done): void {
    request.done = done;
    if (this.#aborted || request.cancelled) {
      this.#refuse(request);
      return this.#leaveIfEmpty();
    }
    if (this.#shared?.connection.isUsable === true && this.#pending.length === 0) {
      return this.#shared.pool.send(request, done);
    }
    request.holder = this;
    this.#pending.push(request);
    if (!this.#looking) this.#look();
  }

  abort(): void {
    this.#aborted = true;
    for (let r = this.#pending.shift(); r !== undefined; r = this.#pending.shift()) this.#refuse(r);
    this.#leaveIfEmpty();
  }

  /** What it uses is another's, and so are these. */
  retire(): void {}

  rest(): void {}

  cancel(request: Request): void {
    this.#refuse(request);
  }

  #refuse(request: Request): void {
    if (request.done === undefined) return;
    settle(request, Failure.of(request, 'queue', 'aborted', 'stopped before it was sent', 0));
  }

  /** A name that cannot be looked up is left to whoever opens connections, and says so. */
  #look(): void {
    const { routes, resolver } = this.#tools;
    const to = routes?.destination(this.origin.host, this.origin.port) ?? this.origin;
    const known = routes?.addresses(to.host, to.port);
    this.#looking = true;
    if (known !== undefined) return this.#onFound(known, to.port);
    resolver.resolve(to.host, (_, addresses) => this.#onFound(addresses, to.port));
  }

  #onFound(addresses: readonly Address[], port: number): void {
    this.#looking = false;
    if (this.#aborted) return;
    this.#shared = this.#tools.coalescing.find(
      this.origin,
      addresses.map((address) => ({ port, ...address })),
    );
    const pool = this.#shared?.pool ?? this.#tools.onAlone(this);
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      if (next.done !== undefined) pool.send(next, next.done);
    }
  }

  #leaveIfEmpty(): void {
    if (this.#pending.length === 0) this.#tools.onEmpty(this);
  }
}
