// The experiment behind `flurry tune`: goodput at several numbers in flight, found out fairly and within a budget. It
// plans trials and judges what comes of them; a player plays them.
//
//   look:    every size once, going up, until it clearly does not pay or the target refuses. Counts for nothing but the
//            plan: it warms both sides up and says how much time lets each size send.
//   rounds:  every size that is left once a round, each round in an order of its own, so that a target that changes with
//            time does not look like one that changes with size. After each, larger sizes that are proven worse are left
//            out.
//   refine:  the same with a few sizes more, around the knee.
//   auto:    one trial in which the concurrency finds itself.

import { isLower, mean } from '../metrics/statistics.ts';
import { count } from '../model/text.ts';
import { affordable, leastRequests, type Prospect, requestsFor, Shuffler } from './tune-budget.ts';
import { ERROR_SHARE_MAX, errorsOf, type Findings, findingsOf, sizesToRefine } from './tune-findings.ts';
import { errorShareOf, type Trial, type TrialPlan } from './tune-meter.ts';
import type { TrialPlayer } from './tune-trial.ts';

export interface TuneOptions {
  /** Requests in flight to try. */
  readonly sizes: readonly number[];
  /** Whether sizes of its own choice may be added. */
  readonly refine: boolean;
  readonly trials: number;
  readonly trialMs: number;
  /** Requests in all. */
  readonly requests: number;
  readonly seed: number;
}

export type TunePhase = 'look' | 'rounds' | 'refine' | 'auto';

/** What is about to be played. */
export interface TuneStep {
  readonly phase: TunePhase;
  readonly size: number;
  readonly round: number;
  /** Trials that are over, and those that are planned as things stand. */
  readonly played: number;
  readonly planned: number;
  readonly sent: number;
}

export interface TuneResult extends Findings {
  /** What was left out or changed, a sentence each. */
  readonly notes: readonly string[];
  readonly sent: number;
  readonly trialMs: number;
  /** Somebody ended it early. */
  readonly stopped: boolean;
}

/** Nothing came through: there is nothing to measure. */
export class NothingMeasured extends Error {
  override readonly name = 'NothingMeasured';
}

/** The first look at the smallest size waits this long for slow targets. */
const FIRST_LOOK_MS = 10_000;
const FIRST_LOOK_REQUESTS = 20;
/** One error of few requests is no share. */
const ERRORS_MIN = 3;
/** A trial lasts at least as many times the base latency. */
const TRIAL_LATENCIES = 4;
/** At a look, which is short, only a loss that chance does not bring ends the way up. */
const CLEAR_LOSS = 0.7;
/** Half of the trials were shorter. */
const WINDOW_SHORT_MS = 100;
const REFINED_MAX = 2;
const REFINE_SHARE = 0.3;
const AUTO_SHARE = 0.15;
const AUTO_TRIALS = 4;
const AUTO_REQUESTS_MIN = 200;

export class Tuning {
  /** Called before each trial. */
  onStep: (step: TuneStep) => void = () => {};
  readonly #options: TuneOptions;
  readonly #player: TrialPlayer;
  readonly #shuffler: Shuffler;
  readonly #looks: Trial[] = [];
  readonly #trials: Trial[] = [];
  readonly #notes: string[] = [];
  #sizes: number[];
  #auto: Trial | undefined;
  #trialMs: number;
  #sent = 0;
  #played = 0;
  #stopped = false;

  /** Throws RangeError where the budget is too small for the smallest size. */
  constructor(options: TuneOptions, player: TrialPlayer) {
    this.#options = options;
    this.#player = player;
    this.#shuffler = new Shuffler(options.seed);
    this.#trialMs = options.trialMs;
    const { sizes, trials, requests } = options;
    this.#sizes = affordable(sizes, trials + 1, requests);
    if (this.#sizes.length === 0) {
      throw new RangeError(`${count(requests)} requests are too few for ${count(trials)} trials of any size`);
    }
    const last = this.#sizes.at(-1)!;
    if (this.#sizes.length < new Set(sizes).size) {
      this.#note(`sizes above ${count(last)} were left out: ${count(requests)} requests do not pay for them`);
    }
  }

