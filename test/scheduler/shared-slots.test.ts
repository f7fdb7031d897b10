// Runs that share the slots of a session: together they keep its limits, each gets its turn, and none is forgotten.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ControlLaw } from '../../src/scheduler/control/law.ts';
import { SharedSlots, Slots } from '../../src/scheduler/slots.ts';
import { Desk, type Item } from './desk.ts';

function hosts(...numbers: number[]): Item[] {
  return numbers.map((host) => ({ type: 'host', host }));
}

function desks(lists: readonly Item[][], concurrency: number, perHost: number) {
  const slots = new SharedSlots({ concurrency, perHost });
  const all = lists.map((items) => new Desk(items, { concurrency, perHost }, slots));
  const held = () => all.reduce((sum, desk) => sum + desk.inFlight.length, 0);
  const heldBy = (host: string) => all.reduce((sum, desk) => sum + (desk.perHost.get(host) ?? 0), 0);
  return { slots, all, held, heldBy };
}

describe('shared slots', () => {
  it('are given to runs in turn once both have work', () => {
    const many = hosts(...Array.from({ length: 400 }, (_, i) => i % 3));
    const { all, held } = desks([many, many], 10, 10);
    const [a, b] = all as [Desk, Desk];
    a.scheduler.pump();
    expect(a.inFlight).toHaveLength(10);
    b.scheduler.pump();
    expect(b.inFlight).toHaveLength(0);
    const sums = { a: 0, b: 0 };
    for (let i = 0, seed = 1; i < 300; i++) {
      seed = (seed * 48271) % 2147483647;
      const desk = seed % 10 < a.inFlight.length ? a : b;
      desk.settle(desk.inFlight[0]!, false);
      expect(held()).toBe(10);
      sums.a += a.inFlight.length;
      sums.b += b.inFlight.length;
    }
    expect(sums.b / (sums.a + sums.b)).toBeGreaterThan(0.4);
    expect(sums.b / (sums.a + sums.b)).toBeLessThan(0.6);
  });

  it('of one origin are counted over all runs, and a run that waits for one is called', () => {
    const { all, heldBy } = desks([hosts(1, 1, 1), hosts(1, 2)], 10, 2);
    const [a, b] = all as [Desk, Desk];
    a.scheduler.pump();
    b.scheduler.pump();
    expect(heldBy('http://host-1')).toBe(2);
    // The other origin is free: it does not wait behind the first.
    expect(b.inFlight.map((one) => one.origin.host)).toEqual(['host-2']);
    a.settle(a.inFlight[0]!, false);
    expect(b.inFlight.map((one) => one.origin.host).sort()).toEqual(['host-1', 'host-2']);
    expect(heldBy('http://host-1')).toBe(2);
  });

  it('that a paused run was offered go to the next', () => {
    const { all } = desks([hosts(1, 1), hosts(2, 2), hosts(3, 3)], 1, 1);
    const [a, b, c] = all as [Desk, Desk, Desk];
    for (const desk of all) desk.scheduler.pump();
    b.pause();
    a.settle(a.inFlight[0]!, false);
    expect([a, b, c].map((desk) => desk.inFlight.length)).toEqual([0, 0, 1]);
  });

  // A host that resumes after a 429 lets in two at a time: who was offered a slot lined up again at once, for ever.
  it('are offered once a round to who cannot use them yet', () => {
    const slots = new Slots(4);
    slots.take();
    let offers = 0;
    const waiter = {
      offer() {
        offers++;
        slots.wait(waiter);
      },
    };
    slots.wait(waiter);
    slots.release();
    expect(offers).toBe(1);
  });

  it('are forgotten with the last run that counted by them', () => {
    const { slots, all } = desks([hosts(1), hosts(1)], 4, 4);
    for (const desk of all) {
      desk.scheduler.pump();
      desk.settle(desk.inFlight[0]!, false);
      expect(desk.drains).toBe(1);
    }
    const fresh = slots.hostOf('http://host-1', 0);
    expect([fresh.used, fresh.users]).toEqual([0, 1]);
  });

  it('are forgotten once by a run whose last request of an origin is over as soon as it is offered a slot', () => {
    const others = Array.from({ length: 1_100 }, (_, i) => i + 2);
    const { slots, all } = desks([hosts(...others, 1, 1, 0), hosts(1)], 10, 2);
    const [a, b] = all as [Desk, Desk];
    b.scheduler.pump();
    a.atOnce = ({ index }) => index < others.length || index === others.length + 1;
    a.scheduler.pump();
    expect([a.inFlight.length, a.scheduler.waiting, b.inFlight.length]).toEqual([2, 1, 1]);
    a.settle(a.inFlight[0]!, false);
    expect([a.inFlight.length, a.scheduler.waiting]).toEqual([1, 0]);
    // The other run still counts by these.
    expect(slots.hostOf('http://host-1', 0).used).toBe(1);
  });

  it('keep every limit, and every run comes to its end, whatever ends when', () => {
    const run = fc.record({
      items: fc.array(fc.nat(3), { maxLength: 30 }),
      concurrency: fc.integer({ min: 1, max: 6 }),
    });
    const steps = fc.array(fc.record({ desk: fc.nat(3), what: fc.nat(9), which: fc.nat(9) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        fc.array(run, { minLength: 2, maxLength: 4 }),
        steps,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (runs, moves, concurrency, perHost) => {
          const slots = new SharedSlots({ concurrency, perHost });
          const all = runs.map(
            (one) => new Desk(hosts(...one.items), { concurrency: one.concurrency, perHost }, slots),
          );
          const check = () => {
            const held = all.reduce((sum, desk) => sum + desk.inFlight.length, 0);
            expect(held).toBe(slots.total.used);
            expect(held).toBeLessThanOrEqual(concurrency);
            for (let host = 0; host < 4; host++) {
              const key = `http://host-${host}`;
              const here = all.reduce((sum, desk) => sum + (desk.perHost.get(key) ?? 0), 0);
              expect(here).toBeLessThanOrEqual(perHost);
            }
          };
          for (const desk of all) desk.scheduler.pump();
          for (const { desk: n, what, which } of moves) {
            const desk = all[n % all.length]!;
            if (what === 0) desk.pause();
            else if (what === 1) desk.resume();
            else if (what === 2 && which === 0) desk.stop();
            else if (desk.inFlight.length > 0) {
              desk.settle(desk.inFlight[which % desk.inFlight.length]!, what === 3);
            }
            check();
          }
          for (const desk of all) desk.resume();
          for (let turns = 0; all.some((desk) => desk.drains === 0); turns++) {
            const busy = all.find((desk) => desk.inFlight.length > 0);
            if (busy === undefined || turns > 1000)
              throw new Error(`stuck: ${all.map((d) => d.scheduler).join(' | ')}`);
            busy.settle(busy.inFlight[0]!, false);
            check();
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('a response whose content waits for its reader', () => {
  const law = (limit: number): ControlLaw => ({
    limit,
    ratePerSecond: undefined,
    record() {},
    saturation() {},
  });

  it('leaves its slot to another request where a law has come down to it', () => {
    const slots = new Slots(3);
    slots.law = law(1);
    slots.max = 1;
    slots.take();
    const offered: boolean[] = [];
    slots.wait({ offer: () => offered.push(slots.free) });
    expect(slots.free).toBe(false);
    slots.hold(true);
    expect(offered).toEqual([true]);
    slots.take();
    expect(slots.free).toBe(false);
    slots.hold(false);
    slots.release();
    expect(slots.free).toBe(false);
    slots.release();
    expect(slots.free).toBe(true);
  });

  it('never above what a host may have at most', () => {
    const slots = new Slots(2);
    slots.law = law(1);
    slots.max = 1;
    for (let i = 0; i < 2; i++) {
      slots.take();
      slots.hold(true);
    }
    expect(slots.free).toBe(false);
  });

  it("keeps it where the limit is the caller's", () => {
    const slots = new Slots(1);
    slots.take();
    slots.hold(true);
    expect(slots.free).toBe(false);
  });
});
