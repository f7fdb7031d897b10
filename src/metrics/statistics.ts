// What a few measurements of one thing say about it: mean, interval, and whether another is lower. Pure; for the tens of
// values of an experiment, never for one value per request.

/** A mean and where, with 95 % confidence, the true one lies; without bounds where there is one value alone. */
export interface Estimate {
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const CONFIDENCE = 0.95;

/** 0 of nothing. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Of a sample: divided by n − 1. 0 of fewer than two. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - middle) ** 2;
  return sum / (values.length - 1);
}

/** Student's interval: the spread between the trials themselves says how far their mean may be off. */
export function estimate(values: readonly number[]): Estimate {
  const middle = mean(values);
  const n = values.length;
  if (n < 2) return { mean: middle, low: undefined, high: undefined };
  const half = studentQuantile((1 + CONFIDENCE) / 2, n - 1) * Math.sqrt(variance(values) / n);
  return { mean: middle, low: middle - half, high: middle + half };
}

/**
 * Whether what `one` was drawn from has a lower mean than what `other` was (Welch's test, one-sided: variances need not be
 * equal). False where either has fewer than two values: one trial proves nothing.
 */
export function isLower(one: readonly number[], other: readonly number[]): boolean {
  if (one.length < 2 || other.length < 2) return false;
  const difference = mean(other) - mean(one);
  if (!(difference > 0)) return false;
  const [a, b] = [variance(one) / one.length, variance(other) / other.length];
  if (a + b === 0) return true;
  const freedom = (a + b) ** 2 / (a ** 2 / (one.length - 1) + b ** 2 / (other.length - 1));
  return studentTail(difference / Math.sqrt(a + b), freedom) < 1 - CONFIDENCE;
}

/** The t that a fraction `p` of Student's distribution lies below; `p` from 0.5 up to 1, `freedom` above 0. */
export function studentQuantile(p: number, freedom: number): number {
  let low = 0;
  let high = 1;
  while (studentTail(high, freedom) > 1 - p && high < 1e12) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, freedom) > 1 - p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** How much of Student's distribution lies above `t`, which is not negative. */
export function studentTail(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}

/** The regularised incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on one side of the middle; the other side is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  return (scale * betaFraction(x, a, b)) / a;
}

const TINY = 1e-300;

/** Lentz's way of evaluating it from the front. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return value;
}

/** Never 0, by which something is about to be divided. */
function away(n: number): number {
  return Math.abs(n) < TINY ? TINY : n;
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** The logarithm of Γ (Lanczos, g = 7: 15 digits) for positive numbers. */
function logGamma(z: number): number {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  let sum = 0.9999999999998099;
  LANCZOS.forEach((coefficient, i) => {
    sum += coefficient / (z + i);
  });
  const t = z + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(sum);
}
