// The error that a single request rejects with where no whole response came. Says nothing that its Failure does not.

import type { Failure } from '../model/outcome.ts';

/** No response came, or none that is whole. What a run hands out as a Failure, a single request rejects with. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly failure: Failure;
  /** The system's own name for what went wrong, such as `ECONNREFUSED`; undefined where it gave none. */
  readonly code: string | undefined;

  constructor(failure: Failure) {
    super(`${failure.method} ${failure.url}: ${failure.message}`, { cause: failure.cause });
    this.failure = failure;
    this.code = codeOf(failure.cause);
  }
}

function codeOf(cause: unknown): string | undefined {
  const code = (cause as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
