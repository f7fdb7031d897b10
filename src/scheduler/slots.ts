// How many requests may be in flight, counted over all runs that share a session: all together, and by origin.
// Who finds no slot waits in line and is called when one is free. No I/O, no time.

/** Somebody who waits for a slot; called with `offer` when one is free, and may leave it. */
export interface Waiter {
  offer(slots: Slots): void;
}

export class Slots {
  used = 0;
  /** Runs that count by it. */
  users = 0;
  readonly max: number;
  readonly #line = new Set<Waiter>();

  constructor(max: number) {
    this.max = max;
  }

  get free(): boolean {
    return this.used < this.max;
  }

  take(): void {
    this.used++;
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
    for (const waiter of this.#line) {
      if (!this.free) return;
      this.#line.delete(waiter);
      waiter.offer(this);
    }
  }
}

export interface SlotLimits {
  /** Requests in flight, all origins together. */
  readonly concurrency: number;
  /** Requests in flight to one origin. */
  readonly perHost: number;
}

/** The slots of one session. */
export class SharedSlots {
  readonly total: Slots;
  readonly #perHost: number;
  readonly #hosts = new Map<string, Slots>();

  constructor(limits: SlotLimits) {
    this.total = new Slots(limits.concurrency);
    this.#perHost = limits.perHost;
  }

  hostOf(key: string): Slots {
    let slots = this.#hosts.get(key);
    if (slots === undefined) {
      slots = new Slots(this.#perHost);
      this.#hosts.set(key, slots);
    }
    slots.users++;
    return slots;
  }

  /** Who asked for it has no more use for it. */
  forget(key: string): void {
    const slots = this.#hosts.get(key);
    if (slots !== undefined && --slots.users === 0) this.#hosts.delete(key);
  }

  toString(): string {
    return `${this.total.used} of ${this.total.max} slots`;
  }
}
