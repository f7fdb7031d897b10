// Admission: which request goes out next, and when. It pulls from the source no further than it must, keeps the limits
// and shares the slots fairly between origins. No I/O, no time of its own: it is told what ended.

import type { Binding } from '../metrics/samples.ts';
import type { Sought } from '../metrics/verdict.ts';
import { type Clock, ENDED, WAITING } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Request } from '../model/request.ts';
import {
  type Intake,
  type Offered,
  PASSED,
  type SchedulerEvents,
  type SchedulerSettings,
} from './admission.ts';
import { bindingOf, soughtOf } from './binding.ts';
import { FairShare } from './fair-share.ts';
import { AFTER_OTHERS } from './health/host-gate.ts';
import { Lane } from './lane.ts';
import type { Rate } from './rate/rate.ts';
import { ReadyLanes } from './ready-lanes.ts';
import { type Paced, SharedSlots, type Slots, type Waiter } from './slots.ts';
import { Waits } from './waits.ts';

export type { SchedulerEvents, SchedulerSettings } from './admission.ts';

/**
 * A slot is free → the waiting lane with the least in flight takes it, as long as that stays within its fair share
 * (slots ÷ origins with work); else the source is asked for another origin, up to the look-ahead; only when that has
 * nothing to give may a lane have more than its share. No slot stays empty while there is work that may be sent.
 */
export class Scheduler implements Waiter, Paced {
  readonly #settings: SchedulerSettings;
  readonly #source: Intake;
  readonly #events: SchedulerEvents;
  readonly #clock: Clock;
  readonly #slots: SharedSlots;
  readonly #total: Slots;
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new ReadyLanes();
  /** Again to be sent after a connection failed under them: they were admitted before and keep their slots. */
  readonly #again = new Fifo<Request>();
  /** What redirects ask for: it goes to the lane of its origin and keeps that one's limits. */
  readonly #following = new Fifo<Request>();
  readonly #waits: Waits;
  #lastLane: Lane | undefined;
  #inFlight = 0;
  readonly #share: FairShare;
  #waiting = 0;
  #waitingBytes = 0;
  #input: 'open' | 'waiting' | 'ended' = 'open';
  #pumping = false;
  #paused = false;
  /** What was read from the input may go; no more is read. */
  #heldUp = false;
  /** Since a pause fewer are in flight than limits allow: what starts was not held back by its host. */
  #refills = false;
  /** A rate of all hosts together had it wait, and no host has had every slot since. */
  #wasPutOff = false;
  #stopped = false;
  #drained = false;

