// Unpacks gzip and zstd as outputs have them: a member, or frame, for each commit. What a crash has cut off is given as
// far as it goes, and what is damaged, too.

import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ZstdFrames } from '../session/coding-zstd-frames.ts';
import { usage } from './exit-codes.ts';

export type Packing = 'gzip' | 'zstd';

/** Node 22.15 and newer has it, and the types of Node 20 do not know it. */
const zstdPart = zlib as unknown as { readonly createZstdDecompress?: (options: object) => Transform };
const PIECE_BYTES = 64 * 1024;

/** By the first octets; undefined where it is not packed. */
export function packingOf(start: Buffer): Packing | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return start.length >= 4 && start.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : undefined;
}

export class Unpacking {
  /** Why it ended before its end, once all has been taken. */
  broken: string | undefined;
  readonly #stream: Transform;
  readonly #frames: ZstdFrames | undefined;
  readonly #out: Buffer[] = [];
  /** Whoever waits for the stream. */
  #goOn = (): void => {};

  /** Throws Exit where this Node has no way to read it. */
  constructor(packing: Packing, name: string) {
    this.#stream = streamFor(packing, name);
    this.#frames = packing === 'zstd' ? new ZstdFrames() : undefined;
    this.#stream.on('data', (bytes: Buffer) => this.#out.push(bytes));
    this.#stream.on('error', (error) => {
      this.broken ??= `what is packed there is not whole (${error.message})`;
      // A stream that broke calls back no more.
      this.#goOn();
    });
  }

  async *unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      for (const piece of this.#pieces(chunk)) {
        await this.#take(piece);
        yield* this.#out.splice(0);
        if (this.broken !== undefined) return;
      }
    }
    if (this.broken !== undefined) return;
    if (this.#frames?.between === false) this.broken = 'its last frame of zstd is not whole';
    await this.#end();
    yield* this.#out.splice(0);
  }

  /** Of zstd each ends where a frame ends: Node's decoder forgets the frames behind the first of a write. */
  *#pieces(chunk: Buffer): Generator<Buffer> {
    for (let from = 0; from < chunk.length; ) {
      const next = chunk.subarray(from, from + PIECE_BYTES);
      const length = this.#frames?.advance(next) ?? next.length;
      if (length === 0) {
        this.broken = 'what follows is no zstd';
        return;
      }
      yield next.subarray(0, length);
      from += length;
    }
  }

  /** What stands behind the end of gzip's last member is passed over, as gunzip does. */
  async #take(piece: Buffer): Promise<void> {
    if (this.#stream.readableEnded) return;
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      this.#stream.write(piece, () => resolve());
    });
  }

  async #end(): Promise<void> {
    if (this.#stream.readableEnded) return;
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      this.#stream.once('end', resolve);
      this.#stream.end();
    });
  }

  toString(): string {
    return `unpacking${this.broken === undefined ? '' : `, ${this.broken}`}`;
  }
}

function streamFor(packing: Packing, name: string): Transform {
  // What comes before the end is given in any case, and whether it is whole the last line tells.
  if (packing === 'gzip')
    return zlib.createGunzip({ chunkSize: PIECE_BYTES, finishFlush: zlib.constants.Z_SYNC_FLUSH });
  if (zstdPart.createZstdDecompress !== undefined)
    return zstdPart.createZstdDecompress({ chunkSize: PIECE_BYTES });
  throw usage(
    `${name} is packed with zstd, which needs Node 22.15 or newer, and this is ${process.version}; unpack it on the way in: zstd -dc ${name} | flurry report -`,
  );
}
