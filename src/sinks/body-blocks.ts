// Memory for bodies on their way to files: blocks that are used again, so that megabytes a second leave nothing behind
// for the garbage collector. Never bounds how many are out: each file does that for itself.

/** As much as one read of a socket brings at most. */
export const BLOCK_BYTES = 64 * 1024;
/** Blocks kept while nobody needs them. */
const FREE_MAX = 64;

/** Octets from `start` to `end` are to be written. */
export interface Block {
  readonly bytes: Buffer;
  start: number;
  end: number;
}

export class BodyBlocks {
  readonly #free: Block[] = [];

  take(): Block {
    return this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), start: 0, end: 0 };
  }

  give(block: Block): void {
    if (this.#free.length >= FREE_MAX) return;
    block.start = 0;
    block.end = 0;
    this.#free.push(block);
  }

  toString(): string {
    return `${this.#free.length} free blocks`;
  }
}
