import { describe, expect, it } from 'vitest';
import { microseconds, perSecond, plural, remaining, share } from '../../src/view/figures.ts';

describe('figures', () => {
  it.each([
    [0, '0.00/s'],
    [0.051, '0.05/s'],
    [12.34, '12.3/s'],
    [123.4, '123/s'],
    [19_047, '19,000/s'],
    [1_234_567, '1,230,000/s'],
  ])('%d per second is %s', (n, text) => {
    expect(perSecond(n)).toBe(text);
  });

  it.each([
    [0.5, '0.50 µs'],
    [12.34, '12.3 µs'],
    [123.4, '123 µs'],
    [2500, '2.50 ms'],
  ])('%d microseconds are %s', (us, text) => {
    expect(microseconds(us)).toBe(text);
  });

  it.each([
    [0, 10, '0.0%'],
    [1, 3, '33.3%'],
    [1_679_615, 1_679_616, '99.9%'],
    [10, 10, '100.0%'],
    [11, 10, '100.0%'],
    [0, 0, '100.0%'],
  ])('%d of %d are %s', (part, whole, text) => {
    expect(share(part, whole)).toBe(text);
  });

  it.each([
    [100, 100, '1 s'],
    [101, 100, '2 s'],
    [9_900, 100, '99 s'],
    [10_000, 100, '1m 40s'],
    [3_600 * 50, 10, '5h 00m'],
    [3_600 * 96, 1, '96h 00m'],
    [3_600 * 96 + 1, 1, '5 days'],
    [86_400 * 9999, 1, '9,999 days'],
    [86_400 * 9999 + 1, 1, undefined],
    [100, 0, undefined],
    [100, Number.NaN, undefined],
  ])('%d requests at %d/s take %s', (requests, rate, text) => {
    expect(remaining(requests, rate)).toBe(text);
  });

  it('says one and many', () => {
    expect(plural(1, 'request')).toBe('1 request');
    expect(plural(0, 'request')).toBe('0 requests');
    expect(plural(4000, 'request')).toBe('4,000 requests');
  });
});
