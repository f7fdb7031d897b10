// Takes records out of an output of JSON Lines so that their requests are sent again: behind it stands a run that is not
// finished and lacks just these. Whatever moment a crash comes at, going on with the run ends with one record each: with
// all of the old ones, or with the picked ones made anew.
//
//   (a) FILE.retry ← the records that stay, synced
//   (b) journal: done is what has no record; the file from its beginning     ─┐ a crash: all records that are found in
//   (c) FILE.retry becomes FILE                                               │ FILE, old or new, count as done
//   (d) journal: done without the picked; the file to its end                ─┘

import { dirname } from 'node:path';
import { Intents } from '../journal/intents.ts';
import type { Opened } from '../journal/journal.ts';
import type { Counts, Entry } from '../journal/journal-line.ts';
import { difference } from '../journal/range-difference.ts';
import { RangeSet } from '../journal/range-set.ts';
import type { Clock, Files, OpenFile } from '../model/contracts.ts';
import { isOk, type RecordFacts } from '../model/record-facts.ts';
import { count } from '../model/text.ts';
import { writingError } from '../sinks/output-error.ts';
import { RecordReader } from '../sinks/record-reader.ts';
import type { Appenders } from '../storage/appender.ts';
import { RecordingError } from './recording-error.ts';

export interface Retake {
  /** Whether a record is to be made anew. */
  readonly picks: (record: RecordFacts) => boolean;
  /** The output itself, where the path of the run leads to it by a link. */
  readonly file: string;
  /** Called before `path` is written, which takes the place of the output: it is to have its permissions. */
  readonly prepare?: (path: string) => void;
}

export interface RetakeTools {
  readonly files: Files;
  readonly appenders: Appenders;
  readonly clock: Clock;
  readonly durability: 'process' | 'power';
  /** Of requests that must not be sent twice; as Intents has it. */
  readonly sent: string;
  /** The place of a record in the input, by its index. */
  readonly positionOf: (index: number) => number;
}

const READ_BYTES = 1024 * 1024;
const LINE_FEED = 10;

/** The run as it is to be gone on with. Rejects with a RecordingError, JournalError or OutputError. */
export async function retaken(found: Opened, retake: Retake, tools: RetakeTools): Promise<Opened> {
  const { file } = retake;
  const { files } = tools;
  const copy = `${file}.retry`;
  try {
    const sorted = await copied(found, retake, tools, copy);
    await found.journal.append(entryOf(sorted.elsewhere, tools.clock), 'power');
    await files.rename(copy, file).catch((error: unknown) => {
      throw writingError(file, error);
    });
    await files.syncFolder(dirname(file));
    forgetIntents(found, tools);
    const last = entryOf(sorted.left, tools.clock);
    await found.journal.append(last, 'power');
    return { ...found, last, done: sorted.left.done, complete: false };
  } catch (error) {
    await found.journal.close().catch(() => {});
    await files.remove(copy).catch(() => {});
    throw error;
  }
}

/** What is done, and the place in the output that has just that. */
interface Standing {
  readonly done: RangeSet;
  readonly position: number;
  readonly counts: Counts;
}

interface Sorted {
  /** Without all that the output has. */
  readonly elsewhere: Standing;
  /** Without what was picked. */
  readonly left: Standing;
}

function entryOf({ done, position, counts }: Standing, clock: Clock): Entry {
  return { atMs: clock.wall(), done: done.toText(), positions: [String(position)], counts };
}

/** Those that are done were asked for again; what else is marked stays in doubt. */
function forgetIntents(found: Opened, { sent, appenders, durability }: RetakeTools): void {
  const intents = Intents.open(sent, appenders, durability, found.header.identity.salt, found.done);
  intents.close(intents.marked.size === 0);
}

/** Writes what stays to `copy`. Afterwards `found.done` has the records behind the last commit, too. */
async function copied(found: Opened, retake: Retake, tools: RetakeTools, copy: string): Promise<Sorted> {
  const { files } = tools;
  const source = await files.open(retake.file, 'read').catch((error: unknown) => {
    throw new RecordingError(`cannot read ${retake.file}: ${(error as Error).message}`);
  });
  try {
    retake.prepare?.(copy);
    const target = await files.open(copy, 'create');
    const sorting = new Sorting(found, retake, tools);
    try {
      await sorting.run(source, target);
      await target.sync();
    } finally {
      await target.close();
    }
    return sorting.result();
  } catch (error) {
    throw error instanceof RecordingError ? error : writingError(copy, error);
  } finally {
    await source.close();
  }
}

