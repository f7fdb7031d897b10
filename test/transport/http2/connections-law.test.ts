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
  /** Of one request at a worker, give or take a half. */
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
  readonly inFlight: number;
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
    while (this.#inFlight < this.#load.inFlight) this.#send();
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
    const spread = station === this.#shared ? 1 : 0.5 + this.#random();
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

/** Responses with the law, as a share of those with a fixed number of connections. */
function shareOf(played: Played, server: Server, load: Load, fixed: number): number {
  return played.responses / play(server, { ...load, fixed }).responses;
}

/** Evenly spaced responses, as many per second as the number of connections gives, from one time to another. */
function drive(
  law: ConnectionsLaw,
  fromMs: number,
  toMs: number,
  perSecond: (target: number, ms: number) => number,
  inFlight = 128,
): (readonly [ms: number, target: number])[] {
  const changes: (readonly [number, number])[] = [];
  for (let ms = fromMs; ms < toMs; ms += 1000 / perSecond(law.target, ms)) {
    const before = law.target;
    law.onResponse(ms, inFlight, before);
    if (law.target !== before) changes.push([ms, law.target]);
  }
  return changes;
}

const targets = (changes: readonly (readonly [number, number])[]) => changes.map(([, target]) => target);
const RUN: Load = { inFlight: 128, ms: 30_000 };
const noise = 0.05;

describe('where more connections carry more', () => {
  it.each<[string, Server, number, number, number]>([
    ['two workers, 60 in flight', { workers: 2, serviceMs: 3, noise }, 60, 2, 0.97],
    ['two workers, 256 in flight', { workers: 2, serviceMs: 3, noise }, 256, 2, 0.97],
    ['four workers, 60 in flight', { workers: 4, serviceMs: 3, noise }, 60, 4, 0.95],
    ['four workers, 256 in flight', { workers: 4, serviceMs: 3, noise }, 256, 4, 0.94],
    ['a band per connection, and a link that is six of them', { serviceMs: 6, sharedMs: 1 }, 128, 8, 0.86],
    ['a band per connection', { serviceMs: 8 }, 256, 16, 0.67],
  ])('%s', (_, server, inFlight, target, share) => {
    const load = { inFlight, ms: 30_000 };
    const played = play(server, load);
    expect(played.target).toBe(target);
    expect(shareOf(played, server, load, target)).toBeGreaterThan(share);
    expect(shareOf(played, server, load, 1)).toBeGreaterThan(Math.min(6, target) * share * 0.9);
  });

  it('finds other workers where connections come to them by chance', () => {
    const shares = Array.from({ length: 6 }, (_, seed) => {
      const server: Server = { workers: 2, serviceMs: 3, noise };
      const best = play(server, { ...RUN, seed, fixed: 2 }).responses;
      return play({ ...server, byChance: true }, { ...RUN, seed }).responses / best;
    });
    expect(Math.min(...shares)).toBeGreaterThan(0.6);
    expect(shares.filter((share) => share > 0.85).length).toBeGreaterThan(3);
  });

  it('is there soon: four workers within three seconds', () => {
    const { changes } = play({ workers: 4, serviceMs: 1, noise }, { inFlight: 128, ms: 3000 });
    expect(targets(changes)).toEqual([2, 4, 8, 4]);
  });
});

describe('where one connection is best', () => {
  it.each<[string, Server, Load, number]>([
    ['one worker', { workers: 1, serviceMs: 2 }, RUN, 0.999],
    ['one worker, noise', { workers: 1, serviceMs: 2, noise }, { ...RUN, inFlight: 60 }, 0.999],
    ['one worker, 5 % less for each', { workers: 1, serviceMs: 2, noise, perConnection: 0.05 }, RUN, 0.985],
    ['one worker, 10 % less for each', { workers: 1, serviceMs: 2, noise, perConnection: 0.1 }, RUN, 0.975],
    ['a limit of the rate', { sharedMs: 2 }, RUN, 0.999],
    ['a slow one', { sharedMs: 25 }, { ...RUN, ms: 60_000 }, 0.999],
    ['a server that takes no second connection', { workers: 1, serviceMs: 2, connectionsMax: 1 }, RUN, 0.999],
    ['two seconds', { workers: 1, serviceMs: 2, perConnection: 0.05 }, { ...RUN, ms: 2000 }, 0.975],
  ])('loses next to nothing: %s', (_, server, load, share) => {
    const played = play(server, load);
    expect(played.target).toBe(1);
    expect(played.changes).not.toEqual([]);
    expect(shareOf(played, server, load, 1)).toBeGreaterThan(share);
  });

  it('tries more, and seldom', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    const trials = drive(law, 0, 1_700_000, () => 500).filter(([, target]) => target > 1);
    expect(targets(trials)).toEqual([2, 4, 8, 2, 4, 8, 2, 4, 8, 2, 4]);
    const waitsMs = trials.slice(1).map(([ms], i) => ms - trials[i]![0]);
    for (const [i, waitMs] of waitsMs.entries()) {
      expect(waitMs).toBeGreaterThan(Math.min(300_000, 5000 * 2 ** i));
      expect(waitMs).toBeLessThan(Math.min(300_000, 5000 * 2 ** i) + 3000);
    }
  });

  it('does not begin where each connection has little to do, or there is not yet enough to tell', () => {
    expect(drive(new ConnectionsLaw(CONNECTIONS_MAX), 0, 60_000, () => 2000, 7)).toEqual([]);
    expect(drive(new ConnectionsLaw(CONNECTIONS_MAX), 0, 60_000, () => 24, 40)).toEqual([]);
    expect(drive(new ConnectionsLaw(CONNECTIONS_MAX), 0, 990, () => 2000)).toEqual([]);
    expect(drive(new ConnectionsLaw(CONNECTIONS_MAX), 0, 1100, () => 2000)).not.toEqual([]);
  });
});

