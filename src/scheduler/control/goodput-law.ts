// Finds how many requests in flight give the most successful responses per second, and follows when that changes.
// Two windows at different limits are compared by their elasticity; docs/adaptive.md has the reasons and the numbers.
//
//   ramp ──► base ──► test ──┬─ better there ──► test, further on
//              ▲             ├─ unsure ────────► base, once more
//              └── rest ◄────┴─ not better

import { Evidence, elasticityOf, spanOf, varianceOf } from './evidence.ts';
import type { ControlLaw, Sample } from './law.ts';
import { Pace } from './pace.ts';
import { Window } from './window.ts';

export interface GoodputSettings {
  /** In flight at first. */
  readonly initial: number;
  /** In flight at most; whole, at least 1. */
  readonly max: number;
}

/** What holds it where it is; `demand`: nothing, there is not more to do. */
export type Finding = 'searching' | 'knee' | 'refusals' | 'rate' | 'cap' | 'demand';

/** As logarithms, so that a step up and one down undo each other. */
const STEP = {
  min: Math.log(1.15),
  again: Math.log(1.25),
  long: Math.log(1.3),
  first: Math.log(1.5),
  max: Math.log(2),
};
/** Goodput that 1 % more in flight must bring to be worth it, and 1 % less may cost. Between them nothing moves. */
const WORTH = { up: 0.07, down: 0.05, downFar: 0.15 };
/** Answers that take less have next to no queue behind them, or one in this process where that is saturated. What counts
 *  then is how many of them one turn of an event loop deals with: up to so many in flight are tried and kept unless
 *  goodput falls by that. */
const QUICK = { ms: 1, saturatedMs: 4, inFlight: 64, worth: -0.1 };
/** Growth so clear that the next step is twice as long, or a little longer. */
const CLEAR = { twice: 0.5, more: 0.2 };
/** Going up is believed at so many standard errors; going down, where nothing is proven, already at so many less, if
 *  that is not because nothing can be seen. */
const SURE = { up: 1.3, lean: 0.6, leanErrorMax: 0.25, pairs: 1.7, quick: 2, pairsQuick: 2 };
/** A chord with less is one across the knee, and says where that is. */
const BELOW_KNEE = 0.85;
/** Doubling goes on while it brings at least half of what it could. */
const RAMP = { elasticity: 0.5, endedMin: 8, share: 0.75, patience: 4, fell: 0.8 };
/** The knee that a chord shows is passed by so much: a little too many costs nothing, too few does. */
const MARGIN = 1.08;
/** A latency counts as no more than so many typical ones: one slow response must not look like a queue. Less than so
 *  many milliseconds may be a pause of this process, which all feel that are in flight then, and counts. */
const TAIL = { times: 4, ms: 20 };
/** Responses in a window: as many as give the elasticity to this error, between these. */
const ENOUGH = { error: 0.1, min: 24, max: 3000, lookAt: 8 };
/** With few responses only a longer step shows anything: to this error. */
const BLUR = 0.28;
/** A window ends at the latest, once two typical latencies have passed. */
const WINDOW_MS_MAX = 1500;
/** Nor before: some garbage collections, and turns of other processes, must have room in it. */
const WINDOW_MS_MIN = 50;
const REST_MS = { first: 100, max: 800, factor: 1.5 };
/** Goodput at the same limit that changes by more is a host that has changed. */
const CHANGE = { share: 0.07, errors: 4, sameInFlight: 0.03 };
/** Of what is allowed, so much is in flight where the limit is what holds. */
const BOUND = 0.85;
const DROPS = { min: 2, share: 0.04, cut: 0.8 };
/** How long a number that led to drops is not tried again; a try at a metered one costs a pause. */
const CEILING_MS = { first: 1000, max: 16_000 };
const METERED_MS = { first: 20_000, max: 320_000 };
/** A process that is busier than that learns about itself, not about the host. */
const SATURATED = 0.95;

export class GoodputLaw implements ControlLaw {
  limit: number;
  readonly #max: number;
  readonly #pace = new Pace();
  /** The window that is filling; the last one at the limit held; in the ramp: the one with the least latency. */
  readonly #window = new Window();
  readonly #base = new Window();
  readonly #least = new Window();
  readonly #upward = new Evidence();
  readonly #downward = new Evidence();
  #phase: 'ramp' | 'rest' | 'base' | 'test' = 'ramp';
  /** Kept while another limit is tried. */
  #held: number;
  #direction: 1 | -1 = 1;
  #step = STEP.first;
  #typicalMs = 0;
  #restMs = REST_MS.first;
  #restSinceMs = 0;
  #cutMs = Number.NEGATIVE_INFINITY;
  /** The least that led to drops lately. */
  #ceiling = Number.POSITIVE_INFINITY;
  #ceilingUntilMs = 0;
  #ceilingMs = CEILING_MS.first;
  #meteredMs = METERED_MS.first;
  #saturation = 0;

