// How many requests may be in flight, counted over all runs that share a session: all together, and by origin.
// Who finds no slot waits in line and is called when one is free. No I/O, no time.

import type { ControlLaw } from './control/law.ts';
import type { TotalLaw, TotalLook } from './control/total-law.ts';
import type { HostGate } from './health/host-gate.ts';
import { HostMap } from './health/host-map.ts';
import { type Rate, rateAt } from './rate/rate.ts';
import type { RateTerms } from './rate/rate-text.ts';

/** Somebody who waits for a slot; called with `offer` when one is free, and may leave it. */
export interface Waiter {
  offer(slots: Slots): void;
}

/** Whoever sends at the rates of a session; called with `retime` when one of them has changed. */
export interface Paced {
  retime(): void;
}

export class Slots {
  used = 0;
  /** Of those, responses whose content waits for a reader of ours: no work for the host. */
  held = 0;
  /** Runs that count by it. */
  users = 0;
  /** What else may put off the next request; undefined as long as nothing does. */
  gate: HostGate | undefined = undefined;
  /** For a gate that is made later: how many went out since when, and how many of those that ended had no answer. */
  sent = 0;
  sinceMs = 0;
  silent = 0;
  /** It has answered before there were these slots. */
  remembered = false;
  /** A control law moves it. */
  max: number;
  law: ControlLaw | undefined = undefined;
  readonly #most: number;
  readonly #line = new Set<Waiter>();

  constructor(max: number) {
    this.max = max;
    this.#most = max;
  }

  /** Only until there is a gate, which is told of all that comes after it. */
  get answered(): boolean {
    return this.remembered || this.sent - this.used > this.silent;
  }