describe('a trial', () => {
  /** Share of trials that find more to be better, windows having this standard deviation. */
  function adopted(gain: number, deviation: number): number {
    const random = seeded(5);
    const count = 4000;
    let more = 0;
    for (let i = 0; i < count; i++) {
      const trial = new Trial(2, 1);
      for (let at = 1; trial.verdict === undefined; at = 3 - at) {
        trial.add(at, (at === 2 ? gain : 1) * (1 + deviation * normal(random)));
      }
      if (trial.verdict === 2) more++;
    }
    return more / count;
  }

  it('seldom takes noise for a gain', () => {
    expect(adopted(1, 0.05)).toBeLessThan(0.01);
    expect(adopted(1, 0.1)).toBeLessThan(0.06);
  });

  it('sees gains that are worth it', () => {
    expect(adopted(1.15, 0.02)).toBeGreaterThan(0.95);
    expect(adopted(1.3, 0.05)).toBeGreaterThan(0.99);
    expect(adopted(2, 0.1)).toBeGreaterThan(0.99);
  });

  it('takes no slow rise for a gain', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    // A fifth more each second.
    const changes = drive(law, 0, 10_000, (_, ms) => 500 * 1.2 ** (ms / 1000));
    expect(targets(changes).length).toBeGreaterThan(1);
    expect(law.target).toBe(1);
  });

  it('waits for connections that are being opened, and not for ever', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    for (let ms = 0; ms < 3900; ms++) law.onResponse(ms, 128, 1);
    expect(law.target).toBe(2);
    for (let ms = 3900; ms < 4200; ms++) law.onResponse(ms, 128, 1);
    expect(law.target).toBe(1);
    // It counts as one that found nothing.
    expect(drive(law, 4200, 8000, () => 1000)).toEqual([]);
    expect(targets(drive(law, 8000, 11_000, () => 1000))[0]).toBe(4);
  });

  it.each<[string, (law: ConnectionsLaw) => void]>([
    ['less is in flight', (law) => drive(law, 1100, 2500, () => 3000, 60)],
    ['more is in flight', (law) => drive(law, 1100, 2500, () => 3000, 170)],
    ['nothing comes for long', (law) => drive(law, 2000, 2500, () => 3000)],
    ['next to nothing comes', (law) => drive(law, 1100, 4000, () => 20)],
  ])('is called off where %s, and judges nothing', (_, change) => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    drive(law, 0, 1100, () => 1000);
    expect(law.target).toBe(2);
    change(law);
    expect(law.target).toBe(1);
    const changes = drive(law, 5000, 12_000, (target) => Math.min(2, target) * 1000);
    expect(changes[0]![0]).toBeGreaterThan(6000);
    expect(targets(changes).slice(0, 3)).toEqual([2, 4, 2]);
  });

  it('does not begin while goodput is still rising', () => {
    const rising = (_: number, ms: number) => (ms < 500 ? 500 : 1500);
    const changes = drive(new ConnectionsLaw(CONNECTIONS_MAX), 0, 3000, rising);
    expect(changes[0]![0]).toBeGreaterThan(1400);
  });

  it('compares whole waves where responses come in those', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    const changes: number[] = [];
    for (let wave = 0; wave < 200; wave++) {
      for (let i = 0; i < 512; i++) {
        const before = law.target;
        law.onResponse(wave * 1000 + i, 512, law.target);
        if (law.target !== before) changes.push(law.target);
      }
    }
    expect(changes.slice(0, 4)).toEqual([2, 1, 4, 1]);
  });

  it('compares whole bursts where all responses come at once', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    const tried = new Set<number>();
    for (let ms = 0; ms < 120_000; ms += 1000) {
      for (let i = 0; i < 256; i++) law.onResponse(ms, 256, law.target);
      tried.add(law.target);
    }
    expect(tried).toContain(2);
    expect(law.target).toBe(1);
  });
});

