// What curl's users type about requests (-H -d --json) as the engine takes it.

import { EMPTY_HEADERS, type HeaderValue } from '../model/header-block.ts';
import { InvalidRequest } from '../model/invalid.ts';
import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';
import { readBytes, readText } from './input-files.ts';

type Pair = readonly [string, HeaderValue];
/** `@-`: all of standard input, as bytes. */
export type ReadStdin = () => Promise<Buffer>;

const AT_ITSELF = '; a body that starts with @ itself goes into a file';
const AMPERSAND = Buffer.from('&');
/** Ends of lines and NUL go, as in curl: what an editor puts behind a value is not meant. */
const DROPPED = new Set([0, 10, 13]);

/** The settings with headers and body put in their place. Throws Exit. */
export async function withRequestOptions(settings: Settings, readStdin: ReadStdin): Promise<Settings> {
  const { data, json } = settings;
  if (data.length > 0 && json !== undefined) throw usage('give either --data or --json, not both');
  const defaults: Pair[] = [];
  let { body } = settings;
  if (data.length > 0) {
    body = await joined(data, readStdin);
    defaults.push(['Content-Type', 'application/x-www-form-urlencoded']);
  } else if (json !== undefined) {
    body = await bytesOf(json, '--json', readStdin);
    defaults.push(['Content-Type', 'application/json'], ['Accept', 'application/json']);
  }
  const headers = merged([...defaults, ...pairsOf(settings.headers), ...headerLines(settings.header)]);
  refuseInvalid(headers);
  return { ...settings, body, headers };
}

async function joined(data: readonly string[], readStdin: ReadStdin): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (const text of data) {
    const bytes = await bytesOf(text, '--data', readStdin);
    if (parts.length > 0) parts.push(AMPERSAND);
    parts.push(text.startsWith('@') ? bytes.filter((byte) => !DROPPED.has(byte)) : bytes);
  }
  return Buffer.concat(parts);
}

/** `@file` reads a file, `@-` standard input, as in curl. Bytes, because a file need not be text. */
async function bytesOf(text: string, flag: string, readStdin: ReadStdin): Promise<Buffer> {
  if (!text.startsWith('@')) return Buffer.from(text);
  return text === '@-' ? readStdin() : readBytes(text.slice(1), flag, AT_ITSELF);
}

export function pairsOf(headers: Settings['headers']): Iterable<Pair> {
  return Symbol.iterator in headers ? (headers as Iterable<Pair>) : Object.entries(headers);
}

/** `@file` is a file of such lines, as in curl. */
function headerLines(lines: readonly string[]): Pair[] {
  return lines.flatMap((line, i) => {
    if (!line.startsWith('@'))
      return [headerLine(line, lines.length === 1 ? 'the -H' : `-H number ${i + 1}`)];
    const path = line.slice(1);
    return readText(path, '-H')
      .split(/\r?\n/)
      .flatMap((one, n) => (one.trim() === '' ? [] : [headerLine(one, `${path} line ${n + 1}`)]));
  });
}

/** curl's forms. What is wrong is not repeated: it may be a token whose name was forgotten. */
function headerLine(line: string, place: string): Pair {
  const colon = line.indexOf(':');
  if (colon > 0) {
    const value = line.slice(colon + 1).trim();
    return [line.slice(0, colon).trim(), value === '' ? null : value];
  }
  const name = /^([^\s;:]+);\s*$/.exec(line)?.[1];
  if (name !== undefined) return [name, ''];
  throw usage(
    `${place} is no header field; write -H 'Name: value', -H 'Name:' to remove one, -H 'Name;' for an empty one`,
  );
}

/** Values of one name stay together; a `null` takes what stood before away; what a body brings gives way to any other. */
function merged(pairs: readonly Pair[]): Pair[] {
  const byName = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const key = pair[0].toLowerCase();
    const given = byName.get(key);
    const single = key === 'content-type' || key === 'accept';
    if (given === undefined || pair[1] === null || single) byName.set(key, [pair]);
    else given.push(pair);
  }
  return [...byName.values()].flat();
}

function refuseInvalid(headers: readonly Pair[]): void {
  try {
    EMPTY_HEADERS.with(headers);
  } catch (error) {
    if (error instanceof InvalidRequest) throw usage(error.message);
    throw error;
  }
}
