// Targets as formulas, for experiments without sockets or time: goodput and errors by the number in flight, with noise
// that a seed decides.

import type { Trial, TrialPlan } from '../../src/engine/tune-meter.ts';
import type { TrialPlayer } from '../../src/engine/tune-trial.ts';
import { Histogram } from '../../src/metrics/histogram.ts';
import { Random } from '../../src/target/random.ts';

export interface Model {
  /** Requests that end in a second, whatever their end. */
  readonly throughput: (size: number) => number;
  /** From 0 to 1. */
  readonly errorShare?: (size: number) => number;
  /** Relative, of one trial. */
  readonly noise?: number;
  readonly seed?: number;
}

/** `workers` of `ms` each; what is more waits. */
export function capacity(workers: number, ms: number): Model {
  return { throughput: (size) => (1000 * Math.min(size, workers)) / ms };
}

export class ModelPlayer implements TrialPlayer {
  readonly plans: TrialPlan[] = [];
  playAuto: ((plan: TrialPlan) => Promise<Trial>) | undefined = undefined;
  sent = 0;
  /** What would have been sent by the end of a trial, had each used all that it was given. */
  mostAtRisk = 0;
  /** Called before each trial, with how many were played. */
  onPlay: (played: number) => void = () => {};
  readonly #model: Model;
  readonly #random: Random;

  constructor(model: Model) {
    this.#model = model;
    this.#random = new Random(model.seed ?? 1);
  }

  get sizes(): number[] {
    return this.plans.map(({ size }) => size);
  }

  async play(plan: TrialPlan): Promise<Trial> {
    this.onPlay(this.plans.length);
    this.plans.push(plan);
    this.mostAtRisk = Math.max(this.mostAtRisk, this.sent + plan.requests);
    const trial = this.trialOf(plan, plan.size);
    this.sent += trial.sent;
    return trial;
  }

  trialOf({ size, requests, timeMs }: TrialPlan, inFlight: number): Trial {
    const { throughput, errorShare = () => 0, noise = 0 } = this.#model;
    const perSecond = throughput(inFlight) * (1 + noise * (2 * this.#random.next() - 1));
    const measured = Math.max(0, Math.min(requests - 2 * size, (perSecond * timeMs) / 1000));
    const bad = Math.round(measured * errorShare(inFlight));
    const good = Math.round(measured) - bad;
    const latency = new Histogram();
    for (let i = 0; i < good; i++) latency.record((1000 * inFlight) / throughput(inFlight));
    return {
      size: inFlight,
      sent: Math.min(requests, Math.ceil(measured) + 2 * size),
      windowMs: (1000 * measured) / perSecond,
      good,
      goodput: perSecond * (1 - errorShare(inFlight)),
      errors: bad > 0 ? { 'status 429': bad } : {},
      latency,
      cpuShare: undefined,
      problem: undefined,
    };
  }
}
