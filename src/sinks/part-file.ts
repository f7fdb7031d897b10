// One body on its way to its file: it is written to a file that ends in `.part` and gets its own name when it is whole.
// One operation of the system at a time, in order; never more than WAITING_BYTES_MAX and one read of a socket in memory.
//
//   append → block (being filled) → waiting blocks → one write of all of them → …part ── finish ──► its own name

import type { Hash } from 'node:crypto';
import { close, ftruncate, open, unlink, writev } from 'node:fs';
import { dirname } from 'node:path';
import type { BodyWriter } from '../model/contracts.ts';
import type { StoredBody } from '../model/outcome.ts';
import { BLOCK_BYTES, type Block, type BodyBlocks } from './body-blocks.ts';
import { makeFolder } from './body-folder.ts';
import { OutputError, writingError } from './output-error.ts';

/** What may wait, what is being written included, before `append` says stop; half of it ends that. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** What the files of one folder share. */
export interface PartFileOwner {
  readonly blocks: BodyBlocks;
  /** Told of each file that can store no more. */
  onError: ((error: OutputError) => void) | undefined;
}

/** Gives a part that is whole its own name, or removes it. */
export type NamePart = (
  mediaType: string,
  bytes: number,
  sha256: string | undefined,
  done: (error: OutputError | undefined, stored: StoredBody) => void,
) => void;

export interface PartFileTerms {
  readonly owner: PartFileOwner;
  readonly path: string;
  readonly name: NamePart;
  readonly onRoom: () => void;
  /** Where its name tells its content. */
  readonly hashed: (() => Hash) | undefined;
}

/** `mediaType`: undefined where it is to go. */
interface Ending {
  readonly mediaType: string | undefined;
  readonly done: (error: Error | undefined, stored: StoredBody) => void;
}

const NONE: StoredBody = { bytes: 0, file: '' };

export class PartFile implements BodyWriter {
  bytes = 0;
  readonly #owner: PartFileOwner;
  readonly #path: string;
  readonly #name: NamePart;
  readonly #onRoom: () => void;
  readonly #hashed: (() => Hash) | undefined;
  #hash: Hash | undefined;
  #fd: number | undefined;
  /** Being filled. */
  #block: Block | undefined;
  #waiting: Block[] = [];
  #writing: Block[] = [];
  /** Where the next write goes. */
  #position = 0;
  #busy = false;
  #full = false;
  /** What was written before belongs to another body. */
  #stale = false;
  #error: OutputError | undefined;
  #ending: Ending | undefined;

  constructor({ owner, path, name, onRoom, hashed }: PartFileTerms) {
    this.#owner = owner;
    this.#path = path;
    this.#name = name;
    this.#onRoom = onRoom;
    this.#hashed = hashed;
    this.#hash = hashed?.();
  }

  append(bytes: Buffer, start: number, end: number): boolean {
    this.bytes += end - start;
    // Its error ends the run: until then nothing of what comes is kept.
    if (this.#error !== undefined) return true;
    this.#hash?.update(bytes.subarray(start, end));
    for (let from = start; from < end; ) {
      this.#block ??= this.#owner.blocks.take();
      const block = this.#block;
      const count = bytes.copy(block.bytes, block.end, from, end);
      block.end += count;
      from += count;
      if (block.end === BLOCK_BYTES) this.#cut();
    }
    this.#move();
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#full = true;
    return !this.#full;
  }

  restart(): void {
    this.bytes = 0;
    this.#stale = true;
    this.#hash = this.#hashed?.();
    this.#forget();
    this.#move();
  }

  finish(mediaType: string, done: (error: Error | undefined, stored: StoredBody) => void): void {
    this.#cut();
    this.#ending = { mediaType, done };
    this.#move();
  }

  remove(done: () => void): void {
    this.#forget();
    this.#ending = { mediaType: undefined, done };
    this.#move();
  }

  toString(): string {
    return `${this.#path} ${this.bytes} bytes, ${this.#waitingBytes} waiting${this.#full ? ', full' : ''}`;
  }

  get #waitingBytes(): number {
    return (this.#waiting.length + this.#writing.length) * BLOCK_BYTES;
  }

  #cut(): void {
    if (this.#block === undefined) return;
    this.#waiting.push(this.#block);
    this.#block = undefined;
  }

  /** What the system has not been given is not wanted any more. */
  #forget(): void {
    this.#cut();
    for (const block of this.#waiting) this.#owner.blocks.give(block);
    this.#waiting = [];
  }

  /** Does what is due next, unless something is under way. */
  #move(): void {
    if (this.#busy) return;
    if (this.#error !== undefined) return this.#ended(this.#error, NONE);
    if (this.#stale) return this.#truncate();
    const ending = this.#ending;
    if (ending !== undefined && ending.mediaType === undefined) return this.#close(() => this.#unlink());
    if (this.#writing.length > 0 || this.#waiting.length > 0) return this.#write();
    if (ending?.mediaType !== undefined) this.#complete(ending.mediaType);
  }

  #complete(mediaType: string): void {
    // A body without an octet is a file too.
    if (this.#fd === undefined) return this.#open();
    this.#close(() => {
      this.#busy = true;
      this.#name(mediaType, this.bytes, this.#hash?.digest('hex'), (error, stored) => {
        this.#busy = false;
        if (error === undefined) this.#ended(undefined, stored);
        else this.#fail(error);
      });
    });
  }

