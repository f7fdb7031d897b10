// The connections of one origin, and of all origins together. It decides which connection a request goes out on;
// how many requests there may be at once was decided before (scheduler). Every step is O(1).

import type { Address, Done, Holder, Resolver, Routes } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Origin } from '../model/origin.ts';
import { Failure } from '../model/outcome.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import { isIdempotent, type Request } from '../model/request.ts';
import { Connection, isPipelinable } from './http1/connection.ts';
import type { ConnectionOwner, ConnectionState, ConnectionTools } from './http1/connection-tools.ts';
import { forwardsFor, RequestHeads } from './http1/request-head.ts';
import { settle } from './http1/settling.ts';
import { PeerManner } from './peer-manner.ts';

/** A connection unused for longer than this is looked at once more before it is written to: see `#check`. */
const TRUSTED_IDLE_MS = 1;
/** How long a connection lies still before a request that must not be sent twice trusts an unknown peer with it. */
const SETTLED_MS = 10;
/** A read of TLS is handed out record by record, so behind a response there may be more that was read with it. */
const TRUSTED_IDLE_SECURE_MS = Number.NEGATIVE_INFINITY;

export interface PoolTools extends ConnectionTools {
  readonly resolver: Resolver;
  readonly routes: Routes | undefined;
  /** Requests on one connection at once; 1 is no pipelining. */
  readonly pipeline: number;
  /** Connections of one origin where requests are pipelined. */
  readonly pipelinedConnectionsMax: number;
  readonly idle: IdleConnections;
  readonly onEmpty: (pool: OriginPool) => void;
}

/** All unused connections by age, of every origin: the oldest closes when there are too many. */
export class IdleConnections {
  readonly #max: number;
  #oldest: Connection | undefined;
  #newest: Connection | undefined;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  add(connection: Connection): void {
    connection.older = this.#newest;
    connection.newer = undefined;
    if (this.#newest === undefined) this.#oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
    this.#count++;
    if (this.#count > this.#max) this.#oldest!.retire();
  }

  remove(connection: Connection): void {
    if (connection.older === undefined) this.#oldest = connection.newer;
    else connection.older.newer = connection.newer;
    if (connection.newer === undefined) this.#newest = connection.older;
    else connection.newer.older = connection.older;
    connection.older = undefined;
    connection.newer = undefined;
    this.#count--;
  }
}

/** Connections differ by where they end and by what stands in between, credentials included. */
export function poolKey(origin: Origin, proxy: ProxyServer | undefined): string {
  return proxy === undefined ? origin.key : `${origin.key} ${proxy.key}`;
}

export class OriginPool implements ConnectionOwner, Holder {
  readonly origin: Origin;
  readonly proxy: ProxyServer | undefined;
  /** Under which the transport keeps it. */
  readonly key: string;
  readonly heads: RequestHeads;
  readonly peer: string;
  readonly isSecure: boolean;
  free: Connection | undefined;
  readonly #tools: PoolTools;
  readonly #connections = new Set<Connection>();
  /** Unused connections, the one used last first: the rest grow old together and close. */
  #idle: Connection | undefined;
  #idleLongest: Connection | undefined;
  #idleCount = 0;
  /** With pipelining: connections in use that can take another request, and requests that wait for one. Only who has
   *  served a response is among them: it has shown that its peer keeps connections open. */
  readonly #roomy = new Set<Connection>();
  readonly #pending = new Fifo<Request>();
  /** Requests that wait for a poll: see `#check`. */
  #checking = 0;
  readonly #trustedIdleMs: number;
  readonly #manner = new PeerManner();
  #aborted = false;
  #retired = false;

  constructor(origin: Origin, proxy: ProxyServer | undefined, tools: PoolTools) {
    this.origin = origin;
    this.proxy = proxy;
    this.key = poolKey(origin, proxy);
    this.heads = new RequestHeads(origin, proxy);
    this.peer = proxy !== undefined && forwardsFor(proxy, origin) ? `the proxy ${proxy}` : origin.authority;
    this.#tools = tools;
    this.isSecure = origin.scheme === 'https' || proxy?.scheme === 'https';
    this.#trustedIdleMs = this.isSecure ? TRUSTED_IDLE_SECURE_MS : TRUSTED_IDLE_MS;
  }

  get connections(): number {
    return this.#connections.size;
  }

