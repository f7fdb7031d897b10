// Which requests that must not be sent twice were about to be sent: written before they leave, because after a crash
// nobody else can tell. A file of small records beside the journal, from which checkpoints drop what is done. It blocks
// (see Appenders), since the request waits for it anyway. Repeats no failed operation.
//
//   record, 12 octets:  position (7, little-endian) · 1 mark, 2 unmark (1) · CRC-32 of these 8 octets, of this run (4)

import { dirname } from 'node:path';
import type { Durability } from '../model/contracts.ts';
import type { Appender, Appenders } from '../storage/appender.ts';
import { crc32 } from './crc32.ts';
import { brokenJournal, JournalError } from './journal-error.ts';
import type { RangeSet } from './range-set.ts';

const RECORD_BYTES = 12;
const SUMMED_BYTES = 8;
const KIND_AT = 7;
const MARK = 1;
const UNMARK = 2;
/** A smaller file stays as it is: what is done in it is known from the journal. */
const CUT_BYTES = 64 * 1024;

export class Intents {
  readonly path: string;
  readonly #appenders: Appenders;
  readonly #power: boolean;
  /** Records of another run do not fit. */
  readonly #runSum: number;
  readonly #cutBytes: number;
  readonly #record = Buffer.alloc(RECORD_BYTES);
  readonly #marked = new Set<number>();
  #file: Appender | undefined;
  /** Records in the file. */
  #records = 0;
  #error: JournalError | undefined;
  #closed = false;

  private constructor(
    path: string,
    appenders: Appenders,
    durability: Durability,
    run: string,
    cutBytes: number,
  ) {
    this.path = path;
    this.#appenders = appenders;
    this.#power = durability === 'power';
    this.#runSum = crc32(Buffer.from(run));
    this.#cutBytes = cutBytes;
  }

  /** A new run, known by `run` (its identity's salt). The file is made with the first mark; an earlier one goes. */
  static create(
    path: string,
    appenders: Appenders,
    durability: Durability,
    run: string,
    cutBytes = CUT_BYTES,
  ): Intents {
    const intents = new Intents(path, appenders, durability, run, cutBytes);
    intents.#orBroken(() => appenders.remove(path));
    return intents;
  }

