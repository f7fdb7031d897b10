// The .netrc file as curl reads it: logins by machine. Takes text; never opens a file, never shows a word of it.

import { hostOf, Login } from './auth.ts';

/** What is wrong and where. Holds no text of the file: a misplaced word may be half of a password. */
export class NetrcError extends Error {
  override readonly name = 'NetrcError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(`netrc line ${line}: ${message}`);
    this.line = line;
  }
}

interface Entry {
  login: string | undefined;
  password: string | undefined;
}

/** The first entry for a host wins, and `default` stands for every host that none before it named. */
export class Netrc {
  /** Undefined for a machine without login and password: it is named so that `default` does not apply. */
  readonly #machines = new Map<string, Login | undefined>();
  readonly #fallback: Login | undefined;

  constructor(machines: ReadonlyMap<string, Entry>, fallback: Entry | undefined) {
    for (const [host, entry] of machines) this.#machines.set(host, loginOf(entry));
    this.#fallback = fallback === undefined ? undefined : loginOf(fallback);
  }

  /** `host` is that of an Origin, never a piece of a URL cut out by hand (CVE-2024-47081). Ports do not matter. */
  find(host: string): Login | undefined {
    return this.#machines.has(host) ? this.#machines.get(host) : this.#fallback;
  }

  toString(): string {
    return `netrc: ${this.#machines.size} machines, ${this.#fallback === undefined ? 'no' : 'a'} default`;
  }
}

/** Throws NetrcError for a file that cannot be meant. */
export function parseNetrc(text: string): Netrc {
  const words: Words = new Words(text);
  const machines = new Map<string, Entry>();
  let fallback: Entry | undefined;
  let entry: Entry | undefined;
  for (let keyword = words.keyword(); keyword !== undefined; keyword = words.keyword()) {
    switch (keyword) {
      case 'machine': {
        const host = keyOf(words.value(keyword));
        entry = { login: undefined, password: undefined };
        if (fallback === undefined && !machines.has(host)) machines.set(host, entry);
        break;
      }
      case 'default':
        entry = { login: undefined, password: undefined };
        fallback ??= entry;
        break;
      case 'login':
      case 'password':
        if (entry === undefined) words.fail(`${keyword} stands before any machine or default`);
        entry[keyword] = words.value(keyword);
        break;
      case 'account':
        words.value(keyword);
        break;
      case 'macdef':
        words.skipMacro();
        break;
      default:
        words.fail(
          'machine, default, login, password, account or macdef is expected here; put "…" around a value that holds spaces',
        );
    }
  }
  return new Netrc(machines, fallback);
}

function loginOf({ login, password }: Entry): Login | undefined {
  if (login === undefined && password === undefined) return undefined;
  return new Login(login ?? '', password ?? '');
}

/** As origins have it. A name that no URL could hold is kept as it is, and so is never found. */
function keyOf(machine: string): string {
  const bare = machine.includes(':') && !machine.startsWith('[');
  return hostOf(bare ? `[${machine}]` : machine) ?? machine.toLowerCase();
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const SPACE = /[ \t\r\n]*/y;
const LINE = /[^\n]*\n?/y;
const BLANK_LINE = /[ \t\r]*(?:\n|$)/y;
const PLAIN = /[^ \t\r\n]+/y;
const QUOTED = /"((?:[^"\\\n]|\\[^\n])*)"(?=[ \t\r\n]|$)/y;

/** The words of a file, one after the other, with the line they stand in. */
class Words {
  readonly #text: string;
  #at = 0;
  /** The line of the word last taken. */
  #line = 1;

  constructor(text: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /** The next word in lower case, comments passed over; undefined at the end. */
  keyword(): string | undefined {
    this.#take(SPACE);
    while (this.#text[this.#at] === '#') {
      this.#take(LINE);
      this.#take(SPACE);
    }
    return this.#at === this.#text.length ? undefined : this.#word().toLowerCase();
  }

  /** The word that belongs to a keyword; on the next line too, as in any netrc. */
  value(keyword: string): string {
    const line = this.#line;
    this.#take(SPACE);
    if (this.#at === this.#text.length) throw new NetrcError(line, `${keyword} has no value`);
    // For curl a comment starts here, and the next line's first word would become the value.
    if (this.#text[this.#at] === '#') {
      throw new NetrcError(this.#line, `the value of ${keyword} begins with #; put "…" around it`);
    }
    return this.#word();
  }

  /** A macro goes on until a blank line; its name stands on the line of `macdef`. */
  skipMacro(): void {
    do this.#take(LINE);
    while (this.#at < this.#text.length && !this.#isAt(BLANK_LINE));
  }

  fail(message: string): never {
    throw new NetrcError(this.#line, message);
  }

  #word(): string {
    if (this.#text[this.#at] !== '"') return this.#take(PLAIN);
    if (!this.#isAt(QUOTED)) this.fail('a quoted word ends on its line with a quote, and a space after it');
    return this.#take(QUOTED)
      .slice(1, -1)
      .replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c);
  }

  #isAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  /** What the pattern covers from here on. */
  #take(pattern: RegExp): string {
    const start = this.#at;
    if (this.#isAt(pattern)) this.#at = pattern.lastIndex;
    const taken = this.#text.slice(start, this.#at);
    for (const c of taken) if (c === '\n') this.#line++;
    return taken;
  }
}
