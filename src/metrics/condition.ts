// Conditions on the end of a run, such as `p95>500ms` or `failures>1%`: read from text, held against the numbers.
// Decides nothing about exit codes.

import { nearest } from '../model/nearest.ts';
import { OptionError } from '../model/option-kinds.ts';
import { byteSize, count, milliseconds } from '../model/text.ts';
import type { Histogram } from './histogram.ts';
import type { Snapshot } from './snapshot.ts';

const OPTION = 'failIf';
const OPERATORS = '>, >=, <, <=, == and !=';
const EXAMPLES = "'p95>500ms', 'failures>1%', 'status_5xx>0' or 'rps<1000'";
const METRICS =
  'p50, p99.9 or any other percentile, max, mean, rps, requests, responses, failures, retries, bytes, ' +
  'status_404 or any other status, status_5xx or any other class';

/** What "did you mean" may propose. */
const NAMES = [
  ...['p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean', 'rps', 'requests', 'responses', 'failures'],
  ...['retries', 'bytes', 'status_2xx', 'status_3xx', 'status_4xx', 'status_5xx', 'status_404'],
];

type Operator = '>' | '>=' | '<' | '<=' | '==' | '!=';
/** A `share` is a count that may also be told in percent of all requests. */
type Quantity = 'duration' | 'bytes' | 'share' | 'number';

export interface Condition {
  /** As it was written. */
  readonly text: string;
  readonly metric: string;
  readonly quantity: Quantity;
  readonly operator: Operator;
  /** In milliseconds, bytes or pieces; with `percent` in percent of the requests. */
  readonly value: number;
  readonly percent: boolean;
}

const FORM = /^([a-z][a-z0-9_.]*)\s*(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)?)\s*(%|[a-z]*)$/i;
const PERCENTILE = /^p(\d+(?:\.\d+)?)$/;
const STATUS = /^status_[1-9](?:\d\d|xx)$/;

const UNITS: Readonly<Record<Quantity, ReadonlyMap<string, number>>> = {
  duration: new Map([
    ['ms', 1],
    ['s', 1000],
    ['m', 60_000],
    ['h', 3_600_000],
  ]),
  // Of 1024, as in every option that takes a size.
  bytes: new Map([
    ['', 1],
    ['b', 1],
    ...['k', 'kb', 'kib'].map((unit): [string, number] => [unit, 1024]),
    ...['m', 'mb', 'mib'].map((unit): [string, number] => [unit, 1024 ** 2]),
    ...['g', 'gb', 'gib'].map((unit): [string, number] => [unit, 1024 ** 3]),
  ]),
  share: new Map([
    ['', 1],
    ['%', 1],
  ]),
  number: new Map([['', 1]]),
};

const UNIT_ADVICE: Readonly<Record<Quantity, string>> = {
  duration: 'a duration with a unit, such as 500ms or 1.5s',
  bytes: 'a size, such as 64k, 10M or 1G',
  share: 'a number, or a percentage of the requests such as 1%',
  number: 'a number without a unit',
};

/** Throws OptionError with what is wrong and what there is instead. */
export function parseCondition(text: string): Condition {
  const trimmed = text.trim();
  const match = FORM.exec(trimmed);
  const metric = (match?.[1] ?? /^[\w.]*/.exec(trimmed)?.[0] ?? '').toLowerCase();
  const quantity = quantityOf(metric);
  if (quantity === undefined && metric !== '') throw unknownMetric(text, metric);
  if (match === null || quantity === undefined) {
    throw new OptionError(
      OPTION,
      `${OPTION} takes a metric, an operator (${OPERATORS}) and a number, such as ${EXAMPLES}, not ${JSON.stringify(text)}`,
    );
  }
  const unit = match[4]!.toLowerCase();
  const factor = UNITS[quantity].get(unit);
  if (factor === undefined) {
    throw new OptionError(
      OPTION,
      `${OPTION}: ${metric} in ${JSON.stringify(text)} takes ${UNIT_ADVICE[quantity]}`,
    );
  }
  const value = Number(match[3]) * factor;
  return { text: trimmed, metric, quantity, operator: match[2] as Operator, value, percent: unit === '%' };
}

/** Where no response came, a condition on durations does not hold: there is nothing that it speaks of. */
export function holds(condition: Condition, snapshot: Snapshot, latency: Histogram): boolean {
  const actual = measure(condition, snapshot, latency);
  if (actual === undefined) return false;
  switch (condition.operator) {
    case '>':
      return actual > condition.value;
    case '>=':
      return actual >= condition.value;
    case '<':
      return actual < condition.value;
    case '<=':
      return actual <= condition.value;
    case '==':
      return actual === condition.value;
    case '!=':
      return actual !== condition.value;
    default:
      return condition.operator satisfies never;
  }
}

/** What the condition's metric was, for people: `p95 is 612 ms`. */
export function measured(condition: Condition, snapshot: Snapshot, latency: Histogram): string {
  const actual = measure(condition, snapshot, latency);
  return `${condition.metric} is ${actual === undefined ? 'unknown' : shown(condition, actual)}`;
}

function shown(condition: Condition, actual: number): string {
  if (condition.percent) return `${actual.toFixed(2)}%`;
  if (condition.quantity === 'duration') return milliseconds(actual);
  if (condition.quantity === 'bytes') return byteSize(actual);
  return actual < 100 ? String(Number(actual.toFixed(2))) : count(actual);
}

function measure(condition: Condition, snapshot: Snapshot, latency: Histogram): number | undefined {
  const { metric, percent } = condition;
  if (condition.quantity === 'duration') {
    return latency.count === 0 ? undefined : durationOf(metric, latency);
  }
  const amount = amountOf(metric, snapshot);
  if (!percent) return amount;
  return snapshot.requests === 0 ? 0 : (100 * amount) / snapshot.requests;
}

function durationOf(metric: string, latency: Histogram): number {
  if (metric === 'max') return latency.max;
  return metric === 'mean' ? latency.mean : latency.percentile(Number(metric.slice(1)));
}

function amountOf(metric: string, snapshot: Snapshot): number {
  switch (metric) {
    case 'rps':
    case 'requests':
    case 'responses':
    case 'failures':
    case 'retries':
    case 'bytes':
      return snapshot[metric];
    default:
      return statusesOf(metric.slice('status_'.length), snapshot);
  }
}

/** `status` is three digits, or one and `xx`. */
function statusesOf(status: string, snapshot: Snapshot): number {
  if (!status.endsWith('xx')) return snapshot.statuses[status] ?? 0;
  let n = 0;
  for (const [code, times] of Object.entries(snapshot.statuses)) if (code[0] === status[0]) n += times;
  return n;
}

function quantityOf(metric: string): Quantity | undefined {
  const percentile = PERCENTILE.exec(metric);
  if (percentile !== null) return Number(percentile[1]) <= 100 ? 'duration' : undefined;
  if (STATUS.test(metric)) return 'share';
  switch (metric) {
    case 'max':
    case 'mean':
      return 'duration';
    case 'responses':
    case 'failures':
    case 'retries':
      return 'share';
    case 'bytes':
      return 'bytes';
    case 'rps':
    case 'requests':
      return 'number';
    default:
      return undefined;
  }
}

function unknownMetric(text: string, metric: string): OptionError {
  const near = nearest(metric, NAMES);
  const proposal = near === undefined ? 'there' : `did you mean ${near}? There`;
  return new OptionError(
    OPTION,
    `${OPTION}: there is no metric ${metric} in ${JSON.stringify(text)}; ${proposal} are ${METRICS}`,
  );
}
