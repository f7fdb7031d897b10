// `flurry completion <shell>`: scripts that let a shell finish what is typed, out of the table of options.

import { GROUPINGS } from '../metrics/record-report.ts';
import type { OptionRow } from '../model/option-kinds.ts';
import { readWords } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, usage } from './exit-codes.ts';
import { REPORT_SWITCHES } from './report-flags.ts';
import { ONLY_SWITCH } from './retry-flags.ts';
import { RUN_SWITCHES, type RunSwitch } from './run-flags.ts';
import { SERVE_SWITCHES } from './serve-flags.ts';
import type { Surroundings } from './surroundings.ts';
import { TUNE_RUN_SWITCHES, TUNE_SWITCHES } from './tune-flags.ts';

/** What else takes the options of a run. */
const WITH_RUN_OPTIONS: readonly string[] = ['run', 'curl', 'resume', 'retry'];
const SHELLS = ['bash', 'zsh', 'fish'] as const;

export async function completionCommand(argv: readonly string[], { stdout }: Surroundings): Promise<number> {
  const { plain, asks } = readWords(argv, [], 'completion');
  if (asks !== undefined) {
    const { helpText } = await import('./help.ts');
    stdout.write(helpText('completion', stdout.columns));
    return EXIT.done;
  }
  if (plain.length !== 1) throw usage('completion takes one shell: flurry completion bash, zsh or fish');
  stdout.write(completionScript(plain[0]!));
  return EXIT.done;
}

export function completionScript(shell: string): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
    default:
      throw usage(`there is completion for bash, zsh and fish, not for ${JSON.stringify(shell)}`);
  }
}

interface Completed {
  readonly short: string | undefined;
  readonly long: string;
  readonly takes: boolean;
  /** Its value is a path. */
  readonly file: boolean;
  readonly values: readonly string[];
  readonly doc: string;
}

const HELP: Completed = {
  short: 'h',
  long: '--help',
  takes: false,
  file: false,
  values: [],
  doc: 'print the help',
};
const DOCTOR: readonly Completed[] = [
  { ...HELP, short: undefined, long: '--json', doc: 'print one JSON object' },
  HELP,
];
const VERSION: Completed = { ...HELP, short: 'V', long: '--version', doc: 'print the version' };

function runOptions(): Completed[] {
  return [...RUN_SWITCHES.map(completed), HELP, VERSION];
}

function completed(option: Pick<RunSwitch, 'row' | 'flag' | 'long' | 'short' | 'stands'>): Completed {
  const { row, flag, long, short, stands } = option;
  if (stands !== undefined) {
    return { short, long, takes: false, file: false, values: [], doc: `${row.flag} is ${stands}` };
  }
  const takes = row.kind !== 'flag';
  return { short, long, takes, file: /<file/.test(flag), values: choicesOf(row), doc: row.doc };
}

function choicesOf(row: OptionRow): string[] {
  return row.kind === 'choice' ? row.expects.replace('one of ', '').split(', ') : [];
}

function serveOptions(): Completed[] {
  const options = SERVE_SWITCHES.map(({ long, short, doc }) => ({
    ...{ short, long, doc, takes: true, file: false, values: [] },
  }));
  return [...options, HELP];
}

function reportOptions(): Completed[] {
  const options = REPORT_SWITCHES.map(({ long, expects, doc }) => {
    const values = long === '--by' ? GROUPINGS : [];
    return { short: undefined, long, doc, takes: expects !== undefined, file: false, values };
  });
  return [...options, HELP];
}

/** Beside those of a run. */
function retryOptions(): Completed[] {
  const { long, doc } = ONLY_SWITCH;
  return [{ short: undefined, long, doc, takes: true, file: false, values: [] }];
}

function tuneOptions(): Completed[] {
  return [...TUNE_SWITCHES.map(completed), ...TUNE_RUN_SWITCHES.map(completed), HELP];
}

function words(options: readonly Completed[]): string {
  return options.map(({ long }) => long).join(' ');
}

