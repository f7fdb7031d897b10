// Opens the sinks of records by what their users know: a path, a form, what to show of bodies. Each kind of sink is
// loaded when it is first opened.

import { stat } from 'node:fs/promises';
import { systemClock } from '../model/clock.ts';
import type { Clock, Durability, DurableSink, Files, Sink } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { BodyFiles, openBodyFiles } from '../sinks/body-files.ts';
import { BodyFilesSink } from '../sinks/body-files-sink.ts';
import type { Wrap } from '../sinks/bytes-taker.ts';
import type { TableOptions } from '../sinks/columns.ts';
import { csvSink } from '../sinks/csv.ts';
import { jsonLinesSink } from '../sinks/json-lines.ts';
import { withoutBodies } from '../sinks/no-bodies.ts';
import { OutputError } from '../sinks/output-error.ts';
import { type OutputFile, openOutputDevice, openOutputFile, standardOutput } from '../sinks/output-file.ts';
import type { RecordOptions } from '../sinks/record-sink.ts';
import { SystemFiles } from '../storage/system-files.ts';
import type { SentHeadSettings } from './sent-heads.ts';

export interface RecordFileOptions {
  /** Bodies in records; `auto` unless given: JSON where it is JSON, text where it is text, else base64. */
  readonly body?: Settings['recordBody'];
  /** What files of bodies are called by; `index` unless given. */
  readonly bodyNames?: Settings['bodyNames'];
  /** Response header fields too. */
  readonly headers?: boolean;
  /** Milliseconds by phase too. */
  readonly timings?: boolean;
  /** In CSV and tables, a column for the index of the request that was sent in place of an equal one (the option dedupe). */
  readonly duplicates?: boolean;
  /** Names of extracted fields: columns of CSV and tables, which must know them before the first record. */
  readonly extracted?: readonly string[];
  /** In tables, a column for the redirects that were followed; JSON Lines has them where there are any. */
  readonly redirects?: boolean;
  /** In tables, a column for what came of earlier attempts. */
  readonly history?: boolean;
}

/** Records as JSON Lines to a file, for `run.to(sink)`. Rejects where the file cannot be written. */
export function jsonLines(path: string, options: RecordFileOptions = {}): Promise<Sink> {
  return openRecords(path, kindOf(path, 'jsonl'), options, { clock: systemClock, files: new SystemFiles() });
}

/** Records as CSV to a file, for `run.to(sink)`. */
export function csv(path: string, options: RecordFileOptions = {}): Promise<Sink> {
  return openRecords(path, kindOf(path, 'csv'), options, { clock: systemClock, files: new SystemFiles() });
}

export interface RecordTools {
  readonly clock: Clock;
  readonly files: Files;
  /** Of the commit to go on from; without one the output begins anew. */
  readonly position?: string | undefined;
  /** How far commits will go; files of bodies are remembered for their sync where that is to the disk. */
  readonly durability?: Durability;
  /** The run's own, by which its requests were written; archives write them once more. */
  readonly sent?: SentHeadSettings;
}

/** A place that is no path; it may hold a password. */
const DATABASE_URL = /^postgres(ql)?:\/\//i;

type Opener = (path: string, options: RecordFileOptions, tools: RecordTools) => Promise<DurableSink>;

const OPENERS = {
  jsonl: (path, options, tools) => openText('jsonl', path, options, tools),
  csv: (path, options, tools) => openText('csv', path, options, tools),
  'jsonl.gz': (path, options, tools) => openCompressed('jsonl', 'gzip', path, options, tools),
  'csv.gz': (path, options, tools) => openCompressed('csv', 'gzip', path, options, tools),
  'jsonl.zst': (path, options, tools) => openCompressed('jsonl', 'zstd', path, options, tools),
  'csv.zst': (path, options, tools) => openCompressed('csv', 'zstd', path, options, tools),
  parquet: async (path, options, tools) => {
    const { openParquet } = await import('../sinks/parquet.ts');
    return openTable(openParquet, path, options, tools);
  },
  sqlite: async (path, options, tools) => {
    const { openSqlite } = await import('../sinks/sqlite.ts');
    return openTable(openSqlite, path, options, tools);
  },
  postgres: async (path, options, tools) => {
    const { openPostgres } = await import('../sinks/postgres.ts');
    return openTable(openPostgres, path, options, tools);
  },
  warc: (path, _, tools) => openArchive(false, path, tools),
  'warc.gz': (path, _, tools) => openArchive(true, path, tools),
} as const satisfies Record<string, Opener>;

export type RecordKind = keyof typeof OPENERS;
export const RECORD_KINDS = Object.keys(OPENERS) as readonly RecordKind[];

