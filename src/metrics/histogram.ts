// A histogram of milliseconds in constant memory (20 KiB), log-linear: 40 octaves of 64 equal buckets each.
// It keeps no single value and never allocates while it records.
//
//   octave     2^-10 ms              2^-9 ms                              2^29 ms          2^30 ms
//              |······64 buckets······|······64 buckets······|     …      |···64 buckets···|
//              0.98 µs                1.95 µs                             6.2 days         12.4 days
//
// The error bound. A value v from 2^-10 ms up lies in a bucket [L, L + 2^k/64) with 2^k <= L, and is told as the
// middle of it, which is at most 2^k/128 away: less than v/128, 0.79 %. Below 2^-10 ms (1 µs) the error is less than
// 1 µs. The least and the greatest value, the count and the sum (so the mean) are exact.

const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const LOWEST_EXPONENT = -10;
const HIGHEST_EXPONENT = 30;
const LOWEST_MS = 2 ** LOWEST_EXPONENT;
const HIGHEST_MS = 2 ** HIGHEST_EXPONENT;
const BUCKETS = (HIGHEST_EXPONENT - LOWEST_EXPONENT) * SUB_BUCKETS;

// A double is 1 bit of sign, 11 of exponent and 52 of fraction (IEEE 754): the exponent and the first bits of the
// fraction, taken as one integer, number the buckets: 3.0 ns per record, where Math.log2 makes it 10.4 ns (Node 20.20,
// bench/micro/histogram.mjs; node's own createHistogram takes 16 ns there).
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
float[0] = 1;
/** Which of the two words holds the exponent: the second, save on big-endian machines. */
const HIGH = words[1] === 0 ? 0 : 1;
const HIGH_FRACTION_BITS = 20;
const SHIFT = HIGH_FRACTION_BITS - SUB_BUCKET_BITS;
const FIRST = (1023 + LOWEST_EXPONENT) << SUB_BUCKET_BITS;

/** A histogram as plain data, the buckets as pairs: how many empty ones come before, then the count. */
export interface HistogramJson {
  readonly subBuckets: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly sumMs: number;
  readonly buckets: readonly number[];
}

export class Histogram {
  /** Doubles, because 32 bits would overflow within a day at full speed. */
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  /** Counts one value. Time cannot be negative, so what is (or is not a number) counts as 0. */
  record(ms: number): void {
    if (ms >= LOWEST_MS && ms < HIGHEST_MS) {
      float[0] = ms;
      this.#counts[(words[HIGH]! >>> SHIFT) - FIRST]!++;
      this.#note(ms);
    } else {
      this.#recordOutside(ms);
    }
  }

  /** Nothing is lost outside of the range: it goes into the first or the last bucket. */
  #recordOutside(ms: number): void {
    const bounded = ms > 0 ? Math.min(ms, HIGHEST_MS) : 0;
    this.#counts[bounded < LOWEST_MS ? 0 : BUCKETS - 1]!++;
    this.#note(bounded);
  }

  #note(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get count(): number {
    return this.#count;
  }

  /** The least value; 0 where there is none, as with the other figures. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#minMs;
  }

  get max(): number {
    return this.#maxMs;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  /** The value that `p` percent of all values do not exceed (nearest rank); `p` from 0 to 100. */
  percentile(p: number): number {
    const rank = rankOf(p, this.#count);
    if (rank <= 1) return this.min;
    if (rank >= this.#count) return this.#maxMs;
    let seen = 0;
    let bucket = 0;
    while (seen < rank && bucket < BUCKETS) seen += this.#counts[bucket++]!;
    return Math.min(Math.max(middleOf(bucket - 1), this.#minMs), this.#maxMs);
  }

  /** As if every value of the other had been recorded here. */
  merge(other: Histogram): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.#counts[i]!;
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
    this.#minMs = Math.min(this.#minMs, other.#minMs);
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  toJSON(): HistogramJson {
    const buckets: number[] = [];
    let empty = 0;
    for (const n of this.#counts) {
      if (n === 0) {
        empty++;
      } else {
        buckets.push(empty, n);
        empty = 0;
      }
    }
    return { subBuckets: SUB_BUCKETS, minMs: this.min, maxMs: this.max, sumMs: this.#sumMs, buckets };
  }

  /** Throws TypeError for anything that `toJSON` did not make: it may come from another machine or version. */
  static fromJSON(json: HistogramJson): Histogram {
    const { subBuckets, minMs, maxMs, sumMs, buckets } = json;
    if (subBuckets !== SUB_BUCKETS) throw notOurs(`${SUB_BUCKETS} buckets per octave are expected`);
    if (!Array.isArray(buckets) || buckets.length % 2 !== 0) throw notOurs('buckets must be pairs');
    const histogram = new Histogram();
    let at = -1;
    for (let i = 0; i < buckets.length; i += 2) {
      const n: unknown = buckets[i + 1];
      at += 1 + buckets[i]!;
      if (!Number.isInteger(at) || at < 0 || at >= BUCKETS) throw notOurs('a bucket is out of range');
      if (!Number.isSafeInteger(n) || (n as number) < 1) throw notOurs('a count is no whole number');
      histogram.#counts[at]! += n as number;
      histogram.#count += n as number;
    }
    if (!(minMs >= 0 && minMs <= maxMs && maxMs <= HIGHEST_MS && sumMs >= 0)) throw notOurs('bad totals');
    histogram.#minMs = histogram.#count === 0 ? Number.POSITIVE_INFINITY : minMs;
    histogram.#maxMs = maxMs;
    histogram.#sumMs = sumMs;
    return histogram;
  }

  toString(): string {
    return `histogram ${this.#count} values ${this.min} to ${this.max} ms`;
  }
}

/** From 1 to `count`. The factor undoes the rounding of decimals: 94.4 % of 1375 is 1298, not 1298.0000000000002. */
function rankOf(p: number, count: number): number {
  return Math.ceil(((p * count) / 100) * (1 - 2 ** -50));
}

function middleOf(bucket: number): number {
  const octave = 2 ** ((bucket >> SUB_BUCKET_BITS) + LOWEST_EXPONENT);
  return octave * (1 + ((bucket & (SUB_BUCKETS - 1)) + 0.5) / SUB_BUCKETS);
}

function notOurs(why: string): TypeError {
  return new TypeError(`not a histogram of this version: ${why}`);
}
