// What follows from how requests ended: what their hosts are to be spared, and which of them are sent again, when. It
// feeds gates and budgets and decides; it sends nothing.

import type { Clock } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { Failure, type Outcome } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import type { StatusList } from '../model/status-list.ts';
import type { ControlLaw, Sample } from '../scheduler/control/law.ts';
import { verdictOf } from '../scheduler/control/verdict.ts';
import { asksToPause } from '../scheduler/health/host-pause.ts';
import { quotaOf, tellsQuota } from '../scheduler/rate/quota.ts';
import { attemptOf } from '../scheduler/retry/attempt.ts';
import { Retries } from '../scheduler/retry/retries.ts';
import { told } from '../scheduler/retry/retry-policy.ts';
import { statusesOf } from '../scheduler/retry/retry-terms.ts';
import type { SharedSlots, Slots } from '../scheduler/slots.ts';

export class Resending {
  readonly #clock: Clock;
  readonly #slots: SharedSlots;
  readonly #retries: Retries | undefined;
  readonly #sample: Sample = {
    nowMs: 0,
    verdict: 'ignore',
    latencyMs: 0,
    inFlight: 0,
    limited: false,
    status: 0,
  };
  /** Those after which it may be sent again. */
  readonly #statuses: StatusList;
  /** The caller's function looks at every outcome. */
  readonly #asksCaller: boolean;

  constructor(settings: Settings, clock: Clock, slots: SharedSlots, random: () => number) {
    this.#clock = clock;
    this.#slots = slots;
    this.#retries = settings.retry > 0 ? new Retries(settings, random) : undefined;
    this.#statuses = statusesOf(settings.retryStatuses);
    this.#asksCaller = settings.shouldRetry !== undefined;
  }

  /** An attempt has ended, whatever becomes of its request. Costs next to nothing for a host that has said nothing. */
  learn(request: Request, outcome: Outcome): void {
    const tells = isTelling(outcome);
    // Of what ended without being told, only what had no answer is counted: hardly ever is there any.
    if (!tells && !this.#slots.watched && outcome.type === 'response') return;
    const { key } = request.origin;
    const slots = this.#slots.known(key);
    if (slots === undefined) return;
    if (slots.law !== undefined) this.#teach(slots, slots.law, request, outcome);
    if (!tells && slots.gate === undefined) {
      if (outcome.type === 'failure') slots.silent++;
      return;
    }
    const nowMs = this.#clock.now();
    const gate = slots.gate ?? this.#slots.gateOf(key, nowMs);
    const wallMs = this.#clock.wall();
    const quota =
      outcome.type === 'response' && !outcome.isPlain ? quotaOf(outcome.fieldLines, wallMs) : undefined;
    const proxied = request.proxy !== undefined;
    gate.settle(outcome, quota, request.startedAtMs, slots.used - 1, nowMs, wallMs, proxied);
  }

  /** One sample for all: nothing is made per request. */
  #teach(slots: Slots, law: ControlLaw, request: Request, outcome: Outcome): void {
    if (outcome.type === 'failure' && outcome.kind === 'aborted') return;
    const nowMs = this.#clock.now();
    const sample = this.#sample;
    sample.nowMs = nowMs;
    sample.verdict = verdictOf(outcome);
    sample.latencyMs = Math.max(0, nowMs - request.startedAtMs);
    sample.inFlight = request.inFlight;
    sample.limited = request.limited;
    sample.status = outcome.type === 'response' ? outcome.status : 0;
    law.record(sample);
    // What a host answers says nothing about the way to all of them.
    this.#slots.totalLaw?.record(outcome.type === 'failure' ? sample.verdict : 'success');
    slots.max = law.limit;
    const rate = law.ratePerSecond;
    const gate = rate === undefined ? slots.gate : this.#slots.gateOf(request.origin.key, nowMs);
    gate?.paceAt(rate, nowMs);
  }

  /**
   * In how many milliseconds the request is to be sent again; undefined: its outcome stands. A failure takes the place of
   * an outcome at which the caller's own function threw.
   */
  delayMs(request: Request, outcome: Outcome): number | Failure | undefined {
    if (this.#retries === undefined || !this.#mayBeBettered(request, outcome)) return undefined;
    const { method, retries, stream } = request;
    const replayable = stream === undefined || stream.replayable;
    const nowMs = this.#clock.now();
    const { budget, breaker } = this.#slots.gateOf(request.origin.key, nowMs);
    // One that was made only now was not told of this answer.
    if (outcome.type === 'response') breaker?.settle('up', nowMs);
    const wallMs = this.#clock.wall();
    const verdict = this.#retries.verdict({ method, retries, replayable }, outcome, budget, nowMs, wallMs);
    if (verdict === 'no') return undefined;
    if ('broken' in verdict) return brokenAt(request, outcome, verdict.broken);
    if (verdict.delayMs === undefined) return undefined;
    request.history = [...(request.history ?? []), attemptOf(outcome, verdict.delayMs)];
    request.pending = outcome;
    request.retries++;
    // What failed may have been the connection's fault, or that of what was sent ahead on it (RFC 9112 section 9.3.2).
    request.fresh = outcome.type === 'failure';
    return verdict.delayMs;
  }

  /** What fetch hands out is not taken back, and what nobody waits for is not sent again. */
  #mayBeBettered(request: Request, outcome: Outcome): boolean {
    if (request.terms !== undefined || request.cancelled) return false;
    if (this.#asksCaller || outcome.type === 'failure') return true;
    return this.#statuses.has(outcome.status);
  }
}

/** What a request comes to where the caller's own function cannot say what it is worth. */
function brokenAt(request: Request, outcome: Outcome, error: unknown): Failure {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : `a ${typeof error}`;
  const phase = outcome.type === 'response' ? 'body' : outcome.phase;
  const message = `shouldRetry, asked after ${told(outcome)}, threw ${what}`;
  return Failure.of(request, phase, 'unknown', message, outcome.ms, error);
}

/** Whether it says something that its host is to be remembered for. */
function isTelling(outcome: Outcome): boolean {
  if (outcome.type === 'failure') return outcome.kind !== 'aborted';
  return !outcome.isPlain && (asksToPause(outcome.status) || tellsQuota(outcome.fieldLines));
}
