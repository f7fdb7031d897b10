// The waiting line of one origin: its requests in their order, and how many are under way. No policy here.

import type { Fifo } from '../model/fifo.ts';
import type { Request } from '../model/request.ts';

export class Lane {
  readonly key: string;
  readonly waiting: Fifo<Request>;
  inFlight = 0;
  /** True while anything is under way or waiting. */
  busy = false;
  /** Its level in the queue of ready lanes, or -1 when it is not there. */
  level = -1;
  next: Lane | undefined;
  previous: Lane | undefined;

  constructor(key: string, waiting: Fifo<Request>) {
    this.key = key;
    this.waiting = waiting;
  }

  toString(): string {
    return `${this.key}: ${this.inFlight} in flight, ${this.waiting.length} waiting`;
  }
}
