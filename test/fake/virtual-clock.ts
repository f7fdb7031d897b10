// Time that stands still until a test moves it. Never waits, never looks at the machine's clock.
//
//   const clock = new VirtualClock();
//   clock.after(100, call);
//   clock.advance(100);            // `call` runs, with now() === 100
//
//   await clock.scheduled(1);      // where real sockets are in play: until somebody waits for time to pass
//   clock.advance(clock.nextInMs!);
//
// Order: what is due earlier runs earlier; what is due at the same moment runs in the order in which it was asked for.
// A call may ask for more, also within the time that is just passing. Time does not move on while something waits for
// its poll: `advance` polls before the first moment and after each one, as an event loop does.

import type { Clock } from '../../src/model/contracts.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
  state: 'waiting' | 'done';
}

/** Calls in one advance; more mean that something asks again and again without time passing. */
const CALLS_MAX = 10_000_000;
const WALL_START_MS = Date.UTC(2021, 0, 1);

export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap();
  readonly #watchers = new Set<{ readonly count: number; readonly resolve: () => void }>();
  readonly #wallStartMs: number;
  #nowMs: number;
  #order = 0;
  #pending = 0;
  #polls: (() => void)[] = [];

  constructor(nowMs = 0, wallStartMs = WALL_START_MS) {
    this.#nowMs = nowMs;
    this.#wallStartMs = wallStartMs - nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  after(ms: number, call: () => void): () => void {
    if (Number.isNaN(ms)) throw new RangeError('after(NaN) never comes');
    const timer: Timer = {
      atMs: this.#nowMs + Math.max(0, ms),
      order: this.#order++,
      call,
      state: 'waiting',
    };
    this.#timers.push(timer);
    this.#pending++;
    this.#tellWatchers();
    return () => {
      if (timer.state === 'waiting') this.#pending--;
      timer.state = 'done';
    };
  }

  afterPoll(call: () => void): void {
    this.#polls.push(call);
  }

  /** With the polls: in a turn of virtual time nothing is read between the two. */
  atTurnEnd(call: () => void): void {
    this.#polls.push(call);
  }

  /** How many calls wait for their time. */
  get pending(): number {
    return this.#pending;
  }

  /** How many calls wait for the next poll, or for the end of the turn. */
  get polling(): number {
    return this.#polls.length;
  }

  /** Until the next call is due; undefined when none waits. */
  get nextInMs(): number | undefined {
    const next = this.#nextTimer();
    return next === undefined ? undefined : next.atMs - this.#nowMs;
  }

  /** Runs what waits for its poll, as after one turn of reading sockets. What it asks for in turn waits for the next. */
  poll(): void {
    const polls = this.#polls;
    this.#polls = [];
    for (const call of polls) call();
  }

  /** Lets time pass and runs everything that falls due, each at its own moment. `advance(0)` runs what is due now. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`time cannot pass by ${ms} ms`);
    const endMs = this.#nowMs + ms;
    let calls = this.#settle();
    for (let next = this.#nextTimer(); next !== undefined && next.atMs <= endMs; next = this.#nextTimer()) {
      const polled = next.atMs > this.#nowMs ? this.#settle() : 0;
      calls += polled;
      // What was polled may have asked for something that is due earlier.
      if (polled > 0) continue;
      if (next.state === 'waiting') this.#run(next);
      if (++calls > CALLS_MAX) throw new Error(`${CALLS_MAX} calls in advance(${ms}): ${this}`);
    }
    this.#nowMs = endMs;
    this.#settle();
  }

  /** Resolves as soon as at least `count` calls wait for their time: the other side has got there. */
  scheduled(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.add({ count, resolve });
      this.#tellWatchers();
    });
  }

  toString(): string {
    return `clock ${this.#nowMs} ms, pending ${this.#pending}, polling ${this.#polls.length}`;
  }

  #run(timer: Timer): void {
    this.#timers.pop();
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.state = 'done';
    this.#pending--;
    timer.call();
  }

  /** Polls until nothing waits for it. */
  #settle(): number {
    let calls = 0;
    while (this.#polls.length > 0) {
      calls += this.#polls.length;
      if (calls > CALLS_MAX) throw new Error(`${CALLS_MAX} calls without time passing: ${this}`);
      this.poll();
    }
    return calls;
  }

  #nextTimer(): Timer | undefined {
    while (this.#timers.first?.state === 'done') this.#timers.pop();
    return this.#timers.first;
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) {
      if (this.#pending < watcher.count) continue;
      this.#watchers.delete(watcher);
      watcher.resolve();
    }
  }
}

/** A binary heap: the earliest first, cheap also with very many. */
class TimerHeap {
  readonly #heap: Timer[] = [];

  get first(): Timer | undefined {
    return this.#heap[0];
  }

  push(timer: Timer): void {
    const heap = this.#heap;
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!earlier(timer, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = timer;
  }

  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child++;
      if (!earlier(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function earlier(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
