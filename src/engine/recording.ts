// Where the records of a run go: to sinks alone, or, where all of them can be gone back in, with a journal that a later
// run goes on from.

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { IdentityInputs } from '../journal/identity.ts';
import type { SinkName } from '../journal/journal-line.ts';
import type { Clock, Durability, DurableSink, Sink, Source } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { openFanOut } from '../sinks/fan-out.ts';
import { SystemAppenders } from '../storage/appender.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { orderedSink } from './ordered-sink.ts';
import { openRecords, type RecordFileOptions, type RecordKind } from './record-sinks.ts';
import type { RecordingPlan } from './recorder.ts';
import type { RunCore } from './run.ts';
import type { SentHeadSettings } from './sent-heads.ts';

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

export interface RecordingTerms {
  readonly outputs: readonly SinkName[];
  readonly record: RecordFileOptions;
  readonly durability: Durability;
  readonly again: RecordingPlan['again'];
  readonly command: readonly string[];
  /** Asked for where there is a journal. */
  readonly identity: () => Promise<IdentityInputs>;
  readonly settings: Pick<Settings, 'ordered' | 'strictInput' | 'retryMethods' | 'retryUnsafe'> &
    SentHeadSettings;
  /** Of which nothing has been read yet. */
  readonly source: Source;
  readonly clock: Clock;
  /** What of the output is made anew first. */
  readonly retake?: RecordingPlan['retake'];
}

/** Whether a run over these outputs can be gone on with. */
export function areResumable({
  outputs,
  durability,
}: Pick<RecordingTerms, 'outputs' | 'durability'>): boolean {
  return durability !== 'none' && outputs.every(isResumable);
}

/** Undefined where nothing is left to do. */
export function openRecording(terms: RecordingTerms): Promise<Recording | undefined> {
  const { durability } = terms;
  if (durability === 'none' || !areResumable(terms)) return plainRecording(terms);
  return recorded(terms, durability);
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

async function plainRecording(terms: RecordingTerms): Promise<Recording> {
  const { outputs: sinks } = terms;
  const sink =
    sinks.length === 1
      ? await openSink(terms, sinks[0]!, undefined)
      : await openFanOut(sinks.map((one) => () => openSink(terms, one, undefined)));
  const recording: Recording = {
    sink,
    remaining: (source) => source,
    watch() {},
    async end() {},
    before: undefined,
    resumable: false,
  };
  return terms.settings.ordered ? inOrder(recording) : recording;
}

function openSink(
  { record, clock, durability, settings }: RecordingTerms,
  { kind, path }: SinkName,
  position: string | undefined,
): Promise<DurableSink> {
  const tools = { clock, files: new SystemFiles(), durability, sent: settings };
  return openRecords(path, kind as RecordKind, record, {
    ...tools,
    ...(position === undefined ? {} : { position }),
  });
}

async function recorded(
  terms: RecordingTerms,
  durability: 'process' | 'power',
): Promise<Recording | undefined> {
  const { settings, outputs, clock, retake, again, command } = terms;
  const { Recorder } = await import('./recorder.ts');
  const methods = new Set(settings.retryMethods);
  const recorder = await Recorder.open(
    {
      sinks: outputs,
      identity: await terms.identity(),
      command,
      durability,
      storesBodies: terms.record.body === 'files',
      ordered: settings.ordered,
      strictInput: settings.strictInput,
      again,
      mayRepeat: (method) => settings.retryUnsafe || methods.has(method),
      positionOf: positionsOf(terms.source),
      retake,
      openSink: (sink, position) => openSink(terms, sink, position),
    },
    { files: new SystemFiles(), appenders: new SystemAppenders(), clock },
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
