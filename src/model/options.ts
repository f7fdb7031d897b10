// THE table of options: one row each. Types, flags, --help, variables, config files and validation derive from it.

import type { HeadersInput } from './header-block.ts';
import { nearest } from './nearest.ts';
import {
  bytes,
  choice,
  custom,
  duration,
  durationOrNone,
  flag,
  integer,
  integerOrNone,
  list,
  OptionError,
  type OptionRow,
  type Scope,
  text,
} from './option-kinds.ts';

const DAY = 86_400_000;

export const OPTIONS = {
  // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────
  method: text({
    default: undefined,
    flag: '-X, --request <method>',
    group: 'Requests',
    doc: 'method of every request; GET, or POST where there is a body',
  }),
  headers: custom<HeadersInput>(
    'an object or a list of pairs',
    { default: {}, group: 'Requests', doc: 'header fields of every request', secret: true },
    (value) => typeof value === 'object' && value !== null,
  ),
  header: list({
    default: [],
    flag: '-H, --header <line>',
    scope: 'cli',
    group: 'Requests',
    doc: 'a header field, as "Name: value"; "Name:" removes a default, "Name;" sends it empty; repeatable',
    secret: true,
  }),
  userAgent: text({
    default: 'flurry',
    flag: '-A, --user-agent <text>',
    group: 'Requests',
    doc: 'the User-Agent field',
  }),
  data: list({
    default: [],
    flag: '-d, --data <text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'body of every request, sent as application/x-www-form-urlencoded; several are joined by &',
  }),
  body: custom<string | Uint8Array | undefined>(
    'text or bytes',
    { default: undefined, group: 'Requests', doc: 'body of every request that has none of its own' },
    (value) => value === undefined || typeof value === 'string' || value instanceof Uint8Array,
  ),
  json: text({
    default: undefined,
    flag: '--json <text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'body of every request, sent as application/json',
  }),

  // ── input ─────────────────────────────────────────────────────────────────────────────────────────────────
  input: text({
    default: undefined,
    flag: '-i, --input <file|->',
    scope: 'cli',
    group: 'Input',
    doc: 'read requests from a file, or from standard input with -',
  }),
  inputFormat: choice(['auto', 'lines', 'jsonl', 'csv'], {
    default: 'auto',
    flag: '--input-format <format>',
    scope: 'cli',
    group: 'Input',
    doc: 'what the input is: one URL a line, JSON Lines of request objects, or CSV; auto goes by the extension, then by the first line',
  }),
  strictInput: flag({
    default: false,
    flag: '--strict-input',
    group: 'Input',
    doc: 'stop at the first line that is no request, instead of recording it as a failure',
  }),
  inputLineBytesMax: bytes({
    default: 16 * 1024 * 1024,
    min: 1024,
    max: 1024 ** 3,
    flag: '--input-line-max <size>',
    scope: 'cli',
    group: 'Input',
    doc: 'longest line of an input; a longer one is a failure of phase input',
  }),
  globoff: flag({
    default: false,
    flag: '-g, --globoff',
    group: 'Input',
    doc: 'take URLs as they are: no {} and [] templates',
  }),
  vars: custom<Readonly<Record<string, string>>>(
    'an object of name: values',
    { default: {}, group: 'Input', doc: 'values of named variables in a template, each as --var takes it' },
    (value) => typeof value === 'object' && value !== null,
  ),
  var: list({
    default: [],
    flag: '--var <name=values>',
    scope: 'cli',
    group: 'Input',
    doc: 'bind {name} in a URL: 1-100, [a-z]{3}, {red,green} or @words.txt; repeatable',
  }),
  zip: flag({
    default: false,
    flag: '--zip',
    group: 'Input',
    doc: 'walk named variables side by side instead of as a product',
  }),
  first: integerOrNone({
    default: undefined,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    flag: '-n, --first <n>',
    group: 'Input',
    doc: 'send the first n requests of the input',
  }),

  // ── speed ─────────────────────────────────────────────────────────────────────────────────────────────────
  concurrency: integer({
    default: 50,
    min: 1,
    max: 65_535,
    flag: '-c, --concurrency <n>',
    group: 'Speed',
    doc: 'requests in flight at once, all hosts together',
  }),
  perHost: integerOrNone({
    default: undefined,
    min: 1,
    max: 65_535,
    flag: '--per-host <n>',
    group: 'Speed',
    doc: 'requests in flight at once to one origin (scheme, host and port); as many as --concurrency unless given',
  }),
  pipeline: integer({
    default: 1,
    min: 1,
    max: 1024,
    flag: '--pipeline <n>',
    group: 'Speed',
    doc: 'requests sent ahead on one connection without waiting (RFC 9112 section 9.3.2); 1 is off',
  }),
  lookAhead: integer({
    default: 10_000,
    min: 1,
    max: 10_000_000,
    flag: '--look-ahead <n>',
    group: 'Speed',
    doc: 'requests read ahead of the input to find work for hosts that are free',
  }),
  lookAheadBytesMax: bytes({
    default: 64 * 1024 * 1024,
    min: 1024,
    max: 64 * 1024 ** 3,
    flag: '--look-ahead-bytes <size>',
    group: 'Speed',
    doc: 'bodies of requests read ahead, all together',
  }),
  idleConnections: integer({
    default: 256,
    min: 0,
    max: 65_535,
    flag: '--idle-connections <n>',
    group: 'Speed',
    doc: 'unused connections kept open for reuse, all hosts together; the longest unused closes first',
  }),
  keepAliveMs: duration({
    default: 4_000,
    min: 0,
    max: DAY,
    flag: '--keepalive-time <duration>',
    group: 'Speed',
    doc: 'how long an unused connection is kept; a server that says less in Keep-Alive is believed, less one second',
  }),

  // ── timeouts ──────────────────────────────────────────────────────────────────────────────────────────────
  dnsTimeoutMs: duration({
    default: 5_000,
    min: 1,
    max: DAY,
    flag: '--dns-timeout <duration>',
    group: 'Timeouts',
    doc: 'for the lookup of a name',
  }),
  connectTimeoutMs: duration({
    default: 10_000,
    min: 1,
    max: DAY,
    flag: '--connect-timeout <duration>',
    group: 'Timeouts',
    doc: 'for the TCP handshake',
  }),
  tlsTimeoutMs: duration({
    default: 10_000,
    min: 1,
    max: DAY,
    flag: '--tls-timeout <duration>',
    group: 'Timeouts',
    doc: 'for the TLS handshake',
  }),
  firstByteTimeoutMs: duration({
    default: 30_000,
    min: 1,
    max: DAY,
    flag: '--first-byte-timeout <duration>',
    group: 'Timeouts',
    doc: 'from the request sent until the header section of its response is whole',
  }),
  idleTimeoutMs: duration({
    default: 30_000,
    min: 1,
    max: DAY,
    flag: '--idle-timeout <duration>',
    group: 'Timeouts',
    doc: 'longest silence while a body is under way, in either direction',
  }),
  timeoutMs: duration({
    default: 300_000,
    min: 1,
    max: 7 * DAY,
    flag: '-m, --max-time <duration>',
    group: 'Timeouts',
    doc: 'for a whole attempt, from its start to the last byte; waiting for a free slot is not counted',
  }),

  // ── TLS and addresses ─────────────────────────────────────────────────────────────────────────────────────
  insecure: flag({
    default: false,
    flag: '-k, --insecure',
    group: 'TLS and addresses',
    doc: 'accept any certificate',
  }),
  ca: custom<string | Uint8Array | undefined>(
    'a PEM text or its bytes',
    {
      default: undefined,
      group: 'TLS and addresses',
      doc: 'certificates to trust in place of the system’s own (PEM)',
    },
    (value) => value === undefined || typeof value === 'string' || value instanceof Uint8Array,
  ),
  cacert: text({
    default: undefined,
    flag: '--cacert <file>',
    scope: 'cli',
    group: 'TLS and addresses',
    doc: 'a file of certificates to trust in place of the system’s own (PEM)',
  }),
  dnsTtlMs: duration({
    default: 300_000,
    min: 0,
    max: DAY,
    flag: '--dns-ttl <duration>',
    group: 'TLS and addresses',
    doc: 'how long an address is used before its name is looked up again; at once after a failed connection',
  }),
  family: choice(['any', '4', '6'], {
    default: 'any',
    flag: '--ip <family>',
    group: 'TLS and addresses',
    doc: 'IP version to connect over',
  }),

  // ── limits ────────────────────────────────────────────────────────────────────────────────────────────────
  headerBytesMax: bytes({
    default: 64 * 1024,
    min: 64,
    max: 16 * 1024 * 1024,
    flag: '--header-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'status line and header section of one response, interim responses (1xx) included',
  }),
  headerCountMax: integer({
    default: 200,
    min: 1,
    max: 100_000,
    flag: '--header-count-max <n>',
    group: 'Limits on responses',
    doc: 'header fields of one response',
  }),
  reasonBytesMax: bytes({
    default: 1024,
    min: 0,
    max: 64 * 1024,
    flag: '--reason-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'reason phrase of one response',
  }),
  interimMax: integer({
    default: 20,
    min: 0,
    max: 10_000,
    flag: '--interim-max <n>',
    group: 'Limits on responses',
    doc: 'interim responses (1xx) before a final one',
  }),
  bodyBytesMax: bytes({
    default: 64 * 1024 * 1024,
    min: 0,
    max: 2 * 1024 ** 3 - 1,
    flag: '--max-filesize <size>',
    group: 'Limits on responses',
    doc: 'body of one response; it is held in memory',
  }),
  chunkExtensionBytesMax: bytes({
    default: 4 * 1024,
    min: 0,
    max: 1024 * 1024,
    flag: '--chunk-extension-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'extensions of one chunk',
  }),
  chunkExtensionTotalBytesMax: bytes({
    default: 16 * 1024,
    min: 0,
    max: 16 * 1024 * 1024,
    flag: '--chunk-extension-total-max <size>',
    group: 'Limits on responses',
    doc: 'extensions of all chunks of one response',
  }),
  trailerBytesMax: bytes({
    default: 16 * 1024,
    min: 0,
    max: 1024 * 1024,
    flag: '--trailer-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'trailer section of one response',
  }),
  outcomesMax: integer({
    default: 1_000,
    min: 1,
    max: 10_000_000,
    group: 'Limits on responses',
    doc: 'outcomes that wait for a slow consumer before sending pauses',
  }),
  durationMs: durationOrNone({
    default: undefined,
    min: 1,
    max: 365 * DAY,
    flag: '--duration <duration>',
    group: 'Limits on the run',
    doc: 'stop sending after this long; requests in flight still finish, the exit code is 7',
  }),
  graceMs: duration({
    default: 5_000,
    min: 0,
    max: DAY,
    flag: '--grace <duration>',
    group: 'Limits on the run',
    doc: 'after Ctrl-C, how long requests in flight may take to finish',
  }),

  // ── output ────────────────────────────────────────────────────────────────────────────────────────────────
  output: text({
    default: undefined,
    flag: '-o, --output <file>',
    scope: 'cli',
    group: 'Output',
    doc: 'write records to a file (.jsonl or .csv), or to standard output with - or without it',
  }),
  outputFormat: choice(['auto', 'jsonl', 'csv'], {
    default: 'auto',
    flag: '--output-format <format>',
    scope: 'cli',
    group: 'Output',
    doc: 'form of the records; auto goes by the extension, else JSON Lines',
  }),
  recordBody: choice(['auto', 'text', 'json', 'base64', 'none', 'files'], {
    default: 'auto',
    flag: '--body <form>',
    scope: 'cli',
    group: 'Output',
    doc: 'bodies in records: auto is JSON where it is JSON, text where it is text, else base64; files writes each to a file beside the output',
  }),
  recordHeaders: flag({
    default: false,
    flag: '--include',
    scope: 'cli',
    group: 'Output',
    doc: 'response header fields in records',
  }),
  recordTimings: flag({
    default: false,
    flag: '--timings',
    scope: 'cli',
    group: 'Output',
    doc: 'time spent by phase in records',
  }),
  summary: text({
    default: undefined,
    flag: '--summary <file>',
    scope: 'cli',
    group: 'Output',
    doc: 'write one JSON object about the whole run to a file at the end',
  }),
  failIf: list({
    default: [],
    flag: '--fail-if <condition>',
    scope: 'cli',
    group: 'Output',
    doc: "exit with 99 if it holds at the end, such as 'p95>500ms', 'failures>0' or 'rps<1000'; repeatable",
  }),
  checkStatus: flag({
    default: false,
    flag: '--check-status',
    scope: 'cli',
    group: 'Output',
    doc: 'exit with 4 if a request failed or was answered with a status of 400 or more',
  }),
  quiet: flag({
    default: false,
    flag: '-q, --quiet',
    scope: 'cli',
    group: 'Output',
    doc: 'no progress and no summary',
  }),
  verbose: flag({
    default: false,
    flag: '-v, --verbose',
    scope: 'cli',
    group: 'Output',
    doc: 'a line on standard error for each failure',
  }),
  dryRun: flag({
    default: false,
    flag: '--dry-run',
    scope: 'cli',
    group: 'Output',
    doc: 'show the plan and send nothing',
  }),
  config: text({
    default: undefined,
    flag: '--config <file>',
    scope: 'cli',
    group: 'Output',
    doc: 'a JSON file of options, in place of flurry.config.json in this folder',
  }),
  printConfig: flag({
    default: false,
    flag: '--print-config',
    scope: 'cli',
    group: 'Output',
    doc: 'print every option with its value and where it came from, and send nothing',
  }),
} as const;

