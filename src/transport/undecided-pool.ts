// An origin of which nobody knows yet whether it speaks HTTP/2: its first connection asks by ALPN (RFC 7301), and all that
// is to be sent meanwhile waits for the answer, so that a burst opens one connection where one will do. Then it is gone.

import type { Done, Holder } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Origin } from '../model/origin.ts';
import type { Kind, Phase } from '../model/outcome.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import type { Request } from '../model/request.ts';
import { failureText } from './failure-text.ts';
import { Opening, type OpeningOwner, type OpeningTools } from './opening.ts';
import { type Pool, poolKey } from './pool.ts';
import { refuse, settleFailed } from './settling.ts';

const PROTOCOLS = ['h2', 'http/1.1'] as const;

export interface UndecidedTools extends OpeningTools {
  readonly onEmpty: (pool: Pool) => void;
  /** It has answered; the request is one that waited for it. Returns who takes the others. */
  /** Whoever serves the origin of the request now has it. */
  readonly pass: (request: Request) => void;
  readonly onDecided: (pool: Pool, opening: Opening, request: Request | undefined) => Pool;
}

export class UndecidedPool implements Pool, OpeningOwner, Holder {
  readonly origin: Origin;
  readonly proxy: ProxyServer | undefined;
  readonly key: string;
  readonly peer: string;
  readonly isSecure = true;
  readonly #tools: UndecidedTools;
  readonly #pending = new Fifo<Request>();
  #opening: Opening | undefined;
  #opener: Request | undefined;
  #aborted = false;
  #retired = false;

  constructor(origin: Origin, proxy: ProxyServer | undefined, tools: UndecidedTools) {
    this.origin = origin;
    this.proxy = proxy;
    this.key = poolKey(origin, proxy);
    this.peer = origin.authority;
    this.#tools = tools;
  }

  toString(): string {
    return `${this.key}: asks for its protocol, ${this.#pending.length} waiting`;
  }

  send(request: Request, done: Done): void {
    request.done = done;
    if (this.#aborted || request.cancelled) {
      refuse(request);
      return this.#leaveIfEmpty();
    }
    request.holder = this;
    this.#pending.push(request);
    if (this.#opening === undefined) this.#open(request);
  }

  #open(request: Request): void {
    this.#opener = request;
    this.#opening = new Opening(this.#tools, this, PROTOCOLS, this);
    this.#opening.start(request.startedAtMs);
  }

  abort(): void {
    this.#aborted = true;
    this.#opening?.close();
    this.#opening = undefined;
    for (let r = this.#pending.shift(); r !== undefined; r = this.#pending.shift()) refuse(r);
    this.#leaveIfEmpty();
  }

  /** What waits is served yet. */
  retire(): void {
    this.#retired = true;
  }

  /** None is unused. */
  rest(): void {}

  /** The others wait on; with the last one the opening ends. */
  cancel(request: Request): void {
    refuse(request);
    this.#dropSettled();
    if (this.#pending.length > 0) return;
    this.#opening?.close();
    this.#opening = undefined;
    this.#leaveIfEmpty();
  }

  #dropSettled(): void {
    while (this.#pending.length > 0 && this.#pending.peek()!.done === undefined) this.#pending.shift();
  }

  onOpened(opening: Opening): void {
    this.#opening = undefined;
    const first = this.#next();
    // What it cost is that one's alone that it was begun for.
    if (first !== this.#opener) opening.forgetCost();
    if (first !== undefined && first !== this.#opener) first.startLater(this.#tools.clock.now());
    this.#opener = undefined;
    const pool = this.#tools.onDecided(this, opening, first);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.startLater(this.#tools.clock.now());
      this.#tools.pass(next);
    }
    if (this.#retired) pool.retire();
  }

  #next(): Request | undefined {
    this.#dropSettled();
    return this.#pending.shift();
  }

  /** All of those that waited for it: they would have fared no better. */
  onOpenFailed(_: Opening, phase: Phase, kind: Kind, error: unknown): void {
    this.#opening = undefined;
    const nowMs = this.#tools.clock.now();
    for (let count = this.#pending.length; count > 0; count--) {
      const next = this.#pending.shift();
      // Whoever hears of it may stop all.
      if (next === undefined) break;
      if (next.done === undefined) continue;
      const text = failureText(phase, kind, this, nowMs - next.startedAtMs, error);
      settleFailed(next, phase, kind, text, error, false, nowMs);
    }
    this.#leaveIfEmpty();
  }

  #leaveIfEmpty(): void {
    if (this.#opening === undefined && this.#pending.length === 0) this.#tools.onEmpty(this);
  }
}
