// Records as CSV (RFC 4180, lines ended by LF), in the order in which outcomes are written. Values that a spreadsheet
// would take for formulas are left as they are: records are data.

import type { stringify as Stringify } from 'csv-stringify/sync';
import type { Clock, DurableSink } from '../model/contracts.ts';
import type { Failure, Outcome, Response } from '../model/outcome.ts';
import { BodyFiles } from './body-files.ts';
import { BodyFilesSink } from './body-files-sink.ts';
import type { Committed } from './bytes-taker.ts';
import { bodyColumns, TIMING_COLUMNS } from './column-names.ts';
import { decimals } from './json-text.ts';
import type { OutputFile } from './output-file.ts';
import { headersJson, type RecordFormatOptions, valueJson } from './record.ts';
import { FileSink, type RecordOptions } from './record-sink.ts';
import { showBody } from './shown-body.ts';

/** Rows are formatted many at a time: a call of csv-stringify costs as much as several rows. */
const ROWS_MAX = 256;
/** Characters of bodies in rows that are not formatted yet. */
const ROWS_CHARACTERS_MAX = 64 * 1024;

/**
 * Loads csv-stringify, which runs without CSV never need. The names of the columns are the first line, unless the file
 * has begun; `extracted` are those of the fields that are extracted from responses.
 */
export async function csvSink(
  file: OutputFile,
  options: RecordOptions,
  clock: Clock,
  extracted: readonly string[] = [],
): Promise<DurableSink> {
  const { stringify } = await import('csv-stringify/sync');
  const { body } = options;
  if (!(body instanceof BodyFiles))
    return new Csv(file, new RowFormat({ ...options, body }, extracted), clock, stringify);
  const rows = new Csv(file, new RowFormat({ ...options, body: 'files' }, extracted), clock, stringify);
  return new BodyFilesSink(body, rows);
}

class Csv extends FileSink {
  readonly #format: RowFormat;
  readonly #clock: Clock;
  readonly #stringify: typeof Stringify;
  #rows: string[][];
  #characters = 0;
  #flushComing = false;

  constructor(file: OutputFile, format: RowFormat, clock: Clock, stringify: typeof Stringify) {
    super(file);
    this.#format = format;
    this.#clock = clock;
    this.#stringify = stringify;
    this.#rows = file.begun ? [] : [format.columns()];
  }

  write(outcome: Outcome, bodyFile = ''): void {
    this.file.assertOpen();
    this.#rows.push(this.#format.row(outcome, bodyFile));
    if (outcome.type === 'response') this.#characters += outcome.body.length;
    if (this.#rows.length >= ROWS_MAX || this.#characters >= ROWS_CHARACTERS_MAX) this.#flush();
    else if (!this.#flushComing) this.#flushAfterThisTurn();
  }

  override commit(durability: Committed): Promise<string> {
    this.#flush();
    return super.commit(durability);
  }

  override close(): Promise<void> {
    this.#flush();
    return super.close();
  }

  /** What one turn of the event loop brought is one batch. */
  #flushAfterThisTurn(): void {
    this.#flushComing = true;
    this.#clock.afterPoll(() => {
      this.#flushComing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#rows.length === 0) return;
    this.file.write(this.#stringify(this.#rows));
    this.#rows = [];
    this.#characters = 0;
  }
}

/** Columns depend on the options alone: every line of a file has the same ones. */
class RowFormat {
  readonly #options: RecordFormatOptions;
  readonly #bodyColumns: readonly string[];
  readonly #extracted: readonly string[];

  constructor(options: RecordFormatOptions, extracted: readonly string[]) {
    this.#options = options;
    this.#extracted = extracted;
    this.#bodyColumns = bodyColumns(options.body);
  }

  columns(): string[] {
    const { headers, timings, duplicates } = this.#options;
    return [
      ...['index', 'id', 'url', 'method', 'status', 'ms', 'bytes', 'attempts'],
      ...this.#bodyColumns,
      ...['error_phase', 'error_kind', 'error_message', 'error_sent'],
      ...(headers ? ['headers'] : []),
      ...(timings ? TIMING_COLUMNS : []),
      ...(duplicates === true ? ['duplicate_of'] : []),
      ...this.#extracted.map((name) => `extracted_${name}`),
    ];
  }

  row(outcome: Outcome, bodyFile: string): string[] {
    if (outcome.type === 'failure') return this.#failure(outcome);
    return outcome.duplicateOf === undefined ? this.#response(outcome, bodyFile) : this.#duplicate(outcome);
  }

  #response(response: Response, bodyFile: string): string[] {
    const row = [
      ...identity(response),
      String(response.status),
      decimals(response.ms),
      String(response.bytes),
      String(response.attempts),
    ];
    this.#pushBody(row, response, bodyFile);
    row.push('', '', '', '');
    if (this.#options.headers) row.push(headersJson(response.headers));
    if (this.#options.timings) {
      const { queueMs, dnsMs, connectMs, tlsMs, firstByteMs } = response.timings;
      for (const ms of [queueMs, dnsMs, connectMs, tlsMs, firstByteMs]) row.push(decimals(ms));
    }
    if (this.#options.duplicates === true) row.push('');
    for (const name of this.#extracted) row.push(cell(response.extracted?.[name]));
    return row;
  }

  /** All else stands in the row of the one that was sent. */
  #duplicate(response: Response): string[] {
    const { headers, timings } = this.#options;
    const row = [...identity(response), String(response.status), '0', '0', '0'];
    for (const _ of this.#bodyColumns) row.push('');
    row.push('', '', '', '');
    if (headers) row.push('');
    if (timings) for (const _ of TIMING_COLUMNS) row.push('');
    this.#pushDuplicateOf(row, response);
    for (const _ of this.#extracted) row.push('');
    return row;
  }

  #pushDuplicateOf(row: string[], { duplicateOf }: Outcome): void {
    if (this.#options.duplicates === true) row.push(duplicateOf === undefined ? '' : String(duplicateOf));
  }

  #failure(failure: Failure): string[] {
    const { headers, timings } = this.#options;
    const row = [...identity(failure), '', decimals(failure.ms), '', String(failure.attempts)];
    for (const _ of this.#bodyColumns) row.push('');
    row.push(failure.phase, failure.kind, failure.message, failure.sent);
    if (headers) row.push('');
    if (timings) for (const _ of TIMING_COLUMNS) row.push('');
    this.#pushDuplicateOf(row, failure);
    for (const _ of this.#extracted) row.push('');
    return row;
  }

  #pushBody(row: string[], response: Response, bodyFile: string): void {
    const form = this.#options.body;
    if (form === 'none') return;
    if (form === 'files') {
      row.push(bodyFile);
      return;
    }
    const { as, text } = showBody(response, form);
    for (const column of this.#bodyColumns) {
      if (column === 'body') row.push(as === 'json' || as === 'text' ? text : '');
      else if (column === 'body_base64') row.push(as === 'base64' ? text : '');
      else row.push(as === 'error' ? text : '');
    }
  }
}

/** Text as it is; what is not there is empty, as everywhere in a row; all else as JSON. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : valueJson(value);
}

function identity(outcome: Outcome): string[] {
  const { index, id, method } = outcome;
  const url = outcome.type === 'response' ? outcome.request.askedUrl : outcome.url;
  return [String(index), id === undefined ? '' : String(id), url, method];
}
