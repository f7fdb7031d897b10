// One coding of a streamed body being undone: one zlib stream, one chunk in it at a time. Knows what zlib does not
// tell: octets behind the end, frames of Zstandard. Never counts what comes out; whoever listens does.

import { type Decompressor, faultOf, openStream } from './coding-engine.ts';
import {
  type DecodeFault,
  endsEarly,
  goesOn,
  isPadding,
  startsOtherwise,
  tooLarge,
} from './coding-limits.ts';
import { ZstdFrames } from './coding-zstd-frames.ts';

export interface LayerEvents {
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFault(fault: DecodeFault): void;
}

const EMPTY = Buffer.alloc(0);
/** A frame of no content takes 9 octets and costs a way to the thread pool: 64 MiB of them would cost minutes. */
const FRAMES_MAX = 10_000;

export class CodingLayer {
  readonly #coding: string;
  readonly #events: LayerEvents;
  readonly #frames: ZstdFrames | undefined;
  #stream: Decompressor | undefined;
  #paused = false;
  #closed = false;
  /** What of the present chunk is not consumed. */
  #rest: Buffer = EMPTY;
  /** Who waits for the present chunk to be consumed. */
  #taken: (() => void) | undefined;
  /** Octets of `#rest` that the stream is working on. */
  #pieceBytes = 0;
  #consumedBefore = 0;
  /** The coded content is over: what follows may only be padding. */
  #over = false;
  #readableEnded = false;
  #inputEnded = false;

  constructor(coding: string, events: LayerEvents) {
    this.#coding = coding;
    this.#events = events;
    this.#frames = coding === 'zstd' ? new ZstdFrames() : undefined;
  }

  /** Not before the last chunk was taken. `taken` may be called before it returns; not after a fault. */
  write(chunk: Buffer, taken: () => void): void {
    this.#rest = chunk;
    this.#taken = taken;
    this.#step();
  }

  /** Nothing more is written. May come before the last chunk is taken: a stream that is paused ends all the same. */
  end(): void {
    this.#inputEnded = true;
    if (this.#taken === undefined) this.#conclude();
  }

  pause(): void {
    this.#paused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#stream?.resume();
  }

  /** Frees the decoder; no event follows. */
  close(): void {
    this.#closed = true;
    this.#rest = EMPTY;
    this.#taken = undefined;
    this.#stream?.destroy();
  }

  #step(): void {
    if (this.#frames?.between === true && this.#frames.count > 0 && this.#rest[0] === 0) this.#over = true;
    if (this.#over) {
      if (!isPadding(this.#rest)) return this.#fail(goesOn(this.#coding));
      this.#rest = EMPTY;
    }
    if (this.#rest.length === 0 || !this.#isOpen()) return this.#pass();
    const bytes = this.#frames === undefined ? this.#rest.length : this.#frames.advance(this.#rest);
    const fault = this.#frameFault();
    if (fault !== undefined) return this.#fail(fault);
    this.#feed(this.#rest.subarray(0, bytes));
  }

  /** Opens the stream with the first octets, which may decide what it is. False: it failed. */
  #isOpen(): boolean {
    if (this.#stream !== undefined) return true;
    try {
      this.#stream = openStream(this.#coding, this.#rest);
    } catch (error) {
      this.#fail(faultOf(this.#coding, error));
      return false;
    }
    // Before there is a listener: one for data would set it going.
    if (this.#paused) this.#stream.pause();
    this.#stream.on('data', (chunk: Buffer) => {
      if (!this.#closed) this.#events.onData(chunk);
    });
    this.#stream.on('end', () => this.#onReadableEnd());
    this.#stream.on('error', (error) => this.#fail(faultOf(this.#coding, error)));
    return true;
  }

  #feed(piece: Buffer): void {
    const stream = this.#stream!;
    this.#pieceBytes = piece.length;
    this.#consumedBefore = stream.bytesWritten;
    try {
      stream.write(piece, this.#onPiece);
    } catch (error) {
      this.#fail(faultOf(this.#coding, error));
    }
  }

  /** The stream has done what it can with the piece. It calls with an error, too, which has its own event. */
  readonly #onPiece = (error?: Error | null): void => {
    if (this.#closed || error instanceof Error) return;
    const consumed = this.#stream!.bytesWritten - this.#consumedBefore;
    // zlib leaves octets alone only where its data has ended.
    if (consumed < this.#pieceBytes) this.#over = true;
    this.#rest = this.#rest.subarray(consumed);
    this.#step();
  };

  /** May come before the call for the last piece, which says whether octets are left behind the end. */
  #onReadableEnd(): void {
    this.#readableEnded = true;
    if (this.#inputEnded && this.#taken === undefined) this.#finish();
  }

  #frameFault(): DecodeFault | undefined {
    const frames = this.#frames;
    if (frames === undefined) return undefined;
    if (frames.broken) {
      return frames.count > 0 ? goesOn(this.#coding) : startsOtherwise(this.#coding);
    }
    if (frames.count <= FRAMES_MAX) return undefined;
    return tooLarge(`more than ${FRAMES_MAX} frames of ${this.#coding} in one body`);
  }

  #pass(): void {
    const taken = this.#taken;
    const ended = this.#inputEnded;
    this.#taken = undefined;
    taken?.();
    if (ended) this.#conclude();
  }

  #conclude(): void {
    if (this.#frames?.between === false) return this.#fail(endsEarly(this.#coding));
    if (this.#stream === undefined || this.#readableEnded) return this.#finish();
    this.#stream.end();
  }

  #finish(): void {
    if (this.#closed) return;
    this.close();
    this.#events.onEnd();
  }

  #fail(fault: DecodeFault): void {
    if (this.#closed) return;
    this.close();
    this.#events.onFault(fault);
  }
}
