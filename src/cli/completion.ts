// Completion scripts for shells, out of the table of options.

import type { OptionRow } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS } from '../model/options.ts';
import { usage } from './exit-codes.ts';

interface Completed {
  readonly short: string | undefined;
  readonly long: string;
  readonly takes: boolean;
  readonly values: readonly string[];
  readonly doc: string;
}

const COMMANDS = ['run', 'serve', 'completion'];

export function completionScript(shell: string): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      return zsh();
    case 'fish':
      return fish();
    default:
      throw usage(`there is completion for bash, zsh and fish, not ${JSON.stringify(shell)}`);
  }
}

function completed(): Completed[] {
  return OPTION_NAMES.flatMap((name) => {
    const row: OptionRow = OPTIONS[name];
    if (row.flag === undefined) return [];
    const values = row.kind === 'choice' ? row.expects.replace('one of ', '').split(', ') : [];
    const long = /--[a-z-]+/.exec(row.flag)![0];
    return [
      { short: /^-(\w),/.exec(row.flag)?.[1], long, takes: row.flag.includes('<'), values, doc: row.doc },
    ];
  });
}

function bash(): string {
  const options = completed();
  const cases = options
    .filter((o) => o.values.length > 0)
    .map((o) => `    ${o.long}) COMPREPLY=($(compgen -W "${o.values.join(' ')}" -- "$word")); return ;;`);
  return `# flurry completion bash >> ~/.bashrc
_flurry() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  case "$before" in
${cases.join('\n')}
  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "${options.map((o) => o.long).join(' ')} --help --version" -- "$word"))
  elif [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -f -W "${COMMANDS.join(' ')}" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _flurry flurry
`;
}

function zsh(): string {
  const lines = completed().map((o) => {
    const doc = o.doc.replace(/[[\]:']/g, (c) => (c === "'" ? "'\\''" : `\\${c}`));
    const takes = o.values.length > 0 ? `:value:(${o.values.join(' ')})` : o.takes ? ':value:_files' : '';
    const names = o.short === undefined ? `'${o.long}` : `{-${o.short},${o.long}}'`;
    return `  ${names}[${doc}]${takes}'`;
  });
  return `#compdef flurry
# flurry completion zsh > "\${fpath[1]}/_flurry"
_arguments -s \\
${lines.join(' \\\n')} \\
  '*:url or file:_files'
`;
}

function fish(): string {
  const lines = completed().map((o) => {
    const short = o.short === undefined ? '' : ` -s ${o.short}`;
    const takes = o.takes ? ' -r' : '';
    const values = o.values.length > 0 ? ` -x -a '${o.values.join(' ')}'` : '';
    return `complete -c flurry${short} -l ${o.long.slice(2)}${takes}${values} -d '${o.doc.replace(/['\\]/g, '\\$&')}'`;
  });
  const commands = COMMANDS.map((c) => `complete -c flurry -n __fish_use_subcommand -a ${c}`);
  return `# flurry completion fish > ~/.config/fish/completions/flurry.fish\n${[...commands, ...lines].join('\n')}\n`;
}
