// Where an option's value comes from: flags over FLURRY_* variables over the project's config file over the user's
// over the default. Lays them over one another and remembers which one won.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nearest } from '../model/nearest.ts';
import { type OptionName, resolveOptions, type Settings } from '../model/options.ts';
import type { Environment } from '../view/terminal.ts';
import { usage } from './exit-codes.ts';
import { RUN_SWITCHES, type RunSwitch, readAs, type Values } from './run-flags.ts';
import type { Surroundings } from './surroundings.ts';

export const PROJECT_CONFIG = 'flurry.config.json';
/** What the variables begin with that stand for flags. */
export const PREFIX = 'FLURRY_';

/** `FLURRY_MAX_TIME` for `--max-time`: what people see in the help is what they can set. */
function variableOf({ long }: RunSwitch): string {
  return PREFIX + long.slice(2).replaceAll('-', '_').toUpperCase();
}

export interface Layered {
  readonly settings: Settings;
  /** Where each option's value is from: a flag, a variable, or a file's path. Options that are not in it have their default. */
  readonly from: ReadonlyMap<OptionName, string>;
}

/** Throws Exit for anything that does not fit, naming the layer it stands in. */
export async function layered(
  flags: Values,
  { env, folder }: Pick<Surroundings, 'env' | 'folder'>,
): Promise<Layered> {
  const variables = fromEnvironment(env);
  const layers = new Layers();
  const explicit = flags.config ?? variables.config;
  const project = typeof explicit === 'string' ? explicit : join(folder, PROJECT_CONFIG);
  const user = userConfig(env);
  const files = [user, project].filter((path) => path === explicit || existsSync(path));
  if (files.length > 0) {
    const { readConfig } = await import('./config-file.ts');
    for (const path of files)
      layers.lay(readConfig(path), () => (path === user ? path : shownPath(path, folder)));
  }
  layers.lay(variables, (name) => variableOf(switchOf(name)));
  layers.lay(flags, (name) => switchOf(name).long);
  return layers.resolve();
}

function shownPath(path: string, folder: string): string {
  return path === join(folder, PROJECT_CONFIG) ? PROJECT_CONFIG : path;
}

function switchOf(name: OptionName): RunSwitch {
  return RUN_SWITCHES.find((one) => one.name === name)!;
}

/** One body for all requests: the layer above says which, whatever form the one below gave it. */
const BODIES: readonly OptionName[] = [
  ...(['data', 'dataRaw', 'dataBinary', 'dataUrlencode', 'json', 'body', 'form'] as const),
  ...(['formField', 'formString', 'uploadFile'] as const),
];

class Layers {
  readonly #values = new Map<OptionName, unknown>();
  readonly #from = new Map<OptionName, string>();

  lay(values: Values, sourceOf: (name: OptionName) => string): void {
    const entries = Object.entries(values) as [OptionName, unknown][];
    if (entries.some(([name]) => BODIES.includes(name))) {
      for (const name of BODIES) this.#values.delete(name) && this.#from.delete(name);
    }
    for (const [name, value] of entries) {
      this.#values.set(name, value);
      this.#from.set(name, sourceOf(name));
    }
  }

  resolve(): Layered {
    return { settings: resolveOptions(Object.fromEntries(this.#values), 'cli'), from: this.#from };
  }
}

/** Of the person who runs it. */
export function userConfig(env: Environment): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'flurry', 'config.json');
}

function fromEnvironment(env: Environment): Values {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  if (names.length === 0) return {};
  const values: Values = {};
  const known = new Map(
    RUN_SWITCHES.filter(({ stands }) => stands === undefined).map((one) => [variableOf(one), one]),
  );
  for (const variable of names) {
    const text = env[variable];
    const option = known.get(variable);
    if (option === undefined) refuseSlip(variable, known.keys());
    else if (text !== undefined) values[option.name] = readAs(option.row, variable, text);
  }
  return values;
}

/** A variable that flurry does not know may be somebody else's, unless it is one letter from one that it does. */
function refuseSlip(variable: string, known: Iterable<string>): void {
  const bare = (name: string) => name.slice(PREFIX.length);
  const near = nearest(bare(variable), [...known].map(bare));
  if (near !== undefined) throw usage(`unknown variable ${variable}; did you mean ${PREFIX}${near}?`);
}
