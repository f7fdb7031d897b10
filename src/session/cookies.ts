// The cookies of a session, as browsers take them (RFC 6265bis): what came with Set-Cookie, and the Cookie field for
// the next request. Sends nothing and opens no file. Costs nothing until the first cookie comes.

import type { Clock } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import { type CookieFileProblem, readCookieFile, writeCookieFile } from './cookie-file.ts';
import { CookieHeaders } from './cookie-headers.ts';
import { BrowserJar, pathOf } from './cookie-jar.ts';
import { readSetCookie } from './cookie-line.ts';
import { type CookieLimits, CookieShelf } from './cookie-shelf.ts';

interface Opened {
  readonly jar: BrowserJar;
  readonly headers: CookieHeaders;
}

export class CookieStore {
  readonly #clock: Clock;
  readonly #limits: CookieLimits;
  readonly #shelf: CookieShelf;
  /** From the first cookie on: only then is the library loaded. */
  #opened: Opened | undefined;
  #refused = 0;
  #lastRefusal = '';

  constructor(clock: Clock, limits: CookieLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#shelf = new CookieShelf(limits, clock);
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** Cookies that came and were not kept, and why the last one was not. */
  get refused(): { readonly count: number; readonly last: string } {
    return { count: this.#refused, last: this.#lastRefusal };
  }

  /** The value of the Cookie field for a request there, or undefined. */
  header(origin: Origin, target: string): string | undefined {
    return this.#opened?.headers.get(origin, target);
  }

  /** Takes the Set-Cookie values of a response to a request there, each line for itself. A bad one is counted. */
  store(origin: Origin, target: string, values: readonly string[]): void {
    for (const value of values) {
      const { jar } = this.#open();
      const draft = readSetCookie(value, this.#clock.wall());
      const refusal = typeof draft === 'string' ? draft : jar.set(origin, pathOf(target), draft);
      if (refusal === undefined) continue;
      this.#refused++;
      this.#lastRefusal = refusal;
    }
  }

  /** Adds the cookies of a file's text (latin1); says which lines gave none, in the order of the lines. */
  load(text: string): CookieFileProblem[] {
    const { entries, problems } = readCookieFile(text, this.#clock.wall());
    const found = [...problems];
    const { evicted } = this.#shelf;
    for (const { line, origin, draft } of entries) {
      const refusal = this.#open().jar.set(origin, '/', draft);
      if (refusal !== undefined) found.push({ line, message: `the cookie ${refusal}` });
    }
    found.sort((a, b) => a.line - b.line);
    const lost = this.#shelf.evicted - evicted;
    if (lost > 0) {
      const { cookiesPerHostMax, cookiesMax } = this.#limits;
      const message = `${lost} cookies had to go: at most ${cookiesPerHostMax} per host and ${cookiesMax} in all`;
      found.push({ line: entries.at(-1)!.line, message });
    }
    return found;
  }

  /** The text of a cookie file with all cookies that have not expired, those of the session too. */
  save(): string {
    return writeCookieFile(this.#shelf.inOrder());
  }

  #open(): Opened {
    if (this.#opened === undefined) {
      const jar = new BrowserJar(this.#shelf, this.#clock, this.#limits.cookieBytesMax);
      this.#opened = { jar, headers: new CookieHeaders(this.#shelf, jar, this.#clock) };
    }
    return this.#opened;
  }

  toString(): string {
    const refused = this.#refused === 0 ? '' : `, ${this.#refused} refused: the last ${this.#lastRefusal}`;
    return `cookies ${this.#shelf}${refused}`;
  }
}
