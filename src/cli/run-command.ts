// `flurry [run]`: from words to a run, its progress, its signals and its exit code.

import { writeFileSync } from 'node:fs';
import { openRecords } from '../engine/record-sinks.ts';
import { RunCore } from '../engine/run.ts';
import { openSource } from '../engine/source-of.ts';
import { type Condition, parseCondition } from '../metrics/condition.ts';
import { systemClock } from '../model/clock.ts';
import type { Sink } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import type { Outcome } from '../model/outcome.ts';
import { count } from '../model/text.ts';
import { OutputError, openingError } from '../sinks/output-error.ts';
import { Progress } from '../view/progress.ts';
import { summaryText } from '../view/summary.ts';
import { colors } from '../view/terminal.ts';
import { EXIT } from './exit-codes.ts';
import { configText, layered } from './layers.ts';
import { planText } from './plan.ts';
import type { Flags } from './program.ts';
import { withRequestFlags } from './request-options.ts';
import { definitionFor, readText } from './sources.ts';

export async function runCommand(urls: readonly string[], flags: Flags): Promise<number> {
  const options = layered(flags, process.env);
  if (options.settings.printConfig) {
    process.stdout.write(configText(options));
    return EXIT.done;
  }
  const settings = withFiles(withRequestFlags(options.settings));
  const conditions = settings.failIf.map(parseCondition);
  const definition = definitionFor(urls, settings);
  if (settings.dryRun) {
    process.stdout.write(await planText(urls, definition, settings));
    return EXIT.done;
  }
  const source = openSource(definition, settings);
  if (settings.summary !== undefined) assertWritable(settings.summary);
  const output = settings.output ?? '-';
  const sink = new WatchedSink(
    await openRecords(output, formatOf(settings), recordOptions(settings), systemClock),
  );
  const run = new RunCore(settings, source, sink, { clock: systemClock });
  return new Command(run, sink, settings, conditions).execute();
}

/** Files that options name, read once. */
function withFiles(settings: Settings): Settings {
  if (settings.cacert === undefined) return settings;
  return { ...settings, ca: readText(settings.cacert, '--cacert') };
}

function formatOf(settings: Settings): 'jsonl' | 'csv' {
  if (settings.outputFormat !== 'auto') return settings.outputFormat;
  return /\.csv$/i.test(settings.output ?? '') ? 'csv' : 'jsonl';
}

function recordOptions(settings: Settings) {
  return { body: settings.recordBody, headers: settings.recordHeaders, timings: settings.recordTimings };
}

/** Found out before the first request, not after the last. */
function assertWritable(path: string): void {
  try {
    writeFileSync(path, '');
  } catch (error) {
    throw openingError(path, error);
  }
}

class Command {
  readonly #run: RunCore;
  readonly #sink: WatchedSink;
  readonly #settings: Settings;
  readonly #conditions: readonly Condition[];
  readonly #progress: Progress | undefined;
  #signal: 'SIGINT' | 'SIGTERM' | undefined;

  constructor(run: RunCore, sink: WatchedSink, settings: Settings, conditions: readonly Condition[]) {
    this.#run = run;
    this.#sink = sink;
    this.#settings = settings;
    this.#conditions = conditions;
    const recordsOnTerminal = (settings.output ?? '-') === '-' && process.stdout.isTTY === true;
    // Records that scroll through the same terminal would tear the frames.
    this.#progress =
      settings.quiet || recordsOnTerminal
        ? undefined
        : new Progress({
            output: process.stderr,
            clock: systemClock,
            env: process.env,
            snapshot: () => run.snapshot(),
          });
  }

  async execute(): Promise<number> {
    if (this.#settings.verbose) this.#sink.onFailure = (line) => this.#say(line);
    const onSignal = (signal: NodeJS.Signals) => this.#onSignal(signal as 'SIGINT' | 'SIGTERM');
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    // Cursor and lines are put right whatever ends the process.
    const onExit = () => this.#progress?.stop();
    process.once('exit', onExit);
    this.#progress?.start();
    this.#run.start();
    let broken: unknown;
    try {
      await this.#run.done;
    } catch (error) {
      broken = error;
    }
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('exit', onExit);
    this.#progress?.stop();
    const quietly = broken instanceof OutputError && broken.code === 'EPIPE';
    if (!quietly) this.#conclude();
    if (broken !== undefined) throw broken;
    return this.#exitCode();
  }

  /** The first lets requests in flight finish; the second does not wait for them. */
  #onSignal(signal: 'SIGINT' | 'SIGTERM'): void {
    if (this.#signal !== undefined) {
      this.#run.abort('caller');
      return;
    }
    this.#signal = signal;
    const { inFlight } = this.#run.snapshot();
    this.#say(`stopping: ${count(inFlight)} requests in flight may finish; once more to stop at once`);
    this.#run.stop('caller');
  }

  #say(line: string): void {
    if (this.#progress !== undefined) this.#progress.print(line);
    else process.stderr.write(`${line}\n`);
  }

  #conclude(): void {
    const { summary, quiet } = this.#settings;
    if (summary !== undefined) writeFileSync(summary, `${JSON.stringify(this.#run.summary)}\n`);
    if (quiet) return;
    process.stderr.write(summaryText(this.#run.snapshot(), { color: colors(process.stderr, process.env) }));
    const { output } = this.#settings;
    if (output !== undefined && output !== '-') process.stderr.write(`records in ${output}\n`);
  }

  #exitCode(): number {
    if (this.#signal !== undefined) return this.#signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    const failed = this.#conditions.filter((condition) => this.#run.holds(condition));
    for (const condition of failed)
      this.#say(`--fail-if ${condition.text}: ${this.#run.measured(condition)}`);
    if (failed.length > 0) return EXIT.threshold;
    if (this.#run.stoppedBy === 'duration') return EXIT.limit;
    if (this.#settings.checkStatus && this.#sink.anyFailed) return EXIT.failures;
    return EXIT.done;
  }
}

/** A sink that also looks at what passes, for --check-status and --verbose. */
class WatchedSink implements Sink {
  anyFailed = false;
  onFailure: ((line: string) => void) | undefined;
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  write(outcome: Outcome): void {
    if (outcome.type === 'failure') {
      this.anyFailed = true;
      this.onFailure?.(
        `${outcome.index} ${outcome.url}: ${outcome.phase}/${outcome.kind}: ${outcome.message}`,
      );
    } else if (outcome.status >= 400) this.anyFailed = true;
    this.#sink.write(outcome);
  }

  get full(): boolean {
    return this.#sink.full;
  }

  get onDrain(): (() => void) | undefined {
    return this.#sink.onDrain;
  }

  set onDrain(call: (() => void) | undefined) {
    this.#sink.onDrain = call;
  }

  get onError(): ((error: Error) => void) | undefined {
    return this.#sink.onError;
  }

  set onError(call: ((error: Error) => void) | undefined) {
    this.#sink.onError = call;
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}
