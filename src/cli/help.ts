// --help: examples first, then what can be typed, aligned and at most a hundred columns wide. Options and what they do
// come from the table.

import { type OptionRow, showBytes, showMs } from '../model/option-kinds.ts';
import type { OptionName } from '../model/options.ts';
import { count } from '../model/text.ts';
import type { CommandName } from './commands.ts';
import { REPORT_SWITCHES } from './report-flags.ts';
import { ONLY_SWITCH } from './retry-flags.ts';
import { RUN_SWITCHES, type RunSwitch } from './run-flags.ts';
import { SERVE_SWITCHES } from './serve-flags.ts';
import { TUNE_RUN_SWITCHES, TUNE_SWITCHES } from './tune-flags.ts';

const COLUMNS_MAX = 100;
const COLUMNS_MIN = 60;
/** One margin for all groups: what is longer stands on a line of its own. */
const TERM_WIDTH = 30;
const SHORT_TERM_WIDTH = 26;
const INDENT = '  ';

const EXAMPLES: readonly (readonly [command: string, what: string])[] = [
  ["flurry 'http://localhost:8080/todos/[1-4000]' -o out.jsonl", '4,000 URLs, a record each'],
  ["flurry 'https://example.com/{a,b}/[001-100]' -c 20", 'sets and ranges as in curl'],
  ["flurry 'https://example.com/[a-z0-9]{4}' --dry-run", 'all 36⁴: what would be sent'],
  ["flurry 'https://example.com/u/{name}' --var name=@names.txt", 'a word list'],
  ['cat urls.txt | flurry | jq .status | sort | uniq -c', 'URLs in, records out'],
  ['flurry -i requests.jsonl -o out.csv --summary run.json', 'a method, header, body each'],
  ['flurry serve', 'a server to try it on'],
];

/** What `flurry --help` shows of all the options. */
const EVERYDAY: readonly OptionName[] = [
  ...(['method', 'header', 'data', 'json', 'input', 'var', 'first'] as const),
  ...(['concurrency', 'perHost', 'timeoutMs', 'insecure', 'durationMs'] as const),
  ...(['output', 'recordBody', 'summary', 'failIf', 'checkStatus', 'quiet', 'verbose', 'dryRun'] as const),
];

const EXIT_CODES =
  'Exit codes: 0 done (HTTP error statuses are data), 1 unexpected, 2 usage, 3 output cannot be written, ' +
  '4 failures with --check-status, 7 stopped by --duration, --fail-early or --max-failures, ' +
  '99 a --fail-if holds, 130 or 143 interrupted.';

const NOTES = [
  'Durations take ms, s, m or h (a plain number is seconds), sizes k, M or G (of 1024).',
  'An option that is not given comes from its variable, such as FLURRY_MAX_TIME, else from flurry.config.json in this folder, else from ~/.config/flurry/config.json; flurry --print-config shows what came from where. What one of these has switched on goes off with --insecure=false.',
];

/** `columns`: of the terminal it is shown on, where there is one. */
export function helpText(command: CommandName | undefined, columns: number | undefined): string {
  const width = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, columns ?? COLUMNS_MAX));
  switch (command) {
    case 'run':
      return runHelp(width);
    case 'resume':
      return resumeHelp(width);
    case 'retry':
      return retryHelp(width);
    case 'report':
      return reportHelp(width);
    case 'curl':
      return curlHelp(width);
    case 'tune':
      return tuneHelp(width);
    case 'serve':
      return serveHelp(width);
    case 'doctor':
      return doctorHelp(width);
    case 'completion':
      return completionHelp(width);
    case 'help':
    case undefined:
      return mainHelp(width);
    default:
      return command satisfies never;
  }
}