  /** A run that goes on, after its journal was opened, which says what is `done`. What else is marked is in doubt. */
  static open(
    path: string,
    appenders: Appenders,
    durability: Durability,
    run: string,
    done: RangeSet,
    cutBytes = CUT_BYTES,
  ): Intents {
    const intents = new Intents(path, appenders, durability, run, cutBytes);
    intents.#read(done);
    // Also where its end is torn: records after that would not be found.
    if (intents.#marked.size > 0) intents.#replace();
    return intents;
  }

  /** Positions that may have been sent and were not done at the last cut. */
  get marked(): ReadonlySet<number> {
    return this.#marked;
  }

  /** The request at this position may be sent when this returns; if it throws, it may not. */
  markSent(position: number): void {
    this.#append(position, MARK, this.#power);
    this.#marked.add(position);
  }

  /** It is known that nothing of it was sent. If that is lost with the power, it is in doubt, which harms less. */
  unmark(position: number): void {
    if (!this.#marked.has(position)) return;
    this.#append(position, UNMARK, false);
    this.#marked.delete(position);
  }

  /**
   * To be called in the same turn in which an entry's `done` is taken; what it returns, when that entry is in the journal
   * (and not at all if it never gets there). Then what was done at this moment is dropped.
   */
  prepareCut(done: RangeSet): () => void {
    if (this.#records * RECORD_BYTES < this.#cutBytes) return () => {};
    const gone = [...this.#marked].filter((position) => done.has(position));
    return () => {
      for (const position of gone) this.#marked.delete(position);
      // Where most of it stays, the file is let grow: a mark is written again once, in the mean.
      if (this.#marked.size <= this.#records / 2) this.#replace();
    };
  }

  /** `remove`: the run is complete, nothing is in doubt. */
  close(remove = false): void {
    this.#closed = true;
    this.#file?.close();
    this.#file = undefined;
    if (!remove) return;
    this.#orBroken(() => {
      this.#appenders.remove(newPath(this.path));
      this.#appenders.remove(this.path);
    });
  }

  toString(): string {
    const state = this.#error !== undefined ? 'broken' : this.#closed ? 'closed' : 'open';
    return `${this.path} ${state}, marked ${this.#marked.size}, records ${this.#records}`;
  }

  #append(position: number, kind: number, sync: boolean): void {
    if (this.#closed) throw new Error(`a mark in ${this.path} after close`);
    this.#orBroken(() => {
      this.#file ??= this.#made(this.path);
      this.#file.append(this.#recordOf(position, kind, this.#record));
      this.#records++;
      if (sync) this.#file.sync();
    });
  }

  /** What is marked takes the place of the file as a whole: at no moment is one of them in neither. */
  #replace(): void {
    this.#orBroken(() => {
      this.#file?.close();
      this.#file = undefined;
      const next = newPath(this.path);
      const file = this.#made(next);
      this.#appenders.rename(next, this.path);
      if (this.#power) this.#appenders.syncFolder(dirname(this.path));
      this.#file = file;
    });
  }

  /** A file with what is marked. */
  #made(path: string): Appender {
    const file = this.#appenders.create(path);
    const records = [...this.#marked].map((one) => this.#recordOf(one, MARK, Buffer.alloc(RECORD_BYTES)));
    if (records.length > 0) file.append(Buffer.concat(records));
    this.#records = records.length;
    if (this.#power) {
      file.sync();
      this.#appenders.syncFolder(dirname(path));
    }
    return file;
  }

  #recordOf(position: number, kind: number, record: Buffer): Buffer {
    record.writeUInt32LE(position % 2 ** 32, 0);
    record.writeUInt32LE(Math.floor(position / 2 ** 32), 4);
    record[KIND_AT] = kind;
    record.writeUInt32LE(this.#sumOf(record, 0), SUMMED_BYTES);
    return record;
  }

  #sumOf(bytes: Buffer, at: number): number {
    return (crc32(bytes, at, at + SUMMED_BYTES) ^ this.#runSum) >>> 0;
  }

  /** Its end may be torn: what was not written whole was not sent. A file of another run is all torn. */
  #read(done: RangeSet): void {
    const bytes = this.#contents();
    let brokenAt: number | undefined;
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      if (bytes.readUInt32LE(at + SUMMED_BYTES) !== this.#sumOf(bytes, at)) {
        brokenAt ??= at;
        continue;
      }
      if (brokenAt !== undefined) throw damaged(this.path, brokenAt);
      const position = bytes.readUIntLE(at, 4) + bytes.readUIntLE(at + 4, 3) * 2 ** 32;
      if (bytes[at + KIND_AT] === UNMARK) this.#marked.delete(position);
      else if (!done.has(position)) this.#marked.add(position);
    }
  }

  #contents(): Buffer {
    try {
      return Buffer.from(this.#appenders.read(this.path) ?? []);
    } catch (error) {
      throw new JournalError(
        `cannot read ${this.path}, which says what was sent: ${error instanceof Error ? error.message : String(error)}; see to the file, or begin anew with --restart`,
        error,
      );
    }
  }

  #orBroken(operation: () => void): void {
    if (this.#error !== undefined) throw this.#error;
    try {
      operation();
    } catch (error) {
      this.#error = brokenJournal(this.path, error);
      throw this.#error;
    }
  }
}

/** Where the next file is made; a crash may leave one there. */
function newPath(path: string): string {
  return `${path}.new`;
}

function damaged(path: string, at: number): JournalError {
  return new JournalError(
    `${path} is damaged at octet ${at}, so it cannot be told which requests were sent; delete it if sending some of them twice does no harm, or begin anew with --restart`,
  );
}
