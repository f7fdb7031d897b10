// A web archive: WARC 1.1 (ISO 28500:2017), as it is or with each record a gzip member of its own (annex D). A position
// is a number of bytes: whoever cuts the file back to it has whole records.

import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { Files } from '../model/contracts.ts';
import type { Request } from '../model/request.ts';
import { BatchSink, type BatchStore } from './batch-sink.ts';
import { type Committed, FileTaker } from './bytes-taker.ts';
import type { FileTools } from './output-file.ts';
import { openAt, type PositionedFile } from './positioned-file.ts';
import { WarcFormat, type WarcRecord } from './warc-record.ts';

export interface WarcOptions {
  /** Each record is a gzip member. */
  readonly compressed: boolean;
  /** Request line and header section as they left, with nothing that nobody may know. */
  readonly requestHead: (request: Request) => string;
}

const BATCH = { items: 128, bytes: 256 * 1024, waitMs: 200, waiting: 8 };
/** 15 µs for 500 bytes, where a thread of zlib's costs 130 µs of CPU; from here on the thread is the better deal. */
const SYNC_BYTES_MAX = 16 * 1024;
/** What a member has beside its content, where that cannot be compressed: head, block, length and checksum. */
const GZIP_MORE_BYTES = 64;

/** Rejects with an OutputError whose message is one line for people. */
export async function openWarc(path: string, options: WarcOptions, tools: FileTools): Promise<WarcSink> {
  const { files, clock, position } = tools;
  const opened = await openAt(path, files, position);
  const format = new WarcFormat({ fileName: basename(path), requestHead: options.requestHead, clock });
  const pack = options.compressed ? gzipped : plain;
  return new WarcSink(new WarcStore(path, opened, files, format.info, pack), format, clock);
}

/** A record as it goes to the file, perhaps later. */
type Packed = Uint8Array | Promise<Uint8Array>;

/** An archive holds what came over the wire. */
class WarcSink extends BatchSink<readonly WarcRecord[], Packed[]> {
  readonly takesEncoded = true;
}

class WarcStore implements BatchStore<readonly WarcRecord[], Packed[]> {
  readonly name: string;
  readonly limits = BATCH;
  readonly #taker: FileTaker;
  readonly #pack: (record: WarcRecord) => Packed;
  #info: WarcRecord | undefined;
  #empty: boolean;

  constructor(
    path: string,
    { file, position }: PositionedFile,
    files: Files,
    info: WarcRecord,
    pack: (record: WarcRecord) => Packed,
  ) {
    this.name = path;
    this.#taker = new FileTaker(file, path, files, position);
    this.#info = info;
    this.#pack = pack;
    this.#empty = position === 0;
  }

  batch(): Packed[] {
    return [];
  }

  /** Packed as they come: large ones are at work on other threads until their batch is due. */
  add(records: readonly WarcRecord[], batch: Packed[]): void {
    for (const record of records) batch.push(this.#pack(record));
  }

  async append(batch: Packed[]): Promise<void> {
    const info = this.#info;
    this.#info = undefined;
    this.#empty = false;
    const bytes = await Promise.all(info === undefined ? batch : [this.#pack(info), ...batch]);
    await called((done) => this.#taker.take(Buffer.concat(bytes), done));
  }

  async commit(durability: Committed): Promise<string> {
    let position = 0;
    await called((done) =>
      this.#taker.commit(durability, (error, bytes) => {
        position = bytes;
        done(error);
      }),
    );
    return String(position);
  }

  /** An archive of nothing is one that says so. */
  async close(): Promise<void> {
    if (this.#empty) await this.append([]);
    await called((done) => this.#taker.close(done));
  }

  async abandon(): Promise<void> {
    await called((done) => this.#taker.close(done)).catch(() => {});
  }
}

function plain(record: WarcRecord): Uint8Array {
  return Buffer.concat(record);
}

const gzipAside = promisify(gzip);

function gzipped(record: WarcRecord): Packed {
  const bytes = Buffer.concat(record);
  // In a chunk of its own size: what waits would else hold 16 KiB for each record, however small.
  if (bytes.length <= SYNC_BYTES_MAX) return gzipSync(bytes, { chunkSize: bytes.length + GZIP_MORE_BYTES });
  const packed = gzipAside(bytes);
  // Who appends it hears of an error; a sink that broke appends nothing any more.
  packed.catch(() => {});
  return packed;
}

function called(step: (done: (error: Error | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    step((error) => (error === undefined ? resolve() : reject(error)));
  });
}
