// Whether a request is worth sending again, and allowed to be: by its method, how far it got, and what came of it. Knows
// no time; how much and when are others' matters (retry-budget.ts, backoff.ts).
//
// The evidence decides, not the method alone (RFC 9110 section 9.2.2): what was provably not sent may always go again,
// whatever its method; what was sent in part or whole only where sending it twice means the same as once, or where the
// caller said so.

import type { Failure, Outcome, Response } from '../../model/outcome.ts';
import type { StatusList } from '../../model/status-list.ts';
import { kindSet, methodSet, type RetrySettings, type ShouldRetry, statusesOf } from './retry-terms.ts';

export interface RetryFacts {
  readonly method: string;
  /** Retries so far. */
  readonly retries: number;
  /** Its body, if any, can be sent once more. */
  readonly replayable: boolean;
}

/** The caller's own function threw, or gave a promise: nothing is known of what it would have said. */
export interface Broken {
  readonly broken: unknown;
}

/** `no`: there is no reason, or no right, to send it again; else the reason, as people read it. */
export type Reason = 'no' | Broken | { readonly because: string };

export class RetryPolicy {
  readonly #statuses: StatusList;
  readonly #kinds: ReadonlySet<string>;
  readonly #methods: ReadonlySet<string>;
  readonly #unsafe: boolean;
  readonly #shouldRetry: ShouldRetry | undefined;

  /** Throws OptionError for settings that do not fit. */
  constructor(settings: RetrySettings) {
    this.#statuses = statusesOf(settings.retryStatuses);
    this.#kinds = kindSet(settings.retryKinds);
    this.#methods = methodSet(settings.retryMethods);
    this.#unsafe = settings.retryUnsafe;
    this.#shouldRetry = settings.shouldRetry;
  }

  /** The caller's function may say otherwise of everything but what the caller stopped and what is no request. */
  reason(facts: RetryFacts, outcome: Outcome): Reason {
    if (outcome.type === 'failure' && (outcome.kind === 'aborted' || outcome.kind === 'invalid')) return 'no';
    const said = this.#ask(outcome, facts.retries + 1);
    if (said === false) return 'no';
    if (said === true) return { because: `shouldRetry, after ${told(outcome)}` };
    if (said !== undefined) return said;
    return outcome.type === 'response' ? this.#ofResponse(facts, outcome) : this.#ofFailure(facts, outcome);
  }

  #ask(outcome: Outcome, attempt: number): boolean | Broken | undefined {
    let said: unknown;
    try {
      said = this.#shouldRetry?.(outcome, attempt);
    } catch (error) {
      return { broken: error };
    }
    if (typeof said === 'boolean') return said;
    if (!(said instanceof Promise)) return undefined;
    // An async function: its answer would come too late, and what it throws would end the process.
    said.catch(() => {});
    return { broken: new TypeError('it gave a promise; it must say true or false at once') };
  }

  #ofResponse({ method }: RetryFacts, response: Response): Reason {
    if (!this.#statuses.has(response.status) || !this.#mayRepeat(method)) return 'no';
    return { because: told(response) };
  }

  #ofFailure({ method }: RetryFacts, failure: Failure): Reason {
    const { phase, kind, sent } = failure;
    if (!this.#kinds.has(kind) && !this.#kinds.has(`${phase}/${kind}`)) return 'no';
    return sent === 'none' || this.#mayRepeat(method) ? { because: told(failure) } : 'no';
  }

  #mayRepeat(method: string): boolean {
    return this.#unsafe || this.#methods.has(method);
  }
}

/** In short, as people read it. */
export function told(outcome: Outcome): string {
  return outcome.type === 'response' ? `status ${outcome.status}` : `${outcome.phase}/${outcome.kind}`;
}
