// The words of one curl command to its flags and their values, as curl itself reads them: letters may be glued
// together, a value may be glued to its letter, and --next begins a request with flags of its own.

import { nearest } from '../../model/nearest.ts';
import { CURL_FLAGS, type CurlFlag } from './flag-table.ts';
import { mistakeAt } from './mistake.ts';
import type { Word } from './word.ts';

export interface Given {
  readonly flag: CurlFlag;
  /** Undefined where the flag takes none. */
  readonly value: Word | undefined;
  /** `--no-…` in front of a flag that is on without it. */
  readonly negated: boolean;
  /** Where it stands among the words, for what a mistake shows. */
  readonly at: number;
}

const BY_NAME = new Map<string, CurlFlag>(
  CURL_FLAGS.flatMap((flag): [string, CurlFlag][] =>
    flag.short === undefined
      ? [[flag.long, flag]]
      : [
          [flag.long, flag],
          [flag.short, flag],
        ],
  ),
);
const URL_FLAG = BY_NAME.get('--url')!;

/** One list for each request that the command makes. Throws Exit. */
export function readFlags(words: readonly Word[]): Given[][] {
  return new FlagReader(words).read();
}

class FlagReader {
  readonly #words: readonly Word[];
  readonly #requests: Given[][] = [[]];
  #at = 1;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  read(): Given[][] {
    for (let onlyUrls = false; this.#at < this.#words.length; this.#at++) {
      const word = this.#words[this.#at]!;
      if (onlyUrls || !word.text.startsWith('-')) this.#add(URL_FLAG, word, this.#at);
      else if (word.text === '--') onlyUrls = true;
      else if (word.text.startsWith('--')) this.#long(word.text);
      else this.#letters(word);
    }
    return this.#requests;
  }

  #long(name: string): void {
    const flag = BY_NAME.get(name);
    if (flag === undefined) return this.#negation(name);
    this.#take(flag, undefined);
  }

  #negation(name: string): void {
    const positive = name.startsWith('--no-') ? BY_NAME.get(`--${name.slice('--no-'.length)}`) : undefined;
    if (positive !== undefined && !positive.takesValue) {
      this.#requests.at(-1)!.push({ flag: positive, value: undefined, negated: true, at: this.#at });
      return;
    }
    // The other way round: `--buffer` for what only `--no-buffer` is a row of.
    if (BY_NAME.get(`--no-${name.slice(2)}`) === undefined) throw this.#unknown(name);
  }

  #letters({ text, octets }: Word): void {
    if (text === '-') throw mistakeAt('a lone - means nothing to curl; take it out', this.#words, this.#at);
    for (let i = 1; i < text.length; i++) {
      const flag = BY_NAME.get(`-${text[i]!}`);
      if (flag === undefined) throw this.#unknown(`-${text[i]!}`);
      const rest = text.slice(i + 1);
      if (!flag.takesValue || rest === '') {
        this.#take(flag, undefined);
        continue;
      }
      this.#take(flag, { text: rest, octets: octets?.subarray(i + 1) });
      return;
    }
  }

  #take(flag: CurlFlag, glued: Word | undefined): void {
    const { at } = { at: this.#at };
    if (flag.becomes.kind === 'refused') {
      throw mistakeAt(`${called(flag)} cannot be taken over: ${flag.becomes.reason}`, this.#words, at);
    }
    if (flag.long === '--next') this.#requests.push([]);
    else if (!flag.takesValue || glued !== undefined) this.#add(flag, glued, at);
    else {
      const value = this.#words[++this.#at];
      if (value === undefined) throw mistakeAt(`${called(flag)} needs a value behind it`, this.#words, at);
      this.#add(flag, value, at);
    }
  }

  #add(flag: CurlFlag, value: Word | undefined, at: number): void {
    this.#requests.at(-1)!.push({ flag, value, negated: false, at });
  }

  #unknown(name: string): Error {
    if (name.includes('=')) {
      return mistakeAt(
        'curl takes the value of a long flag as the next word, not behind =',
        this.#words,
        this.#at,
      );
    }
    const near = name.startsWith('--')
      ? nearest(
          name,
          CURL_FLAGS.map(({ long }) => long),
        )
      : undefined;
    const advice = near === undefined ? 'options of flurry go behind the command' : `did you mean ${near}?`;
    return mistakeAt(`curl has no flag ${name.slice(0, 40)}; ${advice}`, this.#words, this.#at);
  }
}

/** As people type it. */
export function called({ short, long }: CurlFlag): string {
  return short ?? long;
}
