// The Transport on HTTP: finds the pool of a request's origin, and which protocol that is of. Retries nothing.

import type {
  Clock,
  Connector,
  Done,
  Protocol,
  Resolver,
  Routes,
  Transport,
  TransportUsage,
} from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import type { Request } from '../model/request.ts';
import { CoalescingPool, type CoalescingTools } from './coalescing-pool.ts';
import type { ConnectionSettings } from './http1/connection-tools.ts';
import { HeadParser } from './http1/head-parser.ts';
import { Http1Pool, type Http1PoolTools } from './http1/pool.ts';
import { forwardsFor } from './http1/request-head.ts';
import { Coalescing } from './http2/coalescing.ts';
import type { Http2Settings, Http2Tools } from './http2/connection-tools.ts';
import { FieldMemo } from './http2/field-memo.ts';
import { Http2Pool } from './http2/pool.ts';
import { KnownProtocols } from './known-protocols.ts';
import type { Opening } from './opening.ts';
import { IdleConnections, type Pool, poolKey, Usage } from './pool.ts';
import { TimerWheel } from './timer-wheel.ts';
import { UndecidedPool, type UndecidedTools } from './undecided-pool.ts';

export interface HttpSettings extends ConnectionSettings, Http2Settings {
  readonly pipeline: number;
  /** The most requests there will be at once to one origin. */
  readonly perOriginMax: number;
  readonly idleConnections: number;
}

export class HttpTransport implements Transport {
  readonly #pools = new Map<string, Pool>();
  readonly #clock: Clock;
  readonly #idle: IdleConnections;
  readonly #usage = new Usage();
  readonly #known = new KnownProtocols();
  readonly #http1: Http1PoolTools;
  readonly #http2: Http2Tools;
  readonly #undecided: UndecidedTools;
  readonly #sharing: CoalescingTools;
  readonly #coalescing = new Coalescing();
  readonly #coalesces: boolean;
  readonly #httpVersion: HttpSettings['httpVersion'];
  /** Pools whose origins are served by others now; they have connections yet. */
  readonly #former = new Set<Pool>();
  /** The pool of the last request: most runs have few origins. */
  #last: Pool | undefined;
  #aborted = false;
  #closed = false;

