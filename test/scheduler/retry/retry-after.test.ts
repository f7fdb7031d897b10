import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs, spread } from '../../../src/scheduler/retry/retry-after.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const YEAR_MS = 366 * 86_400_000;

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['1.5', 1_500],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
    ['Sun Nov 22 12:00:30 2026', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['99999999999999999999', YEAR_MS],
    ['9'.repeat(500), YEAR_MS],
    ['Fri, 31 Dec 9999 23:59:59 GMT', YEAR_MS],
  ])('reads %j', (value, ms) => {
    expect(retryAfterMs(value, undefined, NOW)).toBe(ms);
  });

  it.each(['', '-5', '+5', '5s', '1e3', '0x10', 'soon', '5, 10', 'NaN', 'Infinity', '2026-11-22T12:00:30Z'])(
    'takes nothing from %j',
    (value) => {
      expect(retryAfterMs(value, undefined, NOW)).toBeUndefined();
    },
  );

  it('measures a date by the clock of its own server', () => {
    const value = 'Sun, 22 Nov 2026 13:00:30 GMT';
    expect(retryAfterMs(value, 'Sun, 22 Nov 2026 13:00:00 GMT', NOW)).toBe(30_000);
    expect(retryAfterMs(value, 'once', NOW)).toBe(3_630_000);
  });

  it('gives a bounded number or nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d. -]{0,30}$/)), (value) => {
        const ms = retryAfterMs(value, value, NOW) ?? 0;
        expect(ms >= 0 && ms <= YEAR_MS).toBe(true);
      }),
    );
  });
});

describe('spread', () => {
  it('is never less than asked for, and at most a tenth and five seconds more', () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: YEAR_MS }), unit, (askedMs, random) => {
        const ms = spread(askedMs, () => random);
        expect(ms).toBeGreaterThanOrEqual(askedMs);
        expect(ms - askedMs).toBeLessThanOrEqual(Math.min(askedMs / 10, 5_000) + 1e-3);
      }),
    );
    expect(spread(10_000, () => 0.5)).toBe(10_500);
  });
});
