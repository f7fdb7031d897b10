// The flags of one curl request to words of `flurry run`. Reads no file and sends nothing.

import { mistakeAt } from './mistake.ts';
import { called, type Given } from './read-flags.ts';
import { octetsOf, type Word } from './word.ts';

export interface Translated {
  readonly urls: readonly string[];
  /** Options of `flurry run`, each in one word. */
  readonly words: readonly string[];
  /** A body that no word can hold; the words then say nothing of one. */
  readonly body: Uint8Array | undefined;
  /** What was left out, each as a phrase for people. */
  readonly notes: readonly string[];
}

/** `stdin`: what a pipe gives the command, where that is known. Throws Exit. */
export function translate(
  given: readonly Given[],
  all: readonly Word[],
  stdin: Buffer | undefined,
): Translated {
  return new Translation(all, stdin).translate(given);
}

const FRAMING = /^\s*(?:content-length|transfer-encoding)\s*[:;]/i;
const URLENCODED = '--header=Content-Type: application/x-www-form-urlencoded';
/** Those whose value is sent as it stands, unless it begins with @. */
const LITERAL = new Set(['--data', '--data-ascii', '--data-binary', '--data-raw']);
/** Their values may be `@file` in flurry, and not in curl. */
const FROM_FILE = new Set(['--user', '--oauth2-bearer']);
/** What `-d @-` drops, and `--data-binary @-` does not. */
const DROPPED = new Set([0, 10, 13]);

class Translation {
  readonly #all: readonly Word[];
  readonly #stdin: Buffer | undefined;
  readonly #urls: string[] = [];
  readonly #words: string[] = [];
  readonly #notes = new Set<string>();
  readonly #data: Given[] = [];
  readonly #json: Given[] = [];
  readonly #cookies: string[] = [];
  #hasCookieField = false;
  #hasContentType = false;

  constructor(all: readonly Word[], stdin: Buffer | undefined) {
    this.#all = all;
    this.#stdin = stdin;
  }

  translate(given: readonly Given[]): Translated {
    for (const one of given) this.#take(one);
    if (this.#urls.length === 0) {
      throw mistakeAt('this curl command has no URL', this.#all, this.#all.length - 1);
    }
    // As in curl, a Cookie field of -H wins over -b.
    if (this.#cookies.length > 0 && !this.#hasCookieField) {
      this.#words.push(`--header=Cookie: ${this.#cookies.join('; ')}`);
    }
    this.#takeJson();
    const body = this.#takeData();
    return { urls: this.#urls, words: this.#words, body, notes: [...this.#notes] };
  }

  #take(one: Given): void {
    const { flag, negated } = one;
    const { becomes } = flag;
    switch (becomes.kind) {
      case 'same':
        if (flag.takesValue) this.#words.push(`${flag.long}=${this.#literal(one)}`);
        else this.#words.push(negated ? `${flag.long}=false` : flag.long);
        return;
      case 'words':
        if (!negated) this.#words.push(...becomes.make(flag.takesValue ? this.#text(one) : ''));
        return;
      case 'special':
        return this.#special(one);
      case 'noted':
        if (!negated) this.#notes.add(`${called(flag)} (${becomes.note})`);
        return;
      case 'silent':
      case 'refused':
        return;
      default:
        becomes satisfies never;
    }
  }

  /** flurry reads some values from a file where curl takes them as they are. */
  #literal(one: Given): string {
    const text = this.#text(one);
    if (!text.startsWith('@') || !FROM_FILE.has(one.flag.long)) return text;
    throw mistakeAt(
      `a value of ${called(one.flag)} that starts with @ has to stand in a file: give ${one.flag.long} @FILE behind the command`,
      this.#all,
      one.at,
    );
  }

