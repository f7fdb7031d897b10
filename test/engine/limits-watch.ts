// Stands between the engine and the transport of a simulated session, sees every attempt begin and end, and holds it
// against what is promised. Changes nothing on the way.

import type { SessionCore } from '../../src/engine/session-core.ts';
import type { Done } from '../../src/model/contracts.ts';
import type { Settings } from '../../src/model/options.ts';
import type { Failure, Outcome, Response } from '../../src/model/outcome.ts';
import { isIdempotent, type Request } from '../../src/model/request.ts';
import { BudgetModel, CircuitModel, PauseModel, QuotaModel, RateModel } from './limits-models.ts';
import { askedMs, healthOf, idOf, quotaOf, shown, toldOf, toldOfAttempt } from './limits-told.ts';

const AUTO_PER_HOST_MAX = 256;
const AUTO_TOTAL_MAX = 8_192;

/** One attempt, as the transport had it. */
interface Seen {
  readonly line: string;
  readonly host: string;
  readonly startMs: number;
  readonly retries: number;
  /** Of its host, before it. */
  readonly pauses: number;
  outcome: Outcome | undefined;
  endMs: number;
  /** Its end was this machine's trouble while others were under way: it costs nothing. */
  governed: boolean;
}

/** All that was done for one item of an input. */
export class Life {
  readonly id: string;
  readonly attempts: Seen[] = [];
  outcome: Outcome | undefined;

  constructor(id: string) {
    this.id = id;
  }

  toString(): string {
    const all = this.attempts.map(
      ({ line, host, startMs, endMs, retries, outcome, governed }) =>
        `${startMs - 1e6}–${endMs - 1e6} ${host} ${line} retry ${retries} ${outcome}${governed ? ' governed' : ''}`,
    );
    return `${this.id}: ${all.join(' | ')} => ${this.outcome}`;
  }
}

class HostWatch {
  inFlight = 0;
  rate: RateModel | undefined;
  readonly circuit: CircuitModel | undefined;
  readonly pause: PauseModel;
  readonly quota: QuotaModel;
  readonly budget: BudgetModel;

  constructor(settings: Settings, ratePerHost: RateTerms | undefined) {
    const { maxHostErrors, retryAfterMaxMs, concurrency, retryBudgetPercent, retry } = settings;
    this.rate =
      ratePerHost === undefined ? undefined : new RateModel(ratePerHost.perSecond, ratePerHost.burst);
    this.circuit = maxHostErrors === undefined ? undefined : new CircuitModel(maxHostErrors);
    this.pause = new PauseModel(retryAfterMaxMs, concurrency === 'auto');
    this.quota = new QuotaModel(retryAfterMaxMs);
    this.budget = new BudgetModel(retryBudgetPercent, Math.max(10, retry));
  }
}

export interface RateTerms {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Rates {
  readonly all: RateTerms | undefined;
  readonly perHost: RateTerms | undefined;
}

export class LimitsWatch {
  readonly lives = new Map<string, Life>();
  readonly log: string[] = [];
  readonly seen = new Set<string>();
  inFlight = 0;
  inFlightMax = 0;
  /** Requests that may have been admitted without being sent. */
  cancelled = 0;
  /** Of an item: nothing new of its run may start any more. */
  isStopped: (id: string) => boolean = () => false;
  readonly #core: SessionCore;
  readonly #settings: Settings;
  #ratePerHost: RateTerms | undefined;
  readonly #wrong: (what: string) => void;
  readonly #hosts = new Map<string, HostWatch>();
  /** Whose host was down, in the present moment. */
  readonly #downs: Failure[] = [];
  #rate: RateModel | undefined;
  /** What the caller's function said of an outcome. */
  readonly said = new WeakMap<Outcome, boolean>();

