// What the trials of an experiment come to: a row for each size, the best, the size to take, the knee, the law. Pure.

import { Histogram } from '../metrics/histogram.ts';
import { type Estimate, estimate } from '../metrics/statistics.ts';
import { fitUsl, type UslFit } from '../metrics/usl.ts';
import { errorShareOf, type Trial } from './tune-meter.ts';

/** Above this share of errors a size is not what anybody wants, whatever its goodput. */
export const ERROR_SHARE_MAX = 0.05;
/** The size to take is the smallest that gives this much of the best: what more gives is latency. */
export const ENOUGH = 0.95;

export interface SizeRow {
  readonly size: number;
  /** How many trials its numbers are of; 0 where there was a first look alone. */
  readonly trials: number;
  /** Responses per second that count. */
  readonly goodput: Estimate;
  /** Of the best size's goodput. */
  readonly shareOfBest: number;
  /** Of responses that count; undefined where there is none. */
  readonly latencyMs: { readonly mean: number; readonly p50: number; readonly p99: number } | undefined;
  /** From 0 to 1. */
  readonly errorShare: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly cpuShare: number | undefined;
}

export interface Knee {
  /** Highest goodput × base latency (Little's law): with fewer in flight the target idles, with more they wait. */
  readonly size: number;
  readonly baseMs: number;
  readonly goodput: number;
}

export interface AutoFinding {
  /** What it settled at. */
  readonly size: number;
  readonly goodput: number;
  readonly shareOfBest: number;
  readonly errorShare: number;
}

export interface Findings {
  /** Ascending. */
  readonly rows: readonly SizeRow[];
  /** The highest goodput; undefined where nothing came through. */
  readonly best: SizeRow | undefined;
  /** The smallest that gives about as much. */
  readonly recommended: SizeRow | undefined;
  readonly knee: Knee | undefined;
  readonly usl: UslFit | undefined;
  /** The law's peak where it lies within the sizes that were measured. */
  readonly peak: number | undefined;
  readonly auto: AutoFinding | undefined;
}

/** `looks`: the first look at each size, which counts where nothing better came. */
export function findingsOf(
  trials: readonly Trial[],
  looks: readonly Trial[],
  auto?: Trial | undefined,
): Findings {
  const sizes = [...new Set([...trials, ...looks].map(({ size }) => size))].sort((a, b) => a - b);
  const bare = sizes.map((size) => rowOf(size, trials, looks));
  const top = bestOf(bare);
  const shareOf = (goodput: number) => (top === undefined ? 0 : goodput / top.goodput.mean);
  const rows = bare.map((row) => ({ ...row, shareOfBest: shareOf(row.goodput.mean) }));
  const best = rows.find(({ size }) => size === top?.size);
  const points = rows.map(({ size, goodput }) => ({ size, throughput: goodput.mean }));
  const usl = best === undefined ? undefined : fitUsl(points);
  return {
    rows,
    best,
    recommended: rows.find((row) => row.shareOfBest >= ENOUGH && isClean(row)) ?? best,
    knee: best === undefined ? undefined : kneeOf(rows, best),
    usl,
    peak: usl?.optimum !== undefined && usl.optimum <= (sizes.at(-1) ?? 0) ? usl.optimum : undefined,
    auto: auto === undefined || top === undefined ? undefined : autoFinding(auto, shareOf),
  };
}

function autoFinding(auto: Trial, shareOf: (goodput: number) => number): AutoFinding {
  const goodput = auto.goodput;
  return { size: auto.size, goodput, shareOfBest: shareOf(goodput), errorShare: errorShareOf([auto]) };
}

function rowOf(size: number, trials: readonly Trial[], looks: readonly Trial[]): SizeRow {
  const counted = trials.filter((trial) => trial.size === size);
  const used = counted.length > 0 ? counted : looks.filter((look) => look.size === size);
  const latency = new Histogram();
  const errors: Record<string, number> = {};
  for (const trial of used) {
    latency.merge(trial.latency);
    for (const [kind, n] of Object.entries(trial.errors)) errors[kind] = (errors[kind] ?? 0) + n;
  }
  const cpu = used.flatMap(({ cpuShare }) => cpuShare ?? []);
  return {
    size,
    trials: counted.length,
    goodput: estimate(used.map(({ goodput }) => goodput)),
    shareOfBest: 0,
    latencyMs:
      latency.count === 0
        ? undefined
        : { mean: latency.mean, p50: latency.percentile(50), p99: latency.percentile(99) },
    errorShare: errorShareOf(used),
    errors: Object.fromEntries(Object.entries(errors).sort(([, a], [, b]) => b - a)),
    cpuShare: cpu.length === 0 ? undefined : Math.max(...cpu),
  };
}

function isClean({ errorShare }: Pick<SizeRow, 'errorShare'>): boolean {
  return errorShare <= ERROR_SHARE_MAX;
}

/** Of the sizes without errors where there are such. One that was looked at only is as good as nothing. */
function bestOf(rows: readonly SizeRow[]): SizeRow | undefined {
  const alive = rows.filter(({ goodput }) => goodput.mean > 0);
  const measured = alive.some(({ trials }) => trials > 0) ? alive.filter(({ trials }) => trials > 0) : alive;
  const clean = measured.some(isClean) ? measured.filter(isClean) : measured;
  return clean.reduce<SizeRow | undefined>(
    (best, row) => (best === undefined || row.goodput.mean > best.goodput.mean ? row : best),
    undefined,
  );
}

/** The base latency is the lowest mean of any size: where nobody waits for anybody, only chance makes a difference. */
function kneeOf(rows: readonly SizeRow[], best: SizeRow): Knee | undefined {
  const means = rows.flatMap(({ latencyMs, trials }) =>
    latencyMs === undefined || (trials === 0 && best.trials > 0) ? [] : latencyMs.mean,
  );
  if (means.length === 0) return undefined;
  const baseMs = Math.min(...means);
  const goodput = best.goodput.mean;
  return { size: Math.max(1, (goodput * baseMs) / 1000), baseMs, goodput };
}

/** Where another measurement would tell most: at the knee, at the law's peak, and beside the size to take. */
export function sizesToRefine(findings: Findings, max: number): number[] {
  const { rows, recommended, knee, peak } = findings;
  if (recommended === undefined) return [];
  const at = rows.indexOf(recommended);
  const between = (other: SizeRow | undefined) =>
    other === undefined ? undefined : Math.sqrt(recommended.size * other.size);
  const wanted = [knee?.size, between(rows[at - 1]), peak, between(rows[at + 1])];
  const sizes = rows.map(({ size }) => size);
  const [smallest, largest] = [sizes[0]!, sizes.at(-1)!];
  const chosen: number[] = [];
  for (const size of wanted.map((one) => Math.round(one ?? 0))) {
    const isNew = [...sizes, ...chosen].every((other) => isApart(size, other));
    if (size > smallest && size < largest && isNew && chosen.length < max) chosen.push(size);
  }
  return chosen;
}

const APART = 1.03;

function isApart(a: number, b: number): boolean {
  return Math.max(a, b) / Math.min(a, b) >= APART;
}

/** What was wrong, the most frequent first: `12 × connect/refused, 3 × status 503`. */
export function errorsOf(trials: readonly Trial[]): string {
  const all = new Map<string, number>();
  for (const { errors } of trials) {
    for (const [kind, n] of Object.entries(errors)) all.set(kind, (all.get(kind) ?? 0) + n);
  }
  return [...all]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${n} × ${kind}`)
    .join(', ');
}
