// `flurry resume FILE [options]`: what was typed for the run that left FILE, once more, with what is typed now behind it.

import { resolve } from 'node:path';
import { journalPath } from '../engine/journal-path.ts';
import { Journal, type JournalState } from '../journal/journal.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { EXIT, usage } from './exit-codes.ts';
import { readRunWords } from './run-flags.ts';
import type { Surroundings } from './surroundings.ts';
import { commandAgain } from './typed-command.ts';

export async function resumeCommand(argv: readonly string[], around: Surroundings): Promise<number> {
  const asked = readRunWords(argv);
  if (asked.asks === 'help') {
    const { helpText } = await import('./help.ts');
    around.stdout.write(helpText('resume', around.stdout.columns));
    return EXIT.done;
  }
  const [output, ...others] = asked.urls;
  if (output === undefined || others.length > 0) {
    throw usage('flurry resume takes the one file that a run has left, such as: flurry resume out.jsonl');
  }
  const found = await journalOf(output, 'resume');
  const { runCommand } = await import('./run-command.ts');
  const given = argv.filter((word) => word !== output);
  return runCommand(commandAgain(found.header.command, [...given, '--resume'], output), around);
}

/** Of the run that left `output`. Throws Exit where there is none, or where its paths are not those of this folder. */
export async function journalOf(output: string, command: 'resume' | 'retry'): Promise<JournalState> {
  const found = await Journal.read(journalPath(output), new SystemFiles());
  if (found === undefined) {
    throw usage(
      `there is no journal ${journalPath(output)}: ${output} is no output of flurry, or was written with --durability none`,
    );
  }
  const first = found.header.sinks[0]!.path;
  // Its own paths are those of the folder in which it was typed.
  if (resolve(first) !== resolve(output)) {
    throw usage(
      `the run that left ${output} called it ${first}; go to the folder where that is its name, and give: flurry ${command} ${first}`,
    );
  }
  return found;
}
