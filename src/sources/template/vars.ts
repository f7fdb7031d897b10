// The values of a named variable: a range, a list, any glob expression, or the lines of a file.
// Reads no file itself.

import { count as grouped } from '../../model/text.ts';
import { readBrackets } from './brackets.ts';
import { TemplateError } from './error.ts';
import { Expansion } from './expansion.ts';
import { IDENTIFIER, parseTemplate, readSet } from './parser.ts';
import { endOf, fail, type Part, type Script } from './parts.ts';
import { type Binding, productOf, shortened } from './product.ts';
import { ListValues, type PlainGlob, sizeOf, valuesOf, wordsFor } from './values.ts';

export type ReadWords = (path: string) => readonly string[];

/** More would not fit a heap. */
export const WORDS_MAX = 50_000_000;

// What would be a range in brackets is one without them.
const BARE_RANGE = /^(?:\d+-[ \t]*\d+|[A-Za-z]-[A-Za-z])(?::\d+)?$/;
const GLOB_OPENS = /(?<!\\)[[{]/;

/** `name=values` as --var takes it, several times; no name twice. */
export function readVars(definitions: readonly string[]): Record<string, string> {
  const vars = new Map<string, string>();
  for (const definition of definitions) {
    const equals = definition.indexOf('=');
    if (equals === -1) {
      throw new TemplateError(
        'a variable needs its values: name=1-100, name=red,green or name=@words.txt',
        definition,
        0,
      );
    }
    const name = definition.slice(0, equals);
    if (vars.has(name))
      throw new TemplateError(`variable ${name} is given twice; leave one out`, definition, 0);
    vars.set(name, definition.slice(equals + 1));
  }
  return Object.fromEntries(vars);
}

/** Checks names and that there are values; what the values are is read when a template uses them. */
export function checkVars(vars: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  for (const [name, value] of Object.entries(vars)) {
    const text = `${name}=${value}`;
    if (!IDENTIFIER.test(name)) {
      throw new TemplateError('the name of a variable is a letter, then letters, digits, _ and -', text, 0);
    }
    if (typeof value !== 'string' || value === '') {
      throw new TemplateError(
        `variable ${name} needs values as text, such as 1-100 or red,green`,
        text,
        name.length + 1,
      );
    }
  }
  return new Map(Object.entries(vars));
}

export function bindVariable(
  name: string,
  value: string,
  names: ReadonlySet<string>,
  readWords: ReadWords,
): Binding {
  const text = `${name}=${value}`;
  if (value.startsWith('@')) return wordsBinding(name, text, value.slice(1), readWords);
  const script = (inner: string): Script => ({ text: inner, prefix: `${name}=`, names, outermost: false });
  if (BARE_RANGE.test(value)) return globBinding(bareRange(script(`[${value}]`)));
  if (GLOB_OPENS.test(value)) return expression(script(value));
  return globBinding(bareList(script(`{${value}}`)));
}

function wordsBinding(name: string, text: string, path: string, readWords: ReadWords): Binding {
  const position = name.length + 2;
  if (path === '') throw new TemplateError('a file name follows the @, such as @words.txt', text, position);
  let words: readonly string[];
  try {
    words = readWords(path);
  } catch (error) {
    throw new TemplateError(`cannot read ${path}: ${reason(error)}`, text, position);
  }
  if (words.length === 0) throw new TemplateError(`${path} holds no words`, text, position);
  if (words.length > WORDS_MAX) {
    const most = grouped(BigInt(WORDS_MAX));
    throw new TemplateError(
      `${path} holds more than ${most} words; split it, or use it as --input`,
      text,
      position,
    );
  }
  const values = new ListValues(words);
  const count = BigInt(values.count);
  return { count, words: `lines of ${path}: ${grouped(count)}`, values: () => values };
}

function reason(error: unknown): string {
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'ENOENT') return 'there is no such file';
    if (error.code === 'EACCES') return 'permission denied';
    if (error.code === 'EISDIR') return 'it is a folder';
  }
  return error instanceof Error ? error.message : String(error);
}

function bareRange(script: Script): PlainGlob {
  const part = readBrackets(script, 0, 1);
  const down = part.kind === 'numbers' ? part.from > part.to : part.characters[0]! > part.characters.at(-1)!;
  if (down) {
    // A month such as 2020-01 must not become 2,020 numbers.
    const text = script.text.slice(1, -1);
    fail(script, `to count down type [${text}], for the text itself {${text}}`, 1);
  }
  return part;
}

function bareList(script: Script): PlainGlob {
  const part = readSet(script, 0, 1);
  if (endOf(part) < script.text.length) {
    fail(script, 'unmatched close brace; type \\} for the character itself', endOf(part) - 1);
  }
  return part;
}

function globBinding(part: PlainGlob): Binding {
  return { count: sizeOf(part), words: wordsFor(part), values: () => valuesOf(part) };
}

/** Text and globs together: all their combinations are the values of the one variable. */
function expression(script: Script): Binding {
  const parts = parseTemplate(script);
  refuseCommas(script, parts);
  const only = parts.length === 1 ? parts[0]! : undefined;
  if (only !== undefined && only.kind !== 'text' && only.kind !== 'variable') return globBinding(only);
  const product = productOf(script, parts, new Map(), false);
  const { count } = product;
  return {
    count,
    words: `values of ${shortened(script.text)}: ${grouped(count)}`,
    values: () => new Expansion(product.pieces(), Number(count)),
  };
}

/** `red,[1-3]`: a list or an expression? It is not guessed at. */
function refuseCommas(script: Script, parts: readonly Part[]): void {
  let start = 0;
  for (const part of parts) {
    if (part.kind === 'text') continue;
    refuseComma(script, start, part.position);
    start = endOf(part);
  }
  refuseComma(script, start, script.text.length);
}

function refuseComma(script: Script, start: number, end: number): void {
  const comma = script.text.slice(start, end).indexOf(',');
  if (comma === -1) return;
  fail(script, 'values are either a list or globs; type {\\,} for the character itself', start + comma);
}
