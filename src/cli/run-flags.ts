// The options of `flurry run` as words, out of the table of options. Checks each value by its row.

import { OptionError, type OptionRow } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS, type OptionName } from '../model/options.ts';
import { readWords, type Switch } from './arguments.ts';
import { usage } from './exit-codes.ts';

export type Values = Partial<Record<OptionName, unknown>>;

export interface RunSwitch extends Switch {
  readonly name: OptionName;
  readonly row: OptionRow;
  /** The letter and the long word with what goes behind it, as in the table. */
  readonly flag: string;
  /** The value that it stands for, where it is one of an option's forms: `--http2`. */
  readonly stands?: string;
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

/** Of an option with several the one that takes its value stands first. */
export const RUN_SWITCHES: readonly RunSwitch[] = OPTION_NAMES.flatMap((name): RunSwitch[] => {
  const row: OptionRow = OPTIONS[name];
  if (row.flag === undefined) return [];
  const forms = Object.entries(row.forms).map(([long, stands]) => {
    return { name, row, flag: long, long, short: undefined, expects: undefined, stands };
  });
  return [
    {
      name,
      row,
      flag: row.flag,
      long: /--[a-z0-9-]+/.exec(row.flag)![0],
      short: /^-(\w),/.exec(row.flag)?.[1],
      expects: expected(row, row.flag),
    },
    ...forms,
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
  const given = withoutForms(words.given);
  for (const { option, value } of given) {
    const { name, row, long } = option;
    const read = option.name === 'concurrency' ? concurrencyOf(row, long, value) : readAs(row, long, value);
    flags[name] =
      row.kind === 'list' ? [...((flags[name] ?? []) as unknown[]), ...(read as unknown[])] : read;
  }
  const order = given.map(({ option }) => option.name);
  const typed = given.map(({ option, value }) => [option.name, option.long, value] as const);
  return { urls: words.plain, flags, order, asks: words.asks, typed };
}

type Given<T> = { readonly option: T; readonly value: string | true };

/**
 * `--http2` as the `--http-version 2` that it stands for. The same flag twice is no contradiction, as with all others the
 * last one counts; two flags that say different things are. Throws Exit.
 */
export function withoutForms<T extends Switch>(
  given: readonly Given<T | RunSwitch>[],
): Given<T | RunSwitch>[] {
  return given.map((one) => {
    const { option, value } = one;
    if (!isForm(option)) return one;
    if (value !== true) throw usage(`${option.long} takes no value; ${longOf(option)} does`);
    const other = given.find((each) => contradicts(each, option));
    if (other !== undefined) {
      const [a, b] = given.indexOf(other) < given.indexOf(one) ? [other, one] : [one, other];
      throw usage(`${asTyped(a)} and ${asTyped(b)} contradict each other; give one of them`);
    }
    return { option: mainSwitch(option.name), value: option.stands };
  });
}

type Form = RunSwitch & { readonly stands: string };

function isForm(option: Switch): option is Form {
  return 'stands' in option && option.stands !== undefined;
}

function contradicts({ option, value }: Given<Switch>, form: Form): boolean {
  if (!('name' in option) || option.name !== form.name) return false;
  return (isForm(option) ? option.stands : value) !== form.stands;
}

function asTyped({ option, value }: Given<Switch>): string {
  return value === true ? option.long : `${option.long} ${value}`;
}

/** The one that takes the option's value. */
function mainSwitch(name: OptionName): RunSwitch {
  return RUN_SWITCHES.find((one) => one.name === name)!;
}

function longOf({ name }: RunSwitch): string {
  return mainSwitch(name).long;
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
