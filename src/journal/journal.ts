// The journal of a run: a small file beside its first output that says what is done and where each sink stood then.
// Whoever goes on opens every sink at the positions of the last entry and asks the source for what is not done. It only
// grows, and is replaced as a whole by a shorter one that holds the last entry. Never repeats an operation that failed.

import { dirname } from 'node:path';
import type { Durability, Files, OpenFile } from '../model/contracts.ts';
import { count } from '../model/text.ts';
import { brokenJournal, JournalError } from './journal-error.ts';
import { type Entry, entryLine, type Header, headerLine, readEntry, readHeader } from './journal-line.ts';
import { RangeSet } from './range-set.ts';

/** An entry of a run with 60 requests under way has 500 bytes: this is every eight minutes or so. */
const BYTES_MAX = 256 * 1024;
/** Entries larger than that would be written twice each. */
const ENTRIES_MIN = 4;
const READ_BYTES = 1024 * 1024;
/** More than ten million gaps. Whoever has them waits for the disk anyway; a file that is larger is no journal. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
const LINE_FEED = 10;

/** What a journal says. */
export interface JournalState {
  readonly header: Header;
  /** Undefined: the run was ended before its first one, nothing is done. */
  readonly last: Entry | undefined;
  /** What is done by the last entry; it belongs to the caller. */
  readonly done: RangeSet;
  /** Nothing is left to do. */
  readonly complete: boolean;
}

/** To go on with. */
export interface Opened extends JournalState {
  readonly journal: Journal;
}

export class Journal {
  readonly path: string;
  readonly #files: Files;
  readonly #header: Header;
  readonly #bytesMax: number;
  /** Closed while a shorter one takes its place, and for good after an error there. */
  #file: OpenFile | undefined;
  #size: number;
  /** The append before, whether it went well or not. */
  #before: Promise<void> = Promise.resolve();
  #error: JournalError | undefined;
  #closed = false;

  private constructor(
    path: string,
    files: Files,
    header: Header,
    file: OpenFile,
    size: number,
    bytesMax: number,
  ) {
    this.path = path;
    this.#files = files;
    this.#header = header;
    this.#file = file;
    this.#size = size;
    this.#bytesMax = bytesMax;
  }

  /** Replaces one that is there. It outlives a loss of power when this resolves. */
  static async create(path: string, header: Header, files: Files, bytesMax = BYTES_MAX): Promise<Journal> {
    try {
      const size = await replace(path, [headerLine(header)], files);
      return new Journal(path, files, header, await files.open(path, 'update'), size, bytesMax);
    } catch (error) {
      throw new JournalError(
        `cannot make ${path}: ${messageOf(error)}; it is what makes the run resumable: name an output in another folder with -o, or give --durability none`,
        error,
      );
    }
  }

  /** To go on with it; undefined where there is none. A last line that was not written whole is cut off. */
  static async open(path: string, files: Files, bytesMax = BYTES_MAX): Promise<Opened | undefined> {
    const found = await find(path, files);
    if (found === undefined) return undefined;
    const { state, size } = found;
    const journal = new Journal(path, files, state.header, await cutTo(size, path, files), size, bytesMax);
    return { ...state, journal };
  }

  /** To look at it: nothing is changed, and it may be where nothing can be written. */
  static async read(path: string, files: Files): Promise<JournalState | undefined> {
    return (await find(path, files))?.state;
  }

  /**
   * Resolves when the entry is with the system, and with `power` on the disk. One at a time: a second one waits. After
   * one that failed, all others reject with the same error.
   */
  append(entry: Entry, durability: Exclude<Durability, 'none'>): Promise<void> {
    if (this.#closed) throw new Error(`append to ${this.path} after close`);
    const appended = this.#before.then(() => this.#append(entryLine(entry), durability));
    this.#before = appended.catch(() => {});
    return appended;
  }

  /** Waits for what was appended. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#before;
    await this.#letGo();
  }

  toString(): string {
    const state = this.#error !== undefined ? 'broken' : this.#closed ? 'closed' : 'open';
    return `${this.path} ${state}, ${count(this.#size)} bytes`;
  }

  async #append(line: Buffer, durability: Exclude<Durability, 'none'>): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    try {
      if (this.#size + line.length > Math.max(this.#bytesMax, ENTRIES_MIN * line.length))
        await this.#shorten(line);
      else await this.#write(line, durability);
    } catch (error) {
      this.#error = brokenJournal(this.path, error);
      throw this.#error;
    }
  }

  async #write(line: Buffer, durability: Exclude<Durability, 'none'>): Promise<void> {
    const file = this.#file!;
    await file.write(line, this.#size);
    this.#size += line.length;
    if (durability === 'power') await file.sync();
  }

  /** The new file has the new entry: at no moment is there a journal without its last one. */
  async #shorten(line: Buffer): Promise<void> {
    await this.#letGo();
    this.#size = await replace(this.path, [headerLine(this.#header), line], this.#files);
    this.#file = await this.#files.open(this.path, 'update');
  }

