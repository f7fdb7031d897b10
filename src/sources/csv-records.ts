// Lines to CSV records (RFC 4180): which lines belong to one record, and its fields. What a field means it never asks.
//
// csv-parse takes the records apart; this file decides where one ends. A record goes on behind a line break as long as
// the number of its quotes is odd, and whatever is wrong with it stays its own affair: a quote that nothing closes
// would swallow the rest of the input, so the line that opened it is given up and reading goes on with the next one.

import type { parse } from 'csv-parse/sync';
import { byteSize, count } from '../model/text.ts';
import { NOT_UTF8, overlongReason } from './input-item.ts';
import { LineSplitter } from './line-splitter.ts';

export type Parse = typeof parse;

/** One record: either its fields, or why it has none. */
export interface CsvRecord {
  /** Where it begins; from 1. */
  readonly line: number;
  readonly fields: readonly string[] | undefined;
  readonly problem: string | undefined;
}

interface Line {
  readonly line: number;
  readonly text: string;
  readonly lengthBytes: number;
  readonly flaw: 'none' | 'encoding' | 'length';
}

interface Draft extends CsvRecord {
  readonly text: string;
  fields: readonly string[] | undefined;
  problem: string | undefined;
}

/** Records taken apart in one call: 1.1 µs each, against 6 µs one by one. */
const BATCH_RECORDS_MAX = 1000;
/** Lines of one record. Keeps a quote that nothing closes from holding millions of lines. */
const RECORD_LINES_MAX = 100_000;
const PARSE_OPTIONS = { relax_column_count: true, record_delimiter: ['\r\n', '\n'] };

export class CsvRecords {
  readonly #lines: LineSplitter;
  readonly #parse: Parse;
  readonly #recordBytesMax: number;
  #ended = false;
  /** The lines of a record whose quoted field goes on. */
  #open: Line[] = [];
  #openBytes = 0;
  #openIsSound = false;
  /** The lines of a record given up that have to be read again, the next one last. */
  readonly #again: Line[] = [];

  constructor(parse: Parse, recordBytesMax: number) {
    this.#lines = new LineSplitter(recordBytesMax);
    this.#parse = parse;
    this.#recordBytesMax = recordBytesMax;
  }

  /** Gives it the next bytes; only after `read()` came back empty. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  finish(): void {
    this.#lines.finish();
    this.#ended = true;
  }

  /** The next records; empty when more bytes are needed, or at the end. */
  read(): readonly CsvRecord[] {
    const drafts = this.#draw(BATCH_RECORDS_MAX);
    this.#takeApart(drafts.filter((draft) => draft.fields === undefined && draft.problem === undefined));
    return drafts;
  }

  /** Passes over up to `count` records, whose fields are not looked at; how many. */
  skip(count: number): number {
    let passed = 0;
    while (passed < count) {
      const drawn = this.#draw(Math.min(count - passed, BATCH_RECORDS_MAX)).length;
      if (drawn === 0) break;
      passed += drawn;
    }
    return passed;
  }

  /** The next records, those of one line not yet taken apart. */
  #draw(most: number): Draft[] {
    const drafts: Draft[] = [];
    while (drafts.length < most) {
      const line = this.#nextLine();
      if (line !== undefined) this.#take(line, drafts);
      else if (!this.#judgeOpen(drafts)) break;
    }
    return drafts;
  }

  toString(): string {
    return `CSV records at ${this.#lines}, ${count(this.#open.length)} lines open, ${count(this.#again.length)} again`;
  }

