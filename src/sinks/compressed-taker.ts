// Compresses on its way to where bytes are written: gzip (RFC 1952) or zstd (RFC 8878), on zlib's threads. A member, or
// frame, ends at each commit: whoever cuts the file back to a commit has a file that every gunzip reads to its end.
//
//   take ──► member (zlib) ──► out (what it has given) ──► taker behind
//   commit: the member ends, then the taker behind commits; the next bytes begin another

import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { BytesTaker, Committed, Wrap } from './bytes-taker.ts';
import { OutputError } from './output-error.ts';

export type Compression = 'gzip' | 'zstd';

/** Node 22.15 and newer has it, and the types of Node 20 do not know it. */
interface ZstdPart {
  readonly createZstdCompress?: (options: object) => Transform;
  readonly constants: Record<string, number>;
}
const zstdPart = zlib as unknown as ZstdPart;
export const canCompressZstd: boolean = typeof zstdPart.createZstdCompress === 'function';

/** Puts compression before the file at `path`; throws where this Node has none of that kind. */
export function compressing(compression: Compression, path: string): Wrap {
  if (compression === 'zstd' && !canCompressZstd) {
    const gzip = path.replace(/\.zst$/i, '.gz');
    throw new OutputError(
      `cannot write ${path}: zstd needs Node 22.15 or newer, and this is ${process.version}; use a newer Node, or gzip: -o ${gzip}`,
      undefined,
    );
  }
  return (taker, empty) => new CompressedTaker(taker, compression, empty);
}

/** As much as one portion can come to, so that most leave in one write. */
const CHUNK_BYTES = 64 * 1024;

type Done = (error: Error | undefined) => void;

export class CompressedTaker implements BytesTaker {
  readonly #behind: BytesTaker;
  readonly #compression: Compression;
  /** Nothing stands in the file yet, and no bytes at all are no file that gunzip takes. */
  #empty: boolean;
  #member: Transform | undefined;
  #out: Uint8Array[] = [];
  /** What broke; nothing is given on after it, or the file would have a hole. */
  #error: Error | undefined;

  constructor(behind: BytesTaker, compression: Compression, empty: boolean) {
    this.#behind = behind;
    this.#compression = compression;
    this.#empty = empty;
  }

  take(bytes: Uint8Array, done: Done): void {
    if (this.#error !== undefined) return process.nextTick(done, this.#error);
    this.#member ??= this.#begin();
    this.#member.write(bytes, (error) => {
      if (error) this.#broke(error, done);
      else this.#giveOn(done);
    });
  }

  /** Where nothing came since the last one, nothing is added. */
  commit(durability: Committed, done: (error: Error | undefined, position: number) => void): void {
    this.#endMember((error) => {
      if (error !== undefined) done(error, 0);
      else this.#behind.commit(durability, done);
    });
  }

  close(done: Done): void {
    if (this.#empty && this.#error === undefined) this.#member ??= this.#begin();
    this.#endMember((error) => {
      this.#member?.destroy();
      this.#behind.close((closingError) => done(error ?? closingError));
    });
  }

  #begin(): Transform {
    this.#empty = false;
    const member =
      this.#compression === 'gzip'
        ? zlib.createGzip({ chunkSize: CHUNK_BYTES })
        : zstdPart.createZstdCompress!({
            chunkSize: CHUNK_BYTES,
            params: { [zstdPart.constants['ZSTD_c_checksumFlag']!]: 1 },
          });
    member.on('data', (bytes: Uint8Array) => this.#out.push(bytes));
    // Who waits is told by the callback; without a listener the event would end the process.
    member.on('error', () => {});
    return member;
  }

  #endMember(done: Done): void {
    const member = this.#member;
    if (this.#error !== undefined || member === undefined) return process.nextTick(done, this.#error);
    member.once('error', (error) => this.#broke(error, done));
    member.once('end', () => {
      this.#member = undefined;
      this.#giveOn(done);
    });
    member.end();
  }

  #giveOn(done: Done): void {
    const out = this.#out;
    if (out.length === 0) return done(undefined);
    this.#out = [];
    this.#behind.take(out.length === 1 ? out[0]! : Buffer.concat(out), (error) => {
      if (error !== undefined) this.#broke(error, done);
      else done(undefined);
    });
  }

  #broke(error: Error, done: Done): void {
    this.#error ??= error;
    done(error);
  }
}
