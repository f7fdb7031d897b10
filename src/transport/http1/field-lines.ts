// Scans field lines (RFC 9112 section 5) in a run of octets: headers and trailers alike. Octets in, positions out;
// it decodes nothing but the few values that frame the message.

import { type Fault, malformed, tooLarge } from '../response-limits.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const HTAB = 9;
const COLON = 58;

/** 1 for the octets of a token (RFC 9110 section 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[c.charCodeAt(0)] = 1;
}

/** 1 for the octets that end a value or may not stand in one. */
const ENDS_VALUE = new Uint8Array(256);
ENDS_VALUE[CR] = ENDS_VALUE[LF] = ENDS_VALUE[0] = 1;

const CONNECTION = Buffer.from('connection');
const KEEP_ALIVE = Buffer.from('keep-alive');
const CONTENT_LENGTH = Buffer.from('content-length');
const TRANSFER_ENCODING = Buffer.from('transfer-encoding');

export function isToken(octet: number): boolean {
  return TOKEN[octet] === 1;
}

/** More octets are needed. */
export const MORE = -1;
/** The section is faulty; `fault` says why. */
export const FAULTY = -2;

/**
 * A LF alone ends a line here as CR LF does: RFC 9112 section 2.2 lets a recipient do so, and curl and browsers do.
 * A CR that no LF follows is faulty everywhere.
 */
export class FieldLines {
  fault: Fault | undefined;
  /** Values that frame the message, as they stand between colon and line end; several lines joined by commas. */
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection: string | undefined;
  keepAlive: string | undefined;

  /** From the start of a line up to and with the empty line. Returns the position behind it, MORE or FAULTY. */
  scan(b: Buffer, start: number, end: number, countMax: number): number {
    this.fault = undefined;
    this.contentLength = undefined;
    this.transferEncoding = undefined;
    this.connection = undefined;
    this.keepAlive = undefined;
    let pos = start;
    for (let count = 0; ; count++) {
      if (pos >= end) return MORE;
      const c = b[pos]!;
      if (c === LF) return pos + 1;
      if (c === CR) {
        if (pos + 1 >= end) return MORE;
        return b[pos + 1] === LF ? pos + 2 : this.#faulty('a CR without LF in the header section');
      }
      if (count === countMax) {
        this.fault = tooLarge('header fields', countMax, 'headerCountMax');
        return FAULTY;
      }
      pos = this.#line(b, pos, end);
      if (pos < 0) return pos;
    }
  }

  /** One field line with the lines that continue it; returns the start of the next line. */
  #line(b: Buffer, start: number, end: number): number {
    let pos = start;
    while (pos < end && TOKEN[b[pos]!] === 1) pos++;
    if (pos === end) return MORE;
    if (b[pos] !== COLON || pos === start) return this.#badName(b[pos]!, pos === start);
    const nameEnd = pos;
    pos++;
    const valueStart = pos;
    for (;;) {
      // Octets of a value are opaque but for CR, LF and NUL (RFC 9110 section 5.5); most are above CR.
      while (pos < end && (b[pos]! > CR || ENDS_VALUE[b[pos]!] === 0)) pos++;
      if (pos === end) return MORE;
      const c = b[pos]!;
      let next = pos + 1;
      if (c === CR) {
        if (next >= end) return MORE;
        if (b[next] !== LF) return this.#faulty('a CR without LF in a header value');
        next++;
      } else if (c === 0) {
        return this.#faulty('a NUL in a header value');
      }
      if (next >= end) return MORE;
      const after = b[next]!;
      if (after === SP || after === HTAB) {
        pos = next;
        continue;
      }
      this.#take(b, start, nameEnd, valueStart, pos);
      return next;
    }
  }

  #badName(octet: number, first: boolean): number {
    if (first && (octet === SP || octet === HTAB))
      return this.#faulty('white space before the first header field');
    if (octet === SP || octet === HTAB)
      return this.#faulty('white space inside of a header name or before its colon');
    return this.#faulty(
      first && octet === COLON ? 'a header field without a name' : 'an invalid octet in a header name',
    );
  }

  #faulty(message: string): number {
    this.fault = malformed(message);
    return FAULTY;
  }

  /** Keeps a value when its name frames the message; told apart by length and first letter. */
  #take(b: Buffer, start: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const first = b[start]! | 0x20;
    switch (nameEnd - start) {
      case 10:
        if (first === 99 && isName(b, start, CONNECTION)) {
          this.connection = joined(this.connection, b, valueStart, valueEnd);
        } else if (first === 107 && isName(b, start, KEEP_ALIVE)) {
          this.keepAlive = joined(this.keepAlive, b, valueStart, valueEnd);
        }
        return;
      case 14:
        if (first === 99 && isName(b, start, CONTENT_LENGTH)) {
          this.contentLength = joined(this.contentLength, b, valueStart, valueEnd);
        }
        return;
      case 17:
        if (first === 116 && isName(b, start, TRANSFER_ENCODING)) {
          this.transferEncoding = joined(this.transferEncoding, b, valueStart, valueEnd);
        }
        return;
      default:
    }
  }
}

/** Of the octets of a token, only a capital letter becomes another letter by this bit; the hyphen has it already. */
function isName(b: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if ((b[start + i]! | 0x20) !== name[i]) return false;
  return true;
}

/** Trimmed octet by octet: a regular expression for white space at the end takes time in the square of a long run of
 *  it that ends in something else. CR and LF in a value are those of folded lines, one SP each (section 5.2). */
function joined(before: string | undefined, b: Buffer, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(b[from]!)) from++;
  while (to > from && isSpace(b[to - 1]!)) to--;
  const raw = b.toString('latin1', from, to);
  const value = raw.includes('\n') ? raw.replace(/\r?\n[ \t]+/g, ' ') : raw;
  return before === undefined ? value : `${before},${value}`;
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === HTAB || octet === CR || octet === LF;
}
