// A run whose records outlive it: opens the journal and the sinks, where an earlier run left off if there was one, and
// says what is left to send. The journal is `<first output>.journal`.
//
//   open ─► nothing there, or complete ─► begins anew          remaining(source) ─► RunCore ─► sink ─► end
//       └─► incomplete: same run ─► goes on   another ─► refused

import { dirname } from 'node:path';
import { differences, differenceText, type IdentityInputs, identityOf } from '../journal/identity.ts';
import { Intents } from '../journal/intents.ts';
import { Journal, type Opened } from '../journal/journal.ts';
import type { Counts, Header, SinkName } from '../journal/journal-line.ts';
import { Lock } from '../journal/lock.ts';
import { RangeSet } from '../journal/range-set.ts';
import type { Clock, Durability, DurableSink, Files, Source } from '../model/contracts.ts';
import { Failure, type Outcome } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import { openFanOut } from '../sinks/fan-out.ts';
import { jsonLinesTail, writtenAgain } from '../sinks/json-lines-tail.ts';
import { writingError } from '../sinks/output-error.ts';
import { remaining } from '../sources/remaining-source.ts';
import type { Appenders } from '../storage/appender.ts';
import { journalPath, localName } from './journal-path.ts';
import { JournaledSink } from './journaled-sink.ts';
import { RecordingError } from './recording-error.ts';
import { type Retake, retaken } from './retake.ts';

export interface RecordingPlan {
  readonly sinks: readonly SinkName[];
  readonly identity: IdentityInputs;
  /** What was typed, without secrets. */
  readonly command: readonly string[];
  readonly durability: Exclude<Durability, 'none'>;
  /** Whether what is there is gone on with: never; where it is not complete; or else there is nothing to do. */
  readonly again: 'anew' | 'unless-complete' | 'resume';
  /** What of the output is made anew first; the run, complete or not, is then gone on with. */
  readonly retake?: Retake | undefined;
  /** Records name files that bodies were stored in. */
  readonly storesBodies: boolean;
  /** Outcomes come to the sink in the order of the input. */
  readonly ordered: boolean;
  /** An item that is no request ends the run: it is looked at again by the next one. */
  readonly strictInput: boolean;
  /** Whether requests of a method may be sent twice. */
  readonly mayRepeat: (method: string) => boolean;
  /** The place of a record in the input, by its index. */
  readonly positionOf: (index: number) => number;
  readonly openSink: (sink: SinkName, position: string | undefined) => Promise<DurableSink>;
}

export interface RecordingTools {
  readonly files: Files;
  readonly appenders: Appenders;
  readonly clock: Clock;
}

const NOTHING: Counts = { requests: 0, ok: 0, failed: 0 };
const BEGINNING: CutOff = { positions: undefined, before: NOTHING };

/** Where an earlier session was cut off. */
interface CutOff {
  readonly positions: readonly string[] | undefined;
  readonly before: Counts;
}

interface Closable {
  close(): unknown;
}

interface RecorderParts {
  readonly plan: RecordingPlan;
  readonly tools: RecordingTools;
  readonly journal: Journal;
  readonly intents: Intents;
  readonly done: RangeSet;
  readonly sink: JournaledSink;
  readonly before: Counts;
  readonly lock: Lock;
  /** An earlier session began it. */
  readonly continues: boolean;
}

export class Recorder {
  /** What earlier sessions of this run have done; all 0 where it begins. */
  readonly before: Counts;
  readonly continues: boolean;
  readonly sink: JournaledSink;
  readonly #parts: RecorderParts;
  /** Positions of requests that may have been sent when an earlier session was cut off, and must not be sent twice. */
  readonly #unknown: ReadonlySet<number>;

