// Lists of statuses such as `200,3xx,500-599`. One look into a bitmap per response.

import { misread, part, type Written } from './misread.ts';

/** A status is three digits (RFC 9110 section 15); those above 599 are invalid, and some servers send them. */
const STATUS_MAX = 999;
const FORM = /^(?:([1-9])xx|([1-9]\d\d)(?:\s*-\s*([1-9]\d\d))?)$/i;
const ADVICE = 'write statuses as 200, 3xx or 500-599, separated by commas';

export class StatusList {
  readonly #listed = new Uint8Array(STATUS_MAX + 1);

  /** Throws OptionError for what is no list of statuses. */
  add(list: Written): void {
    let start = 0;
    for (const piece of list.text.split(',')) {
      this.#addItem(part(list, start, start + piece.length));
      start += piece.length + 1;
    }
  }

  has(status: number): boolean {
    return this.#listed[status] === 1;
  }

  #addItem(item: Written): void {
    const match = FORM.exec(item.text);
    if (match === null) {
      const problem = item.text === '' ? 'a status is missing' : `no status ${JSON.stringify(item.text)}`;
      throw misread(item, 0, problem, ADVICE);
    }
    const [, hundreds, one, last] = match;
    const from = hundreds === undefined ? Number(one) : Number(hundreds) * 100;
    const to = hundreds === undefined ? Number(last ?? one) : from + 99;
    if (to < from) throw misread(item, 0, `the range ${item.text} runs backwards`, ADVICE);
    this.#listed.fill(1, from, to + 1);
  }
}
