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

  /** Another run has left a slot of this origin. */
  offer(): void {
    this.#onSlot(this);
  }

  toString(): string {
    return `${this.key}: ${this.inFlight} in flight, ${this.waiting.length} waiting`;
  }
}