  constructor(core: SessionCore, settings: Settings, rates: Rates, wrong: (what: string) => void) {
    this.#core = core;
    this.#settings = settings;
    this.#ratePerHost = rates.perHost;
    this.#wrong = (what) => wrong(`at ${core.clock.now() - 1e6}: ${what}`);
    if (rates.all !== undefined) this.#rate = new RateModel(rates.all.perSecond, rates.all.burst);
    const { transport } = core;
    const send = transport.send.bind(transport);
    transport.send = (request, done) => send(request, this.#begin(request, done));
  }

  setRate(rate: RateTerms | undefined): void {
    this.note(`rate ${rate?.perSecond}`);
    this.#rate = changed(this.#rate, rate, this.#core.clock.now());
  }

  setRatePerHost(rate: RateTerms | undefined): void {
    this.note(`rate per host ${rate?.perSecond}`);
    this.#ratePerHost = rate;
    for (const host of this.#hosts.values()) host.rate = changed(host.rate, rate, this.#core.clock.now());
  }

  note(what: string): void {
    this.log.push(`${this.#core.clock.now()} ${what}`);
  }

  lifeOf(id: string): Life {
    let life = this.lives.get(id);
    if (life === undefined) {
      life = new Life(id);
      this.lives.set(id, life);
    }
    return life;
  }

  #hostOf(key: string): HostWatch {
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new HostWatch(this.#settings, this.#ratePerHost);
      this.#hosts.set(key, host);
    }
    return host;
  }

  // ── an attempt begins ───────────────────────────────────────────────────────────────────────────────────

  #begin(request: Request, done: Done): Done {
    const nowMs = this.#core.clock.now();
    const { key, host: name } = request.origin;
    const life = this.lifeOf(idOf(request.target));
    const line = `${request.method} ${request.target}`;
    const before = life.attempts.at(-1);
    const host = this.#hostOf(key);
    const attempt: Seen = {
      ...{ line, host: key, startMs: nowMs, retries: request.retries },
      // What a connection gave back may go out in a pause: that it is refused is no news.
      pauses: before !== undefined && isResent(before) ? -1 : host.pause.pauses,
      ...{ outcome: undefined, endMs: 0, governed: false },
    };
    life.attempts.push(attempt);
    this.note(`start ${name} ${line} ${request.retries}`);
    if (life.outcome !== undefined) this.#wrong(`sent after its outcome: ${life}`);
    this.inFlight++;
    host.inFlight++;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    // What a connection gave back was admitted before.
    if (before?.outcome === undefined || !isResent(before))
      this.#admitted(life, attempt, request, host, nowMs);
    if (before !== undefined) this.#again(life, before, attempt, host, nowMs);
    else if (this.isStopped(life.id)) this.#wrong(`sent for the first time after the stop: ${life}`);
    let ended = false;
    return (one, outcome) => {
      if (ended) this.#wrong(`a second end: ${life}`);
      ended = true;
      this.#end(life, attempt, host, outcome, one.startedAtMs);
      done(one, outcome);
    };
  }

  #admitted(life: Life, attempt: Seen, { origin, retries }: Request, host: HostWatch, nowMs: number): void {
    const { concurrency, perHost } = this.#settings;
    const auto = concurrency === 'auto';
    const total = auto ? AUTO_TOTAL_MAX : concurrency;
    const each = Math.min(perHost ?? (auto ? AUTO_PER_HOST_MAX : total), total);
    if (this.inFlight > total) this.#wrong(`${this.inFlight} in flight, ${total} allowed`);
    if (host.inFlight > each) this.#wrong(`${host.inFlight} in flight to ${origin.host}, ${each} allowed`);
    const { slots } = this.#core;
    if (slots.total.used > slots.total.max) this.#wrong(`more in flight than the machine allows: ${slots}`);
    const { used, max } = slots.known(origin.key)!;
    if (used > max) this.#wrong(`${used} slots of ${origin.host} used, its law says ${max}`);
    const broken = [
      this.#rate?.start(nowMs),
      host.rate?.start(nowMs),
      host.circuit?.start(life, nowMs),
      host.pause.start(host.inFlight, nowMs),
      host.quota.start(nowMs),
    ];
    for (const what of broken) if (what !== undefined) this.#wrong(`${what}, to ${origin.host}: ${life}`);
    if (host.circuit?.isOpen === true) this.seen.add('probe');
    if (retries === 0 || attempt.retries === life.attempts.at(-2)?.retries) host.budget.request();
  }

