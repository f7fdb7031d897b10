// Records as rows of a PostgreSQL table, by COPY, a transaction for each batch. A table may hold many runs: a run adds
// rows under a number of its own (`flurry_run`) and never touches those of another one.
//
// `flurry_seq` numbers the rows of a run in the order of the writes; a position is a run and the last of its numbers.

import type { Clock } from '../model/contracts.ts';
import {
  type Cell,
  type Column,
  type ColumnType,
  type Row,
  RowFormat,
  type TableOptions,
} from './columns.ts';
import { OutputError } from './output-error.ts';
import type { FileTools } from './output-file.ts';
import { lostError } from './positioned-file.ts';
import { connect, type PostgresConnection, type PostgresLibraries } from './postgres-connection.ts';
import { type PostgresTarget, targetOf } from './postgres-target.ts';
import type { RecordSink } from './record-sink.ts';
import { TableSink, type TableStore } from './table-sink.ts';

/** Each batch waits for the disk of the server once. */
const BATCH = { items: 5000, bytes: 1024 * 1024, waitMs: 200, waiting: 4 };

const LOCK_MS_MAX = 10_000;
/** SQLSTATE of a lock that was not given in time. */
const LOCK_NOT_AVAILABLE = '55P03';
/** Of the run's random digits, as many as a lock's number has room for. */
const LOCK_DIGITS = 15;

const TYPES = {
  int64: 'bigint',
  int32: 'integer',
  double: 'double precision',
  text: 'text',
} as const satisfies Record<ColumnType, string>;

/** `path`: `postgres://user:password@host/database?table=records`. Rejects with an OutputError of one line. */
export async function openPostgres(
  path: string,
  options: TableOptions,
  tools: FileTools,
): Promise<RecordSink> {
  const { store, format } = await openPostgresStore(path, options, tools);
  return new TableSink(store, format, tools.clock);
}

/** What is behind the sink. `libraries`: where they come from, unless installed beside flurry. */
export async function openPostgresStore(
  path: string,
  options: TableOptions,
  { clock, position }: FileTools,
  libraries?: PostgresLibraries,
): Promise<{ store: TableStore<Batch>; format: RowFormat }> {
  const target = targetOf(path);
  const from = position === undefined ? { run: newRun(clock), rows: 0 } : placeOf(target, position);
  const format = new RowFormat(options);
  const connection = await connect(target, libraries);
  try {
    await claim(connection, target, from);
    if (position === undefined) await makeTable(connection, target, format.columns);
    await checkColumns(connection, target, format.columns);
    if (position !== undefined) await cutBack(connection, target, from);
    return { store: new PostgresStore(connection, target, format.columns, from), format };
  } catch (error) {
    await connection.close().catch(() => {});
    throw error;
  }
}

interface Place {
  readonly run: string;
  /** How many rows of the run are stored. */
  readonly rows: number;
}

/** A UUID of version 7 (RFC 9562 section 5.7): a later run has a greater one, and no two have the same. */
function newRun(clock: Clock): string {
  const ms = Math.floor(clock.wall()).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

function placeOf({ shown }: PostgresTarget, position: string): Place {
  const [, run, rows] = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}):(\d{1,15})$/.exec(position) ?? [];
  if (run !== undefined && rows !== undefined) return { run, rows: Number(rows) };
  throw lostError(shown, `the journal names no row of it, but ${JSON.stringify(position)}`);
}

/**
 * As long as this connection lives, nobody else adds to the run. Above all not the server itself, which may yet store
 * the last batch of a process that was killed: a resumed run that did not wait for it would store those rows twice.
 */
async function claim(
  connection: PostgresConnection,
  { shown }: PostgresTarget,
  { run }: Place,
): Promise<void> {
  const key = BigInt(`0x${run.replaceAll('-', '').slice(-LOCK_DIGITS)}`).toString();
  await connection.query(`SET lock_timeout = ${LOCK_MS_MAX}`);
  await connection.query('SELECT pg_advisory_lock($1)', [key]).catch((error: OutputError) => {
    if (error.code !== LOCK_NOT_AVAILABLE) throw error;
    const advice = 'end the process that does, or wait for it';
    throw new OutputError(`cannot go on with ${shown}: something still writes to it; ${advice}`, error.cause);
  });
  await connection.query('RESET lock_timeout');
}

