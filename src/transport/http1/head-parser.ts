// Octets of a status line and a header section to a ResponseHead (RFC 9112 sections 4, 5 and 6). Keeps no state
// between calls but the last head, to recognise it again.

import { type Framing, ResponseHead } from '../../model/response-head.ts';
import { quoted } from '../quoted.ts';
import { type Fault, malformed, type ResponseLimits, tooLarge } from '../response-limits.ts';
import { FAULTY, FieldLines, MORE } from './field-lines.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const HTAB = 9;
/** Empty lines in front of a status line that are passed over (old servers send one CR LF too many). */
const LEADING_LINES_MAX = 4;
const VERSION = Buffer.from('HTTP/1.');
/** By the digit behind that. */
const VERSIONS = Array.from({ length: 10 }, (_, minor) => `1.${minor}`);
const STATUS_LINE_BYTES_MIN = 12;
/** So many heads unlike the one before, and a server seems to write no two alike. */
const MISSES_MAX = 16;
/** So many heads are then taken without a compare and a copy before the next two are held against each other. */
const MISSES_PAUSE = 64;

export class HeadParser {
  fault: Fault | undefined;
  head: ResponseHead | undefined;
  readonly #limits: ResponseLimits;
  readonly #fields = new FieldLines();
  /** The octets of the last head. A server may repeat itself for as long as its Date stands still: a compare is a tenth
   *  of the cost of a parse, and equal heads share what is decoded of them. Where no two heads are alike, compare and
   *  copy would add a third to each parse, so they pause (bench/micro/head-parser). */
  #known = Buffer.alloc(0);
  #knownLength = 0;
  #knownHead: ResponseHead | undefined;
  #misses = 0;

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
  }

  /** Returns the position behind the header section, MORE or FAULTY; `head` or `fault` tell the rest.
   *  `last`: nothing comes after these octets. */
  parse(b: Buffer, start: number, end: number, last = false): number {
    const comparing = this.#misses <= MISSES_MAX;
    if (comparing && this.#isKnown(b, start, end)) {
      this.#misses = 0;
      this.head = this.#knownHead;
      return start + this.#knownLength;
    }
    const bounded = Math.min(end, start + this.#limits.headerBytesMax);
    const after = this.#parse(b, start, bounded, last);
    if (after === MORE && bounded < end) return this.#tooLarge();
    if (after > 0) {
      if (comparing) this.#remember(b, start, after);
      this.#misses = this.#misses < MISSES_MAX + MISSES_PAUSE ? this.#misses + 1 : MISSES_MAX - 1;
    }
    return after;
  }

  #isKnown(b: Buffer, start: number, end: number): boolean {
    const length = this.#knownLength;
    return (
      length !== 0 && end - start >= length && b.compare(this.#known, 0, length, start, start + length) === 0
    );
  }

  #parse(b: Buffer, start: number, end: number, last: boolean): number {
    let pos = this.#skipEmptyLines(b, start, end);
    if (pos < 0) return pos;
    const line = pos;
    const seen = Math.min(end - pos, VERSION.length);
    for (let i = 0; i < seen; i++) {
      if (b[pos + i] !== VERSION[i]) return this.#badVersion(b, line, end, last);
    }
    if (end - pos < STATUS_LINE_BYTES_MIN) return MORE;
    const minorVersion = b[pos + 7]! - 48;
    if (minorVersion < 0 || minorVersion > 9 || b[pos + 8] !== SP) {
      return this.#badVersion(b, line, end, last);
    }
    const status = digit(b[pos + 9]!) * 100 + digit(b[pos + 10]!) * 10 + digit(b[pos + 11]!);
    if (!(status >= 0)) return this.#faulty('no status code of three digits in the status line');
    pos += 12;
    const reasonStart = pos;
    while (pos < end && b[pos] !== LF && b[pos] !== CR) pos++;
    if (pos - reasonStart > this.#limits.reasonBytesMax + 1) {
      this.fault = tooLarge('a reason phrase', this.#limits.reasonBytesMax, 'reasonBytesMax');
      return FAULTY;
    }
    if (pos === end) return MORE;
    if (pos > reasonStart && b[reasonStart] !== SP) return this.#faulty('no space behind the status code');
    const reasonEnd = pos;
    if (b[pos] === CR) {
      if (pos + 1 >= end) return MORE;
      pos++;
      if (b[pos] !== LF) return this.#faulty('a CR without LF in the status line');
    }
    pos++;
    const after = this.#fields.scan(b, pos, end, this.#limits.headerCountMax);
    if (after < 0) {
      this.fault = this.#fields.fault;
      return after;
    }
    const reason = reasonEnd > reasonStart ? b.toString('latin1', reasonStart + 1, reasonEnd) : '';
    const framing = readFraming(this.#fields, minorVersion);
    this.head = new ResponseHead(
      status,
      VERSIONS[minorVersion]!,
      reason,
      b.toString('latin1', pos, after),
      framing,
    );
    return after;
  }

  #skipEmptyLines(b: Buffer, start: number, end: number): number {
    let pos = start;
    for (let lines = 0; pos < end; lines++) {
      if (b[pos] === LF) pos++;
      else if (b[pos] === CR && pos + 1 === end) return MORE;
      else if (b[pos] === CR && b[pos + 1] === LF) pos += 2;
      else return pos;
      if (lines === LEADING_LINES_MAX) return this.#faulty('empty lines in place of a response');
    }
    return MORE;
  }

  #remember(b: Buffer, start: number, after: number): void {
    const length = after - start;
    if (this.#known.length < length) this.#known = Buffer.allocUnsafeSlow(Math.max(1024, length));
    b.copy(this.#known, 0, start, after);
    this.#knownLength = length;
    this.#knownHead = this.head;
  }

  /** Waits for what it shows: the message is the same however the octets come. */
  #badVersion(b: Buffer, line: number, end: number, last: boolean): number {
    const seen = b.toString('latin1', line, Math.min(end, line + STATUS_LINE_BYTES_MIN));
    const lineEnd = seen.search(/\r?\n/);
    if (lineEnd === -1 && seen.length < STATUS_LINE_BYTES_MIN && !last) return MORE;
    const text = quoted(lineEnd === -1 ? seen : seen.slice(0, lineEnd));
    return this.#faulty(`${text} in place of a status line of HTTP/1.0 or HTTP/1.1`);
  }

  #faulty(message: string): number {
    this.fault = malformed(message);
    return FAULTY;
  }

  #tooLarge(): number {
    this.fault = tooLarge('a header section', this.#limits.headerBytesMax, 'headerBytesMax');
    return FAULTY;
  }
}