  /** Why it goes out once more: a redirect, a connection that gave it back, no port for it, or a retry. */
  #again(life: Life, before: Seen, attempt: Seen, host: HostWatch, nowMs: number): void {
    const { outcome } = before;
    if (outcome === undefined) return this.#wrong(`twice under way: ${life}`);
    if (attempt.line !== before.line || attempt.host !== before.host) {
      this.seen.add('redirect');
      if (outcome.type !== 'response' || outcome.status < 300 || outcome.status > 399) {
        this.#wrong(`led elsewhere by no redirect: ${life}`);
      }
      if (attempt.retries !== before.retries) this.#wrong(`its retries are forgotten: ${life}`);
      return;
    }
    if (isResent(before)) return void this.seen.add('resent');
    if (before.governed && attempt.retries === before.retries) return void this.seen.add('governed');
    if (attempt.retries !== before.retries + 1) return this.#wrong(`sent again without a reason: ${life}`);
    this.seen.add('retry');
    if (attempt.retries > this.#settings.retry) this.#wrong(`${attempt.retries} retries: ${life}`);
    const overspent = host.budget.retry(this.cancelled);
    if (overspent !== undefined) this.#wrong(`${overspent} to ${attempt.host}`);
    const asked =
      outcome.type === 'response' ? askedMs(outcome, this.#core.clock.wall() - nowMs + before.endMs) : 0;
    if (nowMs < before.endMs + asked - 1e-3)
      this.#wrong(`sent again too early, ${asked} ms asked for: ${life}`);
    if (asked > this.#settings.retryAfterMaxMs)
      this.#wrong(`sent again although too much was asked: ${life}`);
    if (!this.#mayRetry(attempt.line.split(' ')[0]!, outcome))
      this.#wrong(`sent again without leave: ${life}`);
  }

  #mayRetry(method: string, outcome: Outcome): boolean {
    const said = this.said.get(outcome);
    if (said !== undefined) return said;
    if (outcome.type === 'failure' && outcome.sent === 'none') return true;
    return this.mayRepeat(method);
  }

  mayRepeat(method: string): boolean {
    return this.#settings.retryUnsafe || this.#settings.retryMethods.includes(method);
  }

  // ── an attempt ends ─────────────────────────────────────────────────────────────────────────────────────

  /** `sentMs`: where requests are pipelined they wait for a connection after they were admitted. */
  #end(life: Life, attempt: Seen, host: HostWatch, outcome: Outcome, sentMs: number): void {
    const { clock, slots } = this.#core;
    const nowMs = clock.now();
    attempt.outcome = outcome;
    attempt.endMs = nowMs;
    this.note(`end ${life.id} ${shown(outcome)}`);
    this.seen.add(shown(outcome));
    this.inFlight--;
    host.inFlight--;
    if (isResent(attempt)) return;
    if (outcome.type === 'failure' && outcome.kind === 'resources' && outcome.sent === 'none') {
      attempt.governed = slots.total.used > 1;
    }
    host.circuit?.end(life, healthOf(outcome), sentMs, nowMs);
    if (host.circuit?.isOpen === true) this.seen.add('open');
    if (outcome.type !== 'response') return;
    this.#note(host, outcome, nowMs);
    host.pause.answer(outcome.status, askedMs(outcome, clock.wall()), attempt.pauses, sentMs, nowMs);
  }

  #note(host: HostWatch, response: Response, nowMs: number): void {
    if (this.#settings.ignoreRateLimits) return;
    const told = quotaOf(response, this.#core.clock.wall());
    if (told !== undefined) host.quota.told(told.remaining, told.resetMs, nowMs);
    if (host.quota.isUsedUp) this.seen.add('used up');
  }

  // ── at rest, and at the end ─────────────────────────────────────────────────────────────────────────────

  /** Between two moments of time: who waits, for whatever it is, holds no slot; a host that is down is tried. */
  checkSlots(): void {
    const { slots, clock } = this.#core;
    for (const { message } of this.#downs.splice(0)) {
      const host = message.slice(0, message.indexOf(' '));
      const { circuit } = this.#hostOf(`http://${host}`);
      if (circuit?.isForgotten(clock.now()) !== false) this.#wrong(`${host} is down and not tried any more`);
    }
    if (slots.total.used !== this.inFlight) this.#wrong(`${slots} while ${this.inFlight} are in flight`);
    for (const [key, { inFlight }] of this.#hosts) {
      const used = slots.known(key)?.used ?? 0;
      if (used !== inFlight) this.#wrong(`${used} slots of ${key} used, ${inFlight} in flight`);
    }
  }

  checkLeftovers(): void {
    for (const key of this.#hosts.keys()) {
      if (this.#core.slots.known(key) !== undefined) this.#wrong(`slots of ${key} are left`);
    }
    if (this.inFlight !== 0) this.#wrong(`${this.inFlight} are still in flight`);
  }

  /** Its outcome is what its last attempt came to, and its record tells of those before. */
  delivered(id: string, outcome: Outcome): void {
    const life = this.lifeOf(id);
    if (life.outcome !== undefined) this.#wrong(`two outcomes: ${life}, ${outcome}`);
    life.outcome = outcome;
    this.note(`outcome ${id} ${shown(outcome)} ${outcome.attempts}`);
    this.seen.add(`outcome ${shown(outcome)}`);
    // What a connection gave back, or this machine had no room for, is told of only where it was the end.
    const isTold = (one: Seen) => !(one.governed || (isResent(one) && !isSynthetic(outcome)));
    const told = life.attempts.filter((one) => one.outcome === outcome || isTold(one));
    if (outcome.type === 'failure' && outcome.kind === 'host-down') this.#downs.push(outcome);
    this.#checkLast(life, told.at(-1), outcome);
    this.#checkRecord(life, told, outcome);
  }

  #checkRecord(life: Life, attempts: readonly Seen[], outcome: Outcome): void {
    const retried = attempts.filter((one, i) => attempts[i + 1]?.retries === one.retries + 1);
    const expected = retried.map(({ outcome }) => toldOf(outcome!));
    const told = (outcome.history ?? []).map(toldOfAttempt);
    // What was to be sent again, and is not, is the outcome itself; its wait was planned.
    if (told.length === expected.length + 1 && told.at(-1) === toldOf(outcome)) told.pop();
    if (told.join() !== expected.join())
      this.#wrong(`its record tells of [${told}], not [${expected}]: ${life}`);
    if (outcome.attempts < expected.length + (attempts.length > 0 ? 1 : 0) && !isSynthetic(outcome)) {
      this.#wrong(`${outcome.attempts} attempts: ${life}`);
    }
  }

  #checkLast(life: Life, last: Seen | undefined, outcome: Outcome): void {
    if (last === undefined) {
      const isOwn = outcome.type === 'failure' && (outcome.phase === 'input' || outcome.phase === 'queue');
      if (!isOwn) this.#wrong(`an outcome of nothing: ${life}`);
      return;
    }
    if (last.outcome === outcome || isSynthetic(outcome)) return;
    if (outcome.type === 'failure' && outcome.kind === 'too-large' && last.outcome?.type === 'response')
      return;
    this.#wrong(`not its last outcome: ${life}`);
  }

  /** By what was written to wires: what is said not to have been sent was not, and nothing twice without leave. */
  checkWires(sent: readonly string[]): void {
    const written = new Map<string, number>();
    for (const line of sent) written.set(line, (written.get(line) ?? 0) + 1);
    for (const life of this.lives.values()) {
      const lines = new Map<string, number>();
      for (const { line, outcome } of life.attempts) {
        const sent = outcome?.type === 'response' || outcome?.sent !== 'none' ? 1 : 0;
        lines.set(line, (lines.get(line) ?? 0) + sent);
      }
      for (const [line, attempts] of lines) {
        const times = written.get(line) ?? 0;
        written.delete(line);
        if (times !== attempts) this.#wrong(`written ${times} times, ${attempts} told of: ${life}`);
        const method = line.split(' ')[0]!;
        const asked = life.attempts.some(({ outcome }) => this.said.get(outcome!) === true);
        if (times > 1 && !isIdempotent(method) && !this.mayRepeat(method) && !asked) {
          this.#wrong(`written ${times} times: ${life}`);
        }
      }
    }
    for (const line of written.keys()) this.#wrong(`${line} was written and nobody sent it`);
  }
}

function changed(
  rate: RateModel | undefined,
  terms: RateTerms | undefined,
  nowMs: number,
): RateModel | undefined {
  if (terms === undefined) return undefined;
  if (rate === undefined) return new RateModel(terms.perSecond, terms.burst);
  rate.change(terms.perSecond, terms.burst, nowMs);
  return rate;
}

function isResent({ outcome }: Seen): boolean {
  return outcome?.type === 'failure' && outcome.resend;
}

/** Made by the engine, not by an attempt. */
function isSynthetic(outcome: Outcome): boolean {
  return outcome.type === 'failure' && outcome.phase === 'queue';
}
