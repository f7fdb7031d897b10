// `flurry [run]`: from words to a run, with its signals and its end. It opens everything that may fail before the first
// request is sent.

import { existsSync } from 'node:fs';
import type { Earlier } from '../engine/earlier.ts';
import type { Recording } from '../engine/recording.ts';
import type { Retake } from '../engine/retake.ts';
import { RunCore } from '../engine/run.ts';
import { SessionCore } from '../engine/session-core.ts';
import { InputError, openSource } from '../engine/source-of.ts';
import type { World } from '../engine/transport-of.ts';
import { Inspection } from '../inspection/inspection.ts';
import { type Condition, parseCondition } from '../metrics/condition.ts';
import { showMs } from '../model/option-kinds.ts';
import type { Settings } from '../model/options.ts';
import { count } from '../model/text.ts';
import { OutputError } from '../sinks/output-error.ts';
import { completed } from './completed.ts';
import { endingOf } from './ending.ts';
import { EXIT, usage } from './exit-codes.ts';
import { layered } from './layers.ts';
import { refuseSameFile } from './output-form.ts';
import { profilesPath } from './profiles-path.ts';
import { openOutputs, type RecordingParts, withKeptSeed } from './recording.ts';
import { redacted } from './redacted.ts';
import type { RunDisplay } from './run-display.ts';
import type { RunWords } from './run-flags.ts';
import { withSelection } from './selection.ts';
import { type Requests, requestsFor } from './sources.ts';
import { assertWritable, writeSummary } from './summary-file.ts';
import type { StopSignal, Surroundings } from './surroundings.ts';
import { WatchedSink } from './watched-sink.ts';

/** `requestsOf`: in place of the URLs, where the requests come from elsewhere. `retake`: what of the output is made anew. */
export async function runCommand(
  typed: RunWords,
  around: Surroundings,
  requestsOf?: (settings: Settings) => Requests,
  retake?: Retake,
): Promise<number> {
  const options = await layered(typed.flags, around);
  if (options.settings.printConfig) {
    const { configText } = await import('./config-text.ts');
    around.stdout.write(configText(options));
    return EXIT.done;
  }
  const complete = await withSelection(
    await withKeptSeed(await completed(options.settings, typed, around)),
    around,
  );
  const conditions = complete.failIf.map(parseCondition);
  const requests = requestsOf?.(complete) ?? (await requestsIn(typed.urls, complete, around));
  const { settings, words } = await placed(complete, typed, requests, around);
  if (settings.curl) {
    const { printCurl } = await import('./curl/print-command.ts');
    return printCurl(requests.definition, settings, around);
  }
  const inspection = Inspection.of(settings);
  await refuseHopeless(settings);
  const startOf = await startsOf(settings, around);
  const session = new SessionCore(settings, { clock: around.clock, env: around.env, ...startOf });
  if (lacksPassword(settings)) around.stderr.write(`flurry: ${NO_PASSWORD}\n`);
  if (settings.dryRun) return showPlan(requests, settings, session, around);
  refuseSameFile(settings);
  const earlier = await earlierOf(settings, around);
  const all = openSource(requests.definition, settings);
  const parts = {
    settings,
    words,
    requests,
    around,
    source: all,
    extracted: inspection?.extractedNames,
    retake,
  };
  const recording = await recordingOf(parts);
  if (recording === undefined) return nothingLeft(settings, around);
  const source = recording.remaining(all);
  const sink = new WatchedSink(recording.sink);
  const run = new RunCore(settings, source, sink, session, inspection, earlier);
  recording.watch(run);
  const saveCookies = await cookieFiles(settings, run, around);
  return new Execution({ run, sink, recording, settings, conditions, requests, around, saveCookies }).run();
}

/** What `auto` in the name of an output stands for is found when it is to be written. */
async function placed(settings: Settings, words: RunWords, { definition }: Requests, around: Surroundings) {
  const paths = [...settings.output, settings.summary ?? ''];
  if (settings.dryRun || settings.curl || !paths.some((path) => path.startsWith('auto')))
    return { settings, words };
  const { withRunFolder } = await import('./run-folder.ts');
  return withRunFolder(settings, words, definition, around);
}

/** What need not be sent, or not be sent again. */
async function earlierOf(settings: Settings, around: Surroundings): Promise<Earlier | undefined> {
  if (!settings.skipExisting && !settings.ifChanged && settings.earlier.length === 0) return undefined;
  const { readEarlier } = await import('./earlier-files.ts');
  return readEarlier(settings, around);
}

