// Values one after another, each for the same time, the last for good: a server that changes while it is in use.
// Reads no clock.

export class Steps {
  readonly #values: readonly number[];
  readonly #everyMs: number;
  #startedMs: number | undefined;

  /** At least one value. */
  constructor(values: readonly number[], everyMs: number) {
    this.#values = values;
    this.#everyMs = everyMs;
  }

  /** The first look starts the time. */
  at(nowMs: number): number {
    this.#startedMs ??= nowMs;
    const step = Math.floor((nowMs - this.#startedMs) / this.#everyMs);
    return this.#values[Math.min(step, this.#values.length - 1)]!;
  }
}
