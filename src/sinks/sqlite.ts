// Records as the table `records` of a SQLite database: a row each, in the order of the writes, a transaction for each
// batch. It uses the SQLite that Node brings and does nothing to a database that has another table than its own.

import { dirname } from 'node:path';
import type { Files } from '../model/contracts.ts';
import type { Committed } from './bytes-taker.ts';
import { type Column, type ColumnType, type Row, RowFormat, type TableOptions } from './columns.ts';
import { OutputError, openingError } from './output-error.ts';
import type { FileTools } from './output-file.ts';
import { lostError } from './positioned-file.ts';
import type { RecordSink } from './record-sink.ts';
import { Database, loadSqlite, sqliteError } from './sqlite-database.ts';
import { TableSink, type TableStore } from './table-sink.ts';

export const TABLE = 'records';

/** A batch blocks the event loop while it is inserted: about a millisecond. More rows of it would not be cheaper each. */
const BATCH = { items: 500, bytes: 1024 * 1024, waitMs: 200, waiting: 4 };

const TYPES = { int64: 'INTEGER', int32: 'INTEGER', double: 'REAL', text: 'TEXT' } as const satisfies Record<
  ColumnType,
  string
>;

/** Rejects with an OutputError of one line, also where this Node has no SQLite. */
export async function openSqlite(path: string, options: TableOptions, tools: FileTools): Promise<RecordSink> {
  const { store, format } = await openSqliteStore(path, options, tools);
  return new TableSink(store, format, tools.clock);
}

/** What is behind the sink. */
export async function openSqliteStore(
  path: string,
  options: TableOptions,
  { files, position }: FileTools,
): Promise<{ store: TableStore<Row[]>; format: RowFormat }> {
  const sqlite = loadSqlite(path);
  const format = new RowFormat(options);
  const from = position === undefined ? undefined : rowsOf(path, position);
  if (from !== undefined && !(await files.exists(path))) throw lostError(path, 'the file is gone');
  // The system says what is wrong with a path, where SQLite has one word for all.
  const file = await files.open(path, 'update').catch((error: unknown) => {
    throw openingError(path, error);
  });
  await file.close();
  const database = new Database(sqlite, path);
  try {
    prepare(database, path, format.columns);
    if (from === undefined) database.run(`DELETE FROM ${TABLE}`);
    else cutBack(database, path, from);
    return { store: new SqliteStore(path, database, format.columns, files, from ?? 0), format };
  } catch (error) {
    database.close();
    throw error instanceof OutputError ? error : sqliteError(path, error);
  }
}

/** Nothing of a database is changed before it is known to be empty or our own. */
function prepare(database: Database, path: string, columns: readonly Column[]): void {
  const tables = database.all("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
  if (tables.length > 0 && !tables.includes(TABLE)) {
    throw foreignError(path, `it is a database without a table ${TABLE}`);
  }
  const found = database.all(`PRAGMA table_info(${TABLE})`).map(({ name, type }) => `${name} ${type}`);
  const wanted = columns.map(({ name, type }) => `${name} ${TYPES[type]}`);
  const missing = wanted.find((column) => !found.includes(column));
  if (found.length > 0 && (missing !== undefined || found.length !== wanted.length)) {
    const extra = found.find((column) => !wanted.includes(column));
    const what = missing === undefined ? `the column ${extra}, which` : `no column ${missing}, as`;
    const has = `its table ${TABLE} has ${what} this run ${missing === undefined ? 'has not' : 'has'}`;
    throw foreignError(path, has);
  }
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA synchronous = NORMAL');
  if (found.length === 0) {
    const lines = columns.map(({ name, type, nullable }) => {
      return `${quotedName(name)} ${TYPES[type]}${nullable ? '' : ' NOT NULL'}`;
    });
    // No index: one on "index" costs 30 % where requests go out in order, and seven times as much as all else where
    // they are shuffled. Who wants it makes it when the run is over.
    database.run(`CREATE TABLE ${TABLE} (${lines.join(', ')})`);
  }
}

function cutBack(database: Database, path: string, rows: number): void {
  const [last] = database.all(`SELECT coalesce(max(rowid), 0) AS rows FROM ${TABLE}`);
  const found = Number(last?.['rows']);
  if (found < rows) throw lostError(path, `it has ${found} rows, of ${rows} that the last run had stored`);
  database.run(`DELETE FROM ${TABLE} WHERE rowid > ${rows}`);
}

/** SQLite numbers rows one by one as they come, after the greatest number that there is. */
class SqliteStore implements TableStore<Row[]> {
  readonly name: string;
  readonly limits = BATCH;
  readonly #database: Database;
  readonly #files: Files;
  readonly #insert: (row: Row) => void;
  #rows: number;
  #nameSynced = false;

  constructor(path: string, database: Database, columns: readonly Column[], files: Files, rows: number) {
    this.name = path;
    this.#database = database;
    this.#files = files;
    this.#rows = rows;
    const names = columns.map(({ name }) => quotedName(name)).join(', ');
    const values = columns.map(() => '?').join(', ');
    this.#insert = database.prepared(`INSERT INTO ${TABLE} (${names}) VALUES (${values})`);
  }

  batch(): Row[] {
    return [];
  }

  add(row: Row, batch: Row[]): void {
    batch.push(row);
  }

  append(batch: Row[]): Promise<void> {
    return this.#does(() => {
      this.#database.run('BEGIN');
      for (const row of batch) this.#insert(row);
      this.#database.run('COMMIT');
      this.#rows += batch.length;
    });
  }

  async commit(durability: Committed): Promise<string> {
    if (durability === 'power') {
      await this.#does(() => this.#database.sync());
      if (!this.#nameSynced) await this.#files.syncFolder(dirname(this.name));
      this.#nameSynced = true;
    }
    return String(this.#rows);
  }

  close(): Promise<void> {
    return this.#does(() => this.#database.close());
  }

  async abandon(): Promise<void> {
    this.#database.close();
  }

  async #does(action: () => void): Promise<void> {
    try {
      action();
    } catch (error) {
      throw sqliteError(this.name, error);
    }
  }
}

function rowsOf(path: string, position: string): number {
  if (/^\d{1,15}$/.test(position)) return Number(position);
  throw lostError(path, `the journal names no row of it, but ${JSON.stringify(position)}`);
}

function foreignError(path: string, what: string): OutputError {
  const advice = 'name another file with -o, or remove this one';
  return new OutputError(`cannot write ${path}: ${what}; ${advice}`, undefined);
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
