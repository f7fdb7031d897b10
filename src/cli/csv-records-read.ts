// Records out of CSV as flurry writes it: the names of the columns stand in the first line.

import type { RecordFacts } from '../model/record-facts.ts';
import { count } from '../model/text.ts';
import { hostOf, isStatus } from '../sinks/record-reader.ts';
import { CsvRecords, type Parse } from '../sources/csv-records.ts';
import { usage } from './exit-codes.ts';
import { LINE_BYTES_MAX, type RecordLines } from './record-input.ts';

const COLUMNS = ['index', 'url', 'method', 'status', 'ms', 'bytes', 'attempts'] as const;
const ERROR_COLUMNS = ['error_phase', 'error_kind', 'error_message', 'error_sent'] as const;
type ColumnName = (typeof COLUMNS)[number] | (typeof ERROR_COLUMNS)[number];
type Places = Readonly<Record<ColumnName, number>>;

export class CsvRecordsRead implements RecordLines {
  records = 0;
  otherLines = 0;
  firstOther: number | undefined;
  torn = false;
  readonly #csv: CsvRecords;
  readonly #each: (record: RecordFacts) => void;
  readonly #name: string;
  #places: Places | undefined;
  #columns = 0;
  /** The line of the last record that is none: at the end of what was cut off it is half of one. */
  #lastOther = 0;

  constructor(parse: Parse, each: (record: RecordFacts) => void, name: string) {
    this.#csv = new CsvRecords(parse, LINE_BYTES_MAX);
    this.#each = each;
    this.#name = name;
  }

  push(chunk: Buffer): void {
    this.#csv.push(chunk);
    this.#readAll();
  }

  finish(cut: boolean): void {
    this.#csv.finish();
    const before = this.otherLines;
    this.#readAll();
    if (!cut || this.otherLines === before) return;
    this.torn = true;
    this.otherLines = before;
    if (this.firstOther === this.#lastOther) this.firstOther = undefined;
  }

  toString(): string {
    return `${count(this.records)} records of CSV`;
  }

  #readAll(): void {
    for (let batch = this.#csv.read(); batch.length > 0; batch = this.#csv.read()) {
      for (const { line, fields } of batch) this.#read(line, fields);
    }
  }

  #read(line: number, fields: readonly string[] | undefined): void {
    if (this.#places === undefined) {
      this.#columns = fields?.length ?? 0;
      this.#places = placesOf(fields ?? [], this.#name);
      return;
    }
    const facts = fields?.length === this.#columns ? factsOf(fields, this.#places) : undefined;
    if (facts !== undefined) {
      this.records++;
      this.#each(facts);
      return;
    }
    this.otherLines++;
    this.firstOther ??= line;
    this.#lastOther = line;
  }
}

function placesOf(names: readonly string[], name: string): Places {
  const all: readonly ColumnName[] = [...COLUMNS, ...ERROR_COLUMNS];
  const missing = all.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw usage(`${name} is CSV, but no records of flurry: there is no ${missing.join(', ')}`);
  return Object.fromEntries(all.map((column) => [column, names.indexOf(column)])) as Record<
    ColumnName,
    number
  >;
}

function factsOf(fields: readonly string[], places: Places): RecordFacts | undefined {
  const [index, ms, attempts] = [places.index, places.ms, places.attempts].map((at) => numberIn(fields[at]!));
  if (index === undefined || ms === undefined || attempts === undefined) return undefined;
  const url = fields[places.url]!;
  const same = { index, url, method: fields[places.method]!, host: hostOf(url), ms, attempts };
  const [phase, kind] = [fields[places.error_phase]!, fields[places.error_kind]!];
  if (phase !== '') {
    const [message, sent] = [fields[places.error_message]!, fields[places.error_sent]!];
    return { ...same, status: undefined, bytes: 0, error: { phase, kind, message, sent, status: undefined } };
  }
  const [status, bytes] = [numberIn(fields[places.status]!), numberIn(fields[places.bytes]!)];
  if (!isStatus(status) || bytes === undefined) return undefined;
  return { ...same, status, bytes, error: undefined };
}

function numberIn(field: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(field) ? Number(field) : undefined;
}
