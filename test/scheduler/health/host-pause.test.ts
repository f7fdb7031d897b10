import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asksToPause, HostPause } from '../../../src/scheduler/health/host-pause.ts';
import { chance } from '../outcomes.ts';

const ASKED_MS_MAX = 300_000;
const none = () => 0;

describe('HostPause', () => {
  it('is for refusals of too many, not for other faults', () => {
    expect([429, 503].map(asksToPause)).toEqual([true, true]);
    expect([200, 403, 408, 500, 502, 504].some(asksToPause)).toBe(false);
  });

  it('waits as long as it is asked to', () => {
    const pause = new HostPause(ASKED_MS_MAX, none);
    expect(pause.waitMs(0)).toBe(0);
    pause.refuse(0, 5_000, 100);
    expect(pause.waitMs(100)).toBe(5_000);
    expect(pause.waitMs(5_099)).toBe(1);
    expect(pause.waitMs(5_100)).toBe(0);
  });

  it('is extended by those that come together, and never shortened', () => {
    const pause = new HostPause(ASKED_MS_MAX, none);
    pause.refuse(0, 5_000, 100);
    pause.refuse(0, 1_000, 110);
    expect(pause.waitMs(110)).toBe(4_990);
    pause.refuse(0, 6_000, 120);
    expect(pause.waitMs(120)).toBe(6_000);
    pause.refuse(0, 0, 130);
    expect(pause.waitMs(130)).toBe(5_990);
  });

  it('waits ever longer where no time is told, once for all that were under way together', () => {
    const pause = new HostPause(ASKED_MS_MAX, none);
    let nowMs = 0;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      for (let n = 0; n < 10; n++) pause.refuse(nowMs, 0, nowMs + 10 + n);
      waits.push(pause.waitMs(nowMs + 10));
      nowMs += 10 + pause.waitMs(nowMs + 10);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('does not begin anew for what was sent before it and refused after it', () => {
    const pause = new HostPause(ASKED_MS_MAX, none);
    pause.refuse(0, 0, 100);
    const endMs = 100 + pause.waitMs(100);
    pause.refuse(50, 0, endMs + 5);
    expect(pause.waitMs(endMs + 5)).toBe(0);
    // But a time that is asked for holds, whoever it was told.
    pause.refuse(50, 700, endMs + 6);
    expect(pause.waitMs(endMs + 6)).toBe(700);
  });

  it('is over after the longest wait, whatever is asked for', () => {
    const pause = new HostPause(1_000, none);
    pause.refuse(0, 86_400_000, 0);
    expect(pause.waitMs(0)).toBe(1_000);
  });

  it('resumes with two at once, one more for each answer, and all from 64 on', () => {
    const pause = new HostPause(ASKED_MS_MAX, none);
    expect(pause.window).toBe(Number.POSITIVE_INFINITY);
    pause.refuse(0, 1_000, 0);
    pause.accept(-5, 500);
    expect(pause.window).toBe(2);
    const windows: number[] = [];
    for (let i = 0; i < 63; i++) {
      pause.accept(1_000 + i, 1_010 + i);
      windows.push(pause.window);
    }
    expect(windows[0]).toBe(3);
    expect(windows[61]).toBe(64);
    expect(windows[62]).toBe(Number.POSITIVE_INFINITY);
    expect(pause.isAtRest).toBe(true);
    // It begins with the shortest again.
    pause.refuse(5_000, 0, 5_000);
    expect(pause.waitMs(5_000)).toBe(500);
    expect(pause.window).toBe(2);
  });

  it('lets nothing start before the latest time that anybody was asked to wait for', () => {
    const refusal = fc.record({
      gapMs: fc.integer({ min: 0, max: 3_000 }),
      ageMs: fc.integer({ min: 0, max: 5_000 }),
      askedMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: ASKED_MS_MAX })),
      accepted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(refusal, { maxLength: 50 }), fc.integer(), (refusals, seed) => {
        const pause = new HostPause(ASKED_MS_MAX, chance(seed));
        let [nowMs, earliestMs] = [0, 0];
        for (const { gapMs, ageMs, askedMs, accepted } of refusals) {
          nowMs += gapMs;
          const before = nowMs + pause.waitMs(nowMs);
          if (accepted) pause.accept(nowMs - ageMs, nowMs);
          else {
            pause.refuse(nowMs - ageMs, askedMs, nowMs);
            if (askedMs > 0) earliestMs = Math.max(earliestMs, nowMs + askedMs);
          }
          const after = nowMs + pause.waitMs(nowMs);
          expect(after).toBeGreaterThanOrEqual(Math.max(earliestMs, before) - 1e-6);
          expect(after - nowMs).toBeLessThanOrEqual(ASKED_MS_MAX + 5_000);
          expect(pause.window).toBeGreaterThanOrEqual(2);
        }
      }),
    );
  });
});
