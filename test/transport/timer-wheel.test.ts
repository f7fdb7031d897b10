// The wheel against a plain list of deadlines: each is kept within a tick, never early, whatever moves meanwhile.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/model/contracts.ts';
import { Timed, TimerWheel } from '../../src/transport/timer-wheel.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

const TICK_MS = 20;
/** Few slots, so that deadlines go round the wheel several times. */
const SLOTS = 16;

class Alarm extends Timed {
  readonly rang: number[] = [];
  onRing: ((alarm: Alarm) => void) | undefined;

  override onDeadline(nowMs: number): void {
    this.rang.push(nowMs);
    this.onRing?.(this);
  }
}

function start(nowMs = 0): { clock: VirtualClock; wheel: TimerWheel } {
  const clock = new VirtualClock(nowMs);
  return { clock, wheel: new TimerWheel(clock, TICK_MS, SLOTS) };
}

function set(wheel: TimerWheel, alarm: Alarm, deadlineMs: number): void {
  alarm.deadlineMs = deadlineMs;
  if (alarm.deadlineMs < alarm.lookMs) wheel.watch(alarm);
}

/** Plain comparisons: this is asked very often. */
function keepsItsTime(alarm: Alarm, due: Map<Alarm, number>, nowMs: number): void {
  const dueMs = due.get(alarm) ?? Number.POSITIVE_INFINITY;
  const rangMs = alarm.rang.shift();
  if (alarm.rang.length > 0) throw new Error('it rang twice');
  if (rangMs === undefined) {
    if (dueMs < nowMs - TICK_MS) throw new Error(`due at ${dueMs}, silent at ${nowMs}`);
    return;
  }
  due.delete(alarm);
  if (rangMs < dueMs || rangMs > dueMs + TICK_MS) throw new Error(`due at ${dueMs}, rang at ${rangMs}`);
  if (alarm.lookMs !== Number.POSITIVE_INFINITY) throw new Error('it rang and is watched still');
}

const step = fc.oneof(
  fc.record({ what: fc.constant('set' as const), which: fc.nat(4), ms: fc.integer({ min: 0, max: 1500 }) }),
  fc.record({ what: fc.constant('forget' as const), which: fc.nat(4), ms: fc.constant(0) }),
  fc.record({
    what: fc.constant('pass' as const),
    which: fc.constant(0),
    ms: fc.integer({ min: 0, max: 400 }),
  }),
);

describe('the timer wheel', () => {
  it('keeps every deadline within a tick and none early, moved, forgotten or left alone', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 199 }), (steps, tenths) => {
        const { clock, wheel } = start(tenths / 10);
        const alarms = Array.from({ length: 5 }, () => new Alarm());
        const due = new Map<Alarm, number>();
        const check = () => {
          for (const alarm of alarms) keepsItsTime(alarm, due, clock.now());
        };
        for (const { what, which, ms } of [...steps, { what: 'pass' as const, which: 0, ms: 3000 }]) {
          const alarm = alarms[which]!;
          if (what === 'pass') {
            for (let left = ms; left > 0; left -= 7) {
              clock.advance(Math.min(7, left));
              check();
            }
          } else if (what === 'set') {
            set(wheel, alarm, clock.now() + ms);
            due.set(alarm, clock.now() + ms);
          } else {
            wheel.forget(alarm);
            due.delete(alarm);
          }
        }
        expect(due.size).toBe(0);
        expect(wheel.size).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('makes up for a pause of any length at once, in one round', () => {
    for (const pauseMs of [30, 319, 320, 321, 1000, 100_000, 1e13]) {
      const clock = new VirtualClock();
      // A machine that sleeps: the timer comes late, and the clock has moved on.
      let offsetMs = 0;
      const sleepy: Clock = {
        now: () => clock.now() + offsetMs,
        wall: () => 0,
        after: (ms, call) => clock.after(ms, call),
        afterPoll() {},
        atTurnEnd() {},
      };
      const wheel = new TimerWheel(sleepy, TICK_MS, SLOTS);
      const alarms = [10, 25, 100, 300, 320, 500, 5000].map((ms) => {
        const alarm = new Alarm();
        set(wheel, alarm, ms);
        return alarm;
      });
      offsetMs = pauseMs;
      clock.advance(TICK_MS);
      const nowMs = TICK_MS + pauseMs;
      for (const alarm of alarms)
        if (alarm.deadlineMs <= nowMs - TICK_MS) expect(alarm.rang).toEqual([nowMs]);
      clock.advance(6000);
      expect(alarms.map(({ rang }) => rang.length)).toEqual(alarms.map(() => 1));
      for (const alarm of alarms) expect(alarm.rang[0]).toBeGreaterThanOrEqual(alarm.deadlineMs);
    }
  });

  it('runs one timer for all, and none when nothing is watched', () => {
    const { clock, wheel } = start();
    expect(clock.pending).toBe(0);
    const alarms = Array.from({ length: 100 }, () => new Alarm());
    alarms.forEach((alarm, i) => {
      set(wheel, alarm, i * 3);
    });
    expect(clock.pending).toBe(1);
    for (const alarm of alarms) wheel.forget(alarm);
    clock.advance(TICK_MS);
    expect(clock.pending).toBe(0);
    set(wheel, alarms[0]!, clock.now() + 5);
    clock.advance(5 + TICK_MS);
    expect(alarms[0]!.rang).toHaveLength(1);
  });

  it('costs nothing when a deadline moves later: it is found out when the wheel comes by', () => {
    const { clock, wheel } = start();
    const alarm = new Alarm();
    set(wheel, alarm, 50);
    for (let i = 0; i < 100; i++) {
      clock.advance(10);
      alarm.deadlineMs = clock.now() + 50;
    }
    expect(alarm.rang).toEqual([]);
    clock.advance(50 + TICK_MS);
    expect(alarm.rang).toHaveLength(1);
  });

  it('lets whoever is called forget or move all the others of the same moment', () => {
    for (const action of ['forget', 'later', 'earlier'] as const) {
      const { clock, wheel } = start();
      const alarms = Array.from({ length: 6 }, () => new Alarm());
      for (const alarm of alarms) set(wheel, alarm, 30);
      alarms[0]!.onRing = () => {
        for (const other of alarms.slice(1)) {
          if (action === 'forget') wheel.forget(other);
          else set(wheel, other, action === 'later' ? 200 : 0);
        }
      };
      clock.advance(50);
      expect(alarms.map((alarm) => alarm.rang.length)).toEqual([1, 0, 0, 0, 0, 0]);
      clock.advance(1000);
      expect(alarms.slice(1).map((alarm) => alarm.rang.length)).toEqual(
        Array(5).fill(action === 'forget' ? 0 : 1),
      );
      expect(wheel.size).toBe(0);
      expect(clock.pending).toBe(0);
    }
  });

  it('lets whoever is called watch anew, itself and others', () => {
    const { clock, wheel } = start();
    const other = new Alarm();
    const alarm = new Alarm();
    alarm.onRing = () => {
      if (alarm.rang.length < 5) set(wheel, alarm, clock.now() + 40);
      if (alarm.rang.length === 1) set(wheel, other, clock.now() + 1);
    };
    set(wheel, alarm, 10);
    clock.advance(1000);
    expect(alarm.rang).toEqual([20, 60, 100, 140, 180]);
    expect(other.rang).toEqual([40]);
    expect(clock.pending).toBe(0);
  });
});