  #nextLine(): Line | undefined {
    const again = this.#again.pop();
    if (again !== undefined) return again;
    const lines = this.#lines;
    if (!lines.next()) return undefined;
    const line = lines.line;
    const lengthBytes = lines.end - lines.start;
    if (lines.overlong) return { line, text: '', lengthBytes, flaw: 'length' };
    const text = lines.text();
    if (text === undefined) return { line, text: lines.looseText(), lengthBytes, flaw: 'encoding' };
    return { line, text, lengthBytes, flaw: 'none' };
  }

  #take(line: Line, drafts: Draft[]): void {
    if (this.#open.length === 0) {
      if (line.flaw === 'length') drafts.push(broken(line, overlongReason(this.#recordBytesMax)));
      else if (hasOddQuotes(line.text)) this.#openWith(line);
      else if (line.flaw === 'encoding') drafts.push(broken(line, NOT_UTF8));
      else if (line.text.trim() !== '') drafts.push(whole(line));
      return;
    }
    this.#open.push(line);
    this.#openBytes += line.lengthBytes + 1;
    if (
      line.flaw === 'length' ||
      this.#openBytes > this.#recordBytesMax ||
      this.#open.length > RECORD_LINES_MAX
    ) {
      this.#giveUp(
        drafts,
        `a quote opens here that nothing closes within ${byteSize(this.#recordBytesMax)} or ${count(RECORD_LINES_MAX)} lines`,
      );
    } else if (hasOddQuotes(line.text)) {
      this.#closeOpen(drafts);
    }
  }

  #openWith(line: Line): void {
    this.#open = [line];
    this.#openBytes = line.lengthBytes;
    this.#openIsSound = false;
  }

  #closeOpen(drafts: Draft[]): void {
    const record = this.#parseOne(this.#open.map((line) => line.text).join('\n'));
    if (typeof record === 'string') {
      this.#giveUp(drafts, record);
      return;
    }
    const first = this.#open[0]!;
    const sound = this.#open.every((line) => line.flaw === 'none');
    drafts.push(sound ? { ...whole(first), fields: record } : broken(first, NOT_UTF8));
    this.#open = [];
  }

  /**
   * All lines are read and a record is open. At the end nothing will close it; before, it is told from a stray quote
   * at once, or a slow pipe would wait for a closing quote that never comes. True when it was given up.
   */
  #judgeOpen(drafts: Draft[]): boolean {
    if (this.#open.length === 0) return false;
    if (this.#ended) {
      this.#giveUp(drafts, QUOTE_PROBLEMS['CSV_QUOTE_NOT_CLOSED']!);
      return true;
    }
    if (this.#openIsSound) return false;
    const record = this.#parseOne(this.#open[0]!.text);
    this.#openIsSound = record === QUOTE_PROBLEMS['CSV_QUOTE_NOT_CLOSED'];
    if (!this.#openIsSound) this.#giveUp(drafts, String(record));
    return !this.#openIsSound;
  }

  #giveUp(drafts: Draft[], problem: string): void {
    drafts.push(broken(this.#open[0]!, problem));
    for (let i = this.#open.length - 1; i >= 1; i--) this.#again.push(this.#open[i]!);
    this.#open = [];
  }

  /** The fields of one record, or what is wrong with it. */
  #parseOne(text: string): readonly string[] | string {
    try {
      return this.#parse(`${text}\n`, PARSE_OPTIONS)[0]!;
    } catch (error) {
      return problemOf(error);
    }
  }

  /** All in one call; where one of them is malformed, halves are tried until it stands alone. */
  #takeApart(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return;
    try {
      const rows = this.#parse(`${drafts.map((draft) => draft.text).join('\n')}\n`, PARSE_OPTIONS);
      drafts.forEach((draft, i) => {
        draft.fields = rows[i]!;
      });
    } catch (error) {
      if (drafts.length === 1) {
        drafts[0]!.problem = problemOf(error);
        return;
      }
      const half = drafts.length >> 1;
      this.#takeApart(drafts.slice(0, half));
      this.#takeApart(drafts.slice(half));
    }
  }
}

function whole(line: Line): Draft {
  return { line: line.line, text: line.text, fields: undefined, problem: undefined };
}

function broken(line: Line, problem: string): Draft {
  return { line: line.line, text: '', fields: undefined, problem };
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

const QUOTE_PROBLEMS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opens here that nothing closes',
  INVALID_OPENING_QUOTE:
    'a quote in a field that is not quoted; put the field in quotes and write "" for each of its own',
  CSV_INVALID_CLOSING_QUOTE: 'text behind a closing quote; inside of a quoted field a quote is written ""',
};

/** Never the message of csv-parse: it quotes the field. */
function problemOf(error: unknown): string {
  const code = String((error as { readonly code?: unknown }).code);
  return QUOTE_PROBLEMS[code] ?? `not valid CSV (${code})`;
}
