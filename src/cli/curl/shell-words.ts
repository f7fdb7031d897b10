// A text to words and operators as bash reads it. Expands nothing: what bash would expand is refused, as the shell that
// it was meant for has other variables and files than this one.

import type { Exit } from '../exit-codes.ts';
import { readEscape } from './ansi-c.ts';
import { mistake } from './mistake.ts';
import { type Word, WordBuilder } from './word.ts';

export type Token =
  | { readonly type: 'word'; readonly word: Word }
  | { readonly type: 'operator'; readonly text: string };

/** Throws Exit. */
export function readShell(text: string): Token[] {
  return new ShellReader(text).read();
}

const OPERATOR = /\n|;;?|&&|&>>?|&|\|\||\|&?|<<<|<<-?|<&|<|>>|>\||>&|>|[()]/y;
const PLAIN = /[^\s'"\\$`;&|<>()#~\u2018-\u201d]+/y;
const EXPANSION = /\$(?:\w+|[@*#?$!-]|\{[^}'"\s]{0,30}\}?|\()/y;
const ANSI_C_PLAIN = /[^'\\]+/y;
const LINE_END = /\r?\n/y;
const QUOTED_PLAIN = /[^"\\$`]+/y;

class ShellReader {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** Of the command under way, for what a mistake shows. */
  #words: Word[] = [];
  #word = new WordBuilder();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Token[] {
    while (this.#at < this.#text.length) this.#step();
    this.#endWord();
    return this.#tokens;
  }

  #step(): void {
    const plain = this.#take(PLAIN);
    if (plain !== undefined) return this.#word.add(plain);
    const c = this.#text[this.#at]!;
    switch (c) {
      case "'":
        return this.#singleQuoted();
      case '"':
        return this.#doubleQuoted();
      case '\\':
        return this.#backslash();
      case '$':
        return this.#dollar();
      case '`':
        throw this.#expansion('`');
      case '#':
        return this.#hash();
      case '~':
        return this.#tilde();
      default:
        return this.#other(c);
    }
  }

  #other(c: string): void {
    const operator = this.#take(OPERATOR);
    if (operator !== undefined) return this.#operator(operator);
    if (/\s/.test(c)) {
      this.#endWord();
      this.#at++;
      return;
    }
    if (!this.#word.begun) {
      throw mistake(
        `${c} is a typographic quote, which quotes nothing; type ' or " in its place`,
        this.#words,
        c,
      );
    }
    this.#word.add(c);
    this.#at++;
  }

  #singleQuoted(): void {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end === -1) throw this.#unclosed("'");
    this.#quoted(this.#text.slice(this.#at + 1, end));
    this.#at = end + 1;
  }

  #doubleQuoted(): void {
    this.#quoted('');
    this.#at++;
    for (;;) {
      const plain = this.#take(QUOTED_PLAIN);
      if (plain !== undefined) this.#word.add(plain);
      switch (this.#text[this.#at]) {
        case undefined:
          throw this.#unclosed('"');
        case '"':
          this.#at++;
          return;
        case '`':
          throw this.#expansion('`');
        case '$':
          this.#refuseExpansion();
          this.#word.add('$');
          this.#at++;
          break;
        default:
          this.#backslashInQuotes();
      }
    }
  }

  #backslashInQuotes(): void {
    this.#at++;
    if (this.#take(LINE_END) !== undefined) return;
    const next = this.#text[this.#at] ?? '';
    if (next !== '' && '$`"\\'.includes(next)) {
      this.#word.add(next);
      this.#at++;
    } else {
      this.#word.add('\\');
    }
  }

  #backslash(): void {
    this.#at++;
    if (this.#take(LINE_END) !== undefined) return;
    this.#quoted(this.#text[this.#at] ?? '\\');
    this.#at++;
  }

  #dollar(): void {
    const next = this.#text[this.#at + 1];
    if (next === "'") return this.#ansiC();
    if (next === '"') {
      this.#at++;
      return this.#doubleQuoted();
    }
    this.#refuseExpansion();
    this.#word.add('$');
    this.#at++;
  }

  #ansiC(): void {
    const start = "$'";
    const word = this.#word;
    this.#quoted('');
    this.#at += start.length;
    for (;;) {
      const plain = this.#take(ANSI_C_PLAIN);
      if (plain !== undefined) word.add(plain);
      const c = this.#text[this.#at];
      if (c === undefined) throw this.#unclosed(start);
      if (c === "'") {
        this.#at++;
        return;
      }
      const { text, octet, end } = readEscape(this.#text, this.#at + 1);
      if (octet === 0 || text === '\0') {
        throw mistake(
          'no word of a command can hold NUL; give such a body in a file, with --data-binary @FILE',
          this.#words,
          this.#text.slice(this.#at, end),
        );
      }
      if (octet !== undefined) word.addOctet(octet);
      else word.add(text!);
      this.#at = end;
    }
  }

  #hash(): void {
    if (this.#word.begun) {
      this.#word.add('#');
      this.#at++;
      return;
    }
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #tilde(): void {
    if (!this.#word.begun && /^~(?:[/\s]|$)/.test(this.#text.slice(this.#at, this.#at + 2))) {
      throw mistake('~ is not expanded here; write the path out', this.#words, '~');
    }
    this.#word.add('~');
    this.#at++;
  }

  #operator(text: string): void {
    const descriptor = /[<>]/.test(text) && this.#word.bare && /^\d+$/.test(this.#word.text);
    if (descriptor) this.#word = new WordBuilder();
    this.#endWord();
    this.#tokens.push({ type: 'operator', text });
    this.#words = [];
  }

  #quoted(text: string): void {
    this.#word.add(text);
    this.#word.bare = false;
  }

  #endWord(): void {
    if (this.#word.begun) {
      const word = this.#word.word();
      this.#tokens.push({ type: 'word', word });
      this.#words.push(word);
    }
    this.#word = new WordBuilder();
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #refuseExpansion(): void {
    EXPANSION.lastIndex = this.#at;
    const found = EXPANSION.exec(this.#text)?.[0];
    if (found !== undefined) throw this.#expansion(found);
  }

  #expansion(what: string): Exit {
    return mistake(
      `${what} is not expanded here; put it in single quotes if it means itself, or let your shell expand it: flurry curl -- curl …`,
      this.#words,
      what,
      true,
    );
  }

  #unclosed(quote: string): Exit {
    return mistake(
      `this ${quote} is never closed; a command with quotes in it is pasted behind flurry curl --, or into flurry curl -`,
      this.#words,
      quote,
      true,
    );
  }
}
