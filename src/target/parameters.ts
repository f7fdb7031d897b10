// Parameters of paths and queries: read, bounded, and refused with a sentence. Never guesses and never clamps.

import { count } from '../model/text.ts';

/** A parameter that cannot be used. It is answered with 400; the message says what would be accepted. */
export class BadParameter extends Error {
  override readonly name = 'BadParameter';
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

const SHOWN_MAX = 60;
const LIST_MAX = 20;

/** Digits alone; for parameters of a path. */
export function wholeNumber(name: string, text: string, bounds: Bounds): number {
  const n = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (n >= bounds.min && n <= bounds.max) return n;
  throw refused(name, `a whole number from ${count(bounds.min)} to ${count(bounds.max)}`, text);
}

/** A whole number of the query; left out or empty it is `otherwise`. */
export function wholeNumberOf(
  query: URLSearchParams,
  name: string,
  otherwise: number,
  bounds: Bounds,
): number {
  const text = query.get(name) ?? '';
  return text === '' ? otherwise : wholeNumber(name, text, bounds);
}

/** A number of the query, with or without a fraction; left out or empty it is `otherwise`. */
export function numberOf(query: URLSearchParams, name: string, otherwise: number, bounds: Bounds): number {
  const text = query.get(name) ?? '';
  if (text === '') return otherwise;
  const n = /^\d{0,16}(?:\.\d{1,16})?$/.test(text) ? Number(text) : Number.NaN;
  if (n >= bounds.min && n <= bounds.max) return n;
  throw refused(name, `a number from ${bounds.min} to ${bounds.max}`, text);
}

/** One or more whole numbers with commas between; left out or empty it is `otherwise` alone. */
export function wholeNumbersOf(
  query: URLSearchParams,
  name: string,
  otherwise: number,
  bounds: Bounds,
): readonly number[] {
  const text = query.get(name) ?? '';
  if (text === '') return [otherwise];
  const parts = text.split(',', LIST_MAX + 1);
  if (parts.length > LIST_MAX) throw refused(name, `up to ${LIST_MAX} numbers with commas between`, text);
  return parts.map((part) => wholeNumber(name, part, bounds));
}

/** One of some words; left out or empty it is the first. */
export function wordOf<const W extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly [W, ...W[]],
): W {
  const text = query.get(name) ?? '';
  const word = text === '' ? words[0] : words.find((one) => one === text);
  if (word === undefined) throw refused(name, words.join(', '), text);
  return word;
}

export function refused(name: string, expects: string, text: string): BadParameter {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  return new BadParameter(`${name} takes ${expects}, not ${JSON.stringify(shown)}`);
}
