// The waiting line of one origin: its requests in their order, and how many are under way. No policy here.

import type { Fifo } from '../model/fifo.ts';
import type { Request } from '../model/request.ts';
import type { Waiting } from './retry/later.ts';
import type { Slots, Waiter } from './slots.ts';

export class Lane implements Waiter {
  readonly key: string;
  readonly waiting: Fifo<Request>;
  /** Of its origin, shared with the other runs of a session. */
  readonly slots: Slots;
  readonly #onSlot: (lane: Lane) => void;
  inFlight = 0;
  /** True while anything is under way or waiting. */
  busy = false;
  /** It had to wait for a time, and has not had every slot since: it is no slot that it lacks. */
  wasPutOff = false;
  /** Its level in the queue of ready lanes, or -1 when it is not there. */
  level = -1;
  /** Its place among those that wait for a time. */
  later: Waiting<Lane> | undefined = undefined;
  next: Lane | undefined;
  previous: Lane | undefined;

  constructor(key: string, waiting: Fifo<Request>, slots: Slots, onSlot: (lane: Lane) => void) {
    this.key = key;
    this.waiting = waiting;
    this.slots = slots;
    this.#onSlot = onSlot;
  }

  /** `limited`: more waits, and for nothing but a slot, as far as is known elsewhere. */
  start(request: Request, limited: boolean): void {
    this.inFlight++;
    this.slots.take();
    request.inFlight = this.slots.used - this.slots.held;
    request.limited = limited && !this.wasPutOff;
    if (!this.slots.free) this.wasPutOff = false;
  }

  /** Its own requests have every slot of its origin: their ends are enough to go on. */
  get isFull(): boolean {
    return !this.slots.free && this.slots.used === this.inFlight;
  }

  /** Another run has left a slot of this origin. */
  offer(): void {
    this.#onSlot(this);
  }

  toString(): string {
    return `${this.key}: ${this.inFlight} in flight, ${this.waiting.length} waiting`;
  }
}
