// Plays trials against the real target: a run with a fixed number in flight each, over connections that all share.
// Decides nothing about the experiment.

import type { Pulled, SeekableSource, Source } from '../model/contracts.ts';
import { ENDED } from '../model/contracts.ts';
import { OptionError } from '../model/option-kinds.ts';
import { OPTIONS, type Settings } from '../model/options.ts';
import type { Origin } from '../model/origin.ts';
import { RunCore } from './run.ts';
import { SessionCore } from './session-core.ts';
import { InputError, openSource, requestDefaults, type SourceDefinition } from './source-of.ts';
import type { World } from './transport-of.ts';
import { type Trial, TrialMeter, type TrialPlan } from './tune-meter.ts';

/** Plays what a Tuning plans. One at a time. */
export interface TrialPlayer {
  play(plan: TrialPlan): Promise<Trial>;
  /** One trial in which the concurrency finds itself, at most `size`; `size` of what it gives back is what it settled
   *  at. Undefined where there is no such mode. */
  readonly playAuto: ((plan: TrialPlan) => Promise<Trial>) | undefined;
}

/** A drain of what is in flight takes as long as it takes, but an experiment does not wait for what hangs. */
const GRACE_MAX_MS = 5_000;
const GRACE_MIN_MS = 200;

export class TargetTrials implements TrialPlayer {
  readonly origin: Origin;
  readonly session: SessionCore;
  readonly playAuto: ((plan: TrialPlan) => Promise<Trial>) | undefined;
  readonly #settings: Settings;
  readonly #world: World;
  readonly #source: SeekableSource;
  #next = 0;
  #run: RunCore | undefined;
  #halted: 'not' | 'stop' | 'abort' = 'not';

  /** Throws OptionError and InputError for requests that cannot be repeated, or that go to several places. */
  constructor(definition: SourceDefinition, settings: Settings, sizeMax: number, world: World) {
    this.#settings = trialSettings(settings);
    this.#world = world;
    this.#source = repeatable(definition, this.#settings);
    this.origin = originOf(this.#source);
    const idleConnections = Math.max(settings.idleConnections, sizeMax);
    this.session = new SessionCore(sized({ ...this.#settings, idleConnections }, sizeMax), world, true);
    if (knowsAuto()) this.playAuto = (plan) => this.#playAuto(plan);
  }

  play(plan: TrialPlan): Promise<Trial> {
    return this.#play(plan, sized(this.#settings, plan.size), this.session);
  }

  /** With a session of its own: one that was made for a fixed size knows no other. */
  #playAuto(plan: TrialPlan): Promise<Trial> {
    const settings = { ...this.#settings, concurrency: 'auto', perHost: undefined } as const;
    return this.#play(plan, settings, new SessionCore(settings, this.#world));
  }

  async #play(plan: TrialPlan, settings: Settings, session: SessionCore): Promise<Trial> {
    const meter = new TrialMeter(plan, session.clock);
    const source = new Stretch(this.#source, this.#next, plan.requests);
    const graceMs = Math.max(GRACE_MIN_MS, Math.min(settings.graceMs, plan.timeMs, GRACE_MAX_MS));
    const run = new RunCore({ ...settings, graceMs, dedupe: false }, source, meter, session);
    meter.onClosed = () => run.stop('caller');
    this.#run = run;
    const startedMs = session.clock.now();
    const cpuAtStart = process.cpuUsage();
    meter.start();
    run.start();
    if (this.#halted !== 'not') run[this.#halted]('caller');
    await run.done;
    this.#run = undefined;
    this.#next += source.given;
    return {
      size: settings.concurrency === plan.size ? plan.size : run.summary.concurrency.final,
      sent: source.given,
      windowMs: meter.windowMs,
      good: meter.good,
      goodput: meter.goodput,
      errors: meter.errors,
      latency: meter.latency,
      cpuShare: cpuShareSince(cpuAtStart, session.clock.now() - startedMs),
      problem: meter.problem,
    };
  }

  /** Nothing more is sent; what is in flight may end. */
  stop(): void {
    if (this.#halted === 'not') this.#halted = 'stop';
    this.#run?.stop('caller');
  }

  abort(): void {
    this.#halted = 'abort';
    this.#run?.abort('caller');
  }

  close(): void {
    this.#source.close();
    this.session.close();
  }
}

function cpuShareSince(start: NodeJS.CpuUsage, wallMs: number): number | undefined {
  const { user, system } = process.cpuUsage(start);
  return wallMs > 0 ? (user + system) / 1000 / wallMs : undefined;
}

/** Without what would end a trial early, keep outcomes from being counted, or send again what did not succeed. A rate
 *  that somebody asked for stays. */
function trialSettings(settings: Settings): Settings {
  const ends = { durationMs: undefined, first: undefined, strictInput: false };
  const whole = { shuffle: false, sample: undefined, seed: undefined, shard: undefined };
  const none = { ...ends, extract: [], retry: 0, ignoreRateLimits: true };
  const all = { matchStatus: [], filterStatus: [], match: [], filter: [], matchSize: [], filterSize: [] };
  return { ...settings, ...none, ...all, ...whole };
}

function sized(settings: Settings, size: number): Settings {
  return { ...settings, concurrency: size, perHost: size };
}

function knowsAuto(): boolean {
  try {
    OPTIONS.concurrency.read('concurrency', 'auto');
    return true;
  } catch (error) {
    if (error instanceof OptionError) return false;
    throw error;
  }
}

/** Requests that can be asked for by number, as often as needed. */
function repeatable(definition: SourceDefinition, settings: Settings): SeekableSource {
  const defaults = requestDefaults(settings);
  if (defaults.stream?.replayable === false) {
    throw new OptionError('body', 'the body can be read only once, and tuning sends it again and again');
  }
  const source = openSource(definition, settings, defaults);
  if (isSeekable(source) && source.count > 0) return source;
  source.close();
  throw new InputError('tuning needs a URL or a template: requests that can be sent again');
}

function isSeekable(source: Source): source is SeekableSource {
  return 'at' in source && source.count !== undefined;
}

/** Where all requests go. Looking at the first and the last tells the rest of a template of one origin. */
function originOf(source: SeekableSource): Origin {
  const ends = [source.at(0), source.at(source.count - 1)];
  for (const end of ends) if (end.type === 'failure') throw new InputError(end.message);
  const [first, last] = ends.map((end) => (end.type === 'request' ? end.origin : undefined));
  if (first === undefined || first !== last || (source.count > 2 && source.oneOrigin !== true)) {
    throw new InputError(
      'these URLs go to several hosts, and each has a limit of its own: tune one at a time',
    );
  }
  return first;
}

/** Some requests of a source that goes round and round. */
class Stretch implements Source {
  readonly count: number;
  readonly oneOrigin = true;
  onReady: (() => void) | undefined;
  given = 0;
  #ended = false;
  readonly #source: SeekableSource;
  readonly #from: number;

  constructor(source: SeekableSource, from: number, count: number) {
    this.#source = source;
    this.#from = from;
    this.count = count;
  }

  pull(): Pulled {
    if (this.#ended || this.given === this.count) return ENDED;
    const pulled = this.#source.at((this.#from + this.given) % this.#source.count);
    // Numbered anew: several may be the same request, and each has an outcome of its own.
    pulled.index = this.given++;
    return pulled;
  }

  close(): void {
    this.#ended = true;
  }
}
