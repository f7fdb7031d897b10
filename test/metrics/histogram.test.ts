import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, type HistogramJson } from '../../src/metrics/histogram.ts';

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** Nearest rank on the sorted values, in whole numbers: `perMille` per mille of them do not exceed it. */
function exactPercentile(values: readonly number[], perMille: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.floor((perMille * sorted.length + 999) / 1000));
  return sorted[rank - 1]!;
}

/** Spread evenly over the octaves from 1 µs to an hour and beyond, where plain doubles would nearly all be huge. */
const latency = fc.double({ min: -9.9, max: 22, noNaN: true }).map((exponent) => 2 ** exponent);
const edge = fc.oneof(
  fc.integer({ min: -10, max: 29 }).map((exponent) => 2 ** exponent),
  fc.integer({ min: 1, max: 5_000 }),
  fc.constantFrom(0.001, 3_600_000, 604_800_000),
);
const latencies = fc.array(fc.oneof(latency, edge), { minLength: 1, maxLength: 300 });
const perMilles = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(500, 900, 950, 990, 999, 1000));

describe('Histogram', () => {
  it('tells every percentile within 1/128 of the exact one', () => {
    fc.assert(
      fc.property(latencies, perMilles, (values, perMille) => {
        const exact = exactPercentile(values, perMille);
        const told = histogramOf(values).percentile(perMille / 10);
        expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(1 / 128);
      }),
      { numRuns: 2000 },
    );
  });

  it('comes near its bound, so the bound is the true one', () => {
    const histogram = histogramOf([0.5, 1, 2]);
    expect((histogram.percentile(50) - 1) / 1).toBe(1 / 128);
  });

  it('tells the least, the greatest, the count and the mean exactly', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const histogram = histogramOf(values);
        expect(histogram.count).toBe(values.length);
        expect(histogram.min).toBe(Math.min(...values));
        expect(histogram.max).toBe(Math.max(...values));
        expect(histogram.mean).toBeCloseTo(values.reduce((sum, v) => sum + v, 0) / values.length, 3);
        expect(histogram.percentile(0)).toBe(histogram.min);
        expect(histogram.percentile(100)).toBe(histogram.max);
      }),
    );
  });

  it('takes the 1298th of 1375 for 94.4 %, although the doubles multiply to a little more', () => {
    expect((94.4 * 1375) / 100).toBeGreaterThan(1298);
    const histogram = histogramOf(Array.from({ length: 1375 }, (_, i) => (i < 1298 ? 1 : 1000)));
    expect(histogram.percentile(94.4)).toBeLessThan(1.01);
    expect(histogram.percentile(94.41)).toBeGreaterThan(990);
  });

  it('loses no value outside of its range', () => {
    const histogram = histogramOf([0, -1, Number.NaN, 1e-9, Number.POSITIVE_INFINITY, 1e12]);
    expect(histogram.count).toBe(6);
    expect(histogram.min).toBe(0);
    expect(histogram.max).toBe(2 ** 30);
    expect(histogram.mean).toBeCloseTo(2 ** 31 / 6, 3);
    expect(histogram.percentile(50)).toBeLessThan(0.001);
    expect(histogram.percentile(80)).toBeGreaterThan(0.99 * 2 ** 30);
  });

  it('is all zeros where nothing was recorded', () => {
    const { count, min, max, mean } = new Histogram();
    expect({ count, min, max, mean }).toEqual({ count: 0, min: 0, max: 0, mean: 0 });
    expect(new Histogram().percentile(99)).toBe(0);
  });

  it('merges as if all had been recorded in one, in any order', () => {
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 100 }), fc.array(latency, { maxLength: 100 }), (a, b) => {
        const merged = histogramOf(a);
        merged.merge(histogramOf(b));
        const { sumMs, ...rest } = histogramOf([...b, ...a]).toJSON();
        expect(merged.toJSON()).toMatchObject(rest);
        // Doubles do not add up to the same bits in another order.
        expect(merged.toJSON().sumMs / (sumMs || 1)).toBeCloseTo(sumMs === 0 ? 0 : 1, 9);
      }),
    );
  });

  it('comes back whole from JSON text, and goes on counting', () => {
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 100 }), latency, (values, next) => {
        const before = histogramOf(values);
        const after = Histogram.fromJSON(JSON.parse(JSON.stringify(before)) as HistogramJson);
        before.record(next);
        after.record(next);
        expect(after.toJSON()).toEqual(before.toJSON());
        expect(after.percentile(50)).toBe(before.percentile(50));
        expect(after.mean).toBe(before.mean);
      }),
    );
  });

  it('is compact as JSON: as long as its different values, not as its range', () => {
    const json = histogramOf([0.001, 50, 50, 3_600_000]).toJSON();
    expect(json.buckets).toHaveLength(6);
    expect(json.buckets.filter((_, i) => i % 2 === 1)).toEqual([1, 2, 1]);
  });

  const good: HistogramJson = { subBuckets: 64, minMs: 1, maxMs: 1, sumMs: 1, buckets: [640, 1] };
  it.each<[string, Partial<Record<keyof HistogramJson, unknown>>]>([
    ['64 buckets per octave are expected', { subBuckets: 32 }],
    ['buckets must be pairs', { buckets: [1] }],
    ['buckets must be pairs', { buckets: 'none' }],
    ['a bucket is out of range', { buckets: [2560, 1] }],
    ['a bucket is out of range', { buckets: [-1, 1] }],
    ['a bucket is out of range', { buckets: ['0', 1] }],
    ['a count is no whole number', { buckets: [1, 0.5] }],
    ['a count is no whole number', { buckets: [1, -1] }],
    ['bad totals', { minMs: 2 }],
    ['bad totals', { maxMs: null, minMs: 1 }],
    ['bad totals', { sumMs: 'much' }],
  ])('refuses what is none: %s (%o)', (message, wrong) => {
    expect(Histogram.fromJSON(good).count).toBe(1);
    const json = { ...good, ...wrong } as HistogramJson;
    expect(() => Histogram.fromJSON(json)).toThrow(
      new TypeError(`not a histogram of this version: ${message}`),
    );
  });

  it('prints as one line', () => {
    expect(String(histogramOf([1, 2.5]))).toBe('histogram 2 values 1 to 2.5 ms');
  });
});
