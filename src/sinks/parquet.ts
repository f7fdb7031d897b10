// Records as a Parquet file with typed columns, compressed with Snappy. At every commit the file is a whole one: its
// rows so far, then a footer. What is written later comes after that footer and ends in a footer of its own, which
// knows all row groups; the bytes of the former one stay where they are, since nothing points at them any more.
//
//   PAR1 [row group][row group] footer PAR1 [row group] footer PAR1
//                                     ▲ a position                ▲ the next one

import { dirname } from 'node:path';
import type { FileMetaData, SchemaElement } from 'hyparquet';
import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Clock, Files, OpenFile } from '../model/contracts.ts';
import type { Committed } from './bytes-taker.ts';
import {
  type Cell,
  type Column,
  type ColumnType,
  type Row,
  RowFormat,
  type TableOptions,
} from './columns.ts';
import { openingError } from './output-error.ts';
import type { FileTools } from './output-file.ts';
import { lostError, openAt } from './positioned-file.ts';
import type { RecordSink } from './record-sink.ts';
import { type BatchLimits, TableSink, type TableStore } from './table-sink.ts';

/** Rows of a row group: what engines take as the least that is worth a thread of its own. */
const GROUP_ROWS = 100_000;
/** What its rows take in memory before they are encoded; while they are, as many may be collected. */
const GROUP_BYTES = 8 * 1024 * 1024;
/** Each commit costs a row group, however few its rows are, and a footer that tells of all row groups before it. */
const COMMIT_MS = 30_000;
/** The most of a run that is done again after it was killed. */
const COMMIT_MS_MAX = 600_000;
/** Footers up to this size are worth their commits, however few records there are. */
const FOOTER_BYTES_FREE = 64 * 1024;

const TYPES = { int64: 'INT64', int32: 'INT32', double: 'DOUBLE', text: 'STRING' } as const satisfies Record<
  ColumnType,
  string
>;

export interface ParquetOptions extends TableOptions {
  /** Rows of a row group at most. */
  readonly groupRows?: number;
  /** Bytes in memory of a row group's rows, at most. */
  readonly groupBytes?: number;
}

/** Loads the libraries for Parquet, which other runs never need. Rejects with an OutputError of one line. */
export async function openParquet(
  path: string,
  options: ParquetOptions,
  { files, clock, position }: FileTools,
): Promise<RecordSink> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const format = new RowFormat(options);
  const columnData = format.columns.map(({ name, type, nullable }) => {
    return { name, type: TYPES[type], nullable, data: [] };
  });
  const schema = schemaFromColumnData({ columnData });
  // Before the file is cut back to it: if another one has taken its place, that one stays whole.
  const footer = position === undefined ? undefined : await footerAt(path, files, position, schema);
  const { file, position: size } = await openAt(path, files, position);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'flurry' });
  if (footer !== undefined) {
    writer.row_groups = footer.row_groups;
    writer.num_rows = footer.num_rows;
    // The magic bytes that a new file begins with.
    bytes.index = 0;
    bytes.offset = size;
  }
  const limits = {
    items: options.groupRows ?? GROUP_ROWS,
    bytes: options.groupBytes ?? GROUP_BYTES,
    waitMs: undefined,
    waiting: 2,
  };
  const syncFolder = () => files.syncFolder(dirname(path));
  const store = new ParquetStore(path, limits, format.columns, {
    ...{ file, size, bytes, writer, clock, syncFolder },
  });
  return new TableSink(store, format, clock);
}

interface Parts {
  readonly file: OpenFile;
  /** Of the file. Unless it is 0, the file ends in a footer. */
  readonly size: number;
  readonly bytes: ByteWriter;
  readonly writer: ParquetWriter;
  readonly clock: Clock;
  readonly syncFolder: () => Promise<void>;
}

class ParquetStore implements TableStore<Cell[][]> {
  readonly name: string;
  readonly limits: BatchLimits;
  readonly #columns: readonly Column[];
  readonly #file: OpenFile;
  readonly #bytes: ByteWriter;
  readonly #writer: ParquetWriter;
  readonly #clock: Clock;
  readonly #syncFolder: () => Promise<void>;
  /** Bytes of the file. */
  #size: number;
  /** Up to the end of the last footer. */
  #footedSize: number;
  /** Nothing came after it. */
  #footed: boolean;
  #footedAtMs: number;
  #commitMs = COMMIT_MS;
  #nameSynced = false;

  constructor(path: string, limits: BatchLimits, columns: readonly Column[], parts: Parts) {
    this.name = path;
    this.limits = limits;
    this.#columns = columns;
    this.#file = parts.file;
    this.#bytes = parts.bytes;
    this.#writer = parts.writer;
    this.#clock = parts.clock;
    this.#syncFolder = parts.syncFolder;
    this.#size = parts.size;
    this.#footedSize = parts.size;
    this.#footed = parts.size > 0;
    this.#footedAtMs = parts.clock.now();
  }

  get commitMs(): number {
    return this.#commitMs;
  }

  /** Column by column, which is how they are written; of numbers no object is left. */
  batch(): Cell[][] {
    return this.#columns.map(() => []);
  }

