// A stream of bytes as a source: it picks the form, keeps one chunk read ahead, and hands out what the form makes.
// Never reads on while that chunk waits, so its memory does not grow with the input.

import { ENDED, type Pulled, type Source, WAITING } from '../model/contracts.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request, RequestFactory } from '../model/request.ts';
import { count } from '../model/text.ts';
import { openCsv } from './csv.ts';
import type { Form, RowToUrl } from './form.ts';
import { HarEntries } from './har.ts';
import {
  type FormName,
  formOfName,
  formOfStart,
  type InputFormat,
  MARK_BYTES,
  mayBeHar,
  START_BYTES_MAX,
  withoutMark,
} from './input-format.ts';
import { readProblem } from './input-problem.ts';
import { JsonLines } from './json-lines.ts';
import { UrlLines } from './lines.ts';

export interface InputOptions {
  /** What the input is called in messages; its extension tells its form. */
  readonly name: string;
  readonly format: InputFormat;
  /** Longest line, or CSV record, without its line break. */
  readonly lineBytesMax: number;
  readonly factory: RequestFactory;
  /** Makes the input CSV: the URL of each row comes from a template over its columns. */
  readonly rowToUrl?: RowToUrl | undefined;
}

/** Reads nothing before the first pull. Throws at once where the options contradict each other. */
export function openInput(stream: AsyncIterable<Uint8Array>, options: InputOptions): Source {
  return new InputSource(stream, options);
}

/** `reading`: a chunk is under way. `ahead`: one waits. `drained`: the stream ended, the form has not been told. */
type State = 'new' | 'reading' | 'ahead' | 'drained' | 'ended' | 'broken' | 'closed';

const NONE = Buffer.alloc(0);

class InputSource implements Source {
  readonly count = undefined;
  onReady: (() => void) | undefined;
  readonly #stream: AsyncIterable<Uint8Array>;
  readonly #options: InputOptions;
  /** As given or as the name says; undefined where the first line has to tell. */
  readonly #formName: FormName | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #form: Form | undefined;
  #state: State = 'new';
  #ahead: Buffer = NONE;
  #error: unknown;
  #index = 0;
  /** Items to pass over before the next one is made. */
  #toSkip = 0;
  #waiting = false;

  constructor(stream: AsyncIterable<Uint8Array>, options: InputOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#formName = formGiven(options);
  }

  pull(): Pulled {
    for (;;) {
      const item = this.#nextItem();
      if (item !== undefined) {
        this.#index++;
        return item;
      }
      switch (this.#state) {
        case 'new':
          void this.#begin();
          break;
        case 'ahead':
          this.#form!.push(this.#ahead);
          this.#ahead = NONE;
          void this.#readAhead();
          break;
        case 'reading':
          this.#waiting = true;
          return WAITING;
        case 'drained':
          this.#form!.finish();
          this.#state = 'ended';
          break;
        case 'ended':
        case 'closed':
          return ENDED;
        case 'broken':
          throw this.#error;
      }
    }
  }

  skip(count: number): void {
    this.#toSkip += count;
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#waiting = false;
    this.#form = undefined;
    this.#ahead = NONE;
    void this.#release();
  }

  toString(): string {
    const form = this.#form === undefined ? '' : `, ${this.#form}`;
    return `input ${this.#options.name} ${this.#state} after ${count(this.#index)} items${form}`;
  }

  #nextItem(): Request | Failure | undefined {
    try {
      if (this.#toSkip > 0 && !this.#passOver()) return undefined;
      return this.#form?.next(this.#index);
    } catch (error) {
      this.#form = undefined;
      this.#break(error);
      return undefined;
    }
  }

  /** False while some of it is still to come. */
  #passOver(): boolean {
    const passed = this.#form?.skip(this.#toSkip) ?? 0;
    this.#index += passed;
    this.#toSkip -= passed;
    return this.#toSkip === 0;
  }

  async #begin(): Promise<void> {
    this.#state = 'reading';
    try {
      this.#chunks = this.#stream[Symbol.asyncIterator]();
      const { formName, start, isWhole } = await this.#readStart();
      const form = await makeForm(formName, this.#options);
      if (this.#state !== 'reading') return;
      form.push(start);
      this.#form = form;
      if (isWhole) this.#state = 'drained';
      else void this.#readAhead();
    } catch (error) {
      if (this.#state === 'reading') this.#break(error);
    }
    this.#wake();
  }

  /** Reads until it is known what the input is. */
  async #readStart(): Promise<{ formName: FormName; start: Buffer; isWhole: boolean }> {
    let start = NONE;
    for (;;) {
      const chunk = await this.#readChunk();
      if (chunk !== undefined) start = Buffer.concat([start, chunk]);
      const isWhole = chunk === undefined;
      if (!isWhole && start.length < MARK_BYTES) continue;
      const text = withoutMark(start, this.#options.name);
      const formName = this.#formOf(text, isWhole || start.length >= START_BYTES_MAX);
      if (formName !== undefined) return { formName, start: text, isWhole };
    }
  }

  #formOf(start: Buffer, mustDo: boolean): FormName | undefined {
    const { format, name, rowToUrl } = this.#options;
    const named = this.#formName;
    const looks = named === undefined || (format === 'auto' && rowToUrl === undefined && mayBeHar(name));
    if (!looks) return named;
    const found = formOfStart(start, mustDo);
    return found === undefined || found === 'har' ? found : (named ?? found);
  }

  /** Its own errors alone are problems of the stream; undefined at the end. */
  async #readChunk(): Promise<Buffer | undefined> {
    try {
      const { done, value } = await this.#chunks!.next();
      return done === true ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    } catch (error) {
      throw readProblem(this.#options.name, error);
    }
  }

  async #readAhead(): Promise<void> {
    this.#state = 'reading';
    try {
      const chunk = await this.#readChunk();
      if (this.#state !== 'reading') return;
      this.#ahead = chunk ?? NONE;
      this.#state = chunk === undefined ? 'drained' : 'ahead';
    } catch (error) {
      if (this.#state === 'reading') this.#break(error);
    }
    this.#wake();
  }

  /** What the form has still to give comes first; then every pull throws. */
  #break(error: unknown): void {
    this.#state = 'broken';
    this.#error = error;
    void this.#release();
  }

  #wake(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.onReady?.();
  }

  /** A Node stream is destroyed: its iterator would wait for a read under way, on a pipe perhaps for ever. */
  async #release(): Promise<void> {
    const stream = this.#stream as { readonly destroy?: () => void };
    try {
      if (typeof stream.destroy === 'function') stream.destroy();
      else await this.#chunks?.return?.();
    } catch {
      // Nothing more is wanted of the stream; whether it ended well is no longer anybody's concern.
    }
  }
}

function formGiven({ format, name, rowToUrl }: InputOptions): FormName | undefined {
  const form = format === 'auto' ? formOfName(name) : format;
  if (rowToUrl === undefined) return form;
  if (form === 'jsonl' || form === 'har' || format === 'lines') {
    throw new Error(
      `a URL with {column} in it needs CSV, and ${name} is read as ${form}; leave one of them out`,
    );
  }
  return 'csv';
}

async function makeForm(form: FormName, options: InputOptions): Promise<Form> {
  switch (form) {
    case 'lines':
      return new UrlLines(options.factory, options.lineBytesMax);
    case 'jsonl':
      return new JsonLines(options.factory, options.lineBytesMax);
    case 'csv':
      return openCsv({ ...options, rowToUrl: options.rowToUrl });
    case 'har':
      return new HarEntries(options.factory, options.name);
  }
}
