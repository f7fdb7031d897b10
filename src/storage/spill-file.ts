// Bytes that are put aside for a while, in a file that nobody else knows: what is read back is gone from it. It is used
// from its beginning again once all has been read back. Made with the first bytes, and without a name from then on where
// the system allows that: whatever ends this process, the file goes with it.

import type { Files, OpenFile } from '../model/contracts.ts';

export interface Spilled {
  readonly position: number;
  readonly length: number;
}

export class SpillFile {
  readonly #path: string;
  readonly #files: Files;
  #file: Promise<OpenFile> | undefined;
  #end = 0;
  #pieces = 0;
  /** One operation at a time. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(path: string, files: Files) {
    this.#path = path;
    this.#files = files;
  }

  /** Bytes of the file that are in use, holes included. */
  get bytes(): number {
    return this.#end;
  }

  /** They are in the file when `written` resolves; they stay as they are until then. */
  put(bytes: Uint8Array): { readonly spilled: Spilled; readonly written: Promise<void> } {
    const spilled = { position: this.#end, length: bytes.length };
    this.#end += bytes.length;
    this.#pieces++;
    const written = this.#next(async (file) => file.write(bytes, spilled.position));
    return { spilled, written };
  }

  take({ position, length }: Spilled): Promise<Uint8Array> {
    return this.#next(async (file) => {
      const bytes = await file.read(position, length);
      if (bytes.length < length) throw new Error(`${this.#path} was cut short by somebody else`);
      if (--this.#pieces === 0) this.#end = 0;
      return bytes;
    });
  }

  async close(): Promise<void> {
    await this.#before.catch(() => {});
    if (this.#file === undefined) return;
    await (await this.#file).close();
    await this.#files.remove(this.#path);
  }

  #next<T>(operation: (file: OpenFile) => Promise<T>): Promise<T> {
    this.#file ??= this.#made();
    const file = this.#file;
    const done = this.#before.then(async () => operation(await file));
    this.#before = done.catch(() => {});
    return done;
  }

  async #made(): Promise<OpenFile> {
    const file = await this.#files.open(this.#path, 'create');
    // Where an open file keeps its name, it goes when it is closed.
    await this.#files.remove(this.#path).catch(() => {});
    return file;
  }

  toString(): string {
    return `${this.#path}, ${this.#pieces} pieces, ${this.#end} bytes`;
  }
}
