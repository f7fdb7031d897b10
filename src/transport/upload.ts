// The body of one request on its way out: in slices, so that progress can be told from silence, and sending can stop
// half way when a response comes early (RFC 9112 section 9.5, RFC 9113 section 8.1). Knows no framing.

import type { BodyReader, BodyStream } from '../model/body-stream.ts';
import type { Clock } from '../model/contracts.ts';
import type { Request } from '../model/request.ts';

const SLICE_BYTES = 64 * 1024;
/** After so much without a pause all sockets are read: a producer and a peer that are both quick would keep everybody
 *  else, deadlines and an early response waiting for as long as the body lasts. */
const TURN_BYTES = 4 * 1024 * 1024;
const TURN_PIECES = 256;

/** Takes the octets of one body, in the framing of its protocol. */
export interface BodyDrain {
  /**
   * They stay as they are until it takes more. `last`: nothing follows (never said by a body whose end only its producer
   * tells: there `end` follows). False: no more for now; whoever has the upload calls `resume`, later, when it takes more.
   */
  give(bytes: Uint8Array, last: boolean): boolean;
  /** Nothing follows what was given, which may be nothing. Only while it takes more, and not after a `last`. */
  end(): void;
}

export interface Upload {
  /** True when all of it has been given to the drain. */
  readonly done: boolean;
  /** True while it is the producer that is waited for, not the drain. */
  readonly starved: boolean;
  /** True when octets of it were taken that nobody can produce again. */
  readonly spent: boolean;
  /** Gives the drain what it takes. `takes`: false where it takes nothing before the first `resume`. */
  start(takes: boolean): void;
  /** The drain takes more. */
  resume(): void;
  /** Nothing more of it is sent. */
  close(): void;
}

/** The producer gave something, its end or an error, later than it was asked; or another turn came. Not after a close. */
export type OnProgress = (error: Error | undefined) => void;

/** Undefined where the request has no octets to send behind its head. */
export function uploadOf(
  request: Request,
  drain: BodyDrain,
  clock: Clock,
  onProgress: OnProgress,
): Upload | undefined {
  const { body, stream } = request;
  if (stream !== undefined) return new StreamUpload(drain, stream, clock, onProgress);
  if (body === undefined || body.length === 0) return undefined;
  return new BytesUpload(drain, body, clock, onProgress);
}

/** What leaves in one turn of the event loop. */
class Turn {
  readonly #clock: Clock;
  readonly #onNext: () => void;
  #pieces = 0;
  #bytes = 0;
  #over = false;

  constructor(clock: Clock, onNext: () => void) {
    this.#clock = clock;
    this.#onNext = onNext;
  }

  count(bytes: number): void {
    this.#pieces++;
    this.#bytes += bytes;
  }

  /** Enough has left: `onNext` is called when all others have had theirs. */
  get over(): boolean {
    if (!this.#over && (this.#bytes >= TURN_BYTES || this.#pieces >= TURN_PIECES)) {
      this.#over = true;
      this.#clock.afterPoll(() => this.#next());
    }
    return this.#over;
  }

  #next(): void {
    this.#over = false;
    this.#pieces = 0;
    this.#bytes = 0;
    this.#onNext();
  }
}

class BytesUpload implements Upload {
  readonly starved = false;
  readonly spent = false;
  readonly #drain: BodyDrain;
  readonly #body: Uint8Array;
  /** Undefined for a body that is no more than one turn's. */
  readonly #turn: Turn | undefined;
  #given = 0;
  #takes = false;
  #closed = false;

