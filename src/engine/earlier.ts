// What earlier outputs say of resources: which of them there is, and by what a server tells whether they have changed.
// Reads no file and sends nothing.

import { InvalidRequest } from '../model/invalid.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import { type Fingerprint, fingerprintOf, isPlainQuestion, resourceText } from './fingerprint.ts';
import { FingerprintMap } from './fingerprint-map.ts';

/** Of a record; `headers` and `redirects` as record.schema.json has them, where there are any. */
export interface EarlierRecord {
  readonly url: string;
  readonly method: string;
  readonly status: number | undefined;
  readonly headers?: unknown;
  readonly redirects?: unknown;
}

/** What is to follow from them: requests are left out, or ask whether there is something new. */
export type EarlierUse = 'skip' | 'ask';

/** RFC 9110 section 8.8.3; longer ones are left alone. */
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]{0,256}"$/;
/** RFC 9110 section 5.6.7, the form that is generated; a recipient takes any other condition for none. */
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;
/** What the caller asked for in its own words. */
const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'];

/** More resources than may be remembered. */
export class TooManyEarlier extends Error {
  override readonly name = 'TooManyEarlier';
}

export class Earlier {
  readonly use: EarlierUse;
  readonly #resourcesMax: number;
  readonly #known = new FingerprintMap(0);
  readonly #print: Fingerprint = new Uint32Array(4);
  /** By entry: the field line by which the server is asked. */
  readonly #fields: string[] = [];

  constructor(use: EarlierUse, resourcesMax: number) {
    this.use = use;
    this.#resourcesMax = resourcesMax;
  }

  /** Different resources: to be skipped, or to be asked about. */
  get size(): number {
    return this.#known.size;
  }

  /** One after another, the oldest first: of several the last one with anything to ask by counts. Throws TooManyEarlier. */
  add(record: EarlierRecord): void {
    const { url, method, status } = record;
    if (status === undefined || !(status === 304 || (status >= 200 && status < 300))) return;
    const field = this.use === 'ask' ? conditionOf(record) : undefined;
    if (this.use === 'ask' && field === undefined) return;
    const entry = this.#entryOf(method, url);
    if (entry !== undefined && field !== undefined) this.#fields[entry] = field;
  }

  #entryOf(method: string, url: string): number | undefined {
    const print = this.#printOf(method, url);
    if (print === undefined) return undefined;
    const found = this.#known.find(print);
    if (found !== -1) return found;
    if (this.#known.size >= this.#resourcesMax) throw new TooManyEarlier(count(this.#resourcesMax));
    return this.#known.add(print);
  }

  /** Undefined for what is no URL: nothing that is asked for can be the same. */
  #printOf(method: string, url: string): Fingerprint | undefined {
    try {
      return fingerprintOf(resourceText(method, url), this.#print);
    } catch (error) {
      if (error instanceof InvalidRequest) return undefined;
      throw error;
    }
  }

  /** Whether what the request asks for is there, and it asks for no more than that: one with a body never is. */
  has(request: Request): boolean {
    return this.use === 'skip' && this.#find(request) !== -1;
  }

  /** The field line, with its CR LF, by which a request asks for what has changed; undefined: it is sent as it is. */
  conditionFor(request: Request): string | undefined {
    if (this.use !== 'ask' || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined;
    const { headers } = request;
    const entry = this.#find(request);
    if (entry === -1 || CONDITIONS.some((name) => headers.has(name))) return undefined;
    return this.#fields[entry];
  }

  #find(request: Request): number {
    if (!isPlainQuestion(request)) return -1;
    const print = this.#printOf(request.method, request.url);
    return print === undefined ? -1 : this.#known.find(print);
  }

  toString(): string {
    return `earlier, to ${this.use}: ${this.#known}`;
  }
}

/** RFC 9110 section 13.1: by the entity tag, weak or strong, else by the date. Where redirects led, they are another's. */
function conditionOf({ headers, redirects, status }: EarlierRecord): string | undefined {
  if (redirects !== undefined || (status !== 200 && status !== 304)) return undefined;
  const tag = fieldValue(headers, 'etag');
  if (tag !== undefined && ENTITY_TAG.test(tag)) return `If-None-Match: ${tag}\r\n`;
  const date = fieldValue(headers, 'last-modified');
  return date !== undefined && HTTP_DATE.test(date) ? `If-Modified-Since: ${date}\r\n` : undefined;
}

/** Undefined also where there are several: nobody knows which of them holds. */
function fieldValue(headers: unknown, name: string): string | undefined {
  if (!Array.isArray(headers)) return undefined;
  let found: string | undefined;
  for (const pair of headers as unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') continue;
    if (pair[0].toLowerCase() !== name) continue;
    if (found !== undefined && found !== pair[1]) return undefined;
    found = pair[1];
  }
  return found;
}
