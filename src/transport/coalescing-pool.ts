// An origin that may be served on a connection of another one (RFC 9113 section 9.1.1): its name is looked up, and where
// an open connection ends at one of its addresses, with a certificate that names it, its requests go there. It has no
// connection of its own: where there is none to share, another pool takes its place.

import type { Address, Clock, Done, Holder, Resolver, Routes } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Origin } from '../model/origin.ts';
import type { Request } from '../model/request.ts';
import type { Coalescing, SharedConnection, Sharer } from './http2/coalescing.ts';
import { type Pool, poolKey } from './pool.ts';
import { refuse } from './settling.ts';
import { Timed, type TimerWheel } from './timer-wheel.ts';

export interface CoalescingTools {
  readonly settings: { readonly dnsTimeoutMs: number };
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly resolver: Resolver;
  readonly routes: Routes | undefined;
  readonly coalescing: Coalescing;
  readonly onEmpty: (pool: Pool) => void;
  /** There is no connection to share: another pool serves the origin from now on. */
  readonly onAlone: (pool: Pool) => void;
  /** Whoever serves the origin of the request now has it. */
  readonly pass: (request: Request) => void;
}

export class CoalescingPool extends Timed implements Pool, Holder, Sharer {
  readonly origin: Origin;
  readonly proxy = undefined;
  readonly key: string;
  readonly #tools: CoalescingTools;
  readonly #pending = new Fifo<Request>();
  #shared: SharedConnection | undefined;
  #looking = false;
  #aborted = false;

  constructor(origin: Origin, tools: CoalescingTools) {
    super();
    this.origin = origin;
    this.key = poolKey(origin, undefined);
    this.#tools = tools;
  }

  override toString(): string {
    return `${this.key}: ${this.#shared === undefined ? 'looks for a connection to share' : 'shares a connection'}`;
  }

  send(request: Request, done: Done): void {
    request.done = done;
    if (this.#aborted || request.cancelled) {
      refuse(request);
      return this.#leaveIfEmpty();
    }
    if (this.#shared?.connection.isUsable === true) return this.#shared.pool.send(request, done);
    request.holder = this;
    this.#pending.push(request);
    if (!this.#looking) this.#look(request.startedAtMs);
  }

  abort(): void {
    this.#aborted = true;
    for (let r = this.#pending.shift(); r !== undefined; r = this.#pending.shift()) refuse(r);
    this.#shared = undefined;
    this.#leaveIfEmpty();
  }

  /** What it uses is another's, and so are these. */
  retire(): void {}

  rest(): void {}

  cancel(request: Request): void {
    refuse(request);
  }

  /** The connection that it shared is over: who comes next looks again. */
  onGone(): void {
    this.#shared = undefined;
    this.#leaveIfEmpty();
  }

  // ── looking ─────────────────────────────────────────────────────────────────────────────────────────────

  #look(nowMs: number): void {
    const { routes, resolver, settings, wheel } = this.#tools;
    const to = routes?.destination(this.origin.host, this.origin.port) ?? this.origin;
    this.#looking = true;
    const known = routes?.addresses(to.host, to.port);
    if (known !== undefined) return this.#onFound(known, to.port);
    this.deadlineMs = nowMs + settings.dnsTimeoutMs;
    wheel.watch(this);
    resolver.resolve(to.host, (_, addresses) => this.#onFound(addresses, to.port));
  }

  /** A name that cannot be looked up is left to whoever opens connections, and says so. */
  override onDeadline(): void {
    this.#onFound([], this.origin.port);
  }

  #onFound(addresses: readonly Address[], port: number): void {
    if (!this.#looking || this.#aborted) return;
    this.#looking = false;
    this.#tools.wheel.forget(this);
    const own = addresses.map((address) => ({ port, ...address }));
    this.#shared = this.#tools.coalescing.find(this.origin, own, this);
    if (this.#shared === undefined) this.#tools.onAlone(this);
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      if (next.done === undefined) continue;
      // To look for it is no part of its attempt, which looks the name up once more.
      next.startLater(this.#tools.clock.now());
      this.#tools.pass(next);
    }
    this.#leaveIfEmpty();
  }

  #leaveIfEmpty(): void {
    if (this.#pending.length > 0 || this.#shared !== undefined || this.#looking) return;
    this.#tools.wheel.forget(this);
    this.#tools.onEmpty(this);
  }
}
