// Outcomes for a consumer in code: a Sink on one side, an async iterator on the other. Bounded; when the consumer is
// slow, `full` turns true and sending pauses.

import type { Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';

type Waiter = (batch: Outcome[] | undefined) => void;

export class OutcomeQueue implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #max: number;
  #batch: Outcome[] = [];
  #waiter: Waiter | undefined;
  #ended = false;

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
    this.#ended = true;
    // With a batch at hand the waiter is about to be given that.
    if (this.#batch.length === 0) this.#tell(undefined);
    return Promise.resolve();
  }

  /** All that has come since the last call, at least one; undefined at the end. One call at a time. */
  take(): Promise<Outcome[] | undefined> {
    if (this.#batch.length > 0) return Promise.resolve(this.#swap());
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  readonly #handOver = (): void => {
    if (this.#waiter !== undefined && this.#batch.length > 0) this.#tell(this.#swap());
  };

  #tell(batch: Outcome[] | undefined): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.(batch);
  }

  #swap(): Outcome[] {
    const wasFull = this.full;
    const batch = this.#batch;
    this.#batch = [];
    // The batch is handed out as a whole; sending goes on while the consumer works on it, up to the bound again.
    if (wasFull) this.onDrain?.();
    return batch;
  }
}