  constructor(drain: BodyDrain, body: Uint8Array, clock: Clock, onProgress: OnProgress) {
    this.#drain = drain;
    this.#body = body;
    if (body.length <= TURN_BYTES) return;
    this.#turn = new Turn(clock, () => {
      this.#go();
      if (!this.#closed) onProgress(undefined);
    });
  }

  get done(): boolean {
    return this.#given === this.#body.length;
  }

  start(takes: boolean): void {
    this.#takes = takes;
    this.#go();
  }

  resume(): void {
    this.#takes = true;
    this.#go();
  }

  close(): void {
    this.#closed = true;
  }

  /** For as long as the drain takes slices at once. */
  #go(): void {
    while (this.#takes && !this.done && !this.#closed && this.#turn?.over !== true) this.#slice();
  }

  #slice(): void {
    const slice = this.#body.subarray(this.#given, this.#given + SLICE_BYTES);
    this.#given += slice.length;
    this.#turn?.count(slice.length);
    this.#takes = this.#drain.give(slice, this.done);
  }
}

/** One piece is under way at a time: asked of the producer, given to the drain, and the next when that took it. */
class StreamUpload implements Upload {
  done = false;
  spent = false;
  readonly #drain: BodyDrain;
  readonly #stream: BodyStream;
  readonly #onProgress: OnProgress;
  /** Octets still due, where a length was promised. */
  #left: number | undefined;
  #reader: BodyReader | undefined;
  #closed = false;
  #asked = false;
  #takes = false;
  #pumping = false;
  readonly #turn: Turn;

  constructor(drain: BodyDrain, stream: BodyStream, clock: Clock, onProgress: OnProgress) {
    this.#drain = drain;
    this.#stream = stream;
    this.#left = stream.length;
    this.#onProgress = onProgress;
    this.#turn = new Turn(clock, () => {
      if (this.#reader !== undefined) this.#move();
    });
  }

  get starved(): boolean {
    return this.#asked;
  }

  start(takes: boolean): void {
    this.#takes = takes;
    this.spent = !this.#stream.replayable;
    try {
      this.#reader = this.#stream.open();
    } catch (error) {
      return this.#fail(error);
    }
    // Its opening may have stopped the request.
    if (this.#closed) this.#letGo();
    else this.#pump();
  }

  resume(): void {
    this.#takes = true;
    this.#pump();
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
  }

  #letGo(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    try {
      reader?.close();
    } catch {
      // It was told; what it makes of that concerns no request any more.
    }
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#reader !== undefined && this.#takes && !this.#asked && !this.#turn.over) {
      this.#ask(this.#reader);
    }
    this.#pumping = false;
  }

  #ask(reader: BodyReader): void {
    this.#asked = true;
    try {
      reader.read(this.#onRead);
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #onRead = (error: Error | undefined, bytes: Uint8Array | undefined): void => {
    // What nobody asked for is no part of it.
    if (this.#reader === undefined || !this.#asked) return;
    this.#asked = false;
    this.#turn.count(bytes?.length ?? 0);
    const wrong = error ?? this.#give(bytes);
    if (wrong !== undefined) return this.#fail(wrong);
    if (!this.#pumping) this.#move();
  };

  #move(): void {
    this.#pump();
    if (!this.#closed || this.done) this.#onProgress(undefined);
  }

  /** Told in any case: nobody else sees it. */
  #fail(error: unknown): void {
    this.#asked = false;
    if (this.#closed) return;
    this.close();
    this.#onProgress(error instanceof Error ? error : new Error(String(error)));
  }

  /** What is wrong with it: a length that was promised is kept to the octet, or the peer would misread what follows. */
  #give(bytes: Uint8Array | undefined): Error | undefined {
    if (bytes === undefined) return this.#end();
    if (!(bytes instanceof Uint8Array)) return new Error('it gave something else than octets');
    // A chunk of no octets would be the last one (RFC 9112 section 7.1), and a frame of none moves nothing on.
    if (bytes.length === 0) return undefined;
    if (this.#left !== undefined) {
      this.#left -= bytes.length;
      if (this.#left < 0)
        return new Error(`it is longer than the ${this.#stream.length} bytes that were promised`);
    }
    this.#takes = this.#drain.give(bytes, false);
    return undefined;
  }

  #end(): Error | undefined {
    if (this.#left !== undefined && this.#left > 0) {
      return new Error(`it ended ${this.#left} bytes before the ${this.#stream.length} that were promised`);
    }
    this.done = true;
    this.#drain.end();
    this.close();
    return undefined;
  }
}
