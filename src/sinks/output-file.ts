// Where records are written: a file or standard output. Collects text and hands it over in large portions, one at
// a time. Knows nothing of records, and never holds back the little that there is for longer than FLUSH_MS.
//
//   write(text) → batch (a growing string) → batches (cut at 64 KiB) → portion (bytes, with the taker) → the system

import { fstatSync, open } from 'node:fs';
import { isatty } from 'node:tty';
import type { Clock } from '../model/contracts.ts';
import { type BytesTaker, DescriptorTaker, StreamTaker } from './bytes-taker.ts';
import { type OutputError, openingError, writingError } from './output-error.ts';

/** One write of this size costs about 10 µs on the main thread: 30 ns for each of its records. */
const BATCH_CHARACTERS = 64 * 1024;
/** What may wait before `full`; less than FREE_CHARACTERS ends it, so that the writer is not woken for each batch. */
const WAITING_CHARACTERS_MAX = 1024 * 1024;
const FREE_CHARACTERS = 256 * 1024;
/** Longest that text waits for more to come. */
const FLUSH_MS = 200;
/** UTF-8 needs three bytes at most for one character of a string. */
const BYTES_PER_CHARACTER_MAX = 3;

export class OutputFile {
  readonly name: string;
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #taker: BytesTaker;
  readonly #clock: Clock;
  /** Used again for each portion: 50 ns less per record than a new one each time. */
  readonly #buffer = Buffer.allocUnsafeSlow((BATCH_CHARACTERS + 16 * 1024) * BYTES_PER_CHARACTER_MAX);
  readonly #batches: string[] = [];
  #batch = '';
  /** Characters in the batches and in the portion that the taker has. */
  #waiting = 0;
  #full = false;
  #taking = false;
  #flushComing = false;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #error: OutputError | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /** `name`: what errors call it. */
  constructor(taker: BytesTaker, name: string, clock: Clock) {
    this.#taker = taker;
    this.name = name;
    this.#clock = clock;
  }

  /** True from the moment when more than 1 MiB waits until most of it has gone. */
  get full(): boolean {
    return this.#full;
  }

  write(text: string): void {
    this.assertOpen();
    if (this.#error !== undefined) return;
    this.#batch += text;
    this.#waiting += text.length;
    if (this.#waiting > WAITING_CHARACTERS_MAX) this.#full = true;
    if (this.#batch.length >= BATCH_CHARACTERS) this.#cut();
    else if (!this.#flushComing) this.#scheduleFlush();
  }

  /** What is written after close would be lost in silence: that is a mistake of the caller. */
  assertOpen(): void {
    if (this.#closing !== undefined) throw new Error(`write to ${this.name} after close`);
  }

  /** Waits until everything is with the system; rejects where something was lost. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  toString(): string {
    const state = this.#error !== undefined ? 'broken' : this.#closing !== undefined ? 'closed' : 'open';
    return `${this.name} ${state}, waiting ${this.#waiting}${this.#full ? ', full' : ''}`;
  }

  /**
   * The first text after a quiet time goes out at once (somebody may be watching), what follows is collected: at
   * most one small write in FLUSH_MS. A flush that is on its way when a batch is cut is left to come.
   */
  #scheduleFlush(): void {
    this.#flushComing = true;
    const flush = () => {
      this.#flushComing = false;
      this.#cut();
    };
    const waitMs = this.#flushedAtMs + FLUSH_MS - this.#clock.now();
    if (waitMs <= 0) this.#clock.afterPoll(flush);
    else this.#clock.after(waitMs, flush);
  }

  #cut(): void {
    if (this.#batch === '') return;
    this.#flushedAtMs = this.#clock.now();
    this.#batches.push(this.#batch);
    this.#batch = '';
    this.#handOver();
  }

  #handOver(): void {
    if (this.#taking) return;
    const text = this.#batches.shift();
    if (text === undefined) {
      this.#onIdle?.();
      return;
    }
    this.#taking = true;
    this.#taker.take(this.#encode(text), (error) => {
      this.#taking = false;
      if (error !== undefined) this.#fail(error);
      else this.#waiting -= text.length;
      // The next portion before the writer: the disk works while it fills the room there is now.
      this.#handOver();
      if (this.#full && this.#waiting < FREE_CHARACTERS) this.#drain();
    });
  }

  #encode(text: string): Uint8Array {
    if (text.length * BYTES_PER_CHARACTER_MAX > this.#buffer.length) return Buffer.from(text, 'utf8');
    return this.#buffer.subarray(0, this.#buffer.write(text, 'utf8'));
  }

  /** Tells of the first error, once; a writer that waits is woken too, or it would wait for ever. */
  #fail(cause: Error): void {
    this.#error = writingError(this.name, cause);
    this.#batches.length = 0;
    this.#batch = '';
    this.#waiting = 0;
    this.onError?.(this.#error);
  }

  #drain(): void {
    this.#full = false;
    // Who has closed writes no more and must not be asked to.
    if (this.#closing === undefined) this.onDrain?.();
  }

  async #finish(): Promise<void> {
    this.#cut();
    if (this.#taking) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const closingError = await new Promise<Error | undefined>((resolve) => this.#taker.close(resolve));
    if (this.#error !== undefined) throw this.#error;
    // Network file systems tell only here that the disk is full.
    if (closingError !== undefined) throw writingError(this.name, closingError);
  }
}

/** Makes the file or empties it. Rejects with an OutputError whose message is one line for people. */
export function openOutputFile(path: string, clock: Clock): Promise<OutputFile> {
  return new Promise((resolve, reject) => {
    open(path, 'w', (error, fd) => {
      if (error !== null) reject(openingError(path, error));
      else resolve(new OutputFile(new DescriptorTaker(fd, true), path, clock));
    });
  });
}

/** Standard output, written from where it stands (after `>>` at the end of the file) and never closed. */
export function standardOutput(clock: Clock): OutputFile {
  const kind = fstatSync(STANDARD_OUTPUT);
  const streams = kind.isFIFO() || kind.isSocket() || isatty(STANDARD_OUTPUT);
  const taker = streams ? new StreamTaker(process.stdout) : new DescriptorTaker(STANDARD_OUTPUT, false);
  return new OutputFile(taker, 'standard output', clock);
}

const STANDARD_OUTPUT = 1;