  #special(one: Given): void {
    switch (one.flag.long) {
      case '--url':
        this.#urls.push(this.#text(one));
        return;
      case '--header':
        return this.#header(one);
      case '--referer':
        return this.#referer(one);
      case '--cookie':
        return this.#cookie(one);
      case '--json':
        this.#json.push(one);
        return;
      default:
        this.#data.push(one);
    }
  }

  #header({ value }: Given): void {
    const line = fieldText(value!);
    if (line.startsWith('@')) this.#words.push(`--header=${value!.text}`);
    else if (FRAMING.test(line)) this.#notes.add(`${/[\w-]+/.exec(line)![0]} (it follows from the body)`);
    // What HTTP/2 has in its place: the method, the target and the host, which the command names anyway.
    else if (line.startsWith(':')) this.#notes.add('pseudo header fields (they follow from method and URL)');
    else {
      this.#words.push(`--header=${line}`);
      if (/^\s*cookie\s*:/i.test(line)) this.#hasCookieField = true;
      if (/^\s*content-type\s*[:;]/i.test(line)) this.#hasContentType = true;
    }
  }

  #referer(one: Given): void {
    const url = this.#text(one);
    const automatic = url.endsWith(';auto');
    if (automatic) this.#notes.add('auto of -e (a redirect takes the Referer along)');
    const given = automatic ? url.slice(0, -';auto'.length) : url;
    if (given !== '') this.#words.push(`--referer=${given}`);
  }

  /** As curl tells them apart: what holds a = is cookies, anything else names a file, which switches the jar on. */
  #cookie(one: Given): void {
    const { value } = one;
    if (value!.text.includes('=')) {
      this.#cookies.push(fieldText(value!).replace(/;\s*$/, ''));
      return;
    }
    const file = this.#text(one);
    if (file === '') this.#words.push('--cookies');
    else if (this.#words.some((word) => word.startsWith('--cookie='))) {
      throw mistakeAt('flurry reads one file of cookies; join them into one', this.#all, one.at);
    } else this.#words.push(`--cookie=${file}`);
  }

  /** Several are one text, as in curl. */
  #takeJson(): void {
    if (this.#json.length === 0) return;
    const texts = this.#json.map((one) => this.#text(one));
    if (texts.length > 1 && texts.some((text) => text.startsWith('@'))) {
      throw mistakeAt(
        'of several --json none can be a file; join them into one',
        this.#all,
        this.#json[0]!.at,
      );
    }
    if (this.#stdin !== undefined) throw this.#notFromPipe(this.#json[0]!);
    this.#words.push(`--json=${texts.join('')}`);
  }

  /** In words of flurry where these can say it; else as octets. */
  #takeData(): Uint8Array | undefined {
    const data = this.#data;
    const isGet = this.#words.includes('--get');
    if (this.#stdin === undefined && data.every(({ value }) => value!.octets === undefined)) {
      this.#words.push(...data.map((one) => `${dataOption(one)}=${one.value!.text}`));
      return undefined;
    }
    const parts = data.map((one) => {
      const octets = LITERAL.has(one.flag.long) && !isGet ? this.#octetsOf(one) : undefined;
      if (octets === undefined) throw this.#notFromPipe(one);
      return octets;
    });
    if (!this.#hasContentType) this.#words.push(URLENCODED);
    return joined(parts);
  }

  /** Undefined where they are in a file. */
  #octetsOf({ flag, value }: Given): Buffer | undefined {
    const { text } = value!;
    if (flag.long === '--data-raw' || !text.startsWith('@')) return octetsOf(value!);
    if (text !== '@-' || this.#stdin === undefined) return undefined;
    return flag.long === '--data-binary'
      ? this.#stdin
      : (this.#stdin.filter((octet) => !DROPPED.has(octet)) as Buffer);
  }

  #notFromPipe(one: Given): Error {
    const problem = `${called(one.flag)} cannot be put together with octets that are no text; put them into a file and give --data-binary @FILE`;
    return mistakeAt(problem, this.#all, one.at);
  }

  #text({ flag, value, at }: Given): string {
    if (value!.octets === undefined) return value!.text;
    throw mistakeAt(`the value of ${called(flag)} is no UTF-8 text`, this.#all, at);
  }
}

/** Field lines are octets, which flurry keeps as one character each. */
function fieldText(word: Word): string {
  return octetsOf(word).toString('latin1');
}

function dataOption({ flag }: Given): string {
  return flag.long === '--data-ascii' ? '--data' : flag.long;
}

function joined(parts: readonly Buffer[]): Buffer {
  const all: Buffer[] = [];
  for (const part of parts) all.push(...(all.length > 0 ? [Buffer.from('&')] : []), part);
  return Buffer.concat(all);
}
