// Octets of one turn on their way out: they are written into one buffer and leave it in one piece. Knows no frames.

import { Buffer } from 'node:buffer';

const NONE = Buffer.alloc(0);
const FIRST_BYTES = 512;
/** A turn that needed more, such as one full of uploads, does not make the next one begin with as much. */
const FIRST_BYTES_MAX = 64 * 1024;

export class OutgoingOctets {
  /** Valid up to the next `reserve`. */
  bytes: Buffer = NONE;
  /** Octets written; whoever writes reserves first, and moves it. */
  length = 0;
  #firstBytes = FIRST_BYTES;

  /** Room for so many behind `length`. */
  reserve(octets: number): void {
    const needed = this.length + octets;
    if (needed <= this.bytes.length) return;
    // Small buffers come out of Node's pool, at a fraction of the cost of one by itself.
    const grown = Buffer.allocUnsafe(Math.max(this.#firstBytes, needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Hands out what was written and begins anew, in another buffer: whoever gets it may hold it until the peer reads. */
  take(): Buffer {
    const octets = this.bytes.subarray(0, this.length);
    // The next turn is likely to be as long as this one; an idle connection holds nothing.
    const likely = 2 ** Math.ceil(Math.log2(this.length + 1));
    this.#firstBytes = Math.max(FIRST_BYTES, Math.min(FIRST_BYTES_MAX, likely));
    this.bytes = NONE;
    this.length = 0;
    return octets;
  }
}