describe('later', () => {
  it('lets go of connections that have had nothing to do for long', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    const four = (target: number) => Math.min(4, target) * 500;
    drive(law, 0, 20_000, four);
    expect(law.target).toBe(4);
    drive(law, 20_000, 45_000, () => 100, 2);
    expect(law.target).toBe(4);
    drive(law, 45_000, 55_000, () => 100, 2);
    expect(law.target).toBe(2);
    drive(law, 55_000, 90_000, () => 1, 1);
    expect(law.target).toBe(1);
    // And finds them again.
    drive(law, 90_000, 100_000, four);
    expect(law.target).toBe(4);
  });

  it('keeps those that are needed, however few the requests are', () => {
    const law = new ConnectionsLaw(CONNECTIONS_MAX);
    drive(law, 0, 20_000, (target) => Math.min(2, target) * 500);
    expect(law.target).toBe(2);
    drive(law, 20_000, 100_000, () => 20, 6);
    expect(law.target).toBe(2);
  });

  it('finds that fewer do, where that is so by now', () => {
    const law = new ConnectionsLaw(4);
    drive(law, 0, 10_000, (target) => target * 200);
    expect(law.target).toBe(4);
    const kept = drive(law, 10_000, 400_000, (target) => target * 200);
    expect(targets(kept)).toEqual([2, 4]);
    const changes = drive(law, 400_000, 2_000_000, () => 500);
    expect(targets(changes).slice(0, 2)).toEqual([2, 1]);
    expect(law.target).toBe(1);
  });
});

describe('the target', () => {
  it('is one where there may be but one', () => {
    expect(drive(new ConnectionsLaw(1), 0, 30_000, () => 500)).toEqual([]);
  });

  it('comes up to a maximum that is no power of two', () => {
    const law = new ConnectionsLaw(6);
    expect(targets(drive(law, 0, 5000, (target) => target * 200))).toEqual([2, 4, 6]);
    expect(`${law}`).toBe('6 of at most 6 connections');
  });

  it('is always between one and the maximum, whatever comes', () => {
    const response = fc.record({
      afterMs: fc.oneof(fc.nat(20), fc.nat(5000), fc.nat(1_000_000)),
      times: fc.integer({ min: 1, max: 400 }),
      everyMs: fc.nat(10),
      inFlight: fc.integer({ min: 1, max: 400 }),
      usable: fc.nat(40),
    });
    const property = fc.property(fc.integer({ min: 1, max: 40 }), fc.array(response), (max, responses) => {
      const law = new ConnectionsLaw(max);
      let nowMs = 0;
      for (const { afterMs, times, everyMs, inFlight, usable } of responses) {
        nowMs += afterMs;
        for (let i = 0; i < times; i++) {
          law.onResponse(nowMs, inFlight, usable);
          nowMs += everyMs;
          const { target } = law;
          if (!Number.isInteger(target) || target < 1 || target > max) return false;
        }
      }
      return true;
    });
    fc.assert(property, { numRuns: 40, seed: 7 });
  });
});
