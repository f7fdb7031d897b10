// One connection to PostgreSQL, through the packages pg and pg-copy-streams: queries, COPY, and errors in words that
// hold no password. It connects once and never again: what came of a broken transaction is asked of the server only
// when the run is resumed.

import type { Client, ClientConfig } from 'pg';
import type { from } from 'pg-copy-streams';
import { OutputError, writingError } from './output-error.ts';
import type { PostgresTarget } from './postgres-target.ts';

export interface PostgresLibraries {
  pg(): Promise<{ readonly default: { readonly Client: new (config: ClientConfig) => Client } }>;
  copyStreams(): Promise<{ readonly from: typeof from }>;
}

const INSTALLED: PostgresLibraries = {
  pg: () => import('pg'),
  copyStreams: () => import('pg-copy-streams'),
};

const CONNECT_MS_MAX = 10_000;
/** SQLSTATE of a server whose disk is full. */
const DISK_FULL = '53100';

/** Rejects with an OutputError of one line: no packages, no server, no such user or database. */
export async function connect(target: PostgresTarget, libraries = INSTALLED): Promise<PostgresConnection> {
  const [{ default: pg }, { from }] = await load(target, libraries);
  try {
    const client = new pg.Client({
      connectionString: target.connectionString,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      application_name: 'flurry',
      keepAlive: true,
    });
    const connection = new PostgresConnection(client, from, target);
    await client.connect();
    return connection;
  } catch (error) {
    throw postgresError(target, error);
  }
}

async function load({ shown }: PostgresTarget, libraries: PostgresLibraries) {
  try {
    return await Promise.all([libraries.pg(), libraries.copyStreams()]);
  } catch (error) {
    const advice =
      'install them with: npm install pg pg-copy-streams (and -g where flurry was installed with it)';
    throw new OutputError(
      `cannot write to ${shown}: it needs the packages pg and pg-copy-streams; ${advice}`,
      error,
    );
  }
}

export class PostgresConnection {
  readonly #client: Client;
  readonly #from: typeof from;
  readonly #target: PostgresTarget;
  /** Why there is no connection any more. */
  #lost: Error | undefined;
  #onLost: ((error: Error) => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: Client, copyFrom: typeof from, target: PostgresTarget) {
    this.#client = client;
    this.#from = copyFrom;
    this.#target = target;
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(new Error('the server has closed the connection')));
  }

  /** Throws where the connection is lost, though nothing is under way. */
  assertOpen(): void {
    if (this.#lost !== undefined) throw postgresError(this.#target, this.#lost);
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    this.assertOpen();
    try {
      const { rows } = await this.#client.query<Record<string, unknown>>(sql, [...values]);
      return rows;
    } catch (error) {
      throw postgresError(this.#target, error);
    }
  }

  /** A transaction of its own: all of the lines, or none. */
  async copy(sql: string, lines: Uint8Array): Promise<void> {
    this.assertOpen();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onLost = reject;
        const stream = this.#client.query(this.#from(sql));
        stream.on('error', reject);
        stream.on('finish', resolve);
        stream.end(lines);
      });
    } catch (error) {
      throw postgresError(this.#target, error);
    } finally {
      this.#onLost = undefined;
    }
  }

  /** Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#lost === undefined ? this.#client.end() : Promise.resolve();
    return this.#closing;
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#onLost?.(this.#lost);
  }
}

/** In one line, with what to type next, and without the password. */
export function postgresError(target: PostgresTarget, cause: unknown): OutputError {
  if (cause instanceof OutputError) return cause;
  const { code } = cause as { code?: unknown };
  const said = textOf(cause, target);
  // Not the cause itself: what a library keeps in its errors is its own affair.
  const shown = Object.assign(new Error(said), { code: code === DISK_FULL ? 'ENOSPC' : code });
  if (code === DISK_FULL) return writingError(target.shown, shown);
  const what = adviceFor(typeof code === 'string' ? code : '', said);
  return new OutputError(`cannot write to ${target.shown}: ${what}`, shown);
}

/** Codes of the system, and SQLSTATE (PostgreSQL's documentation, appendix A). */
function adviceFor(code: string, said: string): string {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return 'no server answers there; start it, or correct the host and port of the URL';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${said}; correct the host of the URL`;
    case '28P01':
    case '28000':
      return `${said}; correct the user and password of the URL, or set PGPASSWORD`;
    case '3D000':
      return `${said}; make it with createdb, or correct the URL`;
    case '42501':
      return `${said}; grant it, or name another table with ?table=`;
    case '3F000':
      return `${said}; make it, or name another table with ?table=`;
    default:
      return `${said}; once that is mended, the same command goes on`;
  }
}

/** Errors of several addresses have no message of their own. */
function textOf(cause: unknown, { secrets }: PostgresTarget): string {
  const { message, code } = cause as { message?: unknown; code?: unknown };
  const text = String(message || code || cause).replace(/\s+/g, ' ');
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
