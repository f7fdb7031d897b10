// A body out of a file: its length by what the file system says, its octets a chunk at a time. Never holds more than one
// chunk, and sends no file whose length has become another while it was read.

import { close, open, read, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { BodyReader, BodyStream } from '../model/body-stream.ts';
import { count } from '../model/text.ts';
import { failingReader } from './promised-reader.ts';

/** Large enough that a read costs little beside sending it, small enough for thousands at once. */
const CHUNK_BYTES = 128 * 1024;

type ReadDone = Parameters<BodyReader['read']>[0];

export interface FileBodyOptions {
  /** The media type to send; none unless given. */
  readonly contentType?: string | undefined;
}

/** A file's octets. A pipe or a device has no length: it goes out chunked, and once. Throws where there is no such file. */
export function fileBody(path: string, options: FileBodyOptions = {}): FileBody {
  const stats = statOf(path);
  if (stats.isDirectory()) throw new Error(`cannot read ${path}: it is a folder`);
  return new FileBody(path, stats.isFile() ? stats.size : undefined, options.contentType);
}

export class FileBody implements BodyStream {
  readonly path: string;
  readonly length: number | undefined;
  readonly contentType: string | undefined;
  #opened = false;

  constructor(path: string, length: number | undefined, contentType: string | undefined) {
    this.path = path;
    this.length = length;
    this.contentType = contentType;
  }

  /** What it is called without its folders. */
  get filename(): string {
    return basename(this.path);
  }

  get replayable(): boolean {
    return this.length !== undefined;
  }

  open(): BodyReader {
    if (this.#opened && !this.replayable) {
      return failingReader(new Error(`${this.path} can be read only once, as it is no regular file`));
    }
    this.#opened = true;
    return new FileReader(this.path, this.length);
  }
}

/** `busy`: the system reads, or opens, and the descriptor must not be closed under it. */
type State = 'unopened' | 'ready' | 'busy' | 'ended' | 'closed';

class FileReader implements BodyReader {
  readonly #path: string;
  readonly #length: number | undefined;
  #state: State = 'unopened';
  #descriptor: number | undefined;
  #taken = 0;

  constructor(path: string, length: number | undefined) {
    this.#path = path;
    this.#length = length;
  }

  read(done: ReadDone): void {
    switch (this.#state) {
      case 'unopened':
        return this.#open(done);
      case 'ready':
        return this.#read(done);
      case 'ended':
        return done(undefined, undefined);
      default:
        return undefined;
    }
  }

  close(): void {
    const busy = this.#state === 'busy';
    this.#state = 'closed';
    if (!busy) this.#release();
  }

  toString(): string {
    return `file ${this.#path} ${this.#state} at ${count(this.#taken)}`;
  }

  #open(done: ReadDone): void {
    this.#state = 'busy';
    open(this.#path, 'r', (error, descriptor) => {
      if (error === null) this.#descriptor = descriptor;
      if (this.#state === 'closed') return this.#release();
      if (error !== null) return this.#fail(`cannot read ${this.#path}: ${readingProblem(error)}`, done);
      this.#read(done);
    });
  }

  #read(done: ReadDone): void {
    this.#state = 'busy';
    const left = this.#length === undefined ? Infinity : this.#length - this.#taken;
    // With the last chunk it asks for one octet more than there should be: getting it tells that the file grew.
    const buffer = Buffer.allocUnsafe(left > CHUNK_BYTES ? CHUNK_BYTES : left + 1);
    const position = this.#length === undefined ? null : this.#taken;
    read(this.#descriptor!, buffer, 0, buffer.length, position, (error, bytesRead) => {
      if (this.#state === 'closed') return this.#release();
      if (error !== null) return this.#fail(`cannot read ${this.#path}: ${readingProblem(error)}`, done);
      this.#taken += bytesRead;
      const change = this.#change(bytesRead);
      if (change !== undefined) return this.#fail(change, done);
      // A file's last octets end it: who counts them need not ask again.
      const ended = bytesRead === 0 || this.#taken === this.#length;
      this.#state = ended ? 'ended' : 'ready';
      if (ended) this.#release();
      done(undefined, bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead));
    });
  }

  /** What is wrong with the length, in words. */
  #change(bytesRead: number): string | undefined {
    const length = this.#length;
    if (length === undefined) return undefined;
    const had = `${this.#path} had ${count(length)} octets when its request was made`;
    if (this.#taken > length) return `${had} and grew while it was sent`;
    if (bytesRead === 0 && this.#taken < length) return `${had} and now ends after ${count(this.#taken)}`;
    return undefined;
  }

  #fail(message: string, done: ReadDone): void {
    this.#state = 'ended';
    this.#release();
    done(new Error(message), undefined);
  }

  #release(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) close(descriptor, () => {});
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${readingProblem(error)}`, { cause: error });
  }
}

function readingProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'ENOTDIR':
      return 'a part of its path is a file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; lower the concurrency, or raise ulimit -n';
    default:
      return message;
  }
}