async function makeTable(
  connection: PostgresConnection,
  { table }: PostgresTarget,
  columns: readonly Column[],
): Promise<void> {
  const lines = columns.map(({ name, type, nullable }) => {
    return `${quotedName(name)} ${TYPES[type]}${nullable ? '' : ' NOT NULL'}`;
  });
  // Asked first, since even IF NOT EXISTS wants the right to create.
  const [row] = await connection.query('SELECT to_regclass($1) IS NOT NULL AS is', [table]);
  if (row?.['is'] === true) return;
  // Without a key: one makes COPY take half as long again, for a search that only a resumed run does, once.
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${table} (flurry_run uuid NOT NULL, flurry_seq bigint NOT NULL, ${lines.join(', ')})`,
  );
}

/** A table with other columns would be found out only by the first batch. It may have more of them. */
async function checkColumns(
  connection: PostgresConnection,
  { table, shown }: PostgresTarget,
  columns: readonly Column[],
): Promise<void> {
  const rows = await connection.query(
    'SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute ' +
      'WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
    [table],
  );
  if (rows.length === 0) throw lostError(shown, 'the table is gone');
  const found = new Set(rows.map(({ name, type }) => `${name} ${type}`));
  const wanted = [
    ['flurry_run', 'uuid'],
    ['flurry_seq', 'bigint'],
  ].concat(columns.map(({ name, type }) => [storedName(name), TYPES[type]]));
  const missing = wanted.find(([name, type]) => !found.has(`${name} ${type}`));
  if (missing === undefined) return;
  const what = `its table has no column "${missing[0]}" of type ${missing[1]}, as this run has`;
  throw new OutputError(`cannot write to ${shown}: ${what}; name another one with ?table=`, undefined);
}

async function cutBack(
  connection: PostgresConnection,
  { table, shown }: PostgresTarget,
  { run, rows }: Place,
): Promise<void> {
  const last = `SELECT coalesce(max(flurry_seq), 0) AS rows FROM ${table} WHERE flurry_run = $1`;
  const [row] = await connection.query(last, [run]);
  const found = Number(row?.['rows']);
  if (found < rows) throw lostError(shown, `it has ${found} rows of this run, of ${rows} that it had stored`);
  await connection.query(`DELETE FROM ${table} WHERE flurry_run = $1 AND flurry_seq > $2`, [run, rows]);
}

/** Lines of COPY's text format. As bytes from the start: strings that wait cost twice as much, most of it for the GC. */
export interface Batch {
  bytes: Buffer;
  length: number;
  rows: number;
}

/** A batch of few rows; for more it grows. */
const BATCH_BYTES = 64 * 1024;
/** UTF-8 needs three bytes at most for one character of a string. */
const BYTES_PER_CHARACTER_MAX = 3;

class PostgresStore implements TableStore<Batch> {
  readonly name: string;
  readonly limits = BATCH;
  readonly #connection: PostgresConnection;
  readonly #copy: string;
  readonly #run: string;
  /** Where a text goes that holds NUL, which PostgreSQL cannot store. */
  readonly #body: number;
  readonly #base64: number;
  /** The number of the last row that was added, and of the last one that is stored. */
  #seq: number;
  #stored: number;

  constructor(
    connection: PostgresConnection,
    { shown, table }: PostgresTarget,
    columns: readonly Column[],
    { run, rows }: Place,
  ) {
    this.name = shown;
    this.#connection = connection;
    const names = columns.map(({ name }) => quotedName(name)).join(', ');
    this.#copy = `COPY ${table} (flurry_run, flurry_seq, ${names}) FROM STDIN`;
    this.#run = run;
    this.#seq = rows;
    this.#stored = rows;
    this.#body = columns.findIndex(({ name }) => name === 'body');
    this.#base64 = columns.findIndex(({ name }) => name === 'body_base64');
  }

  batch(): Batch {
    return { bytes: Buffer.allocUnsafeSlow(BATCH_BYTES), length: 0, rows: 0 };
  }

  add(row: Row, batch: Batch): void {
    let line = `${this.#run}\t${++this.#seq}`;
    for (const cell of this.#withoutNul(row)) line += `\t${copied(cell)}`;
    line += '\n';
    const needed = batch.length + line.length * BYTES_PER_CHARACTER_MAX;
    if (needed > batch.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * batch.bytes.length, needed));
      batch.bytes.copy(larger, 0, 0, batch.length);
      batch.bytes = larger;
    }
    batch.length += batch.bytes.write(line, batch.length);
    batch.rows++;
  }

  async append({ bytes, length, rows }: Batch): Promise<void> {
    await this.#connection.copy(this.#copy, bytes.subarray(0, length));
    this.#stored += rows;
  }

  /** The server has synced each batch before it said that it has it. */
  async commit(): Promise<string> {
    this.#connection.assertOpen();
    return `${this.#run}:${this.#stored}`;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async abandon(): Promise<void> {
    await this.#connection.close().catch(() => {});
  }

  /** A body that is text with NUL in it goes where one goes that is none, if there is such a column. */
  #withoutNul(row: Row): Row {
    const body = this.#base64 < 0 ? undefined : row[this.#body];
    if (typeof body !== 'string' || !body.includes('\0')) return row;
    return row.with(this.#base64, Buffer.from(body).toString('base64')).with(this.#body, null);
  }
}

const ESCAPED = /[\\\n\r\t\0]/;
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
  // As for all that UTF-8 cannot say: what follows a NUL would be refused otherwise.
  '\0': '\ufffd',
};

/** As COPY's text format has it. */
function copied(cell: Cell): string | number {
  if (cell === null) return '\\N';
  if (typeof cell === 'number' || !ESCAPED.test(cell)) return cell;
  return cell.replace(/[\\\n\r\t\0]/g, (character) => ESCAPES[character]!);
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** PostgreSQL cuts names at 63 bytes, between characters. */
function storedName(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= 63) return name;
  let end = 63;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
