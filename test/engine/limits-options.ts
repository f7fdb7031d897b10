// The options of a simulated session, drawn out of its seed.

import type { RunOptions } from 'flurry';
import type { Outcome } from '../../src/model/outcome.ts';
import type { RateTerms } from './limits-watch.ts';
import type { Seeded } from './simulation.ts';

export type ShouldRetry = (outcome: Outcome, attempt: number) => boolean | undefined;

export function drawOptions(random: Seeded, shouldRetry: ShouldRetry): RunOptions {
  const says = random.chance(0.15);
  return {
    concurrency: random.chance(0.4) ? 'auto' : 1 + random.below(random.pick([3, 20, 60])),
    perHost: random.chance(0.3) ? 1 + random.below(20) : undefined,
    rate: random.chance(0.35) ? someRate(random) : undefined,
    ratePerHost: random.chance(0.25) ? someRate(random) : undefined,
    burst: random.chance(0.4) ? 1 + random.below(10) : undefined,
    retry: random.pick([0, 1, 2, 2, 5]),
    retryStatuses: random.pick([['408', '429', '500', '502', '503', '504'], ['5xx'], ['429']]),
    retryUnsafe: random.chance(0.15),
    retryMethods: random.pick([
      ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'],
      ['GET'],
      ['GET', 'POST'],
    ]),
    retryBudgetPercent: random.pick([0, 20, 20, 100]),
    retryDelayMs: random.pick([0, 50, 250]),
    retryDelayMaxMs: random.pick([100, 30_000]),
    retryAfterMaxMs: random.pick([0, 2_000, 20_000, 100_000]),
    ignoreRateLimits: random.chance(0.3),
    maxHostErrors: random.pick([1, 3, 5, 30]),
    hostDown: random.pick(['wait', 'wait', 'fail']),
    hostDownMaxMs: random.pick([500, 10_000, 300_000]),
    failEarly: random.chance(0.08),
    maxFailures: random.chance(0.2) ? 1 + random.below(20) : undefined,
    pipeline: random.chance(0.85) ? 1 : 2 + random.below(3),
    idleConnections: random.pick([0, 3, 256]),
    keepAliveMs: random.pick([0, 100, 4_000]),
    followRedirects: random.chance(0.7),
    maxRedirects: 3,
    dnsTtlMs: random.pick([0, 50, 300_000]),
    dnsTimeoutMs: 200,
    connectTimeoutMs: 300,
    firstByteTimeoutMs: random.pick([400, 3_000]),
    idleTimeoutMs: 300,
    timeoutMs: 4_000,
    ...(says ? { shouldRetry } : {}),
  };
}

/** What a caller may think of an outcome. */
export function sayOf(outcome: Outcome, attempt: number): boolean | undefined {
  if (outcome.type === 'failure') return outcome.kind === 'closed' ? attempt < 3 : undefined;
  if (outcome.status === 500) return false;
  return outcome.status === 404 ? attempt < 2 : undefined;
}

export function someRate(random: Seeded): string {
  return random.pick([`${1 + random.below(300)}/s`, `${1 + random.below(9)}/s`, '600/m', '5/10s']);
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, '10s': 10 };

export function termsOf(rate: unknown, burst: number | undefined): RateTerms | undefined {
  if (rate === undefined) return undefined;
  const [n, unit] = String(rate).split('/');
  const perSecond = Number(n) / SECONDS[unit!]!;
  return { perSecond, burst: burst ?? Math.max(1, Math.round(perSecond * 0.05)) };
}
