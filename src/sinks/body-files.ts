// Bodies as files in a folder beside the output: where each goes, and writing those that are in memory. Each is written
// in the folder `parts` and gets its own name when it is whole; what is there under a name is never half a body.
//
//   by index: part ─► 000/000123.json, in place of what is there
//   by hash:  there already, and as long ─► that one       else part ─► ab/cd/abcd….json

import { createHash, hash, randomUUID } from 'node:crypto';
import { rename, rmdir, stat, unlink, unlinkSync, writeFile } from 'node:fs';
import { readdir, unlink as unlinkLater } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BodyStore, BodyWriter, Files } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import type { Response, StoredBody } from '../model/outcome.ts';
import { BodyBlocks } from './body-blocks.ts';
import { makeFolder } from './body-folder.ts';
import { hashName, indexName, indexStem } from './body-name.ts';
import { type OutputError, openingError, writingError } from './output-error.ts';
import { PartFile } from './part-file.ts';
import { UnsyncedFiles } from './unsynced-files.ts';

/** Beside no file, since the records go to standard output. */
const FOLDER_OF_STANDARD_OUTPUT = 'flurry-bodies';
const PARTS = 'parts';
const PART = '.part';

export interface BodyFilesTerms {
  /** What files are called by; `index` unless given. */
  readonly names?: Settings['bodyNames'];
  /** For commits that go to the disk: without it there are none. */
  readonly syncedBy?: Files | undefined;
}

type Step = (done: (error: Error | null) => void) => void;

/** A body that is whole. */
interface Whole {
  readonly file: string;
  readonly bytes: number;
  readonly part: string;
  /** Writes the part; undefined where it is there. */
  readonly write: Step | undefined;
}

export class BodyFiles implements BodyStore {
  readonly folder: string;
  /** A body that came piece by piece can be stored no further. */
  onError: ((error: OutputError) => void) | undefined;
  readonly blocks = new BodyBlocks();
  readonly #byHash: boolean;
  readonly #parts: string;
  readonly #unsynced: UnsyncedFiles | undefined;
  /** By path, while one is being named so: others with the same content, which wait for it. */
  readonly #naming = new Map<string, (() => void)[]>();
  /** What nothing else names as yet. */
  #discardable: StoredBody | undefined;

  constructor(folder: string, { names = 'index', syncedBy }: BodyFilesTerms = {}, parts = PARTS) {
    this.folder = folder;
    this.#byHash = names === 'hash';
    this.#parts = join(folder, parts);
    this.#unsynced = syncedBy && new UnsyncedFiles(folder, syncedBy);
  }

  open(index: number, onRoom: () => void): BodyWriter {
    const part = this.#partOf(index);
    const hashed = this.#byHash ? () => createHash('sha256') : undefined;
    return new PartFile({
      ...{ owner: this, path: part, onRoom, hashed },
      name: (mediaType, bytes, sha256, done) => {
        const file = sha256 === undefined ? indexName(index, mediaType) : hashName(sha256, mediaType);
        this.#name({ file, bytes, part, write: undefined }, done);
      },
    });
  }

  /** In the call in which it learns of the body; later another record may name it too, if it is called by its hash. */
  discard(stored: StoredBody): void {
    if (this.#byHash && stored !== this.#discardable) return;
    const path = join(dirname(this.folder), stored.file);
    this.#unsynced?.delete(path);
    try {
      // At once, so that it is gone when the run is over.
      unlinkSync(path);
    } catch {
      // No more than a file too many.
    }
  }

  /** Calls back when the body is stored, with its path from the output's own folder. */
  store(response: Response, done: (error: OutputError | undefined, bodyFile: string) => void): void {
    const { index, mediaType, body } = response;
    const file = this.#byHash ? hashName(hash('sha256', body), mediaType) : indexName(index, mediaType);
    const part = this.#partOf(index);
    const write: Step = (then) => {
      withFolder(part, (written) => writeFile(part, body, written), then);
    };
    this.#name({ file, bytes: body.length, part, write }, (error, stored) => done(error, stored.file));
  }

  /** How many may not be on the disk yet. */
  get unsynced(): number {
    return this.#unsynced?.size ?? 0;
  }

  /** What was stored before is on the disk. */
  async sync(): Promise<void> {
    if (this.#unsynced === undefined) throw new Error(`${this.folder} was opened without what syncs it`);
    try {
      await this.#unsynced.sync();
    } catch (error) {
      throw writingError(this.folder, error);
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // It stays where somebody else has put something there.
      rmdir(this.#parts, () => resolve());
    });
  }

  #partOf(index: number): string {
    return join(this.#parts, `${indexStem(index)}${PART}`);
  }

  #name(whole: Whole, done: (error: OutputError | undefined, stored: StoredBody) => void): void {
    const { file, bytes, part } = whole;
    const path = join(this.folder, file);
    const stored = { bytes, file: `${basename(this.folder)}/${file}` };
    const named = (error: Error | null) => {
      if (error !== null) return unlink(part, () => done(writingError(path, error), NONE));
      this.#unsynced?.add(path);
      done(undefined, stored);
    };
    if (!this.#byHash) return put(whole, path, named);
    this.#inTurn(path, (next) => {
      stat(path, (_, found) => {
        const isThere = found?.isFile() === true && found.size === bytes;
        const last = (error: Error | null) => {
          this.#discardable = isThere ? undefined : stored;
          named(error);
          this.#discardable = undefined;
          next();
        };
        if (!isThere) put(whole, path, last);
        else if (whole.write === undefined) unlink(part, () => last(null));
        else last(null);
      });
    });
  }

  /** One after the other where they are for the same path: which of them found a file there is then certain. */
  #inTurn(path: string, step: (next: () => void) => void): void {
    const next = () => {
      const first = this.#naming.get(path)?.shift();
      if (first === undefined) this.#naming.delete(path);
      else first();
    };
    const waiting = this.#naming.get(path);
    if (waiting !== undefined) {
      waiting.push(() => step(next));
      return;
    }
    this.#naming.set(path, []);
    step(next);
  }
}

const NONE: StoredBody = { bytes: 0, file: '' };

function put({ part, write }: Whole, path: string, done: (error: Error | null) => void): void {
  const move = () => withFolder(path, (then) => rename(part, path, then), done);
  if (write === undefined) move();
  else write((error) => (error === null ? move() : done(error)));
}

/** Most folders are there: they are made when a step has failed for want of one. */
function withFolder(path: string, step: Step, done: (error: Error | null) => void): void {
  step((error) => {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ENOENT') return done(error);
    makeFolder(dirname(path), (failure) => (failure === null ? step(done) : done(failure)));
  });
}

/** For records in the file `output`, or on standard output where there is none. Makes the folder. */
export async function openBodyFiles(
  output: string | undefined,
  terms: BodyFilesTerms = {},
): Promise<BodyFiles> {
  const folder = output === undefined ? FOLDER_OF_STANDARD_OUTPUT : `${output}.bodies`;
  await new Promise<void>((resolve, reject) => {
    makeFolder(folder, (error) => (error === null ? resolve() : reject(openingError(folder, error))));
  });
  // Several runs at once may write beside standard output, each with parts of its own.
  if (output === undefined) return new BodyFiles(folder, terms, `${PARTS}-${randomUUID().slice(0, 8)}`);
  await removeParts(join(folder, PARTS));
  return new BodyFiles(folder, terms);
}

/** A run that was killed has left them, and nobody knows any more what they are parts of. */
async function removeParts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (name.endsWith(PART)) await unlinkLater(join(folder, name)).catch(() => {});
}