/** What paths of kinds look like; the first that fits. What none fits is JSON Lines. */
const PATHS: readonly (readonly [path: RegExp, kind: RecordKind])[] = [
  [DATABASE_URL, 'postgres'],
  [/\.csv\.gz$/i, 'csv.gz'],
  [/\.csv\.zst$/i, 'csv.zst'],
  [/\.csv$/i, 'csv'],
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(sqlite3?|db)$/i, 'sqlite'],
  [/\.warc\.gz$/i, 'warc.gz'],
  [/\.warc$/i, 'warc'],
  [/\.gz$/i, 'jsonl.gz'],
  [/\.zst$/i, 'jsonl.zst'],
];

/** By what the path looks like. `format`: the form of records that was asked for in words; the path still says how it is packed. */
export function kindOf(path: string, format: 'auto' | 'jsonl' | 'csv' = 'auto'): RecordKind {
  if (format !== 'auto' && !DATABASE_URL.test(path)) {
    const packed = /\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase() as 'gz' | 'zst' | undefined;
    return packed === undefined ? format : `${format}.${packed}`;
  }
  return PATHS.find(([form]) => form.test(path))?.[1] ?? 'jsonl';
}

/** `-` is standard output. Rejects with an OutputError whose message is one line for people. */
export function openRecords(
  path: string,
  kind: RecordKind,
  options: RecordFileOptions,
  tools: RecordTools,
): Promise<DurableSink> {
  return OPENERS[kind](path, options, tools);
}

async function openCompressed(
  form: 'jsonl' | 'csv',
  compression: 'gzip' | 'zstd',
  path: string,
  options: RecordFileOptions,
  tools: RecordTools,
): Promise<DurableSink> {
  const { compressing } = await import('../sinks/compressed-taker.ts');
  return openText(form, path, options, tools, compressing(compression, path));
}

async function openArchive(compressed: boolean, path: string, tools: RecordTools): Promise<DurableSink> {
  const { openWarc } = await import('../sinks/warc.ts');
  const { sentHeads, PLAIN_HEADS } = await import('./sent-heads.ts');
  const requestHead = sentHeads(tools.sent ?? PLAIN_HEADS);
  return openWarc(path, { compressed, requestHead }, tools);
}

async function openText(
  form: 'jsonl' | 'csv',
  path: string,
  options: RecordFileOptions,
  tools: RecordTools,
  wrap?: Wrap,
): Promise<DurableSink> {
  const file = await openFile(path, tools, wrap);
  const record = await recordOptions(path, options, tools);
  const sink =
    form === 'csv'
      ? await csvSink(file, record, tools.clock, options.extracted)
      : jsonLinesSink(file, record);
  return record.body === 'none' ? withoutBodies(sink) : sink;
}

/** Tables take where bodies were stored, and leave storing them to who stands before them. */
async function openTable(
  open: (path: string, options: TableOptions, tools: RecordTools) => Promise<DurableSink>,
  path: string,
  options: RecordFileOptions,
  tools: RecordTools,
): Promise<DurableSink> {
  const record = await recordOptions(path, options, tools);
  const { extracted = [], redirects = false, history = false } = options;
  const sink = await open(path, { ...record, extracted, redirects, history }, tools);
  if (record.body === 'none') return withoutBodies(sink);
  return record.body instanceof BodyFiles ? new BodyFilesSink(record.body, sink) : sink;
}

async function recordOptions(
  path: string,
  options: RecordFileOptions,
  { files, durability }: RecordTools,
): Promise<RecordOptions> {
  const form = options.body ?? 'auto';
  const beside = path === '-' || DATABASE_URL.test(path) ? undefined : path;
  const syncedBy = durability === 'power' ? files : undefined;
  const terms = { names: options.bodyNames ?? 'index', syncedBy };
  const body = form === 'files' ? await openBodyFiles(beside, terms) : form;
  const { headers = false, timings = false, duplicates = false } = options;
  return { body, headers, timings, duplicates };
}

async function openFile(path: string, tools: RecordTools, wrap?: Wrap): Promise<OutputFile> {
  const named = path !== '-' && !(await isDevice(path));
  if (named) return openOutputFile(path, tools, wrap);
  if (tools.position !== undefined) {
    const name = path === '-' ? 'standard output' : path;
    throw new OutputError(
      `cannot go on with ${name}: only files can be gone back in; name one with -o`,
      undefined,
    );
  }
  return path === '-' ? standardOutput(tools.clock) : openOutputDevice(path, tools.clock, wrap);
}

/** A named pipe, a terminal: what can be written to but has no places, so that no run can go on with it. */
export async function isDevice(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFIFO() || found.isCharacterDevice() || found.isSocket();
  } catch {
    // Nothing there yet, or whoever opens it will say why it cannot.
    return false;
  }
}