  /** Throws NothingMeasured. */
  async run(): Promise<TuneResult> {
    await this.#look();
    for (let round = 1; round <= this.#options.trials && !this.#stopped; round++) {
      await this.#round('rounds', round, this.#sizes);
      this.#leaveOutWorse();
    }
    if (this.#options.refine && !this.#stopped) await this.#refine();
    if (!this.#stopped) await this.#tryAuto();
    this.#noteShortWindows();
    this.#noteRefusals();
    return {
      ...findingsOf(this.#trials, this.#looks, this.#auto),
      notes: this.#notes,
      sent: this.#sent,
      trialMs: this.#trialMs,
      stopped: this.#stopped,
    };
  }

  /** Whoever plays ends the trial that is under way; no other follows. */
  stop(): void {
    this.#stopped = true;
  }

  // ── the first look ──────────────────────────────────────────────────────────────────────────────────────

  async #look(): Promise<void> {
    for (const size of this.#sizes) {
      if (this.#stopped) return;
      const first = this.#looks.length === 0;
      const requests = Math.max(leastRequests(size), first ? FIRST_LOOK_REQUESTS : 0);
      const timeMs = first ? Math.max(FIRST_LOOK_MS, this.#trialMs) : this.#trialMs;
      const look = await this.#play('look', 0, { size, requests, warmUp: size, warmUpMs: timeMs, timeMs });
      if (look === undefined) return;
      this.#looks.push(look);
      if (first) this.#begin(look);
      if (this.#endsLook(look)) return;
    }
  }

  /** The first answers say whether there is anything to measure, and how slow it is. */
  #begin(look: Trial): void {
    if (look.good === 0) throw nothing(look);
    const needed = Math.ceil(TRIAL_LATENCIES * look.latency.mean);
    if (needed <= this.#trialMs) return;
    this.#trialMs = needed;
    this.#note(`a trial takes ${count(needed)} ms, because one response takes a quarter of that`);
  }

  /** Going on up would only hurt the target. */
  #endsLook(look: Trial): boolean {
    const last = look.size === this.#sizes.at(-1);
    const errorShare = errorShareOf([look]);
    const errors = Object.values(look.errors).reduce((sum, n) => sum + n, 0);
    if (errorShare > ERROR_SHARE_MAX && (errors >= ERRORS_MIN || look.good === 0)) {
      this.#keepTo(look.size);
      const share = `${Math.round(100 * errorShare)}%`;
      const rest = last ? '' : ', so larger sizes were left out';
      this.#note(`at ${count(look.size)} in flight ${share} were errors (${errorsOf([look])})${rest}`);
      return true;
    }
    const best = Math.max(...this.#looks.map(({ goodput }) => goodput));
    const lastTwo = this.#looks.slice(-2);
    if (last || lastTwo.length < 2 || lastTwo.some((one) => one.goodput > CLEAR_LOSS * best)) return false;
    this.#keepTo(look.size);
    this.#note(`sizes above ${count(look.size)} were left out: goodput had clearly fallen by then`);
    return true;
  }

  #keepTo(largest: number): void {
    this.#sizes = this.#sizes.filter((size) => size <= largest);
  }

  // ── rounds ──────────────────────────────────────────────────────────────────────────────────────────────

  async #round(phase: 'rounds' | 'refine', round: number, sizes: readonly number[]): Promise<void> {
    const order = this.#shuffler.shuffled(sizes);
    for (let i = 0; i < order.length; i++) {
      const later = this.#options.trials - round;
      const ahead = [...order.slice(i), ...Array.from({ length: later }, () => sizes).flat()];
      const budget = this.#left - (phase === 'rounds' ? this.#reserved : this.#reservedForAuto);
      const requests = requestsFor(
        ahead.map((size) => this.#prospectOf(size)),
        budget,
        this.#trialMs,
      );
      // What was promised to other phases is not promised to the last bit: a trial that is too short is worth nothing.
      if (requests > this.#left || this.#stopped) return;
      const size = order[i]!;
      const [warmUp, timeMs] = [size, this.#trialMs];
      const trial = await this.#play(phase, round, { size, requests, warmUp, warmUpMs: timeMs, timeMs });
      if (trial === undefined) return;
      this.#trials.push(trial);
    }
  }

  get #left(): number {
    return this.#options.requests - this.#sent;
  }

  get #reserved(): number {
    const { refine, requests } = this.#options;
    return this.#reservedForAuto + (refine ? REFINE_SHARE * requests : 0);
  }

  get #reservedForAuto(): number {
    return this.#player.playAuto === undefined ? 0 : AUTO_SHARE * this.#options.requests;
  }

  /** By what came of this size, or of its nearest neighbour, before. */
  #prospectOf(size: number): Prospect {
    const known = [...this.#looks, ...this.#trials].filter(({ good }) => good > 0);
    const distance = (trial: Trial) => Math.abs(Math.log(trial.size / size));
    const nearest = Math.min(...known.map(distance));
    const near = known.filter((trial) => distance(trial) === nearest);
    return { size, perSecond: mean(near.map(({ goodput }) => goodput)) };
  }

  /** Two larger sizes that are proven worse than the best, and none above them that is not: the best lies below. */
  #leaveOutWorse(): void {
    const valuesOf = (size: number) =>
      this.#trials.filter((trial) => trial.size === size).map(({ goodput }) => goodput);
    const best = this.#sizes.reduce((one, other) =>
      mean(valuesOf(other)) > mean(valuesOf(one)) ? other : one,
    );
    const above = this.#sizes.filter((size) => size > best);
    const worse = above.filter((size) => isLower(valuesOf(size), valuesOf(best)));
    if (worse.length < 2 || worse.length < above.length) return;
    this.#keepTo(best);
    const [from, to] = [above[0]!, above.at(-1)!];
    this.#note(
      `${count(from)} to ${count(to)} in flight were not tried to the end: proven worse than ${count(best)}`,
    );
  }

