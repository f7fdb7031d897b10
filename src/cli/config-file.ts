// A config file: one JSON object of options by their names. Reads and checks it; never quotes its text, which may hold
// secrets.

import { nearest } from '../model/nearest.ts';
import { OptionError, type OptionRow } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS, type OptionName } from '../model/options.ts';
import { firstNonJson } from '../sinks/json-scan.ts';
import { usage } from './exit-codes.ts';
import { readText } from './input-files.ts';
import { RUN_SWITCHES, type Values } from './run-flags.ts';

/** A config file that names another would make an order of layers that nobody sees. */
const NAMES: readonly string[] = OPTION_NAMES.filter((name) => name !== 'config');

/** Throws Exit with the file's path in the message. */
export function readConfig(path: string): Values {
  const parsed = parse(path, readText(path, 'the config file'));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw usage(`the config file ${path} must hold one JSON object of options, such as {"concurrency": 60}`);
  }
  const values: Values = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (!NAMES.includes(name)) throw unknownName(path, name);
    values[name as OptionName] = readValue(path, name as OptionName, value);
  }
  return values;
}

/** Not with the message of JSON.parse: it quotes the text, and with it perhaps a token. */
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const at = Math.max(0, firstNonJson(text));
    const before = text.slice(0, at).split('\n');
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw usage(`the config file ${path} is not valid JSON at ${place}${jsonAdvice(text, at)}`);
  }
}

function jsonAdvice(text: string, at: number): string {
  if (text.trim() === '') return '; it is empty: write {} or remove it';
  if (text.startsWith('//', at) || text.startsWith('/*', at)) return '; JSON has no comments';
  if (/,\s*$/.test(text.slice(0, at))) return '; no comma may stand behind the last one';
  if (text[at] === "'" || /[a-z_]/i.test(text[at] ?? '')) return '; names and texts stand in double quotes';
  return '';
}

function readValue(path: string, name: OptionName, value: unknown): unknown {
  const row: OptionRow = OPTIONS[name];
  try {
    return row.read(name, value);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw usage(`${path}: ${row.secret ? `${name} takes ${row.expects}` : error.message}`);
  }
}

function unknownName(path: string, name: string): Error {
  if (name === 'config') return usage(`${path}: config cannot be set in a config file; give --config`);
  const long = `--${name.replaceAll('_', '-')}`;
  const near = RUN_SWITCHES.find((one) => one.long === long)?.name ?? nearest(name, NAMES);
  const advice = near === undefined ? 'flurry --print-config shows all names' : `did you mean ${near}?`;
  return usage(`${path}: unknown option ${name}; ${advice}`);
}
