// Looks at a run ten times a second, and remembers what kept it from sending more. Decides nothing, costs a request
// nothing, and does not keep the process alive.

import { type Binding, Samples } from '../metrics/samples.ts';
import type { Limits, Sought } from '../metrics/verdict.ts';
import type { Load } from '../model/clock.ts';
import type { Clock } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import type { Outcome } from '../model/outcome.ts';
import { slotLimits } from './slot-limits.ts';

const INTERVAL_MS = 100;
/** Outcomes that are looked at after each look at the run. */
const OUTCOMES = 8;
/** What is shown while it runs is of the last seconds: after so many looks the earlier ones count for half. */
const LOOKS_FULL = 20;
/** The event loop hardly ever waits: what it is asked for has to. */
const LOOP_BUSY = 0.9;
const CORE_BUSY = 0.95;

/** The limits that a caller gave. */
export function limitsOf(settings: Settings): Limits {
  const { rate, ratePerHost } = settings;
  const { concurrency, perHost } = slotLimits(settings);
  return {
    concurrency,
    perHost,
    rate: rateText(rate),
    ratePerHost: rateText(ratePerHost),
    sought: undefined,
    governed: undefined,
  };
}

/** A number is per second. */
function rateText(rate: string | number | undefined): string | undefined {
  return typeof rate === 'number' ? `${rate}/s` : rate;
}

/** What is looked at. */
interface Watched {
  readonly binding: Binding;
  /** Nothing is under way or waiting, and what comes is up to others. */
  readonly starving: boolean;
  /** What a law has found out about the host that most is sent to. */
  readonly sought: Sought | undefined;
}

export class BindingWatch {
  /** Of the whole run. */
  readonly all = new Samples();
  /** Of its last seconds. */
  readonly recent = new Samples();
  /** How many of the next outcomes are to be given to `look`. */
  curious = 0;
  /** As it was at the last look. */
  sought: Sought | undefined;
  readonly #clock: Clock;
  readonly #load: () => Load;
  readonly #watched: Watched;
  #lastMs = 0;
  #last: Load = { activeMs: 0, idleMs: 0, cpuMs: 0 };
  #looks = 0;
  /** Time in which nothing was under way, and the input gave nothing: it is the run's only if more comes. */
  #idleMs = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, load: () => Load, watched: Watched) {
    this.#clock = clock;
    this.#load = load;
    this.#watched = watched;
  }

  /** Undefined where nothing tells how busy the process is. */
  static of({ clock, load }: { clock: Clock; load: (() => Load) | undefined }, watched: Watched) {
    return load === undefined ? undefined : new BindingWatch(clock, load, watched);
  }

  start(): void {
    this.#lastMs = this.#clock.now();
    this.#last = this.#load();
    this.#schedule();
  }

  stop(): void {
    this.#cancel?.();
    this.curious = 0;
  }

  /** Where the time of a request went. */
  look(outcome: Outcome): void {
    this.curious--;
    this.all.look(outcome);
    this.recent.look(outcome);
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(INTERVAL_MS, () => {
      this.#sample();
      this.#schedule();
    });
  }

  #sample(): void {
    const nowMs = this.#clock.now();
    const ms = nowMs - this.#lastMs;
    const load = this.#load();
    const busy = isBusy(this.#last, load);
    this.#lastMs = nowMs;
    this.#last = load;
    const { binding } = this.#watched;
    if (++this.#looks % LOOKS_FULL === 0) this.recent.fade();
    this.recent.add(binding, ms, busy);
    const moved = this.curious < OUTCOMES;
    this.curious = OUTCOMES;
    // At the end of the input less and less is in flight, and a law forgets what it knew of a host in full use.
    if (binding !== 'ended') this.sought = this.#watched.sought;
    // Between two looks a request may have come, and gone.
    if (this.#watched.starving && !moved) {
      this.#idleMs += ms;
      return;
    }
    if (this.#idleMs > 0) this.all.add('starved', this.#idleMs, false);
    this.#idleMs = 0;
    this.all.add(binding, ms, busy);
  }

  toString(): string {
    return `watch ${this.all}`;
  }
}

function isBusy(from: Load, to: Load): boolean {
  const activeMs = to.activeMs - from.activeMs;
  const spanMs = activeMs + to.idleMs - from.idleMs;
  if (spanMs <= 0) return false;
  return activeMs / spanMs >= LOOP_BUSY || (to.cpuMs - from.cpuMs) / spanMs >= CORE_BUSY;
}
