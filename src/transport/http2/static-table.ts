// The static table of HPACK (RFC 7541 appendix A), by index and by name.

import { Field } from './field.ts';

const ENTRIES = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ':status 200',
  ':status 204',
  ':status 206',
  ':status 304',
  ':status 400',
  ':status 404',
  ':status 500',
  'accept-charset',
  'accept-encoding gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
];

/** Indices count from 1, so the first place is nobody's. */
export const STATIC_FIELDS: readonly Field[] = [new Field('', ''), ...ENTRIES.map(fieldOf)];
/** The highest index of the static table; the dynamic table begins behind it. */
export const STATIC_MAX = ENTRIES.length;

function fieldOf(entry: string): Field {
  const space = entry.indexOf(' ');
  return space === -1 ? new Field(entry, '') : new Field(entry.slice(0, space), entry.slice(space + 1));
}

export interface StaticName {
  /** The lowest index with this name. */
  readonly index: number;
  /** Indices by value, of those that have one. */
  readonly values: ReadonlyMap<string, number>;
}

export const STATIC_NAMES: ReadonlyMap<string, StaticName> = byName();

function byName(): Map<string, StaticName> {
  const names = new Map<string, { index: number; values: Map<string, number> }>();
  for (let index = 1; index <= STATIC_MAX; index++) {
    const { name, value } = STATIC_FIELDS[index]!;
    const known = names.get(name) ?? { index, values: new Map() };
    if (value !== '') known.values.set(value, index);
    names.set(name, known);
  }
  return names;
}
