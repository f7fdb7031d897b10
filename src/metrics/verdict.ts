// What bound a run, out of what was seen of it: one name for programs, one sentence with its evidence for people. Pure;
// it measures nothing.

import { count } from '../model/text.ts';
import type { Samples } from './samples.ts';

/** What bound a run. `unknown`: it was too short, or nobody looked. */
export type Bound =
  | 'sink'
  | 'input'
  /** nothing was left to send, and the last answers were waited for */
  | 'tail'
  | 'retries'
  | 'rate'
  | 'rate-per-host'
  | 'host-limit'
  | 'host-down'
  | 'concurrency'
  | 'per-host'
  | 'target'
  | 'cpu'
  | 'dns'
  | 'connecting'
  /** this machine had no descriptor or port for more */
  | 'resources'
  | 'nothing'
  | 'unknown';

export interface RunVerdict {
  readonly bound: Bound;
  /** Of the time, or of the requests where the text says so; from 0 to 1. */
  readonly share: number;
  readonly text: string;
}

/** What a law that seeks the number in flight has found out about the host that it serves most. */
export interface Sought {
  readonly finding: 'searching' | 'knee' | 'refusals' | 'rate' | 'cap' | 'demand';
  /** In flight. */
  readonly limit: number;
  /** What the host takes per second, where it is that what it limits. */
  readonly perSecond: number | undefined;
}

/** The limits that a run was given or had to keep. */
export interface Limits {
  readonly concurrency: number;
  /** In flight to one host. */
  readonly perHost: number;
  /** As they were written. */
  readonly rate: string | undefined;
  readonly ratePerHost: string | undefined;
  /** Undefined where the number in flight is fixed. */
  readonly sought: Sought | undefined;
  /** In flight at once, where this machine has no descriptors or ports for as many as were asked for. */
  readonly governed: number | undefined;
}

