// What sinks have in common whose store takes many records at a time: outcomes become items, items become batches, and
// the store takes those one after the other. Knows nothing of files, databases and what an item is.
//
//   write(outcome) → item → batch ──cut──► turn: [batch] [batch] [commit] [batch]   ──► store
//                                              full batches, or `waitMs` are over

import type { Clock } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Committed } from './bytes-taker.ts';
import { OutputError, writingError } from './output-error.ts';
import type { RecordSink } from './record-sink.ts';

/** A batch is whole when it has as many items, or bytes in memory, or when its first item has waited as long. */
export interface BatchLimits {
  readonly items: number;
  readonly bytes: number;
  /** Undefined: a batch may wait until it is whole, or a commit asks for it. */
  readonly waitMs: number | undefined;
  /** How many whole batches make the sink full. */
  readonly waiting: number;
}

/** Where items are kept. One call at a time; after one that rejected, nothing but `abandon`. */
export interface BatchStore<Item, Batch> {
  /** How errors call it. */
  readonly name: string;
  readonly limits: BatchLimits;
  readonly commitMs?: number | undefined;
  /** An empty batch, in the form in which items wait at the least cost. */
  batch(): Batch;
  add(item: Item, batch: Batch): void;
  append(batch: Batch): Promise<void>;
  /** All items so far; gives the position. */
  commit(durability: Committed): Promise<string>;
  /** Finishes what is stored, as a commit does, and lets go of it. */
  close(): Promise<void>;
  /** Lets go of it as it is; never rejects. */
  abandon(): Promise<void>;
}

/** Below this part of what makes the sink full, it has drained: about one batch is gone. */
const DRAINED = 0.75;

/** Makes items of outcomes. */
export interface ItemFormat<Item> {
  /** `bodyFile`: where the body was stored, where bodies go to files. */
  item(outcome: Outcome, bodyFile: string): Item;
  /** What it takes in memory. */
  bytesOf(item: Item): number;
}

/** Where bodies go to files, whoever stands before it stores them and says with each outcome where. */
export class BatchSink<Item, Batch> implements RecordSink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #store: BatchStore<Item, Batch>;
  readonly #format: ItemFormat<Item>;
  readonly #clock: Clock;
  #batch: Batch;
  #items = 0;
  #bytes = 0;
  /** Items that are not stored, and their bytes; those of the batch among them. */
  #waitingItems = 0;
  #waitingBytes = 0;
  #full = false;
  #unschedule: (() => void) | undefined;
  /** Ends when all that was asked of the store is done. Never rejects. */
  #turn: Promise<unknown> = Promise.resolve();
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: BatchStore<Item, Batch>, format: ItemFormat<Item>, clock: Clock) {
    this.#store = store;
    this.#batch = store.batch();
    this.#format = format;
    this.#clock = clock;
  }

  get commitMs(): number | undefined {
    return this.#store.commitMs;
  }

  get full(): boolean {
    return this.#full;
  }

  write(outcome: Outcome, bodyFile = ''): void {
    if (this.#closing !== undefined) throw new Error(`write to ${this.#store.name} after close`);
    if (this.#error !== undefined) return;
    const item = this.#format.item(outcome, bodyFile);
    const bytes = this.#format.bytesOf(item);
    const { limits } = this.#store;
    this.#store.add(item, this.#batch);
    this.#items++;
    this.#bytes += bytes;
    this.#waitingItems++;
    this.#waitingBytes += bytes;
    this.#full ||= this.#isAbove(1);
    if (this.#items >= limits.items || this.#bytes >= limits.bytes) this.#cut();
    else if (limits.waitMs !== undefined) {
      this.#unschedule ??= this.#clock.after(limits.waitMs, () => this.#cut());
    }
  }

  commit(durability: Committed): Promise<string> {
    if (this.#closing !== undefined) {
      return Promise.reject(new Error(`commit to ${this.#store.name} after close`));
    }
    this.#cut();
    return this.#inTurn(() => this.#store.commit(durability));
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#cut();
      this.#closing = this.#finish();
    }
    return this.#closing;
  }

  toString(): string {
    const state = this.#error !== undefined ? 'broken' : this.#closing !== undefined ? 'closed' : 'open';
    return `${this.#store.name} ${state}, ${this.#waitingItems} waiting${this.#full ? ', full' : ''}`;
  }

  #cut(): void {
    this.#unschedule?.();
    this.#unschedule = undefined;
    if (this.#items === 0) return;
    const batch = this.#batch;
    const items = this.#items;
    const bytes = this.#bytes;
    this.#empty();
    this.#inTurn(async () => {
      await this.#store.append(batch);
      this.#waitingItems -= items;
      this.#waitingBytes -= bytes;
      if (this.#full && !this.#isAbove(DRAINED)) this.#drain();
    });
  }

  /** The store does one thing at a time, in the order in which it was asked, and nothing after an error. */
  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(async () => {
      if (this.#error !== undefined) throw this.#error;
      try {
        return await step();
      } catch (cause) {
        throw this.#fail(cause);
      }
    });
    // Who asked hears of an error; a batch that nobody asked for has told of it already.
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Tells of it, once; a writer that waits is woken too, or it would wait for ever. */
  #fail(cause: unknown): Error {
    const error = cause instanceof OutputError ? cause : writingError(this.#store.name, cause);
    this.#error = error;
    this.#unschedule?.();
    this.#unschedule = undefined;
    this.#empty();
    this.#waitingItems = 0;
    this.#waitingBytes = 0;
    this.onError?.(error);
    if (this.#full) this.#drain();
    return error;
  }

  #empty(): void {
    this.#batch = this.#store.batch();
    this.#items = 0;
    this.#bytes = 0;
  }

  #isAbove(part: number): boolean {
    const { items, bytes, waiting } = this.#store.limits;
    return this.#waitingItems >= part * waiting * items || this.#waitingBytes >= part * waiting * bytes;
  }

  #drain(): void {
    this.#full = false;
    // Who has closed writes no more and must not be asked to.
    if (this.#closing === undefined) this.onDrain?.();
  }

  async #finish(): Promise<void> {
    try {
      await this.#inTurn(() => this.#store.close());
    } catch (error) {
      await this.#store.abandon();
      throw error;
    }
  }
}
