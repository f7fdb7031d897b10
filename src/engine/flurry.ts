// The library's front door: flurry(source, options) and what it gives back.

import { Inspection } from '../inspection/inspection.ts';
import type { Snapshot, Summary } from '../metrics/snapshot.ts';
import { systemClock } from '../model/clock.ts';
import type { Sink, Source } from '../model/contracts.ts';
import { type RunOptions, resolveOptions, type Settings } from '../model/options.ts';
import type { Outcome } from '../model/outcome.ts';
import { RequestFactory, type RequestInput } from '../model/request.ts';
import { FeedSource } from '../sources/feed-source.ts';
import { SystemFiles } from '../storage/system-files.ts';
import { watch as watchSignal } from './fetch/abort-watch.ts';
import { type AddOptions, Frontier } from './frontier.ts';
import { OrderedSink, orderedSink } from './ordered-sink.ts';
import { END, OutcomeQueue } from './outcome-queue.ts';
import { openRecording } from './recording.ts';
import { RunCore } from './run.ts';
import { endRecording, type SaveOptions, savingTerms } from './saving.ts';
import { isPartial, withSeed } from './selection-of.ts';
import type { Session } from './session.ts';
import { SessionCore } from './session-core.ts';
import {
  definitionOf,
  openSource,
  requestDefaults,
  type SourceDefinition,
  type SourceInput,
} from './source-of.ts';

export interface FlurryOptions extends RunOptions {
  /** Stops the run: nothing more is sent, what is in flight fails with kind `aborted`, then the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Whose cookies, connections, credentials and limits it uses, together with whatever else runs on it. */
  readonly session?: Session;
}

interface Started {
  readonly queue: OutcomeQueue;
  readonly core: RunCore;
}

/** What a started run is made of. */
interface Parts {
  readonly core: RunCore;
  readonly feed: FeedSource;
  readonly frontier: Frontier;
}

/**
 * A run. It starts when its outcomes are asked for, once: by iterating, by `batches()` or by `to(sink)`.
 * Outcomes come as they complete; a consumer that is slow slows the sending.
 */
export class Run implements AsyncIterable<Outcome> {
  readonly #settings: Settings;
  readonly #definition: SourceDefinition;
  readonly #signal: AbortSignal | undefined;
  readonly #open: (settings: Settings) => SessionCore;
  readonly #inspection: Inspection | undefined;
  #parts: Parts | undefined;

  constructor(
    definition: SourceDefinition,
    settings: Settings,
    signal: AbortSignal | undefined,
    open: (settings: Settings) => SessionCore = ownSession,
  ) {
    this.#definition = definition;
    this.#settings = withSeed(settings);
    this.#signal = signal;
    this.#open = open;
    // What is wrong with these options is told at once, not when the run starts.
    this.#inspection = Inspection.of(settings);
  }

  /** For `flurry.all`. */
  static async all(run: Run): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    if (isPartial(run.#settings)) {
      for await (const batch of run.batches()) for (const outcome of batch) outcomes.push(outcome);
      return outcomes.sort((a, b) => a.index - b.index);
    }
    for await (const batch of run.batches()) {
      for (const outcome of batch) outcomes[outcome.index] = outcome;
    }
    return outcomes;
  }

  /** Outcomes one by one. Leaving the loop early stops the run. */
  [Symbol.asyncIterator](): AsyncIterator<Outcome, undefined> {
    return this.#outcomes(this.#settings.ordered);
  }

  /**
   * Outcomes one by one in the order of the input (as with the option `ordered`). Those that are early wait: 32,768 at
   * most, their bodies beyond 16 MiB in a temporary file; then nothing more is sent until the one is there that holds
   * them up, which `snapshot().holdup` names.
   */
  inOrder(): AsyncIterable<Outcome> {
    return { [Symbol.asyncIterator]: () => this.#outcomes(true) };
  }

  #outcomes(ordered: boolean): AsyncIterator<Outcome, undefined> {
    let started: Started | undefined;
    let left = false;
    // Written out: an async generator costs 0.1 µs and 500 bytes more for each outcome (bench/micro/iteration).
    return {
      next: () => {
        if (left) return Promise.resolve(END);
        if (started !== undefined) return started.queue.next();
        try {
          started = this.#startQueue(ordered);
        } catch (error) {
          return Promise.reject(error);
        }
        return started.queue.next();
      },
      return: () => {
        left = true;
        started?.core.abort('caller');
        return Promise.resolve(END);
      },
    };
  }

