// What the sinks of tables have in common: outcomes become rows, rows become batches, and a store takes those one at a
// time. Knows nothing of files and databases.
//
//   write(outcome) → row → batch ──cut──► turn: [batch] [batch] [commit] [batch]   ──► store
//                                              full batches, or `waitMs` are over

import type { Clock } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Committed } from './bytes-taker.ts';
import type { Row, RowFormat } from './columns.ts';
import { OutputError, writingError } from './output-error.ts';
import type { RecordSink } from './record-sink.ts';

/** A batch is whole when it has as many rows, or bytes in memory, or when its first row has waited as long. */
export interface BatchLimits {
  readonly rows: number;
  readonly bytes: number;
  /** Undefined: a batch may wait until it is whole, or a commit asks for it. */
  readonly waitMs: number | undefined;
  /** How many whole batches make the sink full. */
  readonly waiting: number;
}

/** Where rows are kept. One call at a time; after one that rejected, nothing but `abandon`. */
export interface TableStore<Batch> {
  /** How errors call it. */
  readonly name: string;
  readonly limits: BatchLimits;
  readonly commitMs?: number | undefined;
  /** An empty batch, in the form in which rows wait at the least cost. */
  batch(): Batch;
  add(row: Row, batch: Batch): void;
  append(batch: Batch): Promise<void>;
  /** All rows so far; gives the position. */
  commit(durability: Committed): Promise<string>;
  /** Finishes what is stored, as a commit does, and lets go of it. */
  close(): Promise<void>;
  /** Lets go of it as it is; never rejects. */
  abandon(): Promise<void>;
}

/** Below this part of what makes the sink full, it has drained: about one batch is gone. */
const DRAINED = 0.75;
/** A number, or a reference to a string. */
const CELL_BYTES = 8;
/** What a string takes beside its characters, which are a byte each up to U+00FF, two in a text that has others. */
const TEXT_BYTES = 16;

/** Where bodies go to files, whoever stands before it stores them and says with each outcome where. */
export class TableSink<Batch> implements RecordSink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #store: TableStore<Batch>;
  readonly #format: RowFormat;
  readonly #clock: Clock;
  #batch: Batch;
  #rows = 0;
  #bytes = 0;
  /** Rows that are not stored, and their bytes; those of the batch among them. */
  #waitingRows = 0;
  #waitingBytes = 0;
  #full = false;
  #unschedule: (() => void) | undefined;
  /** Ends when all that was asked of the store is done. Never rejects. */
  #turn: Promise<unknown> = Promise.resolve();
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: TableStore<Batch>, format: RowFormat, clock: Clock) {
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
    const row = this.#format.row(outcome, bodyFile);
    const bytes = bytesOf(row);
    const { limits } = this.#store;
    this.#store.add(row, this.#batch);
    this.#rows++;
    this.#bytes += bytes;
    this.#waitingRows++;
    this.#waitingBytes += bytes;
    this.#full ||= this.#isAbove(1);
    if (this.#rows >= limits.rows || this.#bytes >= limits.bytes) this.#cut();
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
    return `${this.#store.name} ${state}, ${this.#waitingRows} rows waiting${this.#full ? ', full' : ''}`;
  }

  #cut(): void {
    this.#unschedule?.();
    this.#unschedule = undefined;
    if (this.#rows === 0) return;
    const batch = this.#batch;
    const rows = this.#rows;
    const bytes = this.#bytes;
    this.#empty();
    this.#inTurn(async () => {
      await this.#store.append(batch);
      this.#waitingRows -= rows;
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
    this.#waitingRows = 0;
    this.#waitingBytes = 0;
    this.onError?.(error);
    if (this.#full) this.#drain();
    return error;
  }

  #empty(): void {
    this.#batch = this.#store.batch();
    this.#rows = 0;
    this.#bytes = 0;
  }

  #isAbove(part: number): boolean {
    const { rows, bytes, waiting } = this.#store.limits;
    return this.#waitingRows >= part * waiting * rows || this.#waitingBytes >= part * waiting * bytes;
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

function bytesOf(row: Row): number {
  let bytes = row.length * CELL_BYTES;
  for (const cell of row) if (typeof cell === 'string') bytes += TEXT_BYTES + cell.length;
  return bytes;
}
