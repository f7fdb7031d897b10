// Structured fields (RFC 9651), as far as limits are told in them: Lists of Items and Dictionaries of Items, each with
// parameters. What is not of that form, or too much of it, is undefined as a whole: such a field is to be ignored.

export type BareItem = number | string | boolean;

export interface Member {
  /** Of a Dictionary's member; undefined in a List. */
  readonly key: string | undefined;
  /** A token, a string and a byte sequence (its base64) are text alike. */
  readonly value: BareItem;
  readonly parameters: ReadonlyMap<string, BareItem>;
}

const TEXT_LENGTH_MAX = 1_024;
const MEMBERS_MAX = 16;
const PARAMETERS_MAX = 16;

// Each is tried at one place (y) and cannot match in two ways: no text takes more than linear time.
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const STRING = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;
const BOOLEAN = /\?[01]/y;
const BLANKS = /[ \t]*/y;
const SPACES = / */y;

/** The members of a field's value; several lines of one name are joined by a comma before. */
export function parseMembers(text: string): readonly Member[] | undefined {
  return text.length > TEXT_LENGTH_MAX ? undefined : new Reader(text).members();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replace(/^ +/, '').trimEnd();
  }

  members(): Member[] | undefined {
    const members: Member[] = [];
    for (;;) {
      const member = this.#member();
      if (member === undefined || members.length === MEMBERS_MAX) return undefined;
      members.push(member);
      this.#take(BLANKS);
      if (this.#at === this.#text.length) return members;
      if (!this.#is(',')) return undefined;
      this.#take(BLANKS);
    }
  }

  #member(): Member | undefined {
    const start = this.#at;
    let key = this.#take(KEY);
    if (key !== undefined && !this.#is('=')) {
      key = undefined;
      this.#at = start;
    }
    const value = this.#bareItem();
    const parameters = value === undefined ? undefined : this.#parameters();
    return value === undefined || parameters === undefined ? undefined : { key, value, parameters };
  }

  #parameters(): Map<string, BareItem> | undefined {
    const parameters = new Map<string, BareItem>();
    while (this.#is(';')) {
      this.#take(SPACES);
      const name = this.#take(KEY);
      const value = name === undefined ? undefined : this.#is('=') ? this.#bareItem() : true;
      if (name === undefined || value === undefined || parameters.size === PARAMETERS_MAX) return undefined;
      parameters.set(name, value);
    }
    return parameters;
  }

  #bareItem(): BareItem | undefined {
    const number = this.#take(NUMBER);
    if (number !== undefined) return Number(number);
    const string = this.#take(STRING);
    if (string !== undefined) return string.slice(1, -1).replace(/\\(.)/g, '$1');
    const token = this.#take(TOKEN);
    if (token !== undefined) return token;
    const bytes = this.#take(BYTES);
    if (bytes !== undefined) return bytes.slice(1, -1);
    const boolean = this.#take(BOOLEAN);
    return boolean === undefined ? undefined : boolean === '?1';
  }

  #is(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return found;
  }
}
