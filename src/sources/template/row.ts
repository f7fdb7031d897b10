// A URL with columns of a table in it: `{name}` is replaced by the row's value. Holds no globs.

import { InvalidRequest } from '../../model/invalid.ts';
import { nearest } from '../../model/nearest.ts';
import { literalAt } from './parser.ts';
import { fail, type Script } from './parts.ts';
import { uriComponent } from './values.ts';

interface Column {
  readonly name: string;
  readonly index: number;
  readonly uri: boolean;
}

/** Throws TemplateError; what it returns throws InvalidRequest where a row is too short. */
export function compileRowTemplate(
  text: string,
  columns: readonly string[],
): (row: readonly string[]) => string {
  const pieces = readPieces({ text, prefix: '', names: new Set(columns), outermost: false }, columns);
  return (row) => {
    let url = '';
    for (const piece of pieces) url += typeof piece === 'string' ? piece : cell(piece, row);
    return url;
  };
}

function cell(column: Column, row: readonly string[]): string {
  const value = row[column.index];
  if (value === undefined) throw new InvalidRequest(`the row has no column ${column.name}`);
  return column.uri ? uriComponent(value) : value;
}

function readPieces(script: Script, columns: readonly string[]): (string | Column)[] {
  const { text } = script;
  const pieces: (string | Column)[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    const plain = literalAt(script, at);
    if (plain !== undefined) {
      literal += plain.text;
      at = plain.end;
      continue;
    }
    if (text[at] === '[') {
      fail(script, 'a URL with columns holds no ranges; type \\[ for the character itself', at);
    }
    const { name, end } = readBraces(script, at);
    pieces.push(literal, findColumn(script, name, at + 1, columns));
    literal = '';
    at = end;
  }
  pieces.push(literal);
  return pieces;
}

/** What stands between the braces; a backslash takes the next character as it is. */
function readBraces(script: Script, open: number): { name: string; end: number } {
  const { text } = script;
  let name = '';
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '}') return { name, end: at + 1 };
    if (text[at] === '\\' && at + 1 < text.length) at++;
    name += text[at]!;
  }
  return fail(script, 'unmatched brace: this { is never closed; type \\{ for the character itself', open);
}

/** A name as it stands in the header wins over a filter. */
function findColumn(script: Script, inner: string, position: number, columns: readonly string[]): Column {
  const uri = !columns.includes(inner) && inner.endsWith('|uri');
  const name = uri ? inner.slice(0, -'|uri'.length) : inner;
  const index = columns.indexOf(name);
  if (index === -1) fail(script, unknown(name, columns), position);
  if (columns.indexOf(name, index + 1) !== -1) {
    fail(script, `two columns are called ${name}; rename one in the header line`, position);
  }
  return { name, index, uri };
}

function unknown(name: string, columns: readonly string[]): string {
  const bar = name.lastIndexOf('|');
  if (bar !== -1 && columns.includes(name.slice(0, bar))) {
    return `the only filter is uri: {${name.slice(0, bar)}|uri}`;
  }
  if (name.includes(',')) {
    return 'a URL with columns holds no lists; type \\{ for the character itself';
  }
  const guess = nearest(name, columns);
  if (guess !== undefined) return `there is no column ${JSON.stringify(name)}; did you mean {${guess}}?`;
  return `there is no column ${JSON.stringify(name)}; there are ${columns.slice(0, 20).join(', ')}`;
}
