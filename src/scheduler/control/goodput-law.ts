// Finds how many requests in flight give the most successful responses per second, and follows when that changes.

import type { ControlLaw, Sample } from './law.ts';
import { Pace } from './pace.ts';
import { Window } from './window.ts';

export interface GoodputSettings {
  readonly initial: number;
  readonly max: number;
}

type Phase = 'ramp' | 'rest' | 'base' | 'test';

const LN2 = Math.log(2);
const STEP = { min: Math.log(1.15), again: Math.log(1.25), first: Math.log(1.5), max: LN2 };
/** A latency counts as no more than so many typical ones: the tail must not decide. */
const TAIL = 4;
const METERED_MS = { first: 20_000, max: 320_000 };
const BLUR = 0.28;
const RS = 1;
const LEAN = 0.6;
const PRECISION = 0.1;
const ENOUGH = { min: 24, max: 3000 };
const RAMP_ELASTICITY = 0.5;
const SIG = 1.6;
const UP = 0.07;
const DOWN = 0.05;
/** The knee that a chord shows is passed by so much: a little too many costs nothing, too few does. */
const MARGIN = 1.08;

export class GoodputLaw implements ControlLaw {
  limit: number;
  readonly #settings: GoodputSettings;
  readonly #pace = new Pace();
  readonly #now = new Window();
  readonly #base = new Window();
  readonly #best = new Window();
  #phase: Phase = 'ramp';
  #typicalMs = 0;
  /** What is held while another is tried. */
  #held: number;
  #direction: 1 | -1 = 1;
  #step = STEP.first;
  readonly #up = new Evidence();
  readonly #down = new Evidence();
  #restMs = 100;
  #restFromMs = 0;
  #cutMs = Number.NEGATIVE_INFINITY;
  /** The least that led to drops lately. */
  #ceiling = Number.POSITIVE_INFINITY;
  #ceilingUntilMs = 0;
  #ceilingForMs = 1000;
  #meteredForMs = METERED_MS.first;
  #saturation = 0;

  constructor(settings: GoodputSettings) {
    this.#settings = settings;
    this.limit = this.#held = Math.min(settings.initial, settings.max);
  }

  get ratePerSecond(): number | undefined {
    return this.#pace.ratePerSecond;
  }

  saturation(share: number): void {
    this.#saturation = share;
  }

  record(sample: Sample): void {
    const { nowMs, verdict, latencyMs, status } = sample;
    const startedMs = nowMs - latencyMs;
    if (status === 429) {
      this.#pace.refused(nowMs, startedMs, sample.inFlight);
      return this.#metered(nowMs);
    }
    if (verdict === 'ignore' && status === 0) return;
    if (verdict === 'success') this.#pace.succeeded(nowMs, startedMs, sample.inFlight);
    const typical = this.#typicalMs;
    const counted = typical === 0 ? latencyMs : Math.min(latencyMs, TAIL * typical);
    if (verdict !== 'drop') this.#typicalMs = typical === 0 ? counted : typical + (counted - typical) / 64;
    const window = this.#now;
    if (startedMs < window.sinceMs) return;
    window.add(sample, counted);
    if (verdict === 'drop' && this.#tooMany()) return this.#dropped(nowMs, startedMs);
    if (window.ended >= 8) this.#look(nowMs);
  }

  toString(): string {
    const rate = this.ratePerSecond === undefined ? '' : `, ${this.ratePerSecond.toFixed(1)}/s`;
    return `${this.#phase} ${this.limit}${rate}, step ${Math.exp(this.#direction * this.#step).toFixed(2)}`;
  }

  #metered(nowMs: number): void {
    const { refusedInFlight } = this.#pace;
    if (refusedInFlight > 1 && refusedInFlight <= this.limit) {
      // Each try costs a pause.
      this.#ceiling = refusedInFlight;
      this.#ceilingUntilMs = nowMs + this.#meteredForMs;
      this.#meteredForMs = Math.min(METERED_MS.max, this.#meteredForMs * 2);
      this.#hold(nowMs, refusedInFlight - 1, -1, STEP.min);
    } else if (this.#phase === 'ramp') this.#hold(nowMs, this.limit, 1, STEP.min);
  }

  #tooMany(): boolean {
    const { drops, ended } = this.#now;
    const usual = this.#phase === 'test' && this.#base.ended > 0 ? 1 - this.#base.share : 0;
    return drops >= 2 && drops > ended * (2 * usual + 0.04);
  }

