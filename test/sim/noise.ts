// Seeded noise for the simulator: uniform and log-normal factors of mean 1, from tables, because a run draws millions.

import { Random } from '../../src/target/random.ts';

const SIZE = 4096;
const MASK = SIZE - 1;

export class Noise {
  readonly #random: Random;
  readonly #tables = new Map<number, Float64Array>();

  constructor(seed: number) {
    this.#random = new Random(Math.imul(seed + 1, 0x9e3779b1));
    // The first numbers of neighbouring seeds resemble each other.
    for (let i = 0; i < 8; i++) this.#random.bits();
  }

  next(): number {
    return this.#random.next();
  }

  /** A generator of factors exp(sigma × normal), scaled to mean 1. */
  logNormal(sigma: number): () => number {
    const random = this.#random;
    let table = this.#tables.get(sigma);
    if (table === undefined) {
      table = factors(sigma);
      this.#tables.set(sigma, table);
    }
    const drawn = table;
    return () => drawn[random.bits() & MASK]!;
  }
}

function factors(sigma: number): Float64Array {
  const table = new Float64Array(SIZE);
  let sum = 0;
  for (let i = 0; i < SIZE; i++) sum += table[i] = Math.exp(sigma * normalQuantile((i + 0.5) / SIZE));
  for (let i = 0; i < SIZE; i++) table[i]! *= SIZE / sum;
  return table;
}

/** Acklam's approximation of the normal distribution's quantile, to 1e-9. */
function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return (
      (((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) *
        q +
        4.374664141464968) *
        q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) *
        q +
        1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
      q) /
    (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
      1)
  );
}
