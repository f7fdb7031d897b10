// Outcomes as records of WARC 1.1 (ISO 28500:2017). Never writes them anywhere, and never looks for secrets: the head of
// a request comes without them.
//
//   Response ─► response, request, and where redirects led there a metadata record with the way
//   Failure  ─► metadata, as for what was not sent because an equal request was

import { createHash, hash, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../model/contracts.ts';
import type { Failure, Outcome, Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import type { ItemFormat } from './batch-sink.ts';

/** The octets of one record, in pieces. */
export type WarcRecord = readonly Uint8Array[];

export interface WarcFormatOptions {
  /** What the warcinfo record is filed under. */
  readonly fileName: string;
  /** Request line and header section as they left, with nothing that nobody may know. */
  readonly requestHead: (request: Request) => string;
  readonly clock: Clock;
}

/** What stands before the block of a record. */
interface Fields {
  readonly type: 'warcinfo' | 'response' | 'request' | 'metadata';
  readonly id: string;
  readonly date: string;
  readonly contentType: string;
  /** Further named fields. */
  readonly lines: string;
}

const HTTP_RESPONSE = 'application/http; msgtype=response';
const HTTP_REQUEST = 'application/http; msgtype=request';
const WARC_FIELDS = 'application/warc-fields';
const NONE = Buffer.alloc(0);
const RECORD_END = Buffer.from('\r\n\r\n');
const ABOUT =
  'software: flurry\r\n' +
  'format: WARC File Format 1.1\r\n' +
  'conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n';

export class WarcFormat implements ItemFormat<readonly WarcRecord[]> {
  /** Stands before the first record of a run, and of each that goes on with it. */
  readonly info: WarcRecord;
  readonly #infoLine: string;
  readonly #requestHead: (request: Request) => string;
  readonly #clock: Clock;

  constructor({ fileName, requestHead, clock }: WarcFormatOptions) {
    this.#requestHead = requestHead;
    this.#clock = clock;
    const id = newId();
    this.#infoLine = `WARC-Warcinfo-ID: ${id}\r\n`;
    const lines = `WARC-Filename: ${oneLine(fileName)}\r\n`;
    const date = dateOf(clock.wall());
    this.info = recordOf({ type: 'warcinfo', id, date, contentType: WARC_FIELDS, lines }, Buffer.from(ABOUT));
  }

  item(outcome: Outcome): readonly WarcRecord[] {
    if (outcome.type === 'failure') return [this.#failure(outcome)];
    return outcome.duplicateOf === undefined ? this.#exchange(outcome) : [this.#duplicate(outcome)];
  }

  bytesOf(records: readonly WarcRecord[]): number {
    let bytes = 0;
    for (const record of records) for (const piece of record) bytes += piece.length;
    return bytes;
  }

  #exchange(response: Response): WarcRecord[] {
    const { request } = response;
    const id = newId();
    const elapsedMs = Math.max(0, this.#clock.now() - request.startedAtMs);
    const date = dateOf(this.#clock.wall() - elapsedMs);
    const place = placeLines(response);
    const lines = place + outcomeLines(response) + this.#infoLine;
    const body = response.encoded ?? response.body;
    const answer = { type: 'response', id, date, contentType: HTTP_RESPONSE, lines } as const;
    const beside = `${place}WARC-Concurrent-To: ${id}\r\n${this.#infoLine}`;
    const records = [
      recordOf(answer, Buffer.from(responseHead(response), 'latin1'), body),
      this.#request(request, date, beside),
    ];
    if (request.hops.length > 0) records.push(redirects(request, date, beside));
    return records;
  }

  #request(request: Request, date: string, beside: string): WarcRecord {
    const head = Buffer.from(this.#requestHead(request), 'latin1');
    // What was produced while it was sent is not there any more.
    const lines = request.stream === undefined ? beside : `${beside}WARC-Truncated: unspecified\r\n`;
    const fields = { type: 'request', id: newId(), date, contentType: HTTP_REQUEST, lines } as const;
    return recordOf(fields, head, request.body);
  }

  #failure(failure: Failure): WarcRecord {
    const { url, method, phase, kind, sent, message, attempts, ms, line, status } = failure;
    const target = isUri(url) ? `WARC-Target-URI: ${url}\r\n` : '';
    const block = textOf([
      ['url', target === '' ? url : undefined],
      ['line', line],
      ['method', method === '' ? undefined : method],
      ['phase', phase],
      ['kind', kind],
      ['message', message],
      ['status', status],
      ['sent', sent],
      ['attempts', attempts],
      ['fetchTimeMs', Math.round(ms)],
      ['duplicateOf', failure.duplicateOf],
    ]);
    return this.#told(failure, target, block);
  }

  /** Nothing came over the wire for it. */
  #duplicate(response: Response): WarcRecord {
    const { url, method, status, duplicateOf } = response;
    const block = textOf([
      ['method', method],
      ['status', status],
      ['duplicateOf', duplicateOf],
    ]);
    return this.#told(response, `WARC-Target-URI: ${url}\r\n`, block);
  }

  #told(outcome: Outcome, target: string, block: Uint8Array): WarcRecord {
    const lines = target + outcomeLines(outcome) + this.#infoLine;
    const date = dateOf(this.#clock.wall() - outcome.ms);
    return recordOf({ type: 'metadata', id: newId(), date, contentType: WARC_FIELDS, lines }, block);
  }
}

/** The names that crawlers use, and a line for each hop. */
function redirects({ hops }: Request, date: string, beside: string): WarcRecord {
  const block = textOf([
    ['via', hops.at(-1)!.url],
    ['hopsFromSeed', 'R'.repeat(hops.length)],
    ...hops.map(({ status, url, location }) => ['redirect', `${status} ${url} ${location}`] as const),
  ]);
  const fields = { type: 'metadata', id: newId(), date, contentType: WARC_FIELDS, lines: beside } as const;
  return recordOf(fields, block);
}

/** What answered; an address is the origin's own only where no proxy stands between. */
function placeLines(response: Response): string {
  const { url, request, remoteAddress } = response;
  const address = request.proxy === undefined ? addressOf(remoteAddress) : '';
  const addressLine = isIP(address) === 0 ? '' : `WARC-IP-Address: ${address}\r\n`;
  return `WARC-Target-URI: ${url}\r\n${addressLine}${protocolLine(response)}`;
}

/** The proposal of iipc/warc-specifications 42, with its names. Without it the message says its version itself. */
function protocolLine({ httpVersion, request }: Response): string {
  if (httpVersion !== '2') return '';
  return `WARC-Protocol: ${request.origin.scheme === 'https' ? 'h2' : 'h2c'}\r\n`;
}

/** `127.0.0.1` of `127.0.0.1:80`, `::1` of `[::1]:80`; a path, that of a Unix socket, is no address. */
function addressOf(remote: string): string {
  return /^\[?(.*?)\]?(?::\d+)?$/.exec(remote)?.[1] ?? '';
}

/** Which request of the input it is the outcome of. Readers pass over fields that they do not know (section 5). */
function outcomeLines({ index, id }: Outcome): string {
  return `WARC-Flurry-Index: ${index}\r\n${id === undefined ? '' : `WARC-Flurry-ID: ${oneLine(String(id))}\r\n`}`;
}

/**
 * As it came, but for the field that tells of chunks: they are gone, and a reader would look for them. HTTP/2 has no
 * message of text, so that is written as the HTTP/1.1 that it means: many readers know no other status line.
 */
function responseHead({ statusLine, fieldLines, isChunked, httpVersion }: Response): string {
  const first = httpVersion === '2' ? statusLine.replace('HTTP/2', 'HTTP/1.1') : statusLine;
  const lines = isChunked
    ? fieldLines.replace(/(^|\n)(transfer-encoding:)/gi, '$1X-Archive-Orig-$2')
    : fieldLines;
  return `${first}\r\n${lines}${/(?:^|\n)\r?\n$/.test(lines) ? '' : '\r\n'}`;
}

function recordOf(fields: Fields, head: Uint8Array, payload?: Uint8Array): WarcRecord {
  const { type, id, date, contentType, lines } = fields;
  const body = payload ?? NONE;
  const block = createHash('sha1').update(head).update(body).digest();
  const payloadLine =
    payload === undefined ? '' : `WARC-Payload-Digest: ${digestOf(hash('sha1', payload, 'buffer'))}\r\n`;
  const header =
    `WARC/1.1\r\nWARC-Type: ${type}\r\nWARC-Record-ID: ${id}\r\nWARC-Date: ${date}\r\n${lines}` +
    `WARC-Block-Digest: ${digestOf(block)}\r\n${payloadLine}` +
    `Content-Type: ${contentType}\r\nContent-Length: ${head.length + body.length}\r\n\r\n`;
  return [Buffer.from(header, 'utf8'), head, body, RECORD_END];
}

/** `application/warc-fields`: what is undefined has no line. */
function textOf(fields: readonly (readonly [name: string, value: string | number | undefined])[]): Buffer {
  let text = '';
  for (const [name, value] of fields) {
    if (value !== undefined) text += `${name}: ${oneLine(String(value))}\r\n`;
  }
  return Buffer.from(text, 'utf8');
}

/** A peer or an input file may have had a say in it. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

function isUri(text: string): boolean {
  return /^https?:\/\/[\x21-\x7e]+$/i.test(text);
}

function newId(): string {
  return `<urn:uuid:${randomUUID()}>`;
}

function dateOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** SHA-1 in base 32, as all who write archives have it: 20 octets are 32 letters, without padding. */
function digestOf(sha1: Uint8Array): string {
  let text = 'sha1:';
  let bits = 0;
  let held = 0;
  for (const octet of sha1) {
    held = ((held & 31) << 8) | octet;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31];
  }
  return text;
}