  add(row: Row, batch: Cell[][]): void {
    for (let at = 0; at < row.length; at++) batch[at]!.push(row[at]!);
  }

  /**
   * One row group. Each column is with the file before the next is encoded: neither the event loop nor memory has to
   * bear a whole row group at once.
   */
  async append(batch: Cell[][]): Promise<void> {
    this.#footed = false;
    const writer = this.#writer;
    const start = this.#bytes.offset;
    const rowsBefore = writer.num_rows;
    const rows = batch[0]!.length;
    const chunks = [];
    let uncompressed = 0n;
    for (const [at, { name, type }] of this.#columns.entries()) {
      const data = type === 'int64' ? batch[at]!.map(bigintOf) : batch[at]!;
      // The strings are let go of as soon as they are encoded.
      batch[at] = [];
      // The least and the greatest text of each row group would stay in memory, and a body can be one.
      const statistics = type !== 'text';
      writer.write({ columnData: [{ name, data, statistics, offsetIndex: false }], rowGroupSize: rows });
      // The library has made it a row group of one column: they become one of all of them.
      const group = writer.row_groups.pop()!;
      chunks.push(...group.columns);
      uncompressed += group.total_byte_size;
      await this.#handOver();
    }
    writer.num_rows = rowsBefore + BigInt(rows);
    writer.row_groups.push({
      columns: chunks,
      total_byte_size: uncompressed,
      total_compressed_size: BigInt(this.#bytes.offset - start),
      num_rows: BigInt(rows),
    });
  }

  async commit(durability: Committed): Promise<string> {
    await this.#foot();
    if (durability === 'power') {
      await this.#file.sync();
      if (!this.#nameSynced) await this.#syncFolder();
      this.#nameSynced = true;
    }
    return String(this.#size);
  }

  async close(): Promise<void> {
    await this.#foot();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  /** Tells of all row groups. Nothing is written where the last footer still does. */
  async #foot(): Promise<void> {
    if (this.#footed) return;
    const dataBytes = this.#bytes.offset - this.#footedSize;
    const start = this.#bytes.offset;
    this.#writer.finish();
    this.#writer.pendingIndexes = [];
    const footerBytes = this.#bytes.offset - start;
    await this.#handOver();
    this.#footed = true;
    this.#footedSize = this.#size;
    this.#pace(dataBytes, footerBytes);
  }

  /**
   * A footer grows with each row group. Where few records come, it would soon outweigh what they take between two
   * commits: then commits are put off until they weigh as much, so that no more than half of a file lies idle.
   */
  #pace(dataBytes: number, footerBytes: number): void {
    const nowMs = this.#clock.now();
    const ms = ((nowMs - this.#footedAtMs) * footerBytes) / Math.max(dataBytes, FOOTER_BYTES_FREE);
    this.#commitMs = Math.min(COMMIT_MS_MAX, Math.max(COMMIT_MS, ms));
    this.#footedAtMs = nowMs;
  }

  /** What the library has written so far goes to the file. */
  async #handOver(): Promise<void> {
    const bytes = this.#bytes.getBytes();
    await this.#file.write(bytes, this.#size);
    this.#size += bytes.length;
    this.#bytes.index = 0;
  }
}

/** What the footer at the position tells. Undefined where the file ends before it, which `openAt` puts into words. */
async function footerAt(
  path: string,
  files: Files,
  position: string,
  schema: readonly SchemaElement[],
): Promise<FileMetaData | undefined> {
  const size = /^\d{1,15}$/.test(position) ? Number(position) : undefined;
  if (size === undefined || !(await files.exists(path))) return undefined;
  const { parquetMetadataAsync } = await import('hyparquet');
  const file = await files.open(path, 'read').catch((error: unknown) => {
    throw openingError(path, error);
  });
  try {
    if ((await file.size()) < size) return undefined;
    const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
      return new Uint8Array(await file.read(start, end - start)).buffer;
    };
    const footer = await parquetMetadataAsync({ byteLength: size, slice }).catch(() => undefined);
    if (footer === undefined) throw lostError(path, `it has no footer that ends at byte ${size}`);
    const difference = differenceOf(footer.schema, schema);
    if (difference !== undefined) throw lostError(path, difference);
    return footer;
  } finally {
    await file.close();
  }
}

function bigintOf(cell: Cell): bigint | null {
  return typeof cell === 'number' ? BigInt(cell) : null;
}

/** In words, what a file's columns have that those of this run have not, or the other way round. */
function differenceOf(found: readonly SchemaElement[], wanted: readonly SchemaElement[]): string | undefined {
  const shown = ({ name, type, repetition_type }: SchemaElement) => `${name} ${type} ${repetition_type}`;
  const columns = found.slice(1).map(shown);
  const missing = wanted.slice(1).find((element) => !columns.includes(shown(element)));
  if (missing !== undefined) return `it has no column "${missing.name}" as this run writes it`;
  const extra = found.slice(1).find(({ name }) => !wanted.some((element) => element.name === name));
  if (extra !== undefined) return `this run writes no column "${extra.name}"`;
  return columns.every((text, at) => text === shown(wanted[at + 1]!))
    ? undefined
    : 'its columns stand in another order';
}
