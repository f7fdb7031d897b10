// The values of one glob: how many, the n-th of them, and what they are called. Knows no template and no variable.

import { count as grouped } from '../../model/text.ts';
import type { Values } from './expansion.ts';
import type { NumbersPart, SetPart, StringsPart } from './parts.ts';
import { DIGITS, eitherOf, encoded, repeated, type Shape } from './shape.ts';

/** All globs but variables. */
export type PlainGlob = SetPart | NumbersPart | StringsPart;

/** Tables of several characters save divisions: a URL with four characters out of 36 takes 45 ns instead of 64. */
const BLOCK_TEXTS_MAX = 4096;

/** Exactly how many values; beyond all limits too. */
export function sizeOf(part: PlainGlob): bigint {
  switch (part.kind) {
    case 'set':
      return BigInt(part.values.length);
    case 'numbers':
      return distanceOf(part) / part.step + 1n;
    case 'strings': {
      const base = BigInt(part.characters.length);
      let size = 0n;
      for (let length = part.min; length <= part.max; length++) size += base ** BigInt(length);
      return size;
    }
  }
}

/** Only for a glob whose size is a safe integer. */
export function valuesOf(part: PlainGlob): Values {
  switch (part.kind) {
    case 'set':
      return new ListValues(part.values);
    case 'numbers':
      return part.from <= MAX_SAFE && part.to <= MAX_SAFE
        ? new NumberValues(part)
        : new LongNumberValues(part);
    case 'strings':
      return new StringValues(part);
  }
}

/** What they are, for people: `strings of 4 characters out of 36: 1,679,616`. */
export function wordsFor(part: PlainGlob): string {
  const size = grouped(sizeOf(part));
  switch (part.kind) {
    case 'set':
      return `set of ${size}`;
    case 'numbers': {
      const step = part.step === 1n ? '' : ` in steps of ${part.step}`;
      const [from, to] = [part.from, part.to].map((n) => String(n).padStart(part.width, '0'));
      return `numbers from ${from} to ${to}${step}: ${size}`;
    }
    case 'strings': {
      const { min, max, characters } = part;
      if (max === 1 && min === 1) return `characters: ${size}`;
      const lengths = min === max ? `${max}` : `${min} to ${max}`;
      return `strings of ${lengths} character${max === 1 ? '' : 's'} out of ${characters.length}: ${size}`;
    }
  }
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function distanceOf(part: NumbersPart): bigint {
  return part.from > part.to ? part.from - part.to : part.to - part.from;
}

/** Values that were written out, or read from a file. */
export class ListValues implements Values {
  readonly count: number;
  readonly shape: Shape;
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.count = texts.length;
    this.shape = eitherOf(texts);
  }

  at(index: number): string {
    return this.#texts[index]!;
  }
}

class NumberValues implements Values {
  readonly count: number;
  readonly shape = DIGITS;
  readonly #from: number;
  readonly #step: number;
  readonly #width: number;

  constructor(part: NumbersPart) {
    this.count = Number(sizeOf(part));
    this.#from = Number(part.from);
    this.#step = Number(part.from > part.to ? -part.step : part.step);
    this.#width = part.width;
  }

  at(index: number): string {
    const digits = String(this.#from + index * this.#step);
    return digits.length < this.#width ? digits.padStart(this.#width, '0') : digits;
  }
}

/** Numbers beyond 2^53, such as ids of 18 digits. */
class LongNumberValues implements Values {
  readonly count: number;
  readonly shape = DIGITS;
  readonly #from: bigint;
  readonly #step: bigint;
  readonly #width: number;

  constructor(part: NumbersPart) {
    this.count = Number(sizeOf(part));
    this.#from = part.from;
    this.#step = part.from > part.to ? -part.step : part.step;
    this.#width = part.width;
  }

  at(index: number): string {
    return String(this.#from + BigInt(index) * this.#step).padStart(this.#width, '0');
  }
}

/** All strings over an alphabet, shortest first, the rightmost character fastest. */
class StringValues implements Values {
  readonly count: number;
  readonly shape: Shape;
  readonly #characters: readonly string[];
  /** All strings of `#blockLength` characters, in order. */
  readonly #blocks: readonly string[];
  readonly #blockLength: number;
  readonly #min: number;
  /** How many there are of each length, from `#min` on. */
  readonly #sizes: readonly number[];

  constructor(part: StringsPart) {
    const { characters, min, max } = part;
    this.count = Number(sizeOf(part));
    this.shape = repeated(characters, min, max);
    this.#characters = characters;
    this.#min = min;
    this.#sizes = Array.from({ length: max - min + 1 }, (_, i) =>
      Number(BigInt(characters.length) ** BigInt(min + i)),
    );
    let blocks = characters;
    let blockLength = 1;
    while (blockLength < max && blocks.length * characters.length <= BLOCK_TEXTS_MAX) {
      blocks = blocks.flatMap((block) => characters.map((character) => block + character));
      blockLength++;
    }
    this.#blocks = blocks;
    this.#blockLength = blockLength;
  }

  at(index: number): string {
    let rest = index;
    let longer = 0;
    for (; rest >= this.#sizes[longer]!; longer++) rest -= this.#sizes[longer]!;
    let length = this.#min + longer;
    let text = '';
    for (; length >= this.#blockLength; length -= this.#blockLength) {
      const turns = Math.floor(rest / this.#blocks.length);
      text = this.#blocks[rest - turns * this.#blocks.length]! + text;
      rest = turns;
    }
    for (; length > 0; length--) {
      const turns = Math.floor(rest / this.#characters.length);
      text = this.#characters[rest - turns * this.#characters.length]! + text;
      rest = turns;
    }
    return text;
  }
}

/** The same values behind encodeURIComponent: `{name|uri}`. */
export class EncodedValues implements Values {
  readonly count: number;
  readonly shape: Shape;
  readonly #values: Values;

  constructor(values: Values) {
    this.#values = values;
    this.count = values.count;
    this.shape = encoded(values.shape);
  }

  at(index: number): string {
    return uriComponent(this.#values.at(index));
  }
}

/** Half a surrogate pair, which encodeURIComponent would throw at, becomes U+FFFD as in every URL. */
export function uriComponent(text: string): string {
  return encodeURIComponent(text.isWellFormed() ? text : text.toWellFormed());
}
