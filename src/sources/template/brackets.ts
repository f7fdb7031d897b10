// What stands between [ and ]: curl's ranges read exactly as curl reads them, and classes, which curl refuses.
// A class that is more likely a slip (a comma, a second number, a leading ^) is refused rather than guessed at.

import { fail, literally, type NumbersPart, type Script, type StringsPart } from './parts.ts';

// curl's own grammar, with any number of digits. Blanks may follow the hyphen (src/tool_urlglob.c, glob_range).
const NUMBERS = /(\d+)-[ \t]*(\d+)(?::(\d+))?\]/y;
const LETTERS = /([A-Za-z])-([\s\S])(?::(\d+))?\]/y;
const HALF_RANGE = /(?:(?:\d+|[A-Za-z])-|-[A-Za-z])\]|-\d/y;
/** curl's limit on the distance between two letters. */
const LETTERS_APART_MAX = 25;
/** What means something in a template, or nothing in a URL: in a class only behind a backslash. */
const RESERVED = /[[{},:\s]/;

const DIGITS_MAX = 1_000;

/** Reads from behind `[` (and behind curl's `<name>`) to the `]`. */
export function readBrackets(script: Script, position: number, start: number): NumbersPart | StringsPart {
  return (
    readNumbers(script, position, start) ??
    readLetters(script, position, start) ??
    readClass(script, position, start)
  );
}

function readNumbers(script: Script, position: number, start: number): NumbersPart | undefined {
  NUMBERS.lastIndex = start;
  const match = NUMBERS.exec(script.text);
  if (match === null) return undefined;
  const [whole, first, last, every] = match as unknown as [string, string, string, string | undefined];
  for (const digits of [first, last, every ?? '']) checkLength(script, digits, start + whole.length - 1);
  const from = BigInt(first);
  const to = BigInt(last);
  const end = start + whole.length;
  const step = checkStep(script, every, from > to ? from - to : to - from, end - 1);
  // curl pads to the first number. It refuses to count down: there a zero before the last number means the same.
  const padded = from > to ? [first, last] : [first];
  const width = Math.max(0, ...padded.map((digits) => (digits.startsWith('0') ? digits.length : 0)));
  return { kind: 'numbers', source: script.text.slice(position, end), position, from, to, step, width };
}

/** Reading a number takes time that grows with the square of its length. */
function checkLength(script: Script, digits: string, end: number): void {
  if (digits.length > DIGITS_MAX) fail(script, `a number of more than ${DIGITS_MAX} digits`, end);
}

function readLetters(script: Script, position: number, start: number): StringsPart | undefined {
  LETTERS.lastIndex = start;
  const match = LETTERS.exec(script.text);
  if (match === null) return undefined;
  const [whole, first, last, every] = match as unknown as [string, string, string, string | undefined];
  const distance = last.charCodeAt(0) - first.charCodeAt(0);
  const curls = distance >= 0 && distance <= LETTERS_APART_MAX;
  if (!curls && !alike(first, last)) return undefined;
  const end = start + whole.length;
  const step = Number(checkStep(script, every, BigInt(Math.abs(distance)), end - 1));
  const source = script.text.slice(position, end);
  return { kind: 'strings', source, position, characters: walk(first, last, step), min: 1, max: 1, curls };
}

/** As in curl, a step has to reach at least one more value; a range of one value takes a step of 1. */
function checkStep(script: Script, every: string | undefined, distance: bigint, end: number): bigint {
  if (every === undefined) return 1n;
  const step = BigInt(every);
  const position = end - every.length;
  if (step === 0n) fail(script, 'bad range: a step is at least 1', position);
  if (step > distance && !(step === 1n && distance === 0n)) {
    fail(
      script,
      `bad range: the step ${step} passes over its end; it can be at most ${distance || 1n}`,
      position,
    );
  }
  return step;
}

interface Token {
  readonly character: string;
  readonly position: number;
  readonly escaped: boolean;
}

function readClass(script: Script, position: number, start: number): StringsPart {
  const tokens = readTokens(script, position, start);
  const end = tokens.at(-1)!.position + 1;
  tokens.pop();
  refuseSlips(script, position, start, tokens);
  const characters = new Set<string>();
  for (let i = 0; i < tokens.length; ) {
    const isRange = i + 2 < tokens.length && isHyphen(tokens[i + 1]);
    const added = isRange ? rangeAt(script, tokens, i) : [tokens[i]!.character];
    if (!isRange && isHyphen(tokens[i]) && i > 0 && i < tokens.length - 1) {
      fail(script, 'bad range: type \\- for a hyphen, or put it last', tokens[i]!.position);
    }
    for (const character of added) {
      if (characters.has(character)) {
        const advice = `leave one out, or ${literally(script, '[')}`;
        fail(script, `"${character}" stands twice in this class; ${advice}`, tokens[i]!.position);
      }
      characters.add(character);
    }
    i += isRange ? 3 : 1;
  }
  const source = script.text.slice(position, end);
  return { kind: 'strings', source, position, characters: [...characters], min: 1, max: 1, curls: false };
}

/** The characters up to `]`; the last token is the `]` itself. */
function readTokens(script: Script, position: number, start: number): Token[] {
  const { text } = script;
  const tokens: Token[] = [];
  // Without any ] the rest of the URL would be blamed for what is missing here.
  const stop = text.includes(']', start) ? text.length : start;
  for (let at = start; at < stop; ) {
    const escaped = text[at] === '\\' && at + 1 < text.length;
    const character = String.fromCodePoint(text.codePointAt(escaped ? at + 1 : at)!);
    if (escaped && /[A-Za-z]/.test(character)) {
      fail(script, `\\${character} has no meaning here; write the characters out, such as [a-z0-9_]`, at);
    }
    const token = { character, position: at, escaped };
    tokens.push(token);
    if (character === ']' && !escaped) return tokens;
    if (!escaped && RESERVED.test(character)) refuseReserved(script, token);
    at += (escaped ? 1 : 0) + character.length;
  }
  return fail(script, `unmatched bracket: this [ is never closed; ${literally(script, '[')}`, position);
}

function refuseReserved(script: Script, { character, position }: Token): never {
  const itself = `type \\${character} for the character itself`;
  if (character === ',') {
    return fail(script, `bad range: a list of values stands in braces, such as {a,b}; ${itself}`, position);
  }
  if (character === ':') {
    return fail(script, `bad range: a step needs one range, such as [1-100:10]; ${itself}`, position);
  }
  if (/\s/.test(character)) {
    return fail(script, `bad range: white space; ${itself}`, position);
  }
  return fail(script, `nested brackets or braces are not possible; ${itself}`, position);
}

/** What looks like a range gone wrong is not taken for a class. */
function refuseSlips(script: Script, position: number, start: number, tokens: readonly Token[]): void {
  if (tokens.length === 0)
    fail(script, `bad range: nothing stands in it; ${literally(script, '[')}`, position);
  if (tokens[0]!.character === '^' && !tokens[0]!.escaped) {
    fail(script, 'a class cannot be negated; type \\^ for the character itself', start);
  }
  HALF_RANGE.lastIndex = start;
  if (HALF_RANGE.test(script.text)) {
    const example = 'it needs two ends, such as [1-100] or [a-z]';
    fail(script, `bad range: ${example}; ${literally(script, '[')}`, start);
  }
  // A class of one is of no use, and `?id[0]=7` is a common URL.
  if (tokens.length === 1) {
    fail(script, `bad range: one character is no class; ${literally(script, '[')}`, position);
  }
}

function rangeAt(script: Script, tokens: readonly Token[], i: number): string[] {
  const first = tokens[i]!;
  const last = tokens[i + 2]!;
  const { position } = first;
  if (!alike(first.character, last.character)) {
    const hint = /[A-Za-z]/.test(first.character) && /[A-Za-z]/.test(last.character) ? ' ([a-zA-Z])' : '';
    fail(
      script,
      `bad range: it goes from a letter to a letter of the same case${hint}, or from a digit to a digit; ` +
        'type \\- for a hyphen, or \\[ for a bracket',
      position,
    );
  }
  if (isDigit(first) && (isDigit(tokens[i - 1]) || isDigit(tokens[i + 3]))) {
    fail(
      script,
      'bad range: a class takes single characters, not numbers; put \\ before a digit that stands alone',
      position,
    );
  }
  return walk(first.character, last.character, 1);
}

function isDigit(token: Token | undefined): boolean {
  return token !== undefined && !token.escaped && /^\d$/.test(token.character);
}

function isHyphen(token: Token | undefined): boolean {
  return token !== undefined && !token.escaped && token.character === '-';
}

/** Two digits, or two letters of one case. */
function alike(a: string, b: string): boolean {
  return [/^[a-z]$/, /^[A-Z]$/, /^[0-9]$/].some((kind) => kind.test(a) && kind.test(b));
}

function walk(first: string, last: string, step: number): string[] {
  const from = first.charCodeAt(0);
  const distance = last.charCodeAt(0) - from;
  const characters: string[] = [];
  for (let i = 0; i <= Math.abs(distance); i += step) {
    characters.push(String.fromCharCode(from + Math.sign(distance) * i));
  }
  return characters;
}
