// How many connections the law comes to, against servers in virtual time: what its trials win where more connections
// carry more, and what they cost where one is best.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionsLaw, Trial } from '../../../src/transport/http2/connections-law.ts';

const CONNECTIONS_MAX = 16;

/** mulberry32, from 0 up to 1. */
function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Mean 0, standard deviation 1 (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface Server {
  /** Each takes one request after the other; a connection is pinned to one of them. None: one for each connection. */
  readonly workers?: number;
  /** Of one request at a worker: exponentially distributed about it. */
  readonly serviceMs?: number;
  /** All requests go through this one after the other, such as a link or a limit of the rate. */
  readonly sharedMs?: number;
  /** Each is slower by this share than it would be with one connection less. */
  readonly perConnection?: number;
  /** Connections go to workers by chance instead of in turn. */
  readonly byChance?: boolean;
  /** Standard deviation of its speed from one half second to the next. */
  readonly noise?: number;
  /** How many connections it takes. */
  readonly connectionsMax?: number;
}

interface Load {
  readonly inFlight: number | ((nowMs: number) => number);
  readonly ms: number;
  readonly seed?: number;
  /** Instead of the law. */
  readonly fixed?: number;
}

interface Played {
  readonly responses: number;
  readonly target: number;
  /** Times at which the target changed, and to what. */
  readonly changes: readonly (readonly [ms: number, target: number])[];
}

const OPENING_MS = 20;

/** What waits for one after the other: of each the connection, the first of them being dealt with until `freeMs`. */
class Station {
  readonly queue: number[] = [];
  freeMs = Number.POSITIVE_INFINITY;
  #head = 0;

  get length(): number {
    return this.queue.length - this.#head;
  }

  shift(): number {
    const first = this.queue[this.#head++]!;
    if (this.#head === 1024) {
      this.queue.splice(0, 1024);
      this.#head = 0;
    }
    return first;
  }
}

/** A pool in front of a server: each response makes room for the next request, which goes to the connection with the
 *  least under way of the first `target`. */
class Play {
  readonly #server: Server;
  readonly #load: Load;
  readonly #law: ConnectionsLaw | undefined;
  readonly #random: () => number;
  readonly #noise: () => number;
  readonly #workers: Station[] = [];
  readonly #shared = new Station();
  /** Of each connection. */
  readonly #workerOf: number[] = [];
  readonly #outstanding: number[] = [];
  readonly #openAtMs: number[] = [];
  #inFlight = 0;
  #nowMs = 0;
  #speed = 1;
  #speedUntilMs = 0;
  #responses = 0;

  constructor(server: Server, load: Load) {
    this.#server = server;
    this.#load = load;
    this.#random = seeded(load.seed ?? 1);
    // Of its own, so that all who are compared meet the same weather.
    this.#noise = seeded((load.seed ?? 1) + 1_000_000);
    if (load.fixed === undefined) this.#law = new ConnectionsLaw(CONNECTIONS_MAX);
  }

  get #target(): number {
    return this.#law?.target ?? this.#load.fixed!;
  }

  run(): Played {
    const changes: [number, number][] = [];
    let target = this.#target;
    this.#fill();
    while (this.#step()) {
      if (this.#target === target) continue;
      target = this.#target;
      changes.push([this.#nowMs, target]);
    }
    return { responses: this.#responses, target, changes };
  }

  #fill(): void {
    const { inFlight } = this.#load;
    const wanted = typeof inFlight === 'number' ? inFlight : inFlight(this.#nowMs);
    while (this.#inFlight < wanted) this.#send();
  }

  #send(): void {
    while (this.#openAtMs.length < Math.min(this.#target, this.#server.connectionsMax ?? 99)) this.#open();
    let best = 0;
    for (let c = 1; c < this.#target; c++) {
      if (this.#openAtMs[c]! <= this.#nowMs && this.#outstanding[c]! < this.#outstanding[best]!) best = c;
    }
    this.#outstanding[best]!++;
    this.#inFlight++;
    const worker = this.#workers[this.#workerOf[best]!]!;
    worker.queue.push(best);
    if (worker.length === 1) this.#start(worker, this.#server.serviceMs ?? 0);
  }

  #open(): void {
    const { workers, byChance } = this.#server;
    const nth = this.#openAtMs.length;
    const worker = byChance ? Math.floor(this.#random() * workers!) : nth % (workers ?? 99);
    this.#openAtMs.push(nth === 0 ? 0 : this.#nowMs + OPENING_MS);
    this.#outstanding.push(0);
    this.#workerOf.push(worker);
    while (this.#workers.length <= worker) this.#workers.push(new Station());
  }

  #start(station: Station, ms: number): void {
    if (this.#nowMs >= this.#speedUntilMs) {
      this.#speedUntilMs = this.#nowMs + 500;
      this.#speed = Math.max(0.3, 1 + (this.#server.noise ?? 0.02) * normal(this.#noise));
    }
    const slower = 1 + (this.#server.perConnection ?? 0) * (this.#target - 1);
    // A limit of the rate is kept without noise.
    const spread = station === this.#shared ? 1 : -Math.log(1 - this.#random());
    station.freeMs = this.#nowMs + (ms * spread * slower) / this.#speed;
  }

  /** The next that is done, at a worker or at what all share. */
  #step(): boolean {
    let next = this.#shared;
    for (const worker of this.#workers) if (worker.freeMs < next.freeMs) next = worker;
    if (next.freeMs > this.#load.ms) return false;
    this.#nowMs = next.freeMs;
    const connection = next.shift();
    const { serviceMs = 0, sharedMs } = this.#server;
    if (next.length > 0) this.#start(next, next === this.#shared ? sharedMs! : serviceMs);
    else next.freeMs = Number.POSITIVE_INFINITY;
    if (next === this.#shared || sharedMs === undefined) this.#respond(connection);
    else {
      this.#shared.queue.push(connection);
      if (this.#shared.length === 1) this.#start(this.#shared, sharedMs);
    }
    return true;
  }

  #respond(connection: number): void {
    this.#responses++;
    const usable = this.#openAtMs.reduce((count, ms) => count + (ms <= this.#nowMs ? 1 : 0), 0);
    this.#law?.onResponse(this.#nowMs, this.#inFlight, usable);
    this.#outstanding[connection]!--;
    this.#inFlight--;
    this.#fill();
  }
}

const play = (server: Server, load: Load) => new Play(server, load).run();
const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

export { CONNECTIONS_MAX, fc, describe, expect, it, Trial, mean, play, normal, seeded };
export type { Server, Load, Played };
