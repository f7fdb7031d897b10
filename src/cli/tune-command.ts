// `flurry tune`: from words to an experiment, with its signals and its end. What was found goes to standard output.

import { NothingMeasured, type TuneResult, Tuning } from '../engine/tune.ts';
import { geometricSizes } from '../engine/tune-budget.ts';
import { TargetTrials } from '../engine/tune-trial.ts';
import { OptionError } from '../model/option-kinds.ts';
import type { Settings } from '../model/options.ts';
import { shown } from '../model/origin.ts';
import { colors, columnsOf, paintFor } from '../view/terminal.ts';
import { completed } from './completed.ts';
import { EXIT, Exit, usage } from './exit-codes.ts';
import { layered } from './layers.ts';
import { checkNetwork } from './network-checks.ts';
import { profilesPath } from './profiles-path.ts';
import { redacted } from './redacted.ts';
import { type Requests, requestsFor } from './sources.ts';
import type { StopSignal, Surroundings } from './surroundings.ts';
import { readTuneWords, type TuneValues, type TuneWords } from './tune-flags.ts';
import { assertPlots, writePlots } from './tune-plots.ts';
import { readProfiles, saveProfile } from './tune-profiles.ts';
import { TuneProgress } from './tune-progress.ts';
import { chartOf, reportJson, reportLines, type TuneContext } from './tune-report.ts';

export async function tuneCommand(argv: readonly string[], around: Surroundings): Promise<number> {
  const words = readTuneWords(argv);
  if (words.asks === 'version') {
    const { version } = await import('./version.ts');
    around.stdout.write(`${version()}\n`);
    return EXIT.done;
  }
  if (words.asks === 'help') {
    const { helpText } = await import('./help.ts');
    around.stdout.write(helpText('tune', around.stdout.columns));
    return EXIT.done;
  }
  const { settings } = await layered(words.flags, around);
  const complete = await completed(settings, words, around);
  const requests = await requestsIn(words, complete, around);
  const { own } = words;
  const sizes = sizesOf(own);
  assertPlots(own.plot);
  // A file that could not be kept would be known only when all is over.
  if (own.save) readProfiles(profilesPath(around.env));
  await checkNetwork(complete);
  const trials = new TargetTrials(requests.definition, complete, sizes.at(-1)!, around);
  try {
    await loadCookies(complete, trials, around);
    return await new Experiment({ trials, sizes, own, requests, around, quiet: complete.quiet }).run();
  } finally {
    trials.close();
  }
}

function sizesOf({ sizes, maxConcurrency }: TuneValues): number[] {
  if (sizes === undefined) return geometricSizes(maxConcurrency ?? SIZE_DEFAULT_MAX);
  const kept = sizes.filter((size) => size <= (maxConcurrency ?? size));
  if (kept.length === 0) throw usage(`--sizes are all above --max-concurrency ${maxConcurrency}`);
  return kept;
}

/** Being welcome tomorrow is worth more than what a larger one might give. */
const SIZE_DEFAULT_MAX = 256;

async function requestsIn(words: TuneWords, settings: Settings, around: Surroundings): Promise<Requests> {
  if (words.urls.length === 0) {
    throw usage("tune takes the URL to try, such as flurry tune 'http://localhost:8080/todos/[1-100]'");
  }
  const requests = requestsFor(words.urls, { ...settings, input: undefined }, around);
  if (!settings.get && settings.uploadFile === undefined) return requests;
  const { withTargets } = await import('./request-options.ts');
  return withTargets(requests, settings);
}

async function loadCookies(settings: Settings, trials: TargetTrials, around: Surroundings): Promise<void> {
  if (settings.cookie === undefined) return;
  const { loadCookies: load } = await import('./cookie-files.ts');
  for (const line of load(settings, trials.session.cookies)) around.stderr.write(`flurry: ${line}\n`);
}

interface ExperimentParts {
  readonly trials: TargetTrials;
  readonly sizes: readonly number[];
  readonly own: TuneValues;
  readonly requests: Requests;
  readonly around: Surroundings;
  readonly quiet: boolean;
}

