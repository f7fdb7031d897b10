// The connections of one origin on HTTP/1.1. It decides which connection a request goes out on; how many requests there
// may be at once was decided before (scheduler). Every step is O(1).

import type { Done, Holder } from '../../model/contracts.ts';
import { Fifo } from '../../model/fifo.ts';
import type { Origin } from '../../model/origin.ts';
import type { ProxyServer } from '../../model/proxy-server.ts';
import { isIdempotent, type Request } from '../../model/request.ts';
import type { Opening } from '../opening.ts';
import { PeerManner } from '../peer-manner.ts';
import { type IdleConnections, type Pool, poolKey } from '../pool.ts';
import { refuse } from '../settling.ts';
import { Connection, isPipelinable } from './connection.ts';
import type { ConnectionOwner, ConnectionTools } from './connection-tools.ts';
import { forwardsFor, RequestHeads } from './request-head.ts';

/** A connection unused for longer than this is looked at once more before it is written to: see `#check`. */
const TRUSTED_IDLE_MS = 1;
/** How long a connection lies still before a request that must not be sent twice trusts an unknown peer with it. */
const SETTLED_MS = 10;
/** A read of TLS is handed out record by record, so behind a response there may be more that was read with it. */
const TRUSTED_IDLE_SECURE_MS = Number.NEGATIVE_INFINITY;

export interface Http1PoolTools extends ConnectionTools {
  /** Requests on one connection at once; 1 is no pipelining. */
  readonly pipeline: number;
  /** Connections of one origin where requests are pipelined. */
  readonly pipelinedConnectionsMax: number;
  readonly idle: IdleConnections;
  /** The pool has nothing left. */
  readonly onEmpty: (pool: Pool) => void;
}

export class Http1Pool implements Pool, ConnectionOwner, Holder {
  readonly origin: Origin;
  readonly proxy: ProxyServer | undefined;
  readonly key: string;
  readonly heads: RequestHeads;
  readonly peer: string;
  readonly isSecure: boolean;
  free: Connection | undefined;
  readonly #tools: Http1PoolTools;
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

  constructor(origin: Origin, proxy: ProxyServer | undefined, tools: Http1PoolTools) {
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
      refuse(request);
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

  abort(): void {
    this.#aborted = true;
    // First those that wait: a connection that closes would make room for them.
    for (let r = this.#pending.shift(); r !== undefined; r = this.#pending.shift()) refuse(r);
    for (const connection of [...this.#connections]) connection.abort();
  }

  rest(): void {
    for (let one = this.#idle; one !== undefined; one = one.nextIdle) one.rest();
  }

  retire(): void {
    this.#retired = true;
    for (const connection of [...this.#connections]) connection.retire();
  }

  /** It waits here, for room or for a poll. */
  cancel(request: Request): void {
    refuse(request);
    if (this.#pending.length > 0) this.#drain();
  }

  #open(request: Request): void {
    this.#join().open(request);
  }

  /** On what somebody else has opened for this request, or begun to. It has its `done` and is not cancelled. */
  adopt(opening: Opening, request: Request): void {
    this.#join().adopt(opening, request);
  }

  /** One more connection. */
  #join(): Connection {
    const connection = new Connection(this.#tools, this);
    if (this.#retired || this.#manner.opensForOne()) connection.retire();
    this.#connections.add(connection);
    return connection;
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
        refuse(next);
        continue;
      }
      const connection = this.#roomFor(next);
      if (connection === undefined && this.#connections.size >= this.#tools.pipelinedConnectionsMax) return;
      this.#pending.shift();
      next.startLater(this.#tools.clock.now());
      if (connection === undefined) {
        this.#open(next);
        continue;
      }
      this.#sendOn(connection, next);
      if (connection.outstanding >= this.#tools.pipeline) this.#roomy.delete(connection);
      else if (connection.outstanding > 0) this.#roomy.add(connection);
    }
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

  onClosed(connection: Connection): void {
    if (connection.idle) this.#removeIdle(connection);
    if (this.free === connection) this.free = undefined;
    this.#roomy.delete(connection);
    this.#connections.delete(connection);
    if (this.#pending.length > 0) this.#drain();
    this.#leaveIfEmpty();
  }

  /** A pool that has nothing is let go of; one that a request will come back to, or waits in, is not. */
  #leaveIfEmpty(): void {
    if (this.#connections.size > 0 || this.#checking > 0 || this.#pending.length > 0) return;
    this.#tools.onEmpty(this);
  }
}
