// What curl's users type about requests (-X -H -d --json -A) as the engine takes it.

import { readFileSync } from 'node:fs';
import type { HeaderValue } from '../model/header-block.ts';
import { EMPTY_HEADERS } from '../model/header-block.ts';
import { InvalidRequest } from '../model/invalid.ts';
import type { Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';

type Pair = readonly [string, HeaderValue];

/** The settings with headers, body and variables put in their place. */
export function withRequestFlags(settings: Settings): Settings {
  const { data, json } = settings;
  if (data.length > 0 && json !== undefined) throw usage('give either --data or --json, not both');
  const defaults: Pair[] = [];
  let { body } = settings;
  if (data.length > 0) {
    body = data.map((text) => fromFileOr(text, true)).join('&');
    defaults.push(['Content-Type', 'application/x-www-form-urlencoded']);
  } else if (json !== undefined) {
    body = fromFileOr(json, false);
    defaults.push(['Content-Type', 'application/json'], ['Accept', 'application/json']);
  }
  const base =
    'length' in settings.headers || Symbol.iterator in settings.headers
      ? settings.headers
      : Object.entries(settings.headers);
  const headers: Pair[] = [...defaults, ...(base as Iterable<Pair>), ...settings.header.map(headerLine)];
  try {
    EMPTY_HEADERS.with(merged(headers));
  } catch (error) {
    if (error instanceof InvalidRequest) throw usage(`${error.message}; -H takes "Name: value"`);
    throw error;
  }
  return { ...settings, body, headers: merged(headers) };
}

/** curl's forms: "Name: value" sets, "Name:" removes a default, "Name;" sends an empty value. */
function headerLine(line: string): Pair {
  const colon = line.indexOf(':');
  if (colon > 0) {
    const value = line.slice(colon + 1).trim();
    return [line.slice(0, colon).trim(), value === '' ? null : value];
  }
  if (/^[^\s;]+;$/.test(line)) return [line.slice(0, -1), ''];
  throw usage(`-H takes "Name: value", not ${JSON.stringify(shortened(line))}`);
}

/** Values of one name stay together; a later `null` takes what stood before away. */
function merged(pairs: readonly Pair[]): Pair[] {
  const byName = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const key = pair[0].toLowerCase();
    const given = byName.get(key);
    const fromDefaults = key === 'content-type' || key === 'accept';
    if (given === undefined || pair[1] === null || fromDefaults) byName.set(key, [pair]);
    else given.push(pair);
  }
  return [...byName.values()].flat();
}

/** `@file` reads a file, as in curl; --data drops its line ends. */
function fromFileOr(text: string, dropLineEnds: boolean): string {
  if (!text.startsWith('@')) return text;
  const path = text.slice(1);
  try {
    const content = readFileSync(path === '-' ? 0 : path, 'utf8');
    return dropLineEnds ? content.replace(/[\r\n\0]/g, '') : content;
  } catch (error) {
    throw usage(
      `cannot read ${path} for the body: ${(error as Error).message}; a body that starts with @ needs a file`,
    );
  }
}

function shortened(line: string): string {
  const name = line.split(/[:\s]/, 1)[0]!;
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}
