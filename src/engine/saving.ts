// What `run.save(files)` writes, and how it ends: the options of code for a recording.

import { systemClock } from '../model/clock.ts';
import type { Durability, Source } from '../model/contracts.ts';
import { OptionError } from '../model/option-kinds.ts';
import type { Settings } from '../model/options.ts';
import { kindOf, type RecordFileOptions } from './record-sinks.ts';
import type { Recording, RecordingTerms } from './recording.ts';
import type { RunCore } from './run.ts';
import { identityInputs } from './run-identity.ts';
import type { SourceDefinition } from './source-of.ts';

export interface SaveOptions extends RecordFileOptions {
  /** What records outlive: `process` unless given; with `none` the run cannot be gone on with. */
  readonly durability?: Durability;
  /** Leave what is complete as it is, in place of beginning anew. */
  readonly resume?: boolean;
  /** Begin anew, also where an earlier run is not finished. */
  readonly restart?: boolean;
}

export function savingTerms(
  outputs: string | readonly string[],
  options: SaveOptions,
  settings: Settings,
  definition: SourceDefinition,
  source: Source,
): RecordingTerms {
  const { durability = 'process', resume = false, restart = false, ...record } = options;
  const paths = typeof outputs === 'string' ? [outputs] : outputs;
  if (paths.length === 0) throw new OptionError('save', 'save needs the name of a file, such as out.jsonl');
  if (resume && restart)
    throw new OptionError('resume', 'resume goes on, restart begins anew; give one of them');
  if (durability !== 'none' && definition.known === undefined) throw unknownInput();
  return {
    ...{ durability, settings, source, record: { duplicates: settings.dedupe, ...record } },
    outputs: paths.map((path) => ({ path, kind: kindOf(path) })),
    again: restart ? 'anew' : resume ? 'resume' : 'unless-complete',
    command: [],
    identity: () => identityInputs(definition, settings),
    clock: systemClock,
  };
}

function unknownInput(): OptionError {
  return new OptionError(
    'source',
    "nothing tells this input from another one, so it cannot be gone on with: give fromCursor('what it is', (from) => …), a list or a file, or save with durability 'none'",
  );
}

/** What broke the run first is what is told. */
export async function endRecording(core: RunCore, recording: Recording): Promise<void> {
  try {
    await core.done;
  } catch (error) {
    await recording.end(false).catch(() => {});
    throw error;
  }
  await recording.end(core.stoppedBy === undefined);
}