/** How many in flight `flurry tune --save` found best for a host. */
async function startsOf(
  { concurrency }: Settings,
  { env, stderr }: Surroundings,
): Promise<Pick<World, 'startOf'>> {
  if (concurrency !== 'auto') return {};
  const path = profilesPath(env);
  if (!existsSync(path)) return {};
  const { profileFor, readProfiles } = await import('./tune-profiles.ts');
  try {
    const profiles = readProfiles(path);
    return profiles.size === 0 ? {} : { startOf: (origin) => profileFor(profiles, origin)?.concurrency };
  } catch (error) {
    // It would only have been a better start.
    stderr.write(`flurry: ${(error as Error).message}\n`);
    return {};
  }
}

const NO_PASSWORD =
  '--user holds no password, and an empty one is sent; write user:password, or user: where that is meant';

function lacksPassword({ user }: Settings): boolean {
  return user !== undefined && !user.includes(':');
}

/** What no request could go out with. */
async function refuseHopeless(settings: Settings): Promise<void> {
  const { ciphers, localAddresses, unixSocket } = settings;
  if (ciphers === undefined && unixSocket === undefined && localAddresses.length === 0) return;
  const { checkNetwork } = await import('./network-checks.ts');
  await checkNetwork(settings);
}

async function showPlan(
  requests: Requests,
  settings: Settings,
  { cookies }: SessionCore,
  around: Surroundings,
): Promise<number> {
  if (cookies !== undefined) {
    const { checkCookies } = await import('./cookie-files.ts');
    for (const line of checkCookies(settings, cookies)) around.stderr.write(`flurry: ${line}\n`);
  }
  const { planText } = await import('./plan.ts');
  around.stdout.write(await planText(requests, settings, around));
  return EXIT.done;
}

/** With what -G and -T make of their URLs. */
async function requestsIn(
  urls: readonly string[],
  settings: Settings,
  around: Surroundings,
): Promise<Requests> {
  const requests = requestsFor(urls, settings, around);
  if (!settings.get && settings.uploadFile === undefined) return requests;
  const { withTargets } = await import('./request-options.ts');
  return withTargets(requests, settings);
}

/** Reads what --cookie names; what comes back writes what --cookie-jar names, and says what was not kept. */
async function cookieFiles(settings: Settings, run: RunCore, around: Surroundings): Promise<() => void> {
  if (run.cookies === undefined) return () => {};
  const { loadCookies, saveCookies } = await import('./cookie-files.ts');
  for (const line of loadCookies(settings, run.cookies)) around.stderr.write(`flurry: ${line}\n`);
  return () => {
    saveCookies(settings, run.cookies);
    const { refused } = run.cookies!;
    if (refused.count > 0 && !settings.quiet) {
      around.stderr.write(`flurry: cookies refused: ${count(refused.count)}; the last ${refused.last}\n`);
    }
  };
}

async function recordingOf(parts: RecordingParts): Promise<Recording | undefined> {
  const { source, settings } = parts;
  const { summary } = settings;
  try {
    if (summary !== undefined) assertWritable(summary);
    const recording = await openOutputs(parts);
    if (recording === undefined) source.close();
    return recording;
  } catch (error) {
    // What it reads from must not keep the process alive.
    source.close();
    throw error;
  }
}

function nothingLeft({ output, quiet }: Settings, { stderr }: Surroundings): number {
  if (!quiet)
    stderr.write(
      `${redacted(output[0]!)} is complete; nothing is left to send (--restart sends all of it again)\n`,
    );
  return EXIT.done;
}

interface ExecutionParts {
  readonly run: RunCore;
  readonly sink: WatchedSink;
  readonly recording: Recording;
  readonly settings: Settings;
  readonly conditions: readonly Condition[];
  readonly requests: Requests;
  readonly around: Surroundings;
  readonly saveCookies: () => void;
}

const WAITING_FOR_OUTPUT =
  'the last records wait for the reader of the output; once more to leave without them';

class Execution {
  readonly #parts: ExecutionParts;
  #signal: StopSignal | undefined;
  #display: RunDisplay | undefined;
  #stopHearing: (() => void) | undefined;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  async run(): Promise<number> {
    const { run, settings, around } = this.#parts;
    this.#stopHearing = around.onSignal((signal) => this.#onSignal(signal));
    const stopWatchingExit = around.onExit(() => this.#display?.stop());
    if (settings.verbose) await this.#tellFailures();
    await this.#tellWhatIsThere();
    run.start();
    // One that came before there was anything to stop.
    if (this.#signal !== undefined) run.stop('caller');
    const shown = settings.quiet ? undefined : this.#show();
    const broken = await this.#ended();
    await shown;
    this.#stopHearing();
    stopWatchingExit();
    this.#display?.stop();
    return this.#conclude(broken);
  }

  /** What broke the run, if anything did. */
  async #ended(): Promise<Error | undefined> {
    const { run, recording } = this.#parts;
    const broken = await run.done.then(() => undefined, toError);
    const unended = await recording
      .end(broken === undefined && run.stoppedBy === undefined)
      .then(() => undefined, toError);
    return broken ?? unended;
  }

