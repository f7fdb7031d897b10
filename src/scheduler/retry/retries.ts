// What becomes of an outcome that could be bettered: policy (whether), budget (how much) and backoff (when) put together.
// Sends and keeps nothing; a request that waits is in Later.

import type { Outcome } from '../../model/outcome.ts';
import { backoffMs } from './backoff.ts';
import { retryAfterMs, spread } from './retry-after.ts';
import type { RetryBudget } from './retry-budget.ts';
import { type Broken, type RetryFacts, RetryPolicy } from './retry-policy.ts';
import type { RetrySettings } from './retry-terms.ts';

/** Retries that a host with few requests has by itself. */
const RESERVE = 10;

/**
 * `no`: the outcome stands, nothing is to be said. With `delayMs`: send it again then. Without: it would be sent again,
 * but for what `because` says; the outcome stands.
 */
export type RetryVerdict = 'no' | Broken | { readonly delayMs: number | undefined; readonly because: string };

export class Retries {
  readonly #settings: RetrySettings;
  readonly #policy: RetryPolicy;
  readonly #random: () => number;

  /** Throws OptionError for settings that do not fit. `random`: from 0 to below 1. */
  constructor(settings: RetrySettings, random: () => number) {
    this.#settings = settings;
    this.#policy = new RetryPolicy(settings);
    this.#random = random;
  }

  /** What a budget of these settings is made with. */
  get budgetTerms(): { readonly share: number; readonly reserve: number } {
    const { retry, retryBudgetPercent } = this.#settings;
    // One request alone may use up all of its retries.
    return { share: retryBudgetPercent / 100, reserve: Math.max(RESERVE, retry) };
  }

  /** `budget`: of its host, and paid from where it is sent again. */
  verdict(
    facts: RetryFacts,
    outcome: Outcome,
    budget: RetryBudget,
    nowMs: number,
    wallMs: number,
  ): RetryVerdict {
    const { retry, retryAfterMaxMs } = this.#settings;
    if (retry === 0) return 'no';
    const reason = this.#policy.reason(facts, outcome);
    if (reason === 'no' || 'broken' in reason) return reason;
    const { because } = reason;
    if (facts.retries >= retry) return stands(`${because}; ${retry} retries were not enough`);
    const untouched = outcome.type === 'failure' && outcome.sent === 'none';
    if (!facts.replayable && !untouched) return stands(`${because}; its body can be read once only`);
    const askedMs = askedOf(outcome, wallMs);
    if (askedMs > retryAfterMaxMs) {
      return stands(
        `${because}; the server asks to wait ${Math.ceil(askedMs / 1000)} s, more than --retry-after-max`,
      );
    }
    if (!budget.tryTake(nowMs)) return stands(`${because}; the retry budget of its host is used up`);
    const ownMs = backoffMs(this.#settings, facts.retries, this.#random);
    return { delayMs: Math.max(ownMs, spread(askedMs, this.#random)), because };
  }
}

function stands(because: string): RetryVerdict {
  return { delayMs: undefined, because };
}

/** What the server asks for; 0 where it asks for nothing that can be understood. */
export function askedOf(outcome: Outcome, wallMs: number): number {
  if (outcome.type === 'failure') return 0;
  const value = outcome.headerAll('retry-after')[0];
  return value === undefined ? 0 : (retryAfterMs(value, outcome.headerAll('date')[0], wallMs) ?? 0);
}
