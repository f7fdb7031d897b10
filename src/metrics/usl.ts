// The Universal Scalability Law (Gunther 1993; "Guerrilla Capacity Planning", 2007): what a system gives under n at once,
//
//   X(n) = λ n / (1 + σ (n − 1) + κ n (n − 1))
//
// λ is what one alone gives, σ the share that waits in line (contention), κ what keeping each other up to date costs
// (coherency): with κ above 0 there is a peak, at n* = √((1 − σ) / κ). Fitted by least squares. Pure; it knows nothing of
// requests, and a target that queues with a sharp bend fits it only roughly, which `rSquared` tells.

export interface UslParameters {
  /** Per second, with one in flight. */
  readonly lambda: number;
  /** From 0 to 1. */
  readonly sigma: number;
  /** From 0 to 1. */
  readonly kappa: number;
}

export interface UslFit extends UslParameters {
  /** The share of the variation that the curve explains; 1 is all of it. */
  readonly rSquared: number;
  /** n*, where the curve has its peak; undefined where it has none. */
  readonly optimum: number | undefined;
}

export interface LoadPoint {
  readonly size: number;
  readonly throughput: number;
}

export function uslThroughput({ lambda, sigma, kappa }: UslParameters, n: number): number {
  return (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

/** Beyond this there is no peak that anybody could reach. */
const OPTIMUM_MAX = 1e6;

/** Undefined where nothing makes the curve fall. */
export function uslOptimum({ sigma, kappa }: UslParameters): number | undefined {
  const optimum = Math.sqrt((1 - sigma) / kappa);
  return optimum <= OPTIMUM_MAX ? Math.max(1, optimum) : undefined;
}

const SIZES_MIN = 3;
/** One in thirty years: nothing. Numbers far below it could not be divided by. */
const THROUGHPUT_MIN = 1e-9;

/** Undefined where there are fewer than three different sizes or nothing came through: three numbers are asked for. */
export function fitUsl(points: readonly LoadPoint[]): UslFit | undefined {
  const scale = Math.max(0, ...points.map(({ throughput }) => throughput));
  if (new Set(points.map(({ size }) => size)).size < SIZES_MIN || scale < THROUGHPUT_MIN) return undefined;
  // Parts of the largest, so that steps and ends of the search do not depend on the unit.
  const scaled = points.map(({ size, throughput }) => ({ size, throughput: throughput / scale }));
  let best = descend(scaled, [1 / Math.max(...scaled.map(({ size }) => size)), 0, 0]);
  for (const start of startsFor(scaled)) {
    const end = descend(scaled, start);
    if (end.error < best.error) best = end;
  }
  const [lambda, sigma, kappa] = best.at;
  const parameters = { lambda: lambda * scale, sigma, kappa };
  const rSquared = Math.max(0, 1 - best.error / Math.max(Number.MIN_VALUE, totalVariation(scaled)));
  return { ...parameters, rSquared, optimum: uslOptimum(parameters) };
}

function totalVariation(points: readonly LoadPoint[]): number {
  const middle = points.reduce((sum, { throughput }) => sum + throughput, 0) / points.length;
  return points.reduce((sum, { throughput }) => sum + (throughput - middle) ** 2, 0);
}

// ── the search ────────────────────────────────────────────────────────────────────────────────────────────────

/** λ, σ, κ. */
type Triple = readonly [number, number, number];
type Row = readonly [number, number, number];

const LOWEST: Triple = [1e-12, 0, 0];
const HIGHEST: Triple = [Number.MAX_VALUE, 1, 1];

function bounded(at: Triple): Triple {
  const inside = (i: 0 | 1 | 2) => Math.min(HIGHEST[i], Math.max(LOWEST[i], at[i]));
  return [inside(0), inside(1), inside(2)];
}

/** Where n/X is taken for the measured thing the law is linear; besides, curves of different character. */
function startsFor(points: readonly LoadPoint[]): Triple[] {
  const largest = Math.max(...points.map(({ size }) => size));
  const perOne = Math.max(...points.map(({ size, throughput }) => throughput / size));
  const starts: Triple[] = [
    [perOne, 0.01, 0],
    [perOne, 0, 1 / largest ** 2],
    [perOne, 0.05, 4 / largest ** 2],
    [perOne, 0.5, 0.01],
  ];
  const linear = linearised(points);
  return linear === undefined ? starts : [linear, ...starts];
}

/** n/X = 1/λ + (σ/λ) (n − 1) + (κ/λ) n (n − 1), each point weighed by what its error in X is worth there. */
function linearised(points: readonly LoadPoint[]): Triple | undefined {
  const used = points.filter(({ throughput }) => throughput > 0);
  const normal = new Normal();
  for (const { size: n, throughput } of used) {
    const weight = throughput ** 2 / n;
    normal.add([weight, weight * (n - 1), weight * n * (n - 1)], (weight * n) / throughput);
  }
  const solved = normal.solve(0, [true, true, true]);
  if (solved === undefined || !(solved[0] > 0)) return undefined;
  return bounded([1 / solved[0], solved[1] / solved[0], solved[2] / solved[0]]);
}

interface End {
  readonly at: Triple;
  /** The sum of the squares. */
  readonly error: number;
}

const STEPS_MAX = 200;

/** Levenberg and Marquardt's descent within bounds: what would leave them stays on them for that step. */
function descend(points: readonly LoadPoint[], start: Triple): End {
  let at = bounded(start);
  let error = errorAt(points, at);
  let damping = 1e-3;
  for (let step = 0; step < STEPS_MAX && damping < 1e12; step++) {
    const next = stepFrom(points, at, damping);
    const nextError = next === undefined ? Number.POSITIVE_INFINITY : errorAt(points, next);
    if (next === undefined || !(nextError < error)) {
      damping *= 4;
      continue;
    }
    const gain = (error - nextError) / error;
    at = next;
    error = nextError;
    damping = Math.max(1e-12, damping / 3);
    if (gain < 1e-14) break;
  }
  return { at, error };
}

function errorAt(points: readonly LoadPoint[], [lambda, sigma, kappa]: Triple): number {
  const parameters = { lambda, sigma, kappa };
  return points.reduce(
    (sum, { size, throughput }) => sum + (throughput - uslThroughput(parameters, size)) ** 2,
    0,
  );
}

function stepFrom(points: readonly LoadPoint[], at: Triple, damping: number): Triple | undefined {
  const normal = new Normal();
  const [lambda, sigma, kappa] = at;
  for (const { size: n, throughput } of points) {
    const divisor = 1 + sigma * (n - 1) + kappa * n * (n - 1);
    const model = (lambda * n) / divisor;
    normal.add(
      [n / divisor, (-model * (n - 1)) / divisor, (-model * n * (n - 1)) / divisor],
      throughput - model,
    );
  }
  const free = normal.free(at);
  const moved = normal.solve(damping, free);
  return moved === undefined ? undefined : bounded([at[0] + moved[0], at[1] + moved[1], at[2] + moved[2]]);
}

/** The normal equations of three unknowns. */
class Normal {
  readonly #matrix = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  readonly #right = [0, 0, 0];

  add(row: Row, value: number): void {
    for (let i = 0; i < 3; i++) {
      this.#right[i]! += row[i]! * value;
      for (let j = 0; j < 3; j++) this.#matrix[3 * i + j]! += row[i]! * row[j]!;
    }
  }

  /** Those that may move: not the ones that stand on a bound and are pushed against it. */
  free(at: Triple): [boolean, boolean, boolean] {
    const may = (i: 0 | 1 | 2) =>
      !(at[i] <= LOWEST[i] && this.#right[i]! < 0) && !(at[i] >= HIGHEST[i] && this.#right[i]! > 0);
    return [may(0), may(1), may(2)];
  }

  /** By elimination with pivots; the diagonal grows by `damping`. Undefined where it has no single solution. */
  solve(damping: number, free: readonly boolean[]): Triple | undefined {
    const names = [0, 1, 2].filter((i) => free[i]);
    const rows = names.map((i) => [
      ...names.map((j) => this.#matrix[3 * i + j]! * (i === j ? 1 + damping : 1)),
      this.#right[i]!,
    ]);
    const solved = eliminated(rows);
    if (solved === undefined) return undefined;
    const at = (i: number) => solved[names.indexOf(i)] ?? 0;
    return [at(0), at(1), at(2)];
  }
}

/** Gauss and Jordan, on rows of coefficients with the right side behind them. */
function eliminated(rows: number[][]): number[] | undefined {
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const head = rows[column]!;
    if (!(Math.abs(head[column]!) > Number.MIN_VALUE)) return undefined;
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / head[column]!;
      for (let j = column; j <= n; j++) rows[i]![j]! -= factor * head[j]!;
    }
  }
  const solved = rows.map((row, i) => row[n]! / row[i]!);
  return solved.every(Number.isFinite) ? solved : undefined;
}