  constructor(
    settings: HttpSettings,
    clock: Clock,
    connector: Connector,
    resolver: Resolver,
    routes?: Routes,
  ) {
    this.#clock = clock;
    this.#idle = new IdleConnections(settings.idleConnections);
    this.#httpVersion = settings.httpVersion;
    this.#coalesces = settings.h2Coalesce && settings.httpVersion !== '1.1';
    const tools = {
      pass: (request: Request) => this.#poolOf(request).send(request, request.done!),
      settings,
      clock,
      connector,
      resolver,
      routes,
      wheel: new TimerWheel(clock),
      usage: this.#usage,
      idle: this.#idle,
      onEmpty: (pool: Pool) => this.#onEmpty(pool),
    };
    this.#http1 = {
      ...tools,
      heads: new HeadParser(settings.limits),
      pipeline: settings.pipeline,
      pipelinedConnectionsMax: Math.ceil(settings.perOriginMax / settings.pipeline),
    };
    this.#http2 = {
      ...tools,
      memo: new FieldMemo(),
      coalescing: this.#coalescing,
      onForeign: (request, misdirected) => this.#onForeign(request, misdirected),
      onHttp1: (pool, opening, request) => this.#turnTo('http/1.1', pool, opening, request),
    };
    this.#sharing = {
      ...tools,
      coalescing: this.#coalescing,
      onAlone: (pool) => {
        const present = this.#pools.get(pool.key);
        if (present !== undefined && present !== pool) return;
        const own = this.#made(pool.origin, undefined, pool.key, false);
        this.#replace(pool, own);
        if (this.#closed) own.retire();
      },
    };
    this.#undecided = {
      ...tools,
      onDecided: (pool, opening, request) =>
        this.#turnTo(opening.protocol ?? 'http/1.1', pool, opening, request),
    };
  }

  send(request: Request, done: Done): void {
    request.attempt++;
    request.unprocessed = 0;
    request.sent = 'none';
    request.startedAtMs = this.#clock.now();
    const last = this.#last;
    if (last !== undefined && last.origin === request.origin && last.proxy === request.proxy)
      last.send(request, done);
    else this.#poolOf(request).send(request, done);
  }

  #poolOf(request: Request): Pool {
    const { origin, proxy } = request;
    const key = poolKey(origin, proxy);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = this.#made(origin, proxy, key, this.#coalesces && proxy === undefined);
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

  #made(origin: Origin, proxy: ProxyServer | undefined, key: string, shares: boolean): Pool {
    if (shares && origin.scheme === 'https') return new CoalescingPool(origin, this.#sharing);
    const isForwarded = proxy !== undefined && forwardsFor(proxy, origin);
    if (this.#httpVersion === '1.1' || isForwarded) return new Http1Pool(origin, proxy, this.#http1);
    if (this.#httpVersion === '2') return new Http2Pool(origin, proxy, this.#http2);
    const protocol = origin.scheme === 'http' ? 'http/1.1' : this.#known.get(key);
    if (protocol === undefined) return new UndecidedPool(origin, proxy, this.#undecided);
    return this.#speaking(protocol, origin, proxy);
  }

  #speaking(protocol: Protocol, origin: Origin, proxy: ProxyServer | undefined): Http1Pool | Http2Pool {
    return protocol === 'h2'
      ? new Http2Pool(origin, proxy, this.#http2)
      : new Http1Pool(origin, proxy, this.#http1);
  }

  /** The origin of a pool turns out to speak this: another one serves it from now on, and begins with what was opened. */
  #turnTo(
    protocol: Protocol,
    former: Pool,
    opening: Opening | undefined,
    request: Request | undefined,
  ): Pool {
    const { key, origin, proxy } = former;
    const present = this.#pools.get(key);
    this.#known.set(key, protocol);
    // Another stream or connection of the former one has said so before.
    if (present !== undefined && present !== former) {
      opening?.close();
      if (request !== undefined) present.send(request, request.done!);
      return present;
    }
    const pool = this.#speaking(protocol, origin, proxy);
    this.#replace(former, pool);
    if (former instanceof Http2Pool) this.#former.add(former);
    if (request !== undefined && opening !== undefined) pool.adopt(opening, request);
    else opening?.close();
    return pool;
  }

  #replace(former: Pool, pool: Pool): void {
    this.#pools.set(former.key, pool);
    this.#last = undefined;
  }

  /** It came to a connection of another origin, which is not good for it (any more): its own pool has it. */
  #onForeign(request: Request, misdirected: boolean): void {
    const { origin } = request;
    if (misdirected) this.#coalescing.keepApart(origin);
    request.sent = 'none';
    const key = poolKey(origin, undefined);
    let pool = this.#pools.get(key);
    if (pool === undefined || pool instanceof CoalescingPool) {
      pool = this.#made(origin, undefined, key, false);
      this.#pools.set(key, pool);
      this.#last = undefined;
      if (this.#aborted) pool.abort();
      else if (this.#closed) pool.retire();
    }
    pool.send(request, request.done!);
  }

  #onEmpty(pool: Pool): void {
    if (this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
    if (this.#last === pool) this.#last = undefined;
    this.#former.delete(pool);
  }

  get #all(): Pool[] {
    return [...this.#pools.values(), ...this.#former];
  }

  abort(): void {
    this.#aborted = true;
    for (const pool of this.#all) pool.abort();
  }

  close(): void {
    this.#closed = true;
    for (const pool of this.#all) pool.retire();
  }

  rest(): void {
    for (const pool of this.#all) pool.rest();
  }

  get usage(): TransportUsage {
    return { ...this.#usage };
  }

  toString(): string {
    return `${this.#pools.size} origins, ${this.#idle.count} idle connections`;
  }
}
