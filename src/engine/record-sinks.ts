// Opens the sinks of records by what their users know: a path, a form, what to show of bodies.

import { systemClock } from '../model/clock.ts';
import type { Clock, Sink } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { openBodyFiles } from '../sinks/body-files.ts';
import { csvSink } from '../sinks/csv.ts';
import { jsonLinesSink } from '../sinks/json-lines.ts';
import { openOutputFile, standardOutput } from '../sinks/output-file.ts';

export interface RecordFileOptions {
  /** Bodies in records; `auto` unless given: JSON where it is JSON, text where it is text, else base64. */
  readonly body?: Settings['recordBody'];
  /** Response header fields too. */
  readonly headers?: boolean;
  /** Milliseconds by phase too. */
  readonly timings?: boolean;
  /** Names of extracted fields: columns of CSV, which must know them before the first record. */
  readonly extracted?: readonly string[];
}

/** Records as JSON Lines to a file, for `run.to(sink)`. Rejects where the file cannot be written. */
export function jsonLines(path: string, options: RecordFileOptions = {}): Promise<Sink> {
  return openRecords(path, 'jsonl', options, systemClock);
}

/** Records as CSV to a file, for `run.to(sink)`. */
export function csv(path: string, options: RecordFileOptions = {}): Promise<Sink> {
  return openRecords(path, 'csv', options, systemClock);
}

/** `-` is standard output. */
export async function openRecords(
  path: string,
  format: 'jsonl' | 'csv',
  options: RecordFileOptions,
  clock: Clock,
): Promise<Sink> {
  const piped = path === '-';
  const file = piped ? standardOutput(clock) : await openOutputFile(path, clock);
  const form = options.body ?? 'auto';
  const body = form === 'files' ? await openBodyFiles(piped ? undefined : path) : form;
  const record = { body, headers: options.headers ?? false, timings: options.timings ?? false };
  return format === 'csv' ? csvSink(file, record, clock, options.extracted) : jsonLinesSink(file, record);
}
