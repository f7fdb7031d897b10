// The Universal Scalability Law: what was put in comes out, also through noise.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitUsl, type UslParameters, uslOptimum, uslThroughput } from '../../src/metrics/usl.ts';

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const parameters = fc.record({
  lambda: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
  sigma: fc.double({ min: 0, max: 0.3, noNaN: true }),
  kappa: fc.double({ min: 0, max: 0.01, noNaN: true }),
});

function pointsOf(truth: UslParameters, factors: readonly number[] = []) {
  return SIZES.map((size, i) => ({ size, throughput: uslThroughput(truth, size) * (factors[i] ?? 1) }));
}

describe('a fit', () => {
  it('finds the parameters again that made the points', () => {
    fc.assert(
      fc.property(parameters, (truth) => {
        const fit = fitUsl(pointsOf(truth))!;
        expect(fit.lambda / truth.lambda).toBeCloseTo(1, 3);
        expect(fit.sigma).toBeCloseTo(truth.sigma, 4);
        expect(Math.abs(fit.kappa - truth.kappa)).toBeLessThan(1e-6 + 1e-3 * truth.kappa);
        expect(fit.rSquared).toBeGreaterThan(0.999999);
      }),
      { numRuns: 300 },
    );
  });

  it('comes near them through 5 % of noise, and is never worse than the truth', () => {
    const noise = fc.array(fc.double({ min: 0.95, max: 1.05, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(parameters, noise, (truth, factors) => {
        const points = pointsOf(truth, factors);
        const fit = fitUsl(points)!;
        const errorOf = (law: UslParameters) =>
          points.reduce((sum, { size, throughput }) => sum + (throughput - uslThroughput(law, size)) ** 2, 0);
        expect(errorOf(fit)).toBeLessThanOrEqual(errorOf(truth) * (1 + 1e-6));
        for (const size of SIZES) {
          const off = Math.abs(uslThroughput(fit, size) - uslThroughput(truth, size));
          expect(off).toBeLessThan(0.1 * Math.max(...points.map(({ throughput }) => throughput)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps within its bounds, whatever the points are', () => {
    const points = fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 4096 }),
        throughput: fc.double({ min: 0, max: 1e6, noNaN: true }),
      }),
      { minLength: 3, maxLength: 12 },
    );
    fc.assert(
      fc.property(points, (list) => {
        const fit = fitUsl(list);
        if (fit === undefined) return;
        expect(fit.lambda).toBeGreaterThan(0);
        for (const share of [fit.sigma, fit.kappa, fit.rSquared]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('gives nothing for too little', () => {
    expect(fitUsl([])).toBeUndefined();
    expect(fitUsl(pointsOf({ lambda: 1, sigma: 0, kappa: 0 }).slice(0, 2))).toBeUndefined();
    expect(fitUsl(SIZES.map((size) => ({ size, throughput: 0 })))).toBeUndefined();
    expect(fitUsl(SIZES.map((size) => ({ size, throughput: Number.MIN_VALUE })))).toBeUndefined();
    const one = { size: 4, throughput: 10 };
    expect(fitUsl([one, one, one])).toBeUndefined();
  });
});

describe('the peak', () => {
  it('is where no other size gives more', () => {
    fc.assert(
      fc.property(parameters, (law) => {
        const optimum = uslOptimum(law);
        if (optimum === undefined) return;
        const top = uslThroughput(law, optimum);
        for (const factor of [0.5, 0.9, 1.1, 2]) {
          const size = Math.max(1, optimum * factor);
          expect(uslThroughput(law, size)).toBeLessThanOrEqual(top * (1 + 1e-9));
        }
      }),
    );
  });

  it('is √((1 − σ) / κ)', () => {
    expect(uslOptimum({ lambda: 50, sigma: 0.19, kappa: 0.0001 })).toBeCloseTo(90, 9);
  });

  it('is nowhere where nothing makes the curve fall', () => {
    expect(uslOptimum({ lambda: 50, sigma: 0.02, kappa: 0 })).toBeUndefined();
    expect(uslOptimum({ lambda: 50, sigma: 1, kappa: 0 })).toBeUndefined();
    expect(fitUsl(pointsOf({ lambda: 50, sigma: 0.02, kappa: 0 }))!.optimum ?? 1e6).toBeGreaterThan(2560);
  });
});
