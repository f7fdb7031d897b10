// When a retry goes out: exponential backoff with full jitter, any time from now to a bound that doubles. Of the ways to
// add jitter this one does the least work in all ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

export interface BackoffTerms {
  /** The bound of the first retry. */
  readonly retryDelayMs: number;
  /** No bound is beyond it. */
  readonly retryDelayMaxMs: number;
}

/** `retries`: how many there were before. `random`: from 0 to below 1. */
export function backoffMs(
  { retryDelayMs, retryDelayMaxMs }: BackoffTerms,
  retries: number,
  random: () => number,
): number {
  return random() * Math.min(retryDelayMaxMs, retryDelayMs * 2 ** retries);
}
