// Lists of statuses such as `200,3xx,500-599`, item by item. One look into a table per response; whoever reads a list
// says in its own words which option an item that fits nothing stands in.

/** A status is three digits (RFC 9110 section 15); those above 599 are invalid, and some servers send them. */
const STATUS_MAX = 999;
const FORM = /^(?:([1-9])xx|([1-9]\d\d)(?:\s*-\s*([1-9]\d\d))?)$/i;

export class StatusList {
  readonly #listed = new Uint8Array(STATUS_MAX + 1);

  /** One status, a class or a range; blanks around it are the reader's to remove. Gives back what is wrong with it. */
  add(item: string): string | undefined {
    const match = FORM.exec(item);
    if (match === null) return item === '' ? 'a status is missing' : `no status ${JSON.stringify(item)}`;
    const [, hundreds, one, last] = match;
    const from = hundreds === undefined ? Number(one) : Number(hundreds) * 100;
    const to = hundreds === undefined ? Number(last ?? one) : from + 99;
    if (to < from) return `the range ${item} runs backwards`;
    this.#listed.fill(1, from, to + 1);
    return undefined;
  }

  has(status: number): boolean {
    return this.#listed[status] === 1;
  }
}
