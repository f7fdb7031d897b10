// Outcomes for a consumer in code: a Sink on one side, an async iterator on the other. Bounded; when the consumer is
// slow, `full` turns true and sending pauses.

import type { Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';

interface Waiter {
  resolve(batch: Outcome[] | undefined): void;
  reject(error: unknown): void;
}

export class OutcomeQueue implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #max: number;
  #batch: Outcome[] = [];
  #waiter: Waiter | undefined;
  #ended = false;
  #error: unknown;

  constructor(max: number) {
    this.#max = max;
  }

  get full(): boolean {
    return this.#batch.length >= this.#max;
  }

  write(outcome: Outcome): void {
    this.#batch.push(outcome);
    if (this.#waiter !== undefined && this.#batch.length === 1) queueMicrotask(this.#handOver);
  }

  close(): Promise<void> {
    this.#end(undefined);
    return Promise.resolve();
  }

  /** What was written is still handed out; then the iterator throws. */
  fail(error: unknown): void {
    this.#end(error);
  }

  /** All that has come since the last call, at least one; undefined at the end. One call at a time. */
  take(): Promise<Outcome[] | undefined> {
    if (this.#batch.length > 0) return Promise.resolve(this.#swap());
    if (this.#ended)
      return this.#error === undefined ? Promise.resolve(undefined) : Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const waiter = this.#waiter;
    if (waiter === undefined || this.#batch.length > 0) return;
    this.#waiter = undefined;
    if (error === undefined) waiter.resolve(undefined);
    else waiter.reject(error);
  }

  readonly #handOver = (): void => {
    const waiter = this.#waiter;
    if (waiter === undefined || this.#batch.length === 0) return;
    this.#waiter = undefined;
    waiter.resolve(this.#swap());
  };

  #swap(): Outcome[] {
    const wasFull = this.full;
    const batch = this.#batch;
    this.#batch = [];
    // The batch is handed out as a whole; sending goes on while the consumer works on it, up to the bound again.
    if (wasFull) this.onDrain?.();
    return batch;
  }
}
