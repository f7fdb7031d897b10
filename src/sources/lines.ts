// Text with one URL a line. Blank lines and lines that start with # are skipped and take no index.

import { shown } from '../model/origin.ts';
import { Failure } from '../model/outcome.ts';
import type { Request, RequestFactory } from '../model/request.ts';
import type { Form } from './form.ts';
import { NOT_UTF8, overlongReason, requestOrFailure, shownHead } from './input-item.ts';
import { LineSplitter } from './line-splitter.ts';

const HASH = 35;

export class UrlLines implements Form {
  readonly #lines: LineSplitter;
  readonly #factory: RequestFactory;
  readonly #lineBytesMax: number;

  constructor(factory: RequestFactory, lineBytesMax: number) {
    this.#lines = new LineSplitter(lineBytesMax);
    this.#factory = factory;
    this.#lineBytesMax = lineBytesMax;
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  finish(): void {
    this.#lines.finish();
  }

  next(index: number): Request | Failure | undefined {
    const lines = this.#lines;
    if (!this.#advance()) return undefined;
    if (lines.overlong) {
      const head = shownHead(lines.looseText());
      return Failure.ofInput(index, head, overlongReason(this.#lineBytesMax), lines.line);
    }
    const url = lines.text();
    if (url === undefined) return Failure.ofInput(index, shown(lines.looseText()), NOT_UTF8, lines.line);
    return requestOrFailure(this.#factory, index, url, lines.line);
  }

  skip(count: number): number {
    let passed = 0;
    while (passed < count && this.#advance()) passed++;
    return passed;
  }

  toString(): string {
    return `URL lines at ${this.#lines}`;
  }

  /** To the next line that is an item. */
  #advance(): boolean {
    const lines = this.#lines;
    while (lines.next()) {
      lines.trim();
      if (lines.start < lines.end && lines.bytes[lines.start] === HASH) continue;
      if (lines.overlong || lines.start < lines.end) return true;
    }
    return false;
  }
}
