// Lists, iterables and async iterables of a program as sources. Never asks an iterator for an item before it is pulled.

import { ENDED, type Pulled, type Source, WAITING } from '../model/contracts.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request, RequestFactory, RequestInput } from '../model/request.ts';
import { count } from '../model/text.ts';
import { requestOrFailure } from './input-item.ts';

export type RequestIterable = Iterable<RequestInput> | AsyncIterable<RequestInput>;

/** An array is read in place, up to the length it has now. */
export function iterableSource(items: RequestIterable, factory: RequestFactory): Source {
  if (Array.isArray(items)) return new ArraySource(items, factory);
  if (Symbol.asyncIterator in items) return new AsyncIteratorSource(items, factory);
  return new IteratorSource(items, factory);
}

class ArraySource implements Source {
  readonly count: number;
  onReady: (() => void) | undefined;
  readonly #items: readonly RequestInput[];
  readonly #factory: RequestFactory;
  #index = 0;
  #closed = false;

  constructor(items: readonly RequestInput[], factory: RequestFactory) {
    this.#items = items;
    this.#factory = factory;
    this.count = items.length;
  }

  pull(): Pulled {
    if (this.#closed || this.#index === this.count) return ENDED;
    return this.pick(this.#index++);
  }

  /** The item of any place. Two of one place may be one and the same body, which is sent once: never asked for twice. */
  pick(index: number): Request | Failure {
    return requestOrFailure(this.#factory, index, this.#items[index]!, undefined);
  }

  skip(count: number): void {
    this.#index = Math.min(this.count, this.#index + count);
  }

  close(): void {
    this.#closed = true;
  }

  toString(): string {
    return `list ${this.#closed ? 'closed' : 'open'} at ${count(this.#index)} of ${count(this.count)}`;
  }
}

class IteratorSource implements Source {
  readonly count = undefined;
  onReady: (() => void) | undefined;
  readonly #items: Iterable<RequestInput>;
  readonly #factory: RequestFactory;
  #iterator: Iterator<RequestInput> | undefined;
  #state: 'open' | 'ended' | 'broken' = 'open';
  #error: Error | undefined;
  #index = 0;
  /** Items to drop before the next one is given. */
  #toSkip = 0;

  constructor(items: Iterable<RequestInput>, factory: RequestFactory) {
    this.#items = items;
    this.#factory = factory;
  }

  pull(): Pulled {
    if (this.#state === 'broken') throw this.#error;
    if (this.#state === 'ended') return ENDED;
    let step = this.#step();
    for (; this.#toSkip > 0 && step.done !== true; this.#toSkip--) {
      this.#index++;
      step = this.#step();
    }
    if (step.done === true) {
      this.#state = 'ended';
      return ENDED;
    }
    return requestOrFailure(this.#factory, this.#index++, step.value, undefined);
  }

  skip(count: number): void {
    this.#toSkip += count;
  }

  #step(): IteratorResult<RequestInput> {
    try {
      this.#iterator ??= this.#items[Symbol.iterator]();
      return this.#iterator.next();
    } catch (error) {
      this.#state = 'broken';
      this.#error = thrownBy(error);
      throw this.#error;
    }
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    try {
      this.#iterator?.return?.();
    } catch {
      // Letting go is all that was asked for; the items are no longer wanted, whatever became of them.
    }
  }

  toString(): string {
    return `iterable ${this.#state} after ${count(this.#index)} items`;
  }
}

/** `asking`: a `next()` is under way. `held`: its item waits to be pulled. */
type AsyncState = 'idle' | 'asking' | 'held' | 'ended' | 'broken';

class AsyncIteratorSource implements Source {
  readonly count = undefined;
  onReady: (() => void) | undefined;
  readonly #items: AsyncIterable<RequestInput>;
  readonly #factory: RequestFactory;
  #iterator: AsyncIterator<RequestInput> | undefined;
  #state: AsyncState = 'idle';
  #held: RequestInput | undefined;
  #error: Error | undefined;
  #index = 0;
  /** Items to drop before the next one is given. */
  #toSkip = 0;
  #waiting = false;

  constructor(items: AsyncIterable<RequestInput>, factory: RequestFactory) {
    this.#items = items;
    this.#factory = factory;
  }

  pull(): Pulled {
    if (this.#state === 'held' && this.#toSkip > 0) this.#drop();
    if (this.#state === 'idle') void this.#ask();
    switch (this.#state) {
      case 'held': {
        const item = this.#held as RequestInput;
        this.#held = undefined;
        this.#state = 'idle';
        return requestOrFailure(this.#factory, this.#index++, item, undefined);
      }
      case 'idle':
      case 'asking':
        this.#waiting = true;
        return WAITING;
      case 'ended':
        return ENDED;
      case 'broken':
        throw this.#error;
    }
  }

  skip(count: number): void {
    this.#toSkip += count;
  }

  close(): void {
    if (this.#state === 'ended' || this.#state === 'broken') return;
    this.#state = 'ended';
    this.#held = undefined;
    void this.#letGo();
  }

  toString(): string {
    return `async iterable ${this.#state} after ${count(this.#index)} items`;
  }

  #drop(): void {
    this.#held = undefined;
    this.#state = 'idle';
    this.#index++;
    this.#toSkip--;
  }

  async #ask(): Promise<void> {
    this.#state = 'asking';
    try {
      this.#iterator ??= this.#items[Symbol.asyncIterator]();
      let step = await this.#iterator.next();
      for (; this.#toSkip > 0 && step.done !== true; this.#toSkip--) {
        if (this.#state !== 'asking') return;
        this.#index++;
        step = await this.#iterator.next();
      }
      if (this.#state !== 'asking') return;
      this.#state = step.done === true ? 'ended' : 'held';
      if (step.done !== true) this.#held = step.value;
    } catch (error) {
      if (this.#state !== 'asking') return;
      this.#state = 'broken';
      this.#error = thrownBy(error);
    }
    if (!this.#waiting) return;
    this.#waiting = false;
    this.onReady?.();
  }

  async #letGo(): Promise<void> {
    try {
      await this.#iterator?.return?.();
    } catch {
      // As with a plain iterator: the items are no longer wanted.
    }
  }
}

function thrownBy(error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`the input iterable threw: ${reason}`, { cause: error });
}