function mainHelp(width: number): string {
  const everyday = RUN_SWITCHES.filter(({ name }) => EVERYDAY.includes(name)).map(optionEntry);
  return [
    section('Examples', exampleLines()),
    section(
      'Usage',
      ['flurry [run] [options] <url | template>...', '... | flurry [run] [options]'].map(indented),
    ),
    section('Options (flurry run --help shows all of them)', entryLines(everyday, SHORT_TERM_WIDTH, width)),
    section('Commands', entryLines(COMMAND_ENTRIES, SHORT_TERM_WIDTH, width)),
    paragraph(EXIT_CODES, width),
  ].join('\n');
}

const COMMAND_ENTRIES: readonly Entry[] = [
  ['flurry [run]', 'send requests; what is meant when no command is named'],
  ['flurry resume <file>', 'go on with the run that left this file'],
  ['flurry retry <file>', 'send again what failed, and put the new records in place of the old ones'],
  ['flurry report <file>', 'tell what the records in files come to'],
  ['flurry curl <command>', 'run a pasted curl command, in bulk where its URL is a template'],
  ['flurry tune <url>', 'find out how many requests in flight serve a target best'],
  ['flurry serve', 'start the embedded target: a server for demos and tests'],
  ['flurry doctor', 'tell what this machine allows, with advice'],
  ['flurry completion <shell>', 'print the completion script for bash, zsh or fish'],
  ['flurry help [command]', 'this help, or that of a command; also --help'],
  ['flurry --version', 'the version'],
];

const HELP_ENTRIES: readonly Entry[] = [
  ['-h, --help', 'print this help'],
  ['-V, --version', 'print the version'],
];

function runHelp(width: number): string {
  const groups = [...new Set(RUN_SWITCHES.map(({ row }) => row.group))];
  const sections = groups.map((group) => {
    const entries = RUN_SWITCHES.filter(({ row }) => row.group === group).map(optionEntry);
    return section(group, entryLines(entries, TERM_WIDTH, width));
  });
  const usage = [
    ['flurry [run] [options] <url | template>...', 'as many as you like'],
    ['flurry [run] [options] -i <file>', 'URLs, JSON Lines, CSV or HAR'],
    ["flurry [run] [options] -i <file.csv> 'http://host/{column}'", 'a template filled in by its rows'],
    ['... | flurry [run] [options]', 'the same from standard input'],
  ] as const;
  const usageWidth = Math.max(...usage.map(([words]) => words.length));
  const usageLines = usage.map(([words, what]) => indented(`${words.padEnd(usageWidth)}${INDENT}${what}`));
  return [
    section('Examples', exampleLines()),
    section('Usage', usageLines),
    ...sections,
    section('Help', entryLines(HELP_ENTRIES, TERM_WIDTH, width)),
    ...[...NOTES, EXIT_CODES].map((text) => paragraph(text, width)),
  ].join('\n');
}

function curlHelp(width: number): string {
  const examples = [
    ["flurry curl -c 20 -o out.jsonl -- curl 'https://example.com/[1-100]' -H 'A: b'", 'pasted'],
    ['flurry curl "curl https://example.com/[1-100] -H \'A: b\'" -c 20 -o out.jsonl', 'as one word'],
    ['flurry curl - -o out.jsonl < commands.txt', 'from a file, or typed: end with Ctrl-D'],
    ["flurry 'https://example.com/[1-3]' -H 'A: b' --curl", 'the other way round'],
  ] as const;
  return [
    section(
      'Examples',
      examples.flatMap(([command, what]) => [`# ${what}`, command].map(indented)),
    ),
    section(
      'Usage',
      [
        'flurry curl [options] -- curl <url> [flags of curl]',
        "flurry curl '<command>' [options]",
        'flurry curl - [options]',
      ].map(indented),
    ),
    ...CURL_NOTES.map((text) => paragraph(text, width)),
  ].join('\n');
}

const CURL_NOTES = [
  'Takes what browsers copy as cURL (bash or cmd), one command or all of a page; --next and several commands make several requests. Behind -- all words are flags of curl, elsewhere they are options of flurry (flurry run --help), which win over those of the command; -H and what else is repeatable adds up.',
  'A command is read, never run: variables and substitutions are refused, pipes and redirections of its output are left out. A flag of curl that means nothing here is left out with a word about it, and one that would change what is sent is refused.',
];