  async #tellWhatIsThere(): Promise<void> {
    const { recording, settings, requests, around } = this.#parts;
    const isPlain = recording.before === undefined && (recording.resumable || settings.output.length === 0);
    if (settings.quiet || isPlain) return;
    const { whatIsThere } = await import('./going-on.ts');
    const lines = whatIsThere({ ...recording, ...settings, inputName: requests.inputName });
    for (const line of lines) around.stderr.write(`flurry: ${line}\n`);
  }

  async #show(): Promise<void> {
    const { RunDisplay } = await import('./run-display.ts');
    const { run, settings, around } = this.#parts;
    this.#display = new RunDisplay(run, settings, around);
  }

  async #tellFailures(): Promise<void> {
    const { failureText } = await import('./run-display.ts');
    this.#parts.sink.onFailure = (failure) => this.#say(redacted(failureText(failure)));
  }

  /** The first lets what is in flight finish, the second does not; a third is the system's, and ends the process. */
  #onSignal(signal: StopSignal): void {
    const { run, settings, recording } = this.#parts;
    const { inFlight } = run.snapshot();
    if (this.#signal === undefined) {
      this.#signal = signal;
      const grace =
        inFlight === 0 ? '' : `: ${inFlight} in flight may finish within ${showMs(settings.graceMs)}`;
      this.#say(`stopping${grace}; once more to stop at once`);
      run.stop('caller');
      return;
    }
    this.#stopHearing?.();
    this.#display?.stop();
    const left = recording.resumable ? 'is sent when the run goes on' : 'is recorded as aborted';
    // Nothing is in flight where only a reader of the output is waited for.
    this.#say(inFlight === 0 ? WAITING_FOR_OUTPUT : `stopping at once: what is in flight ${left}`);
    run.abort('caller');
  }

  #say(line: string): void {
    if (this.#display === undefined) this.#parts.around.stderr.write(`${line}\n`);
    else this.#display.print(line);
  }

  #conclude(broken: Error | undefined): number {
    const { run, sink, settings, requests, around, recording } = this.#parts;
    this.#parts.saveCookies();
    if (settings.summary !== undefined) writeSummary(settings.summary, run.summary);
    // What the summary would say is not true of an output that broke.
    if (broken instanceof OutputError) throw this.#outputProblem(broken);
    if (broken === undefined || run.snapshot().requests > 0) {
      const firstFailure = broken === undefined ? sink.firstFailure : undefined;
      this.#display?.conclude(firstFailure, requests.inputName, recording.before?.requests);
    }
    if (broken !== undefined) throw this.#inputProblem(broken);
    const { code, lines } = this.#ending();
    for (const line of lines) around.stderr.write(`flurry: ${line}\n`);
    this.#tellHowToGoOn();
    return code;
  }

  #tellHowToGoOn(): void {
    const { run, settings, around, recording } = this.#parts;
    if (run.stoppedBy === undefined || !recording.resumable || settings.quiet) return;
    around.stderr.write(
      `to go on, run the same command again, or: flurry resume ${redacted(settings.output[0]!)}\n`,
    );
  }

  #ending() {
    const { run, sink, settings, conditions, recording } = this.#parts;
    const { requests, expected } = run.snapshot();
    const held = conditions.filter((one) => run.holds(one));
    return endingOf({
      signal: this.#signal,
      stoppedBy: run.stoppedBy,
      requests,
      expected,
      held: held.map((one) => `${one.text} holds: ${run.measured(one)}`),
      durationMs: settings.durationMs,
      resumable: recording.resumable,
      notOk: settings.checkStatus ? sink.notOk : undefined,
    });
  }

  #outputProblem(error: OutputError): OutputError {
    const { recording, settings } = this.#parts;
    if (!recording.resumable) return error;
    const again = `what it holds is kept, and gone on with by: flurry resume ${redacted(settings.output[0]!)}`;
    return new OutputError(`${error.message}; ${again}`, error.cause);
  }

  /** With the name of the input, and what to do about it. */
  #inputProblem(error: Error): Error {
    const strict = /^(.*) \(strict input\)$/s.exec(error.message)?.[1];
    if (!(error instanceof InputError) || strict === undefined) return error;
    const { inputName } = this.#parts.requests;
    const place = inputName === undefined ? strict : `${inputName}, ${strict}`;
    return usage(`${place}; mend it, or leave out --strict-input to have it recorded as a failure`);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
