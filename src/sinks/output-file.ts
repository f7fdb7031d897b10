// Where records are written: a file or standard output. Collects text and hands it over in large portions, one at
// a time. Knows nothing of records, and never holds back the little that there is for longer than FLUSH_MS.
//
//   write(text) → batch (a growing string) → queue (batches cut at 64 KiB, commits) → portion (bytes, with the taker)

import { fstatSync, open } from 'node:fs';
import { isatty } from 'node:tty';
import type { Clock, Files } from '../model/contracts.ts';
import {
  type BytesTaker,
  type Committed,
  DescriptorTaker,
  FileTaker,
  StreamTaker,
  type Wrap,
} from './bytes-taker.ts';
import { type OutputError, openingError, writingError } from './output-error.ts';
import { openAt } from './positioned-file.ts';

/** One write of this size costs about 10 µs on the main thread: 30 ns for each of its records. */
const BATCH_CHARACTERS = 64 * 1024;
/** What may wait before `full`; less than FREE_CHARACTERS ends it, so that the writer is not woken for each batch. */
const WAITING_CHARACTERS_MAX = 1024 * 1024;
const FREE_CHARACTERS = 256 * 1024;
/** Longest that text waits for more to come. */
const FLUSH_MS = 200;
/** UTF-8 needs three bytes at most for one character of a string. */
const BYTES_PER_CHARACTER_MAX = 3;

/** A place in the queue: what stands before it is to be stored, what comes behind it is not waited for. */
interface Commit {
  readonly durability: Committed;
  readonly resolve: (position: string) => void;
  readonly reject: (error: Error) => void;
}

export class OutputFile {
  readonly name: string;
  /** Something stands in it already, from an earlier run. */
  readonly begun: boolean;
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #taker: BytesTaker;
  readonly #clock: Clock;
  /** Used again for each portion: 50 ns less per record than a new one each time. */
  readonly #buffer = Buffer.allocUnsafeSlow((BATCH_CHARACTERS + 16 * 1024) * BYTES_PER_CHARACTER_MAX);
  readonly #queue: (string | Commit)[] = [];
  #batch = '';
  /** Characters in the batch, in the queue and in the portion that the taker has. */
  #waiting = 0;
  #full = false;
  #taking = false;
  #flushComing = false;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #error: OutputError | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /** `name`: what errors call it. */
  constructor(taker: BytesTaker, name: string, clock: Clock, begun = false) {
    this.#taker = taker;
    this.name = name;
    this.#clock = clock;
    this.begun = begun;
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

  /** Resolves with the bytes that the output has with all that was written before; later writes go on meanwhile. */
  commit(durability: Committed): Promise<string> {
    if (this.#closing !== undefined) return Promise.reject(new Error(`commit of ${this.name} after close`));
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.#cut();
    return new Promise((resolve, reject) => {
      this.#queue.push({ durability, resolve, reject });
      this.#handOver();
    });
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
    this.#queue.push(this.#batch);
    this.#batch = '';
    this.#handOver();
  }

  #handOver(): void {
    if (this.#taking) return;
    const next = this.#queue.shift();
    if (next === undefined) return this.#onIdle?.();
    this.#taking = true;
    if (typeof next === 'string') this.#take(next);
    else this.#commit(next);
  }

  #take(text: string): void {
    this.#taker.take(this.#encode(text), (error) => {
      this.#taking = false;
      if (error !== undefined) this.#fail(error);
      else this.#waiting -= text.length;
      // The next portion before the writer: the disk works while it fills the room there is now.
      this.#handOver();
      if (this.#full && this.#waiting < FREE_CHARACTERS) this.#drain();
    });
  }

  #commit({ durability, resolve, reject }: Commit): void {
    this.#taker.commit(durability, (error, position) => {
      this.#taking = false;
      if (error === undefined) resolve(String(position));
      else reject(this.#fail(error));
      this.#handOver();
      if (this.#full && this.#waiting < FREE_CHARACTERS) this.#drain();
    });
  }

  #encode(text: string): Uint8Array {
    if (text.length * BYTES_PER_CHARACTER_MAX > this.#buffer.length) return Buffer.from(text, 'utf8');
    return this.#buffer.subarray(0, this.#buffer.write(text, 'utf8'));
  }

  /** Tells of the first error, once; a writer that waits is woken too, or it would wait for ever. */
  #fail(cause: Error): OutputError {
    const error = writingError(this.name, cause);
    this.#error = error;
    const dropped = this.#queue.splice(0);
    this.#batch = '';
    this.#waiting = 0;
    this.onError?.(error);
    for (const one of dropped) if (typeof one !== 'string') one.reject(error);
    return error;
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

/** What a sink on a file is opened with. */
export interface FileTools {
  readonly files: Files;
  readonly clock: Clock;
  /** From a commit of an earlier run: the file is cut back to it. Without one it is made, or emptied. */
  readonly position?: string | undefined;
}

/** Rejects with an OutputError whose message is one line for people. */
export async function openOutputFile(
  path: string,
  { files, clock, position: from }: FileTools,
  wrap: Wrap = (taker) => taker,
): Promise<OutputFile> {
  const { file, position } = await openAt(path, files, from);
  const begun = position > 0;
  const taker = wrap(new FileTaker(file, path, files, position), !begun);
  return new OutputFile(taker, path, clock, begun);
}

/** A named pipe, a device: what has no places to write at, and nothing to go back to. */
export function openOutputDevice(
  path: string,
  clock: Clock,
  wrap: Wrap = (taker) => taker,
): Promise<OutputFile> {
  return new Promise((resolve, reject) => {
    open(path, 'w', (error, fd) => {
      if (error !== null) reject(openingError(path, error));
      else resolve(new OutputFile(wrap(new DescriptorTaker(fd, true), true), path, clock));
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
