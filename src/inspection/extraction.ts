// Fields taken out of a response by name: `id=/data/id`. What is not found is null, and the name is there all the same.
//
//   expression = JSON Pointer (RFC 6901)    /data/0/id           the value
//              | JSONPath (RFC 9535)        $.items[*].id        the value, or the list of a query for several
//              | "regex:" regex             regex:<h1>(.*?)</h1> the first group of the first match, or all of it
//              | "regex*:" regex            regex*:\d+           the same of every match, as a list
//              | "header:" name             header:ETag          several lines joined by a comma and a space
//
// Numbers are JavaScript's. JSON is looked for whatever Content-Type says; content.ts says how much of a body is read.

import { nearest } from '../model/nearest.ts';
import type { Response } from '../model/outcome.ts';
import type { Content } from './content.ts';
import { readExpression } from './expression.ts';
import { readPath } from './json-path.ts';
import { type Lookup, readPointer } from './json-pointer.ts';
import { JsonRoom } from './json-room.ts';
import { misread, part, rest, type Written, written } from './misread.ts';

export interface Extractor {
  readonly name: string;
  readonly readsBody: boolean;
  /** Null where it finds nothing. It may throw for what a peer has made to be too much for it. */
  readonly extract: (response: Response, content: Content) => unknown;
}

export type ExtractInput = readonly string[] | Readonly<Record<string, string>>;

/** A letter in front keeps names apart from `__proto__`, and from what spreadsheets take for a formula. */
const NAME = /^[a-z][\w.-]*$/i;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
const KINDS = ['regex:', 'regex*:', 'header:'];
const ADVICE = 'write it as /a/b, $.items[*].id, regex:<b>(.*?)</b>, regex*:\\d+ or header:Name';

/** Throws OptionError for a name or an expression that is none, and for a name that is there twice. */
export function readExtractors(option: string, input: ExtractInput): Extractor[] {
  const extractors: Extractor[] = [];
  for (const [name, expression] of pairs(option, input)) {
    if (!NAME.test(name.text)) {
      throw misread(
        name,
        0,
        `no name ${JSON.stringify(name.text)}`,
        'a name is a letter, then letters, digits, _ - .',
      );
    }
    if (extractors.some((other) => other.name === name.text)) {
      throw misread(name, 0, `${name.text} is there twice`, 'give each field a name of its own');
    }
    extractors.push({ name: name.text, ...extractorOf(expression) });
  }
  return extractors;
}

/** All of one response, in the order in which they were given. */
export function extractAll(
  extractors: readonly Extractor[],
  response: Response,
  content: Content,
): Record<string, unknown> {
  const extracted: Record<string, unknown> = {};
  for (const { name, extract } of extractors) {
    try {
      extracted[name] = extract(response, content);
    } catch {
      // A regular expression that needs more stack than there is, JSON too deep for JSONPath.
      extracted[name] = null;
    }
  }
  return extracted;
}

function* pairs(
  option: string,
  input: ExtractInput,
): Generator<readonly [name: Written, expression: Written]> {
  if (!Array.isArray(input)) {
    for (const [name, expression] of Object.entries(input)) {
      yield [written(option, name), written(option, expression)];
    }
    return;
  }
  for (const text of input as readonly string[]) {
    const whole = written(option, text);
    const end = text.indexOf('=');
    if (end === -1) throw misread(whole, text.length, 'no =', 'write name=expression, such as id=/data/id');
    yield [part(whole, 0, end), rest(whole, end + 1)];
  }
}

function extractorOf(expression: Written): Omit<Extractor, 'name'> {
  const { text } = expression;
  if (text.startsWith('/')) return jsonExtractor(readPointer(expression));
  if (text.startsWith('$')) return jsonExtractor(readPath(expression));
  const kind = KINDS.find((one) => text.startsWith(one));
  if (kind === undefined) throw unknown(expression);
  const behind = rest(expression, kind.length);
  if (kind === 'header:') return headerExtractor(part(behind, 0));
  return kind === 'regex:' ? firstMatch(readExpression(behind)) : everyMatch(readExpression(behind, 'g'));
}

function unknown(expression: Written): Error {
  const kind = /^[a-z*]+:/i.exec(expression.text)?.[0];
  const near = kind === undefined ? undefined : nearest(kind, KINDS);
  const problem = expression.text === '' ? 'an expression is missing' : 'no expression';
  return misread(expression, 0, problem, near === undefined ? ADVICE : `did you mean ${near}? ${ADVICE}`);
}

function jsonExtractor(lookup: Lookup): Omit<Extractor, 'name'> {
  return {
    readsBody: true,
    extract: (_, { json }) => (json === undefined ? null : (lookup(json) ?? null)),
  };
}

function headerExtractor(name: Written): Omit<Extractor, 'name'> {
  if (!FIELD_NAME.test(name.text)) throw misread(name, 0, 'no field name', ADVICE);
  return { readsBody: false, extract: (response) => response.header(name.text) ?? null };
}

function firstMatch(expression: RegExp): Omit<Extractor, 'name'> {
  return {
    readsBody: true,
    extract(_, { text }) {
      const match = expression.exec(text);
      return match === null ? null : wanted(match);
    },
  };
}

function everyMatch(expression: RegExp): Omit<Extractor, 'name'> {
  return {
    readsBody: true,
    extract(_, { text }) {
      const room = new JsonRoom();
      const values: unknown[] = [];
      for (const match of text.matchAll(expression)) {
        const value = wanted(match);
        if (!room.take(value)) return null;
        values.push(value);
      }
      return values.length === 0 ? null : values;
    },
  };
}

/** Null where the first group took no part in the match. */
function wanted(match: RegExpExecArray): string | null {
  return match.length === 1 ? match[0] : (match[1] ?? null);
}