  private constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.before = parts.before;
    this.continues = parts.continues;
    this.sink = parts.sink;
    this.#unknown = new Set(parts.intents.marked);
  }

  /** Undefined where nothing is left to do. Throws RecordingError, JournalError or OutputError. */
  static async open(plan: RecordingPlan, tools: RecordingTools): Promise<Recorder | undefined> {
    const lock = await Lock.take(localName(plan.sinks[0]!.path), tools);
    const opened: Closable[] = [];
    try {
      const recorder = await Recorder.#open(plan, tools, lock, opened);
      if (recorder === undefined) lock.release();
      return recorder;
    } catch (error) {
      for (const one of opened) await Promise.resolve(one.close()).catch(() => {});
      lock.release();
      throw error;
    }
  }

  /** What it has opened so far is in `opened`. */
  static async #open(
    plan: RecordingPlan,
    tools: RecordingTools,
    lock: Lock,
    opened: Closable[],
  ): Promise<Recorder | undefined> {
    const path = journalPath(plan.sinks[0]!.path);
    const sent = `${path}.sent`;
    const { files, appenders, clock } = tools;
    const last = await unfinished(path, plan, files);
    if (last === 'complete') {
      // A crash at the very end has left it.
      appenders.remove(sent);
      return undefined;
    }
    const found = plan.retake === undefined ? last : await taken(last, plan.retake, plan, tools);
    const done = found?.done ?? new RangeSet();
    const header = found?.header ?? headerOf(plan, clock);
    const journal = found?.journal ?? (await Journal.create(path, header, files));
    opened.push(journal);
    const { salt } = header.identity;
    const intents =
      found === undefined
        ? Intents.create(sent, appenders, plan.durability, salt)
        : Intents.open(sent, appenders, plan.durability, salt, done);
    opened.push(intents);
    // After the marks: by the journal alone is it certain what outlives the power.
    const { positions, before } = found === undefined ? BEGINNING : await withTail(found, plan, files);
    const inner = await openSinks(plan, positions, files);
    opened.push(inner);
    if (positions === undefined && isOwnJournal(plan)) await markBeginning(inner, journal, plan, clock);
    const parts = { plan, tools, journal, intents, done, before, lock, continues: found !== undefined };
    return new Recorder({ ...parts, sink: journaled(inner, parts) });
  }

  /** What is left of the source. What must not be sent twice and may have been sent is a failure that says so. */
  remaining(source: Source): Source {
    const { positionOf } = this.#parts.plan;
    if (!this.continues) return source;
    const { done } = this.#parts;
    const { mayRepeat } = this.#parts.plan;
    const isUnknown = (request: Request) =>
      this.#unknown.has(positionOf(request.index)) && !mayRepeat(request.method);
    return withPulled(remaining(source, done), done.count, (pulled) =>
      pulled.type === 'request' && isUnknown(pulled) ? cutOff(pulled) : pulled,
    );
  }

  /** Whether an earlier session had its outcome. */
  isDone(position: number): boolean {
    return this.continues && this.#parts.done.has(position);
  }

  /** It is about to leave. Throws where that cannot be remembered: then it must not. */
  beforeSend(request: Request): void {
    if (!this.#parts.plan.mayRepeat(request.method)) {
      this.#parts.intents.markSent(this.#parts.plan.positionOf(request.index));
    }
  }

  /** After the sink has been closed. `whole`: every item of the input has its outcome. */
  async end(whole: boolean): Promise<void> {
    const { journal, intents, done, plan, tools, lock } = this.#parts;
    try {
      if (whole && !this.sink.leaves) {
        if (plan.durability === 'power') await syncAll(plan.sinks, tools.files);
        const { positions, counts } = this.sink;
        const entry = { atMs: tools.clock.wall(), done: done.toText(), positions, counts, complete: true };
        await journal.append(entry, plan.durability);
      }
      intents.close(whole && !this.sink.leaves);
      await journal.close();
    } finally {
      lock.release();
    }
  }

  toString(): string {
    return `recorder ${this.#parts.journal}, ${this.before.requests} before`;
  }
}

async function openSinks(
  { sinks, openSink, durability }: RecordingPlan,
  positions: readonly string[] | undefined,
  files: Files,
): Promise<DurableSink> {
  const openers = sinks.map((sink) => (position: string | undefined) => openSink(sink, position));
  const opened = await openFanOut(openers, positions === undefined ? undefined : JSON.stringify(positions));
  if (durability === 'power') {
    for (const folder of new Set(sinks.map(({ path }) => dirname(localName(path))))) {
      await inWords(folder, files.syncFolder(folder));
    }
  }
  return opened;
}

function journaled(sink: DurableSink, parts: Omit<RecorderParts, 'sink'>): JournaledSink {
  const { plan, tools, journal, intents, done, before } = parts;
  const { durability, ordered, positionOf } = plan;
  return new JournaledSink({
    ...{ sink, journal, intents, done, durability, ordered, positionOf },
    counts: before,
    clock: tools.clock,
    positionsOf: (text) => JSON.parse(text) as string[],
    isLeft: (outcome) => isLeftToLater(outcome, plan),
  });
}

/** What a sink wrote when it was closed, a footer say, is no part of any commit. */
async function syncAll(sinks: readonly SinkName[], files: Files): Promise<void> {
  for (const { path } of sinks) {
    if (await files.exists(path)) await inWords(path, synced(path, files));
  }
}

async function synced(path: string, files: Files): Promise<void> {
  const file = await files.open(path, 'update');
  await file.sync().finally(() => file.close());
}

/** What went wrong, as one line for people. */
function inWords<T>(path: string, operation: Promise<T>): Promise<T> {
  return operation.catch((error: unknown) => {
    throw writingError(path, error);
  });
}

/** Without what is to be made anew. */
async function taken(
  found: Opened | undefined,
  retake: Retake,
  { sinks, durability, positionOf }: RecordingPlan,
  tools: RecordingTools,
): Promise<Opened> {
  const { path } = sinks[0]!;
  if (found === undefined) throw new RecordingError(`the journal of ${path} is gone`);
  return retaken(found, retake, { ...tools, durability, positionOf, sent: `${journalPath(path)}.sent` });
}

/** Records of JSON Lines say what is done beyond the journal. */
function isOwnJournal({ sinks, storesBodies, durability }: RecordingPlan, from = ''): boolean {
  // A record may outlive the power where the body that it names has not. What `flurry retry` copies is synced: from 0 on.
  if (storesBodies && durability === 'power' && from !== '0') return false;
  return sinks.length === 1 && sinks[0]!.kind === 'jsonl';
}