function bash(): string {
  const cases = runOptions().flatMap(({ short, long, values, file }) => {
    const names = short === undefined ? long : `-${short}|${long}`;
    if (values.length > 0)
      return [`    ${names}) COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$word")); return ;;`];
    return file ? [`    ${names}) COMPREPLY=($(compgen -f -- "$word")); return ;;`] : [];
  });
  return `# flurry completion bash >> ~/.bashrc
_flurry() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  case "$before" in
${cases.join('\n')}
  esac
  if [[ $COMP_CWORD -eq 1 && "$word" != -* ]]; then
    COMPREPLY=($(compgen -f -W "${COMMANDS.join(' ')}" -- "$word"))
    return
  fi
  case "$command" in
    serve) COMPREPLY=($(compgen -W "${words(serveOptions())}" -- "$word")) ;;
    tune) COMPREPLY=($(compgen -W "${words(tuneOptions())}" -- "$word")) ;;
    doctor) COMPREPLY=($(compgen -W "${words(DOCTOR)}" -- "$word")) ;;
    report)
      if [[ "$word" == -* ]]; then
        COMPREPLY=($(compgen -W "${words(reportOptions())}" -- "$word"))
      else
        COMPREPLY=($(compgen -f -- "$word"))
      fi ;;
    completion) COMPREPLY=($(compgen -W "${SHELLS.join(' ')}" -- "$word")) ;;
    help) COMPREPLY=($(compgen -W "${COMMANDS.join(' ')}" -- "$word")) ;;
    *)
      if [[ "$word" == -* ]]; then
        COMPREPLY=($(compgen -W "${words(runOptions())}" -- "$word"))
        if [[ "$command" == retry ]]; then COMPREPLY+=($(compgen -W "${words(retryOptions())}" -- "$word")); fi
      else
        COMPREPLY=($(compgen -f -- "$word"))
      fi ;;
  esac
}
complete -o filenames -F _flurry flurry
`;
}

function zsh(): string {
  const spec = ({ short, long, takes, file, values, doc }: Completed): string => {
    const text = doc.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
    const value =
      values.length > 0 ? `:value:(${values.join(' ')})` : takes ? `:value:${file ? '_files' : ''}` : '';
    const names = short === undefined ? `'${long}` : `{-${short},${long}}'`;
    return `    '*'${names}[${text}]${value}'`;
  };
  const specs = (options: readonly Completed[]) => options.map(spec).join(' \\\n');
  return `#compdef flurry
# flurry completion zsh > "\${fpath[1]}/_flurry"
_flurry() {
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    compadd ${COMMANDS.join(' ')}
    _files
    return
  fi
  case $words[2] in
  serve)
    shift words
    (( CURRENT-- ))
    _arguments -s \\
${specs(serveOptions())}
    ;;
  tune)
    shift words
    (( CURRENT-- ))
    _arguments -s \\
${specs(tuneOptions())} \\
    '*:url:'
    ;;
  doctor)
    shift words
    (( CURRENT-- ))
    _arguments -s \\
${specs(DOCTOR)}
    ;;
  report)
    shift words
    (( CURRENT-- ))
    _arguments -s \\
${specs(reportOptions())} \\
    '*:file:_files'
    ;;
  retry)
    shift words
    (( CURRENT-- ))
    _arguments -s \\
${specs([...retryOptions(), ...runOptions()])} \\
    '*:file:_files'
    ;;
  completion) (( CURRENT == 3 )) && compadd ${SHELLS.join(' ')} ;;
  help) (( CURRENT == 3 )) && compadd ${COMMANDS.join(' ')} ;;
  *)
    _arguments -s \\
${specs(runOptions())} \\
    '*:url or file:_files'
    ;;
  esac
}
if [[ $funcstack[1] == _flurry ]]; then _flurry "$@"; else compdef _flurry flurry; fi
`;
}

function fish(): string {
  const line = (condition: string) => (option: Completed) => {
    const { short, long, takes, file, values, doc } = option;
    const letter = short === undefined ? '' : ` -s ${short}`;
    const value = values.length > 0 ? ` -x -a '${values.join(' ')}'` : takes ? (file ? ' -r -F' : ' -x') : '';
    const text = doc.replace(/['\\]/g, '\\$&');
    return `complete -c flurry -n '${condition}'${letter} -l ${long.slice(2)}${value} -d '${text}'`;
  };
  const others = COMMANDS.filter((command) => !WITH_RUN_OPTIONS.includes(command)).join(' ');
  const lines = [
    ...COMMANDS.map((command) => `complete -c flurry -n __fish_use_subcommand -a ${command}`),
    ...runOptions().map(line(`not __fish_seen_subcommand_from ${others}`)),
    ...serveOptions().map(line('__fish_seen_subcommand_from serve')),
    ...retryOptions().map(line('__fish_seen_subcommand_from retry')),
    ...reportOptions().map(line('__fish_seen_subcommand_from report')),
    ...DOCTOR.map(line('__fish_seen_subcommand_from doctor')),
    ...tuneOptions().map(line('__fish_seen_subcommand_from tune')),
    `complete -c flurry -n '__fish_seen_subcommand_from completion' -x -a '${SHELLS.join(' ')}'`,
    `complete -c flurry -n '__fish_seen_subcommand_from help' -x -a '${COMMANDS.join(' ')}'`,
  ];
  return `# flurry completion fish > ~/.config/fish/completions/flurry.fish\n${lines.join('\n')}\n`;
}
