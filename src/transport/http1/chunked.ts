// The chunked transfer coding (RFC 9112 section 7.1) as a machine over octets. Strict: each line ends in CR LF,
// sizes are bare hexadecimal. Lenient chunk parsers are what request smuggling is made of.

import { type Fault, malformed, type ResponseLimits, tooLarge } from '../response-limits.ts';
import { Carry } from './carry.ts';
import { FAULTY, FieldLines, isToken, MORE } from './field-lines.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const HTAB = 9;
const SEMICOLON = 59;
const QUOTE = 34;
const BACKSLASH = 92;
/** 13 hexadecimal digits stay below 2^53. */
const SIZE_DIGITS_MAX = 13;
const EMPTY_LINE_BYTES = 2;

type State =
  | 'size'
  | 'extension-name'
  | 'extension'
  | 'quoted'
  | 'quoted-pair'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailers'
  | 'done';

/** Takes the content as it comes, in pieces that are valid during the call only. */
export type TakeContent = (b: Buffer, start: number, end: number) => Fault | undefined;

export class ChunkedDecoder {
  fault: Fault | undefined;
  /** The trailer section's field lines, once done. */
  trailerLines = '';
  readonly #limits: ResponseLimits;
  readonly #take: TakeContent;
  readonly #fields = new FieldLines();
  #state: State = 'size';
  #digits = 0;
  #remaining = 0;
  #extensionBytes = 0;
  #extensionBytesTotal = 0;
  #trailers: Carry | undefined;

  constructor(limits: ResponseLimits, take: TakeContent) {
    this.#limits = limits;
    this.#take = take;
  }

  begin(): void {
    this.fault = undefined;
    this.trailerLines = '';
    this.#state = 'size';
    this.#digits = 0;
    this.#remaining = 0;
    this.#extensionBytes = 0;
    this.#extensionBytesTotal = 0;
    this.#trailers?.clear();
  }

  /** Returns the position behind the message, MORE when all was consumed and more is needed, or FAULTY. */
  execute(b: Buffer, start: number, end: number): number {
    let pos = start;
    while (pos < end) {
      if (this.#state === 'data') {
        const stop = Math.min(end, pos + this.#remaining);
        this.fault = this.#take(b, pos, stop);
        if (this.fault !== undefined) return FAULTY;
        this.#remaining -= stop - pos;
        pos = stop;
        if (this.#remaining === 0) this.#state = 'data-cr';
        continue;
      }
      if (this.#state === 'trailers') return this.#trailerSection(b, pos, end);
      this.fault = this.#octet(b[pos]!);
      if (this.fault !== undefined) return FAULTY;
      pos++;
    }
    return MORE;
  }

  /** The stream has ended before the message: a last look at trailers that were only kept. */
  finish(): Fault | undefined {
    if (this.#state !== 'trailers' || this.#trailers === undefined) return undefined;
    const { bytes, from, to } = this.#trailers.all;
    this.#fields.scan(bytes, from, to, this.#limits.headerCountMax);
    return this.#fields.fault;
  }

  #octet(c: number): Fault | undefined {
    switch (this.#state) {
      case 'size':
        return this.#size(c);
      case 'size-lf':
        if (c !== LF) return malformed('no LF behind the CR of a chunk size');
        this.#state = this.#remaining === 0 ? 'trailers' : 'data';
        return undefined;
      case 'data-cr':
        if (c !== CR) return malformed('a chunk longer than its size says');
        this.#state = 'data-lf';
        return undefined;
      case 'data-lf':
        if (c !== LF) return malformed('no LF behind the CR of a chunk');
        this.#state = 'size';
        this.#digits = 0;
        return undefined;
      default:
        return this.#extension(c);
    }
  }

  #size(c: number): Fault | undefined {
    const digit = hexDigit(c);
    if (digit >= 0) {
      if (this.#digits === SIZE_DIGITS_MAX) return malformed('a chunk size of too many digits');
      this.#digits++;
      this.#remaining = this.#remaining * 16 + digit;
      return undefined;
    }
    if (this.#digits === 0) return malformed('a chunk without a size');
    if (c === CR) this.#state = 'size-lf';
    else if (c === SEMICOLON) {
      this.#state = 'extension-name';
      this.#extensionBytes = 0;
    } else return malformed('an invalid octet in a chunk size');
    return undefined;
  }

  /** Extensions mean nothing to us, but their form decides where the line ends (quoted strings) and they are counted. */
  #extension(c: number): Fault | undefined {
    if (c === CR && this.#state === 'extension') {
      this.#state = 'size-lf';
      return undefined;
    }
    if (c === CR || c === LF || c === 0) return malformed('an invalid octet in a chunk extension');
    this.#extensionBytes++;
    this.#extensionBytesTotal++;
    if (this.#extensionBytes > this.#limits.chunkExtensionBytesMax) {
      return tooLarge('a chunk extension', this.#limits.chunkExtensionBytesMax, 'chunkExtensionBytesMax');
    }
    if (this.#extensionBytesTotal > this.#limits.chunkExtensionTotalBytesMax) {
      const max = this.#limits.chunkExtensionTotalBytesMax;
      return tooLarge('chunk extensions', max, 'chunkExtensionTotalBytesMax');
    }
    if (this.#state === 'extension-name') {
      // White space between semicolon and name must be parsed (RFC 9112 section 7.1.1, BWS); it is counted like the rest.
      if (c === SP || c === HTAB) return undefined;
      if (!isToken(c)) return malformed('a chunk extension without a name');
      this.#state = 'extension';
    } else if (this.#state === 'quoted-pair') this.#state = 'quoted';
    else if (this.#state === 'quoted') {
      if (c === QUOTE) this.#state = 'extension';
      else if (c === BACKSLASH) this.#state = 'quoted-pair';
    } else if (c === QUOTE) this.#state = 'quoted';
    else if (c === SEMICOLON) this.#state = 'extension-name';
    return undefined;
  }

  #trailerSection(b: Buffer, start: number, end: number): number {
    const max = this.#limits.trailerBytesMax;
    const bytesMax = max + EMPTY_LINE_BYTES;
    this.#trailers ??= new Carry(bytesMax);
    const { bytes, from, to, before, ripe } = this.#trailers.with(b, start, end);
    const bounded = Math.min(to, from + bytesMax);
    const after = ripe ? this.#fields.scan(bytes, from, bounded, this.#limits.headerCountMax) : MORE;
    if (after === MORE && bounded === to) {
      this.#trailers.keep(b, start, end);
      return MORE;
    }
    if (after < 0) {
      this.fault = this.#fields.fault ?? tooLarge('a trailer section', max, 'trailerBytesMax');
      return FAULTY;
    }
    this.trailerLines = after - from > EMPTY_LINE_BYTES ? bytes.toString('latin1', from, after) : '';
    this.#state = 'done';
    return start + (after - from - before);
  }
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
