// Reads a file of words for `@words.txt`: one per line, bounded, whole. Knows no template.

import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { WORDS_MAX } from './vars.ts';

const CHUNK_BYTES = 1024 * 1024;
const WORD_CHARACTERS_MAX = 1024 * 1024;

/**
 * The lines of a file in UTF-8, without line ends and byte order mark; empty lines are left out.
 * Stops behind the first word too many, which whoever asked refuses.
 */
export function readWordsFile(path: string): string[] {
  const file = openSync(path, 'r');
  try {
    return readWords((bytes) => readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function readWords(read: (bytes: Buffer) => number): string[] {
  const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
  const decoder = new StringDecoder('utf8');
  const words: string[] = [];
  let lineNumber = 0;
  let unfinished = '';
  while (words.length <= WORDS_MAX) {
    const length = read(bytes);
    const text = length === 0 ? decoder.end() : decoder.write(bytes.subarray(0, length));
    const lines = (unfinished + text).split('\n');
    unfinished = length === 0 ? '' : lines.pop()!;
    for (const line of lines) {
      lineNumber++;
      const word = withoutMarks(line, lineNumber);
      if (word !== '') words.push(word);
    }
    if (length === 0) break;
    if (unfinished.length > WORD_CHARACTERS_MAX)
      throw new Error(`line ${lineNumber + 1} is too long for a word`);
  }
  return words;
}

function withoutMarks(line: string, lineNumber: number): string {
  const start = lineNumber === 1 && line.startsWith('\ufeff') ? 1 : 0;
  return line.slice(start, line.endsWith('\r') ? -1 : undefined);
}
