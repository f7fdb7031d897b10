// The connections of one origin that speak HTTP/2, and the requests that wait for a stream on one. It decides which
// connection a request goes out on and when another is opened; how many there may be at once was decided before.

import type { Done, Holder } from '../../model/contracts.ts';
import { Fifo } from '../../model/fifo.ts';
import type { Origin } from '../../model/origin.ts';
import type { Kind, Phase } from '../../model/outcome.ts';
import type { ProxyServer } from '../../model/proxy-server.ts';
import type { Request } from '../../model/request.ts';
import { failureText } from '../failure-text.ts';
import { Opening, type OpeningOwner } from '../opening.ts';
import { type Pool, poolKey } from '../pool.ts';
import { refuse, settleFailed } from '../settling.ts';
import { Timed } from '../timer-wheel.ts';
import { Http2Connection } from './connection.ts';
import type { Http2Owner, Http2Tools } from './connection-tools.ts';
import { ConnectionsLaw } from './connections-law.ts';
import { ErrorCode, errorName } from './errors.ts';

/** How often one request may be told that it was not looked at: a peer that refuses all it is sent is given up. */
const UNPROCESSED_MAX = 20;
/** After an opening that failed, while others serve. */
const REOPEN_MS = 1000;
/** So many connections are tried for the sake of goodput; there may be more where streams are few. */
const TRIED_MAX = 16;
const BOTH = ['h2', 'http/1.1'] as const;
const ONLY = ['h2'] as const;

export class Http2Pool extends Timed implements Pool, Http2Owner, OpeningOwner, Holder {
  readonly origin: Origin;
  readonly proxy: ProxyServer | undefined;
  readonly key: string;
  readonly peer: string;
  readonly isSecure: boolean;
  readonly #tools: Http2Tools;
  readonly #connections: Http2Connection[] = [];
  /** Undefined where the number of connections is given. */
  readonly #law: ConnectionsLaw | undefined;
  readonly #openings = new Set<Opening>();
  readonly #pending = new Fifo<Request>();
  /** The request that an opening was begun for: what it cost is that one's. */
  #opener: Request | undefined;
  /** When a connection was lost that had not said so. */
  #brokenMs = Number.NEGATIVE_INFINITY;
  /** What the peer allows on a connection, as it said last. */
  #streamsMax: number | undefined;
  #openFailedMs = Number.NEGATIVE_INFINITY;
  #aborted = false;
  #retired = false;
  /** Another pool has its origin now. */
  #moved = false;
  /** It gives out what waits, and whoever is called there is not to begin that again. */
  #serving = false;
  /** The transport has let go of it. */
  #left = false;
  /** When those that wait have waited too long for a stream to end. */
  #stuckMs = Number.POSITIVE_INFINITY;

  constructor(origin: Origin, proxy: ProxyServer | undefined, tools: Http2Tools) {
    super();
    this.origin = origin;
    this.proxy = proxy;
    this.key = poolKey(origin, proxy);
    this.peer = origin.authority;
    this.isSecure = origin.scheme === 'https';
    this.#tools = tools;
    const { h2Connections, perOriginMax } = tools.settings;
    this.#law =
      h2Connections === undefined ? new ConnectionsLaw(Math.min(perOriginMax, TRIED_MAX)) : undefined;
  }

  override toString(): string {
    return `${this.key}: ${this.#connections.length} HTTP/2 connections, ${this.#pending.length} waiting`;
  }

  send(request: Request, done: Done): void {
    request.done = done;
    if (this.#aborted || request.cancelled) {
      refuse(request);
      return this.#leaveIfEmpty();
    }
    const connection = this.#pending.length === 0 ? this.#roomFor(request) : undefined;
    if (connection !== undefined) {
      this.#sendOn(connection, request, request.startedAtMs);
      return this.#spread();
    }
    this.#wait(request);
    this.#serve();
  }

  /** The opening is open, and what it speaks is HTTP/2; the request is the one that it was begun for. */
  adopt(opening: Opening, request: Request): void {
    opening.owner = this;
    this.#wait(request);
    this.#opener = request;
    this.#openings.add(opening);
    this.onOpened(opening);
  }

