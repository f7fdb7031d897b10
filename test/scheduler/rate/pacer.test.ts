import { describe, expect, it } from 'vitest';
import { Pacer } from '../../../src/scheduler/rate/pacer.ts';
import type { Quota } from '../../../src/scheduler/rate/quota.ts';
import { Random } from '../../fuzz/generator.ts';

const WAIT_MAX_MS = 300_000;
const quota = (remaining: number, resetMs: number, limit: number | undefined = 100): Quota => ({
  remaining,
  limit,
  windowMs: undefined,
  resetMs,
});

/** What a server says to one request, and whether it refuses it. */
type Server = (nowMs: number) => { readonly refused: boolean; readonly quota: Quota };

/** So many a window; the reset in whole seconds, rounded up, as servers tell it. */
function windowed(limit: number, windowMs: number): Server {
  let used = 0;
  let endMs = 0;
  return (nowMs) => {
    if (nowMs >= endMs) {
      endMs = nowMs + windowMs;
      used = 0;
    }
    const refused = used >= limit;
    if (!refused) used++;
    return { refused, quota: quota(limit - used, Math.ceil((endMs - nowMs) / 1000) * 1000, limit) };
  };
}

/** A bucket that fills all the time; its reset in whole seconds, rounded up, hides how fast. */
function bucket(perSecond: number, size: number): Server {
  let level = size;
  let seenMs = 0;
  return (nowMs) => {
    level = Math.min(size, level + ((nowMs - seenMs) * perSecond) / 1000);
    seenMs = nowMs;
    const refused = level < 1;
    if (!refused) level--;
    const resetMs = Math.ceil((size - level) / perSecond) * 1000;
    return { refused, quota: quota(Math.floor(level), resetMs, size) };
  };
}

interface Played {
  readonly starts: number;
  readonly served: number;
  readonly refused: number;
}

/** A client with so many slots and always more to send, in steps of a millisecond; counted from `fromMs` on. */
function play(server: Server, slots: number, untilMs: number, seed: number, fromMs = 0): Played {
  const random = new Random(seed);
  const pacer = new Pacer(WAIT_MAX_MS);
  const arrivals: { atMs: number; answer: () => void }[] = [];
  let underWay = 0;
  let [starts, served, refused] = [0, 0, 0];
  for (let nowMs = 0; nowMs < untilMs; nowMs++) {
    for (const one of arrivals.filter(({ atMs }) => atMs <= nowMs)) {
      arrivals.splice(arrivals.indexOf(one), 1);
      one.answer();
    }
    while (underWay < slots && pacer.waitMs(nowMs) === 0) {
      pacer.take(nowMs);
      underWay++;
      if (nowMs >= fromMs) starts++;
      const halfMs = 5 + random.below(10);
      arrivals.push({
        atMs: nowMs + halfMs,
        answer: () => {
          const verdict = server(nowMs + halfMs);
          arrivals.push({
            atMs: nowMs + 2 * halfMs,
            answer: () => {
              underWay--;
              if (nowMs >= fromMs) verdict.refused ? refused++ : served++;
              pacer.note(verdict.quota, verdict.refused, underWay, nowMs + 2 * halfMs);
            },
          });
        },
      });
    }
  }
  return { starts, served, refused };
}

describe('Pacer', () => {
  it('slows nothing while a fifth of the limit or more is left', () => {
    const pacer = new Pacer(WAIT_MAX_MS);
    for (let remaining = 99; remaining >= 20; remaining--) {
      pacer.note(quota(remaining, 3_600_000), false, 0, 100 - remaining);
      expect(pacer.waitMs(100 - remaining)).toBe(0);
    }
    expect(String(pacer)).toBe('free');
  });

  it('spreads what is left, less the reserve, over the time until there is more', () => {
    const pacer = new Pacer(WAIT_MAX_MS);
    pacer.note(quota(15, 10_000), false, 0, 0);
    let starts = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      if (pacer.waitMs(nowMs) > 0) continue;
      pacer.take(nowMs);
      starts++;
    }
    // Ten of them: five of a hundred are for others. The first goes at once.
    expect(starts).toBe(11);
    expect(pacer.waitMs(10_000)).toBe(0);
  });

  it('counts what is under way as spent', () => {
    const pacer = new Pacer(WAIT_MAX_MS);
    pacer.note(quota(30, 10_000), false, 29, 0);
    expect(pacer.waitMs(0)).toBe(10_000);
    pacer.note(quota(30, 10_000), false, 0, 1);
    expect(pacer.waitMs(1)).toBe(0);
  });

  it('holds until the reset where nothing is left', () => {
    const pacer = new Pacer(WAIT_MAX_MS);
    pacer.note(quota(0, 7_000), false, 0, 1_000);
    expect(pacer.waitMs(1_000)).toBe(7_000);
    expect(String(pacer)).toBe('held');
    expect(pacer.waitMs(7_999)).toBe(1);
    expect(pacer.waitMs(8_000)).toBe(0);
    expect(pacer.isAtRest(8_000)).toBe(true);
  });

  it('sends one request in the longest wait, however far the reset and little the rest', () => {
    const pacer = new Pacer(1_000);
    pacer.note(quota(0, 86_400_000), false, 0, 0);
    const starts: number[] = [];
    for (let nowMs = 0; nowMs < 5_500; nowMs += 100) {
      if (pacer.waitMs(nowMs) > 0) continue;
      pacer.take(nowMs);
      starts.push(nowMs);
    }
    expect(starts).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  it('learns the limit from what remained where it is not told', () => {
    const pacer = new Pacer(WAIT_MAX_MS);
    pacer.note(quota(50, 10_000, undefined), false, 0, 0);
    pacer.note(quota(11, 10_000, undefined), false, 0, 10);
    expect(pacer.waitMs(10)).toBe(0);
    pacer.note(quota(9, 10_000, undefined), false, 0, 20);
    pacer.take(20);
    expect(pacer.waitMs(20)).toBeGreaterThan(500);
  });

  it('takes refusals for no sign that anything comes back', () => {
    const pacer = new Pacer(WAIT_MAX_MS);
    for (let nowMs = 0; nowMs <= 3_000; nowMs += 10) pacer.note(quota(0, 60_000), true, 20, nowMs);
    expect(pacer.waitMs(3_000)).toBe(60_000);
    expect(String(pacer)).toBe('held');
  });

  it.each([1, 2, 3, 4, 5])('is refused nothing by a server with windows of ten seconds (seed %d)', (seed) => {
    const { served, refused } = play(windowed(200, 10_000), 8, 60_000, seed);
    expect(refused).toBe(0);
    // Six windows of 200, and of each the reserve is left.
    expect(served).toBeGreaterThan(6 * 200 * 0.85);
  });

  it.each([1, 2, 3, 4, 5])(
    'finds the rate of a bucket that tells its reset in whole seconds (seed %d)',
    (seed) => {
      const { served, refused } = play(bucket(300, 30), 8, 30_000, seed, 5_000);
      expect(served).toBeGreaterThan(25 * 300 * 0.9);
      expect(refused).toBeLessThan(served * 0.01);
    },
  );

  it.each([1, 2, 3])('finds it also with more slots than the bucket has room for (seed %d)', (seed) => {
    const { served, refused } = play(bucket(300, 30), 50, 30_000, seed, 5_000);
    expect(served).toBeGreaterThan(25 * 300 * 0.8);
    expect(refused).toBeLessThan(served * 0.05);
  });
});
