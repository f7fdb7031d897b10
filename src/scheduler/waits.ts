// What waits for a time, and the one alarm for the earliest of it: requests that are to be sent again, and lanes whose
// next request has to wait for a rate or for their host. It calls when something may be due, and sends nothing.

import type { Clock } from '../model/contracts.ts';
import type { Request } from '../model/request.ts';
import type { Lane } from './lane.ts';
import { Later } from './retry/later.ts';

export class Waits {
  readonly #clock: Clock;
  readonly #take: (nowMs: number) => void;
  readonly #goOn: () => void;
  /** They hold no slot. */
  readonly #requests = new Later<Request>(Number.POSITIVE_INFINITY);
  readonly #lanes = new Later<Lane>(Number.POSITIVE_INFINITY);
  #alarmMs = Number.POSITIVE_INFINITY;
  #cancelAlarm: (() => void) | undefined;

  /** When the time has come: `take` takes out what is due, and then `goOn` goes on. */
  constructor(clock: Clock, take: (nowMs: number) => void, goOn: () => void) {
    this.#clock = clock;
    this.#take = take;
    this.#goOn = goOn;
  }

  /** Requests, not lanes. */
  get size(): number {
    return this.#requests.size;
  }

  /** To be sent again in so many milliseconds. */
  add(request: Request, delayMs: number): void {
    this.#requests.add(request, this.#clock.now() + delayMs);
    this.#setAlarm(this.#requests.dueMs);
  }

  putOff(lane: Lane, untilMs: number): void {
    lane.later = this.#lanes.add(lane, untilMs);
    this.#setAlarm(this.#lanes.dueMs);
  }

  /** It waits for no time any more. */
  recall(lane: Lane): void {
    if (lane.later !== undefined) this.#lanes.remove(lane.later);
    lane.later = undefined;
  }

  /** Something else is due then. */
  callAt(dueMs: number): void {
    this.#setAlarm(dueMs);
  }

  dueLane(nowMs: number): Lane | undefined {
    const lane = this.#lanes.take(nowMs);
    if (lane !== undefined) lane.later = undefined;
    return lane;
  }

  dueRequest(nowMs: number): Request | undefined {
    return this.#requests.take(nowMs);
  }

  /** All requests, in no order. */
  clear(): Request[] {
    return this.#requests.clear();
  }

  /** All lanes, which wait for no time any more; in no order. */
  clearLanes(): Lane[] {
    const lanes = this.#lanes.clear();
    for (const lane of lanes) lane.later = undefined;
    return lanes;
  }

  /** Nothing waits any more. */
  close(): void {
    this.#cancelAlarm?.();
  }

  #setAlarm(dueMs: number): void {
    if (dueMs >= this.#alarmMs) return;
    this.#cancelAlarm?.();
    this.#alarmMs = dueMs;
    this.#cancelAlarm = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), this.#onAlarm, true);
  }

  readonly #onAlarm = (): void => {
    this.#alarmMs = Number.POSITIVE_INFINITY;
    this.#cancelAlarm = undefined;
    this.#take(this.#clock.now());
    this.#setAlarm(Math.min(this.#requests.dueMs, this.#lanes.dueMs));
    this.#goOn();
  };

  toString(): string {
    return `${this.#requests.size} requests and ${this.#lanes.size} lanes wait for their time`;
  }
}
