// Records out of a file or standard input, one after another, whatever form they have: JSON Lines or CSV, packed or not,
// told by how they begin. Holds one line and one chunk at a time. What is no record is counted.

import { createReadStream } from 'node:fs';
import type { RecordFacts } from '../model/record-facts.ts';
import { byteSize, count } from '../model/text.ts';
import { RecordReader } from '../sinks/record-reader.ts';
import { readProblem } from '../sources/input-problem.ts';
import { LineSplitter } from '../sources/line-splitter.ts';
import type { FileReport } from '../view/record-report.ts';
import { CsvRecordsRead } from './csv-records-read.ts';
import { usage } from './exit-codes.ts';
import type { Surroundings } from './surroundings.ts';
import { packingOf, Unpacking } from './unpacking.ts';

const CHUNK_BYTES = 1024 * 1024;
/** So much is enough to know what it is. */
const START_BYTES = 16;
/** A record may have its body in it. */
export const LINE_BYTES_MAX = 256 * 1024 * 1024;
const LINE_FEED = 10;

export interface RecordInput {
  /** A path, or `-`. */
  readonly path: string;
  readonly each: (record: RecordFacts) => void;
  /** Each record is looked at to its end, as a resumed run does. */
  readonly whole?: boolean;
}

/** Text in portions to records. */
export interface RecordLines {
  readonly records: number;
  readonly otherLines: number;
  readonly firstOther: number | undefined;
  push(chunk: Buffer): void;
  /** Nothing follows. `cut`: the last line has no line feed. */
  finish(cut: boolean): void;
  /** The last line is half a record. */
  readonly torn: boolean;
}

/** Throws Exit for what cannot be read, or is no text of records at all. */
export async function readRecords(input: RecordInput, around: Surroundings): Promise<FileReport> {
  const name = input.path === '-' ? 'standard input' : input.path;
  const bytes =
    input.path === '-' ? around.stdin : createReadStream(input.path, { highWaterMark: CHUNK_BYTES });
  const chunks = named(name, bytes);
  const start = await startOf(chunks);
  const packing = packingOf(start.bytes);
  const unpacking = packing === undefined ? undefined : new Unpacking(packing, name);
  const all = start.all();
  const text = unpacking === undefined ? all : unpacking.unpacked(all);
  const unpackedStart = unpacking === undefined ? start : await startOf(text);
  const lines = await linesOf(unpackedStart.bytes, input, name);
  let last = LINE_FEED;
  for await (const chunk of unpackedStart.all()) {
    if (chunk.length === 0) continue;
    lines.push(chunk);
    last = chunk[chunk.length - 1]!;
  }
  lines.finish(last !== LINE_FEED);
  const { records, otherLines, firstOther } = lines;
  const torn = unpacking?.broken ?? (lines.torn ? 'its last line is not whole' : undefined);
  return { name, records, otherLines, firstOther, torn };
}

async function* named(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of bytes) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } catch (error) {
    throw usage(readProblem(name, error).message);
  }
}

interface Start {
  readonly bytes: Buffer;
  /** Everything, the start included. */
  all(): AsyncGenerator<Buffer>;
}

/** A look at how it begins, and the way to read it nevertheless from there. */
async function startOf(chunks: AsyncGenerator<Buffer>): Promise<Start> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < START_BYTES) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    bytes = bytes.length === 0 ? value : Buffer.concat([bytes, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield bytes;
    yield* chunks;
  }
  return { bytes, all };
}

async function linesOf(start: Buffer, { each, whole }: RecordInput, name: string): Promise<RecordLines> {
  const text = start.toString('latin1');
  if (text.startsWith('PAR1')) throw unreadable(name, 'Parquet', 'read_parquet');
  if (text.startsWith('SQLite format')) throw unreadable(name, 'an SQLite database', 'sqlite_scan');
  if (!/^"?index"?,/.test(text)) return new JsonLinesRead(each, whole === true);
  const { parse } = await import('csv-parse/sync');
  return new CsvRecordsRead(parse, each, name);
}

function unreadable(name: string, what: string, reader: string): Error {
  return usage(
    `${name} is ${what}, and JSON Lines or CSV is read here; DuckDB reads it: duckdb -c "SELECT status, error_kind, count(*) FROM ${reader}('${name}'${reader === 'sqlite_scan' ? ", 'records'" : ''}) GROUP BY ALL"`,
  );
}

class JsonLinesRead implements RecordLines {
  records = 0;
  otherLines = 0;
  firstOther: number | undefined;
  torn = false;
  readonly #lines = new LineSplitter(LINE_BYTES_MAX);
  readonly #reader = new RecordReader();
  readonly #each: (record: RecordFacts) => void;
  readonly #whole: boolean;

  constructor(each: (record: RecordFacts) => void, whole: boolean) {
    this.#each = each;
    this.#whole = whole;
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
    while (this.#lines.next()) this.#line();
  }

  finish(cut: boolean): void {
    this.#lines.finish();
    while (this.#lines.next()) this.#line(cut);
  }

  #line(isLast = false): void {
    const lines = this.#lines;
    const { bytes, start, end, overlong } = lines;
    const reader = this.#reader;
    const isRecord =
      !overlong && (this.#whole ? reader.readWhole(bytes, start, end) : reader.read(bytes, start, end));
    if (isRecord) {
      this.records++;
      this.#each(reader);
      return;
    }
    lines.trim();
    if (lines.start === lines.end) return;
    if (isLast) {
      this.torn = true;
      return;
    }
    this.otherLines++;
    this.firstOther ??= lines.line;
  }

  toString(): string {
    return `${count(this.records)} records, lines of at most ${byteSize(LINE_BYTES_MAX)}`;
  }
}
