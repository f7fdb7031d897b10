// Stores the body of each response before its record is handed on, and hands records on in the order of the writes.
// A body that came piece by piece is stored before its outcome comes here.
//
//   queue:  [stored] [storing] [stored] [storing] [waiting] [waiting]
//            ▲ its record goes on first            ▲ is stored next, when fewer than 32 are under way

import type { BodyStore, DurableSink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { BodyFiles } from './body-files.ts';
import type { Committed } from './bytes-taker.ts';
import type { RecordSink } from './record-sink.ts';

const STORING_MAX = 32;
/** Outcomes, and bytes of their bodies, that may be in the queue before `full`. */
const QUEUE_MAX = 2 * STORING_MAX;
const QUEUE_BYTES_MAX = 16 * 1024 * 1024;
/** Files that may wait for a commit to sync them; with more they are synced without one. */
const UNSYNCED_MAX = 4096;

interface Entry {
  readonly outcome: Outcome;
  readonly bytes: number;
  stored: boolean;
  bodyFile: string;
}

/** Waits for the records before it to be handed on. */
interface Commit {
  /** How many were written before it. */
  readonly written: number;
  readonly durability: Committed;
  readonly resolve: (position: Promise<string>) => void;
  readonly reject: (error: Error) => void;
}

export class BodyFilesSink implements DurableSink {
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #bodies: BodyFiles;
  readonly #records: RecordSink;
  readonly #queue: Entry[] = [];
  readonly #commits: Commit[] = [];
  /** How many were ever in the queue. */
  #written = 0;
  /** How many entries of the queue are stored or being stored: they are its first ones. */
  #started = 0;
  #storing = 0;
  #bytes = 0;
  #full = false;
  #syncing = false;
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
    return this.#full || this.#syncing || this.#records.full;
  }

  write(outcome: Outcome): void {
    if (this.#closing !== undefined) throw new Error(`write to ${this.#bodies.folder} after close`);
    if (this.#error !== undefined) return;
    const response = outcome.type === 'response' ? outcome : undefined;
    const bytes = response?.body.length ?? 0;
    // Of duplicates the one that was sent has the body.
    const isBare = response === undefined || response.duplicateOf !== undefined;
    const stored = isBare || response.stored !== undefined;
    this.#queue.push({ outcome, bytes, stored, bodyFile: response?.stored?.file ?? '' });
    this.#written++;
    this.#bytes += bytes;
    this.#full ||= this.#queue.length > QUEUE_MAX || this.#bytes > QUEUE_BYTES_MAX;
    this.#move();
    if (this.#bodies.unsynced >= UNSYNCED_MAX && !this.#syncing) this.#sync();
  }

  get commitMs(): number | undefined {
    return this.#records.commitMs;
  }

  /** The position of the records: whoever goes back to it finds a file for each body that they name. */
  commit(durability: Committed): Promise<string> {
    if (this.#closing !== undefined) {
      return Promise.reject(new Error(`commit to ${this.#bodies.folder} after close`));
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#commits.push({ written: this.#written, durability, resolve, reject });
      this.#commitDue();
    });
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
      this.#commitDue();
    }
    while (this.#storing < STORING_MAX && this.#started < this.#queue.length) {
      this.#store(this.#queue[this.#started++]!);
    }
    if (this.#queue.length === 0 && this.#storing === 0) this.#onIdle?.();
  }

  /** Before the next record: it is written after them. */
  #commitDue(): void {
    const handedOn = this.#written - this.#queue.length;
    while (this.#commits.length > 0 && this.#commits[0]!.written <= handedOn) {
      const { durability, resolve } = this.#commits.shift()!;
      const position = this.#records.commit(durability);
      resolve(durability === 'power' ? this.#withBodies(position) : position);
    }
  }

  /** Records written meanwhile are behind that position, so that nobody looks for their bodies. */
  async #withBodies(position: Promise<string>): Promise<string> {
    const synced = this.#bodies.sync().catch((error: Error) => {
      this.#fail(error);
      throw error;
    });
    return (await Promise.all([position, synced]))[0];
  }

  #sync(): void {
    this.#syncing = true;
    this.#bodies.sync().then(
      () => {
        this.#syncing = false;
        this.#drain();
      },
      (error: Error) => this.#fail(error),
    );
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
    const waited = this.#full || this.#syncing;
    this.#full = false;
    this.#syncing = false;
    this.onError?.(error);
    for (const { reject } of this.#commits.splice(0)) reject(error);
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
    await this.#bodies.close();
    await this.#records.close();
    if (this.#error !== undefined) throw this.#error;
  }
}
