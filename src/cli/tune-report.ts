// What an experiment found, as a table with sentences for people, and as one object for programs. Pure.

import type { TuneResult } from '../engine/tune.ts';
import { ERROR_SHARE_MAX, type Findings, type SizeRow } from '../engine/tune-findings.ts';
import { count, milliseconds } from '../model/text.ts';
import { perSecond, plural } from '../view/figures.ts';
import type { CapacityChart } from '../view/plot/capacity-chart.ts';
import { textChart } from '../view/plot/text-chart.ts';
import type { Paint } from '../view/terminal.ts';

export interface TuneContext {
  /** As it may be shown. */
  readonly url: string;
  readonly origin: string;
  readonly trials: number;
  readonly seed: number;
  readonly wallMs: number;
  /** ISO 8601. */
  readonly date: string;
  readonly maxTried: number;
}

const CPU_BUSY = 0.9;
const INDENT = '  ';

/** Lines without their ends. */
export function reportLines(
  result: TuneResult,
  context: TuneContext,
  columns: number,
  paint: Paint,
): string[] {
  return [
    paint('bold', context.url),
    paint('dim', whatCounts(context)),
    '',
    ...tableLines(result, paint),
    '',
    ...textChart(chartOf(result, context), columns, paint),
    '',
    ...conclusions(result, context, paint),
    ...result.notes.map((note) => `${paint('yellow', 'note')} ${note}`),
    paint(
      'dim',
      `${plural(result.sent, 'request')} in ${milliseconds(context.wallMs)}, seed ${context.seed}`,
    ),
  ];
}

function whatCounts({ trials }: TuneContext): string {
  const intervals = trials < 2 ? '' : `; 95% intervals over ${trials} trials (Student's t)`;
  return `goodput: responses per second with a status below 500 other than 429${intervals}`;
}

// ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────

const HEADINGS = ['in flight', 'goodput', '95% interval', 'of best', 'p50', 'p99', 'errors'];

function tableLines({ rows, best, recommended }: Findings, paint: Paint): string[] {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  return cells.map((row, i) => {
    // Numbers stand under each other by their ends; what errors there were is text.
    const padded = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell.padStart(widths[column]!),
    );
    const line = INDENT + padded.join(INDENT.repeat(1)).trimEnd();
    const of = rows[i - 1];
    if (of === undefined) return paint('dim', line);
    const taken = of === recommended ? `${INDENT}${paint('green', '◆ take this')}` : '';
    return line + taken + (of === best && of !== recommended ? `${INDENT}${paint('dim', 'best')}` : '');
  });
}

function cellsOf(row: SizeRow): string[] {
  const { low, high } = row.goodput;
  const interval =
    low === undefined || high === undefined ? '–' : `${figure(Math.max(0, low))} to ${figure(high)}`;
  const latency = row.latencyMs;
  return [
    count(row.size),
    perSecond(row.goodput.mean),
    row.trials === 0 ? 'first look' : interval,
    row.errorShare > ERROR_SHARE_MAX ? '–' : percent(row.shareOfBest),
    latency === undefined ? '–' : milliseconds(latency.p50),
    latency === undefined ? '–' : milliseconds(latency.p99),
    errorsText(row),
  ];
}

function errorsText({ errorShare, errors }: SizeRow): string {
  const kinds = Object.keys(errors);
  if (kinds.length === 0) return errorShare === 0 ? '0' : 'nothing came';
  const more = kinds.length > 1 ? `, +${kinds.length - 1} more` : '';
  return `${percent(errorShare)} ${kinds[0]}${more}`;
}

function figure(n: number): string {
  return n >= 100 ? count(Number(n.toPrecision(3))) : n.toFixed(n >= 10 ? 1 : 2);
}

function percent(share: number): string {
  return `${share > 0 && share < 0.1 ? (100 * share).toFixed(1) : Math.round(100 * share)}%`;
}

// ── sentences ─────────────────────────────────────────────────────────────────────────────────────────────────

