// HAR (HTTP Archive 1.2), what browsers and proxies record: a request for each entry of log.entries. One JSON document,
// so it is read whole; of what it holds only the requests are kept, and only what a replay needs of them.

import { isUtf8 } from 'node:buffer';
import { InvalidRequest } from '../model/invalid.ts';
import { Failure } from '../model/outcome.ts';
import type { Request, RequestFactory, RequestObject } from '../model/request.ts';
import { byteSize, count } from '../model/text.ts';
import type { Form } from './form.ts';
import { bodyOfPost } from './har-post-data.ts';
import { NOT_UTF8, reasonOf, shownInput } from './input-item.ts';
import { jsonProblem } from './json-problem.ts';

/** A little less than the longest string that Node 20 can make of it. */
export const HAR_BYTES_MAX = 500 * 1024 * 1024;

export class HarEntries implements Form {
  readonly #factory: RequestFactory;
  readonly #name: string;
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #finished = false;
  #requests: readonly unknown[] | undefined;
  #next = 0;

  /** `name`: what the input is called in messages. */
  constructor(factory: RequestFactory, name: string, bytesMax = HAR_BYTES_MAX) {
    this.#factory = factory;
    this.#name = name;
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length <= this.#bytesMax) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  finish(): void {
    this.#finished = true;
  }

  next(index: number): Request | Failure | undefined {
    const requests = this.#loaded();
    if (requests === undefined || this.#next === requests.length) return undefined;
    const recorded = requests[this.#next++];
    return this.#item(index, recorded);
  }

  skip(count: number): number {
    const left = (this.#loaded()?.length ?? 0) - this.#next;
    const passed = Math.min(count, left);
    this.#next += passed;
    return passed;
  }

  toString(): string {
    return this.#requests === undefined
      ? `HAR of ${byteSize(this.#length)} so far`
      : `HAR at entry ${count(this.#next)} of ${count(this.#requests.length)}`;
  }

  /** Undefined until the whole of it has come. */
  #loaded(): readonly unknown[] | undefined {
    if (this.#length > this.#bytesMax) {
      throw new Error(
        `${this.#name} is longer than ${byteSize(this.#bytesMax)}, and a HAR file is read whole; take its requests out: jq -c '.log.entries[].request | {url, method}' FILE > requests.jsonl`,
      );
    }
    if (this.#finished) this.#requests ??= this.#read();
    return this.#requests;
  }

  #read(): unknown[] {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    if (!isUtf8(bytes)) throw new Error(`${this.#name} is ${NOT_UTF8}`);
    const text = bytes.toString('utf8');
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      throw new Error(`${this.#name} is no valid JSON ${jsonProblem(text)}`);
    }
    const entries = field(field(document, 'log'), 'entries');
    if (!Array.isArray(entries)) {
      throw new Error(
        `${this.#name} is no HAR file: it has no list log.entries; for request objects, one a line, give --input-format jsonl`,
      );
    }
    // The responses, most of the file, are let go of.
    return entries.map((entry) => field(entry, 'request'));
  }

  #item(index: number, recorded: unknown): Request | Failure {
    try {
      return this.#factory.from(index, toInput(recorded));
    } catch (error) {
      const reason = `entry ${count(this.#next)}: ${reasonOf(error)}`;
      return Failure.ofInput(index, shownInput(recorded ?? ''), reason);
    }
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function toInput(recorded: unknown): RequestObject {
  const url = field(recorded, 'url');
  if (typeof url !== 'string') throw new InvalidRequest('it has no request with a url');
  const headers = headersOf(recorded);
  const post = bodyOfPost(field(recorded, 'postData'), headers.find(([name]) => isContentType(name))?.[1]);
  if (post?.contentType !== undefined && !headers.some(([name]) => isContentType(name))) {
    headers.push(['Content-Type', post.contentType]);
  }
  const method = field(recorded, 'method');
  return {
    url,
    headers,
    method: typeof method === 'string' && method !== '' ? method : 'GET',
    body: post?.body,
  };
}

/**
 * What is not sent again: what HTTP/2 has in place of the request line, what follows from the URL and the body, and
 * what concerned that one connection (RFC 9110 section 7.6.1). Accept-Encoding is left to --compressed, because whoever
 * asks for codings has to decode them.
 */
const LEFT_OUT = new Set([
  ...['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'proxy-connection', 'te'],
  ...['trailer', 'upgrade', 'http2-settings', 'proxy-authorization', 'expect', 'accept-encoding'],
]);

function headersOf(recorded: unknown): [string, string][] {
  const headers = pairsOf(field(recorded, 'headers'), 'headers').filter(
    ([name]) => !name.startsWith(':') && !LEFT_OUT.has(name.toLowerCase()),
  );
  if (headers.some(([name]) => name.toLowerCase() === 'cookie')) return headers;
  const cookies = pairsOf(field(recorded, 'cookies'), 'cookies');
  if (cookies.length > 0)
    headers.push(['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')]);
  return headers;
}

function pairsOf(list: unknown, called: string): [string, string][] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new InvalidRequest(`its ${called} are no list`);
  return list.map((pair) => {
    const [name, value] = [field(pair, 'name'), field(pair, 'value')];
    if (typeof name !== 'string' || typeof value !== 'string') {
      throw new InvalidRequest(`its ${called} are no pairs of name and value`);
    }
    return [name, asOctets(value)];
  });
}

/** Field values are octets, one to a character. What holds more than that was text, and went out as UTF-8. */
function asOctets(value: string): string {
  return /[^\u0000-\u00ff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
}

function isContentType(name: string): boolean {
  return name.toLowerCase() === 'content-type';
}
