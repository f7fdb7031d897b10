// From the words of a command line to options and their values, with Node's own parseArgs. Knows no single option and
// judges no value.

import { parseArgs } from 'node:util';
import { nearest } from '../model/nearest.ts';
import type { CommandName } from './commands.ts';
import { usage } from './exit-codes.ts';

/** One option as it is written: `-c, --concurrency <n>`. */
export interface Switch {
  /** With its dashes: `--concurrency`. */
  readonly long: string;
  /** A letter, without its dash. */
  readonly short: string | undefined;
  /** What its value may be, such as `<file>`; undefined where it takes none. */
  readonly expects: string | undefined;
}

export interface Words<T extends Switch> {
  /** Everything that is no option, in order. */
  readonly plain: readonly string[];
  /** In order; `true` for an option that was given without a value and takes none. */
  readonly given: ReadonlyArray<{ readonly option: T; readonly value: string | true }>;
  /** `--help` or `--version` stood among them. */
  readonly asks: 'help' | 'version' | undefined;
}

const HELP: Switch = { long: '--help', short: 'h', expects: undefined };
const VERSION: Switch = { long: '--version', short: 'V', expects: undefined };

/** `-c 60`, `-c60`, `--concurrency 60`, `--concurrency=60`, `-qv`, and all plain after `--`. Throws Exit for the rest. */
export function readWords<T extends Switch>(
  argv: readonly string[],
  options: readonly T[],
  command: CommandName,
): Words<T> {
  const known = new Map<string, T | Switch>();
  for (const option of [...options, HELP, VERSION]) {
    known.set(option.long, option);
    if (option.short !== undefined) known.set(`-${option.short}`, option);
  }
  const plain: string[] = [];
  const given: { option: T; value: string | true }[] = [];
  for (const token of tokensOf(argv, known.values())) {
    if (token.kind === 'positional') plain.push(token.value);
    if (token.kind !== 'option') continue;
    refuseSingleDash(argv[token.index]!, known);
    const option = known.get(token.rawName);
    if (option === undefined) throw unknownOption(token.rawName, known.keys(), command);
    if (option === HELP || option === VERSION) {
      return { plain, given, asks: option === HELP ? 'help' : 'version' };
    }
    given.push({ option: option as T, value: valueFor(option, token, known) });
  }
  return { plain, given, asks: undefined };
}

function tokensOf(argv: readonly string[], options: Iterable<Switch>) {
  const config: Record<string, { type: 'boolean' | 'string'; short?: string }> = {};
  for (const { long, short, expects } of options) {
    const type = expects === undefined ? 'boolean' : 'string';
    config[long.slice(2)] = short === undefined ? { type } : { type, short };
  }
  return parseArgs({ args: [...argv], options: config, strict: false, allowPositionals: true, tokens: true })
    .tokens;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueFor(option: Switch, token: OptionToken, known: ReadonlyMap<string, Switch>): string | true {
  const { rawName, value, inlineValue } = token;
  if (option.expects === undefined) return value ?? true;
  if (value === undefined) throw usage(`${rawName} needs ${option.expects} behind it`);
  // Almost always a value that was forgotten. Who means it writes it in one word.
  if (inlineValue !== true && known.has(value)) {
    throw usage(
      `${rawName} takes ${option.expects}, not the option ${value}; if you mean it: ${option.long}=${value}`,
    );
  }
  return value;
}

/** `-output` would be read as `-o utput`. */
function refuseSingleDash(word: string, known: ReadonlyMap<string, Switch>): void {
  const name = /^-([a-z][a-z0-9.-]+)(?:=|$)/.exec(word)?.[1];
  if (name !== undefined && known.has(`--${name}`))
    throw usage(`unknown option -${name}; did you mean --${name}?`);
}

/** Names only: the value of an option nobody knows may be a secret. */
function unknownOption(name: string, known: Iterable<string>, command: CommandName): Error {
  const near = name.startsWith('--')
    ? nearest(
        name,
        [...known].filter((one) => one.startsWith('--')),
      )
    : undefined;
  const advice =
    near === undefined ? `flurry ${command} --help shows what there is` : `did you mean ${near}?`;
  return usage(`unknown option ${name}; ${advice}`);
}
