// The command line's words: commands, flags out of the table, help that starts with examples. Does no work itself.

import { Command, CommanderError, Option } from 'commander';
import { type OptionRow, showBytes, showMs } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS, type OptionName } from '../model/options.ts';
import { count } from '../model/text.ts';
import { longFlag } from './layers.ts';

export type Flags = Partial<Record<OptionName, unknown>>;

export interface Commands {
  run(urls: string[], flags: Flags): Promise<void>;
  serve(flags: { port: string; host: string; seed: string }): Promise<void>;
  completion(shell: string): void;
}

const EXAMPLES = `Examples:
  $ flurry 'http://localhost:8080/todos/[1-4000]' -o out.jsonl       4,000 URLs, one record each
  $ flurry 'https://example.com/{a,b}/[001-100]' -c 20               sets and ranges as in curl
  $ flurry 'https://example.com/[a-z0-9]{4}' --dry-run               what would be sent: all 36⁴
  $ flurry 'https://example.com/u/{name}' --var name=@names.txt      a word list
  $ cat urls.txt | flurry -c 60 | jq .status | sort | uniq -c        a list of URLs, records piped on
  $ flurry -i requests.jsonl -o out.csv --summary run.json           methods, headers, bodies per request
  $ flurry serve                                                     a server to try it on
`;

const AFTER = `
Durations take ms, s, m or h (plain numbers are seconds), sizes k, M or G (of 1024).
Every option can be set as FLURRY_<NAME> or in flurry.config.json; --print-config shows the names.

Exit codes: 0 done (HTTP error statuses are data), 1 unexpected, 2 usage, 3 output cannot be written,
4 failures with --check-status, 7 stopped by --duration, 99 a --fail-if holds, 130/143 interrupted.
`;

/** Throws CommanderError where the words do not fit; help and version come as such too, with exit code 0. */
export function buildProgram(version: string, commands: Commands): Command {
  const program = new Command('flurry')
    .description('Sends very many HTTP requests and hands back exactly one record for each.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .enablePositionalOptions()
    .exitOverride()
    // What is wrong is told once, by main.
    .configureOutput({ writeErr: () => {} });
  const run = program
    .command('run', { isDefault: true })
    .description('send the requests of URLs, templates, a file or standard input')
    .argument('[urls...]', 'URLs and URL templates')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action((urls: string[], flags: Record<string, unknown>) => commands.run(urls, byName(run, flags)));
  addOptions(run);
  program
    .command('serve')
    .description('start the embedded target: a server for demos and tests')
    .option('-p, --port <n>', 'port to listen on; 0 takes a free one', '8080')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--seed <n>', 'what looks random follows from it', '1')
    .action((flags: { port: string; host: string; seed: string }) => commands.serve(flags));
  program
    .command('completion')
    .description('print the completion script of a shell: bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) => commands.completion(shell));
  // `flurry --help` is asked of the program; what people want to see is the help of run.
  program.helpInformation = () => `${run.helpInformation()}${otherCommands(program)}`;
  program.addHelpText('before', EXAMPLES).addHelpText('after', AFTER);
  return program;
}

function addOptions(command: Command): void {
  for (const name of OPTION_NAMES) {
    const row: OptionRow = OPTIONS[name];
    if (row.flag === undefined) continue;
    const option = new Option(row.flag, `${row.doc}${defaultText(row)}`).helpGroup(`${row.group}:`);
    if (row.kind === 'list') option.argParser((text: string, before: string[] = []) => [...before, text]);
    command.addOption(option);
  }
}

function defaultText(row: OptionRow): string {
  const value = row.default;
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return '';
  return ` (default: ${shownDefault(row, value)})`;
}

function shownDefault(row: OptionRow, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (row.kind === 'duration') return showMs(value);
  return row.kind === 'bytes' ? showBytes(value) : count(value);
}

/** Commander names values by their long flag; the table names them by option. Values are checked here, by the row. */
function byName(command: Command, flags: Record<string, unknown>): Flags {
  const named: Flags = {};
  for (const name of OPTION_NAMES) {
    const row: OptionRow = OPTIONS[name];
    if (row.flag === undefined) continue;
    const option = command.options.find((o) => o.long === longFlag(name));
    const value = option === undefined ? undefined : flags[option.attributeName()];
    if (value !== undefined) named[name] = row.read(longFlag(name), value);
  }
  return named;
}

function otherCommands(program: Command): string {
  const others = program.commands.filter((c) => c.name() !== 'run');
  const lines = others.map((c) => `  flurry ${c.name().padEnd(12)} ${c.description()}`);
  return `\nOther commands:\n${lines.join('\n')}\n`;
}

export { CommanderError };
