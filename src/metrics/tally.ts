// The numbers of a run: what became of its requests. Keeps no outcome, knows no time but what outcomes carry.

import type { Failure, Kind, Outcome, Phase } from '../model/outcome.ts';
import { Histogram } from './histogram.ts';

/** A status code has three digits (RFC 9110 section 15), so its count has a fixed place. */
const STATUSES = 1000;

export class Tally {
  /** Milliseconds of whole responses; failures do not belong to it. */
  readonly latency = new Histogram();
  /** Outcomes that a filter kept back: counted as all others, and handed to nobody. */
  filtered = 0;
  /** Outcomes of requests that were not sent, since an equal one was: no part of anything but `requests` and `filtered`. */
  duplicates = 0;
  readonly #statuses = new Float64Array(STATUSES);
  /** Two steps instead of a joined key, so that a run that only fails builds no text per request. */
  readonly #errors = new Map<Phase, Map<Kind, number>>();
  /** Responses of the rarer versions; all others are 1.1. */
  #http10 = 0;
  #http2 = 0;
  #failures = 0;
  #retries = 0;
  #bytes = 0;

  add(outcome: Outcome): void {
    if (outcome.type === 'response') {
      this.#statuses[outcome.status]!++;
      this.#bytes += outcome.bytes;
      this.latency.record(outcome.ms);
      const { httpVersion } = outcome;
      if (httpVersion === '2') this.#http2++;
      else if (httpVersion === '1.0') this.#http10++;
    } else {
      this.#addFailure(outcome);
    }
    if (outcome.attempts > 1) this.#retries += outcome.attempts - 1;
  }

  #addFailure(failure: Failure): void {
    this.#failures++;
    this.#addErrors(failure.phase, failure.kind, 1);
  }

  #addErrors(phase: Phase, kind: Kind, n: number): void {
    let kinds = this.#errors.get(phase);
    if (kinds === undefined) {
      kinds = new Map();
      this.#errors.set(phase, kinds);
    }
    kinds.set(kind, (kinds.get(kind) ?? 0) + n);
  }

  /** Outcomes so far. */
  get requests(): number {
    return this.latency.count + this.#failures + this.duplicates;
  }

  get responses(): number {
    return this.latency.count;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Items of the input that were no request; they are part of `failures`. */
  get inputFailures(): number {
    let n = 0;
    for (const count of this.#errors.get('input')?.values() ?? []) n += count;
    return n;
  }

  /** Attempts beyond the first. */
  get retries(): number {
    return this.#retries;
  }

  /** Content of all responses, as it came. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Responses by status, in the order of the codes. */
  statuses(): Record<string, number> {
    const statuses: Record<string, number> = {};
    this.#statuses.forEach((n, status) => {
      if (n > 0) statuses[status] = n;
    });
    return statuses;
  }

  /** Responses by version of HTTP. */
  versions(): Record<string, number> {
    const counts = {
      '1.0': this.#http10,
      '1.1': this.responses - this.#http10 - this.#http2,
      '2': this.#http2,
    };
    return Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));
  }

  /** Failures by `phase/kind`, the most frequent first. */
  errors(): Record<string, number> {
    const errors: [string, number][] = [];
    for (const [phase, kinds] of this.#errors) {
      for (const [kind, n] of kinds) errors.push([`${phase}/${kind}`, n]);
    }
    return Object.fromEntries(errors.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
  }

  /** As if every outcome of the other had been added here. */
  merge(other: Tally): void {
    this.latency.merge(other.latency);
    for (let i = 0; i < STATUSES; i++) this.#statuses[i]! += other.#statuses[i]!;
    for (const [phase, kinds] of other.#errors) {
      for (const [kind, n] of kinds) this.#addErrors(phase, kind, n);
    }
    this.#http10 += other.#http10;
    this.#http2 += other.#http2;
    this.#failures += other.#failures;
    this.#retries += other.#retries;
    this.#bytes += other.#bytes;
    this.filtered += other.filtered;
    this.duplicates += other.duplicates;
  }

  toString(): string {
    return `tally ${this.requests} requests ${this.responses} responses ${this.failures} failures ${this.#retries} retries`;
  }
}
