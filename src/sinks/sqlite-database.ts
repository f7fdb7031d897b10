// The SQLite that Node brings (node:sqlite): finding it, the few calls that a sink needs, and its errors in words.
// Knows nothing of records.

import type { Cell, Row } from './columns.ts';
import { OutputError, writingError } from './output-error.ts';

/** What is used of node:sqlite, which the types of Node 20 do not have. */
export interface Sqlite {
  readonly DatabaseSync: new (path: string) => DatabaseSync;
}

interface DatabaseSync {
  exec(sql: string): void;
  prepare(sql: string): StatementSync;
  close(): void;
}

interface StatementSync {
  run(...values: Cell[]): unknown;
  all(): Record<string, unknown>[];
}

/** How long another process may hold the database; the event loop stands still meanwhile. */
const BUSY_MS = 500;

/** Throws an OutputError that says what to use instead where this Node has no SQLite. */
export function loadSqlite(path: string, load: (id: string) => unknown = process.getBuiltinModule): Sqlite {
  // Node 22 calls it experimental on standard error, which tells the user of flurry nothing.
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const sqlite = load('node:sqlite') as Sqlite | undefined;
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  const advice = `take Node 22.13 or newer, or write CSV: -o out.csv, then sqlite3 ${path} '.import --csv out.csv records'`;
  throw new OutputError(`cannot write ${path}: ${process.version} has no SQLite; ${advice}`, undefined);
}

export class Database {
  readonly #database: DatabaseSync;
  #open = true;

  constructor({ DatabaseSync }: Sqlite, path: string) {
    try {
      this.#database = new DatabaseSync(path);
    } catch (error) {
      throw sqliteError(path, error);
    }
    this.#database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  }

  run(sql: string): void {
    this.#database.exec(sql);
  }

  all(sql: string): Record<string, unknown>[] {
    return this.#database.prepare(sql).all();
  }

  prepared(sql: string): (row: Row) => void {
    const statement = this.#database.prepare(sql);
    return (row) => statement.run(...row);
  }

  /**
   * Brings every transaction so far to the disk. In WAL mode that is a sync of one file, which only a transaction
   * under `FULL` makes; this one changes nothing but the header.
   */
  sync(): void {
    this.#database.exec('PRAGMA synchronous = FULL; PRAGMA user_version = 1; PRAGMA synchronous = NORMAL');
  }

  /** Safe to call twice. What is in its log is moved into the file; what is left open is rolled back. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#database.close();
  }
}

/** The primary result codes of SQLite (sqlite.org/rescode.html) that have one of the system for an equal. */
const CODES: Readonly<Record<number, string>> = { 13: 'ENOSPC', 10: 'EIO', 8: 'EACCES', 3: 'EACCES' };

/** In one line, with what to type next. */
export function sqliteError(path: string, cause: unknown): OutputError {
  if (cause instanceof OutputError) return cause;
  const { errcode, message } = cause as { errcode?: unknown; message?: unknown };
  const primary = typeof errcode === 'number' ? errcode & 0xff : undefined;
  switch (primary) {
    case 5:
    case 6:
      return refusal(
        path,
        'another program is writing to it; end that one, or name another file with -o',
        cause,
      );
    case 11:
      return refusal(path, 'the database is damaged; name another file with -o', cause);
    case 26:
      return refusal(path, 'it is no SQLite database; name another file with -o, or remove this one', cause);
    default: {
      const code = primary === undefined ? undefined : CODES[primary];
      return writingError(
        path,
        code === undefined ? cause : Object.assign(new Error(String(message)), { code }),
      );
    }
  }
}

function refusal(path: string, what: string, cause: unknown): OutputError {
  return new OutputError(`cannot write ${path}: ${what}`, cause);
}
