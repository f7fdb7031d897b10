// Collects the content of one response. It grows with what has come, never by what a Content-Length promises alone: a
// peer can promise much and send nothing.

// The global of that name is an accessor: its lookups were 1 % of what a small response costs.
import { Buffer } from 'node:buffer';
import { type Fault, type ResponseLimits, tooLarge } from './response-limits.ts';

const EMPTY = Buffer.alloc(0);
/** Up to here a body grows within the pool of small buffers: 4 KiB of its own for each body would cost ten times as
 *  much as its copy, most of it when they are collected (bench/micro/body-copy). */
const SMALL_BYTES = 512;
const FIRST_BYTES = 4096;
/** A sender is believed in so many times what it has sent. */
const TRUSTED_FACTOR = 16;

export class BodyBuffer {
  readonly #max: number;
  #bytes: Buffer = EMPTY;
  #length = 0;

  constructor(limits: ResponseLimits) {
    this.#max = limits.bodyBytesMax;
  }

  get length(): number {
    return this.#length;
  }

  /** `whole`: these are all the octets there will be; they are copied to their exact size, as most bodies are.
   *  `promised`: how many there will be in all, as their sender says. */
  take(b: Buffer, start: number, end: number, whole: boolean, promised = 0): Fault | undefined {
    const needed = this.#length + end - start;
    if (needed > this.#max) return tooLarge('a body', this.#max, 'bodyBytesMax');
    if (needed > this.#bytes.length) {
      // A first piece that is small may be all there is, as in most chunked responses.
      const exact = whole || (this.#length === 0 && needed <= SMALL_BYTES);
      const grown = Buffer.allocUnsafe(exact ? needed : this.#room(needed, promised));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    b.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
    return undefined;
  }

  #room(needed: number, promised: number): number {
    if (needed <= SMALL_BYTES) return SMALL_BYTES;
    // To twice as much as there was, or to all that was promised where a good part of it has come: that saves the
    // copies in between, half of the cost of a large body.
    const next =
      promised >= needed && promised <= needed * TRUSTED_FACTOR ? promised : this.#bytes.length * 2;
    return Math.max(FIRST_BYTES, needed, Math.min(this.#max, next));
  }

  /** Hands the body out and starts empty again. A buffer more than half empty is not left to hold the memory. */
  release(): Buffer {
    const bytes = this.#bytes;
    const length = this.#length;
    this.#bytes = EMPTY;
    this.#length = 0;
    if (length === bytes.length) return bytes;
    return length * 2 < bytes.length ? Buffer.from(bytes.subarray(0, length)) : bytes.subarray(0, length);
  }
}
