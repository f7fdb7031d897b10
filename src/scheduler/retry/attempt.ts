// One attempt of a request that was sent again afterwards, as its record tells it. Plain data.

import type { Attempt, Outcome } from '../../model/outcome.ts';

/** What is told of an attempt whose request goes out again after `waitMs`. */
export function attemptOf(outcome: Outcome, waitMs: number): Attempt {
  const { ms } = outcome;
  if (outcome.type === 'response') return { status: outcome.status, ms, waitMs };
  const { phase, kind, sent } = outcome;
  return { error: { phase, kind, sent }, ms, waitMs };
}
