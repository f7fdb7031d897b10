// Reads a file of records (JSON Lines) and proves that every index is there exactly once. Streams: a file of any size
// takes one bit for each index.

import { closeSync, openSync, readSync } from 'node:fs';

const PIECE_BYTES = 1024 * 1024;
const PROBLEMS_MAX = 5;

/** `urlOf(index)` is what each record's url must be. `whole` is true where nothing at all is wrong. */
export function checkRecords(path, requests, urlOf) {
  const check = new Check(requests, urlOf);
  for (const line of linesOf(path)) check.line(line);
  return check.result();
}

class Check {
  #requests;
  #urlOf;
  #seen;
  #lines = 0;
  #distinct = 0;
  #doubled = 0;
  #bad = 0;
  #responses = 0;
  #idSum = 0;
  #problems = [];

  constructor(requests, urlOf) {
    this.#requests = requests;
    this.#urlOf = urlOf;
    this.#seen = new Uint8Array(Math.ceil(requests / 8));
  }

  line(text) {
    this.#lines++;
    let record;
    try {
      record = JSON.parse(text);
    } catch {
      return this.#problem('is no JSON', text);
    }
    const { index } = record;
    if (!Number.isInteger(index) || index < 0 || index >= this.#requests) {
      return this.#problem('has no index of this run', text);
    }
    const bit = 1 << (index & 7);
    if ((this.#seen[index >> 3] & bit) !== 0) this.#doubled++;
    else this.#distinct++;
    this.#seen[index >> 3] |= bit;
    if (record.url !== this.#urlOf(index)) return this.#problem('has the wrong url', text);
    if (record.status !== 200 || record.body === undefined) return this.#problem('is no good response', text);
    this.#responses++;
    this.#idSum += record.body.id;
  }

  #problem(what, text) {
    this.#bad++;
    if (this.#problems.length < PROBLEMS_MAX)
      this.#problems.push(`line ${this.#lines} ${what}: ${text.slice(0, 200)}`);
  }

  result() {
    const missing = this.#requests - this.#distinct;
    return {
      lines: this.#lines,
      distinct: this.#distinct,
      missing,
      doubled: this.#doubled,
      bad: this.#bad,
      responses: this.#responses,
      idSum: this.#idSum,
      problems: this.#problems,
      whole: missing === 0 && this.#doubled === 0 && this.#bad === 0,
    };
  }
}

/** A last line without its line end is given too: it is half a record or the bench's finding. */
function* linesOf(path) {
  const fd = openSync(path, 'r');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  try {
    let rest = '';
    for (let length = readSync(fd, piece); length > 0; length = readSync(fd, piece)) {
      // What is measured here is ASCII; anything else would fail the comparison of urls or the parser.
      const lines = (rest + piece.latin1Slice(0, length)).split('\n');
      rest = lines.pop();
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(fd);
  }
}