  async #letGo(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** Written apart and synced before it takes the name: whoever looks finds the one before or all of this one. */
async function replace(path: string, lines: readonly Buffer[], files: Files): Promise<number> {
  const bytes = Buffer.concat(lines);
  const file = await files.open(newPath(path), 'create');
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(newPath(path), path);
  await files.syncFolder(dirname(path));
  return bytes.length;
}

function newPath(path: string): string {
  return `${path}.new`;
}

async function cutTo(size: number, path: string, files: Files): Promise<OpenFile> {
  try {
    await files.remove(newPath(path));
    const file = await files.open(path, 'update');
    if ((await file.size()) > size) await file.truncate(size);
    // Its last entry may be with the system only, and from now on others rely on it.
    await file.sync();
    return file;
  } catch (error) {
    throw brokenJournal(path, error);
  }
}

interface Found {
  readonly state: JournalState;
  /** To the end of the last whole line. */
  readonly size: number;
}

async function find(path: string, files: Files): Promise<Found | undefined> {
  let bytes: Buffer;
  try {
    if (!(await files.exists(path))) return undefined;
    bytes = await contentsOf(path, files);
  } catch (error) {
    throw unreadable(path, error);
  }
  const headerEnd = bytes.indexOf(LINE_FEED);
  const header = readHeader(bytes.subarray(0, headerEnd < 0 ? bytes.length : headerEnd));
  if (header === 'foreign') throw foreign(path);
  if (header === 'newer')
    throw new JournalError(
      `${path} was written by a newer flurry; update flurry, or begin anew with --restart`,
    );
  if (header === 'damaged' || headerEnd < 0) throw damaged(path, 1);
  const { last, size, lines } = lastEntry(bytes, headerEnd + 1, path);
  const done = doneBy(last);
  if (done === undefined) throw damaged(path, lines);
  return { state: { header, last, done, complete: last?.complete === true }, size };
}

/** The last whole one from `size` on, and where it ends. */
function lastEntry(
  bytes: Buffer,
  size: number,
  path: string,
): { last: Entry | undefined; size: number; lines: number } {
  const found = { last: undefined as Entry | undefined, size, lines: 1 };
  let brokenLine: number | undefined;
  for (let start = size, line = 2; start < bytes.length; line++) {
    const end = bytes.indexOf(LINE_FEED, start);
    const entry = end < 0 ? undefined : readEntry(bytes.subarray(start, end));
    start = end < 0 ? bytes.length : end + 1;
    if (entry === undefined) brokenLine ??= line;
    // What was written after it is whole: it was not torn but damaged later, and the rest is not to be trusted.
    else if (brokenLine !== undefined) throw damaged(path, brokenLine);
    else Object.assign(found, { last: entry, size: start, lines: line });
  }
  return found;
}

function doneBy(entry: Entry | undefined): RangeSet | undefined {
  try {
    return RangeSet.parse(entry?.done ?? '0');
  } catch {
    return undefined;
  }
}

async function contentsOf(path: string, files: Files): Promise<Buffer> {
  const file = await files.open(path, 'read');
  try {
    const size = await file.size();
    // Its first octets are enough to call it something else, and it may be anything.
    const length = size > FILE_BYTES_MAX ? 0 : size;
    const parts: Uint8Array[] = [];
    for (let at = 0; at < length; at += READ_BYTES)
      parts.push(await file.read(at, Math.min(READ_BYTES, length - at)));
    return Buffer.concat(parts);
  } finally {
    await file.close();
  }
}

function foreign(path: string): JournalError {
  return new JournalError(
    `${path} is not a journal of flurry, which would have to be there; name another output with -o, or move that file away`,
  );
}

function damaged(path: string, line: number): JournalError {
  const cure = line === 1 ? '' : 'delete that line and those after it to go on from before them, or ';
  return new JournalError(`${path} is damaged in line ${line}; ${cure}begin anew with --restart`);
}

function unreadable(path: string, error: unknown): JournalError {
  return new JournalError(
    `cannot read ${path}: ${messageOf(error)}; see to the file, or begin anew with --restart`,
    error,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
