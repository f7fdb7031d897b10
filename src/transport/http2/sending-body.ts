// Bodies of requests on their way out in DATA frames (RFC 9113 sections 5.2 and 6.9): as much in a turn as the windows of
// stream and connection allow, every stream its share. Decides nothing about streams.

import type { Clock } from '../../model/contracts.ts';
import { Fifo } from '../../model/fifo.ts';
import { OutgoingBody, type UploadSettings } from '../outgoing-body.ts';
import type { BodyDrain } from '../upload.ts';
import { DEFAULT_WINDOW } from './frame-types.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Stream } from './stream.ts';

/** What a turn may hold at once: it is copied, and what waits for the kernel is memory. */
const TURN_BYTES = 256 * 1024;
/** What a stream may send before the next one has its turn. */
const SHARE_BYTES = 64 * 1024;
const NO_OCTETS = new Uint8Array(0);

/** The body of one stream: the piece that it was given last, and how much of it has left. */
export class SendingBody implements BodyDrain {
  readonly stream: Stream;
  readonly body: OutgoingBody;
  /** All has left: nothing more is sent on the stream. */
  ended = false;
  /** It is among those that have something to send. */
  queued = false;
  readonly #bodies: SendingBodies;
  #piece: Uint8Array | undefined;
  #at = 0;
  #isLast = false;

  /** Of the request that the stream is for. `onProgress`: as of an upload. */
  constructor(
    stream: Stream,
    bodies: SendingBodies,
    settings: UploadSettings,
    clock: Clock,
    onProgress: (sending: SendingBody, error: Error | undefined) => void,
  ) {
    this.stream = stream;
    this.#bodies = bodies;
    this.body = new OutgoingBody(settings, clock, (error) => onProgress(this, error));
    this.body.begin(stream.request!, this);
  }

  give(bytes: Uint8Array, last: boolean): boolean {
    this.#piece = bytes;
    this.#at = 0;
    this.#isLast = last;
    return this.#bodies.sendsNow(this);
  }

  end(): void {
    this.give(NO_OCTETS, true);
  }

  /** Nothing more of it is sent. */
  close(): void {
    this.#piece = undefined;
    this.body.close();
  }

  get isWaiting(): boolean {
    return this.#piece !== undefined;
  }

  /** Octets that are ready to leave; the end alone has none. */
  get ready(): number {
    return this.#piece === undefined ? 0 : this.#piece.length - this.#at;
  }

  /** Writes at most so many octets of it. True when the piece is out. */
  write(writer: FrameWriter, bytesMax: number): boolean {
    const piece = this.#piece!;
    const stop = Math.min(piece.length, this.#at + bytesMax);
    const isOut = stop === piece.length;
    writer.data(this.stream.id, piece, this.#at, stop, isOut && this.#isLast);
    this.#at = stop;
    if (!isOut) return false;
    this.#piece = undefined;
    this.ended = this.#isLast;
    return true;
  }
}

/** All bodies of a connection that are being sent. */
export class SendingBodies {
  /** What may be sent on the connection. */
  window = DEFAULT_WINDOW;
  /** The wire takes more. */
  takes = true;
  readonly #writer: FrameWriter;
  /** Octets are to leave with this turn. */
  readonly #onReady: () => void;
  /** Content has left on a stream. */
  readonly #onSent: (stream: Stream) => void;
  #hasSent = false;
  readonly #queue = new Fifo<SendingBody>();

  constructor(writer: FrameWriter, onReady: () => void, onSent: (stream: Stream) => void) {
    this.#writer = writer;
    this.#onReady = onReady;
    this.#onSent = onSent;
  }

  /** It was given a piece. True when that has left already. */
  sendsNow(sending: SendingBody): boolean {
    // The rest of the turn is for those that wait: a producer that is always ready would leave them nothing.
    const isOut = !sending.queued && this.#writer.length < TURN_BYTES / 2 && this.#send(sending);
    if (!isOut) this.queue(sending);
    this.#onReady();
    return isOut;
  }

  /** Again when its window has opened. */
  queue(sending: SendingBody): void {
    if (sending.queued || !sending.isWaiting) return;
    sending.queued = true;
    this.#queue.push(sending);
  }

  /** Something waits that may leave with the next turn. Where nothing left with this one, windows are waited for. */
  get isReady(): boolean {
    return this.takes && this.#queue.length > 0 && this.#hasSent;
  }

  /** Fills what the turn may hold. Who had his share is the last one of the next turn. */
  pump(): void {
    // A turn that was full before it began leaves the rest to the next one.
    this.#hasSent = this.#room <= 0;
    const served: SendingBody[] = [];
    for (let count = this.#queue.length; count > 0 && this.#room > 0; count--) {
      const sending = this.#queue.shift()!;
      sending.queued = false;
      if (!sending.isWaiting) continue;
      if (!this.#allows(sending)) this.queue(sending);
      else if (!this.#send(sending)) served.push(sending);
      // It gives the next piece, which leaves at once or waits for its turn.
      else if (!sending.ended && !sending.body.isOut) sending.body.resume();
    }
    // Behind those that no window let have theirs.
    for (const sending of served) this.queue(sending);
  }

  /** True when its piece is out. */
  #send(sending: SendingBody): boolean {
    if (!this.#allows(sending)) return false;
    const { stream } = sending;
    const windows = Math.min(this.window, stream.sendWindow);
    // The end alone has no octets, whatever the windows.
    const bytes = sending.ready === 0 ? 0 : Math.min(sending.ready, SHARE_BYTES, windows, this.#room);
    this.#hasSent = true;
    const isOut = sending.write(this.#writer, bytes);
    this.window -= bytes;
    stream.sendWindow -= bytes;
    this.#onSent(stream);
    return isOut;
  }

  #allows(sending: SendingBody): boolean {
    if (!this.takes || this.#room <= 0) return false;
    // The end of a body needs no window.
    return sending.ready === 0 ? sending.isWaiting : this.window > 0 && sending.stream.sendWindow > 0;
  }

  get #room(): number {
    return TURN_BYTES - this.#writer.length;
  }
}
