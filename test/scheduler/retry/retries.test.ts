import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunOptions, resolveOptions } from '../../../src/model/options.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { attemptOf } from '../../../src/scheduler/retry/attempt.ts';
import { backoffMs } from '../../../src/scheduler/retry/backoff.ts';
import { Retries } from '../../../src/scheduler/retry/retries.ts';
import { RetryBudget } from '../../../src/scheduler/retry/retry-budget.ts';
import { answered, chance, failed } from '../outcomes.ts';

const WALL = Date.UTC(2026, 10, 22, 12);
const FACTS = { method: 'GET', retries: 0, replayable: true };
const PLENTY = () => new RetryBudget(1, 1_000);

function verdict(
  outcome: Outcome,
  options: RunOptions = {},
  facts = FACTS,
  budget = PLENTY(),
  random = () => 0.5,
) {
  return new Retries(resolveOptions(options), random).verdict(facts, outcome, budget, 0, WALL);
}

describe('backoffMs', () => {
  it('is any time up to a bound that doubles', () => {
    const terms = { retryDelayMs: 250, retryDelayMaxMs: 30_000 };
    const bounds = [0, 1, 2, 3, 7, 8, 1_000].map((retries) => backoffMs(terms, retries, () => 1));
    expect(bounds).toEqual([250, 500, 1_000, 2_000, 30_000, 30_000, 30_000]);
    expect(backoffMs(terms, 3, () => 0)).toBe(0);
    expect(backoffMs(terms, 3, () => 0.25)).toBe(500);
  });

  it('spreads evenly: requests that failed together do not come back together', () => {
    const random = chance(1);
    const tenths = new Array(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      tenths[Math.floor(backoffMs({ retryDelayMs: 100, retryDelayMaxMs: 100 }, 0, random) / 10)]++;
    }
    for (const n of tenths) expect(n).toBeGreaterThan(850);
  });
});

describe('Retries', () => {
  it('says nothing of what needs no retry, and of anything where there are none', () => {
    expect(verdict(answered(200))).toBe('no');
    expect(verdict(answered(503), { retry: 0 })).toBe('no');
    expect(verdict(failed('aborted'))).toBe('no');
  });

  it('puts a retry off by half of 250 ms, then of 500', () => {
    expect(verdict(answered(503))).toEqual({ delayMs: 125, because: 'status 503' });
    expect(verdict(failed('reset'), {}, { ...FACTS, retries: 1 })).toEqual({
      delayMs: 250,
      because: 'headers/reset',
    });
  });

  it('lets the outcome stand after so many', () => {
    expect(verdict(answered(503), {}, { ...FACTS, retries: 2 })).toEqual({
      delayMs: undefined,
      because: 'status 503; 2 retries were not enough',
    });
  });

  it('does not read a body twice that can be read once, but one of which nothing was read', () => {
    const once = { ...FACTS, method: 'PUT', replayable: false };
    expect(verdict(answered(503), {}, once)).toEqual({
      delayMs: undefined,
      because: 'status 503; its body can be read once only',
    });
    expect(verdict(failed('reset', 'send', 'partial'), {}, once)).toHaveProperty('delayMs', undefined);
    expect(verdict(failed('refused', 'connect', 'none'), {}, once)).toHaveProperty('delayMs', 125);
  });

  it('takes no retry from the budget that it does not give, and gives none that is not paid for', () => {
    const budget = new RetryBudget(0, 1);
    verdict(answered(200), {}, FACTS, budget);
    verdict(answered(503), {}, { ...FACTS, retries: 2 }, budget);
    verdict(answered(503, 'Retry-After: 9999'), {}, FACTS, budget);
    expect(verdict(answered(503), {}, FACTS, budget)).toHaveProperty('delayMs', 125);
    expect(verdict(answered(503), {}, FACTS, budget)).toEqual({
      delayMs: undefined,
      because: 'status 503; the retry budget of its host is used up',
    });
  });

  it('has a budget that one request can use up alone', () => {
    const terms = (options: RunOptions) => new Retries(resolveOptions(options), () => 0).budgetTerms;
    expect(terms({})).toEqual({ share: 0.2, reserve: 10 });
    expect(terms({ retry: 50, retryBudgetPercent: 5 })).toEqual({ share: 0.05, reserve: 50 });
  });

  it('waits as long as it is asked to, and a little more', () => {
    expect(verdict(answered(503, 'Retry-After: 10'))).toEqual({ delayMs: 10_500, because: 'status 503' });
    const dated = answered(
      429,
      'Retry-After: Sun, 22 Nov 2026 13:00:20 GMT',
      'Date: Sun, 22 Nov 2026 13:00:00 GMT',
    );
    expect(verdict(dated)).toHaveProperty('delayMs', 21_000);
    expect(verdict(answered(503, 'Retry-After: -1'))).toHaveProperty('delayMs', 125);
  });

  it('lets a response stand that asks for more than the longest wait', () => {
    expect(verdict(answered(429, 'Retry-After: 301'))).toEqual({
      delayMs: undefined,
      because: 'status 429; the server asks to wait 301 s, more than --retry-after-max',
    });
    expect(verdict(answered(429, 'Retry-After: 99999999999999999999'))).toHaveProperty('delayMs', undefined);
    expect(verdict(answered(429, 'Retry-After: 300'))).toHaveProperty('delayMs', 302_500);
    expect(verdict(answered(429, 'Retry-After: 2'), { retryAfterMaxMs: 1_000 })).toHaveProperty(
      'delayMs',
      undefined,
    );
  });

  it('never comes back before the time that was asked for', () => {
    const asked = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map((s) => [String(s), s * 1000] as const),
      fc
        .integer({ min: 0, max: 300 })
        .map((s) => [new Date(WALL + s * 1000).toUTCString(), s * 1000] as const),
    );
    fc.assert(
      fc.property(asked, fc.integer(), fc.integer({ min: 0, max: 9 }), ([value, askedMs], seed, retries) => {
        const outcome = answered(429, `Retry-After: ${value}`);
        const plan = verdict(outcome, { retry: 10 }, { ...FACTS, retries }, PLENTY(), chance(seed));
        expect(plan !== 'no' && 'delayMs' in plan && plan.delayMs! >= askedMs).toBe(true);
      }),
    );
  });
});

describe('attemptOf', () => {
  it('keeps of an attempt what its record tells', () => {
    expect(attemptOf(answered(503), 125)).toEqual({ status: 503, ms: 12, waitMs: 125 });
    expect(attemptOf(failed('reset'), 250)).toEqual({
      error: { phase: 'headers', kind: 'reset', sent: 'whole' },
      ms: 7,
      waitMs: 250,
    });
  });
});
