// An error that ended the program, as one message for people and an exit code. The only place that prints errors.

import { RecordingError } from '../engine/recording-error.ts';
import { InputError } from '../engine/source-of.ts';
import { JournalError } from '../journal/journal-error.ts';
import { InvalidRequest } from '../model/invalid.ts';
import { OptionError } from '../model/option-kinds.ts';
import { OutputError } from '../sinks/output-error.ts';
import { TemplateError } from '../sources/template/error.ts';
import { EXIT, Exit } from './exit-codes.ts';
import { flagsIn } from './flag-names.ts';
import { redacted } from './redacted.ts';
import type { Surroundings } from './surroundings.ts';

export function report(error: unknown, { stderr }: Pick<Surroundings, 'stderr'>): number {
  // A reader that has seen enough, such as `head`, is no error.
  if (error instanceof OutputError && error.code === 'EPIPE') return EXIT.done;
  stderr.write(`flurry: ${redacted(messageOf(error))}\n`);
  return codeOf(error);
}

function codeOf(error: unknown): number {
  if (error instanceof Exit) return error.code;
  if (error instanceof OutputError) return EXIT.disk;
  if (error instanceof JournalError) return error.code === undefined ? EXIT.usage : EXIT.disk;
  return isMistake(error) ? EXIT.usage : EXIT.unexpected;
}

/** What somebody wrote, on the command line or into a file. */
function isMistake(error: unknown): error is Error {
  return (
    error instanceof OptionError ||
    error instanceof TemplateError ||
    error instanceof InvalidRequest ||
    error instanceof InputError ||
    error instanceof RecordingError ||
    error instanceof JournalError
  );
}

function messageOf(error: unknown): string {
  if (error instanceof OptionError) return flagsIn(error.message, error.option);
  if (error instanceof Exit || error instanceof OutputError || isMistake(error)) return error.message;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `unexpected, a fault of flurry itself: ${text}`;
}
