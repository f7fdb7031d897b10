// The error for a text that an option of this room cannot read: which option, what is wrong, where, what to write.

import { OptionError } from '../model/option-kinds.ts';

/** A text of an option, or a part of it: `from` is where the part begins in the whole, which messages show. */
export interface Written {
  readonly option: string;
  readonly whole: string;
  readonly from: number;
  readonly text: string;
}

export function written(option: string, whole: string): Written {
  return { option, whole, from: 0, text: whole };
}

/** What stands from `start` to `end` of a text, without the blanks around it. */
export function part(of: Written, start: number, end = of.text.length): Written {
  const text = of.text.slice(start, end);
  const blanks = text.length - text.trimStart().length;
  return { ...of, from: of.from + start + blanks, text: text.trim() };
}

/** All from `start` on, blanks too: in a regular expression they mean something. */
export function rest(of: Written, start: number): Written {
  return { ...of, from: of.from + start, text: of.text.slice(start) };
}

/** `at` counts from the beginning of the part; `advice` is what to write instead. */
export function misread({ option, whole, from }: Written, at: number, problem: string, advice: string) {
  const place = whole === '' ? '' : ` at character ${from + at + 1} of ${JSON.stringify(whole)}`;
  return new OptionError(option, `${option}: ${problem}${place}; ${advice}`);
}