  /** `slots`: those of a session that other runs share. */
  constructor(
    settings: SchedulerSettings,
    source: Intake,
    events: SchedulerEvents,
    clock: Clock,
    slots: SharedSlots = new SharedSlots(settings),
  ) {
    this.#settings = settings;
    this.#slots = slots;
    this.#total = slots.total;
    this.#source = source;
    this.#events = events;
    this.#clock = clock;
    this.#waits = new Waits(clock, this.#takeDue, () => this.pump());
    this.#share = new FairShare(settings.concurrency, settings.lookAhead, source.oneOrigin === true);
    source.onReady = () => {
      if (this.#input === 'waiting') this.#input = 'open';
      this.pump();
    };
  }

  get inFlight(): number {
    return this.#inFlight - this.#again.length;
  }

  /** Read from the input and not sent yet. */
  get waiting(): number {
    return this.#waiting + this.#again.length + this.#following.length + this.#waits.size;
  }

  /** Nothing is under way or waiting, and the input, which has not ended, gives nothing. */
  get starving(): boolean {
    return this.#input === 'waiting' && this.#inFlight === 0 && this.waiting === 0;
  }

  /** What keeps it from sending more at this moment; for a look now and then. */
  get binding(): Binding {
    const slotFree = this.#total.free && this.#inFlight < this.#settings.concurrency;
    const standing = {
      ...{ paused: this.#paused, input: this.#input, slotFree, later: this.#waits.size },
      ...{ waiting: this.waiting - this.#waits.size, rate: this.#slots.rate, lanes: this.#lanes.values() },
    };
    return bindingOf(standing, this.#clock.now());
  }

  get sought(): Sought | undefined {
    return soughtOf(this.#lanes.values());
  }

  toString(): string {
    return `${this.#inFlight} in flight, ${this.waiting} waiting in ${this.#lanes.size} lanes, source ${this.#input}${this.#paused ? ', paused' : ''}`;
  }

  /** Nothing new is sent until `resume`. After `stop` there is nothing new, and the rest must come to its end. */
  pause(): void {
    if (!this.#stopped) this.#paused = this.#refills = true;
  }

  /** No more is read from the input until `resume`: something waits for what was. */
  holdUp(): void {
    if (!this.#stopped) this.#heldUp = true;
  }

  resume(): void {
    if (!this.#paused && !this.#heldUp) return;
    this.#paused = this.#heldUp = false;
    this.pump();
  }

  /** Pulls no more and forgets what waits to be sent for the first time; what is under way may end. */
  stop(): void {
    this.#stopped = true;
    this.#paused = false;
    this.#input = 'ended';
    this.#source.close();
    for (const request of this.#waits.clear()) this.#events.gaveUp(request);
    for (let left = this.#following.length; left > 0; left--) {
      const request = this.#following.shift()!;
      if (goesOn(request)) this.#following.push(request);
      else this.#events.gaveUp(request);
    }
    for (const lane of this.#lanes.values()) this.#keepFollowing(lane);
    this.pump();
  }

  /** There may be another slot of this origin, and nobody of this run has left it. */
  roomAt(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane?.slots.free && lane.later === undefined) this.#onHostSlot(lane);
  }

  /** A dispatched request has ended, and is sent again when `delayMs` have passed. Meanwhile it holds no slot. */
  later(request: Request, delayMs: number): void {
    this.#waits.add(request, delayMs);
    this.#end(request);
    this.pump();
  }

  /** A dispatched request has ended and its slot is free. `again`: it has not, and is dispatched once more in its slot. */
  settle(request: Request, again: boolean): void {
    if (again) this.#again.push(request);
    else this.#end(request);
    this.pump();
  }

  /** As settle, and `next` comes of it (a redirect): admitted anew, as the input's requests are, but before them. */
  follow(request: Request, next: Request): void {
    // First: a slot that is free may be offered to this very run, which would take itself to be at its end.
    this.#following.push(next);
    this.#end(request);
    this.pump();
  }

  /** After a stop: what waits all the same, for slots that others of the session have, is given back and never sent. */
  abandon(): Request[] {
    const left: Request[] = [];
    for (let next = this.#following.shift(); next !== undefined; next = this.#following.shift())
      left.push(next);
    for (const lane of this.#lanes.values()) {
      for (let next = lane.waiting.shift(); next !== undefined; next = lane.waiting.shift()) {
        this.#left(next);
        left.push(next);
      }
      this.#ready.remove(lane);
      if (lane.busy && lane.inFlight === 0) this.#rest(lane);
    }
    return left;
  }

  /** Of what waits only what a redirect asked for goes on. What was given to the transport before is owed an outcome. */
  #keepFollowing(lane: Lane): void {
    for (let left = lane.waiting.length; left > 0; left--) {
      const request = lane.waiting.shift()!;
      if (goesOn(request)) {
        lane.waiting.push(request);
        continue;
      }
      this.#left(request);
      if (request.attempt > 0) this.#events.gaveUp(request);
    }
    if (lane.waiting.length > 0) return;
    if (lane.level !== -1) this.#ready.remove(lane);
    if (lane.busy && lane.inFlight === 0) this.#rest(lane);
  }

  #left(request: Request): void {
    this.#waiting--;
    this.#waitingBytes -= request.body?.length ?? 0;
  }

  #end(request: Request): void {
    this.#inFlight--;
    const { key } = request.origin;
    // A lane with anything in flight is never let go of.
    this.#release(this.#lastLane?.key === key ? this.#lastLane : this.#lanes.get(key)!);
    this.#total.release();
  }

  /** Another run of the session has left a slot. */
  offer(): void {
    this.pump();
  }

  /** Fills free slots. Never nested: what settles meanwhile is seen by the loop that is running. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#repeat();
    while (this.#maySend() && this.#step()) this.#repeat();
    this.#pumping = false;
    if (!this.#paused) this.#refills = false;
    if (this.#inFlight > 0 || this.waiting > 0) return this.#waitForOthers();
    if (this.#input === 'open') return this.#waitForOthers();
    if (this.#input === 'waiting') return this.#events.starved();
    this.#total.leave(this);
    this.#waits.close();
    if (this.#drained) return;
    this.#drained = true;
    for (const { key } of this.#lanes.values()) this.#slots.forget(key);
    this.#lanes.clear();
    this.#lastLane = undefined;
    this.#events.drained();
  }

  /** In a pause too: they keep their slots, for which others of the session wait, and bring no more than was under way. */
  #repeat(): void {
    while (this.#again.length > 0) this.#events.dispatch(this.#again.shift()!);
  }

  #maySend(): boolean {
    return (
      !this.#paused &&
      this.#total.free &&
      this.#inFlight < this.#settings.concurrency &&
      (this.#slots.rate === undefined || this.#keepsRate(this.#slots.rate))
    );
  }

  #keepsRate(rate: Rate): boolean {
    const nowMs = this.#clock.now();
    const waitMs = rate.waitMs(nowMs);
    if (waitMs === 0) return true;
    this.#wasPutOff = true;
    if (this.#hasWork()) this.#waits.callAt(nowMs + waitMs);
    return false;
  }

  // ── what waits for a time ───────────────────────────────────────────────────────────────────────────────

  /** Whether its host takes a request now. If not it is among those that wait, or what waits for it has failed. */
  #opens(lane: Lane): boolean {
    const { gate } = lane.slots;
    if (gate === undefined) return true;
    const nowMs = this.#clock.now();
    const waitMs = gate.waitMs(lane.slots.used, nowMs);
    if (waitMs === 0) return true;
    lane.wasPutOff = true;
    if (lane.level !== -1) this.#ready.remove(lane);
    if (waitMs === Number.POSITIVE_INFINITY) this.#failAll(lane);
    else if (waitMs === AFTER_OTHERS) lane.slots.wait(lane);
    else if (lane.later === undefined) this.#waits.putOff(lane, nowMs + waitMs);
    return false;
  }

  #failAll(lane: Lane): void {
    for (let request = lane.waiting.shift(); request !== undefined; request = lane.waiting.shift()) {
      this.#left(request);
      this.#events.hostDown(request);
    }
    if (lane.busy && lane.inFlight === 0) this.#rest(lane);
  }

  /** A rate is another now: what waited for the one before goes on by this one. */
  retime(): void {
    for (const lane of this.#waits.clearLanes()) this.#lineAgain(lane);
    if (!this.starving) this.pump();
  }

  #lineAgain(lane: Lane): void {
    if (lane.waiting.length > 0 && lane.level === -1) this.#line(lane);
  }

  readonly #takeDue = (nowMs: number): void => {
    const waits = this.#waits;
    for (let lane = waits.dueLane(nowMs); lane !== undefined; lane = waits.dueLane(nowMs)) {
      this.#lineAgain(lane);
    }
    for (let due = waits.dueRequest(nowMs); due !== undefined; due = waits.dueRequest(nowMs)) {
      this.#following.push(due);
    }
  };

  /** Where its own requests hold every slot, their ends are enough to go on. */
  #waitForOthers(): void {
    const total = this.#total;
    if (total.free || total.used === this.#inFlight || this.#paused) return;
    if (this.#inFlight < this.#settings.concurrency && this.#hasWork()) total.wait(this);
  }

  #hasWork(): boolean {
    return this.#following.length > 0 || this.#ready.size > 0 || this.#mayPull();
  }

  /** Sends or pulls one; false when there is nothing that may be done. */
  #step(): boolean {
    const followed = this.#following.shift();
    if (followed !== undefined) {
      this.#place(followed);
      return true;
    }
    const lane = this.#ready.least();
    if (lane !== undefined && !lane.slots.free) {
      // Another run took the last slots of this origin since.
      this.#ready.remove(lane);
      lane.slots.wait(lane);
      return true;
    }
    // What it said since it was lined up may put it off.
    if (lane !== undefined && lane.slots.gate !== undefined && !this.#opens(lane)) return true;
    if (lane !== undefined && lane.inFlight < this.#share.slots) {
      this.#dispatchFrom(lane);
      return true;
    }
    if (this.#mayPull()) return this.#pull();
    // The look-ahead is used up: better more than a fair share for one than an idle slot.
    if (this.#share.isOfOne && this.#input === 'open') this.#share.leaveAlone(lane === undefined);
    if (lane === undefined) return false;
    this.#dispatchFrom(lane);
    return true;
  }

  #mayPull(): boolean {
    const isWanted = this.#input === 'open' && !this.#heldUp && this.#waiting < this.#share.readAhead;
    // Of an origin left alone nothing is read to wait for slots that its own requests give back.
    if (!isWanted || (this.#share.isSparing && this.#lastLane?.isFull === true)) return false;
    return this.#waitingBytes < this.#settings.lookAheadBytesMax;
  }

  /** True also when the pull gave nothing: the next step sees that the source is waiting or at its end. */
  #pull(): boolean {
    let pulled: Offered;
    try {
      pulled = this.#source.pull();
    } catch (error) {
      this.#input = 'ended';
      this.#events.broken(error);
      return true;
    }
    // Its making may have stopped the run: a generator that stops it still yields the item it was asked for.
    if (this.#stopped) return true;
    switch (pulled.type) {
      case 'request':
        this.#place(pulled);
        return true;
      case 'failure':
        this.#events.reject(pulled);
        return true;
      case PASSED.type:
        return true;
      case WAITING.type:
        this.#input = 'waiting';
        return true;
      case ENDED.type:
        this.#input = 'ended';
        return true;
      default:
        return unreachable(pulled);
    }
  }

  #place(request: Request): void {
    const lane = this.#laneOf(request);
    if (
      lane.waiting.length === 0 &&
      lane.slots.free &&
      lane.inFlight < this.#share.slots &&
      this.#opens(lane)
    ) {
      this.#dispatch(lane, request);
      return;
    }
    request.queuedAtMs = this.#clock.now();
    lane.waiting.push(request);
    this.#waiting++;
    this.#waitingBytes += request.body?.length ?? 0;
    if (lane.level === -1 && lane.later === undefined) this.#line(lane);
  }

  /** It has requests waiting: ready, or in line for a slot of its origin where others hold those. */
  #line(lane: Lane): void {
    if (lane.slots.free) {
      if (this.#opens(lane)) this.#ready.add(lane);
    } else if (lane.slots.used > lane.inFlight) lane.slots.wait(lane);
  }

  readonly #onHostSlot = (lane: Lane): void => {
    if (lane.waiting.length === 0 || lane.level !== -1) return;
    if (this.#opens(lane)) this.#ready.add(lane);
    // Also where it opens not: what waited may have failed with its host, and left room to read on.
    this.pump();
  };

  #dispatchFrom(lane: Lane): void {
    const request = lane.waiting.shift()!;
    this.#left(request);
    request.queueMs = this.#clock.now() - request.queuedAtMs;
    this.#share.waited(request.queueMs);
    this.#dispatch(lane, request);
  }

  #dispatch(lane: Lane, request: Request): void {
    this.#inFlight++;
    this.#total.take();
    this.#share.count();
    if (lane.level !== -1) this.#ready.remove(lane);
    const moreWaits = lane.waiting.length > 0 || (this.#share.isOfOne && this.#input === 'open');
    lane.start(request, moreWaits && !this.#refills && !this.#wasPutOff);
    if (!lane.slots.free) this.#wasPutOff = false;
    if (lane.slots.gate !== undefined) lane.slots.gate.take(request.pending !== undefined, this.#clock.now());
    if (this.#slots.rate !== undefined) this.#slots.rate.take(this.#clock.now());
    if (lane.waiting.length > 0 && lane.later === undefined) this.#line(lane);
    this.#events.dispatch(request);
  }

  #release(lane: Lane): void {
    if (lane.level !== -1) this.#ready.remove(lane);
    lane.inFlight--;
    lane.slots.release();
    if (lane.waiting.length > 0) {
      // What its end taught may let the next one go before its time.
      this.#waits.recall(lane);
      if (lane.level === -1) this.#line(lane);
    } else if (lane.inFlight === 0 && lane.busy) this.#rest(lane);
  }

  /** It has nothing under way and nothing waiting. A few such lanes are kept, to be found again. */
  #rest(lane: Lane): void {
    lane.busy = false;
    lane.slots.leave(lane);
    this.#waits.recall(lane);
    this.#share.rest();
    if (this.#lanes.size <= LANES_KEPT) return;
    this.#lanes.delete(lane.key);
    this.#slots.forget(lane.key);
    if (this.#lastLane === lane) this.#lastLane = undefined;
  }

  #laneOf(request: Request): Lane {
    const { key } = request.origin;
    let lane = this.#lastLane;
    if (lane === undefined || lane.key !== key) {
      lane = this.#lanes.get(key);
      if (lane === undefined) {
        lane = new Lane(key, new Fifo(), this.#slots.hostOf(key, this.#clock.now()), this.#onHostSlot);
        this.#lanes.set(key, lane);
      }
      this.#lastLane = lane;
    }
    if (!lane.busy) {
      lane.busy = true;
      this.#share.rise();
    }
    return lane;
  }
}

const LANES_KEPT = 1024;

/** After a stop: a redirect asked for it, and it is no retry, whose outcome there is already. */
function goesOn({ hops, pending }: Request): boolean {
  return hops.length > 0 && pending === undefined;
}

function unreachable(pulled: never): never {
  throw new Error(`a source gave ${JSON.stringify(pulled)}`);
}
