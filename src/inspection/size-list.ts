// Sizes of bodies: one with its unit, and lists such as `0,1234,100-200`. The size is that of the body handed out.

import { misread, part, type Written } from './misread.ts';

const FORM = /^(\d+(?:\.\d+)?)\s*(?:([kmg])(?:i?b)?|b)?$/i;
const FACTORS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const ADVICE = 'write sizes in bytes as 1234 or 100-200, separated by commas; units are k, M and G';

/** Bytes; units are of 1024, as in every option that takes a size. Throws OptionError. */
export function readSize(size: Written, advice: string): number {
  const match = FORM.exec(size.text);
  if (match === null) {
    const problem = size.text === '' ? 'a size is missing' : `no size ${JSON.stringify(size.text)}`;
    throw misread(size, 0, problem, advice);
  }
  return Math.round(Number(match[1]) * (FACTORS[match[2]?.toLowerCase() ?? ''] ?? 1));
}

export class SizeList {
  readonly #exact = new Set<number>();
  readonly #ranges: (readonly [from: number, to: number])[] = [];

  /** Throws OptionError for what is no list of sizes. */
  add(list: Written): void {
    let start = 0;
    for (const piece of list.text.split(',')) {
      this.#addItem(part(list, start, start + piece.length));
      start += piece.length + 1;
    }
  }

  has(size: number): boolean {
    return this.#exact.has(size) || this.#ranges.some(([from, to]) => size >= from && size <= to);
  }

  #addItem(item: Written): void {
    const dash = item.text.indexOf('-');
    if (dash === -1) {
      this.#exact.add(readSize(item, ADVICE));
      return;
    }
    const from = readSize(part(item, 0, dash), ADVICE);
    const to = readSize(part(item, dash + 1), ADVICE);
    if (to < from) throw misread(item, 0, `the range ${item.text} runs backwards`, ADVICE);
    this.#ranges.push([from, to]);
  }
}
