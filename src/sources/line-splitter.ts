// Bytes to lines, chunk by chunk. A line is a view of the chunk it came in; only one that straddles chunks is
// copied. Never holds more than one line, and of a line over the limit no more than its start.

import { isUtf8 } from 'node:buffer';
import { byteSize } from '../model/text.ts';

const LF = 10;
const CR = 13;
/** What is kept of a line over the limit: enough to show it. */
const HEAD_BYTES_MAX = 1024;
const NONE = Buffer.alloc(0);

export class LineSplitter {
  /** The number of the current line, from 1: every line feed counts, also behind blank lines and comments. */
  line = 0;
  /** The current line, without its line feed: `bytes` from `start` to `end`. Valid until the next `next()`. */
  bytes: Buffer = NONE;
  start = 0;
  end = 0;
  /** The current line is over the limit; `start` to `end` is its beginning only. */
  overlong = false;

  readonly #lineBytesMax: number;
  #chunk: Buffer = NONE;
  #at = 0;
  #ended = false;
  /** The beginning of a line whose end is in a later chunk: the first `#heldBytes` of `#held`. */
  #held: Buffer = NONE;
  #heldBytes = 0;
  #heldOverlong = false;

  /** The limit counts neither line feed nor the carriage return before it. */
  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Gives it the next bytes; only after `next()` returned false. They must not change until it does so again. */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** No bytes will follow: what is held is the last line. */
  finish(): void {
    this.#ended = true;
  }

  /** Moves on to the next line; false when more bytes are needed, or at the end. */
  next(): boolean {
    const newline = this.#chunk.indexOf(LF, this.#at);
    if (newline === -1) return this.#atEdge();
    if (this.#heldBytes === 0) {
      this.#show(this.#chunk, this.#at, newline, false);
    } else {
      this.#hold(this.#at, newline);
      this.#showHeld();
    }
    this.#at = newline + 1;
    return true;
  }

  /** Takes white space off both ends of the current line. */
  trim(): void {
    while (this.start < this.end && isWhite(this.bytes[this.start]!)) this.start++;
    while (this.end > this.start && isWhite(this.bytes[this.end - 1]!)) this.end--;
  }

  /** The current line as text; undefined where it is not UTF-8: a replacement character would ask for another URL. */
  text(): string | undefined {
    const text = this.looseText();
    // A line may hold U+FFFD of its own, so only the bytes tell; but hardly any line does, so that is asked second.
    const isSound = !text.includes('\ufffd') || isUtf8(this.bytes.subarray(this.start, this.end));
    return isSound ? text : undefined;
  }

  /** The current line with U+FFFD for what is not UTF-8; to be shown, never to be sent. */
  looseText(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  toString(): string {
    return `line ${this.line}, ${byteSize(this.#heldBytes)} held in ${byteSize(this.#held.length)}`;
  }

  #atEdge(): boolean {
    this.#hold(this.#at, this.#chunk.length);
    this.#chunk = NONE;
    this.#at = 0;
    if (!this.#ended || this.#heldBytes === 0) return false;
    this.#showHeld();
    return true;
  }

  #showHeld(): void {
    this.#show(this.#held, 0, this.#heldBytes, this.#heldOverlong);
    this.#heldBytes = 0;
    this.#heldOverlong = false;
  }

  #show(bytes: Buffer, start: number, end: number, cut: boolean): void {
    this.line++;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    const lengthBytes = end - start - (end > start && bytes[end - 1] === CR ? 1 : 0);
    this.overlong = cut || lengthBytes > this.#lineBytesMax;
    if (this.overlong) this.end = Math.min(end, start + HEAD_BYTES_MAX);
  }

  #hold(from: number, to: number): void {
    const wholeBytes = this.#heldBytes + to - from;
    // One more than the limit, because the last byte may turn out to be a carriage return.
    if (wholeBytes > this.#lineBytesMax + 1) this.#heldOverlong = true;
    const keptBytes = this.#heldOverlong ? Math.min(wholeBytes, HEAD_BYTES_MAX) : wholeBytes;
    if (keptBytes > this.#heldBytes) {
      if (keptBytes > this.#held.length) this.#grow(keptBytes);
      this.#chunk.copy(this.#held, this.#heldBytes, from, from + keptBytes - this.#heldBytes);
    }
    this.#heldBytes = keptBytes;
  }

  /** Doubles, so that a line of many small chunks is copied twice at most, not once for each chunk. */
  #grow(neededBytes: number): void {
    const roomBytes = Math.max(neededBytes, Math.min(this.#held.length * 2, this.#lineBytesMax + 1));
    const grown = Buffer.allocUnsafe(roomBytes);
    this.#held.copy(grown, 0, 0, this.#heldBytes);
    this.#held = grown;
  }
}

/** Space and the controls from tab to carriage return. */
function isWhite(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
