// What is wrong with a pasted command, shown under the exact spot. Of the command only the names of its flags are
// repeated: everything else in it may be a cookie, a token or a password.

import { type Exit, usage } from '../exit-codes.ts';
import type { Word } from './word.ts';

const BEFORE_MAX = 80;
const SPOT_MAX = 40;
const HIDDEN = '…';

/** `before`: the words in front of the spot; `spot`: what is shown of it, which the caller knows to be no secret. */
export function mistake(problem: string, before: readonly Word[], spot: string, more = false): Exit {
  const whole = before.map((word, i) => `${shownWord(word, i === 0)} `).join('');
  const start =
    whole.length <= BEFORE_MAX ? whole : `${HIDDEN} ${whole.slice(-BEFORE_MAX).replace(/^\S*\s(?:… )?/, '')}`;
  const shown = oneLine(spot.length <= SPOT_MAX ? spot : `${spot.slice(0, SPOT_MAX)}${HIDDEN}`);
  return usage(`${problem}\n  ${start}${shown}${more ? ` ${HIDDEN}` : ''}\n  ${' '.repeat(start.length)}^`);
}

/** Under a word of the command; a value shows as `…`. */
export function mistakeAt(problem: string, words: readonly Word[], at: number): Exit {
  const spot = shownWord(words[at]!, at === 0);
  return mistake(problem, words.slice(0, at), spot, at + 1 < words.length);
}

/** The name of a flag, and nothing of a value that is glued to it. */
function shownWord({ text }: Word, first: boolean): string {
  if (first && /^[\w./-]*curl(?:\.exe)?$/i.test(text)) return 'curl';
  if (/^--[a-z0-9][a-z0-9.-]{0,40}$/i.test(text)) return text;
  const letters = /^-[\w#:]/.exec(text)?.[0];
  if (letters === undefined) return HIDDEN;
  return text.length === letters.length ? letters : letters + HIDDEN;
}

/** A control character would move the caret, or the cursor. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ');
}
