// A text to words and operators as Windows reads it: first cmd.exe, which takes the carets away, then the C runtime
// of the program, which takes quotes and backslashes. For what browsers copy as "cURL (cmd)".

import { mistake } from './mistake.ts';
import type { Token } from './shell-words.ts';
import { plainWord, type Word } from './word.ts';

/** The first word begins with a caret and a quote, or a line ends with a caret before any single quote was met. */
export function looksLikeCmd(text: string): boolean {
  return /^\s*curl(?:\.exe)?\s+(?:\^"|[^']*?\s\^\r?\n)/i.test(text);
}

export function readCmd(text: string): Token[] {
  const tokens: Token[] = [];
  for (const piece of piecesOf(text)) {
    if (piece.operator !== undefined) tokens.push({ type: 'operator', text: piece.operator });
    else for (const word of wordsOf(piece.text)) tokens.push({ type: 'word', word });
  }
  return tokens;
}

interface Piece {
  readonly text: string;
  readonly operator: string | undefined;
}

/** What cmd.exe makes of it: commands without carets, and what stands between them. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c === '^' && !quoted) {
      // At the end of a line it takes the line break away, and the next character stands for itself.
      const next = text[at + 1] === '\r' ? at + 2 : at + 1;
      at = text[next] === '\n' ? afterBreak(text, next) : next;
      plain += text[at] ?? '';
      continue;
    }
    if (c === '"') quoted = !quoted;
    const operator = c === '\n' || (!quoted && '&|<>'.includes(c)) ? operatorAt(text, at) : undefined;
    if (operator === undefined) {
      plain += c;
      continue;
    }
    pieces.push({ text: plain, operator: undefined }, { text: '', operator });
    plain = '';
    quoted = false;
    at += operator.length - 1;
  }
  return [...pieces, { text: plain, operator: undefined }];
}

/** Two line breaks behind a caret are one in the word: a CR before the second does not count. */
function afterBreak(text: string, lineFeed: number): number {
  return text[lineFeed + 1] === '\r' && text[lineFeed + 2] === '\n' ? lineFeed + 2 : lineFeed + 1;
}

function operatorAt(text: string, at: number): string {
  const two = text.slice(at, at + 2);
  return ['&&', '||', '>>', '>&'].includes(two) ? two : text[at]!;
}

/**
 * What the C runtime makes of one command. It would leave two backslashes alone unless a quote follows; browsers write
 * two for each one that they mean, wherever it stands.
 */
function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (!quoted && /\s/.test(c)) {
      if (word !== undefined) words.push(plainWord(word));
      word = undefined;
      continue;
    }
    word ??= '';
    const next = text[at + 1];
    if (c === '\\' && (next === '"' || next === '\\')) {
      word += next;
      at++;
    } else if (c !== '"') {
      word += c;
    } else if (quoted && text[at + 1] === '"') {
      word += '"';
      at++;
    } else {
      quoted = !quoted;
    }
  }
  if (quoted) throw mistake('a quote of it is never closed; copy the command again', words, '"');
  if (word !== undefined) words.push(plainWord(word));
  return words;
}
