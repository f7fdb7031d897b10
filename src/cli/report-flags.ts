// The options of `flurry report`, as they are written and explained.

import { GROUPINGS, type Grouping } from '../metrics/record-report.ts';
import { OptionError } from '../model/option-kinds.ts';
import { readWords, type Switch } from './arguments.ts';

export interface ReportSwitch extends Switch {
  readonly flag: string;
  readonly doc: string;
}

export const REPORT_SWITCHES = [
  {
    long: '--json',
    short: undefined,
    expects: undefined,
    flag: '--json',
    doc: 'print one JSON object in place of tables',
  },
  {
    long: '--by',
    short: undefined,
    expects: 'a list of status, error, host and method',
    flag: '--by <list>',
    doc: 'what to group by, such as status,error: status, error, host, method (default: all of them)',
  },
  {
    long: '--top',
    short: undefined,
    expects: 'a whole number from 1 to 1000',
    flag: '--top <n>',
    doc: 'rows of each table, and how many of the slowest (default: 10, and 5 of the slowest)',
  },
] as const satisfies readonly ReportSwitch[];

const TOP_MAX = 1000;

export interface ReportWords {
  readonly paths: readonly string[];
  readonly json: boolean;
  /** Undefined: by all that tells anything. */
  readonly by: ReadonlySet<Grouping> | undefined;
  /** Undefined: as it suits the form. */
  readonly top: number | undefined;
  readonly asks: 'help' | 'version' | undefined;
}

/** Throws Exit for words that do not fit, OptionError for a value that does not. */
export function readReportWords(argv: readonly string[]): ReportWords {
  const { plain, given, asks } = readWords<ReportSwitch>(argv, REPORT_SWITCHES, 'report');
  let json = false;
  let by: ReadonlySet<Grouping> | undefined;
  let top: number | undefined;
  for (const { option, value } of given) {
    if (option.long === '--json') json = value !== 'false';
    else if (option.long === '--by') by = groupingsOf(String(value));
    else top = topOf(String(value));
  }
  return { paths: plain, json, by, top, asks };
}

function groupingsOf(list: string): ReadonlySet<Grouping> {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(GROUPINGS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new OptionError('--by', `--by takes ${GROUPINGS.join(', ')}, not ${JSON.stringify(unknown)}`);
  return new Set(names as Grouping[]);
}

function topOf(text: string): number {
  const n = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (n < 1 || n > TOP_MAX)
    throw new OptionError(
      '--top',
      `--top takes a whole number from 1 to ${TOP_MAX}, not ${JSON.stringify(text)}`,
    );
  return n;
}
