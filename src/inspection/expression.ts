// Regular expressions as people write them for a body or a field. They are the user's own: how long one takes on a
// text is in the user's hands, and only the text is bounded (content.ts).

import { misread, type Written } from './misread.ts';

/** As in Go, Python and PCRE. Node has learned it in version 23, and for groups only. */
const LEADING_FLAGS = /^\(\?([ims]+)\)/;

/** A JavaScript expression, which `(?i)`, `(?m)` or `(?s)` may precede. Throws OptionError where it is none. */
export function readExpression(expression: Written, more = ''): RegExp {
  const leading = LEADING_FLAGS.exec(expression.text);
  const source = expression.text.slice(leading?.[0].length ?? 0);
  const flags = [...new Set((leading?.[1] ?? '') + more)].join('');
  if (source === '') {
    throw misread(expression, 0, 'a regular expression is missing', "write one, such as 'error|denied'");
  }
  try {
    return new RegExp(source, flags);
  } catch (error) {
    // `Invalid regular expression: /a(/: Unterminated group`: the expression itself is in the message already.
    const why = (error as Error).message.split(': ').at(-1)!;
    const advice = 'mend it, or put \\ in front of characters that are meant as they are';
    throw misread(expression, 0, `no regular expression (${why})`, advice);
  }
}

/** A caller's own, freed of what makes one search depend on the last one. */
export function withoutMemory(expression: RegExp): RegExp {
  return new RegExp(expression.source, expression.flags.replace(/[gy]/g, ''));
}
