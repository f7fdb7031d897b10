// Requests of a program that can begin anywhere: a query with an offset, a page of an API. What is passed over before the
// first one is never asked for.

import type { Pulled, Source } from '../model/contracts.ts';
import type { RequestFactory } from '../model/request.ts';
import { iterableSource, type RequestIterable } from './iterable-source.ts';

/** The items from place `from` on, the first of all being 0. */
export type OpenAt = (from: number) => RequestIterable;

export class CursorSource implements Source {
  readonly count = undefined;
  readonly #openAt: OpenAt;
  readonly #factory: RequestFactory;
  #from = 0;
  #inner: Source | undefined;
  #closed = false;
  #onReady: (() => void) | undefined;

  constructor(openAt: OpenAt, factory: RequestFactory) {
    this.#openAt = openAt;
    this.#factory = factory;
  }

  pull(): Pulled {
    if (this.#closed) return { type: 'ended' };
    const pulled = this.#opened().pull();
    if (pulled.type === 'request' || pulled.type === 'failure') pulled.index += this.#from;
    return pulled;
  }

  skip(count: number): void {
    if (this.#inner === undefined) this.#from += count;
    else this.#inner.skip!(count);
  }

  get onReady(): (() => void) | undefined {
    return this.#onReady;
  }

  set onReady(ready: (() => void) | undefined) {
    this.#onReady = ready;
    if (this.#inner !== undefined) this.#inner.onReady = ready;
  }

  close(): void {
    this.#closed = true;
    this.#inner?.close();
  }

  #opened(): Source {
    if (this.#inner === undefined) {
      this.#inner = iterableSource(this.#openAt(this.#from), this.#factory);
      this.#inner.onReady = this.#onReady;
    }
    return this.#inner;
  }

  toString(): string {
    return `from ${this.#from} on: ${this.#inner ?? 'not opened'}`;
  }
}