function tuneHelp(width: number): string {
  const examples = [
    "flurry tune 'http://localhost:8080/capacity?n=60&ms=20' --plot knee.png",
    "flurry tune 'https://example.com/items/[1-1000]' --requests 5000 --max-concurrency 64",
    "flurry tune 'https://example.com/' --format json --save",
  ];
  return [
    section('Examples', examples.map(indented)),
    ...TUNE_NOTES.map((text) => paragraph(text, width)),
    section('Options', entryLines(TUNE_SWITCHES.map(optionEntry), TERM_WIDTH, width)),
    section(
      'Options of flurry run that mean the same here (flurry run --help explains them)',
      wrapped(TUNE_RUN_SWITCHES.map(({ long }) => long).join(' '), width - INDENT.length).map(indented),
    ),
  ].join('\n');
}

const TUNE_NOTES = [
  'Measures goodput, latency and errors at several numbers of requests in flight, in a random order and several times each, and tells which to take. Goodput is responses per second with a status below 500 other than 429.',
  'It looks at each size once, going up, and stops where the target refuses or clearly slows down; then come the trials. No more than --requests are sent in all. Ctrl-C shows what there is by then.',
];

function serveHelp(width: number): string {
  const entries = SERVE_SWITCHES.map(({ flag, doc }): Entry => [aligned(flag), doc]);
  return [
    section('Examples', ['flurry serve', 'flurry serve --port 0 --seed 7'].map(indented)),
    paragraph(
      'Starts the embedded target, a server for demos and tests, until Ctrl-C. Its front page describes its routes. Standard output gets one line, its URL.',
      width,
    ),
    section('Options', entryLines(entries, SHORT_TERM_WIDTH, width)),
  ].join('\n');
}

function resumeHelp(width: number): string {
  return [
    section('Usage', [indented('flurry resume <file> [options]')]),
    section('Examples', [
      indented('flurry resume out.jsonl'),
      indented("flurry resume out.jsonl -H 'Authorization: …' -c 20"),
    ]),
    paragraph(
      'Goes on with the run that left the file, where it was cut off: what was typed for it is in the journal beside it, FILE.journal. Running the same command again does the same. Options that are given now come behind those; what may be a secret is not kept and has to be given again. Nothing is left to do where the file is complete.',
      width,
    ),
  ].join('\n');
}

function retryHelp(width: number): string {
  const { flag, doc } = ONLY_SWITCH;
  const entries: Entry[] = [
    [aligned(flag), doc],
    [aligned('--dry-run'), 'tell how many that would be, send nothing and change nothing'],
  ];
  return [
    section('Usage', [indented('flurry retry <file> --only <list> [options]')]),
    section('Examples', [
      indented('flurry retry out.jsonl --only timeout,connect,5xx,429'),
      indented('flurry retry out.jsonl --only failed -c 10 --max-time 60s'),
    ]),
    paragraph(
      'Sends the requests of these records again, also those of a POST. Their records are taken out of the file, which must be JSON Lines, and the new ones are written behind the others. What was typed for the run is in the journal beside the file; options that are given now come behind that. A crash on the way loses nothing: flurry resume goes on.',
      width,
    ),
    section('Options, beside those of flurry run', entryLines(entries, SHORT_TERM_WIDTH, width)),
  ].join('\n');
}

function reportHelp(width: number): string {
  const entries = REPORT_SWITCHES.map(({ flag, doc }): Entry => [aligned(flag), doc]);
  return [
    section('Usage', [indented('flurry report <file>... [options]')]),
    section('Examples', [
      indented('flurry report out.jsonl'),
      indented('flurry report part-*.jsonl.gz --by host,error --top 30'),
      indented('flurry report out.csv --json | jq .latencyMs'),
    ]),
    paragraph(
      'Counts records by status, error, host and method, with percentiles of the time that whole responses took, and proposes what to type next. Takes JSON Lines and CSV as flurry writes them, also packed with gzip or zstd; - is standard input. Each file is read once, in bounded memory.',
      width,
    ),
    section('Options', entryLines(entries, SHORT_TERM_WIDTH, width)),
  ].join('\n');
}

