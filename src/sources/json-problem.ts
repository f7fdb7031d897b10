// Where a text stops being JSON (RFC 8259). For messages only: Node 20 does not say it in most of its errors, and what
// it says there quotes the text, which may hold secrets.

/** `at line 3, column 7`, or `at its end: it was cut off`. Only for text that is no JSON. */
export function jsonProblem(text: string): string {
  const at = new Scanner(text).stop();
  if (at >= text.length) return 'at its end: it was cut off';
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `at line ${line}, column ${at - before.lastIndexOf('\n')}`;
}

const SPACE = /[\t\n\r ]*/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const STRING_PART = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** What may come next: a value, a value or the end of a list, a name, a name or the end, or what follows a value. */
type Expects = 'value' | 'firstItem' | 'name' | 'firstName' | 'next';

class Scanner {
  readonly #text: string;
  readonly #open: ('{' | '[')[] = [];
  #at = 0;
  #expects: Expects = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  /** The first position at which no JSON goes on. */
  stop(): number {
    do this.#take(SPACE);
    while (this.#step());
    return this.#at;
  }

  #step(): boolean {
    const c = this.#text[this.#at];
    switch (this.#expects) {
      case 'next':
        return this.#afterValue(c);
      case 'firstName':
        return c === '}' ? this.#close() : this.#name();
      case 'name':
        return this.#name();
      case 'firstItem':
        return c === ']' ? this.#close() : this.#value(c);
      case 'value':
        return this.#value(c);
    }
  }

  #afterValue(c: string | undefined): boolean {
    const open = this.#open.at(-1);
    if (open === undefined) return false;
    if (c === (open === '{' ? '}' : ']')) return this.#close();
    if (c !== ',') return false;
    this.#at++;
    this.#expects = open === '{' ? 'name' : 'value';
    return true;
  }

  #value(c: string | undefined): boolean {
    if (c === '{' || c === '[') {
      this.#open.push(c);
      this.#at++;
      this.#expects = c === '{' ? 'firstName' : 'firstItem';
      return true;
    }
    this.#expects = 'next';
    return c === '"' ? this.#string() : this.#take(SCALAR);
  }

  #name(): boolean {
    if (this.#text[this.#at] !== '"' || !this.#string()) return false;
    this.#take(SPACE);
    if (this.#text[this.#at] !== ':') return false;
    this.#at++;
    this.#expects = 'value';
    return true;
  }

  #string(): boolean {
    this.#at++;
    while (this.#take(STRING_PART));
    if (this.#text[this.#at] !== '"') return false;
    this.#at++;
    return true;
  }

  #close(): boolean {
    this.#open.pop();
    this.#at++;
    this.#expects = 'next';
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }
}