function conclusions(result: TuneResult, context: TuneContext, paint: Paint): string[] {
  const rows: [label: string, text: string][] = [];
  const { best, recommended, knee } = result;
  if (recommended !== undefined) rows.push(['take', takeText(recommended)]);
  if (best !== undefined && best !== recommended) {
    rows.push(['best', `${count(best.size)} in flight: ${perSecond(best.goodput.mean)}`]);
  }
  if (knee !== undefined) {
    const product = `${perSecond(knee.goodput)} × ${milliseconds(knee.baseMs)} without waiting`;
    rows.push(['knee', `${figureOf(knee.size)} in flight, by Little's law: ${product}`]);
  }
  const law = lawText(result);
  if (law !== undefined) rows.push(['USL', law]);
  if (result.auto !== undefined) {
    const { size, goodput, shareOfBest } = result.auto;
    const settled = `settled at ${count(size)} in flight: ${perSecond(goodput)}`;
    rows.push(['auto', `${settled}, ${percent(shareOfBest)} of the best fixed size`]);
  }
  const rising = risingText(result, context);
  if (rising !== undefined) rows.push(['more', rising]);
  if (best?.cpuShare !== undefined && best.cpuShare > CPU_BUSY) {
    rows.push([
      'cpu',
      `this process was busy ${percent(best.cpuShare)} of the time: its own limit may be this one`,
    ]);
  }
  return rows.map(([label, text]) => `${paint('dim', label.padEnd(4))} ${text}`);
}

function takeText({ size, goodput, shareOfBest, latencyMs }: SizeRow): string {
  const share = shareOfBest === 1 ? 'the best' : `${percent(shareOfBest)} of the best`;
  const latency = latencyMs === undefined ? '' : `, p50 ${milliseconds(latencyMs.p50)}`;
  return `${count(size)} in flight (-c ${size}): ${perSecond(goodput.mean)}, ${share}${latency}`;
}

/** λ, σ and κ as Gunther writes them. */
function lawText({ usl, peak, rows }: Findings): string | undefined {
  if (usl === undefined) return undefined;
  const { lambda, sigma, kappa, rSquared } = usl;
  const largest = count(rows.at(-1)!.size);
  const where = peak === undefined ? `no peak up to ${largest}` : `peak predicted at ${figureOf(peak)}`;
  const parameters = `λ ${perSecond(lambda)}, σ ${small(sigma)}, κ ${small(kappa)}`;
  return `${where} in flight (${parameters}; R² ${rSquared.toFixed(3)})`;
}

function small(n: number): string {
  return n < 1e-9 ? '0' : n.toPrecision(2);
}

function figureOf(size: number): string {
  return count(Math.round(size));
}

/** The best is the largest that was tried, and clearly better than the one before. */
function risingText({ rows, best }: Findings, { maxTried }: TuneContext): string | undefined {
  const [before, last] = rows.slice(-2);
  if (best === undefined || last !== best || before === undefined || last.size < maxTried) return undefined;
  if (before.goodput.mean > 0.9 * best.goodput.mean) return undefined;
  return `goodput still rises at ${count(best.size)}: try --max-concurrency ${2 * best.size}`;
}

// ── for charts and programs ───────────────────────────────────────────────────────────────────────────────────

export function chartOf(result: TuneResult, context: TuneContext): CapacityChart {
  const { trials, date } = context;
  const intervals = trials < 2 ? 'one trial each' : `${trials} trials each with 95% intervals`;
  return {
    title: context.url,
    subtitle: `Goodput by requests in flight: ${intervals}, ${plural(result.sent, 'request')}, ${date.slice(0, 10)}`,
    points: result.rows.map(({ size, goodput, latencyMs }) => ({
      ...{ size, goodput: goodput.mean, low: goodput.low, high: goodput.high },
      ...{ p50Ms: latencyMs?.p50, p99Ms: latencyMs?.p99 },
    })),
    fit: result.usl,
    peak: result.peak,
    knee: result.knee,
    recommended: result.recommended?.size,
    auto: result.auto,
  };
}

/** One line. Rounded to four significant digits, which is finer than anything here is measured. */
export function reportJson(result: TuneResult, context: TuneContext): string {
  const { rows, recommended, best, knee, usl, peak, auto, notes, sent, stopped, trialMs } = result;
  const object = {
    ...{ url: context.url, origin: context.origin, date: context.date },
    recommended: recommended?.size ?? null,
    best: best?.size ?? null,
    knee: knee ?? null,
    usl: usl === undefined ? null : { ...usl, optimum: usl.optimum ?? null, peakInRange: peak ?? null },
    auto: auto ?? null,
    sizes: rows.map(({ latencyMs, goodput, cpuShare: _, ...row }) => ({
      ...row,
      goodput: { mean: goodput.mean, low: goodput.low ?? null, high: goodput.high ?? null },
      latencyMs: latencyMs ?? null,
    })),
    ...{ requests: sent, wallMs: context.wallMs, trialMs, seed: context.seed, stopped, notes },
  };
  return JSON.stringify(object, (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  );
}