  toString(): string {
    return `${this.origin.key}: ${this.#connections.size} connections, ${this.#idleCount} idle, ${this.#pending.length} waiting`;
  }

  send(request: Request, done: Done): void {
    request.done = done;
    if (this.#aborted || request.cancelled) {
      this.#refuse(request);
      return this.#leaveIfEmpty();
    }
    if (request.fresh) return this.#open(request);
    if (this.#tools.pipeline > 1) return this.#pipeline(request);
    const connection = this.#used(request);
    if (connection === undefined) this.#open(request);
    else this.#sendOn(connection, request);
  }

  #used(request: Request): Connection | undefined {
    if (!this.#manner.keepsOpen && !isIdempotent(request.method)) return this.#takeSettled(request);
    const connection = this.free ?? this.#takeIdle();
    this.free = undefined;
    return connection;
  }

  /**
   * What must not be sent twice does not go out on a connection that its peer may be closing at this moment: as long as
   * nobody knows that this one keeps them open, a used one has to lie still for a while and then be looked at.
   */
  #takeSettled({ startedAtMs }: Request): Connection | undefined {
    const connection = this.#idleLongest;
    if (connection === undefined || startedAtMs - connection.idleSinceMs < SETTLED_MS) return undefined;
    this.#removeIdle(connection);
    return connection;
  }