/** Only behind an entry are records this run's: before the first one there may be those of an older run. */
async function markBeginning(
  sink: DurableSink,
  journal: Journal,
  { durability }: RecordingPlan,
  clock: Clock,
): Promise<void> {
  const positions = JSON.parse(await sink.commit(durability)) as string[];
  const entry = { atMs: clock.wall(), done: new RangeSet().toText(), positions, counts: NOTHING };
  await journal.append(entry, durability);
}

/** Records that are whole behind the last commit are done too: an output of JSON Lines tells them. */
async function withTail({ done, last }: Opened, plan: RecordingPlan, files: Files): Promise<CutOff> {
  if (last === undefined) return BEGINNING;
  const { sinks, positionOf } = plan;
  if (!isOwnJournal(plan, last.positions[0])) return { positions: last.positions, before: last.counts };
  const { path } = sinks[0]!;
  const from = Number(last.positions[0]);
  const { position, records } = await inWords(path, jsonLinesTail(path, from, files));
  if (records.length > 0 && !knowsPlace(positionOf, records[0]!.index)) {
    return { positions: last.positions, before: last.counts };
  }
  if (plan.durability === 'power' && position > from)
    await inWords(path, writtenAgain(path, from, position, files));
  const counts = { ...last.counts };
  for (const { index, outcome } of records) {
    if (!done.add(positionOf(index))) continue;
    counts.requests++;
    if (outcome === 'ok') counts.ok++;
    if (outcome === 'failure') counts.failed++;
  }
  return { positions: [String(position)], before: counts };
}

/** Of a sample of what is read as it comes the places are known when all of it has been read. */
function knowsPlace(positionOf: (index: number) => number, index: number): boolean {
  try {
    positionOf(index);
    return true;
  } catch {
    return false;
  }
}

/** The journal of an unfinished run that is this one; undefined where this one begins. */
async function unfinished(
  path: string,
  plan: RecordingPlan,
  files: Files,
): Promise<Opened | 'complete' | undefined> {
  if (plan.again === 'anew') return undefined;
  const found = await Journal.open(path, files);
  if (found === undefined) return undefined;
  if (found.complete && plan.retake === undefined) {
    await found.journal.close();
    return plan.again === 'resume' ? 'complete' : undefined;
  }
  const unlike = unlikenesses(found.header, plan);
  if (unlike.length === 0) return found;
  await found.journal.close();
  const { path: output } = plan.sinks[0]!;
  if (plan.retake !== undefined)
    throw new RecordingError(
      `the records in ${output} are of another run than this one would be: ${unlike.join('; ')}; nothing was changed`,
    );
  const done = count(found.last?.counts.requests ?? 0);
  throw new RecordingError(
    `${output} holds ${done} records of a run that is not finished, and this is another one: ${unlike.join('; ')}. ` +
      `Go on with that one: flurry resume ${output}; begin anew: --restart; or name another output with -o`,
  );
}

function unlikenesses({ identity, sinks }: Header, plan: RecordingPlan): string[] {
  const unlike = differences(identity, identityOf(plan.identity, identity.salt)).map(differenceText);
  const [was, is] = [sinkNames(sinks), sinkNames(plan.sinks)];
  return was === is ? unlike : [...unlike, `the outputs were ${was}, now they are ${is}`];
}

function sinkNames(sinks: readonly SinkName[]): string {
  return sinks.map(({ kind, path }) => `${path} (${kind})`).join(', ');
}

function headerOf({ command, sinks, identity }: RecordingPlan, clock: Clock): Header {
  return { atMs: clock.wall(), command, sinks, identity: identityOf(identity) };
}

/** A stop left it without an answer, and it may be sent (again): the next session does. */
function isLeftToLater(outcome: Outcome, { mayRepeat, strictInput }: RecordingPlan): boolean {
  if (outcome.type === 'response') return false;
  if (outcome.phase === 'input') return strictInput;
  if (outcome.kind !== 'aborted') return false;
  return outcome.sent === 'none' || mayRepeat(outcome.method);
}

const CUT_OFF =
  'it was under way when the run before was cut off, and may have had its effect; --retry-unsafe sends such requests again';

function cutOff(request: Request): Failure {
  request.sent = 'unknown';
  return Failure.of(request, 'send', 'unknown', CUT_OFF, 0);
}

/** A source whose items are looked at as they are pulled, and of which so many are not given. */
function withPulled(
  source: Source,
  notGiven: number,
  look: (pulled: ReturnType<Source['pull']>) => ReturnType<Source['pull']>,
): Source {
  return {
    get count() {
      return source.count === undefined ? undefined : source.count - notGiven;
    },
    get oneOrigin() {
      return source.oneOrigin;
    },
    get positionOf() {
      return source.positionOf?.bind(source);
    },
    get indexEnd() {
      return source.indexEnd;
    },
    pull: () => look(source.pull()),
    get onReady() {
      return source.onReady;
    },
    set onReady(ready) {
      source.onReady = ready;
    },
    close: () => source.close(),
  };
}
