// A word of a pasted command: text where it is text, octets where it is not. Knows no quoting.

import { isUtf8 } from 'node:buffer';

export interface Word {
  readonly text: string;
  /** Set where the octets are no UTF-8 text; `text` then holds each of them as one character. */
  readonly octets: Buffer | undefined;
}

export function plainWord(text: string): Word {
  return { text, octets: undefined };
}

/** The octets that a program started by a shell would be given. */
export function octetsOf({ text, octets }: Word): Buffer {
  return octets ?? Buffer.from(text, 'utf8');
}

/** Collects a word piece by piece. */
export class WordBuilder {
  /** Something stood here, even if it was only a pair of quotes. */
  begun = false;
  /** Nothing of it stood in quotes or behind a backslash. */
  bare = true;
  readonly #octets: Buffer[] = [];
  /** Kept as text as long as it can be: the two halves of a surrogate pair may come one after the other. */
  #text = '';

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.begun = true;
    this.#text += text;
  }

  addOctet(octet: number): void {
    if (octet < 0x80) return this.add(String.fromCharCode(octet));
    this.begun = true;
    this.#octets.push(Buffer.from(this.#text, 'utf8'), Buffer.of(octet));
    this.#text = '';
  }

  word(): Word {
    if (this.#octets.length === 0) return plainWord(this.#text.toWellFormed());
    const octets = Buffer.concat([...this.#octets, Buffer.from(this.#text, 'utf8')]);
    return isUtf8(octets) ? plainWord(octets.toString('utf8')) : { text: octets.toString('latin1'), octets };
  }
}
