// What a chart of goodput over concurrency shows, whatever it is drawn with: points, curve, marks, and where they lie on
// logarithmic axes. Pure.

import { type UslFit, type UslParameters, uslThroughput } from '../../metrics/usl.ts';

export interface CapacityPoint {
  /** Requests in flight. */
  readonly size: number;
  /** Per second. */
  readonly goodput: number;
  /** Of its interval; undefined where one trial alone was made. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export interface CapacityChart {
  /** What was measured: the URL. */
  readonly title: string;
  readonly subtitle: string;
  /** Ascending by size, at least one. */
  readonly points: readonly CapacityPoint[];
  readonly fit: UslFit | undefined;
  /** The fitted curve's peak, where it lies within the sizes. */
  readonly peak: number | undefined;
  /** Where light load and the highest goodput meet. */
  readonly knee: { readonly size: number; readonly baseMs: number; readonly goodput: number } | undefined;
  /** The size to take, one of the points. */
  readonly recommended: number | undefined;
  readonly auto: { readonly size: number; readonly goodput: number } | undefined;
}

export interface Place {
  readonly size: number;
  readonly goodput: number;
}

/** The smallest and the largest size, apart from each other also where there is one alone. */
export function sizeRange({ points }: Pick<CapacityChart, 'points'>): readonly [number, number] {
  const sizes = points.map(({ size }) => size);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  return low === high ? [low / 2, high * 2] : [low, high];
}

/** What the axis of goodput must hold. Never below 0, so that heights compare as the numbers do. */
export function goodputMax(chart: CapacityChart): number {
  const { points, auto, fit } = chart;
  const highest = Math.max(...points.map(({ goodput }) => goodput), auto?.goodput ?? 0);
  // An interval of few trials can be several times as wide as what was measured, and a law can be far off: they may
  // leave the chart.
  const most = 1.25 * highest;
  const intervals = points.map(({ high }) => high ?? 0);
  const curve = fit === undefined ? [] : curveOf(fit, sizeRange(chart), 100).map(({ goodput }) => goodput);
  return Math.min(most, Math.max(highest, ...intervals, ...curve)) * 1.08 || 1;
}

/** `n` places on the fitted curve, evenly spread over a logarithmic axis. */
export function curveOf(fit: UslParameters, [low, high]: readonly [number, number], n: number): Place[] {
  return Array.from({ length: n }, (_, i) => {
    const size = low * (high / low) ** (i / (n - 1));
    return { size, goodput: uslThroughput(fit, size) };
  });
}

/** What Little's law allows at most: light load that grows with the size, up to the knee, and the ceiling behind it. */
export function boundOf({ size, goodput }: Place, [low, high]: readonly [number, number]): Place[] {
  const rise = Array.from({ length: 40 }, (_, i) => low * (Math.min(size, high) / low) ** (i / 39));
  const places = rise.map((one) => ({ size: one, goodput: (goodput * one) / size }));
  return size < high ? [...places, { size: high, goodput }] : places;
}

/** Powers of two within the range: what sizes are made of. */
export function sizeTicks([low, high]: readonly [number, number]): number[] {
  const ticks: number[] = [];
  for (let tick = 2 ** Math.ceil(Math.log2(low)); tick <= high; tick *= 2) ticks.push(tick);
  return ticks.length < 2 ? [low, high] : ticks;
}

/** Round steps from 0 up to `max`: 1, 2 or 5 times a power of ten, about `n` of them. */
export function evenTicks(max: number, n: number): number[] {
  const rough = max / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  const ticks: number[] = [];
  for (let i = 0; i * step <= max; i++) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}
