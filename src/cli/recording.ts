// Where the records of a run go: to sinks alone, or, for files, with a journal that a later run goes on from.

import { journalPath } from '../engine/journal-path.ts';
import { areResumable, openRecording, type Recording } from '../engine/recording.ts';
import type { Retake } from '../engine/retake.ts';
import { identityInputs } from '../engine/run-identity.ts';
import { Journal } from '../journal/journal.ts';
import type { Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { usage } from './exit-codes.ts';
import { isPiped, outputsOf } from './output-form.ts';
import type { RunWords } from './run-flags.ts';
import type { Requests } from './sources.ts';
import type { Surroundings } from './surroundings.ts';
import { keptCommand } from './typed-command.ts';

export interface RecordingParts {
  readonly settings: Settings;
  readonly words: RunWords;
  readonly requests: Requests;
  /** Of which nothing has been read yet. */
  readonly source: Source;
  readonly extracted: readonly string[] | undefined;
  readonly around: Surroundings;
  /** What of the output is made anew first. */
  readonly retake: Retake | undefined;
}

/** With the seed of the run that is gone on with, where one is needed and none is given. */
export async function withKeptSeed(settings: Settings): Promise<Settings> {
  const { seed, shuffle, sample, restart } = settings;
  if (seed !== undefined || !(shuffle || sample !== undefined) || isPiped(settings) || restart)
    return settings;
  const found = await Journal.read(journalPath(settings.output[0]!), new SystemFiles());
  const kept = found === undefined || found.complete ? undefined : found.header.identity.parts['seed']?.shown;
  return kept === undefined ? settings : { ...settings, seed: Number(kept) };
}

/** Undefined where --resume finds that nothing is left to do. */
export async function openOutputs(parts: RecordingParts): Promise<Recording | undefined> {
  const { settings, words, requests, around, source, extracted, retake } = parts;
  const { durability, resume, restart } = settings;
  if (resume && restart) throw usage('--resume goes on, --restart begins anew; give one of them');
  const outputs = outputsOf(settings);
  if (resume && !areResumable({ outputs, durability }))
    throw usage('--resume needs records in a file: -o FILE, with --durability process or power');
  const { recordBody: body, bodyNames, recordHeaders: headers, recordTimings: timings } = settings;
  return openRecording({
    ...{ outputs, durability, settings, source, retake },
    record: {
      body,
      bodyNames,
      headers,
      timings,
      duplicates: settings.dedupe,
      ...(extracted === undefined ? {} : { extracted }),
    },
    again: restart ? 'anew' : resume ? 'resume' : 'unless-complete',
    command: keptCommand(words),
    identity: () => identityInputs(requests.definition, settings),
    clock: around.clock,
  });
}