function doctorHelp(width: number): string {
  return [
    section('Examples', ['flurry doctor', 'flurry doctor --json'].map(indented)),
    paragraph(
      'Tells what this machine and its surroundings allow: descriptors, local ports, memory, name servers, proxies, config files; with advice. Sends nothing. Exit code 0, or 2 where a config file, a variable or a proxy would stop every run.',
      width,
    ),
    section('Options', entryLines(DOCTOR_ENTRIES, SHORT_TERM_WIDTH, width)),
  ].join('\n');
}

const DOCTOR_ENTRIES: readonly Entry[] = [[aligned('--json'), 'print one JSON object']];

function completionHelp(width: number): string {
  const entries: Entry[] = [
    ['bash', 'flurry completion bash >> ~/.bashrc'],
    ['zsh', 'flurry completion zsh > "${fpath[1]}/_flurry"'],
    ['fish', 'flurry completion fish > ~/.config/fish/completions/flurry.fish'],
  ];
  return section(
    'Print the completion script of a shell, and put it where the shell finds it',
    entryLines(entries, 'bash'.length, width),
  );
}

function section(title: string, lines: readonly string[]): string {
  return `${title}:\n${lines.join('\n')}\n`;
}

function paragraph(text: string, width: number): string {
  return `${wrapped(text, width).join('\n')}\n`;
}

function indented(line: string): string {
  return INDENT + line;
}

function exampleLines(): string[] {
  const widest = Math.max(...EXAMPLES.map(([command]) => command.length));
  return EXAMPLES.map(([command, what]) => indented(`${command.padEnd(widest)}${INDENT}${what}`));
}

type Entry = readonly [term: string, text: string];

function optionEntry({ flag, row, stands }: Pick<RunSwitch, 'flag' | 'row' | 'stands'>): Entry {
  if (stands !== undefined) return [aligned(flag), `the same as ${meant(row, stands)}`];
  const notes = [...choices(row), ...defaults(row)].join('; ');
  return [aligned(flag), notes === '' ? row.doc : `${row.doc} (${notes})`];
}

/** `--http-version 2`. */
function meant({ flag }: OptionRow, stands: string): string {
  return `${/--[a-z0-9-]+/.exec(flag!)![0]} ${stands}`;
}

/** Long names stand under each other, whether there is a letter before them or not. */
function aligned(flag: string): string {
  return flag.startsWith('--') ? `    ${flag}` : flag;
}

/** Where the sentence does not name them all. */
function choices(row: OptionRow): string[] {
  if (row.kind !== 'choice') return [];
  const names = row.expects.replace('one of ', '').split(', ');
  return names.every((name) => row.doc.includes(name)) ? [] : [row.expects];
}

function defaults(row: OptionRow): string[] {
  const value = row.default;
  if (value === undefined || value === false || Array.isArray(value)) return [];
  if (typeof value !== 'number') return [`default: ${value}`];
  if (row.kind === 'duration') return [`default: ${showMs(value)}`];
  return [`default: ${row.kind === 'bytes' ? showBytes(value) : count(value)}`];
}

function entryLines(entries: readonly Entry[], termWidth: number, width: number): string[] {
  const margin = INDENT.length + termWidth + INDENT.length;
  return entries.flatMap(([term, text]) => {
    const [first, ...rest] = wrapped(text, width - margin);
    const under = rest.map((line) => ' '.repeat(margin) + line);
    if (term.length > termWidth) return [indented(term), ' '.repeat(margin) + first, ...under];
    return [indented(`${term.padEnd(termWidth)}${INDENT}${first}`), ...under];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
