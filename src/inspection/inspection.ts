// What is looked at in a response that has come: whether it is a failure (failOn), what is extracted from it, and
// whether it is handed out (match…, filter…). Synchronous, and never sends, waits or throws.

import type { Settings } from '../model/options.ts';
import { Failure, type Outcome, type Response } from '../model/outcome.ts';
import { type Condition, checkedBy, readCondition } from './condition.ts';
import { Content } from './content.ts';
import { type Extractor, extractAll, readExtractors } from './extraction.ts';
import { type Filter, type FilterSettings, readFilters } from './filters.ts';

export type InspectionSettings = FilterSettings & Pick<Settings, 'failOn' | 'extract'>;

export class Inspection {
  readonly #conditions: readonly Condition[];
  readonly #extractors: readonly Extractor[];
  readonly #filters: readonly Filter[];
  readonly #content = new Content();

  private constructor(
    conditions: readonly Condition[],
    extractors: readonly Extractor[],
    filters: readonly Filter[],
  ) {
    this.#conditions = conditions;
    this.#extractors = extractors;
    this.#filters = filters;
  }

  /** Undefined where there is nothing to do. Throws OptionError for what cannot be read, and loads what it needs. */
  static of(settings: InspectionSettings): Inspection | undefined {
    const conditions = [settings.failOn]
      .flat()
      .map((one) => (typeof one === 'string' ? readCondition('failOn', one) : checkedBy(one)));
    const extractors = readExtractors('extract', settings.extract);
    const filters = readFilters(settings);
    const nothing = conditions.length + extractors.length + filters.length === 0;
    return nothing ? undefined : new Inspection(conditions, extractors, filters);
  }

  /** True where a body must be in memory to be looked at: it cannot go to a file as it comes. */
  get readsBody(): boolean {
    return [...this.#conditions, ...this.#extractors, ...this.#filters].some((one) => one.readsBody);
  }

  /** The names of `extract`, in their order: columns of a table. */
  get extractedNames(): readonly string[] {
    return this.#extractors.map(({ name }) => name);
  }

  /** A failure in place of a response that failOn names; else the same response, with what was extracted from it. */
  inspect(response: Response): Response | Failure {
    this.#content.turnTo(response);
    const failure = this.#failureOf(response);
    if (failure !== undefined) return failure;
    if (this.#extractors.length > 0) {
      response.extracted = extractAll(this.#extractors, response, this.#content);
    }
    return response;
  }

  /** Whether it is handed out: every failure is. To be asked once about each, after `inspect`. */
  passes(outcome: Outcome): boolean {
    if (outcome.type === 'failure') {
      this.#content.forget();
      return true;
    }
    this.#content.turnTo(outcome);
    const passes = this.#passesAll(outcome);
    this.#content.forget();
    return passes;
  }

  #passesAll(response: Response): boolean {
    try {
      for (const filter of this.#filters) if (!filter.passes(response, this.#content)) return false;
    } catch {
      // A regular expression that needs more stack than there is: nothing is dropped that nobody has looked at.
    }
    return true;
  }

  #failureOf(response: Response): Failure | undefined {
    for (const condition of this.#conditions) {
      try {
        const problem = condition.problem(response, this.#content);
        if (problem !== undefined) return unexpected(response, problem);
      } catch (error) {
        // What cannot be told is not passed over. The error's message stays out of ours: JSON.parse quotes the body.
        const what = error instanceof Error ? error.name : typeof error;
        return unexpected(response, `: ${condition.name} threw ${what}`, error);
      }
    }
    return undefined;
  }
}

function unexpected(response: Response, problem: string, cause?: unknown): Failure {
  const { request, status, attempts, ms } = response;
  return new Failure({
    index: request.index,
    id: request.id,
    url: request.askedUrl,
    method: request.method,
    status,
    history: response.history,
    phase: 'body',
    kind: 'unexpected',
    sent: 'response',
    message: `status ${status}${problem}`,
    cause,
    attempts,
    ms,
  });
}
