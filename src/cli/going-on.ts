// What is said at the start of a run about one before it and one after it: what is there already, what is trusted, and
// what keeps a later run from going on.

import { statSync } from 'node:fs';
import type { Settings } from '../model/options.ts';
import { count } from '../model/text.ts';
import { redacted } from './redacted.ts';

export interface GoingOn extends Pick<Settings, 'output' | 'durability'> {
  readonly before: { readonly requests: number } | undefined;
  readonly resumable: boolean;
  readonly inputName: string | undefined;
}

/** Lines without their line feeds; none where nothing needs to be said. */
export function whatIsThere(run: GoingOn): string[] {
  const { output, before, resumable, durability, inputName } = run;
  const lines: string[] = [];
  if (before !== undefined) {
    lines.push(
      `going on with ${redacted(output[0]!)}: ${count(before.requests)} records are there (--restart begins anew)`,
    );
    if (inputName !== undefined && before.requests > 0 && isStream(inputName))
      lines.push(
        `${inputName} must be the same again: what was done of it is passed over by its place, unseen`,
      );
  }
  const file = output.find((path) => path !== '-');
  // Who writes to a pipe alone expects nothing else.
  if (!resumable && durability !== 'none' && file !== undefined && output.includes('-'))
    lines.push(
      `cut off, this run begins anew: nobody can go back in standard output, so ${redacted(file)} is not gone on with`,
    );
  return lines;
}

/** What can be read only once: standard input, a pipe. */
function isStream(inputName: string): boolean {
  if (inputName === 'standard input') return true;
  return statSync(inputName, { throwIfNoEntry: false })?.isFile() === false;
}
