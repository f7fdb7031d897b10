// The Transport on HTTP/1.1: finds the pool of a request's origin and counts what is under way. Retries nothing.

import type { Clock, Connector, Done, Resolver, Routes, Transport } from '../model/contracts.ts';
import type { Request } from '../model/request.ts';
import type { ConnectionSettings } from './http1/connection-tools.ts';
import { HeadParser } from './http1/head-parser.ts';
import { IdleConnections, OriginPool, type PoolTools, poolKey } from './pool.ts';
import { TimerWheel } from './timer-wheel.ts';

export interface Http1Settings extends ConnectionSettings {
  readonly pipeline: number;
  /** The most requests there will be at once to one origin. */
  readonly perOriginMax: number;
  readonly idleConnections: number;
}

export class Http1Transport implements Transport {
  readonly #pools = new Map<string, OriginPool>();
  readonly #clock: Clock;
  readonly #idle: IdleConnections;
  readonly #tools: PoolTools;
  /** The pool of the last request: most runs have few origins. */
  #last: OriginPool | undefined;
  #aborted = false;
  #closed = false;

  constructor(
    settings: Http1Settings,
    clock: Clock,
    connector: Connector,
    resolver: Resolver,
    routes?: Routes,
  ) {
    this.#clock = clock;
    this.#idle = new IdleConnections(settings.idleConnections);
    this.#tools = {
      settings,
      clock,
      connector,
      resolver,
      routes,
      wheel: new TimerWheel(clock),
      heads: new HeadParser(settings.limits),
      pipeline: settings.pipeline,
      pipelinedConnectionsMax: Math.ceil(settings.perOriginMax / settings.pipeline),
      idle: this.#idle,
      onEmpty: (pool) => {
        if (this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
        if (this.#last === pool) this.#last = undefined;
      },
    };
  }

  send(request: Request, done: Done): void {
    request.attempt++;
    request.sent = 'none';
    request.startedAtMs = this.#clock.now();
    const last = this.#last;
    if (last !== undefined && last.origin === request.origin && last.proxy === request.proxy)
      last.send(request, done);
    else this.#poolOf(request).send(request, done);
  }

  #poolOf(request: Request): OriginPool {
    const { origin, proxy } = request;
    const key = poolKey(origin, proxy);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new OriginPool(origin, proxy, this.#tools);
      if (this.#closed) pool.retire();
      if (this.#aborted) {
        // It refuses, has no connection ever, and so is not kept.
        pool.abort();
        return pool;
      }
      this.#pools.set(key, pool);
    }
    this.#last = pool;
    return pool;
  }

  abort(): void {
    this.#aborted = true;
    for (const pool of [...this.#pools.values()]) pool.abort();
  }

  close(): void {
    this.#closed = true;
    for (const pool of [...this.#pools.values()]) pool.retire();
  }

  rest(): void {
    for (const pool of this.#pools.values()) pool.rest();
  }

  toString(): string {
    return `${this.#pools.size} origins, ${this.#idle.count} idle connections`;
  }
}
