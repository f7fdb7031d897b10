// Stores the body of each response before its record is handed on, and hands records on in the order of the writes.
// A body that came piece by piece is stored before its outcome comes here.
//
//   queue:  [stored] [storing] [stored] [storing] [waiting] [waiting]
//            ▲ its record goes on first            ▲ is stored next, when fewer than 32 are under way

import type { BodyStore, Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { BodyFiles } from './body-files.ts';
import type { RecordSink } from './record-sink.ts';

const STORING_MAX = 32;
/** Outcomes, and bytes of their bodies, that may be in the queue before `full`. */
const QUEUE_MAX = 2 * STORING_MAX;
const QUEUE_BYTES_MAX = 16 * 1024 * 1024;

interface Entry {
  readonly outcome: Outcome;
  readonly bytes: number;
  stored: boolean;
  bodyFile: string;
}

export class BodyFilesSink implements Sink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #bodies: BodyFiles;
  readonly #records: RecordSink;
  readonly #queue: Entry[] = [];
  /** How many entries of the queue are stored or being stored: they are its first ones. */
  #started = 0;
  #storing = 0;
  #bytes = 0;
  #full = false;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(bodies: BodyFiles, records: RecordSink) {
    this.#bodies = bodies;
    this.#records = records;
    bodies.onError = (error) => this.#fail(error);
    records.onDrain = () => this.#drain();
    records.onError = (error) => this.#fail(error);
  }

  get bodies(): BodyStore {
    return this.#bodies;
  }

  get full(): boolean {
    return this.#full || this.#records.full;
  }

  write(outcome: Outcome): void {
    if (this.#closing !== undefined) throw new Error(`write to ${this.#bodies.folder} after close`);
    if (this.#error !== undefined) return;
    const response = outcome.type === 'response' ? outcome : undefined;
    const bytes = response?.body.length ?? 0;
    const stored = response === undefined || response.stored !== undefined;
    this.#queue.push({ outcome, bytes, stored, bodyFile: response?.stored?.file ?? '' });
    this.#bytes += bytes;
    this.#full ||= this.#queue.length > QUEUE_MAX || this.#bytes > QUEUE_BYTES_MAX;
    this.#move();
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  toString(): string {
    return `${this.#bodies.folder} queue ${this.#queue.length}, storing ${this.#storing}${this.#full ? ', full' : ''}`;
  }

  /** Hands on what is ready at the head, then stores what there is room for. */
  #move(): void {
    for (let head = this.#queue[0]; head?.stored; head = this.#queue[0]) {
      this.#queue.shift();
      this.#started = Math.max(0, this.#started - 1);
      this.#bytes -= head.bytes;
      this.#records.write(head.outcome, head.bodyFile);
    }
    while (this.#storing < STORING_MAX && this.#started < this.#queue.length) {
      this.#store(this.#queue[this.#started++]!);
    }
    if (this.#queue.length === 0 && this.#storing === 0) this.#onIdle?.();
  }

  #store(entry: Entry): void {
    if (entry.stored || entry.outcome.type !== 'response') return;
    this.#storing++;
    this.#bodies.store(entry.outcome, (error, bodyFile) => {
      this.#storing--;
      entry.stored = true;
      entry.bodyFile = bodyFile;
      if (error !== undefined) this.#fail(error);
      this.#move();
      if (this.#full && this.#queue.length <= STORING_MAX && this.#bytes <= QUEUE_BYTES_MAX / 2) {
        this.#full = false;
        this.#drain();
      }
    });
  }

  /** Records without their bodies would be wrong ones: nothing is handed on any more. */
  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#queue.length = 0;
    this.#started = 0;
    this.#bytes = 0;
    const waited = this.#full;
    this.#full = false;
    this.onError?.(error);
    if (waited) this.#drain();
  }

  /** Who has closed writes no more and must not be asked to. */
  #drain(): void {
    if (!this.full && this.#closing === undefined) this.onDrain?.();
  }

  async #finish(): Promise<void> {
    if (this.#queue.length > 0 || this.#storing > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#records.close();
    if (this.#error !== undefined) throw this.#error;
  }
}
