// Which records `flurry retry --only LIST` means: statuses, kinds and phases of failures, in one list. Also the list to
// propose for what a report has found.

import type { RecordReport } from '../metrics/record-report.ts';
import { nearest } from '../model/nearest.ts';
import { OptionError } from '../model/option-kinds.ts';
import type { Kind, Phase } from '../model/outcome.ts';
import { isOk, type RecordFacts } from '../model/record-facts.ts';
import { StatusList } from '../model/status-list.ts';

const PHASES: Readonly<Record<Phase, true>> = {
  ...{ input: true, queue: true, dns: true, connect: true, tls: true, send: true, headers: true, body: true },
};
/** Whether the same request may well have another outcome later. */
const KINDS: Readonly<Record<Kind, boolean>> = {
  invalid: false,
  timeout: true,
  refused: true,
  reset: true,
  closed: true,
  unreachable: true,
  'not-found': true,
  resources: true,
  certificate: false,
  proxy: true,
  protocol: false,
  'too-large': false,
  unexpected: false,
  'host-down': true,
  aborted: true,
  unknown: true,
};
const WORDS = ['failed', 'not-ok'] as const;
const ADVICE =
  'statuses (429, 5xx, 502-504), what failed (timeout, refused), where (connect, body), both (connect/timeout), failed or not-ok';

export class RetryList {
  readonly #statuses = new StatusList();
  readonly #kinds = new Set<string>();
  readonly #phases = new Set<string>();
  readonly #both = new Set<string>();
  #failed = false;
  #notOk = false;

  /** `timeout,connect|5xx|429`: a comma or a bar between them. Throws OptionError. */
  static read(list: string): RetryList {
    const read = new RetryList();
    for (const item of list.split(/[,|]/)) read.#add(item.trim().toLowerCase());
    return read;
  }

  /** An item of the input that is no request stays none: it is meant only where its phase or kind is named. */
  has(record: RecordFacts): boolean {
    const { status, error } = record;
    if (error === undefined) return this.#hasStatus(status) || (this.#notOk && !isOk(record));
    const { phase, kind } = error;
    if (this.#phases.has(phase) || this.#kinds.has(kind) || this.#both.has(`${phase}/${kind}`)) return true;
    return phase === 'input' ? false : this.#failed || this.#notOk || this.#hasStatus(error.status);
  }

  #hasStatus(status: number | undefined): boolean {
    return status !== undefined && this.#statuses.has(status);
  }

  #add(item: string): void {
    if (item === 'failed') this.#failed = true;
    else if (item === 'not-ok') this.#notOk = true;
    else if (Object.hasOwn(PHASES, item)) this.#phases.add(item);
    else if (Object.hasOwn(KINDS, item)) this.#kinds.add(item);
    else if (isBoth(item)) this.#both.add(item);
    else this.#addStatus(item);
  }

  #addStatus(item: string): void {
    if (/^\d/.test(item) || item === '') {
      const problem = this.#statuses.add(item);
      if (problem !== undefined) throw misread(item === '' ? 'an item is missing' : problem);
      return;
    }
    const near = nearest(item, [...WORDS, ...Object.keys(PHASES), ...Object.keys(KINDS)]);
    throw misread(
      `nothing is called ${JSON.stringify(item)}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }

  toString(): string {
    return `retry list ${[...this.#phases, ...this.#kinds, ...this.#both].join(',')}`;
  }
}

function isBoth(item: string): boolean {
  const [phase, kind, ...more] = item.split('/');
  return (
    more.length === 0 && Object.hasOwn(PHASES, phase!) && kind !== undefined && Object.hasOwn(KINDS, kind)
  );
}

function misread(problem: string): OptionError {
  return new OptionError('--only', `--only: ${problem}; it takes ${ADVICE}, separated by commas`);
}

/** What of a report may well come to something else when it is sent again: what most failed of first, then statuses. */
export function worthRetrying(report: RecordReport): string[] {
  const kinds = report
    .errors()
    .map(({ kind }) => kind)
    .filter((kind) => Object.hasOwn(KINDS, kind) && KINDS[kind as Kind]);
  const statuses = report.statuses().map(({ name }) => Number(name));
  return [
    ...new Set(kinds),
    ...(statuses.includes(429) ? ['429'] : []),
    ...(statuses.some((status) => status >= 500 && status <= 599) ? ['5xx'] : []),
  ];
}