  #dropped(nowMs: number, startedMs: number): void {
    if (startedMs < this.#cutMs) return;
    this.#cutMs = nowMs;
    this.#ceiling = this.limit;
    if (this.#ceiling - this.#held <= 1) this.#ceilingForMs = Math.min(16_000, this.#ceilingForMs * 2);
    this.#ceilingUntilMs = nowMs + this.#ceilingForMs;
    const limit = this.#phase === 'test' && this.#direction === 1 ? this.#held : this.limit * 0.8;
    this.#hold(nowMs, limit, 1, STEP.min);
  }

  #look(nowMs: number): void {
    const window = this.#now;
    if (this.#phase === 'ramp') {
      if (window.ended >= Math.max(8, 0.75 * this.limit)) this.#ramp(nowMs);
      return;
    }
    const measuredMs = nowMs - window.sinceMs;
    if (measuredMs < 2 * this.#typicalMs) return;
    if (window.ended < this.#enough() && measuredMs < 1500 + 2 * this.#typicalMs) return;
    if (this.#phase === 'rest') this.#rested(nowMs);
    else if (this.#phase === 'base') this.#try(nowMs);
    else this.#decide(nowMs);
  }

  #enough(): number {
    const error = PRECISION * this.#step;
    return Math.min(ENOUGH.max, Math.max(ENOUGH.min, this.#now.relativeVariance / (error * error)));
  }

  #ramp(nowMs: number): void {
    const window = this.#now;
    if (window.limited < window.ended / 2) return window.start(nowMs);
    if (window.meanInFlight < 0.5 * this.limit) {
      return this.#hold(nowMs, Math.ceil(window.meanInFlight), -1, STEP.first);
    }
    const before = this.#base;
    const best = this.#best;
    if (before.ended > 0) {
      const e = elasticity(before, window);
      if (e < RAMP_ELASTICITY) {
        const span = Math.log(window.meanInFlight / before.meanInFlight);
        const error = Math.sqrt(errorOf(window) + errorOf(before)) / span;
        if (e + RS * error > RAMP_ELASTICITY && window.ended < 4 * Math.max(8, 0.75 * this.limit)) return;
        const knee = window.meanInFlight * (best.meanMs / window.meanMs) * window.share;
        return this.#hold(nowMs, clamp(knee * MARGIN, before.meanInFlight, this.limit), -1, STEP.first);
      }
    }
    if (best.ended === 0 || window.meanMs < best.meanMs) best.copyFrom(window);
    before.copyFrom(window);
    if (this.limit >= this.#settings.max) return this.#hold(nowMs, this.limit, -1, STEP.first);
    this.#setLimit(nowMs, this.limit * 2);
  }

  /** Holds a limit, measures it and goes on from there. */
  #hold(nowMs: number, limit: number, direction: 1 | -1, step: number): void {
    this.#phase = 'base';
    this.#direction = direction;
    this.#step = step;
    this.#fresh();
    this.#setLimit(nowMs, limit);
    this.#held = this.limit;
  }

  #fresh(): void {
    this.#up.clear();
    this.#down.clear();
  }

  #setLimit(nowMs: number, limit: number): void {
    this.limit = clamp(Math.round(limit), 1, this.#settings.max);
    this.#now.start(nowMs);
  }

  #try(nowMs: number): void {
    const window = this.#now;
    const bound = window.meanInFlight >= 0.85 * this.#held;
    if (window.limited < window.ended / 2 || (!bound && this.ratePerSecond !== undefined)) {
      return this.#rest(nowMs, this.#held);
    }
    this.#base.copyFrom(window);
    if (nowMs > this.#ceilingUntilMs) this.#ceiling = Number.POSITIVE_INFINITY;
    // Something else holds it back: more of this limit would change nothing.
    if (!bound) {
      this.#held = Math.ceil(window.meanInFlight);
      this.#direction = -1;
      this.#fresh();
    }
    const other = this.#other();
    if (other === this.#held || (this.#direction === 1 && this.#saturation > 0.95)) {
      this.#turn();
      return this.#rest(nowMs, this.#held);
    }
    this.#phase = 'test';
    this.#setLimit(nowMs, other);
  }

  #other(): number {
    const held = this.#held;
    // The fewer responses, the longer the step that shows anything.
    const blur = Math.sqrt(2 * errorOf(this.#base)) / BLUR;
    const step = Math.max(this.#step, Math.min(blur, STEP.first));
    const limit = Math.round(held * Math.exp(this.#direction * step));
    const other = clamp(limit === held ? held + this.#direction : limit, 1, this.#settings.max);
    return this.#ceiling > held ? Math.min(other, Math.floor((held + this.#ceiling) / 2)) : other;
  }

  #turn(): void {
    this.#direction = this.#direction === 1 ? -1 : 1;
  }

  #decide(nowMs: number): void {
    const [low, high] = this.#direction === 1 ? [this.#base, this.#now] : [this.#now, this.#base];
    const span = Math.log(high.meanInFlight / low.meanInFlight);
    if (!(span > 0.02)) return this.#reject(nowMs);
    const variance = (errorOf(low) + errorOf(high)) / (span * span) + 1e-4;
    const up = this.#direction === 1;
    const evidence = up ? this.#up : this.#down;
    evidence.add(elasticity(low, high), variance);
    const { value, error } = evidence;
    if (span > Math.log(1.3) && value > DOWN && value < 0.85) {
      const limit = clamp(
        low.meanInFlight * Math.exp(span * value) * MARGIN,
        low.meanInFlight,
        high.meanInFlight,
      );
      return this.#hold(nowMs, limit, up && value < 0.2 ? -1 : 1, up ? STEP.again : STEP.min);
    }
    if (up ? value - SIG * error > UP : value + error < DOWN)
      return this.#accept(nowMs, !up || value > 0.5 ? STEP.max : value > 0.2 ? STEP.again : 0);
    // Where nothing is proven, fewer are better.
    if (!up && value < DOWN + LEAN * error && evidence.pairs > 1.7) return this.#accept(nowMs, 0);
    if (up ? value + error < UP : value - error > DOWN) return this.#reject(nowMs);
    // Unsure: once more, and the other way where this one does not look better.
    if (up ? value < UP : value > DOWN) this.#turn();
    this.#again(nowMs);
  }

  #again(nowMs: number): void {
    this.#phase = 'base';
    this.#setLimit(nowMs, this.#held);
  }

  #accept(nowMs: number, stepMax: number): void {
    this.#held = this.limit;
    this.#step = Math.max(this.#step, Math.min(stepMax, this.#step * 2));
    this.#restMs = 100;
    this.#fresh();
    this.#try(nowMs);
  }

  #reject(nowMs: number): void {
    this.#step = Math.max(STEP.min, this.#step / 2);
    this.#turn();
    this.#rest(nowMs, this.#held);
  }

  #rest(nowMs: number, limit: number): void {
    this.#phase = 'rest';
    this.#restFromMs = nowMs;
    this.#setLimit(nowMs, limit);
    this.#restMs = Math.min(800, this.#restMs * 1.5);
  }

  #rested(nowMs: number): void {
    const window = this.#now;
    const base = this.#base;
    if (window.limited >= window.ended / 2 && base.ended > 0) {
      const change = Math.log(window.goodput / base.goodput);
      const error = Math.sqrt(errorOf(window) + errorOf(base));
      const same = Math.abs(Math.log(window.meanInFlight / base.meanInFlight)) < 0.03;
      if (same && Math.abs(change) > Math.max(0.07, 4 * error)) {
        return this.#hold(nowMs, this.#held, change > 0 ? 1 : -1, STEP.first);
      }
    }
    if (nowMs - this.#restFromMs < this.#restMs) return this.#now.start(nowMs);
    this.#phase = 'base';
    this.#try(nowMs);
  }
}

/** By how many percent goodput grows when one percent more is in flight: 1 below the knee, 0 where all else queues. */
function elasticity(low: Window, high: Window): number {
  return Math.log(high.goodput / low.goodput) / Math.log(high.meanInFlight / low.meanInFlight);
}

/** Variance of the logarithm of a window's goodput. */
function errorOf(window: Window): number {
  return (window.relativeVariance + (1 - window.share)) / window.ended;
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}

const KEPT = 0.8;

/** What several comparisons say together; older ones count ever less. */
class Evidence {
  pairs = 0;
  #sum = 0;
  #weight = 0;

  clear(): void {
    this.pairs = 0;
    this.#sum = 0;
    this.#weight = 0;
  }

  add(value: number, variance: number): void {
    this.pairs = this.pairs * KEPT + 1;
    this.#sum = this.#sum * KEPT + value / variance;
    this.#weight = this.#weight * KEPT + 1 / variance;
  }

  get value(): number {
    return this.#sum / this.#weight;
  }

  get error(): number {
    return 1 / Math.sqrt(this.#weight);
  }
}