class Experiment {
  readonly #parts: ExperimentParts;
  readonly #tuning: Tuning;
  readonly #progress: TuneProgress | undefined;
  #signal: StopSignal | undefined;

  constructor(parts: ExperimentParts) {
    this.#parts = parts;
    const { own, sizes, trials, around, quiet } = parts;
    this.#tuning = tuningOf({ ...own, sizes, refine: own.sizes === undefined }, trials);
    if (quiet) return;
    const progress = new TuneProgress(around, own);
    this.#progress = progress;
    this.#tuning.onStep = progress.step;
  }

  async run(): Promise<number> {
    const { around } = this.#parts;
    const stopHearing = around.onSignal((signal) => this.#onSignal(signal));
    const stopWatchingExit = around.onExit(() => this.#progress?.stop());
    const startedMs = around.clock.now();
    try {
      const result = await this.#tuning.run();
      this.#progress?.stop();
      return await this.#conclude(result, around.clock.now() - startedMs);
    } catch (error) {
      if (!(error instanceof NothingMeasured)) throw error;
      throw new Exit(EXIT.failures, `nothing was measured: ${redacted(error.message)}`);
    } finally {
      this.#progress?.stop();
      stopHearing();
      stopWatchingExit();
    }
  }

  /** The first lets what is in flight finish and shows what there is; the second does not wait for it. */
  #onSignal(signal: StopSignal): void {
    const { trials, around } = this.#parts;
    const again = this.#signal !== undefined;
    this.#signal ??= signal;
    this.#tuning.stop();
    if (again) return trials.abort();
    const line = 'stopping; once more to stop at once';
    if (this.#progress === undefined) around.stderr.write(`${line}\n`);
    else this.#progress.print(line);
    trials.stop();
  }

  async #conclude(result: TuneResult, wallMs: number): Promise<number> {
    const { around, own } = this.#parts;
    const context = this.#context(wallMs);
    if (result.best === undefined) {
      around.stderr.write('flurry: interrupted before anything was measured\n');
    } else {
      this.#print(result, context);
      await writePlots(own.plot, chartOf(result, context));
      if (own.save) this.#save(result, context);
    }
    if (this.#signal === undefined) return EXIT.done;
    return this.#signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }

  #context(wallMs: number): TuneContext {
    const { trials, sizes, own, requests, around } = this.#parts;
    const date = new Date(around.clock.wall()).toISOString();
    const maxTried = sizes.at(-1)!;
    const origin = trials.origin.key;
    const [template] = requests.templates;
    const url =
      requests.templates.length === 1
        ? shown(template!.text)
        : `${origin}, ${requests.templates.length} URLs`;
    return { url, origin, trials: own.trials, seed: own.seed, wallMs, date, maxTried };
  }

  #print(result: TuneResult, context: TuneContext): void {
    const { around, own } = this.#parts;
    const { stdout, env } = around;
    if (own.format === 'json') {
      stdout.write(`${reportJson(result, context)}\n`);
      return;
    }
    const paint = paintFor(colors(stdout, env));
    stdout.write(`${reportLines(result, context, columnsOf(stdout), paint).join('\n')}\n`);
  }

  /** Half an experiment is none to begin the next runs with. */
  #save({ recommended, knee, usl, stopped }: TuneResult, { origin, date }: TuneContext): void {
    const { around } = this.#parts;
    if (recommended === undefined || stopped) {
      around.stderr.write('flurry: no profile was saved, because the experiment did not come to its end\n');
      return;
    }
    const path = profilesPath(around.env);
    const parameters =
      usl === undefined ? undefined : { lambda: usl.lambda, sigma: usl.sigma, kappa: usl.kappa };
    const [concurrency, goodput] = [recommended.size, recommended.goodput.mean];
    saveProfile(path, origin, { concurrency, goodput, knee: knee?.size, usl: parameters, date });
    around.stderr.write(`the profile of ${origin} is in ${path}\n`);
  }
}

/** A budget that pays for nothing is a slip. */
function tuningOf(options: ConstructorParameters<typeof Tuning>[0], trials: TargetTrials): Tuning {
  try {
    return new Tuning(options, trials);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OptionError('--requests', `--requests: ${error.message}; give more, or fewer --trials`);
  }
}
