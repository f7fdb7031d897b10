import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

describe('VirtualClock', () => {
  it('stands still until it is moved', () => {
    const clock = new VirtualClock(5, 1_000);
    expect([clock.now(), clock.wall()]).toEqual([5, 1_000]);
    clock.advance(10);
    expect([clock.now(), clock.wall()]).toEqual([15, 1_010]);
  });

  it('runs what is due, each at its own moment, and nothing before', () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (const ms of [30, 10, 20]) clock.after(ms, () => ran.push(clock.now()));
    clock.advance(9.9);
    expect(ran).toEqual([]);
    clock.advance(10.1);
    expect(ran).toEqual([10, 20]);
    expect(`${clock}`).toBe('clock 20 ms, pending 1, polling 0');
  });

  it('takes a call back, also while time passes, and harmlessly afterwards', () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const second = clock.after(10, () => ran.push('second'));
    const first = clock.after(5, () => {
      ran.push('first');
      second();
    });
    clock.advance(10);
    first();
    first();
    expect(ran).toEqual(['first']);
    expect(clock.pending).toBe(0);
  });

  it('runs what a call asks for within the time that is passing', () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
    expect(clock.nextInMs).toBe(5);
  });

  it('polls before time moves and after each moment', () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.afterPoll(() => ran.push(`poll ${clock.now()}`));
    clock.after(10, () => {
      ran.push('timer a');
      clock.afterPoll(() => ran.push(`poll ${clock.now()}`));
    });
    clock.after(10, () => ran.push('timer b'));
    clock.after(20, () => ran.push('timer c'));
    clock.advance(20);
    expect(ran).toEqual(['poll 0', 'timer a', 'timer b', 'poll 10', 'timer c']);
  });

  it('leaves to the next poll what a poll asks for', () => {
    const clock = new VirtualClock();
    let polls = 0;
    clock.afterPoll(() => {
      polls++;
      clock.afterPoll(() => polls++);
    });
    clock.poll();
    expect([polls, clock.polling]).toEqual([1, 1]);
    clock.advance(0);
    expect([polls, clock.polling]).toEqual([2, 0]);
  });

  it('tells when enough calls wait', async () => {
    const clock = new VirtualClock();
    let told = false;
    const scheduled = clock.scheduled(2).then(() => {
      told = true;
    });
    clock.after(1, () => {});
    await Promise.resolve();
    expect(told).toBe(false);
    clock.after(1, () => {});
    await scheduled;
    expect(told).toBe(true);
  });

  it('runs everything that falls due, also what a poll asks for ahead of what was next', () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.after(5, () => {
      ran.push('five');
      clock.afterPoll(() => clock.after(2, () => ran.push('seven')));
    });
    clock.after(10, () => ran.push('ten'));
    clock.advance(10);
    expect([ran, clock.pending]).toEqual([['five', 'seven', 'ten'], 0]);
  });

  it('refuses times that never come', () => {
    const clock = new VirtualClock();
    expect(() => clock.after(Number.NaN, () => {})).toThrow(RangeError);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
  });

  it('keeps the order of time, then of asking, however many calls there are and are taken back', () => {
    const plan = fc.array(fc.record({ ms: fc.nat(20), cancelled: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(plan, fc.array(fc.nat(7), { maxLength: 10 }), (calls, steps) => {
        const clock = new VirtualClock();
        const ran: { ms: number; i: number }[] = [];
        const cancels = calls.map(({ ms }, i) => clock.after(ms, () => ran.push({ ms: clock.now(), i })));
        calls.forEach(({ cancelled }, i) => {
          if (cancelled) cancels[i]!();
        });
        for (const ms of steps) clock.advance(ms);
        clock.advance(20);
        const expected = calls.map(({ ms, cancelled }, i) => ({ ms, i, cancelled }));
        const kept = expected.filter(({ cancelled }) => !cancelled).map(({ ms, i }) => ({ ms, i }));
        expect(ran).toEqual(kept.sort((a, b) => a.ms - b.ms || a.i - b.i));
      }),
    );
  });
});