  get free(): boolean {
    if (this.used < this.max) return true;
    return this.held > 0 && this.used < Math.min(this.#most, this.max + this.held);
  }

  /** Only where a law moves the limit: it may have come down to what is held, and nobody else would ever get a slot. */
  hold(isHeld: boolean): void {
    if (this.law === undefined) return;
    this.held += isHeld ? 1 : -1;
    if (isHeld && this.#line.size > 0) this.#offer();
  }

  take(): void {
    this.used++;
    this.sent++;
  }

  /** The slot goes to who has waited longest: runs that share take turns, whatever their length. */
  release(): void {
    this.used--;
    if (this.#line.size > 0) this.#offer();
  }

  wait(waiter: Waiter): void {
    this.#line.add(waiter);
  }

  leave(waiter: Waiter): void {
    this.#line.delete(waiter);
  }

  /** Down the line while there is a slot to give: who was offered one may have had no use for it. */
  #offer(): void {
    // Who was offered one and may not use it yet lines up again, for another time.
    for (const waiter of [...this.#line]) {
      if (!this.free) return;
      if (this.#line.delete(waiter)) waiter.offer(this);
    }
  }
}

export interface SlotLimits {
  /** Requests in flight, all origins together. */
  readonly concurrency: number;
  /** Requests in flight to one origin. */
  readonly perHost: number;
}

export interface GateTerms {
  /** Of all origins together. */
  readonly rate: Rate | undefined;
  /** Of each origin. */
  readonly ratePerHost: RateTerms | undefined;
  readonly makeGate: (ratePerHost: RateTerms | undefined) => HostGate;
  /** What finds out how many a host gets; undefined: as many as the limits say. */
  readonly makeLaw: ((key: string) => ControlLaw) | undefined;
  /** What finds out how many there are to all hosts together. */
  readonly totalLaw: TotalLaw | undefined;
  /** Every host has one, from its first request on; so it is with a rate of each. */
  readonly always: boolean;
}

/** Hosts of which it is remembered what they said and how they did, in use or not. */
const HOSTS_MAX = 16_384;

/** The slots of one session. */
export class SharedSlots {
  readonly total: Slots;
  rate: Rate | undefined;
  /** True once any host has a gate. */
  gated = false;
  readonly totalLaw: TotalLaw | undefined;
  readonly #perHost: number;
  readonly #hosts = new Map<string, Slots>();
  /** Hosts that had no gate when they were last in use, and have answered. The oldest are forgotten. */
  readonly #answered = new Set<string>();
  readonly #gates: HostMap<HostGate> | undefined;
  readonly #always: boolean;
  #ratePerHost: RateTerms | undefined;
  /** Whoever is to know when a rate changes. */
  readonly paced = new Set<Paced>();
  #lastMax = 1;
  /** Whose slots were asked for last, most often the next ones too. */
  #lastKey: string | undefined;
  #last: Slots | undefined;
  readonly #makeLaw: ((key: string) => ControlLaw) | undefined;

  constructor(limits: SlotLimits, terms?: GateTerms) {
    this.total = new Slots(terms?.totalLaw?.limit ?? limits.concurrency);
    this.#perHost = limits.perHost;
    this.rate = terms?.rate;
    this.#gates =
      terms === undefined ? undefined : new HostMap(HOSTS_MAX, () => terms.makeGate(this.#ratePerHost));
    this.#ratePerHost = terms?.ratePerHost;
    this.#always = terms?.always ?? false;
    this.#makeLaw = terms?.makeLaw;
    this.totalLaw = terms?.totalLaw;
  }

  /** From now on, of all origins together; undefined: no limit. */
  setRate(terms: RateTerms | undefined, nowMs: number): void {
    this.rate = rateAt(this.rate, terms, nowMs);
    this.#retime();
  }

  /** From now on, of each origin: those that are remembered follow at once, and those in use. */
  setRatePerHost(terms: RateTerms | undefined, nowMs: number): void {
    this.#ratePerHost = terms;
    for (const gate of this.#gates!.all()) gate.setRate(terms, nowMs);
    for (const [key, { gate }] of this.#hosts) {
      if (gate !== undefined) gate.setRate(terms, nowMs);
      else if (terms !== undefined) this.gateOf(key, nowMs);
    }
    this.#retime();
  }

  #retime(): void {
    for (const one of [...this.paced]) one.retime();
  }

  /** The gate of a host, made if it has none yet. Only where there are terms for one. */
  gateOf(key: string, nowMs: number): HostGate {
    const slots = this.#hosts.get(key);
    if (slots?.gate !== undefined) return slots.gate;
    const gate = this.#gates!.of(key, nowMs);
    if (slots !== undefined) {
      gate.inherit(slots, nowMs);
      slots.gate = gate;
    }
    this.gated = true;
    return gate;
  }

  /** How busy this process has been in the last moments: what queues here teaches nothing about a host. */
  look(look: TotalLook): void {
    for (const slots of this.#hosts.values()) slots.law?.saturation(look.busy);
    this.totalLaw?.look(look);
  }

  /** The most that any host in use gets now, or the last one got. */
  get perHostNow(): number {
    if (this.#hosts.size === 0) return this.#lastMax;
    let most = 1;
    for (const { max } of this.#hosts.values()) most = Math.max(most, max);
    return most;
  }

  /** Some host has a gate or a law, to be told how each request ends. */
  get watched(): boolean {
    return this.gated || this.#makeLaw !== undefined;
  }

  /** The slots of a host that is in use. */
  known(key: string): Slots | undefined {
    if (key !== this.#lastKey) {
      this.#last = this.#hosts.get(key);
      this.#lastKey = key;
    }
    return this.#last;
  }

  hostOf(key: string, nowMs: number): Slots {
    let slots = this.#hosts.get(key);
    if (slots === undefined) {
      slots = new Slots(this.#perHost);
      if (this.#makeLaw !== undefined) {
        slots.law = this.#makeLaw(key);
        slots.max = slots.law.limit;
      }
      this.#hosts.set(key, slots);
      this.#lastKey = undefined;
      slots.sinceMs = nowMs;
      // One that was met before and forgotten as idle is remembered for what it said, or for having answered.
      if (this.gated) slots.gate = this.#gates!.find(key);
      slots.remembered = this.#answered.has(key);
      if (this.#always || this.#ratePerHost !== undefined) this.gateOf(key, nowMs);
    }
    slots.users++;
    return slots;
  }

  /** Who asked for it has no more use for it. */
  forget(key: string): void {
    const slots = this.#hosts.get(key);
    if (slots === undefined || --slots.users > 0) return;
    this.#lastMax = slots.max;
    this.#hosts.delete(key);
    this.#lastKey = this.#last = undefined;
    if (slots.gate === undefined && !slots.remembered && slots.answered) this.#remember(key);
  }

  #remember(key: string): void {
    this.#answered.add(key);
    if (this.#answered.size <= HOSTS_MAX) return;
    for (const oldest of this.#answered) {
      this.#answered.delete(oldest);
      return;
    }
  }

  toString(): string {
    return `${this.total.used} of ${this.total.max} slots`;
  }
}
