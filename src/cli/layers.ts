// Where an option's value comes from: flags over FLURRY_* variables over the project's config file over the user's
// over the default. Reads them, checks them by the table, and remembers which one won.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OptionError, type OptionRow } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS, type OptionName, resolveOptions, type Settings } from '../model/options.ts';
import { usage } from './exit-codes.ts';

export const PROJECT_CONFIG = 'flurry.config.json';

/** `--max-time` for `timeoutMs`: what people typed or could have. */
export function longFlag(name: OptionName): string {
  return /--[a-z-]+/.exec(OPTIONS[name].flag ?? '')?.[0] ?? name;
}

export function variable(name: OptionName): string {
  return `FLURRY_${name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
}

export interface Layered {
  readonly settings: Settings;
  /** The layer that each option's value is from: `flag`, a variable's name, a file's path, or `default`. */
  readonly from: ReadonlyMap<OptionName, string>;
}

type Values = Partial<Record<OptionName, unknown>>;

/** Throws Exit for anything that does not fit, naming the layer it stands in. */
export function layered(flags: Values, env: NodeJS.ProcessEnv): Layered {
  const from = new Map<OptionName, string>();
  const given: Record<string, unknown> = {};
  const lay = (values: Values, source: string | ((name: OptionName) => string)) => {
    for (const [key, value] of Object.entries(values)) {
      const name = key as OptionName;
      given[name] = value;
      from.set(name, typeof source === 'string' ? source : source(name));
    }
  };
  const file = typeof flags.config === 'string' ? flags.config : env[variable('config')];
  const user = userConfig(env);
  if (existsSync(user)) lay(readConfig(user), user);
  if (file !== undefined) lay(readConfig(file), file);
  else if (existsSync(PROJECT_CONFIG)) lay(readConfig(PROJECT_CONFIG), PROJECT_CONFIG);
  lay(fromEnvironment(env), variable);
  lay(flags, 'flag');
  return { settings: resolveOptions(given, 'cli'), from };
}

export function userConfig(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'flurry', 'config.json');
}

function readConfig(path: string): Values {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw usage(`cannot read the config file ${path}: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw usage(`the config file ${path} must hold one JSON object of options, such as {"concurrency": 60}`);
  }
  return checked(parsed, path);
}

/** As resolveOptions checks, with the layer in the message. */
function checked(values: object, layer: string): Values {
  try {
    resolveOptions(values, 'cli');
    return values;
  } catch (error) {
    if (error instanceof OptionError) throw usage(`${layer}: ${error.message}`);
    throw error;
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): Values {
  const values: Values = {};
  for (const name of OPTION_NAMES) {
    const text = env[variable(name)];
    if (text === undefined || OPTIONS[name].kind === 'custom') continue;
    values[name] = (OPTIONS[name] as OptionRow).read(variable(name), text);
  }
  return values;
}

/** For --print-config: every option, its value as JSON, and where it is from. Secrets are not shown. */
export function configText({ settings, from }: Layered): string {
  const width = Math.max(...OPTION_NAMES.map((name) => name.length));
  const lines = OPTION_NAMES.map((name) => {
    const source = from.get(name) ?? 'default';
    const shown =
      OPTIONS[name].secret && source !== 'default' ? '"(hidden)"' : JSON.stringify(settings[name]);
    return `${name.padEnd(width)}  ${(shown ?? 'none').padEnd(24)}  ${source}`;
  });
  return `${lines.join('\n')}\n`;
}
