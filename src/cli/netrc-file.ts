// The file of --netrc-file: read and looked at before anything is sent. No message holds a word of it.

import { NetrcError, parseNetrc } from '../session/netrc.ts';
import { usage } from './exit-codes.ts';
import { readText } from './input-files.ts';

export function readNetrc(path: string): string {
  const text = readText(path, '--netrc-file');
  try {
    parseNetrc(text);
  } catch (error) {
    if (error instanceof NetrcError) throw usage(`${path} of --netrc-file: ${error.message}`);
    throw error;
  }
  return text;
}
