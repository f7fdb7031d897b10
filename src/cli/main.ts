// From the words of a command line to an exit code. Loads no more than the command needs: most of the time before the
// first request is the loading of modules.

import { isCommand } from './commands.ts';
import { EXIT, usage } from './exit-codes.ts';
import { readRunWords } from './run-flags.ts';
import type { Surroundings } from './surroundings.ts';

export async function main(argv: readonly string[], around: Surroundings): Promise<number> {
  try {
    return await dispatch(argv, around);
  } catch (error) {
    const { report } = await import('./report.ts');
    return report(error, around);
  }
}

async function dispatch(argv: readonly string[], around: Surroundings): Promise<number> {
  const [first, ...rest] = argv;
  const command = isCommand(first) ? first : undefined;
  switch (command) {
    case 'curl': {
      const { curlCommand } = await import('./curl/curl-command.ts');
      return curlCommand(rest, around);
    }
    case 'resume': {
      const { resumeCommand } = await import('./resume-command.ts');
      return resumeCommand(rest, around);
    }
    case 'retry': {
      const { retryCommand } = await import('./retry-command.ts');
      return retryCommand(rest, around);
    }
    case 'report': {
      const { reportCommand } = await import('./report-command.ts');
      return reportCommand(rest, around);
    }
    case 'tune': {
      const { tuneCommand } = await import('./tune-command.ts');
      return tuneCommand(rest, around);
    }
    case 'serve': {
      const { serveCommand } = await import('./serve-command.ts');
      return serveCommand(rest, around);
    }
    case 'doctor': {
      const { doctorCommand } = await import('./doctor-command.ts');
      return doctorCommand(rest, around);
    }
    case 'completion': {
      const { completionCommand } = await import('./completion.ts');
      return completionCommand(rest, around);
    }
    case 'help':
      return help(rest[0], around);
    case 'run':
    case undefined:
      return run(command === undefined ? argv : rest, command, around);
    default:
      return command satisfies never;
  }
}

async function run(
  argv: readonly string[],
  command: 'run' | undefined,
  around: Surroundings,
): Promise<number> {
  const words = readRunWords(argv);
  switch (words.asks) {
    case 'help':
      return help(command, around);
    case 'version': {
      const { version } = await import('./version.ts');
      around.stdout.write(`${version()}\n`);
      return EXIT.done;
    }
    case undefined: {
      const { runCommand } = await import('./run-command.ts');
      return runCommand(words, around);
    }
    default:
      return words.asks satisfies never;
  }
}

async function help(command: string | undefined, around: Surroundings): Promise<number> {
  if (command !== undefined && !isCommand(command)) {
    throw usage(`there is no command ${command} to help with; flurry help shows what there is`);
  }
  const { helpText } = await import('./help.ts');
  around.stdout.write(helpText(command, around.stdout.columns));
  return EXIT.done;
}
