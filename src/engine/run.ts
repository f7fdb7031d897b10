// One run: requests from a source through scheduler and transport to a sink, and the numbers of it. It wires rooms,
// drains and closes them; it decides nothing about HTTP, fairness or formats.

import { Inspection } from '../inspection/inspection.ts';
import { type Condition, holds, measured } from '../metrics/condition.ts';
import { type Holdup, type Snapshot, type Summary, snapshot, summarize } from '../metrics/snapshot.ts';
import { Tally } from '../metrics/tally.ts';
import type { Limits } from '../metrics/verdict.ts';
import type { Clock, Done, Sink, Source, TransportUsage } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { Failure, type Outcome } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { countsAsFailure, failuresMax } from '../scheduler/health/failure-limit.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { CookieStore } from '../session/cookies.ts';
import { BindingWatch, limitsOf } from './binding.ts';
import { Downloads } from './downloads.ts';
import type { Earlier } from './earlier.ts';
import { Resending } from './resending.ts';
import type { GivenRate, SessionCore } from './session-core.ts';
import { Sieve } from './sieve.ts';
import { slotLimits } from './slot-limits.ts';
import { InputError } from './source-of.ts';

/** Why a run ended before its input did. */
export type StoppedBy = 'caller' | 'duration' | 'failures' | 'input' | 'sink';

/**
 *   new ─start─► running ─stop─► stopping ─abort─► aborting
 *                   └───────────────┴─────drained─────┴──► closing ─► ended
 */
export type RunState = 'new' | 'running' | 'stopping' | 'aborting' | 'closing' | 'ended';

const NO_USAGE: TransportUsage = { http1Connections: 0, http2Connections: 0, streamsMax: 0 };

