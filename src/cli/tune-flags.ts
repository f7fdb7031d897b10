// The options of `flurry tune`: its own, and those of a run that say what a request is and how it travels. Checks each
// value by its row.

import { SIZE_MAX } from '../engine/tune-budget.ts';
import {
  choice,
  duration,
  flag,
  integer,
  integerOrNone,
  list,
  OptionError,
  type OptionRow,
  text,
} from '../model/option-kinds.ts';
import type { OptionName } from '../model/options.ts';
import { readWords, type Switch } from './arguments.ts';
import {
  RUN_SWITCHES,
  type RunSwitch,
  type RunWords,
  readAs,
  type Values,
  withoutForms,
} from './run-flags.ts';

const SIZES_MAX = 64;
const MINUTE = 60_000;
const GROUP = 'Tuning';

const sizesText = text({
  default: undefined,
  flag: '--sizes <list>',
  group: GROUP,
  doc: 'requests in flight to try, such as 1,2,4-64,100; a range doubles from its first to its last. Without it 1-256, and some more around the knee',
});

export const TUNE_OPTIONS = {
  sizes: { ...sizesText, read: (name: string, value: unknown) => readSizes(name, String(value)) },
  maxConcurrency: integerOrNone({
    default: undefined,
    min: 1,
    max: SIZE_MAX,
    flag: '--max-concurrency <n>',
    group: GROUP,
    doc: 'largest size to try; 256 unless given',
  }),
  trials: integer({
    default: 3,
    min: 1,
    max: 100,
    flag: '--trials <n>',
    group: GROUP,
    doc: 'how often each size is tried, each time in another order; what differs between trials makes the interval',
  }),
  trialMs: duration({
    default: 2_000,
    min: 10,
    max: 10 * MINUTE,
    flag: '--trial-time <duration>',
    group: GROUP,
    doc: 'longest that a trial measures, after a warm-up that is not counted; it is longer where responses take more than a quarter of it',
  }),
  requests: integer({
    default: 20_000,
    min: 100,
    max: 1_000_000_000,
    flag: '--requests <n>',
    group: GROUP,
    doc: 'requests in all; they are shared out by size',
  }),
  seed: integer({
    default: 1,
    min: 0,
    max: 2 ** 31,
    flag: '--seed <n>',
    group: GROUP,
    doc: 'the order of the trials follows from it',
  }),
  format: choice(['table', 'json'], {
    default: 'table',
    flag: '--format <format>',
    group: GROUP,
    doc: 'what goes to standard output: a table with a plot, or one JSON object',
  }),
  plot: list({
    default: [],
    flag: '--plot <file>',
    group: GROUP,
    doc: 'draw goodput and latency into a file, .svg or .png; repeatable',
  }),
  save: flag({
    default: false,
    flag: '--save',
    group: GROUP,
    doc: 'keep what was found for this host, in ~/.config/flurry/profiles.json',
  }),
} as const;

type TuneTable = typeof TUNE_OPTIONS;
export type TuneOptionName = keyof TuneTable;
type ReadBy<R> = R extends { readonly read: (name: string, value: unknown) => infer T } ? T : never;
export type TuneValues = { readonly [K in Exclude<TuneOptionName, 'sizes'>]: ReadBy<TuneTable[K]> } & {
  /** Undefined: those of its own choice. */
  readonly sizes: readonly number[] | undefined;
};

interface TuneSwitch extends Switch {
  readonly own: TuneOptionName;
  readonly row: OptionRow;
  readonly flag: string;
}

export const TUNE_SWITCHES: readonly TuneSwitch[] = Object.entries(TUNE_OPTIONS).map(([name, row]) => ({
  own: name as TuneOptionName,
  row: row as OptionRow,
  flag: row.flag!,
  long: /--[a-z0-9-]+/.exec(row.flag!)![0],
  short: undefined,
  expects: row.kind === 'flag' ? undefined : (/<.*>/.exec(row.flag!)?.[0] ?? row.expects),
}));

const GROUPS = [
  ...['Requests', 'Session', 'Version of HTTP', 'Timeouts', 'TLS and addresses', 'Proxies'],
  'Limits on responses',
];
const NAMES: readonly OptionName[] = [
  ...(['globoff', 'var', 'zip', 'rate', 'ratePerHost', 'burst', 'pipeline', 'keepAliveMs'] as const),
  ...(['graceMs', 'failOn', 'quiet', 'config'] as const),
];
/** Of those groups, what has no effect here: nothing is stored, and requests are repeated. */
const WITHOUT: readonly OptionName[] = ['cookieJar', 'downloadBytesMax', 'downloadResumes'];

/** The options of a run that mean the same here. */
export const TUNE_RUN_SWITCHES: readonly RunSwitch[] = RUN_SWITCHES.filter(
  ({ name, row }) => NAMES.includes(name) || (GROUPS.includes(row.group) && !WITHOUT.includes(name)),
);

export interface TuneWords extends RunWords {
  readonly own: TuneValues;
}

/** Throws Exit for words that do not fit, OptionError for a value that does not. */
export function readTuneWords(argv: readonly string[]): TuneWords {
  const words = readWords<TuneSwitch | RunSwitch>(argv, [...TUNE_SWITCHES, ...TUNE_RUN_SWITCHES], 'tune');
  const flags: Values = {};
  const own: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(TUNE_OPTIONS)) own[name] = row.default;
  const order: OptionName[] = [];
  for (const { option, value } of withoutForms(words.given)) {
    const [into, name] =
      'own' in option ? [own, option.own] : [flags as Record<string, unknown>, option.name];
    const read = readAs(option.row, option.long, value);
    into[name] =
      option.row.kind === 'list' ? [...((into[name] ?? []) as unknown[]), ...(read as unknown[])] : read;
    if (!('own' in option)) order.push(option.name);
  }
  return { urls: words.plain, flags, order, asks: words.asks, own: own as unknown as TuneValues };
}

/** `1,2,4-64,100` → 1, 2, 4, 8, 16, 32, 64, 100. */
function readSizes(name: string, list: string): readonly number[] {
  const sizes = new Set<number>();
  for (const part of list.split(',')) {
    const match = /^\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (!(from >= 1 && from <= to && to <= SIZE_MAX)) {
      throw new OptionError(name, `${name} takes sizes and ranges such as 1,2,4-64, each from 1 to 10,000`);
    }
    for (let size = from; size < to; size *= 2) sizes.add(size);
    sizes.add(to);
  }
  if (sizes.size > SIZES_MAX) throw new OptionError(name, `${name} takes at most ${SIZES_MAX} sizes`);
  return [...sizes].sort((a, b) => a - b);
}