  // ── what follows from them ──────────────────────────────────────────────────────────────────────────────

  async #refine(): Promise<void> {
    const { trials } = this.#options;
    const wanted = sizesToRefine(findingsOf(this.#trials, this.#looks), REFINED_MAX);
    let sizes = wanted;
    const cost = () => sizes.reduce((sum, size) => sum + trials * leastRequests(size), 0);
    while (sizes.length > 0 && cost() > this.#left - this.#reservedForAuto) sizes = sizes.slice(0, -1);
    for (let round = 1; round <= trials && !this.#stopped; round++) await this.#round('refine', round, sizes);
  }

  /** Its way up belongs to its first half; the second says how well it does. */
  async #tryAuto(): Promise<void> {
    const { playAuto } = this.#player;
    const requests = this.#left;
    if (playAuto === undefined || requests < AUTO_REQUESTS_MIN || this.#trials.length === 0) return;
    const halfMs = (AUTO_TRIALS * this.#trialMs) / 2;
    // What it could use within its time, and a little more.
    const best = Math.max(...this.#trials.map(({ goodput }) => goodput));
    const most = Math.min(requests, Math.ceil((1.2 * best * 2 * halfMs) / 1000) + 100);
    const plan = {
      size: this.#sizes.at(-1)!,
      requests: most,
      warmUp: Math.floor(most / 2),
      warmUpMs: halfMs,
      timeMs: halfMs,
    };
    this.#auto = await this.#play('auto', 1, plan, playAuto);
  }

  /** Undefined where it was ended early: half a trial is none. */
  async #play(
    phase: TunePhase,
    round: number,
    plan: TrialPlan,
    play = (one: TrialPlan) => this.#player.play(one),
  ): Promise<Trial | undefined> {
    const { size } = plan;
    const [played, planned] = [this.#played, this.#planned(phase)];
    this.onStep({ phase, size, round, played, planned, sent: this.#sent });
    const trial = await play(plan);
    this.#sent += trial.sent;
    this.#played++;
    return this.#stopped ? undefined : trial;
  }

  /** As things stand: sizes may still be left out or added. */
  #planned(phase: TunePhase): number {
    const { trials, refine } = this.#options;
    const auto = this.#player.playAuto === undefined ? 0 : 1;
    if (phase === 'auto') return this.#played + 1;
    const looks = phase === 'look' ? this.#sizes.length : this.#looks.length;
    const refined = refine ? REFINED_MAX * trials : 0;
    return Math.max(this.#played + 1, looks + trials * this.#sizes.length + refined + auto);
  }

  /** A few milliseconds of a fast target say more about the moment than about the target. */
  #noteShortWindows(): void {
    const windows = this.#trials.map(({ windowMs }) => windowMs).sort((a, b) => a - b);
    const middle = windows[windows.length >> 1];
    if (middle === undefined || middle >= WINDOW_SHORT_MS || middle >= this.#trialMs / 2) return;
    const ms = Math.max(1, Math.round(middle));
    this.#note(
      `trials lasted ${ms} ms only: with more requests than ${count(this.#options.requests)} they tell more`,
    );
  }

  /** Whoever meters a rate gives the same at every size, and no size is the answer. */
  #noteRefusals(): void {
    const all = [...this.#looks, ...this.#trials];
    const refused = all.reduce((sum, { errors }) => sum + (errors['status 429'] ?? 0), 0);
    if (refused === 0) return;
    this.#note(
      `the target refused ${count(refused)} requests with 429: what it limits may be a rate (--rate)`,
    );
  }

  #note(text: string): void {
    this.#notes.push(text);
  }
}

function nothing(look: Trial): NothingMeasured {
  const errors = errorsOf([look]);
  if (errors === '') return new NothingMeasured('no response came in time');
  const problem = look.problem === undefined ? '' : `: ${look.problem}`;
  return new NothingMeasured(`not one of ${count(look.sent)} requests succeeded (${errors})${problem}`);
}
