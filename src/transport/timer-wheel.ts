// Deadlines of connections, coarse and cheap: one timer for all of them, none per request. Moving a deadline later
// is one store; the wheel finds out when it comes by.

import type { Clock } from '../model/contracts.ts';

/** Something with a deadline. The wheel's own fields are its place in a slot's ring. */
export abstract class Timed {
  /** When onDeadline is due, in the clock's milliseconds. May be moved later at will; moved earlier, watch() again. */
  deadlineMs = Number.POSITIVE_INFINITY;
  /** When the wheel will look at it next; infinite where it is in no slot. */
  lookMs = Number.POSITIVE_INFINITY;
  next: Timed | undefined;
  previous: Timed | undefined;

  abstract onDeadline(nowMs: number): void;
}

class SlotHead extends Timed {
  constructor() {
    super();
    this.next = this;
    this.previous = this;
  }

  override onDeadline(): void {}
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: readonly SlotHead[];
  /** What the slot that is being visited held. */
  readonly #due = new SlotHead();
  #size = 0;
  /** Number of the next tick; tick n handles slot n modulo the number of slots, at n × tickMs. */
  #tick: number;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, tickMs = 20, slots = 512) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#tick = Math.floor(clock.now() / tickMs) + 1;
    this.#slots = Array.from({ length: slots }, () => new SlotHead());
  }

  get size(): number {
    return this.#size;
  }

  /** Sees to it that the deadline is kept; needed when it is new or earlier than before. */
  watch(timed: Timed): void {
    if (timed.deadlineMs >= timed.lookMs) return;
    if (timed.lookMs !== Number.POSITIVE_INFINITY) this.forget(timed);
    if (this.#size === 0 && this.#stop === undefined)
      this.#tick = Math.floor(this.#clock.now() / this.#tickMs) + 1;
    this.#insert(timed);
    if (this.#stop === undefined) this.#arm(this.#clock.now());
  }

  forget(timed: Timed): void {
    if (timed.lookMs === Number.POSITIVE_INFINITY) return;
    timed.previous!.next = timed.next;
    timed.next!.previous = timed.previous;
    timed.next = undefined;
    timed.previous = undefined;
    timed.lookMs = Number.POSITIVE_INFINITY;
    this.#size--;
  }

  #insert(timed: Timed): void {
    const due = Math.max(this.#tick, Math.ceil(timed.deadlineMs / this.#tickMs));
    const tick = Math.min(due, this.#tick + this.#slots.length - 1);
    const head = this.#slots[tick % this.#slots.length]!;
    timed.lookMs = tick * this.#tickMs;
    timed.previous = head.previous;
    timed.next = head;
    head.previous!.next = timed;
    head.previous = timed;
    this.#size++;
  }

  readonly #onTick = (): void => {
    const nowMs = this.#clock.now();
    const last = Math.floor(nowMs / this.#tickMs);
    // After a long pause one round over all slots finds everything that is due.
    if (last - this.#tick >= this.#slots.length) this.#tick = last - this.#slots.length + 1;
    while (this.#tick <= last) {
      const head = this.#slots[this.#tick % this.#slots.length]!;
      this.#tick++;
      this.#visit(head, nowMs);
    }
    this.#stop = undefined;
    if (this.#size > 0) this.#arm(nowMs);
  };

  /** At the next tick's own moment: counted from now, each would come up to a tick late once more. */
  #arm(nowMs: number): void {
    this.#stop = this.#clock.after(this.#tick * this.#tickMs - nowMs, this.#onTick);
  }

  /** All that lie in the slot, taken out first: whoever is called may move or forget any of the others. */
  #visit(head: SlotHead, nowMs: number): void {
    const due = this.#due;
    if (head.next === head) return;
    due.next = head.next!;
    due.previous = head.previous!;
    due.next.previous = due;
    due.previous.next = due;
    head.next = head;
    head.previous = head;
    for (let timed = due.next!; timed !== due; timed = due.next!) {
      this.forget(timed);
      if (timed.deadlineMs <= nowMs) timed.onDeadline(nowMs);
      else if (timed.deadlineMs !== Number.POSITIVE_INFINITY) this.#insert(timed);
    }
  }
}