  #wait(request: Request): void {
    this.#left = false;
    request.holder = this;
    this.#pending.push(request);
  }

  abort(): void {
    this.#aborted = true;
    for (let r = this.#pending.shift(); r !== undefined; r = this.#pending.shift()) refuse(r);
    this.#dropOpenings();
    for (const connection of [...this.#connections]) connection.abort();
    this.#leaveIfEmpty();
  }

  rest(): void {
    if (this.#pending.length === 0) this.#dropOpenings();
    for (const connection of this.#connections) connection.rest();
    this.#leaveIfEmpty();
  }

  retire(): void {
    this.#retired = true;
    this.#retireUnneeded();
    this.#leaveIfEmpty();
  }

  /** It waits here for a stream. */
  cancel(request: Request): void {
    refuse(request);
    this.#serve();
    if (this.#pending.length === 0) this.#dropOpenings();
    this.#leaveIfEmpty();
  }

  // ── which connection ────────────────────────────────────────────────────────────────────────────────────

  /** The one with the fewest streams; for a request that an old connection has failed, one that is known to live. */
  #roomFor(request: Request): Http2Connection | undefined {
    let best: Http2Connection | undefined;
    let left = this.#wanted;
    for (const connection of this.#connections) {
      // Those beyond are for what the first ones have no room for.
      if (left-- <= 0 && best !== undefined) break;
      if (connection.room <= 0) continue;
      if (!this.#serves(connection, request)) continue;
      if (request.fresh && Math.max(connection.openedMs, connection.heardMs) < this.#brokenMs) continue;
      if (best === undefined || connection.outstanding < best.outstanding) best = connection;
    }
    return best;
  }

  /** Of another origin, which shares a connection with this one. */
  #isForeign({ origin }: Request): boolean {
    return origin !== this.origin && origin.key !== this.origin.key;
  }

  #serves(connection: Http2Connection, request: Request): boolean {
    if (!this.#isForeign(request)) return true;
    return this.#tools.coalescing?.allows(request.origin, connection) === true;
  }

  #isStranded(request: Request): boolean {
    if (!this.#isForeign(request)) return false;
    return !this.#connections.some((one) => one.isUsable && this.#serves(one, request));
  }

  #sendOn(connection: Http2Connection, request: Request, nowMs: number): void {
    if (connection.idle) this.#setIdle(connection, false);
    connection.send(request, nowMs);
  }

  /** Gives waiting requests, in their order, to connections with room; opens another where there may be more. */
  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    const served = this.#giveOut();
    this.#serving = false;
    this.#grow();
    this.#spread();
    this.#await(served);
    if (this.#retired) this.#retireUnneeded();
  }

  /** True where one got a stream. Whoever is told of something here may send, cancel and stop. */
  #giveOut(): boolean {
    let served = false;
    let passed = 0;
    for (let next = this.#pending.peek(); next !== undefined; next = this.#pending.peek()) {
      const isOver = next.done === undefined;
      const connection = isOver ? undefined : this.#roomFor(next);
      if (!isOver && connection === undefined && !this.#mayPass(next, passed)) break;
      this.#pending.shift();
      if (isOver) continue;
      if (connection !== undefined) {
        next.startLater(this.#tools.clock.now());
        this.#sendOn(connection, next, next.startedAtMs);
        served = true;
        passed = 0;
      } else if (this.#isStranded(next)) this.#tools.onForeign(next, false);
      else {
        this.#pending.push(next);
        passed++;
      }
    }
    return served;
  }

  /** One that must not go to just any connection does not hold up those that may; each is asked once. */
  #mayPass(request: Request, passed: number): boolean {
    return passed < this.#pending.length && (request.fresh || this.#isForeign(request));
  }

  // ── opening ─────────────────────────────────────────────────────────────────────────────────────────────

  #spread(): void {
    const wanted = this.#wanted;
    if (this.#connections.length >= wanted || this.#retired || this.#aborted) return;
    if (this.#connections.some(({ outstanding }) => outstanding === 0)) return;
    while (this.#usable > 0 && this.#mayOpen && this.#usable + this.#openings.size < wanted) this.#open();
  }

  /** Over how many connections requests are spread: as many as were asked for, or as give the most responses. */
  get #wanted(): number {
    return this.#law?.target ?? this.#tools.settings.h2Connections!;
  }

  /** Another connection where requests wait and those that are being opened will not take them all. */
  #grow(): void {
    while (this.#needsAnother) {
      if (this.#opener === undefined) {
        this.#opener = this.#pending.peek()!;
        // From now on it is its own connection that it waits for.
        this.#opener.startLater(this.#tools.clock.now());
      }
      this.#open();
    }
  }

  #open(): void {
    const opening = new Opening(this.#tools, this, this.#protocols, this);
    this.#openings.add(opening);
    opening.start(this.#tools.clock.now());
  }

  get #needsAnother(): boolean {
    const waiting = this.#pending.length;
    if (waiting === 0 || this.#aborted || !this.#mayOpen) return false;
    const { h2Connections, perOriginMax } = this.#tools.settings;
    const underWay = this.#openings.size;
    // Until the first one has told what its peer takes, and whether it speaks HTTP/2 at all, the others wait for it.
    if (this.#usable === 0) return underWay === 0;
    if (this.#usable + underWay >= (h2Connections ?? perOriginMax)) return false;
    // A peer that allows no stream would allow none on another connection either.
    const streams = this.#streamsMax ?? 1;
    return streams > 0 && waiting > underWay * streams;
  }

  /** Connections that take requests, now or after a response. */
  get #usable(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.isUsable) count++;
    return count;
  }

  /** One that could not be opened, or was of no use, is not tried again at once as long as others serve. */
  get #mayOpen(): boolean {
    return this.#usable === 0 || this.#tools.clock.now() >= this.#openFailedMs + REOPEN_MS;
  }

  get #protocols(): typeof BOTH | typeof ONLY {
    return this.#tools.settings.httpVersion === '2' ? ONLY : BOTH;
  }

  /** Nobody waits for them. */
  #dropOpenings(): void {
    for (const opening of this.#openings) opening.close();
    this.#openings.clear();
    this.#opener = undefined;
  }

  onOpened(opening: Opening): void {
    this.#openings.delete(opening);
    if (this.isSecure && opening.protocol !== 'h2') return this.#onOtherProtocol(opening);
    this.#tools.usage.http2Connections++;
    const connection = new Http2Connection(this.#tools, this, opening, this.#streamsMax);
    this.#connections.push(connection);
    if (this.isSecure && this.proxy === undefined) this.#tools.coalescing?.add({ connection, pool: this });
    const opener = this.#opener;
    this.#opener = undefined;
    // First: it has waited for this very connection, and carries what it cost.
    if (opener !== undefined && opener === this.#pending.peek() && opener.done !== undefined) {
      if (this.#serves(connection, opener)) {
        this.#pending.shift();
        connection.send(opener, this.#tools.clock.now(), opening.timings);
      }
    }
    this.#serve();
    this.onRoom(connection);
  }

  #onOtherProtocol(opening: Opening): void {
    this.#openFailedMs = this.#tools.clock.now();
    const waiting = this.#protocols === ONLY ? [] : this.#takeWaiting();
    const first = waiting.shift();
    if (first !== undefined) {
      first.startLater(this.#tools.clock.now());
      return this.#moveTo(this.#tools.onHttp1(this, opening, first), waiting);
    }
    opening.close();
    this.#opener = undefined;
    // Others may take those that wait.
    if (this.#usable > 0) return this.#await(false);
    const chosen = opening.protocol === undefined ? 'chose nothing by ALPN' : `chose ${opening.protocol}`;
    const text = `${this.peer} does not speak HTTP/2 (${chosen}); leave out --http2 (httpVersion)`;
    this.#failPending('tls', 'protocol', text, undefined);
  }

  /** Another pool has the origin now, and all that wait; the connections end when they have nothing to do. */
  #moveTo(pool: Pool, waiting: readonly Request[]): void {
    const isLast = this.#retired && !this.#moved;
    this.#moved = true;
    this.#retired = true;
    for (const next of waiting) {
      // Whoever heard of another may have cancelled it.
      if (next.done === undefined) continue;
      next.startLater(this.#tools.clock.now());
      this.#tools.pass(next);
    }
    if (isLast) pool.retire();
    this.#retireUnneeded();
    this.#leaveIfEmpty();
  }

  /** All requests of its own origin that wait; those of others go where they belong. */
  #takeWaiting(): Request[] {
    const all: Request[] = [];
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) all.push(next);
    this.#opener = undefined;
    const own = all.filter((one) => !this.#isForeign(one) && one.done !== undefined);
    for (const one of all) {
      if (this.#isForeign(one) && one.done !== undefined) this.#tools.onForeign(one, false);
    }
    return own;
  }

  onOpenFailed(opening: Opening, phase: Phase, kind: Kind, error: unknown): void {
    this.#openings.delete(opening);
    this.#opener = undefined;
    this.#openFailedMs = this.#tools.clock.now();
    if (this.#usable > 0) {
      // None that is newer is to be had: what is there has to do, also for what an old one has failed.
      this.#brokenMs = Number.NEGATIVE_INFINITY;
      return this.#serve();
    }
    const elapsedMs = this.#openFailedMs - (this.#pending.peek()?.startedAtMs ?? this.#openFailedMs);
    this.#failPending(phase, kind, failureText(phase, kind, this, elapsedMs, error), error);
  }

  #failPending(phase: Phase, kind: Kind, text: string, error: unknown): void {
    const nowMs = this.#tools.clock.now();
    this.#opener = undefined;
    // Those alone that wait now: whoever hears of it may send more, or stop all.
    for (let count = this.#pending.length; count > 0; count--) {
      const next = this.#pending.shift();
      if (next === undefined) break;
      if (next.done === undefined) continue;
      if (this.#isForeign(next)) this.#tools.onForeign(next, false);
      else settleFailed(next, phase, kind, text, error, false, nowMs);
    }
    this.#serve();
    this.#leaveIfEmpty();
  }

  // ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────

  /** A peer may allow no stream at all: those that wait do so as long as others get theirs, and then for so long. */
  #await(served: boolean): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    if (this.#pending.length === 0 || this.#openings.size > 0) {
      this.#stuckMs = Number.POSITIVE_INFINITY;
      return;
    }
    const nowMs = this.#tools.clock.now();
    if (served || this.#stuckMs === Number.POSITIVE_INFINITY) {
      this.#stuckMs = nowMs + this.#tools.settings.firstByteTimeoutMs;
    }
    const reopenMs = this.#openFailedMs + REOPEN_MS;
    this.deadlineMs = nowMs < reopenMs ? Math.min(this.#stuckMs, reopenMs) : this.#stuckMs;
    if (this.deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }

  override onDeadline(nowMs: number): void {
    if (this.#pending.length === 0) return;
    if (nowMs < this.#stuckMs) return this.#serve();
    this.#stuckMs = Number.POSITIVE_INFINITY;
    const text = `${this.peer} allows no further stream, and ended none for ${this.#tools.settings.firstByteTimeoutMs} ms`;
    this.#failPending('queue', 'timeout', text, undefined);
  }

  // ── what connections tell ───────────────────────────────────────────────────────────────────────────────

  onRoom(connection: Http2Connection): void {
    this.#streamsMax = connection.streamsMax;
    if (this.#pending.length > 0) this.#serve();
    if (connection.outstanding > 0 || connection.isClosed) return;
    if (this.#retired && this.#pending.length === 0) connection.retire();
    else if (connection.isUsable && !connection.idle) this.#setIdle(connection, true);
  }

  onResponse({ heardMs }: Http2Connection): void {
    if (this.#law === undefined) return;
    let inFlight = 1;
    let usable = 0;
    for (const connection of this.#connections) {
      inFlight += connection.outstanding;
      if (connection.isUsable) usable++;
    }
    const before = this.#law.target;
    this.#law.onResponse(heardMs, inFlight + this.#pending.length, usable);
    if (this.#law.target > before) this.#spread();
  }

  onUnprocessed(request: Request, code: number, connection: Http2Connection): void {
    request.unprocessed++;
    if (this.#aborted || request.cancelled) return refuse(request);
    if (this.#left) return this.#tools.pass(request);
    if (code === ErrorCode.HTTP_1_1_REQUIRED && this.#protocols === BOTH && this.isSecure) {
      if (this.#isForeign(request)) return this.#tools.onForeign(request, false);
      const waiting = this.#takeWaiting();
      return this.#moveTo(this.#tools.onHttp1(this), [request, ...waiting]);
    }
    if (request.unprocessed > UNPROCESSED_MAX || code === ErrorCode.HTTP_1_1_REQUIRED) {
      const text =
        code === ErrorCode.HTTP_1_1_REQUIRED
          ? `${this.peer} asks for HTTP/1.1; try --http1.1 (httpVersion)`
          : `${this.peer} did not look at it, ${request.unprocessed} times (${errorName(code)})`;
      const nowMs = this.#tools.clock.now();
      return settleFailed(request, 'headers', 'reset', text, undefined, false, nowMs);
    }
    this.#wait(request);
    // One that goes on is about to say that it has room.
    if (!connection.isUsable) this.#serve();
  }

  onMisdirected(request: Request): void {
    this.#tools.onForeign(request, true);
  }

  onClosed(connection: Http2Connection, lost: boolean): void {
    this.#tools.coalescing?.remove(connection);
    if (connection.idle) this.#setIdle(connection, false);
    const at = this.#connections.indexOf(connection);
    if (at !== -1) this.#connections.splice(at, 1);
    if (lost) this.#brokenMs = this.#tools.clock.now();
    if (lost && connection.served === 0) this.#openFailedMs = this.#brokenMs;
    if (this.#pending.length > 0) this.#serve();
    this.#leaveIfEmpty();
  }

  // ── unused connections ──────────────────────────────────────────────────────────────────────────────────

  #setIdle(connection: Http2Connection, idle: boolean): void {
    connection.idle = idle;
    if (idle) this.#tools.idle.add(connection);
    else this.#tools.idle.remove(connection);
  }

  #retireUnneeded(): void {
    if (this.#pending.length > 0) return;
    this.#dropOpenings();
    for (const connection of [...this.#connections]) connection.retire();
  }

  /** A pool that has nothing is let go of; one that a request waits in is not. */
  #leaveIfEmpty(): void {
    if (this.#connections.length > 0 || this.#openings.size > 0 || this.#pending.length > 0) return;
    this.#left = true;
    this.#tools.wheel.forget(this);
    this.#tools.onEmpty(this);
  }
}
