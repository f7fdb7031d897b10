// The options that say what is sent again, read into tables that a look decides by.

import { nearest } from '../../model/nearest.ts';
import { OptionError } from '../../model/option-kinds.ts';
import type { Kind, Outcome, Phase } from '../../model/outcome.ts';
import { StatusList } from '../../model/status-list.ts';
import type { BackoffTerms } from './backoff.ts';

/** What the caller's own function says of an outcome; undefined leaves it to the policy. `attempt` counts from 1. */
export type ShouldRetry = (outcome: Outcome, attempt: number) => boolean | undefined;

/** As the table of options has them. */
export interface RetrySettings extends BackoffTerms {
  readonly retry: number;
  readonly retryStatuses: readonly (string | number)[] | number;
  readonly retryKinds: readonly string[];
  readonly retryMethods: readonly string[];
  readonly retryUnsafe: boolean;
  readonly retryAfterMaxMs: number;
  readonly retryBudgetPercent: number;
  readonly shouldRetry: ShouldRetry | undefined;
}

const PHASES: Readonly<Record<Exclude<Phase, 'input' | 'queue'>, true>> = {
  dns: true,
  connect: true,
  tls: true,
  send: true,
  headers: true,
  body: true,
};

/** Whether another attempt could go otherwise. What is wrong with the request, the peer or its certificate stays wrong. */
const KINDS: Readonly<Record<Kind, boolean>> = {
  timeout: true,
  refused: true,
  reset: true,
  closed: true,
  unreachable: true,
  resources: true,
  'not-found': true,
  proxy: true,
  unknown: true,
  invalid: false,
  certificate: false,
  protocol: false,
  'too-large': false,
  unexpected: false,
  'host-down': false,
  aborted: false,
};

const STATUS_ADVICE = 'write statuses as 429, 5xx or 502-504, separated by commas';

/** Those that are to be retried. */
export function statusesOf(list: RetrySettings['retryStatuses']): StatusList {
  const statuses = new StatusList();
  const texts = typeof list === 'number' ? [list] : list;
  for (const item of texts.flatMap((one) => String(one).split(','))) {
    const problem = statuses.add(item.trim());
    if (problem === undefined) continue;
    throw new OptionError('retryStatuses', `retryStatuses: ${problem}; ${STATUS_ADVICE}`);
  }
  return statuses;
}

/** Kinds, and phase/kind where one phase alone is meant. */
export function kindSet(list: readonly string[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const item of list.flatMap((one) => one.split(',')).map((one) => one.trim().toLowerCase())) {
    const slash = item.indexOf('/');
    const kind = item.slice(slash + 1);
    const phaseIsKnown = slash === -1 || Object.hasOwn(PHASES, item.slice(0, slash));
    if (!phaseIsKnown || !Object.hasOwn(KINDS, kind) || !KINDS[kind as Kind]) throw unknownKind(item, kind);
    kinds.add(item);
  }
  return kinds;
}

function unknownKind(item: string, kind: string): OptionError {
  const names = Object.keys(KINDS).filter((one) => KINDS[one as Kind]);
  const near = nearest(kind, names);
  const never = Object.hasOwn(KINDS, kind) && !KINDS[kind as Kind];
  const problem = never ? `a failure of kind ${kind} is never retried` : `no kind ${JSON.stringify(item)}`;
  const advice =
    near === undefined || near === kind
      ? `there are ${names.join(', ')}, each also with its phase, as in connect/timeout`
      : `did you mean ${near}?`;
  return new OptionError('retryKinds', `retryKinds: ${problem}; ${advice}`);
}

/** Methods are case-sensitive (RFC 9110 section 9.1), and who writes `post` means POST too. */
export function methodSet(list: readonly string[]): ReadonlySet<string> {
  const names = list.flatMap((one) => one.split(',')).map((one) => one.trim());
  return new Set([...names, ...names.map((one) => one.toUpperCase())]);
}
