// Options as people type them: messages of the library name an option as code calls it, and here that becomes its flag.
// Only for what is printed; records keep the name that code knows.

import type { OptionName } from '../model/options.ts';
import { RUN_SWITCHES } from './run-flags.ts';

/** A quoted value is what somebody gave, and no name. The names of the table alone that are no English words. */
const QUOTED_OR_NAME = /"(?:[^"\\]|\\.)*"|\b[a-z]+[A-Z]\w*/g;

function flagOf(name: string): string | undefined {
  return RUN_SWITCHES.find((one) => one.name === (name as OptionName))?.long;
}

/** Of a failure: `(bodyBytesMax)` becomes `(--max-filesize)`. Nothing outside of brackets is ours to change: a URL may be there. */
export function flagsInBrackets(text: string): string {
  return text.replace(/\(([a-z]+[A-Z]\w*)\)/g, (all, name: string) => {
    const flag = flagOf(name);
    return flag === undefined ? all : `(${flag})`;
  });
}

/** Of a mistake in `option`: that name at its start, and every other that is no English word, wherever it stands. */
export function flagsIn(text: string, option: string): string {
  const own = flagOf(option);
  const begun = own !== undefined && text.startsWith(option) ? own + text.slice(option.length) : text;
  const named = begun.replace(QUOTED_OR_NAME, (word) => flagOf(word) ?? word);
  // Where the message has both, such as `servername (--sni)`.
  return named.replace(/(--[a-z0-9-]+) \(\1\)/g, '$1');
}