export type OptionTable = typeof OPTIONS;
export type OptionName = keyof OptionTable;
type ValueOf<R> = R extends OptionRow<infer T> ? T : never;
type RunOptionName = Exclude<OptionName, CliOnly>;
/** What only the command line has; held against the table's scopes by a test. */
export type CliOnly =
  | 'header'
  | 'data'
  | 'json'
  | 'input'
  | 'var'
  | 'inputFormat'
  | 'inputLineBytesMax'
  | 'cacert'
  | 'output'
  | 'outputFormat'
  | 'recordBody'
  | 'recordHeaders'
  | 'recordTimings'
  | 'summary'
  | 'failIf'
  | 'checkStatus'
  | 'quiet'
  | 'verbose'
  | 'dryRun'
  | 'config'
  | 'printConfig';

/** Every option with its value: inside, nothing is optional. */
export type Settings = { readonly [K in OptionName]: ValueOf<OptionTable[K]> };
/** What a caller may pass: durations and sizes also as text with a unit. */
export type RunOptions = {
  readonly [K in RunOptionName]?:
    | (number extends ValueOf<OptionTable[K]> ? string : never)
    | ValueOf<OptionTable[K]>;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** Checks and fills in; throws OptionError for an unknown name or a value out of range. Never changes its input. */
export function resolveOptions(given: object, scope: Scope = 'run'): Settings {
  const settings: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) settings[name] = OPTIONS[name].default;
  for (const [name, value] of Object.entries(given)) {
    const row = Object.hasOwn(OPTIONS, name) ? (OPTIONS[name as OptionName] as OptionRow) : undefined;
    if (row === undefined || (row.scope === 'cli' && scope === 'run')) throw unknownOption(name, scope);
    if (value !== undefined) settings[name] = row.read(name, value);
  }
  return settings as Settings;
}

function unknownOption(name: string, scope: Scope): OptionError {
  const names = OPTION_NAMES.filter((n) => scope === 'cli' || OPTIONS[n].scope === 'run');
  const near = nearest(name, names);
  return new OptionError(
    name,
    `unknown option ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}