  /** Outcomes as many at a time as have come: the cheapest way to take them. */
  batches(): AsyncIterable<Outcome[]> {
    return { [Symbol.asyncIterator]: () => this.#batches() };
  }

  async *#batches(): AsyncGenerator<Outcome[], undefined, undefined> {
    const { queue, core } = this.#startQueue();
    try {
      for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) yield batch;
      await core.done;
    } finally {
      core.abort('caller');
    }
  }

  #startQueue(ordered = this.#settings.ordered): Started {
    const queue = new OutcomeQueue(this.#settings.outcomesMax);
    const sink = ordered ? orderedSink(queue, new SystemFiles()) : queue;
    const { core, feed } = this.#start(sink, () => queue.asked);
    // Until the consumer has looked at every outcome it may add to the run.
    queue.onAsk = () => {
      if (core.starving && feed.exhausted) feed.finish();
    };
    queue.end = core.done.then(() => END);
    // It is awaited at the end; a consumer that leaves early never comes there.
    queue.end.catch(() => {});
    return { queue, core };
  }

  /** Writes every outcome to a sink and closes it. */
  async to(sink: Sink): Promise<Summary> {
    const { core } = this.#start(
      this.#settings.ordered ? orderedSink(sink, new SystemFiles()) : sink,
      () => true,
    );
    await core.done;
    return core.summary;
  }

  /**
   * Writes every outcome to files of the forms that their names end with, and can be gone on with: whatever ends this
   * process, the same call again (the same input, the same options) sends what is left, and each request has one record.
   * The journal is `<first output>.journal`. What is complete is begun anew; with `resume` it is left as it is, and the
   * result is undefined. Rejects with a RecordingError where another run is there that is not finished.
   */
  async save(outputs: string | readonly string[], options: SaveOptions = {}): Promise<Summary | undefined> {
    this.#assertNew();
    const settings = this.#settings;
    const source = openSource(this.#definition, settings);
    try {
      const recording = await openRecording(
        savingTerms(outputs, options, settings, this.#definition, source),
      );
      if (recording === undefined) {
        source.close();
        return undefined;
      }
      const { core } = this.#start(recording.sink, () => true, recording.remaining(source), recording.watch);
      await endRecording(core, recording);
      return core.summary;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** No more is sent; what is in flight may end within the grace period. The iteration ends without an error. A run that
   *  has not started is not stopped by it. */
  stop(): void {
    this.#parts?.core.stop('caller');
  }

  /**
   * Changes the rate at which requests start, such as '300/s', all hosts together; undefined lifts it. A run of a session
   * changes it for all that the session does. Throws OptionError.
   */
  setRate(rate: string | number | undefined): void {
    this.#started.setRate(rate);
  }

  /** The same for the rate of each origin (`ratePerHost`): hosts that are known go on by the new one at once. */
  setRatePerHost(rate: string | number | undefined): void {
    this.#started.setRatePerHost(rate);
  }

  /**
   * Adds a request while the run goes on: one that was found in a response, say. True when it will be sent; false when
   * it was asked for before, is too deep, is no http(s) URL, or the run is over. Call it before asking for the next
   * outcome: a run whose input is at its end is over when its consumer has seen everything and asks for more.
   * Throws InvalidRequest for what cannot be sent, and where more than `addedMax` URLs were added.
   */
  add(input: RequestInput, options: AddOptions = {}): boolean {
    if (this.#parts === undefined) throw notStarted();
    return this.#parts.frontier.add(input, options);
  }

  /** What its order follows from, given or not: with `seed` the same can be had again. Undefined where none is needed. */
  get seed(): number | undefined {
    return this.#settings.seed;
  }

  /** The numbers so far, or of the whole run when it is over. */
  get summary(): Summary {
    return this.#started.summary;
  }

  snapshot(): Snapshot {
    return this.#started.snapshot();
  }

  get #started(): RunCore {
    if (this.#parts === undefined) throw notStarted();
    return this.#parts.core;
  }

  /** `asked`: whoever takes the outcomes is done with all it was given. */
  #start(sink: Sink, asked: () => boolean, given?: Source, watch?: (core: RunCore) => void): Parts {
    this.#assertNew();
    const signal = this.#signal;
    signal?.throwIfAborted();
    const settings = sink instanceof OrderedSink ? { ...this.#settings, ordered: true } : this.#settings;
    const defaults = requestDefaults(settings);
    const feed = new FeedSource(given ?? openSource(this.#definition, settings, defaults));
    if (sink instanceof OrderedSink && feed.positionOf !== undefined) sink.positionOf = feed.positionOf;
    const core = new RunCore(settings, feed, sink, this.#open(settings), this.#inspection);
    const frontier = new Frontier(feed, new RequestFactory(defaults), settings.addedMax);
    this.#parts = { core, feed, frontier };
    core.onStarved = () => {
      if (feed.exhausted && asked()) feed.finish();
    };
    if (signal !== undefined) {
      const unwatch = watchSignal(signal, { abort: (reason) => core.fail(reason) });
      core.done.catch(() => {}).finally(unwatch);
    }
    watch?.(core);
    core.start();
    return this.#parts;
  }

  #assertNew(): void {
    if (this.#parts !== undefined) throw new Error('a run is consumed once; call flurry() again for another');
  }
}

function notStarted(): Error {
  return new Error('the run has not started: iterate over it, or call to(sink)');
}

function ownSession(settings: Settings): SessionCore {
  return new SessionCore(settings, { clock: systemClock });
}

/**
 * Sends every request that the source yields and gives back one outcome for each.
 * Throws OptionError (a TypeError) for a wrong option and TemplateError for a malformed template.
 */
export function flurry(source: SourceInput, options: FlurryOptions = {}): Run {
  const { signal, session, ...rest } = options;
  const definition = definitionOf(source);
  if (session === undefined) return new Run(definition, resolveOptions(rest), signal);
  const { settings, core } = session.forRun(rest);
  return new Run(definition, settings, signal, () => core);
}

/**
 * All outcomes, in the order of the input; like Promise.allSettled over fetches, but bounded in flight. A run that
 * `durationMs` stops leaves the places of requests that were never sent empty. Of `sample` and `shard`, and of `first`
 * with `shuffle`, come those that were sent, one behind the other.
 */
flurry.all = (source: SourceInput, options: FlurryOptions = {}): Promise<Outcome[]> => {
  return Run.all(flurry(source, options));
};
