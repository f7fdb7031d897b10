// One attempt of a request that was sent again afterwards, as its record tells it. Plain data.

import type { Kind, Outcome, Phase, Sent } from '../../model/outcome.ts';

export interface Attempt {
  /** What answered, unless it failed. */
  readonly status?: number;
  readonly error?: { readonly phase: Phase; readonly kind: Kind; readonly sent: Sent };
  /** What it took. */
  readonly ms: number;
  /** How long the next attempt was put off. */
  readonly waitMs: number;
}

/** What is told of an attempt whose request goes out again after `waitMs`. */
export function attemptOf(outcome: Outcome, waitMs: number): Attempt {
  const { ms } = outcome;
  if (outcome.type === 'response') return { status: outcome.status, ms, waitMs };
  const { phase, kind, sent } = outcome;
  return { error: { phase, kind, sent }, ms, waitMs };
}
