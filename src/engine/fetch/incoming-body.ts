// The body of one response as a web stream, while it comes: copied out of the read buffer, decoded, and held only up to
// a bound when nobody reads. Knows neither requests nor connections.

import { Fifo } from '../../model/fifo.ts';
import { type Codings, type DecodingLimits, StreamDecoder } from '../../session/decoding.ts';
import type { Abortable } from './abort-watch.ts';
import { bodyError } from './fetch-errors.ts';

/** What may wait for a reader: a body up to this size lets its connection go though nobody reads it. */
const WAITING_BYTES_MAX = 256 * 1024;
/** Less than that, so that not every read of a chunk moves the socket. */
const WAITING_BYTES_LOW = WAITING_BYTES_MAX / 2;

export interface IncomingBodyEvents {
  /** There is room again, after a `take` that returned false. */
  onRoom(): void;
  /** Nobody wants the rest, or it cannot be decoded: what has not come need not come. */
  onUnwanted(): void;
  /** It was read to its end, given up, or it failed: nothing happens to it any more. */
  onOver(): void;
}

/**
 *   open ──end─► ended (all of it has come, perhaps not read) ──► over
 *     └──────────── cancel, fail, abort ─────────────┴──────────► over
 */
type State = 'open' | 'ended' | 'over';

export class IncomingBody implements Abortable {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #events: IncomingBodyEvents;
  readonly #decoder: StreamDecoder | undefined;
  readonly #waiting = new Fifo<Uint8Array>();
  #waitingBytes = 0;
  #controller!: ReadableByteStreamController;
  #state: State = 'open';
  /** A reader waits for the next chunk. */
  #wanted = false;
  /** The sender was told to wait. */
  #holds = false;
  #decoderRests = false;

  constructor(codings: Codings, limits: DecodingLimits, events: IncomingBodyEvents) {
    this.#events = events;
    this.#decoder = codings.length === 0 ? undefined : this.#decoderOf(codings, limits);
    // Pulled by its reader alone: what waits is counted here, in octets.
    this.stream = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** The octets are copied. False: no more until `onRoom`. */
  take(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#state !== 'open') return true;
    const piece = bytes.subarray(start, end);
    const room = this.#decoder === undefined ? this.#add(piece) : this.#decoder.write(Buffer.from(piece));
    if (!room && this.#state === 'open') this.#holds = true;
    return !this.#holds;
  }

  /** All of it has come. */
  end(): void {
    if (this.#state !== 'open') return;
    if (this.#decoder === undefined) this.#onEnd();
    else this.#decoder.end();
  }

  /** The rest will not come; what waits is dropped too, as it is when the standard's own stream errors. */
  fail(error: unknown): void {
    if (this.#state === 'over') return;
    this.#leave();
    this.#controller.error(error);
    this.#events.onOver();
  }

  abort(reason: unknown): void {
    this.fail(reason);
  }

  #decoderOf(codings: Codings, limits: DecodingLimits): StreamDecoder {
    return new StreamDecoder(codings, limits, {
      onData: (chunk) => {
        if (this.#add(chunk)) return;
        this.#decoderRests = true;
        this.#decoder!.pause();
      },
      onEnd: () => this.#onEnd(),
      onFault: (fault) => {
        this.#events.onUnwanted();
        this.fail(bodyError(new Error(`the response holds ${fault.message}`)));
      },
      onDrain: () => this.#release(),
    });
  }

  /** Copied, because a byte stream takes the memory of a chunk for itself. False: enough waits. */
  #add(piece: Uint8Array): boolean {
    const chunk = new Uint8Array(piece);
    if (this.#wanted) {
      this.#wanted = false;
      this.#controller.enqueue(chunk);
      return true;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    return this.#waitingBytes <= WAITING_BYTES_MAX;
  }

  #pull(): void {
    const chunk = this.#waiting.shift();
    if (chunk === undefined) {
      this.#wanted = true;
      return;
    }
    this.#waitingBytes -= chunk.length;
    this.#controller.enqueue(chunk);
    if (this.#state === 'ended') this.#closeIfRead();
    else if (this.#waitingBytes <= WAITING_BYTES_LOW) this.#makeRoom();
  }

  /** A decoder says by itself when it takes more: `onDrain`. */
  #makeRoom(): void {
    if (this.#decoder === undefined) return this.#release();
    if (!this.#decoderRests) return;
    this.#decoderRests = false;
    this.#decoder.resume();
  }

  #release(): void {
    if (!this.#holds) return;
    this.#holds = false;
    this.#events.onRoom();
  }

  #onEnd(): void {
    this.#state = 'ended';
    this.#closeIfRead();
  }

  #closeIfRead(): void {
    if (this.#waiting.length > 0) return;
    this.#leave();
    this.#controller.close();
    // A reader that brought its own buffer gets it back.
    this.#controller.byobRequest?.respond(0);
    this.#events.onOver();
  }

  #cancel(): void {
    const unfinished = this.#state === 'open';
    this.#leave();
    if (unfinished) this.#events.onUnwanted();
    this.#events.onOver();
  }

  #leave(): void {
    this.#state = 'over';
    this.#holds = false;
    this.#waitingBytes = 0;
    while (this.#waiting.shift() !== undefined);
    this.#decoder?.close();
  }
}
