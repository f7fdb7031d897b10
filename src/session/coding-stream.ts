// Decodes a body while it comes: chunks in, chunks out, backpressure both ways, one CodingLayer for each coding.
// The work is done off this thread. Never holds more than what waits and one piece per layer.

import { Fifo } from '../model/fifo.ts';
import { count } from '../model/text.ts';
import { CodingLayer } from './coding-layer.ts';
import { type DecodeFault, type DecodingLimits, decodedMax, decodedTooMuch } from './coding-limits.ts';
import { type Codings, refusal } from './coding-list.ts';

/** After onEnd or onFault comes nothing more. All but onDrain may come before `write` or `end` return. */
export interface StreamDecoderEvents {
  /** The chunk is the receiver's own. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFault(fault: DecodeFault): void;
  /** All that was written is consumed, after a write that returned false. */
  onDrain(): void;
}

/** What may wait before `write` says stop: some reads of a socket, so that not each of them stops it. */
const WAITING_BYTES_MAX = 256 * 1024;
const WAITING_COUNT_MAX = 64;

type State = 'open' | 'ending' | 'ended' | 'faulty' | 'closed';

export class StreamDecoder {
  readonly #codings: Codings;
  readonly #limits: DecodingLimits;
  readonly #events: StreamDecoderEvents;
  /** In the order in which the content goes through them, so the coding applied last comes first. */
  #layers: readonly CodingLayer[] = [];
  #state: State = 'open';
  #paused = false;
  readonly #waiting = new Fifo<Buffer>();
  /** Octets that wait or that the first layer works on. */
  #waitingBytes = 0;
  #busyBytes = 0;
  #full = false;
  #encodedBytes = 0;
  #decodedBytes = 0;

  constructor(codings: Codings, limits: DecodingLimits, events: StreamDecoderEvents) {
    this.#codings = codings;
    this.#limits = limits;
    this.#events = events;
  }

  /**
   * The chunk must stay as it is: it is read on another thread, later. False: write on after onDrain. What is written
   * after the end, a fault or close is dropped.
   */
  write(chunk: Buffer): boolean {
    if (this.#state !== 'open' || chunk.length === 0) return !this.#full;
    if (this.#encodedBytes === 0 && !this.#start()) return true;
    this.#encodedBytes += chunk.length;
    this.#waitingBytes += chunk.length;
    this.#waiting.push(chunk);
    this.#pump();
    this.#full = this.#waitingBytes > WAITING_BYTES_MAX || this.#waiting.length > WAITING_COUNT_MAX;
    return !this.#full;
  }

  /** The body is whole. One without a single octet is whole in any coding. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#pump();
  }

  /** No onData until `resume`, and soon nothing is decoded any more either. */
  pause(): void {
    this.#paused = true;
    this.#layers.at(-1)?.pause();
  }

  resume(): void {
    this.#paused = false;
    const last = this.#layers.at(-1);
    if (last === undefined) this.#pump();
    else last.resume();
  }

  /** Gives up: frees the decoders, no event follows. */
  close(): void {
    if (this.#isLive()) this.#leave('closed');
  }

  toString(): string {
    const codings = this.#codings.join(', ') || 'identity';
    const octets = `${count(this.#encodedBytes)} octets in, ${count(this.#decodedBytes)} out`;
    return `decoder of ${codings}: ${this.#state}${this.#paused ? ', paused' : ''}, ${octets}, ${count(this.#waitingBytes)} waiting`;
  }

  #start(): boolean {
    const refused = refusal(this.#codings, this.#limits);
    if (refused !== undefined) {
      this.#fail(refused);
      return false;
    }
    this.#layers = this.#codings.toReversed().map((coding, depth) => this.#layer(coding, depth));
    if (this.#paused) this.#layers.at(-1)?.pause();
    return true;
  }

  #layer(coding: string, depth: number): CodingLayer {
    let decodedBytes = 0;
    return new CodingLayer(coding, {
      onData: (chunk) => {
        decodedBytes += chunk.length;
        if (this.#isWithin(decodedBytes)) this.#passOn(chunk, depth);
      },
      onEnd: () => {
        const next = this.#layers[depth + 1];
        if (next === undefined) this.#finish();
        else next.end();
      },
      onFault: (fault) => this.#fail(fault),
    });
  }

  /** A layer rests while the next one works, so that no more than one piece lies between them. */
  #passOn(chunk: Buffer, depth: number): void {
    const next = this.#layers[depth + 1];
    if (next === undefined) return this.#deliver(chunk);
    const layer = this.#layers[depth]!;
    layer.pause();
    next.write(chunk, () => layer.resume());
  }

  #isWithin(decodedBytes: number): boolean {
    if (decodedBytes <= decodedMax(this.#limits, this.#encodedBytes)) return true;
    this.#fail(decodedTooMuch(this.#limits, this.#encodedBytes));
    return false;
  }

  #deliver(chunk: Buffer): void {
    this.#decodedBytes += chunk.length;
    this.#events.onData(chunk);
  }

  #pump(): void {
    while (this.#busyBytes === 0 && this.#isLive()) {
      const first = this.#layers[0];
      if (first === undefined && this.#paused) return;
      const chunk = this.#waiting.shift();
      if (chunk === undefined) return this.#onEmpty();
      this.#busyBytes = chunk.length;
      if (first !== undefined) first.write(chunk, this.#onTaken);
      else if (this.#isWithin(this.#decodedBytes + chunk.length)) {
        this.#countTaken();
        this.#deliver(chunk);
      }
    }
  }

  readonly #onTaken = (): void => {
    this.#countTaken();
    this.#pump();
  };

  #countTaken(): void {
    this.#waitingBytes -= this.#busyBytes;
    this.#busyBytes = 0;
  }

  #onEmpty(): void {
    if (this.#state === 'ending') {
      if (this.#layers[0] === undefined) this.#finish();
      else this.#layers[0].end();
    } else if (this.#full) {
      this.#full = false;
      this.#events.onDrain();
    }
  }

  #finish(): void {
    this.#leave('ended');
    this.#events.onEnd();
  }

  #fail(fault: DecodeFault): void {
    this.#leave('faulty');
    this.#events.onFault(fault);
  }

  #isLive(): boolean {
    return this.#state === 'open' || this.#state === 'ending';
  }

  #leave(state: State): void {
    this.#state = state;
    this.#full = false;
    this.#waitingBytes = 0;
    while (this.#waiting.shift() !== undefined);
    for (const layer of this.#layers) layer.close();
  }
}