  constructor({ initial, max }: GoodputSettings) {
    this.#max = max;
    this.limit = this.#held = clamp(initial, 1, max);
  }

  get ratePerSecond(): number | undefined {
    return this.#pace.ratePerSecond;
  }

  get finding(): Finding {
    if (this.ratePerSecond !== undefined) return 'rate';
    if (this.#phase === 'ramp') return 'searching';
    if (this.#base.ended > 0 && !this.#base.wasLimited) return 'demand';
    if (this.#ceiling <= this.#held * Math.exp(STEP.min) + 1) return 'refusals';
    return this.#held >= this.#max ? 'cap' : 'knee';
  }

  toString(): string {
    const rate = this.ratePerSecond === undefined ? '' : `, ${this.ratePerSecond.toFixed(1)}/s`;
    return `${this.limit} in flight${rate}, ${this.#phase}, ${this.finding}`;
  }

  saturation(share: number): void {
    this.#saturation = share;
  }

  record(sample: Sample): void {
    const { nowMs, verdict, latencyMs, status, inFlight } = sample;
    const startedMs = nowMs - latencyMs;
    if (status === 429) {
      this.#pace.refused(nowMs, startedMs, inFlight);
      return this.#heedMetering(nowMs);
    }
    if (verdict === 'ignore' && status === 0) return;
    if (verdict === 'success') this.#pace.succeeded(nowMs, startedMs, inFlight);
    const typicalMs = this.#typicalMs;
    const longestMs = typicalMs === 0 ? latencyMs : Math.max(TAIL.times * typicalMs, TAIL.ms);
    const countedMs = Math.min(latencyMs, longestMs);
    if (verdict !== 'drop')
      this.#typicalMs = typicalMs === 0 ? countedMs : typicalMs + (countedMs - typicalMs) / 64;
    const window = this.#window;
    if (startedMs < window.sinceMs) return;
    window.add(sample, countedMs);
    if (verdict === 'drop' && this.#dropsTooMany()) return this.#retreat(nowMs, startedMs);
    if (window.ended >= ENOUGH.lookAt) this.#look(nowMs);
  }

  /** The host counts what is in flight and says so with 429: stay below where it did. */
  #heedMetering(nowMs: number): void {
    const { refusedInFlight } = this.#pace;
    if (refusedInFlight > 1 && refusedInFlight <= this.limit) {
      this.#ceiling = refusedInFlight;
      this.#ceilingUntilMs = nowMs + this.#meteredMs;
      this.#meteredMs = Math.min(METERED_MS.max, this.#meteredMs * 2);
      this.#hold(nowMs, refusedInFlight - 1, -1, STEP.min);
    } else if (this.#phase === 'ramp') this.#hold(nowMs, this.limit, 1, STEP.min);
  }

  /** More than a host drops anyway, whatever is in flight. */
  #dropsTooMany(): boolean {
    const { drops, ended } = this.#window;
    const usual = this.#phase === 'test' && this.#base.ended > 0 ? 1 - this.#base.goodShare : 0;
    return drops >= DROPS.min && drops > ended * (2 * usual + DROPS.share);
  }

  #retreat(nowMs: number, startedMs: number): void {
    if (startedMs < this.#cutMs) return;
    this.#cutMs = nowMs;
    this.#ceiling = this.limit;
    if (this.#ceiling - this.#held <= 1) this.#ceilingMs = Math.min(CEILING_MS.max, this.#ceilingMs * 2);
    this.#ceilingUntilMs = nowMs + this.#ceilingMs;
    const wasTest = this.#phase === 'test' && this.#direction === 1;
    this.#hold(nowMs, wasTest ? this.#held : Math.floor(this.limit * DROPS.cut), 1, STEP.min);
  }

  #look(nowMs: number): void {
    const window = this.#window;
    if (this.#phase === 'ramp') {
      if (window.ended >= this.#rampEnough()) this.#ramp(nowMs);
      return;
    }
    const measuredMs = nowMs - window.sinceMs;
    const settlingMs = 4 * this.#typicalMs;
    if (measuredMs < settlingMs || measuredMs < WINDOW_MS_MIN) return;
    if (window.ended < this.#enough() && measuredMs < WINDOW_MS_MAX + settlingMs) return;
    if (this.#phase === 'rest') this.#rested(nowMs);
    else if (this.#phase === 'base') this.#try(nowMs);
    else this.#decide(nowMs);
  }

  #enough(): number {
    const error = ENOUGH.error * this.#step;
    return clamp(this.#window.latencyVariance / (error * error), ENOUGH.min, ENOUGH.max);
  }

  #rampEnough(): number {
    return Math.max(RAMP.endedMin, RAMP.share * this.limit);
  }

  /** Doubles while that pays. What a limit lets go at once comes back together, one latency later. */
  #ramp(nowMs: number): void {
    const window = this.#window;
    if (!window.wasLimited || window.goodShare === 0) return window.start(nowMs, this.#typicalMs);
    if (window.meanInFlight < this.limit / 2)
      return this.#hold(nowMs, Math.ceil(window.meanInFlight), -1, STEP.first);
    const before = this.#base;
    const least = this.#least;
    if (before.ended > 0 && window.meanMs < RAMP.fell * before.meanMs) {
      // More at once in less time: it was this process or its connections that were slow, and may be still.
      before.copyFrom(window);
      return window.start(nowMs, this.#typicalMs);
    }
    if (before.ended > 0) {
      const elasticity = elasticityOf(before, window);
      const error = Math.sqrt(varianceOf(before, window));
      if (elasticity < RAMP.elasticity && !this.#isQuick(window)) {
        const sure = elasticity + error < RAMP.elasticity;
        if (!sure && window.ended < RAMP.patience * this.#rampEnough()) return;
        const knee = window.meanInFlight * (least.meanMs / window.meanMs) * window.goodShare;
        return this.#hold(nowMs, clamp(knee * MARGIN, before.meanInFlight, this.limit), -1, STEP.first);
      }
    }
    if (least.ended === 0 || window.meanMs < least.meanMs) least.copyFrom(window);
    before.copyFrom(window);
    if (this.limit >= this.#max) return this.#hold(nowMs, this.limit, -1, STEP.first);
    this.#setLimit(nowMs, this.limit * 2);
  }

  /** Takes a limit, measures it and goes on from there, knowing nothing yet. */
  #hold(nowMs: number, limit: number, direction: 1 | -1, step: number): void {
    this.#direction = direction;
    this.#step = step;
    this.#forget();
    this.#measure(nowMs, limit);
    this.#held = this.limit;
  }

  #measure(nowMs: number, limit: number): void {
    this.#phase = 'base';
    this.#setLimit(nowMs, limit);
  }

  #forget(): void {
    this.#upward.clear();
    this.#downward.clear();
  }

  #setLimit(nowMs: number, limit: number): void {
    this.limit = clamp(Math.round(limit), 1, this.#max);
    this.#window.start(nowMs, this.#typicalMs);
  }

  /** The limit held has been measured: tries another. */
  #try(nowMs: number): void {
    const window = this.#window;
    const isBound = window.meanInFlight >= BOUND * this.#held;
    this.#base.copyFrom(window);
    if (!window.wasLimited || window.goodShare === 0) return this.#rest(nowMs);
    if (!isBound && this.ratePerSecond !== undefined) return this.#rest(nowMs);
    if (nowMs > this.#ceilingUntilMs) this.#ceiling = Number.POSITIVE_INFINITY;
    if (!isBound) {
      // Something else holds it back: more of this limit would change nothing, less might.
      this.#held = Math.ceil(window.meanInFlight);
      this.#direction = -1;
      this.#forget();
    }
    const other = this.#other();
    if (other === this.#held || (this.#direction === 1 && this.#isSaturated && !this.#isQuick(this.#base))) {
      this.#turn();
      return this.#rest(nowMs);
    }
    this.#phase = 'test';
    this.#setLimit(nowMs, other);
  }

  #other(): number {
    const held = this.#held;
    const blur = Math.sqrt(2 * this.#base.variance) / BLUR;
    // Where a rate is what is sold, more at once are hardly ever what is missing.
    const own = this.ratePerSecond === undefined ? this.#step : STEP.min;
    const step = Math.max(own, Math.min(blur, STEP.first));
    const stepped = Math.round(held * Math.exp(this.#direction * step));
    const other = clamp(stepped === held ? held + this.#direction : stepped, 1, this.#max);
    return this.#ceiling > held ? Math.min(other, Math.floor((held + this.#ceiling) / 2)) : other;
  }

  get #isSaturated(): boolean {
    return this.#saturation > SATURATED;
  }

  /** Quick answers queue nowhere but in turns of the event loop, which more of them make cheaper. */
  #isQuick({ meanMs, meanInFlight }: Window): boolean {
    return meanInFlight <= QUICK.inFlight && meanMs < (this.#isSaturated ? QUICK.saturatedMs : QUICK.ms);
  }

  #turn(): void {
    this.#direction = this.#direction === 1 ? -1 : 1;
  }

  #decide(nowMs: number): void {
    const up = this.#direction === 1;
    const low = up ? this.#base : this.#window;
    const high = up ? this.#window : this.#base;
    const span = spanOf(low, high);
    // The limit let more go than there was, or something else held it back: nothing was compared.
    if (!(span > 0.02)) return this.#reject(nowMs);
    const evidence = up ? this.#upward : this.#downward;
    evidence.add(low, high);
    const { elasticity } = evidence;
    if (this.#isQuick(high)) return this.#decideQuick(nowMs, up, evidence);
    const isLong = span > STEP.long;
    const worth = up || !isLong ? WORTH.down : WORTH.downFar;
    if (isLong && elasticity > worth && elasticity < BELOW_KNEE) {
      const knee = low.meanInFlight * Math.exp(span * elasticity);
      const limit = clamp(knee * MARGIN, low.meanInFlight, high.meanInFlight);
      const onward = !up || elasticity > CLEAR.more;
      return this.#hold(nowMs, limit, onward ? 1 : -1, up ? STEP.again : STEP.min);
    }
    if (up) this.#decideUp(nowMs, evidence);
    else this.#decideDown(nowMs, evidence, worth);
  }

  #decideQuick(nowMs: number, up: boolean, { elasticity, error, pairs }: Evidence): void {
    const isWorse = elasticity + SURE.quick * error < QUICK.worth;
    if (up) return isWorse ? this.#reject(nowMs) : this.#accept(nowMs, STEP.max);
    if (!isWorse) return this.#reject(nowMs);
    if (pairs > SURE.pairsQuick) return this.#accept(nowMs, STEP.again);
    this.#measure(nowMs, this.#held);
  }

  #decideUp(nowMs: number, { elasticity, error }: Evidence): void {
    if (elasticity - SURE.up * error > WORTH.up) {
      const longest = elasticity > CLEAR.twice ? STEP.max : elasticity > CLEAR.more ? STEP.again : this.#step;
      return this.#accept(nowMs, longest);
    }
    if (elasticity + error < WORTH.up) return this.#reject(nowMs);
    if (elasticity < WORTH.up) this.#turn();
    this.#measure(nowMs, this.#held);
  }

  #decideDown(nowMs: number, { elasticity, error, pairs }: Evidence, worth: number): void {
    if (elasticity + error < worth) return this.#accept(nowMs, STEP.max);
    // Where nothing is proven after several tries, fewer are better.
    const leans = error < SURE.leanErrorMax && elasticity < worth + SURE.lean * error;
    if (leans && pairs > SURE.pairs) return this.#accept(nowMs, this.#step);
    if (elasticity - error > worth) return this.#reject(nowMs);
    if (elasticity > worth) this.#turn();
    this.#measure(nowMs, this.#held);
  }

  /** What was tried is held from now on, and its window is the base of the next try. */
  #accept(nowMs: number, longestStep: number): void {
    this.#held = this.limit;
    this.#step = Math.max(this.#step, Math.min(longestStep, this.#step * 2));
    this.#restMs = REST_MS.first;
    this.#forget();
    this.#try(nowMs);
  }

  #reject(nowMs: number): void {
    this.#step = Math.max(STEP.min, this.#step / 2);
    this.#turn();
    this.#rest(nowMs);
  }

  #rest(nowMs: number): void {
    this.#phase = 'rest';
    this.#restSinceMs = nowMs;
    this.#restMs = Math.min(REST_MS.max, this.#restMs * REST_MS.factor);
    this.#setLimit(nowMs, this.#held);
  }

  #rested(nowMs: number): void {
    const change = this.#change();
    if (change > 0) return this.#hold(nowMs, this.#held, 1, STEP.again);
    if (change < 0) return this.#hold(nowMs, this.#held, -1, STEP.first);
    if (nowMs - this.#restSinceMs < this.#restMs) return this.#window.start(nowMs, this.#typicalMs);
    this.#try(nowMs);
  }

  /** By how much goodput has changed at the same limit, as a logarithm; 0 where that may be chance. */
  #change(): number {
    const window = this.#window;
    const base = this.#base;
    if (base.ended === 0 || !window.wasLimited || Math.abs(spanOf(base, window)) > CHANGE.sameInFlight)
      return 0;
    const change = Math.log(window.goodput / base.goodput);
    const error = Math.sqrt(window.variance + base.variance);
    return Math.abs(change) > Math.max(CHANGE.share, CHANGE.errors * error) ? change : 0;
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
