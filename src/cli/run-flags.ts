// The options of `flurry run` as words, out of the table of options. Checks each value by its row.

import { OptionError, type OptionRow } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS, type OptionName } from '../model/options.ts';
import { readWords, type Switch } from './arguments.ts';

export type Values = Partial<Record<OptionName, unknown>>;

export interface RunSwitch extends Switch {
  readonly name: OptionName;
  readonly row: OptionRow;
  /** The letter and the long word with what goes behind it, as in the table. */
  readonly flag: string;
}

export interface RunWords {
  readonly urls: readonly string[];
  readonly flags: Values;
  /** The options that were typed, each as often as it was: of some the order among each other counts. */
  readonly order: readonly OptionName[];
  readonly asks: 'help' | 'version' | undefined;
  /** Each option with its value as it was typed; undefined where nobody typed them. */
  readonly typed?: readonly (readonly [name: OptionName, long: string, value: string | true])[];
}

export const RUN_SWITCHES: readonly RunSwitch[] = OPTION_NAMES.flatMap((name) => {
  const row: OptionRow = OPTIONS[name];
  if (row.flag === undefined) return [];
  return [
    {
      name,
      row,
      flag: row.flag,
      long: /--[a-z0-9-]+/.exec(row.flag)![0],
      short: /^-(\w),/.exec(row.flag)?.[1],
      expects: expected(row, row.flag),
    },
  ];
});

/** Of text the flag's own word says more: `<file>`, `<line>`. */
function expected(row: OptionRow, flag: string): string | undefined {
  if (row.kind === 'flag') return undefined;
  return row.kind === 'text' || row.kind === 'list' ? (/<.*>/.exec(flag)?.[0] ?? row.expects) : row.expects;
}

/** Throws Exit for words that do not fit, OptionError for a value that does not. */
export function readRunWords(argv: readonly string[]): RunWords {
  const words = readWords(argv, RUN_SWITCHES, 'run');
  const flags: Values = {};
  for (const { option, value } of words.given) {
    const { name, row, long } = option;
    const read = option.name === 'concurrency' ? concurrencyOf(row, long, value) : readAs(row, long, value);
    flags[name] =
      row.kind === 'list' ? [...((flags[name] ?? []) as unknown[]), ...(read as unknown[])] : read;
  }
  const order = words.given.map(({ option }) => option.name);
  const typed = words.given.map(({ option, value }) => [option.name, option.long, value] as const);
  return { urls: words.plain, flags, order, asks: words.asks, typed };
}

/** curl's -c writes a cookie jar: a name of a file says that this one was meant. */
function concurrencyOf(row: OptionRow, called: string, value: unknown): unknown {
  try {
    return readAs(row, called, value);
  } catch (error) {
    const isPath = typeof value === 'string' && /^-$|[./\\]|jar|cookie/i.test(value) && !/^\d/.test(value);
    if (!(error instanceof OptionError) || !isPath) throw error;
    throw new OptionError(called, `${error.message}; the file for cookies (curl's -c) is --cookie-jar`);
  }
}

/** As the row reads it; what does not fit is repeated in the message. No row that holds a secret refuses any text. */
export function readAs(row: OptionRow, called: string, value: unknown): unknown {
  try {
    return row.read(called, value);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    if (typeof value !== 'string' || error.message.includes(', not ')) throw error;
    throw new OptionError(called, `${error.message}, not ${JSON.stringify(value)}`);
  }
}
