// Where the records of a run go: to sinks alone, or, for files, with a journal that a later run goes on from.

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { journalPath } from '../engine/journal-path.ts';
import { orderedSink } from '../engine/ordered-sink.ts';
import { openRecords, type RecordKind } from '../engine/record-sinks.ts';
import type { RunCore } from '../engine/run.ts';
import { identityInputs } from '../engine/run-identity.ts';
import { Journal } from '../journal/journal.ts';
import type { SinkName } from '../journal/journal-line.ts';
import type { DurableSink, Sink, Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { openFanOut } from '../sinks/fan-out.ts';
import { SystemAppenders } from '../storage/appender.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { usage } from './exit-codes.ts';
import { isPiped, outputsOf } from './output-form.ts';
import type { RunWords } from './run-flags.ts';
import type { Requests } from './sources.ts';
import type { Surroundings } from './surroundings.ts';
import { keptCommand } from './typed-command.ts';

export interface Recording {
  readonly sink: Sink;
  /** What is left to send. */
  remaining(source: Source): Source;
  /** Before the run starts. */
  watch(run: RunCore): void;
  /** After it: `whole` where every request has its outcome. */
  end(whole: boolean): Promise<void>;
  /** What is there and goes on; undefined where it begins. */
  readonly before: { readonly requests: number } | undefined;
  readonly resumable: boolean;
}

export interface RecordingParts {
  readonly settings: Settings;
  readonly words: RunWords;
  readonly requests: Requests;
  /** Of which nothing has been read yet. */
  readonly source: Source;
  readonly extracted: readonly string[] | undefined;
  readonly around: Surroundings;
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

/** A table, or a file that is one or can be made: a device has no place to go back to, and who opens the rest says why not. */
function isResumable({ path }: SinkName): boolean {
  if (path === '-') return false;
  if (/^postgres(?:ql)?:/.test(path)) return true;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined) return found.isFile();
  return statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() === true;
}

function positionsOf(source: Source): (index: number) => number {
  return source.positionOf?.bind(source) ?? ((index) => index);
}

/** Undefined where --resume finds that nothing is left to do. */
export async function openRecording(parts: RecordingParts): Promise<Recording | undefined> {
  const { settings } = parts;
  if (settings.resume && settings.restart)
    throw usage('--resume goes on, --restart begins anew; give one of them');
  if (settings.durability === 'none' || !outputsOf(settings).every(isResumable)) return plainRecording(parts);
  return recorded(parts, settings.durability);
}

/** Records in the order of the input, whatever order their requests end in. */
function inOrder(recording: Recording, isDone?: (position: number) => boolean): Recording {
  const behindHoles = recording.resumable ? 'dropped' : 'given';
  const sink = orderedSink(recording.sink, new SystemFiles(), {
    behindHoles,
    ...(isDone === undefined ? {} : { isDone }),
  });
  return {
    ...recording,
    sink,
    remaining(source) {
      sink.positionOf = positionsOf(source);
      return recording.remaining(source);
    },
  };
}

async function plainRecording(parts: RecordingParts): Promise<Recording> {
  const { resume } = parts.settings;
  if (resume) throw usage('--resume needs records in a file: -o FILE, with --durability process or power');
  const sinks = outputsOf(parts.settings);
  const sink =
    sinks.length === 1
      ? await openSink(parts, sinks[0]!, undefined)
      : await openFanOut(sinks.map((one) => () => openSink(parts, one, undefined)));
  const recording: Recording = {
    sink,
    remaining: (source) => source,
    watch() {},
    async end() {},
    before: undefined,
    resumable: false,
  };
  return parts.settings.ordered ? inOrder(recording) : recording;
}

function openSink(
  { settings, extracted, around }: RecordingParts,
  { kind, path }: SinkName,
  position: string | undefined,
): Promise<DurableSink> {
  const { recordBody: body, recordHeaders: headers, recordTimings: timings } = settings;
  const record = { body, headers, timings, ...(extracted === undefined ? {} : { extracted }) };
  const tools = { clock: around.clock, files: new SystemFiles() };
  return openRecords(path, kind as RecordKind, record, {
    ...tools,
    ...(position === undefined ? {} : { position }),
  });
}

async function recorded(
  parts: RecordingParts,
  durability: 'process' | 'power',
): Promise<Recording | undefined> {
  const { settings, words, requests, around } = parts;
  const { Recorder } = await import('../engine/recorder.ts');
  const methods = new Set(settings.retryMethods);
  const recorder = await Recorder.open(
    {
      sinks: outputsOf(settings),
      identity: await identityInputs(requests.definition, settings),
      command: keptCommand(words),
      durability,
      ordered: settings.ordered,
      strictInput: settings.strictInput,
      again: settings.restart ? 'anew' : settings.resume ? 'resume' : 'unless-complete',
      mayRepeat: (method) => settings.retryUnsafe || methods.has(method),
      positionOf: positionsOf(parts.source),
      openSink: (sink, position) => openSink(parts, sink, position),
    },
    { files: new SystemFiles(), appenders: new SystemAppenders(), clock: around.clock },
  );
  if (recorder === undefined) return undefined;
  const recording: Recording = {
    sink: recorder.sink,
    remaining: (source) => recorder.remaining(source),
    watch(run) {
      run.beforeSend = (request) => recorder.beforeSend(request);
    },
    end: (whole) => recorder.end(whole),
    before: recorder.continues ? recorder.before : undefined,
    resumable: true,
  };
  return settings.ordered ? inOrder(recording, (position) => recorder.isDone(position)) : recording;
}
