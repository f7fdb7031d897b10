// When a run has failed often enough to be stopped: --fail-early and --max-failures. Counts, and stops nothing itself.

import type { Outcome } from '../../model/outcome.ts';

export interface FailureLimitSettings {
  readonly failEarly: boolean;
  readonly maxFailures: number | undefined;
}

/** Failures after which the run stops; infinite where it never does. */
export function failuresMax({ failEarly, maxFailures }: FailureLimitSettings): number {
  if (failEarly) return 1;
  return maxFailures ?? Number.POSITIVE_INFINITY;
}

/** A response of whatever status is no failure, unless --fail-on makes it one; what the caller stopped is none either. */
export function countsAsFailure(outcome: Outcome): boolean {
  return outcome.type === 'failure' && outcome.kind !== 'aborted';
}
