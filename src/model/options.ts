// What derives from the table of options: the types of settings, and the check of what a caller gives.

import { nearest } from './nearest.ts';
import { OptionError, type OptionRow, type Scope } from './option-kinds.ts';
import { OPTIONS } from './option-table.ts';

export { OPTIONS };

export type OptionTable = typeof OPTIONS;
export type OptionName = keyof OptionTable;
type ValueOf<R> = R extends OptionRow<infer T> ? T : never;
type RunOptionName = Exclude<OptionName, CliOnly>;
/** What only the command line has; held against the table's scopes by a test. */
export type CliOnly =
  | 'header'
  | 'referer'
  | 'head'
  | 'data'
  | 'dataRaw'
  | 'dataBinary'
  | 'dataUrlencode'
  | 'get'
  | 'formField'
  | 'formString'
  | 'uploadFile'
  | 'json'
  | 'input'
  | 'cookie'
  | 'cookieJar'
  | 'netrcFile'
  | 'certFile'
  | 'keyFile'
  | 'var'
  | 'inputFormat'
  | 'inputLineBytesMax'
  | 'earlier'
  | 'skipExisting'
  | 'ifChanged'
  | 'earlierMax'
  | 'cacert'
  | 'output'
  | 'durability'
  | 'resume'
  | 'restart'
  | 'outputFormat'
  | 'recordBody'
  | 'bodyNames'
  | 'recordHeaders'
  | 'recordTimings'
  | 'summary'
  | 'failIf'
  | 'checkStatus'
  | 'quiet'
  | 'verbose'
  | 'curl'
  | 'dryRun'
  | 'config'
  | 'printConfig';

/** Every option with its value: inside, nothing is optional. */
export type Settings = { readonly [K in OptionName]: ValueOf<OptionTable[K]> };
/** What a caller may pass: durations and sizes also as text with a unit, a list of one text as that text. */
export type RunOptions = {
  readonly [K in RunOptionName]?:
    | (number extends ValueOf<OptionTable[K]> ? string : never)
    | (readonly string[] extends ValueOf<OptionTable[K]> ? string : never)
    | ValueOf<OptionTable[K]>;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** Checks and fills in; throws OptionError for an unknown name or a value out of range. Never changes its input. */
export function resolveOptions(given: object, scope: 'run' | 'cli' = 'run'): Settings {
  const settings: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) settings[name] = OPTIONS[name].default;
  for (const [name, value] of Object.entries(given)) {
    const row = Object.hasOwn(OPTIONS, name) ? (OPTIONS[name as OptionName] as OptionRow) : undefined;
    if (row === undefined || !reaches(row.scope, scope)) throw unknownOption(name, scope);
    if (value !== undefined) settings[name] = row.read(name, value);
  }
  return settings as Settings;
}

function reaches(scope: Scope, from: 'run' | 'cli'): boolean {
  return scope === 'run' || scope === (from === 'run' ? 'code' : 'cli');
}

function unknownOption(name: string, scope: 'run' | 'cli'): OptionError {
  const inCode = scope === 'run' ? counterpart(name) : undefined;
  if (inCode !== undefined)
    return new OptionError(name, `${name} is an option of the command line; in code: ${inCode}`);
  const names = OPTION_NAMES.filter((n) => reaches(OPTIONS[n].scope, scope));
  const near = nearest(name, names);
  return new OptionError(
    name,
    `unknown option ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

/** What code writes in place of what only the command line has. */
const IN_CODE: { readonly [K in CliOnly]?: string } = {
  header: 'headers',
  referer: 'headers: { Referer: … }',
  head: "method: 'HEAD'",
  data: 'body',
  dataRaw: 'body',
  dataBinary: 'body: fileBody(path)',
  dataUrlencode: 'form',
  formField: 'body: multipart(…)',
  formString: 'body: multipart(…)',
  uploadFile: "method: 'PUT' and body: fileBody(path)",
  json: 'the field json of a request, as in session.post(url, { json: … })',
  input: 'flurry(fromFile(path))',
  inputFormat: 'fromFile(path, { format: … })',
  inputLineBytesMax: 'fromFile(path, { lineBytesMax: … })',
  var: 'vars',
  cookie: 'session.loadCookies(text), or headers: { Cookie: … }',
  cookieJar: 'session.saveCookies()',
  netrcFile: 'netrc, the text of the file',
  certFile: 'cert, the text of the file',
  keyFile: 'key, the text of the file',
  cacert: 'ca, the text of the file',
  output: 'run.to(await jsonLines(path))',
  outputFormat: 'run.to(await jsonLines(path)), or csv(path)',
  recordBody: 'jsonLines(path, { body: … })',
  bodyNames: "jsonLines(path, { body: 'files', bodyNames: … })",
  recordHeaders: 'jsonLines(path, { headers: true })',
  recordTimings: 'jsonLines(path, { timings: true })',
  summary: 'run.summary',
};

/** Also of the words of a flag: `location` and `maxTime` are followRedirects and timeoutMs. */
function counterpart(name: string): string | undefined {
  const row = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as OptionName] : undefined;
  const flagged = OPTION_NAMES.find((one) => wordsOf(OPTIONS[one].flag) === name);
  for (const one of OPTION_NAMES) {
    for (const [form, stands] of Object.entries(OPTIONS[one].forms)) {
      if (wordsOf(form) === name) return `${one}: '${stands}'`;
    }
  }
  const own = row?.scope === 'cli' ? (name as CliOnly) : flagged;
  if (own === undefined) return undefined;
  if (Object.hasOwn(IN_CODE, own)) return IN_CODE[own as CliOnly];
  return OPTIONS[own].scope === 'cli' ? 'there is none' : own;
}

/** `-m, --max-time <duration>` is maxTime. */
function wordsOf(flag: string | undefined): string | undefined {
  const long = flag === undefined ? undefined : /--([a-z0-9-]+)/.exec(flag)?.[1];
  return long?.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
