// Reads the text of a template into its parts: curl's URL globbing with classes, repetitions and variables.
// Never expands anything and reads no file. Errors point at the exact spot.

import { isIPv6 } from 'node:net';
import { nearest } from '../../model/nearest.ts';
import { readBrackets } from './brackets.ts';
import {
  endOf,
  fail,
  type GlobPart,
  literally,
  type Part,
  type Script,
  type SetPart,
  type StringsPart,
  type VariablePart,
} from './parts.ts';

/** What a variable may be called. */
export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]*$/;
// Since 8.21 curl takes a name for its -o option. It has no effect on what is sent, so it has none here.
const GLOB_NAME = /<([^>]{1,64})>/y;
const ONE_LENGTH = /\{(\d+)\}/y;
const TWO_LENGTHS = /\{(\d+),(\d*)\}/y;
const VARIABLE = /\{([A-Za-z_][A-Za-z0-9_-]*)(?:\|([^{}[\],\\]*))?\}/y;
/** No count that fits a number needs more; it keeps the arithmetic of a slip short. */
const LENGTH_MAX = 1000;

/** The parts in the order of the text; neighbouring text is one part. */
export function parseTemplate(script: Script): Part[] {
  const { text } = script;
  const parts: Part[] = [];
  const globNames = new Set<string>();
  let literal = '';
  for (let at = 0; at < text.length; ) {
    const plain = literalAt(script, at);
    if (plain !== undefined) {
      literal += plain.text;
      at = plain.end;
      continue;
    }
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    const glob = readGlob(script, at, globNames);
    parts.push(glob);
    at = endOf(glob);
  }
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  return parts;
}

/** Text that is sent as it stands, or undefined where a glob opens. */
export function literalAt(script: Script, at: number): { text: string; end: number } | undefined {
  const { text } = script;
  const character = text[at]!;
  switch (character) {
    case '{':
      return undefined;
    case '[': {
      const end = literalBracketsEnd(text, at);
      return end === at ? undefined : { text: text.slice(at, end), end };
    }
    case '}':
      return fail(script, `unmatched close brace; ${literally(script, character)}`, at);
    case ']':
      return fail(script, `unmatched close bracket; ${literally(script, character)}`, at);
    default: {
      // As in curl, outside of braces a backslash stands for itself unless one of the four follows.
      const escaped = character === '\\' && /[{}[\]]/.test(text[at + 1] ?? '');
      return escaped ? { text: text[at + 1]!, end: at + 2 } : { text: character, end: at + 1 };
    }
  }
}

/** `[]` and an IPv6 address are no globs: curl passes them on, anywhere in a URL. */
function literalBracketsEnd(text: string, at: number): number {
  const close = text.indexOf(']', at);
  if (close === -1) return at;
  return close === at + 1 || isIPv6(text.slice(at + 1, close)) ? close + 1 : at;
}

function readGlob(script: Script, at: number, globNames: Set<string>): GlobPart {
  const variable = readVariable(script, at);
  if (variable !== undefined) return variable;
  GLOB_NAME.lastIndex = at + 1;
  const name = GLOB_NAME.exec(script.text);
  const start = at + 1 + (name?.[0].length ?? 0);
  if (name !== null) {
    if (globNames.has(name[1]!)) fail(script, `the glob name <${name[1]}> stands twice`, at + 1);
    globNames.add(name[1]!);
  }
  if (script.text[at] === '{') return readSet(script, at, start);
  const part = readBrackets(script, at, start);
  return part.kind === 'strings' ? readRepetition(script, part) : part;
}

/** From `{` to `}`; its elements begin at `start`. */
export function readSet(script: Script, position: number, start: number): SetPart {
  const { text } = script;
  const values: string[] = [];
  let value = '';
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === '\\' && at + 1 < text.length) value += text[++at]!;
    else if (character === ',' || character === '}') {
      values.push(value);
      value = '';
      if (character === ',') continue;
      if (at === start) fail(script, `empty braces; ${literally(script, '{')}`, position);
      return { kind: 'set', source: text.slice(position, at + 1), position, values };
    } else if (character === '{' || character === '[') {
      fail(
        script,
        `nested ${character === '{' ? 'brace' : 'bracket'}: no glob can stand in braces; type \\${character} ` +
          'for the character itself',
        at,
      );
    } else if (character === ']') {
      fail(script, 'unexpected close bracket in braces; type \\] for the character itself', at);
    } else value += character;
  }
  return fail(script, `unmatched brace: this { is never closed; ${literally(script, '{')}`, position);
}

/** `{4}` behind letters or a class; `{1,4}` only behind what curl refuses, where it can mean nothing else. */
function readRepetition(script: Script, part: StringsPart): StringsPart {
  const { text } = script;
  const end = endOf(part);
  ONE_LENGTH.lastIndex = end;
  TWO_LENGTHS.lastIndex = end;
  const match = ONE_LENGTH.exec(text) ?? (part.curls ? null : TWO_LENGTHS.exec(text));
  if (match === null) return part;
  const [whole, first, last = first] = match as unknown as [string, string, string | undefined];
  const position = end + 1;
  if (last === '')
    fail(script, `a repetition needs its greatest length, such as {${first},8}`, end + whole.length - 1);
  const min = Number(first);
  const max = Number(last);
  if (max > LENGTH_MAX) fail(script, `a repetition goes up to ${LENGTH_MAX}`, position);
  if (max === 0) fail(script, 'a repetition is at least 1', position);
  if (min > max) fail(script, `a repetition starts with its smaller length: {${max},${min}}`, position);
  return { ...part, source: text.slice(part.position, end + whole.length), min, max };
}

/** Undefined where curl's meaning holds: an unbound `{name}` is a set of one. */
function readVariable(script: Script, at: number): VariablePart | undefined {
  VARIABLE.lastIndex = at;
  const match = VARIABLE.exec(script.text);
  if (match === null) return undefined;
  const [source, name, filter] = match as unknown as [string, string, string | undefined];
  const bound = script.names.has(name);
  if (!bound && filter === 'uri') fail(script, unbound(script, name), at + 1);
  if (!bound) return undefined;
  if (!script.outermost)
    fail(script, `the value of a variable cannot hold another; ${literally(script, '{')}`, at);
  if (filter !== undefined && filter !== 'uri') {
    fail(script, `the only filter is uri: {${name}|uri}`, at + name.length + 2);
  }
  return { kind: 'variable', source, position: at, name, uri: filter === 'uri' };
}

function unbound(script: Script, name: string): string {
  const guess = nearest(name, script.names);
  const advice = guess === undefined ? `give its values with --var ${name}=…` : `did you mean ${guess}?`;
  return `no variable is called ${name}; ${advice}`;
}
