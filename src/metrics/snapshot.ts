// A run at one moment, as plain data: all that views see, and what a summary file holds. Measures nothing itself.

import type { TransportUsage } from '../model/contracts.ts';
import type { Samples } from './samples.ts';
import type { Tally } from './tally.ts';
import { type Limits, type RunVerdict, verdictOf } from './verdict.ts';

export interface Snapshot {
  /** Outcomes so far. */
  readonly requests: number;
  readonly responses: number;
  readonly failures: number;
  /** Outcomes that a filter kept back; they are counted everywhere else too. */
  readonly filtered: number;
  /** With dedupe: outcomes of requests that were not sent, since an equal one was. Part of `requests`, not of `responses`,
   *  `failures` and what follows. */
  readonly duplicates?: number;
  /** With dedupe: more requests differed than it remembers (dedupeMax), and later ones were all sent. */
  readonly dedupeFull?: boolean;
  /** With --skip-existing: requests that were left out. They have no outcome, and are no part of `expected`. */
  readonly skipped?: number;
  /** Responses by status code. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Failures by `phase/kind`, the most frequent first. */
  readonly errors: Readonly<Record<string, number>>;
  /** Content of all responses. */
  readonly bytes: number;
  readonly wallMs: number;
  /** Responses per second of wall time. */
  readonly rps: number;
  /** User and system time of the whole process, divided by the outcomes. */
  readonly cpuUsPerRequest: number;
  /** Of whole responses; 0 where there is none. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  /** `final`: the limit now or at the end; `max`: the most in flight at once. */
  readonly concurrency: { readonly mode: 'fixed' | 'auto'; readonly final: number; readonly max: number };
  readonly http: HttpUse;
  /** Attempts beyond the first. */
  readonly retries: number;
  readonly peakRssBytes: number;
  /** What bound it: while it runs, in the last seconds; when it is over, in all. */
  readonly verdict: RunVerdict;
  /** How many outcomes there will be in all, where that is known. */
  readonly expected: number | undefined;
  readonly inFlight: number;
  readonly queued: number;
  /** With `ordered`: the request that others wait for, and how many; undefined where none do. */
  readonly holdup?: Holdup | undefined;
}

/** How requests travelled. */
export interface HttpUse {
  /** Responses by version: `1.0`, `1.1`, `2`. */
  readonly versions: Readonly<Record<string, number>>;
  /** Connections that were opened since the run began, of all versions; in a session by all that share it. */
  readonly connections: number;
  /** The most streams that were open at once on one connection of HTTP/2; 0 where there was none. */
  readonly streamsMax: number;
}

export interface Holdup {
  /** Its place in what is sent, from 0. */
  readonly position: number;
  /** Undefined where it has not been sent yet. */
  readonly url: string | undefined;
  readonly waiting: number;
}

/** What only the engine knows. */
export interface SnapshotContext {
  readonly wallMs: number;
  /** User and system time spent since the run began. */
  readonly cpuUs: number;
  readonly peakRssBytes: number;
  readonly expected: number | undefined;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly queued: number;
  /** How many may be in flight at once. */
  readonly concurrency: number;
  /** Undefined where nobody looked. */
  readonly samples: Samples | undefined;
  readonly limits: Limits;
  readonly mode: 'fixed' | 'auto';
  /** Connections since the run began. */
  readonly usage: TransportUsage;
  readonly holdup?: Holdup | undefined;
  /** Requests that were left out; undefined where none ever are. */
  readonly skipped?: number | undefined;
  readonly dedupes?: boolean;
  readonly dedupeFull?: boolean | undefined;
}

/** Costs some microseconds: for views a few times a second, not for every request. */
export function snapshot(tally: Tally, context: SnapshotContext): Snapshot {
  const { latency, requests, responses } = tally;
  const statuses = tally.statuses();
  const errors = tally.errors();
  const rps = context.wallMs > 0 ? (1000 * responses) / context.wallMs : 0;
  const { samples, limits } = context;
  return {
    requests,
    responses,
    failures: tally.failures,
    filtered: tally.filtered,
    ...notSent(tally.duplicates, context),
    statuses,
    errors,
    bytes: tally.bytes,
    wallMs: context.wallMs,
    rps,
    cpuUsPerRequest: requests > 0 ? context.cpuUs / requests : 0,
    latencyMs: {
      p50: latency.percentile(50),
      p90: latency.percentile(90),
      p99: latency.percentile(99),
      max: latency.max,
    },
    concurrency: { mode: context.mode, final: context.concurrency, max: context.inFlightMax },
    http: httpUse(tally, context.usage),
    retries: tally.retries,
    peakRssBytes: context.peakRssBytes,
    verdict: verdictOf({ samples, limits, requests, rps, statuses, errors }),
    expected: context.expected,
    inFlight: context.inFlight,
    queued: context.queued,
    ...(context.holdup === undefined ? {} : { holdup: context.holdup }),
  };
}

function httpUse(tally: Tally, usage: TransportUsage): HttpUse {
  return {
    versions: tally.versions(),
    connections: usage.http1Connections + usage.http2Connections,
    streamsMax: usage.streamsMax,
  };
}

function notSent(
  duplicates: number,
  { dedupes = false, dedupeFull = false, skipped }: SnapshotContext,
): Pick<Snapshot, 'duplicates' | 'dedupeFull' | 'skipped'> {
  return {
    ...(dedupes ? { duplicates } : {}),
    ...(dedupeFull ? { dedupeFull } : {}),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** What is left of a snapshot when the run is over: the object of `--summary`. */
export type Summary = Omit<Snapshot, 'expected' | 'inFlight' | 'queued' | 'holdup'>;

/** Rounded to three decimals, which is finer than anything here is measured; the keys in their documented order. */
export function summarize(last: Snapshot): Summary {
  const { p50, p90, p99, max } = last.latencyMs;
  return {
    requests: last.requests,
    responses: last.responses,
    failures: last.failures,
    filtered: last.filtered,
    ...(last.duplicates === undefined ? {} : { duplicates: last.duplicates }),
    ...(last.dedupeFull === undefined ? {} : { dedupeFull: last.dedupeFull }),
    ...(last.skipped === undefined ? {} : { skipped: last.skipped }),
    statuses: last.statuses,
    errors: last.errors,
    bytes: last.bytes,
    wallMs: rounded(last.wallMs),
    rps: rounded(last.rps),
    cpuUsPerRequest: rounded(last.cpuUsPerRequest),
    latencyMs: { p50: rounded(p50), p90: rounded(p90), p99: rounded(p99), max: rounded(max) },
    concurrency: last.concurrency,
    http: last.http,
    retries: last.retries,
    peakRssBytes: last.peakRssBytes,
    verdict: { ...last.verdict, share: rounded(last.verdict.share) },
  };
}

function rounded(n: number): number {
  return Math.round(n * 1000) / 1000;
}
