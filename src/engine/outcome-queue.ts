// Outcomes for a consumer in code: a Sink on one side, batches or an async iterator on the other. Bounded; when the
// consumer is slow, `full` turns true and sending pauses.

import type { Sink } from '../model/contracts.ts';
import { Fifo } from '../model/fifo.ts';
import type { Outcome } from '../model/outcome.ts';

type Batch = Outcome[] | undefined;
export type One = IteratorResult<Outcome, undefined>;

export const END: One = { done: true, value: undefined };
const SETTLED = Promise.resolve();

export class OutcomeQueue implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  /** What ends the iteration: the end, or a promise that rejects with what broke the run. */
  end: One | Promise<One> = END;
  readonly #max: number;
  #outcomes: Outcome[] = [];
  /** How many of them have been handed out one by one. */
  #taken = 0;
  #forBatch: ((batch: Batch) => void) | undefined;
  /** Calls of `next` that came before their outcomes: there are none while outcomes wait. */
  readonly #forOne = new Fifo<(one: One | Promise<One>) => void>();
  #ended = false;
  /** The consumer has everything there is, and asks for more. */
  onAsk: (() => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** True while the consumer waits for an outcome: it is done with all it was given. */
  get asked(): boolean {
    return this.#outcomes.length === this.#taken && (this.#forBatch !== undefined || this.#forOne.length > 0);
  }

  get full(): boolean {
    return this.#outcomes.length - this.#taken >= this.#max;
  }

  write(outcome: Outcome): void {
    const one = this.#forOne.shift();
    if (one !== undefined) {
      one({ done: false, value: outcome });
      return;
    }
    this.#outcomes.push(outcome);
    // What one turn brings is one batch. A promise's job costs half of queueMicrotask's (bench/micro/iteration).
    if (this.#forBatch !== undefined && this.#outcomes.length === 1) SETTLED.then(this.#handOver);
  }

  close(): Promise<void> {
    this.#ended = true;
    for (let one = this.#forOne.shift(); one !== undefined; one = this.#forOne.shift()) one(this.end);
    // With outcomes at hand the consumer is about to be given those.
    if (this.#outcomes.length > 0) return SETTLED;
    this.#forBatch?.(undefined);
    this.#forBatch = undefined;
    return SETTLED;
  }

  /** All that has come since the last call, at least one; undefined at the end. One call at a time. */
  take(): Promise<Batch> {
    if (this.#outcomes.length > this.#taken) return Promise.resolve(this.#swap());
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#forBatch = resolve;
      this.onAsk?.();
    });
  }

  /** The next outcome, as an iterator gives it: also to callers that do not wait for the one before. None of `take` on
   *  the same queue. */
  next(): Promise<One> {
    const outcome = this.#outcomes[this.#taken];
    if (outcome !== undefined) {
      this.#shift();
      return Promise.resolve({ done: false, value: outcome });
    }
    if (this.#ended) return Promise.resolve(this.end);
    return new Promise((resolve) => {
      this.#forOne.push(resolve);
      this.onAsk?.();
    });
  }

  #shift(): void {
    const wasFull = this.full;
    this.#taken++;
    // What was handed out is let go of, also by a queue that never runs empty.
    if (this.#taken === this.#outcomes.length || this.#taken === this.#max) {
      this.#outcomes = this.#outcomes.slice(this.#taken);
      this.#taken = 0;
    }
    if (wasFull) this.onDrain?.();
  }

  readonly #handOver = (): void => {
    const waiter = this.#forBatch;
    if (waiter === undefined || this.#outcomes.length === 0) return;
    // First: room may bring the run to its end, and whoever waits then is told that there is nothing more.
    this.#forBatch = undefined;
    waiter(this.#swap());
  };

  #swap(): Outcome[] {
    const wasFull = this.full;
    const batch = this.#outcomes;
    this.#outcomes = [];
    // The batch is handed out as a whole; sending goes on while the consumer works on it, up to the bound again.
    if (wasFull) this.onDrain?.();
    return batch;
  }
}
