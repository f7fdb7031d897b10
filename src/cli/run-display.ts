// What a person sees of a run on standard error: progress, and the summary at the end. Loaded while the first request
// is under way, and not at all with -q.

import type { RunCore } from '../engine/run.ts';
import type { Settings } from '../model/options.ts';
import type { Failure } from '../model/outcome.ts';
import { count } from '../model/text.ts';
import { Progress } from '../view/progress.ts';
import { summaryText } from '../view/summary.ts';
import { colors } from '../view/terminal.ts';
import { flagsInBrackets } from './flag-names.ts';
import { lookInto } from './look-into.ts';
import { isPiped, outputsOf } from './output-form.ts';
import { loginAdvice } from './proxy-options.ts';
import { redacted } from './redacted.ts';
import type { Surroundings } from './surroundings.ts';

const ALL_THERE = 'all of it was done before';

/** All that is asked of a run. */
export type ShownRun = Pick<RunCore, 'snapshot' | 'stoppedBy'>;

export class RunDisplay {
  readonly #run: ShownRun;
  readonly #settings: Settings;
  readonly #around: Surroundings;
  readonly #progress: Progress | undefined;
  readonly #recordsOnScreen: boolean;

  constructor(run: ShownRun, settings: Settings, around: Surroundings) {
    this.#run = run;
    this.#settings = settings;
    this.#around = around;
    this.#recordsOnScreen = isPiped(settings) && around.stdoutIsTerminal;
    // Records that scroll through the same terminal would tear the frames.
    const torn = this.#recordsOnScreen && around.stderr.isTTY === true;
    const { stderr: output, clock, env } = around;
    this.#progress = torn ? undefined : new Progress({ output, clock, env, snapshot: () => run.snapshot() });
    this.#progress?.start();
  }

  /** The cursor is given back; twice is fine. */
  stop(): void {
    this.#progress?.stop();
  }

  print(line: string): void {
    if (this.#progress === undefined) this.#around.stderr.write(`${line}\n`);
    else this.#progress.print(line);
  }

  /** When all is over. `inputName`: what a run without any request was to read; `before`: records of earlier sessions. */
  conclude(firstFailure: Failure | undefined, inputName: string | undefined, before = 0): void {
    const { stderr, env } = this.#around;
    const snapshot = this.#run.snapshot();
    if (snapshot.requests === 0) {
      const why = before > 0 && this.#run.stoppedBy === undefined ? ALL_THERE : this.#nothing(inputName);
      stderr.write(`nothing was sent: ${why}\n`);
      if (before > 0) this.#tellPlaces();
      return;
    }
    stderr.write(summaryText(snapshot, { color: colors(stderr, env) }));
    const advice = snapshot.statuses['407'] === undefined ? undefined : loginAdvice(this.#settings, env);
    if (advice !== undefined) stderr.write(`${advice}\n`);
    // Its record says it too, but that is in a file or has gone down a pipe.
    if (firstFailure !== undefined && !this.#recordsOnScreen && !this.#settings.verbose) {
      stderr.write(`first failure: ${failureText(firstFailure)}\n`);
    }
    if (snapshot.skipped !== undefined && snapshot.skipped > 0) {
      stderr.write(`${count(snapshot.skipped)} skipped: they are in ${this.#earlier}\n`);
    }
    this.#tellPlaces();
  }

  get #earlier(): string {
    return this.#settings.earlier.map(redacted).join(', ');
  }

  /** With the line that looks into the first of them, once all is in it. */
  #tellPlaces(): void {
    if (isPiped(this.#settings)) return;
    this.#around.stderr.write(`${this.#places()}\n`);
    const look = this.#run.stoppedBy === undefined ? lookInto(outputsOf(this.#settings)) : undefined;
    if (look !== undefined) this.#around.stderr.write(`to look into them: ${look}\n`);
  }

  #places(): string {
    const { output, recordBody } = this.#settings;
    const places = output.filter((path) => path !== '-').map(redacted);
    // Archives have bodies in themselves.
    const beside = places.find((path) => !/\.warc(?:\.gz)?$/i.test(path));
    const bodies = recordBody === 'files' && beside !== undefined ? `, bodies in ${beside}.bodies` : '';
    return `records in ${places.join(', ')}${bodies}`;
  }

  #nothing(inputName: string | undefined): string {
    const { skipped = 0 } = this.#run.snapshot();
    if (this.#run.stoppedBy !== undefined) return 'the run was stopped before its first request ended';
    if (skipped > 0) return `all of ${count(skipped)} are in ${this.#earlier}`;
    if (this.#settings.first === 0) return '-n 0 asks for no request';
    return `${inputName ?? 'the input'} holds no request`;
  }
}

/** One line without control characters: a peer may have had a say in it. */
export function failureText({ index, url, phase, kind, message }: Failure): string {
  const told = flagsInBrackets(message);
  const what = phase === 'input' ? told : `${url}: ${told}`;
  return `${index} ${phase}/${kind} ${what}`.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
