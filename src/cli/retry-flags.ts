// The words of `flurry retry`: its file, its own option, and all those of a run, which go behind what was typed for that.

import { readWords, type Switch } from './arguments.ts';
import { usage } from './exit-codes.ts';
import { RUN_SWITCHES, type RunSwitch } from './run-flags.ts';

export const ONLY_SWITCH = {
  long: '--only',
  short: undefined,
  expects: 'a list such as timeout,connect,5xx,429',
  flag: '--only <list>',
  doc: 'whose requests are sent again: statuses (429, 5xx, 502-504), what failed (timeout), where (connect), both (connect/timeout), failed or not-ok; separated by commas',
} as const satisfies Switch & { readonly flag: string; readonly doc: string };

const EXAMPLE = 'flurry retry out.jsonl --only timeout,connect,5xx,429';

export interface RetryWords {
  readonly output: string;
  readonly only: string;
  /** What goes behind the words of the run. */
  readonly given: readonly string[];
  readonly dryRun: boolean;
}

export function readRetryWords(argv: readonly string[]): RetryWords | 'help' {
  const options = [ONLY_SWITCH, ...RUN_SWITCHES];
  const { plain, given, asks } = readWords<typeof ONLY_SWITCH | RunSwitch>(argv, options, 'retry');
  if (asks !== undefined) return 'help';
  const [output, ...others] = plain;
  if (output === undefined || others.length > 0)
    throw usage(`retry takes the one file that a run has left, such as: ${EXAMPLE}`);
  const lists = given.flatMap(({ option, value }) => (option === ONLY_SWITCH ? [String(value)] : []));
  if (lists.length === 0) throw usage(`retry takes what is to be sent again, such as: ${EXAMPLE}`);
  const dryRun = given.some(({ option, value }) => option.long === '--dry-run' && value !== 'false');
  return {
    output,
    only: lists.join(','),
    given: given
      .filter(({ option }) => option !== ONLY_SWITCH && option.long !== '--dry-run')
      .map(({ option, value }) => (value === true ? option.long : `${option.long}=${value}`)),
    dryRun,
  };
}
