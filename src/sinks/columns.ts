// Records as rows of typed columns, for tables: Parquet, SQLite, PostgreSQL. The names are those of CSV. Never writes
// them anywhere.

import type { Attempt, Failure, Outcome, Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { BodyFiles } from './body-files.ts';
import { bodyColumns, TIMING_COLUMNS } from './column-names.ts';
import { decimals } from './json-text.ts';
import { headersJson, valueJson } from './record.ts';
import type { RecordOptions } from './record-sink.ts';
import { type BodyForm, showBody } from './shown-body.ts';

/** `int64` is for counts that may pass 2³¹; as a number it is exact up to 2⁵³. */
export type ColumnType = 'int64' | 'int32' | 'double' | 'text';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** False: every record has it. */
  readonly nullable: boolean;
}

/** A number in a column of numbers, a string in one of text; null where the record has nothing to say. */
export type Cell = string | number | null;
export type Row = readonly Cell[];

export interface TableOptions extends RecordOptions {
  /** Names of the fields that are extracted from responses: a column each. */
  readonly extracted?: readonly string[];
  /** A column for the redirects that were followed, as JSON. */
  readonly redirects?: boolean;
  /** A column for what came of earlier attempts, as JSON. */
  readonly history?: boolean;
}

/** Columns depend on the options alone: every row of a table has the same ones. */
export class RowFormat {
  readonly columns: readonly Column[];
  readonly #options: TableOptions;
  readonly #form: BodyForm;
  readonly #bodyColumns: readonly string[];
  readonly #extracted: readonly string[];

  constructor(options: TableOptions) {
    this.#options = options;
    this.#extracted = options.extracted ?? [];
    this.#form = options.body instanceof BodyFiles ? 'files' : options.body;
    this.#bodyColumns = bodyColumns(this.#form);
    this.columns = this.#all();
  }

  /** `bodyFile`: where the body was stored, for the form `files`. */
  row(outcome: Outcome, bodyFile = ''): Row {
    if (outcome.type === 'failure') return this.#failure(outcome);
    return outcome.duplicateOf === undefined ? this.#response(outcome, bodyFile) : this.#duplicate(outcome);
  }

  #all(): Column[] {
    const { headers, timings, duplicates, redirects, history } = this.#options;
    return [
      column('index', 'int64', false),
      column('id', 'text'),
      column('url', 'text', false),
      column('method', 'text', false),
      column('status', 'int32'),
      column('ms', 'double', false),
      column('bytes', 'int64'),
      column('attempts', 'int32', false),
      ...texts(this.#bodyColumns),
      ...texts(['error_phase', 'error_kind', 'error_message', 'error_sent']),
      ...texts(headers ? ['headers'] : []),
      ...(timings ? TIMING_COLUMNS.map((name) => column(name, 'double')) : []),
      ...(duplicates === true ? [column('duplicate_of', 'int64')] : []),
      ...texts(redirects ? ['redirects'] : []),
      ...texts(history ? ['history'] : []),
      ...texts(this.#extracted.map((name) => `extracted_${name}`)),
    ];
  }

  #response(response: Response, bodyFile: string): Row {
    const { request } = response;
    const { headers, timings } = this.#options;
    const row: Cell[] = [
      response.index,
      idCell(response.id),
      request.askedUrl,
      response.method,
      response.status,
      rounded(response.ms),
      response.bytes,
      response.attempts,
    ];
    this.#pushBody(row, response, bodyFile);
    row.push(null, null, null, null);
    if (headers) row.push(headersJson(response.headers));
    if (timings) pushTimings(row, response);
    this.#pushDuplicateOf(row, response);
    this.#pushChain(row, request, response.history);
    for (const name of this.#extracted) row.push(extractedCell(response.extracted?.[name]));
    return row;
  }

  /** All else stands in the row of the one that was sent. */
  #duplicate(response: Response): Row {
    const { headers, timings } = this.#options;
    const { index, id, request, method, status } = response;
    const row: Cell[] = [index, idCell(id), request.askedUrl, method, status, 0, 0, 0];
    for (const _ of this.#bodyColumns) row.push(null);
    row.push(null, null, null, null);
    if (headers) row.push(null);
    if (timings) for (const _ of TIMING_COLUMNS) row.push(null);
    this.#pushDuplicateOf(row, response);
    this.#pushChain(row, undefined, undefined);
    for (const _ of this.#extracted) row.push(null);
    return row;
  }

  #pushDuplicateOf(row: Cell[], { duplicateOf }: Outcome): void {
    if (this.#options.duplicates === true) row.push(duplicateOf ?? null);
  }

  #failure(failure: Failure): Row {
    const { headers, timings } = this.#options;
    const { index, id, url, method, ms, attempts, phase, kind, message, sent } = failure;
    const row: Cell[] = [index, idCell(id), url, method, null, rounded(ms), null, attempts];
    for (const _ of this.#bodyColumns) row.push(null);
    row.push(phase, kind, message, sent);
    if (headers) row.push(null);
    if (timings) for (const _ of TIMING_COLUMNS) row.push(null);
    this.#pushDuplicateOf(row, failure);
    this.#pushChain(row, undefined, failure.history);
    for (const _ of this.#extracted) row.push(null);
    return row;
  }

  #pushBody(row: Cell[], response: Response, bodyFile: string): void {
    const form = this.#form;
    if (form === 'none') return;
    if (form === 'files') {
      row.push(bodyFile === '' ? null : bodyFile);
      return;
    }
    const { as, text } = showBody(response, form);
    for (const name of this.#bodyColumns) {
      if (name === 'body') row.push(as === 'json' || as === 'text' ? text : null);
      else if (name === 'body_base64') row.push(as === 'base64' ? text : null);
      else row.push(as === 'error' ? text : null);
    }
  }

  /** What led to the outcome: redirects, then attempts. */
  #pushChain(row: Cell[], request: Request | undefined, history: readonly Attempt[] | undefined): void {
    if (this.#options.redirects) {
      const hops = request?.hops ?? [];
      row.push(
        hops.length === 0 ? null : valueJson(hops.map(({ status, location }) => ({ status, location }))),
      );
    }
    if (this.#options.history) row.push(history === undefined ? null : valueJson(history.map(attemptShown)));
  }
}

function column(name: string, type: ColumnType, nullable = true): Column {
  return { name, type, nullable };
}

function texts(names: readonly string[]): Column[] {
  return names.map((name) => column(name, 'text'));
}

function pushTimings(row: Cell[], { timings }: Response): void {
  const { queueMs, dnsMs, connectMs, tlsMs, firstByteMs } = timings;
  row.push(rounded(queueMs), rounded(dnsMs), rounded(connectMs), rounded(tlsMs), rounded(firstByteMs));
}

/** The number that JSON Lines would have, without going through text. */
function rounded(ms: number): number {
  const thousandths = Math.round(ms * 1000);
  return thousandths > 0 ? thousandths / 1000 : 0;
}

function idCell(id: string | number | undefined): Cell {
  return id === undefined ? null : String(id);
}

/** Text as it is; what is not there is null; all else as JSON. */
function extractedCell(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : valueJson(value);
}

function attemptShown({ status, error, ms, waitMs }: Attempt): Attempt {
  const times = { ms: Number(decimals(ms)), waitMs: Number(decimals(waitMs)) };
  return { ...(status === undefined ? {} : { status }), ...(error === undefined ? {} : { error }), ...times };
}