  /** One operation of the system; what it breaks on is told once. */
  #does(operation: (then: (error: Error | null) => void) => void, then: () => void): void {
    this.#busy = true;
    operation((error) => {
      this.#busy = false;
      if (error === null) then();
      else this.#fail(error);
    });
  }

  #open(): void {
    this.#busy = true;
    const opened = (error: NodeJS.ErrnoException | null, fd: number) => {
      this.#busy = false;
      if (error !== null) return this.#fail(error);
      this.#fd = fd;
      this.#move();
    };
    open(this.#path, 'w', (error, fd) => {
      if (error?.code !== 'ENOENT') return opened(error, fd);
      makeFolder(dirname(this.#path), (failure) => {
        if (failure !== null) opened(failure, -1);
        else open(this.#path, 'w', opened);
      });
    });
  }

  #truncate(): void {
    const fd = this.#fd;
    const restarted = () => {
      this.#stale = false;
      this.#position = 0;
      this.#move();
    };
    if (fd === undefined) restarted();
    else this.#does((then) => ftruncate(fd, 0, then), restarted);
  }

  #write(): void {
    const fd = this.#fd;
    if (fd === undefined) return this.#open();
    if (this.#writing.length === 0) {
      this.#writing = this.#waiting;
      this.#waiting = [];
    }
    this.#busy = true;
    const slices = this.#writing.map(({ bytes, start, end }) => bytes.subarray(start, end));
    writev(fd, slices, this.#position, (error, count) => {
      this.#busy = false;
      if (error !== null) return this.#fail(error);
      this.#position += count;
      this.#wrote(count);
      this.#move();
      if (this.#full && this.#waitingBytes <= WAITING_BYTES_MAX / 2) this.#drain();
    });
  }

  /** The system may take less than it was given. */
  #wrote(count: number): void {
    let left = this.#stale ? Number.POSITIVE_INFINITY : count;
    while (this.#writing.length > 0) {
      const block = this.#writing[0]!;
      const size = block.end - block.start;
      if (left < size) {
        block.start += left;
        return;
      }
      left -= size;
      this.#owner.blocks.give(block);
      this.#writing.shift();
    }
  }

  #drain(): void {
    this.#full = false;
    this.#onRoom();
  }

  #close(then: () => void): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) then();
    // Network file systems tell only here that the disk is full.
    else this.#does((closed) => close(fd, closed), then);
  }

  #unlink(): void {
    this.#busy = true;
    unlink(this.#path, () => {
      this.#busy = false;
      this.#ended(undefined, NONE);
    });
  }

  #ended(error: Error | undefined, stored: StoredBody): void {
    const ending = this.#ending;
    this.#ending = undefined;
    ending?.done(error, stored);
  }

  /** What is there of the file goes; whoever waits for it learns why. */
  #fail(cause: Error): void {
    this.#error = cause instanceof OutputError ? cause : writingError(this.#path, cause);
    this.#writing = [];
    this.#forget();
    const fd = this.#fd;
    this.#fd = undefined;
    this.#busy = true;
    const gone = () => {
      this.#busy = false;
      this.#move();
    };
    const clear = () => unlink(this.#path, gone);
    if (fd === undefined) clear();
    else close(fd, clear);
    this.#owner.onError?.(this.#error);
    if (this.#full) this.#drain();
  }
}
