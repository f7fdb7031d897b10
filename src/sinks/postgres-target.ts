// Where records go in PostgreSQL: what a URL says of the server and the table, and how it is shown without the password.
// Connects to nothing.

import { OutputError } from './output-error.ts';

export interface PostgresTarget {
  /** For the library: the URL without what is flurry's. */
  readonly connectionString: string;
  /** The URL as messages have it. */
  readonly shown: string;
  /** Quoted for SQL, with its schema where one was named. */
  readonly table: string;
  /** In no message: as in the URL, and decoded. */
  readonly secrets: readonly string[];
}

const DEFAULT_TABLE = 'records';

/** Throws an OutputError that does not repeat what cannot be read: a password may be in it. */
export function targetOf(url: string): PostgresTarget {
  if (!URL.canParse(url)) throw unreadable();
  const parsed = new URL(url);
  const named = parsed.searchParams.get('table') ?? DEFAULT_TABLE;
  const parts = named.split('.');
  if (parts.length > 2 || parts.includes('')) throw unreadable();
  const secrets = [parsed.password, parsed.searchParams.get('password') ?? '']
    .flatMap((secret) => [secret, decoded(secret)])
    .filter((secret) => secret !== '');
  parsed.searchParams.delete('table');
  const user = parsed.username === '' ? '' : `${parsed.username}@`;
  return {
    connectionString: parsed.href,
    shown: `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}?table=${named}`,
    table: parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.'),
    secrets,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unreadable(): OutputError {
  const form = 'postgres://user:password@host/database?table=records';
  const message = `cannot write to PostgreSQL: the URL cannot be read; write it as ${form}, with special characters as %40`;
  return new OutputError(message, undefined);
}
