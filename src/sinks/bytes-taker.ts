// What an output file hands its bytes to: a file, a descriptor or a stream. Never collects, never retries: what failed
// once, a sync above all, says nothing true afterwards.

import { close, write } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import type { Durability, Files, OpenFile } from '../model/contracts.ts';

/** How far a commit goes. */
export type Committed = Exclude<Durability, 'none'>;

/** Takes bytes in the order in which they are given. One thing at a time; each calls back once, never before it returns. */
export interface BytesTaker {
  /** The bytes stay as they are until it calls back. */
  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void;
  /** All that was taken is with the system, and with `power` on the disk where there is one. Tells the output's size. */
  commit(durability: Committed, done: (error: Error | undefined, position: number) => void): void;
  close(done: (error: Error | undefined) => void): void;
}

/** Puts a taker that changes the bytes before the one that writes them. `empty`: nothing stands in the output yet. */
export type Wrap = (taker: BytesTaker, empty: boolean) => BytesTaker;

/** Writes to a file behind the contract, from a position on. */
export class FileTaker implements BytesTaker {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #files: Files;
  #position: number;
  /** How much of it is on the disk; unknown at first. */
  #synced = -1;

  constructor(file: OpenFile, path: string, files: Files, position: number) {
    this.#file = file;
    this.#path = path;
    this.#files = files;
    this.#position = position;
  }

  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void {
    this.#file.write(bytes, this.#position).then(() => {
      this.#position += bytes.length;
      done(undefined);
    }, done);
  }

  commit(durability: Committed, done: (error: Error | undefined, position: number) => void): void {
    const position = this.#position;
    const synced = durability === 'power' ? this.#sync(position) : Promise.resolve();
    synced.then(
      () => done(undefined, position),
      (error: Error) => done(error, position),
    );
  }

  close(done: (error: Error | undefined) => void): void {
    this.#file.close().then(() => done(undefined), done);
  }

  async #sync(position: number): Promise<void> {
    if (position === this.#synced) return;
    await this.#file.sync();
    // A file that has just been made is found again only if its folder knows of it.
    if (this.#synced < 0) await this.#files.syncFolder(dirname(this.#path));
    this.#synced = position;
  }
}

/** Writes where the descriptor stands: standard output sent to a file, a named pipe, a device. */
export class DescriptorTaker implements BytesTaker {
  readonly #fd: number;
  readonly #owned: boolean;
  #taken = 0;

  /** `owned`: it is closed at the end. */
  constructor(fd: number, owned: boolean) {
    this.#fd = fd;
    this.#owned = owned;
  }

  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void {
    this.#writeFrom(bytes, 0, done);
  }

  /** Nobody can go back to a place in it, so there is nothing to be made sure of. */
  commit(_durability: Committed, done: (error: undefined, position: number) => void): void {
    process.nextTick(done, undefined, this.#taken);
  }

  /** A write may take less than it is given, above all on a disk that is nearly full. */
  #writeFrom(bytes: Uint8Array, from: number, done: (error: Error | undefined) => void): void {
    write(this.#fd, bytes, from, bytes.length - from, null, (error, taken) => {
      if (error !== null) return done(error);
      this.#taken += taken;
      if (from + taken < bytes.length) this.#writeFrom(bytes, from + taken, done);
      else done(undefined);
    });
  }

  close(done: (error: Error | undefined) => void): void {
    if (this.#owned) close(this.#fd, (error) => done(error ?? undefined));
    else process.nextTick(done, undefined);
  }
}

/**
 * Writes to a stream that others may use too: standard output where it is a pipe, a socket or a terminal.
 *
 * Not with fs.write: a pipe whose reader pauses would hold one of libuv's four threads, and the process could not
 * exit before the reader goes on (measured on Node 20). The stream makes the pipe non-blocking, waits for it in the
 * event loop and gets over EAGAIN by itself.
 */
export class StreamTaker implements BytesTaker {
  readonly #stream: Writable;
  #taken = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  }

  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void {
    this.#stream.write(bytes, (error) => {
      // A stream that broke before says only that it is destroyed; what broke it is what the caller needs.
      if (error) return done(this.#stream.errored ?? error);
      this.#taken += bytes.length;
      done(undefined);
    });
  }

  /** As for a descriptor. */
  commit(_durability: Committed, done: (error: undefined, position: number) => void): void {
    process.nextTick(done, undefined, this.#taken);
  }

  /** The stream is not this one's to end. */
  close(done: (error: Error | undefined) => void): void {
    process.nextTick(done, undefined);
  }
}

/** The callback of the write has the error already; without a listener the event would end the process. */
function ignore(): void {}
