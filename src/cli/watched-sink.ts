// A sink that also looks at what passes: for --check-status, --verbose and the line about the first failure.

import type { BodyStore, Sink } from '../model/contracts.ts';
import type { Failure, Outcome } from '../model/outcome.ts';

const ERROR_STATUS_MIN = 400;

export class WatchedSink implements Sink {
  /** Requests that failed or were answered with a status of 400 or more. */
  notOk = 0;
  firstFailure: Failure | undefined;
  onFailure: ((failure: Failure) => void) | undefined;
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  write(outcome: Outcome): void {
    if (outcome.type === 'failure') {
      this.notOk++;
      // Who stopped the run knows about what was aborted.
      if (outcome.kind !== 'aborted') this.firstFailure ??= outcome;
      this.onFailure?.(outcome);
    } else if (outcome.status >= ERROR_STATUS_MIN) {
      this.notOk++;
    }
    this.#sink.write(outcome);
  }

  skip(outcome: Outcome): void {
    this.#sink.skip?.(outcome);
  }

  pass(index: number): void {
    this.#sink.pass?.(index);
  }

  get bodies(): BodyStore | undefined {
    return this.#sink.bodies;
  }

  get takesEncoded(): boolean {
    return this.#sink.takesEncoded === true;
  }

  get full(): boolean {
    return this.#sink.full;
  }

  get heldUp(): boolean {
    return this.#sink.heldUp === true;
  }

  get holdup(): Sink['holdup'] {
    return this.#sink.holdup;
  }

  get onDrain(): (() => void) | undefined {
    return this.#sink.onDrain;
  }

  set onDrain(call: (() => void) | undefined) {
    this.#sink.onDrain = call;
  }

  get onError(): ((error: Error) => void) | undefined {
    return this.#sink.onError;
  }

  set onError(call: ((error: Error) => void) | undefined) {
    this.#sink.onError = call;
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}
