// Octets of a status line and a header section to a ResponseHead (RFC 9112 sections 4, 5 and 6). Keeps no state
// between calls but the last head, to recognise it again.

import { type Framing, ResponseHead } from '../../model/response-head.ts';
import { FAULTY, FieldLines, MORE } from './field-lines.ts';
import { type Fault, malformed, type ResponseLimits, tooLarge } from './limits.ts';

const CR = 13;
const LF = 10;
const SP = 32;
/** Empty lines in front of a status line that are passed over (old servers send one CR LF too many). */
const LEADING_LINES_MAX = 4;
const VERSION = Buffer.from('HTTP/1.');

export class HeadParser {
  fault: Fault | undefined;
  head: ResponseHead | undefined;
  readonly #limits: ResponseLimits;
  readonly #fields = new FieldLines();
  /** The octets of the last head. A server repeats itself for as long as its Date stands still: a compare is
   *  a third of the cost of a parse, and equal heads share what is decoded of them (bench/micro/head-parser). */
  #known = Buffer.alloc(0);
  #knownLength = 0;
  #knownHead: ResponseHead | undefined;

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
  }

  /** Returns the position behind the header section, MORE or FAULTY; `head` or `fault` tell the rest. */
  parse(b: Buffer, start: number, end: number): number {
    const length = this.#knownLength;
    if (
      length !== 0 &&
      end - start >= length &&
      b.compare(this.#known, 0, length, start, start + length) === 0
    ) {
      this.head = this.#knownHead;
      return start + length;
    }
    const bounded = Math.min(end, start + this.#limits.headerBytesMax);
    const after = this.#parse(b, start, bounded);
    if (after === MORE && bounded < end) return this.#tooLarge();
    if (after > 0) this.#remember(b, start, after);
    return after;
  }

  #parse(b: Buffer, start: number, end: number): number {
    let pos = this.#skipEmptyLines(b, start, end);
    if (pos < 0) return pos;
    const line = pos;
    const seen = Math.min(end - pos, VERSION.length);
    for (let i = 0; i < seen; i++) if (b[pos + i] !== VERSION[i]) return this.#badVersion(b, line, end);
    if (end - pos < 12) return MORE;
    const minorVersion = b[pos + 7]! - 48;
    if (minorVersion < 0 || minorVersion > 9 || b[pos + 8] !== SP) return this.#badVersion(b, line, end);
    const status = digit(b[pos + 9]!) * 100 + digit(b[pos + 10]!) * 10 + digit(b[pos + 11]!);
    if (!(status >= 0)) return this.#faulty('no status code of three digits in the status line');
    pos += 12;
    const reasonStart = pos;
    while (pos < end && b[pos] !== LF && b[pos] !== CR) pos++;
    if (pos - reasonStart > this.#limits.reasonBytesMax + 1) {
      this.fault = tooLarge('the reason phrase', this.#limits.reasonBytesMax, 'reasonBytesMax');
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
    this.head = new ResponseHead(status, minorVersion, reason, b.toString('latin1', pos, after), framing);
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

  #badVersion(b: Buffer, line: number, end: number): number {
    const text = JSON.stringify(b.toString('latin1', line, Math.min(end, line + 12)));
    return this.#faulty(`a status line must start with HTTP/1.0 or HTTP/1.1, not ${text}`);
  }

  #faulty(message: string): number {
    this.fault = malformed(message);
    return FAULTY;
  }

  #tooLarge(): number {
    this.fault = tooLarge('the header section', this.#limits.headerBytesMax, 'headerBytesMax');
    return FAULTY;
  }
}

function digit(octet: number): number {
  return octet >= 48 && octet <= 57 ? octet - 48 : Number.NaN;
}

function readFraming(fields: FieldLines, minorVersion: number): Framing {
  const { contentLength, transferEncoding, connection, keepAlive } = fields;
  const options = connection === undefined ? undefined : listOf(connection);
  const persistent =
    minorVersion === 0 ? options?.includes('keep-alive') === true : options?.includes('close') !== true;
  const close = options?.includes('close') === true;
  // Transfer-Encoding beside Content-Length, or in HTTP/1.0, is an anomaly: never reuse (RFC 9112 sections 6.1, 6.3).
  const odd = transferEncoding !== undefined && (contentLength !== undefined || minorVersion === 0);
  return {
    contentLength: contentLength === undefined ? undefined : readContentLength(contentLength),
    transferEncoding: transferEncoding === undefined ? 'none' : lastCoding(transferEncoding),
    keepAlive: persistent && !close && !odd,
    keepAliveMs: keepAlive === undefined ? undefined : readKeepAlive(keepAlive),
  };
}

function listOf(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((item) => item.trim());
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
