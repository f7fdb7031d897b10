// What waits for a time and holds no slot: requests to be sent again, hosts whose turn has not come. A binary heap, the
// earliest on top; equals in the order in which they came. Looks at no clock.

/** Its place in the heap: what `remove` needs. */
export class Waiting<T> {
  readonly item: T;
  readonly dueMs: number;
  /** Of equal times the one that came first goes first. */
  readonly turn: number;
  /** -1: it does not wait any more. */
  place: number;

  constructor(item: T, dueMs: number, turn: number, place: number) {
    this.item = item;
    this.dueMs = dueMs;
    this.turn = turn;
    this.place = place;
  }
}

export class Later<T> {
  readonly #max: number;
  readonly #heap: Waiting<T>[] = [];
  #turn = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** No more are taken. */
  get full(): boolean {
    return this.#heap.length >= this.#max;
  }

  /** When the next one is due; infinite where none waits. */
  get dueMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** Undefined where it is full: then it does not wait here. */
  add(item: T, dueMs: number): Waiting<T> | undefined {
    if (this.full) return undefined;
    const waiting = new Waiting(item, dueMs, this.#turn++, this.#heap.length);
    this.#heap.push(waiting);
    this.#rise(waiting);
    return waiting;
  }

  /** The next one that is due, or undefined. */
  take(nowMs: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    this.remove(first);
    return first.item;
  }

  /** False where it does not wait any more. */
  remove(waiting: Waiting<T>): boolean {
    const { place } = waiting;
    if (place === -1 || this.#heap[place] !== waiting) return false;
    waiting.place = -1;
    const last = this.#heap.pop()!;
    if (last === waiting) return true;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
    return true;
  }

  /** Takes all out, in no order. */
  clear(): T[] {
    const all = this.#heap.splice(0);
    for (const waiting of all) waiting.place = -1;
    return all.map(({ item }) => item);
  }

  #rise(waiting: Waiting<T>): void {
    while (waiting.place > 0) {
      const { place } = waiting;
      const above = this.#heap[(place - 1) >> 1]!;
      if (!isBefore(waiting, above)) return;
      this.#put(waiting, above.place);
      this.#put(above, place);
    }
  }

  #sink(waiting: Waiting<T>): void {
    for (;;) {
      const { place } = waiting;
      const left = this.#heap[place * 2 + 1];
      const right = this.#heap[place * 2 + 2];
      if (left === undefined) return;
      const below = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(below, waiting)) return;
      this.#put(waiting, below.place);
      this.#put(below, place);
    }
  }

  #put(waiting: Waiting<T>, place: number): void {
    this.#heap[place] = waiting;
    waiting.place = place;
  }

  toString(): string {
    return `${this.size} later`;
  }
}

function isBefore(one: Waiting<unknown>, other: Waiting<unknown>): boolean {
  return one.dueMs === other.dueMs ? one.turn < other.turn : one.dueMs < other.dueMs;
}