function digit(octet: number): number {
  return octet >= 48 && octet <= 57 ? octet - 48 : Number.NaN;
}

function readFraming(fields: FieldLines, minorVersion: number): Framing {
  const { contentLength, transferEncoding, connection, keepAlive } = fields;
  const close = connection !== undefined && lists(connection, 'close');
  const persistent = minorVersion > 0 || (connection !== undefined && lists(connection, 'keep-alive'));
  const length = contentLength === undefined ? undefined : readContentLength(contentLength);
  // Transfer-Encoding beside Content-Length or in HTTP/1.0, and an invalid Content-Length, also where no content comes,
  // are anomalies: never reuse (RFC 9112 sections 6.1, 6.3).
  const odd =
    transferEncoding !== undefined ? length !== undefined || minorVersion === 0 : Number.isNaN(length);
  return {
    contentLength: length,
    transferEncoding: transferEncoding === undefined ? 'none' : lastCoding(transferEncoding),
    keepAlive: persistent && !close && !odd,
    keepAliveMs: keepAlive === undefined ? undefined : readKeepAlive(keepAlive),
  };
}

/** Most values do not hold the item at all, or are the item: to split them would add 40% to the cost of a head. */
function lists(value: string, item: string): boolean {
  const lower = value.toLowerCase();
  return lower === item || (lower.includes(item) && listOf(lower).includes(item));
}

function listOf(value: string): string[] {
  return value.toLowerCase().split(',').map(trimmed);
}

/** Without SP and HTAB at the ends, and those alone (OWS): trim() takes VT, FF and NBSP too, and a coding that one
 *  recipient reads as `chunked` and another does not is how messages are smuggled. */
function trimmed(item: string): string {
  let start = 0;
  let end = item.length;
  while (start < end && isBlank(item.charCodeAt(start))) start++;
  while (end > start && isBlank(item.charCodeAt(end - 1))) end--;
  return item.slice(start, end);
}

function isBlank(c: number): boolean {
  return c === SP || c === HTAB;
}

/** Digits only; a list of one value repeated is that value (RFC 9110 section 8.6); above 2^53 nothing is exact. */
function readContentLength(value: string): number {
  if (/^[0-9]{1,15}$/.test(value)) return Number(value);
  const items = listOf(value);
  const first = items[0]!;
  if (!/^[0-9]+$/.test(first) || items.some((item) => item !== first)) return Number.NaN;
  const n = Number(first);
  return Number.isSafeInteger(n) ? n : Number.NaN;
}

function lastCoding(value: string): 'chunked' | 'other' {
  if (value === 'chunked') return 'chunked';
  return listOf(value)
    .filter((item) => item !== '')
    .at(-1) === 'chunked'
    ? 'chunked'
    : 'other';
}

function readKeepAlive(value: string): number | undefined {
  const seconds = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,9})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