export interface Evidence {
  readonly samples: Samples | undefined;
  readonly limits: Limits;
  readonly requests: number;
  /** Responses per second. */
  readonly rps: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

const SAMPLES_MIN = 3;
const SAMPLED_MS_MIN = 300;
/** From so many requests without a descriptor or port on, it is that. */
const RESOURCES_SHARE_MIN = 0.01;
/** What explains full slots must have been there for most of the time. */
const MOST = 0.5;

const UNKNOWN: RunVerdict = { bound: 'unknown', share: 0, text: 'too short to tell' };

/** What held for longest; where that is full slots or an input that lags behind, what lies behind it. */
export function verdictOf(evidence: Evidence): RunVerdict {
  const lacking = lackOfResources(evidence);
  if (lacking !== undefined) return lacking;
  const { samples } = evidence;
  if (samples === undefined || samples.count < SAMPLES_MIN || samples.ms < SAMPLED_MS_MIN) return UNKNOWN;
  const seen = RULES.map((rule) => ({ rule, share: rule.ms(samples) / samples.ms }));
  const { rule, share } = seen.reduce((one, other) => (other.share > one.share ? other : one));
  return (rule.isDelay ? undefined : behind(samples)) ?? rule.verdict(share, evidence);
}

interface Rule {
  ms(samples: Samples): number;
  /** True where it explains itself: sending waited on purpose, however busy the process was. */
  readonly isDelay: boolean;
  verdict(share: number, evidence: Evidence): RunVerdict;
}

/** Of equals the first one. */
const RULES: readonly Rule[] = [
  {
    ms: ({ inMs }) => inMs.paused,
    isDelay: true,
    verdict: (share) => said('sink', share, 'the output: sending waited for it'),
  },
  {
    ms: ({ inMs }) => inMs.rate,
    isDelay: true,
    verdict: (share, { limits }) => said('rate', share, `your ${flag('--rate', limits.rate)},`),
  },
  {
    ms: ({ inMs }) => inMs['host-rate'],
    isDelay: true,
    verdict: (share, { limits }) =>
      said('rate-per-host', share, `your ${flag('--rate-per-host', limits.ratePerHost)},`),
  },
  { ms: ({ inMs }) => inMs['host-limit'], isDelay: true, verdict: hostLimit },
  {
    ms: ({ inMs }) => inMs['host-down'],
    isDelay: true,
    verdict: (share) => said('host-down', share, 'a host that is down: its requests waited'),
  },
  {
    ms: ({ inMs }) => inMs.backoff,
    isDelay: true,
    verdict: (share) => said('retries', share, 'the waits before retries: nothing else was left'),
  },
  { ms: ({ inMs }) => inMs.slots + inMs['host-slots'], isDelay: false, verdict: fullSlots },
  {
    ms: ({ inMs }) => inMs.starved,
    isDelay: false,
    verdict: (share) => said('input', share, 'the input: it had nothing to send'),
  },
  {
    ms: ({ inMs }) => inMs.ended,
    isDelay: false,
    verdict: (share) => said('tail', share, 'the last answers: nothing was left to send'),
  },
  {
    ms: ({ inMs }) => inMs.none,
    isDelay: false,
    verdict: (share) => ({ bound: 'nothing', share, text: 'nothing that lasted' }),
  },
];

function lackOfResources({ errors, requests }: Evidence): RunVerdict | undefined {
  let lacking = 0;
  for (const [name, n] of Object.entries(errors)) if (name.endsWith('/resources')) lacking += n;
  const share = requests === 0 ? 0 : lacking / requests;
  if (share < RESOURCES_SHARE_MIN) return undefined;
  const text = `this machine: ${count(lacking)} requests found no free descriptor or port; flurry doctor tells what it allows`;
  return { bound: 'resources', share, text };
}

/** Why the slots are full, or the input slow, where this process or the way to the target is the reason. */
function behind(samples: Samples): RunVerdict | undefined {
  const busy = samples.busyMs / samples.ms;
  if (busy >= MOST) return said('cpu', busy, 'this CPU: the one core that sends was busy');
  if (samples.requestMs === 0) return undefined;
  const dns = samples.dnsMs / samples.requestMs;
  if (dns >= MOST) return ofRequests('dns', dns, 'DNS: lookups took');
  const opening = dns + samples.connectMs / samples.requestMs;
  if (opening < MOST) return undefined;
  return ofRequests('connecting', opening, 'connecting: TCP and TLS handshakes took');
}

function hostLimit(share: number, { limits, statuses, rps }: Evidence): RunVerdict {
  const refused = (statuses['429'] ?? 0) + (statuses['503'] ?? 0);
  const known = limits.sought?.perSecond;
  const what = `the host's own limit${known === undefined ? '' : ` of about ${perSecond(known)}`},`;
  const refusals = refused === 0 ? '' : `, ${count(refused)} were refused`;
  return said('host-limit', share, what, `; it answered ${perSecond(rps)}${refusals}`);
}

function fullSlots(share: number, evidence: Evidence): RunVerdict {
  const { limits, samples } = evidence;
  const { slots, 'host-slots': hostSlots } = samples!.inMs;
  const isTotal = slots >= hostSlots;
  if (limits.governed !== undefined && isTotal) {
    const text = `this machine: its descriptors or ports are enough for ${count(limits.governed)} in flight, full`;
    return said('resources', share, text, '; flurry doctor tells how to have more');
  }
  if (limits.sought !== undefined) {
    if (!isTotal) return soughtSlots(share, limits.sought, evidence);
    return said(
      'concurrency',
      share,
      `the cap of ${count(limits.concurrency)} in flight in all: full`,
      '; -c <n> sets another',
    );
  }
  const own = isTotal ? `-c ${count(limits.concurrency)}` : `--per-host ${count(limits.perHost)}`;
  const more = '; more may be faster, flurry tune finds out';
  return said(isTotal ? 'concurrency' : 'per-host', share, `your ${own}: full`, more);
}

function soughtSlots(share: number, sought: Sought, evidence: Evidence): RunVerdict {
  const inFlight = `${count(sought.limit)} in flight`;
  switch (sought.finding) {
    case 'knee':
      return said('target', share, `the target: its knee is at ${inFlight}, which were used`);
    case 'refusals':
      return said('target', share, `the target: it refuses more than ${inFlight}, which were used`);
    case 'rate':
      return hostLimit(share, evidence);
    case 'cap':
      return said('per-host', share, `the cap of ${inFlight} per host: full`, '; --per-host allows more');
    case 'searching':
    case 'demand':
      return said('target', share, `the target: the search for its knee is at ${inFlight}, which were used`);
    default:
      return sought.finding satisfies never;
  }
}

function flag(name: string, value: string | undefined): string {
  return value === undefined ? name : `${name} ${value}`;
}

function said(bound: Bound, share: number, what: string, more = ''): RunVerdict {
  return { bound, share, text: `${what} ${percent(share)} of the time${more}` };
}

function ofRequests(bound: Bound, share: number, what: string): RunVerdict {
  return { bound, share, text: `${what} ${percent(share)} of the time of requests` };
}

/** Rounded down: 100% is said only of all. */
function percent(share: number): string {
  return `${Math.floor(100 * Math.min(1, share) + 1e-9)}%`;
}

function perSecond(n: number): string {
  return `${n >= 10 ? count(Number(n.toPrecision(3))) : n.toFixed(1)}/s`;
}
