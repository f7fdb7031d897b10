import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotaOf, tellsQuota } from '../../../src/scheduler/rate/quota.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const NOW_S = NOW / 1000;
const lines = (...fields: string[]) => fields.map((field) => `${field}\r\n`).join('');
const of = (...fields: string[]) => quotaOf(lines('Content-Type: text/html', ...fields), NOW);
const quota = (
  remaining: number,
  limit: number | undefined,
  windowMs: number | undefined,
  resetMs: number,
) => ({
  remaining,
  limit,
  windowMs,
  resetMs,
});

describe('quotaOf', () => {
  it('reads the draft with a policy of the same name', () => {
    expect(of('RateLimit: "default";r=50;t=30', 'RateLimit-Policy: "default";q=100;w=60')).toEqual(
      quota(50, 100, 60_000, 30_000),
    );
    expect(of('ratelimit: default;r=50;t=30')).toEqual(quota(50, undefined, undefined, 30_000));
    expect(of('RateLimit: "a";r=50', 'RateLimit-Policy: "a";q=100;w=60')).toEqual(
      quota(50, 100, 60_000, 60_000),
    );
  });

  it('keeps to the window that binds, also over several lines', () => {
    const policy = 'RateLimit-Policy: "min";q=50;w=60, "hour";q=1000;w=3600';
    expect(of(policy, 'RateLimit: "min";r=20;t=23', 'RateLimit: "hour";r=399;t=2402')?.limit).toBe(1000);
    // A fifth is the border: nine of 50 are scarce, and a scarce one goes before a slow one.
    expect(of(policy, 'RateLimit: "min";r=9;t=23, "hour";r=399;t=2402')?.limit).toBe(50);
    expect(of(policy, 'RateLimit: "hour";r=399;t=2402, "min";r=9;t=23')?.limit).toBe(50);
  });

  it('leaves out what is counted in other units than requests', () => {
    expect(
      of('RateLimit: "b";r=1;t=9', 'RateLimit-Policy: "b";q=65535;qu="content-bytes";w=10'),
    ).toBeUndefined();
    expect(of('RateLimit: "b";r=1;t=9', 'RateLimit-Policy: "b";q=5;qu="requests";w=10')).toEqual(
      quota(1, 5, 10_000, 9_000),
    );
  });

  it('reads the form of draft 7', () => {
    expect(of('RateLimit: limit=100, remaining=50, reset=30', 'RateLimit-Policy: 10;w=1, 100;w=60')).toEqual(
      quota(50, 100, 60_000, 30_000),
    );
  });

  it('reads the three fields of the drafts before', () => {
    expect(of('RateLimit-Limit: 100, 100;w=60', 'RateLimit-Remaining: 50', 'RateLimit-Reset: 30')).toEqual(
      quota(50, 100, 60_000, 30_000),
    );
    expect(of('RateLimit-Limit: 30', 'RateLimit-Remaining: 2', 'RateLimit-Reset: 0')).toEqual(
      quota(2, 30, undefined, 0),
    );
  });

  it.each([
    [
      'GitHub',
      [
        'x-ratelimit-limit: 60',
        'x-ratelimit-remaining: 56',
        `x-ratelimit-reset: ${NOW_S + 90}`,
        'x-ratelimit-used: 4',
      ],
      quota(56, 60, undefined, 90_000),
    ],
    [
      'Twitter',
      ['x-rate-limit-limit: 15', 'x-rate-limit-remaining: 0', `x-rate-limit-reset: ${NOW_S + 900}`],
      quota(0, 15, undefined, 900_000),
    ],
    [
      'Discord',
      [
        'X-RateLimit-Limit: 5',
        'X-RateLimit-Remaining: 1',
        `X-RateLimit-Reset: ${NOW_S + 1}.337`,
        'X-RateLimit-Reset-After: 1.337',
      ],
      quota(1, 5, undefined, 1_337),
    ],
    [
      'Reddit',
      ['x-ratelimit-remaining: 99.0', 'x-ratelimit-used: 1', 'x-ratelimit-reset: 300'],
      quota(99, 100, undefined, 300_000),
    ],
    [
      'in milliseconds',
      ['X-RateLimit-Remaining: 3', `X-RateLimit-Reset: ${NOW + 1_500}`],
      quota(3, undefined, undefined, 1_500),
    ],
    [
      'in microseconds',
      ['X-RateLimit-Remaining: 3', `X-RateLimit-Reset: ${NOW + 1_500}000`],
      quota(3, undefined, undefined, 1_500),
    ],
    [
      'as a date',
      ['X-RateLimit-Remaining: 3', 'X-RateLimit-Reset: Sun, 22 Nov 2026 12:00:05 GMT'],
      quota(3, undefined, undefined, 5_000),
    ],
    [
      'as an ISO date',
      ['X-RateLimit-Remaining: 3', 'X-RateLimit-Reset: 2026-11-22T12:00:05Z'],
      quota(3, undefined, undefined, 5_000),
    ],
  ] as const)('reads the fields of %s', (_who, fields, expected) => {
    expect(of(...fields)).toEqual(expected);
  });

  it('measures times of day by the server’s own clock', () => {
    const fields = ['X-RateLimit-Remaining: 3', `X-RateLimit-Reset: ${NOW_S + 3_610}`];
    expect(of('Date: Sun, 22 Nov 2026 13:00:00 GMT', ...fields)?.resetMs).toBe(10_000);
    expect(of('Date: yesterday', ...fields)?.resetMs).toBe(3_610_000);
    expect(of('X-RateLimit-Remaining: 3', `X-RateLimit-Reset: ${NOW_S - 5}`)?.resetMs).toBe(0);
  });

  it('takes nothing from what is malformed, and goes on to the next family', () => {
    const older = ['X-RateLimit-Remaining: 3', 'X-RateLimit-Reset: 7'];
    expect(of('RateLimit: "default";r=ten;t=30', ...older)).toEqual(quota(3, undefined, undefined, 7_000));
    expect(of('RateLimit: "default";r=10;t=30;;', ...older)?.remaining).toBe(3);
    expect(of('X-RateLimit-Remaining: soon', 'X-RateLimit-Reset: 7')).toBeUndefined();
    expect(of('X-RateLimit-Remaining: 3', 'X-RateLimit-Reset: never')).toBeUndefined();
    expect(of('X-RateLimit-Remaining: 3')).toBeUndefined();
    expect(of('X-RateLimit-Remaining:\r\n 3', 'X-RateLimit-Reset: 7')).toBeUndefined();
    expect(of()).toBeUndefined();
  });

  it('bounds what is huge or below nothing', () => {
    expect(of('X-RateLimit-Remaining: -4', 'X-RateLimit-Reset: 7')?.remaining).toBe(0);
    expect(of('X-RateLimit-Remaining: 999999999999999', 'X-RateLimit-Reset: 99999999')).toEqual(
      quota(1e12, undefined, undefined, 31 * 86_400_000),
    );
  });

  it('tells cheaply where nothing is said', () => {
    expect(tellsQuota(lines('Content-Type: a', 'x-RateLimit-Limit: 1'))).toBe(true);
    expect(tellsQuota(lines('RateLimit: "a";r=1'))).toBe(true);
    expect(tellsQuota(lines('X-Rate-Limit-Reset: 1'))).toBe(true);
    expect(tellsQuota(lines('X-Note: ratelimit', 'Date: now'))).toBe(false);
  });

  it('gives bounded numbers or nothing, whatever the header section', () => {
    const name = fc.constantFrom(
      'RateLimit',
      'RateLimit-Policy',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Date',
    );
    const prefix = fc.constantFrom('', 'X-', 'x-');
    const word = fc.oneof(
      fc.constantFrom(
        '"a"',
        ';r=',
        ';t=',
        ';q=',
        ';w=',
        '1',
        '-1',
        ',',
        '0.5',
        '\0',
        'ÿ',
        'NaN',
        '1e308',
        '\r\n ',
      ),
      fc.constantFrom(
        '"a";r=3;t=4',
        '9'.repeat(15),
        '9'.repeat(20),
        'Sun, 22 Nov 2026 12:00:05 GMT',
        'limit=1, remaining=2, reset=3',
      ),
    );
    const field = fc.tuple(prefix, name, fc.array(word, { minLength: 1, maxLength: 2 }));
    let read = 0;
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const found = quotaOf(lines(...fields.map(([p, n, words]) => `${p}${n}: ${words.join('')}`)), NOW);
        if (found !== undefined) read++;
        if (found === undefined) return;
        expect(found.remaining).toBeGreaterThanOrEqual(0);
        expect(found.remaining).toBeLessThanOrEqual(1e12);
        expect(found.resetMs).toBeGreaterThanOrEqual(0);
        expect(found.resetMs).toBeLessThanOrEqual(31 * 86_400_000);
        expect(Number.isFinite(found.limit ?? 0) && Number.isFinite(found.windowMs ?? 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('takes linear time for a header section made to be slow', () => {
    const blanks = ' '.repeat(60_000);
    const started = process.cpuUsage();
    quotaOf(
      `x-ratelimit-reset:${blanks}\r\n x\r\nx-ratelimit-${'a-'.repeat(30_000)}\r\nRateLimit: ${'"a";r=1,'.repeat(8_000)}`,
      NOW,
    );
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });
});