export class RunCore {
  state: RunState = 'new';
  stoppedBy: StoppedBy | undefined;
  /** Resolves when every outcome is in the sink and the sink is closed; rejects with what broke the run. */
  readonly done: Promise<void>;
  readonly #settings: Settings;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #session: SessionCore;
  readonly #scheduler: Scheduler;
  /** Undefined where every request is sent. */
  readonly #sieve: Sieve | undefined;
  readonly #inspection: Inspection | undefined;
  /** Undefined where bodies come with their outcomes. */
  readonly #downloads: Downloads | undefined;
  /** What the transport calls. */
  readonly #done: Done;
  readonly #resending: Resending;
  readonly #failuresMax: number;
  #failures = 0;
  readonly #tally = new Tally();
  /** Undefined where nothing tells how busy the process is. */
  readonly #watch: BindingWatch | undefined;
  readonly #cancels: (() => void)[] = [];
  /** Requests that the transport has, where it has others too: what this run aborts is its own. */
  readonly #underWay: Set<Request> | undefined;
  /** Set by whoever feeds the source: called when all that it gave is done. */
  onStarved: (() => void) | undefined;
  /** Called right before a request is sent; where it throws, the request is not, and the run ends. */
  beforeSend: ((request: Request) => void) | undefined;
  #quietMs: number | undefined;
  #error: unknown;
  #startedMs = 0;
  #endedMs: number | undefined;
  #cpuAtStart: NodeJS.CpuUsage = { user: 0, system: 0 };
  #cpuUs = 0;
  #usageAtStart = NO_USAGE;
  /** When it was over: others may share the transport and go on. */
  #usage: TransportUsage | undefined;
  #inFlightMax = 0;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(
    settings: Settings,
    source: Source,
    sink: Sink,
    session: SessionCore,
    inspection = Inspection.of(settings),
    earlier?: Earlier,
  ) {
    this.#settings = settings;
    this.#source = source;
    this.#sink = sink;
    this.#session = session;
    this.#inspection = inspection;
    this.#clock = session.clock;
    this.#resending = new Resending(settings, session.clock, session.slots, session.random);
    this.#failuresMax = failuresMax(settings);
    this.#underWay = session.shared || settings.ordered ? new Set() : undefined;
    // What is to be looked at must be in memory.
    const bodies = inspection?.readsBody === true ? undefined : sink.bodies;
    this.#downloads = Downloads.of(bodies, settings, session.decoding, {
      clock: this.#clock,
      done: this.#onDone,
      again: this.#onAgain,
    });
    this.#done = this.#downloads?.onDone ?? this.#onDone;
    this.#sieve = Sieve.of(source, settings, earlier, session.clock, this);
    // A run of a session may have a number of its own below the session's.
    const { concurrency, perHost } = slotLimits(settings);
    this.#scheduler = new Scheduler(
      { ...settings, concurrency, perHost },
      this.#sieve ?? source,
      this,
      this.#clock,
      session.slots,
    );
    this.#watch = BindingWatch.of(session, this.#scheduler);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    sink.onDrain = () => this.#scheduler.resume();
    sink.onError = (error) => this.#break('sink', error);
  }

  /** `watched`: somebody wants to know what bound it. */
  start(watched = true): void {
    if (this.state !== 'new') return;
    this.state = 'running';
    this.#cpuAtStart = process.cpuUsage();
    this.#usageAtStart = this.#session.transport.usage;
    this.#startedMs = this.#clock.now();
    const { durationMs } = this.#settings;
    if (durationMs !== undefined) this.#after(durationMs, () => this.stop('duration'));
    if (watched) this.#watch?.start();
    this.#session.slots.paced.add(this.#scheduler);
    this.#scheduler.pump();
  }

  /** Sends nothing more; what is in flight may end within the grace period. What was never sent leaves no outcome. */
  stop(by: StoppedBy): void {
    if (this.state !== 'running') return;
    this.state = 'stopping';
    this.stoppedBy = by;
    this.#after(this.#settings.graceMs, () => this.abort(by));
    this.#scheduler.stop();
  }

  /** What is in flight fails with kind `aborted`, now. */
  abort(by: StoppedBy): void {
    this.stop(by);
    if (this.state !== 'stopping') return;
    this.state = 'aborting';
    if (this.#underWay === undefined) this.#session.transport.abort();
    else for (const request of [...this.#underWay]) request.cancel();
    // What these wait for may be long in coming: slots that others keep, a rate, a host's pause.
    for (const request of this.#scheduler.abandon()) this.gaveUp(request);
    this.#scheduler.pump();
  }

  /** From now on, for all that shares its session; undefined: no limit. Throws OptionError. */
  setRate(rate: GivenRate): void {
    this.#session.setRate(rate);
  }

  /** The same, of each origin. */
  setRatePerHost(rate: GivenRate): void {
    this.#session.setRatePerHost(rate);
  }

  /** Content that waits for a reader of ours is no work for the host: while it does, another request may take its place. */
  hold({ origin }: Request, isHeld: boolean): void {
    this.#session.slots.known(origin.key)?.hold(isHeld);
    if (isHeld) this.#scheduler.roomAt(origin.key);
  }

  /** The caller's reason ends it: as abort, and the run rejects with the reason. */
  fail(reason: unknown): void {
    if (this.state === 'ended') return;
    this.#error ??= reason;
    this.abort('caller');
  }

  // ── what the scheduler says ─────────────────────────────────────────────────────────────────────────────

  dispatch(request: Request): void {
    const { inFlight } = this.#scheduler;
    if (inFlight > this.#inFlightMax) this.#inFlightMax = inFlight;
    this.#quietMs = undefined;
    if (request.cancelled || (this.state === 'aborting' && this.#underWay !== undefined)) {
      return this.#refuse(request);
    }
    if (this.beforeSend !== undefined && !this.#mayLeave(request)) return this.#refuse(request);
    this.#underWay?.add(request);
    this.#downloads?.prepare(request);
    this.#session.send(request, this.#done);
  }

  #mayLeave(request: Request): boolean {
    try {
      this.beforeSend?.(request);
      return true;
    } catch (error) {
      this.#break('sink', error);
      return false;
    }
  }

  /** Nobody waits for it any more, or nothing is sent any more. */
  #refuse(request: Request): void {
    // Its attempt begins and ends here, also for a circuit that was to be tried by it.
    request.startedAtMs = this.#clock.now();
    this.#done(request, neverSent(request));
  }

  /** One function for all requests, not a closure for each. */
  readonly #onDone = (request: Request, outcome: Outcome): void => {
    this.#underWay?.delete(request);
    if (outcome.type === 'failure' && outcome.resend) {
      request.fresh = true;
      this.#scheduler.settle(request, true);
      return;
    }
    // First: it may have been the one by which a circuit is tried.
    this.#resending.learn(request, outcome);
    if (outcome.type === 'failure' && this.#waitsForResources(request, outcome)) return;
    if (outcome.type === 'response' && this.#session.concerns(outcome)) {
      this.#session.settle(request, outcome, this.#onSettled, this.#sink.takesEncoded);
      return;
    }
    this.#conclude(request, outcome);
  };

  /** This machine had no descriptor or port left for it: that is no fault of the request, and costs it nothing. */
  #waitsForResources(request: Request, failure: Failure): boolean {
    const waitMs = this.state === 'running' ? this.#session.governor.waitMs(failure) : undefined;
    if (waitMs !== undefined) this.#scheduler.later(request, waitMs);
    return waitMs !== undefined;
  }

  /** Only the rest of its body is missing. */
  readonly #onAgain = (request: Request): void => {
    this.#underWay?.delete(request);
    this.#scheduler.settle(request, true);
  };

  readonly #onSettled = (request: Request, outcome: Outcome | undefined, next: Request | undefined): void => {
    if (outcome !== undefined) return this.#conclude(request, outcome);
    if (next === undefined) this.#scheduler.settle(request, false);
    // The same once more, with an answer to a challenge: it was sent, and is owed an outcome whatever stops the run.
    else if (next === request) this.#scheduler.settle(request, true);
    else this.#scheduler.follow(request, next);
  };

  /** What its request comes to, unless it is sent again and may come to something better. */
  #conclude(request: Request, outcome: Outcome): void {
    const said = this.state === 'running' ? this.#resending.delayMs(request, outcome) : undefined;
    // The caller's function that was asked may have stopped the run.
    const isAgain = typeof said === 'number' && this.state === 'running';
    const stands = !isAgain && typeof said !== 'object';
    if (!stands && outcome.type === 'response' && outcome.stored !== undefined) {
      this.#sink.bodies?.discard(outcome.stored);
    }
    if (isAgain) return this.#scheduler.later(request, said);
    // What it replaces need not be held as long as this one is.
    request.pending = undefined;
    this.#deliver(typeof said === 'object' ? said : outcome);
    this.#scheduler.settle(request, false);
  }

  hostDown(request: Request): void {
    const { authority } = request.origin;
    const message = `${authority} is down: too many requests to it have failed (maxHostErrors)`;
    this.#deliver(request.pending ?? Failure.of(request, 'queue', 'host-down', message, 0));
  }

  gaveUp(request: Request): void {
    this.#deliver(request.pending ?? neverSent(request));
  }

  reject(failure: Failure): void {
    this.#deliver(failure);
    if (this.#settings.strictInput && failure.phase === 'input') {
      this.#break('input', new InputError(`${failure.message} (strict input)`));
    }
  }

  /** An earlier output has what it asks for. */
  leftOut({ index }: Request): void {
    this.#sink.pass?.(index);
    if (this.#sink.heldUp === true) this.#scheduler.holdUp();
  }

  /** An equal one was sent: what became of that becomes of it, so nothing is looked at again. */
  copied(outcome: Outcome, passes: boolean): void {
    this.#tally.duplicates++;
    this.#give(outcome, passes);
  }

  /** Nothing is under way, and the source gives nothing for now: who feeds it may have more, or not. */
  starved(): void {
    this.#quietMs = this.#clock.now();
    this.#session.rest();
    this.onStarved?.();
  }

  broken(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#error ??= new InputError(message, { cause: error });
    this.stoppedBy ??= 'input';
  }

  drained(): void {
    this.state = 'closing';
    // What a consumer took to look at the last outcomes is not the run's time.
    this.#endedMs = this.#quietMs ?? this.#clock.now();
    const cpu = process.cpuUsage(this.#cpuAtStart);
    this.#cpuUs = cpu.user + cpu.system;
    this.#usage = this.#usageSince;
    for (const cancel of this.#cancels) cancel();
    this.#watch?.stop();
    this.#session.slots.paced.delete(this.#scheduler);
    if (this.#session.shared) this.#session.rest();
    else this.#session.close();
    this.#source.close();
    void this.#close();
  }

  async #close(): Promise<void> {
    try {
      await this.#sink.close();
    } catch (error) {
      this.#break('sink', error);
    }
    this.state = 'ended';
    if (this.#error === undefined) this.#resolve();
    else this.#reject(this.#error);
  }

  #deliver(came: Outcome): void {
    const outcome = this.#handOut(came);
    // Not before it is written: a run that has nothing left closes its sink as soon as it is stopped.
    if (countsAsFailure(outcome) && ++this.#failures >= this.#failuresMax) this.stop('failures');
  }

  #handOut(came: Outcome): Outcome {
    const inspection = this.#inspection;
    // Fetch hands every response out as it is, and before its content is there.
    const looked = inspection !== undefined && came.type === 'response' && came.request.terms === undefined;
    const outcome = looked ? inspection.inspect(came) : came;
    this.#tally.add(outcome);
    if (this.#watch !== undefined && this.#watch.curious > 0) this.#watch.look(came);
    const passes = inspection === undefined || inspection.passes(outcome);
    if (came.type === 'response' && came.stored !== undefined && !(passes && outcome === came)) {
      this.#sink.bodies?.discard(came.stored);
    }
    this.#give(outcome, passes);
    this.#sieve?.settle(outcome, passes);
    return outcome;
  }

  #give(outcome: Outcome, passes: boolean): void {
    if (!passes) {
      this.#tally.filtered++;
      this.#sink.skip?.(outcome);
      return;
    }
    try {
      this.#sink.write(outcome);
    } catch (error) {
      // A caller's sink may throw; inside a transport's callback nobody could catch it.
      this.#break('sink', error);
    }
    if (this.#sink.full) this.#scheduler.pause();
    else if (this.#sink.heldUp === true) this.#scheduler.holdUp();
  }

  /** Something around the requests broke: nothing more is sent, and the run rejects when all is closed. */
  #break(by: StoppedBy, error: unknown): void {
    this.#error ??= error;
    if (by === 'sink') this.abort(by);
    else this.stop(by);
    this.stoppedBy ??= by;
  }

  #after(ms: number, call: () => void): void {
    this.#cancels.push(this.#clock.after(ms, call));
  }

  // ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────

  /** True while nothing is under way or waiting, and the source gives nothing for now. */
  get starving(): boolean {
    return this.#scheduler.starving;
  }

  /** In flight at most, now: all together, or to one host where that is found out. */
  get #limit(): number {
    const { limits, slots } = this.#session;
    return limits.auto ? slots.perHostNow : slotLimits(this.#settings).concurrency;
  }

  /** In flight at most, where this machine allows less than was asked for. */
  get #governed(): number | undefined {
    const { governor, slots } = this.#session;
    return governor.holds ? slots.total.max : undefined;
  }

  snapshot(): Snapshot {
    const endedMs = this.#endedMs;
    const cpu = process.cpuUsage(this.#cpuAtStart);
    return snapshot(this.#tally, {
      wallMs: this.state === 'new' ? 0 : (endedMs ?? this.#clock.now()) - this.#startedMs,
      cpuUs: endedMs === undefined ? cpu.user + cpu.system : this.#cpuUs,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      expected: this.#sieve === undefined ? this.#source.count : this.#sieve.count,
      inFlight: this.#scheduler.inFlight,
      inFlightMax: this.#inFlightMax,
      queued: this.#scheduler.waiting,
      concurrency: this.#limit,
      mode: this.#session.limits.auto ? 'auto' : 'fixed',
      samples: endedMs === undefined ? this.#watch?.recent : this.#watch?.all,
      limits: this.#limitsNow,
      usage: this.#usage ?? this.#usageSince,
      holdup: this.#holdup,
      ...this.#sieve?.counts,
    });
  }

  get #usageSince(): TransportUsage {
    if (this.state === 'new') return NO_USAGE;
    const { http1Connections, http2Connections, streamsMax } = this.#session.transport.usage;
    return {
      http1Connections: http1Connections - this.#usageAtStart.http1Connections,
      http2Connections: http2Connections - this.#usageAtStart.http2Connections,
      streamsMax,
    };
  }

  get #holdup(): Holdup | undefined {
    const { holdup } = this.#sink;
    if (holdup === undefined) return undefined;
    const at = (index: number) => this.#source.positionOf?.(index) ?? index;
    const request = [...(this.#underWay ?? [])].find(({ index }) => at(index) === holdup.position);
    return { ...holdup, url: request?.askedUrl };
  }

  get #limitsNow(): Limits {
    const { limits, slots } = this.#session;
    // What all hosts together get is found out too.
    const own = limitsOf({ ...this.#settings, ...this.#session.rates });
    const concurrency = limits.auto ? slots.total.max : own.concurrency;
    return { ...own, concurrency, sought: this.#watch?.sought, governed: this.#governed };
  }

  get cookies(): CookieStore | undefined {
    return this.#session.cookies;
  }

  get summary(): Summary {
    return summarize(this.snapshot());
  }

  holds(condition: Condition): boolean {
    return holds(condition, this.snapshot(), this.#tally.latency);
  }

  /** What a condition's metric came to, in words. */
  measured(condition: Condition): string {
    return measured(condition, this.snapshot(), this.#tally.latency);
  }

  toString(): string {
    return `run ${this.state}: ${this.#scheduler}; ${this.#session}`;
  }
}

function neverSent(request: Request): Failure {
  return Failure.of(request, 'queue', 'aborted', 'stopped before it was sent', 0);
}
