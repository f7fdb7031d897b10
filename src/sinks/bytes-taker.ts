// What an output file hands its bytes to: a file descriptor or a stream. Never collects, never retries.

import { close, write } from 'node:fs';
import type { Writable } from 'node:stream';

/** Takes bytes in the order in which they are given, one portion at a time. */
export interface BytesTaker {
  /** Calls back once, never before it returns. Until then the bytes stay as they are. */
  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void;
  close(done: (error: Error | undefined) => void): void;
}

/** Writes where the descriptor stands: an open file, or standard output sent to one. */
export class DescriptorTaker implements BytesTaker {
  readonly #fd: number;
  readonly #owned: boolean;

  /** `owned`: it is closed at the end. */
  constructor(fd: number, owned: boolean) {
    this.#fd = fd;
    this.#owned = owned;
  }

  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void {
    this.#writeFrom(bytes, 0, done);
  }

  /** A write may take less than it is given, above all on a disk that is nearly full. */
  #writeFrom(bytes: Uint8Array, from: number, done: (error: Error | undefined) => void): void {
    write(this.#fd, bytes, from, bytes.length - from, null, (error, taken) => {
      if (error !== null) done(error);
      else if (from + taken < bytes.length) this.#writeFrom(bytes, from + taken, done);
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

  constructor(stream: Writable) {
    this.#stream = stream;
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  }

  take(bytes: Uint8Array, done: (error: Error | undefined) => void): void {
    // A stream that broke before says only that it is destroyed; what broke it is what the caller needs.
    this.#stream.write(bytes, (error) => done(error ? (this.#stream.errored ?? error) : undefined));
  }

  /** The stream is not this one's to end. */
  close(done: (error: Error | undefined) => void): void {
    process.nextTick(done, undefined);
  }
}

/** The callback of the write has the error already; without a listener the event would end the process. */
function ignore(): void {}
