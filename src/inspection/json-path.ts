// JSONPath (RFC 9535) by json-p3, loaded when the first expression needs it.

import { createRequire } from 'node:module';
import type { Lookup } from './json-pointer.ts';
import { fitting, JSON_DEPTH_MAX, JsonRoom } from './json-room.ts';
import { misread, type Written } from './misread.ts';

type Library = typeof import('json-p3');
type Environment = InstanceType<Library['JSONPathEnvironment']>;
type Query = ReturnType<Environment['compile']>;
type Json = Parameters<Query['lazyQuery']>[0];

let environment: Environment | undefined;

/** Synchronous, since options are checked when a run is made; it takes 4 ms, and a run without JSONPath never pays them. */
function loaded(): Environment {
  if (environment === undefined) {
    const { JSONPathEnvironment } = createRequire(import.meta.url)('json-p3') as Library;
    environment = new JSONPathEnvironment({ maxRecursionDepth: JSON_DEPTH_MAX });
  }
  return environment;
}

/**
 * Gives the value where the query can find no more than one (a singular query, RFC 9535 section 2.3.5.1), else the list
 * of all that it finds. Undefined where it finds nothing, or more than has room. Throws OptionError for what is no
 * JSONPath; a lookup throws for JSON that is nested too deep for the library.
 */
export function readPath(path: Written): Lookup {
  const query = compiled(path);
  const singular = query.singularQuery();
  return (json) => (singular ? fitting(query.match(json as Json)?.value) : found(query, json as Json));
}

function compiled(path: Written): Query {
  try {
    return loaded().compile(path.text);
  } catch (error) {
    const { message, token } = error as Error & { token?: { index: number } };
    if (token === undefined) throw error;
    // `unclosed bracket ('$.a[':4)`: the place is told in this room's own way.
    const why = message.replace(/ \('.*$/s, '');
    throw misread(
      path,
      token.index,
      `no JSONPath (${why})`,
      'write it as $.items[*].id or $..name (RFC 9535)',
    );
  }
}

/** Lazily: the eager search passes its findings as arguments, and fails above a hundred thousand of them. */
function found(query: Query, json: Json): unknown[] | undefined {
  const room = new JsonRoom();
  const values: unknown[] = [];
  for (const { value } of query.lazyQuery(json)) {
    if (!room.take(value)) return undefined;
    values.push(value);
  }
  return values.length === 0 ? undefined : values;
}
