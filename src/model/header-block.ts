// Request header fields, checked once and kept as the text that goes on the wire. Never parses responses.

import { InvalidRequest } from './invalid.ts';

export type HeaderValue = string | number | readonly string[] | null | undefined;
/** What callers may pass: an object, a list of pairs, a Headers object or a Map. `null` takes a default away. */
export type HeadersInput = Readonly<Record<string, HeaderValue>> | Iterable<readonly [string, HeaderValue]>;

// RFC 9110 section 5.6.2 (token) and 5.5 (field values: no CR, LF, NUL or other controls; obs-text is opaque).
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** What flurry itself frames; a caller's own value could only contradict it (RFC 9112 section 6.2). */
const FRAMING = new Set(['content-length', 'transfer-encoding']);

/** Validated header lines without Host, Expect and framing fields. Immutable, shared by many requests. */
export class HeaderBlock {
  /** `Name: value\r\n` lines. */
  readonly text: string;
  /** An own Host value, in place of the URL's authority. */
  readonly host: string | undefined;
  /** True when the caller asked that the connection end after the response. */
  readonly close: boolean;
  /** True when the caller asked for `Expect: 100-continue`: it is sent where there is a body to hold back. */
  readonly expectsContinue: boolean;
  readonly #fields: ReadonlyMap<string, readonly [string, readonly string[]]>;

  constructor(fields: ReadonlyMap<string, readonly [string, readonly string[]]>) {
    this.#fields = fields;
    let text = '';
    for (const [key, [name, values]] of fields) {
      if (key === 'host' || key === 'expect') continue;
      for (const value of values) text += `${name}: ${value}\r\n`;
    }
    this.text = text;
    this.host = fields.get('host')?.[1][0];
    this.expectsContinue = fields.has('expect');
    this.close = (fields.get('connection')?.[1] ?? []).some((v) => /(?:^|,)\s*close\s*(?:,|$)/i.test(v));
  }

  has(name: string): boolean {
    return this.#fields.has(name.toLowerCase());
  }

  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.[1].join(', ');
  }

  /** These fields with others laid over them: same name replaces, `null` removes. */
  with(input: HeadersInput | undefined): HeaderBlock {
    if (input === undefined) return this;
    const fields = new Map(this.#fields);
    const fresh = new Map<string, [string, string[]]>();
    for (const [name, value] of pairs(input)) addField(fields, fresh, name, value);
    for (const [key, field] of fresh) fields.set(key, field);
    return new HeaderBlock(fields);
  }

  /** These fields less the named ones, whatever their case; this very block where it has none of them. */
  without(names: Iterable<string>): HeaderBlock {
    let fields: Map<string, readonly [string, readonly string[]]> | undefined;
    for (const name of names) {
      const key = name.toLowerCase();
      if (!this.#fields.has(key)) continue;
      fields ??= new Map(this.#fields);
      fields.delete(key);
    }
    return fields === undefined ? this : new HeaderBlock(fields);
  }
}

export const EMPTY_HEADERS = new HeaderBlock(new Map());

/** One input laid over another, by name whatever its case. */
export function mergedHeaders(under: HeadersInput, over: HeadersInput): HeadersInput {
  const upper = [...pairs(over)];
  const names = new Set(upper.map(([name]) => name.toLowerCase()));
  return [...[...pairs(under)].filter(([name]) => !names.has(name.toLowerCase())), ...upper];
}

function addField(
  fields: Map<string, readonly [string, readonly string[]]>,
  fresh: Map<string, [string, string[]]>,
  name: string,
  value: HeaderValue,
): void {
  if (!TOKEN.test(name)) throw new InvalidRequest(`invalid header name ${JSON.stringify(name.slice(0, 60))}`);
  const key = name.toLowerCase();
  if (FRAMING.has(key)) {
    throw new InvalidRequest(`header ${name} is set by flurry from the body; leave it out`);
  }
  if (value === null || value === undefined) {
    fields.delete(key);
    return;
  }
  const field = fresh.get(key) ?? [name, []];
  for (const one of typeof value === 'object' ? value : [value]) {
    const text = String(one).trim();
    if (BAD_VALUE.test(text))
      throw new InvalidRequest(`header ${name} holds a character that cannot be sent`);
    field[1].push(text);
  }
  if (key === 'expect' && field[1].some((one) => one.toLowerCase() !== '100-continue'))
    throw new InvalidRequest('Expect can only be 100-continue (RFC 9110 section 10.1.1)');
  if (key === 'host' && field[1].length !== 1)
    throw new InvalidRequest('exactly one Host header can be sent');
  fresh.set(key, field);
}

function pairs(input: HeadersInput): Iterable<readonly [string, HeaderValue]> {
  if (typeof input !== 'object' || input === null) {
    throw new InvalidRequest('headers must be an object or a list of pairs');
  }
  return Symbol.iterator in input
    ? (input as Iterable<readonly [string, HeaderValue]>)
    : Object.entries(input as Record<string, HeaderValue>);
}
