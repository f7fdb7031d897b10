// How surely a mean is known, where what ends in one moment shares its luck.

import { describe, expect, it } from 'vitest';
import { Slices } from '../../src/scheduler/control/slices.ts';

/** Latencies, ten in each slice of 5 ms. */
function slicesOf(latencies: readonly number[]): { variance: number; meanMs: number } {
  const slices = new Slices();
  slices.start(0, 0);
  let sumMs = 0;
  let ended = 0;
  for (const latencyMs of latencies) {
    const nowMs = ended / 2;
    if (nowMs >= slices.endMs) slices.finish(nowMs, ended, sumMs);
    ended++;
    sumMs += latencyMs;
  }
  const meanMs = sumMs / ended;
  return { variance: slices.variance(meanMs), meanMs };
}

/** Of single latencies that have nothing to do with each other. */
function single(latencies: readonly number[], meanMs: number): number {
  const squares = latencies.reduce((sum, one) => sum + (one - meanMs) ** 2, 0);
  return squares / latencies.length / meanMs ** 2 / latencies.length;
}

describe('Slices', () => {
  it('say as much as single latencies where those are independent', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    const latencies = Array.from({ length: 20_000 }, () => 1 + random());
    const { variance, meanMs } = slicesOf(latencies);
    expect(variance / single(latencies, meanMs)).toBeGreaterThan(0.8);
    expect(variance / single(latencies, meanMs)).toBeLessThan(1.25);
  });

  it('say ten times as much where all ten of a slice take the same time', () => {
    const latencies = Array.from({ length: 2000 }, (_, i) => (Math.floor(i / 10) % 2 === 0 ? 1 : 3));
    const { variance, meanMs } = slicesOf(latencies);
    expect(variance / single(latencies, meanMs)).toBeCloseTo(10, 0);
  });

  it('say nothing where there are few of them', () => {
    const latencies = Array.from({ length: 65 }, (_, i) => (Math.floor(i / 10) % 2 === 0 ? 1 : 3));
    expect(slicesOf(latencies).variance).toBe(0);
    expect(slicesOf([...latencies, ...latencies]).variance).toBeGreaterThan(0);
  });
});
