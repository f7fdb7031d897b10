// Files that have been written and may not be on the disk yet. Syncs them when it is told to, many at a time: alone each
// would wait for the disk as long as a hundred do.

import { dirname } from 'node:path';
import type { Files } from '../model/contracts.ts';

const SYNCING_MAX = 16;
/** Windows syncs what is open for writing only. */
const MODE = process.platform === 'win32' ? 'update' : 'read';

export class UnsyncedFiles {
  readonly #files: Files;
  /** The folder that all of them are in, at whatever depth. */
  readonly #root: string;
  #paths = new Set<string>();
  /** Folders that their own folder is known to name. */
  readonly #known = new Set<string>();
  /** After one that failed, all fail: the next would prove nothing. */
  #syncing: Promise<void> = Promise.resolve();

  constructor(root: string, files: Files) {
    this.#root = root;
    this.#files = files;
  }

  get size(): number {
    return this.#paths.size;
  }

  add(path: string): void {
    this.#paths.add(path);
  }

  delete(path: string): void {
    this.#paths.delete(path);
  }

  /** What was added before is on the disk, and its names are. */
  sync(): Promise<void> {
    const paths = this.#paths;
    this.#paths = new Set();
    this.#syncing = this.#syncing.then(() => this.#sync(paths));
    return this.#syncing;
  }

  async #sync(paths: ReadonlySet<string>): Promise<void> {
    await each(paths, (path) => this.#syncFile(path));
    const folders = new Set<string>();
    for (const path of paths) this.#collect(dirname(path), folders);
    await each(folders, (folder) => this.#files.syncFolder(folder).catch(unlessGone));
    for (const folder of folders) this.#known.add(folder);
  }

  /** The folder, and the one that it is in where that may not name it yet. */
  #collect(folder: string, folders: Set<string>): void {
    folders.add(folder);
    const above = dirname(folder);
    if (this.#known.has(folder) || folders.has(above)) return;
    if (folder === this.#root) folders.add(above);
    else this.#collect(above, folders);
  }

  async #syncFile(path: string): Promise<void> {
    const file = await this.#files.open(path, MODE).catch(unlessGone);
    if (file === undefined) return;
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  toString(): string {
    return `${this.#paths.size} files of ${this.#root} to sync`;
  }
}

async function each(items: Iterable<string>, call: (item: string) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await call(next.value);
  };
  await Promise.all(Array.from({ length: SYNCING_MAX }, work));
}

/** Who takes files away while the run goes on has what they wanted of them. */
function unlessGone(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ENOENT') throw error;
}
