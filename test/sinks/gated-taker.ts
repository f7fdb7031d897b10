// A taker of bytes with a gate: it can be shut, opened again, and broken. Stands alone, in memory, or before another.

import type { BytesTaker, Committed } from '../../src/sinks/bytes-taker.ts';

type Done = (error: Error | undefined) => void;

export class GatedTaker implements BytesTaker {
  /** What was taken, portion by portion. */
  readonly portions: Buffer[] = [];
  closed = 0;
  readonly #behind: BytesTaker | undefined;
  #shut = false;
  #error: Error | undefined;
  #held: (() => void) | undefined;

  constructor(behind?: BytesTaker) {
    this.#behind = behind;
  }

  get text(): string {
    return Buffer.concat(this.portions).toString();
  }

  /** From now on nothing is taken, until `open`. */
  shut(): void {
    this.#shut = true;
  }

  open(): void {
    this.#shut = false;
    const held = this.#held;
    this.#held = undefined;
    held?.();
  }

  /** What comes next, or waits at the gate, ends in an error of the system. */
  break(code: string): void {
    this.#error = Object.assign(new Error(`${code}: broken by a test`), { code });
    this.open();
  }

  take(bytes: Uint8Array, done: Done): void {
    if (this.#held !== undefined) throw new Error('a second portion while the first is being taken');
    if (this.closed > 0) throw new Error('bytes after close');
    this.#held = () => queueMicrotask(() => this.#pass(bytes, done));
    if (!this.#shut) this.open();
  }

  commit(durability: Committed, done: (error: Error | undefined, position: number) => void): void {
    const bytes = this.portions.reduce((sum, { length }) => sum + length, 0);
    if (this.#behind !== undefined) this.#behind.commit(durability, done);
    else queueMicrotask(() => done(this.#error, bytes));
  }

  close(done: Done): void {
    this.closed++;
    if (this.#behind !== undefined) this.#behind.close(done);
    else queueMicrotask(() => done(this.#error));
  }

  #pass(bytes: Uint8Array, done: Done): void {
    if (this.#error !== undefined) return done(this.#error);
    this.portions.push(Buffer.from(bytes));
    if (this.#behind !== undefined) this.#behind.take(bytes, done);
    else done(undefined);
  }
}