class Sorting {
  readonly #found: Opened;
  readonly #retake: Retake;
  readonly #positionOf: (index: number) => number;
  readonly #reader = new RecordReader();
  readonly #recorded = new RangeSet();
  readonly #picked = new RangeSet();
  /** Of records that stay, of those that the last commit had, and of all. */
  readonly #kept = { requests: 0, ok: 0, failed: 0 };
  readonly #committed = { requests: 0, ok: 0, failed: 0 };
  #line = 0;
  #end = 0;

  constructor(found: Opened, retake: Retake, { positionOf }: RetakeTools) {
    this.#found = found;
    this.#retake = retake;
    this.#positionOf = positionOf;
  }

  async run(source: OpenFile, target: OpenFile): Promise<void> {
    const committedBytes = Number(this.#found.last?.positions[0] ?? 0);
    const { file } = this.#retake;
    const size = await source.size();
    if (size < committedBytes)
      throw new RecordingError(
        `${file} has ${count(size)} bytes, of ${count(committedBytes)} that its run had stored: it was changed since, and is left as it is`,
      );
    let rest = Buffer.alloc(0);
    for (let at = 0; at < size; ) {
      const read = await source.read(at, READ_BYTES);
      if (read.length === 0) break;
      at += read.length;
      const bytes = Buffer.concat([rest, read]);
      const base = at - bytes.length;
      const { stay, end, torn } = this.#sort(bytes);
      await this.#write(target, stay);
      // What is not whole behind the last commit is no record yet: going on with the run cuts it off, too.
      if (torn && base + end >= committedBytes) return;
      rest = Buffer.from(bytes.subarray(end));
      if (torn || (at >= size && rest.length > 0 && base + end < committedBytes)) throw this.#damaged(torn);
    }
  }

  /** Whole lines up to `end`, where `torn` says that what follows is no record. */
  #sort(bytes: Buffer): { readonly stay: Buffer[]; readonly end: number; readonly torn: boolean } {
    const stay: Buffer[] = [];
    let start = 0;
    let stayFrom = 0;
    for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, start)) {
      this.#line++;
      if (!this.#reader.readWhole(bytes, start, feed)) {
        stay.push(bytes.subarray(stayFrom, start));
        return { stay, end: start, torn: true };
      }
      if (this.#picks(this.#reader)) {
        stay.push(bytes.subarray(stayFrom, start));
        stayFrom = feed + 1;
      }
      start = feed + 1;
    }
    stay.push(bytes.subarray(stayFrom, start));
    return { stay, end: start, torn: false };
  }

  #picks(record: RecordFacts): boolean {
    const position = this.#place(record.index);
    const { done } = this.#found;
    this.#recorded.add(position);
    if (!done.add(position)) tally(this.#committed, record);
    const picked = this.#retake.picks(record);
    if (picked) this.#picked.add(position);
    else tally(this.#kept, record);
    return picked;
  }

  #place(index: number): number {
    try {
      return this.#positionOf(index);
    } catch {
      throw new RecordingError(
        `the input has to be read before it is known which request record ${count(index)} of ${this.#retake.file} was for, as with a sample of a stream; nothing was changed: send it again with another -o`,
      );
    }
  }

  async #write(target: OpenFile, parts: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(parts);
    if (bytes.length === 0) return;
    await target.write(bytes, this.#end);
    this.#end += bytes.length;
  }

  #damaged(counted: boolean): RecordingError {
    return new RecordingError(
      `line ${count(counted ? this.#line : this.#line + 1)} of ${this.#retake.file} is no record, and it is not the last one; mend or delete it, nothing was changed`,
    );
  }

  result(): Sorted {
    const { done, last } = this.#found;
    const elsewhere = minus(last?.counts ?? { requests: 0, ok: 0, failed: 0 }, this.#committed);
    return {
      elsewhere: { done: difference(done, this.#recorded), position: 0, counts: elsewhere },
      left: {
        done: difference(done, this.#picked),
        position: this.#end,
        counts: minus(elsewhere, this.#kept, 1),
      },
    };
  }
}

function tally(counts: { -readonly [K in keyof Counts]: Counts[K] }, record: RecordFacts): void {
  counts.requests++;
  if (record.status === undefined) counts.failed++;
  else if (isOk(record)) counts.ok++;
}

/** Never below 0: an output that somebody has changed may have more than the journal counted. */
function minus(a: Counts, b: Counts, sign: 1 | -1 = -1): Counts {
  const of = (name: keyof Counts) => Math.max(0, a[name] + sign * b[name]);
  return { requests: of('requests'), ok: of('ok'), failed: of('failed') };
}