  /** Nothing new goes out, and what is under way fails with kind `aborted`. */
  abort(): void {
    this.#aborted = true;
    // First those that wait: a connection that closes would make room for them.
    for (let r = this.#pending.shift(); r !== undefined; r = this.#pending.shift()) this.#refuse(r);
    for (const connection of [...this.#connections]) connection.abort();
  }

  /** Unused connections do not keep the process alive. */
  rest(): void {
    for (let one = this.#idle; one !== undefined; one = one.nextIdle) one.rest();
  }

  /** Unused connections close now, the others after their responses; one that must be opened yet serves once. */
  retire(): void {
    this.#retired = true;
    for (const connection of [...this.#connections]) connection.retire();
  }

  /** It waits here, for room or for a poll. */
  cancel(request: Request): void {
    this.#refuse(request);
    if (this.#pending.length > 0) this.#drain();
  }

  /** Not twice: what was cancelled while it waited is come by later. */
  #refuse(request: Request): void {
    if (request.done === undefined) return;
    settle(request, Failure.of(request, 'queue', 'aborted', 'stopped before it was sent', 0));
  }

  #open(request: Request): void {
    const connection = new Connection(this.#tools, this);
    if (this.#retired || this.#manner.opensForOne()) connection.retire();
    this.#connections.add(connection);
    connection.open(request);
    const { host, port } = this.#destination;
    const known = this.proxy === undefined ? this.#tools.routes?.addresses(host, port) : undefined;
    if (known !== undefined) return connection.onResolved(null, this.#at(known, port));
    this.#tools.resolver.resolve(host, (error, addresses) =>
      connection.onResolved(error, this.#at(addresses, port)),
    );
  }

  #at(addresses: readonly Address[], port: number): readonly Address[] {
    if (this.proxy !== undefined || port === this.origin.port) return addresses;
    return addresses.map((address) => ({ ...address, port }));
  }

  #sendOn(connection: Connection, request: Request): void {
    const busy = connection.outstanding > 0;
    const idleMs = request.startedAtMs - connection.idleSinceMs;
    // Its start is this very moment, unless it waited here for room: asking the clock is a cost of each request.
    const nowMs = this.#tools.pipeline > 1 ? this.#tools.clock.now() : request.startedAtMs;
    if (busy || idleMs <= this.#trustedIdleMs) connection.send(request, nowMs);
    else this.#check(connection, request);
  }

  /**
   * A connection that lay idle may hold octets that the event loop has not read yet: an unsolicited response, which
   * would be taken for the answer to this request, or the peer's close. One poll of the sockets shows them. A
   * connection that was just used was read to its end a moment ago, so a busy run never waits.
   */
  #check(connection: Connection, request: Request): void {
    this.#checking++;
    request.holder = this;
    this.#tools.clock.afterPoll(() => {
      this.#checking--;
      if (connection.state === 'open') {
        if (request.cancelled) return this.onIdle(connection);
        connection.send(request, this.#tools.clock.now());
        return this.onRoom(connection);
      }
      if (!request.cancelled) this.send(request, request.done!);
      this.#leaveIfEmpty();
    });
  }

  // ── pipelining (RFC 9112 section 9.3.2) ─────────────────────────────────────────────────────────────────

  #pipeline(request: Request): void {
    request.holder = this;
    this.#pending.push(request);
    // The connection whose response is being handed out comes by itself in a moment (onRoom, onIdle).
    if (this.free === undefined) this.#drain();
  }

  /** Gives waiting requests, in their order, to connections with room; opens another while there may be more. */
  #drain(): void {
    for (let next = this.#pending.peek(); next !== undefined; next = this.#pending.peek()) {
      if (next.cancelled) {
        this.#pending.shift();
        this.#refuse(next);
        continue;
      }
      const connection = this.#roomFor(next);
      if (connection === undefined && this.#connections.size >= this.#tools.pipelinedConnectionsMax) return;
      this.#pending.shift();
      this.#waited(next);
      if (connection === undefined) {
        this.#open(next);
        continue;
      }
      this.#sendOn(connection, next);
      if (connection.outstanding >= this.#tools.pipeline) this.#roomy.delete(connection);
      else if (connection.outstanding > 0) this.#roomy.add(connection);
    }
  }

  /** Its attempt starts when it goes out: what it waited for a connection is charged to no timeout. */
  #waited(request: Request): void {
    const nowMs = this.#tools.clock.now();
    request.queueMs += nowMs - request.startedAtMs;
    request.startedAtMs = nowMs;
  }

  #roomFor(request: Request): Connection | undefined {
    if (isPipelinable(request)) {
      for (const connection of this.#roomy) {
        if (connection.takesMore) return connection;
        this.#roomy.delete(connection);
      }
    }
    return this.#takeIdle();
  }

  /** It has requests outstanding, and perhaps room for more. */
  onRoom(connection: Connection): void {
    if (this.#tools.pipeline === 1) return;
    this.#roomy.add(connection);
    this.#drain();
  }

  // ── unused connections ──────────────────────────────────────────────────────────────────────────────────

  onIdle(connection: Connection): void {
    this.#roomy.delete(connection);
    connection.idle = true;
    connection.nextIdle = this.#idle;
    if (this.#idle === undefined) this.#idleLongest = connection;
    else this.#idle.previousIdle = connection;
    this.#idle = connection;
    this.#idleCount++;
    this.#tools.idle.add(connection);
    if (this.#pending.length > 0) this.#drain();
  }

  #takeIdle(): Connection | undefined {
    const connection = this.#idle;
    if (connection !== undefined) this.#removeIdle(connection);
    return connection;
  }

  #removeIdle(connection: Connection): void {
    if (connection.nextIdle === undefined) this.#idleLongest = connection.previousIdle;
    if (connection.previousIdle === undefined) this.#idle = connection.nextIdle;
    else connection.previousIdle.nextIdle = connection.nextIdle;
    if (connection.nextIdle !== undefined) connection.nextIdle.previousIdle = connection.previousIdle;
    connection.nextIdle = undefined;
    connection.previousIdle = undefined;
    connection.idle = false;
    this.#idleCount--;
    this.#tools.idle.remove(connection);
  }

  onReused(): void {
    this.#manner.onReused();
  }

  onLost(): void {
    this.#manner.onLost();
  }

  onClosed(connection: Connection, before: ConnectionState): void {
    if (before === 'connecting') this.#tools.resolver.forget(this.#destination.host);
    if (connection.idle) this.#removeIdle(connection);
    if (this.free === connection) this.free = undefined;
    this.#roomy.delete(connection);
    this.#connections.delete(connection);
    if (this.#pending.length > 0) this.#drain();
    this.#leaveIfEmpty();
  }

  /** Where its connections go. */
  get #destination(): { readonly host: string; readonly port: number } {
    if (this.proxy !== undefined) return this.proxy;
    const { host, port } = this.origin;
    return this.#tools.routes?.destination(host, port) ?? { host, port };
  }

  /** A pool that has nothing is let go of; one that a request will come back to, or waits in, is not. */
  #leaveIfEmpty(): void {
    if (this.#connections.size > 0 || this.#checking > 0 || this.#pending.length > 0) return;
    this.#tools.onEmpty(this);
  }
}
