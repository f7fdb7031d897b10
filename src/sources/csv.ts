// CSV with a header row: a request a row, from a column `url` or from a URL template over the columns.
// Columns that mean nothing to flurry are left alone.

import { InvalidRequest } from '../model/invalid.ts';
import { nearest } from '../model/nearest.ts';
import { shown } from '../model/origin.ts';
import { Failure } from '../model/outcome.ts';
import type { Request, RequestFactory, RequestObject } from '../model/request.ts';
import { type CsvRecord, CsvRecords, type Parse } from './csv-records.ts';
import type { Form, RowToUrl } from './form.ts';
import { reasonOf, requestOrFailure } from './input-item.ts';

export interface CsvOptions {
  /** What the input is called in messages. */
  readonly name: string;
  readonly factory: RequestFactory;
  readonly lineBytesMax: number;
  readonly rowToUrl: RowToUrl | undefined;
}

/** Loads csv-parse: about 7 ms that inputs of other forms need not spend. */
export async function openCsv(options: CsvOptions): Promise<Form> {
  const { parse } = await import('csv-parse/sync');
  return new CsvRows(parse, options);
}

class CsvRows implements Form {
  readonly #options: CsvOptions;
  readonly #records: CsvRecords;
  #batch: readonly CsvRecord[] = [];
  #at = 0;
  #header: Header | undefined;

  constructor(parse: Parse, options: CsvOptions) {
    this.#options = options;
    this.#records = new CsvRecords(parse, options.lineBytesMax);
  }

  push(chunk: Buffer): void {
    this.#records.push(chunk);
  }

  finish(): void {
    this.#records.finish();
  }

  next(index: number): Request | Failure | undefined {
    const header = this.#readHeader();
    if (header === undefined || !this.#fill()) return undefined;
    return header.item(index, this.#batch[this.#at++]!);
  }

  skip(count: number): number {
    if (this.#readHeader() === undefined) return 0;
    const read = Math.min(count, this.#batch.length - this.#at);
    this.#at += read;
    return read + this.#records.skip(count - read);
  }

  #readHeader(): Header | undefined {
    if (this.#header === undefined && this.#fill()) {
      this.#header = new Header(this.#batch[this.#at++]!, this.#options);
    }
    return this.#header;
  }

  /** False where no record is left. */
  #fill(): boolean {
    if (this.#at < this.#batch.length) return true;
    this.#batch = this.#records.read();
    this.#at = 0;
    return this.#batch.length > 0;
  }

  toString(): string {
    return `CSV rows at ${this.#records}`;
  }
}

/** What the header row says about the rows below it. */
class Header {
  readonly #factory: RequestFactory;
  readonly #columnCount: number;
  /** From a template; undefined where the column `url` says it. */
  readonly #toUrl: ((row: readonly string[]) => string) | undefined;
  /** Where each part stands in a row; -1 where there is no such column. */
  readonly #url: number;
  readonly #method: number;
  readonly #body: number;
  readonly #id: number;

  /** Throws where no row below it could ever be a request. */
  constructor(record: CsvRecord, options: CsvOptions) {
    if (record.fields === undefined) {
      throw new Error(`${options.name} has no readable CSV header: line ${record.line}: ${record.problem}`);
    }
    const names = record.fields.map((field) => field.trim());
    this.#factory = options.factory;
    this.#columnCount = names.length;
    this.#toUrl = options.rowToUrl?.(names);
    const templated = this.#toUrl !== undefined;
    const place = (name: string) => columnOf(names, name, options.name);
    this.#url = templated ? -1 : place('url');
    // Under a template a column called `method` or `body` is the data's own; `id` is never sent, so it stays.
    this.#method = templated ? -1 : place('method');
    this.#body = templated ? -1 : place('body');
    this.#id = place('id');
    if (!templated && this.#url === -1) throw noUrlColumn(names, options.name);
  }

  item(index: number, { line, fields, problem }: CsvRecord): Request | Failure {
    if (fields === undefined) return Failure.ofInput(index, '', problem ?? '', line);
    if (fields.length !== this.#columnCount) {
      const reason = `${columns(fields.length)}, and the header has ${columns(this.#columnCount)}`;
      return Failure.ofInput(index, shown((fields[this.#url] ?? '').trim()), reason, line);
    }
    let url: string;
    try {
      // White space around a URL is never part of it; any other field is taken as it is (RFC 4180 section 2).
      url = this.#toUrl === undefined ? fields[this.#url]!.trim() : this.#toUrl(fields);
      if (url === '') throw new InvalidRequest('the column url is empty');
    } catch (error) {
      return Failure.ofInput(index, '', reasonOf(error), line);
    }
    return requestOrFailure(this.#factory, index, this.#input(url, fields), line);
  }

  /** An empty field says nothing, so that the defaults of the run hold. */
  #input(url: string, fields: readonly string[]): string | RequestObject {
    const method = fields[this.#method] || undefined;
    const body = fields[this.#body] || undefined;
    const id = fields[this.#id] || undefined;
    if (method === undefined && body === undefined && id === undefined) return url;
    return { url, method: method?.trim(), body, id };
  }
}

function columnOf(names: readonly string[], name: string, inputName: string): number {
  const at = names.findIndex((one) => one.toLowerCase() === name);
  if (names.findLastIndex((one) => one.toLowerCase() === name) !== at) {
    throw new Error(`${inputName} has two columns called ${name}; rename one of them`);
  }
  return at;
}

function noUrlColumn(names: readonly string[], inputName: string): Error {
  const near = nearest('url', names);
  const hint = near === undefined ? '' : `, perhaps ${JSON.stringify(near)}`;
  const list = names.map(shown).join(', ').slice(0, 300);
  return new Error(
    `${inputName} has no column called url: its header, split at commas, is ${list}. ` +
      `Rename the column that holds the URL${hint}, or give a URL with {column} in it`,
  );
}

function columns(n: number): string {
  return n === 1 ? '1 column' : `${n} columns`;
}
