// Whatever the input, the limits and the order in which requests end: nothing above a limit, nothing lost, nothing
// idle that need not be.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Item, World } from './fixture.ts';

const host = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const item: fc.Arbitrary<Item> = fc.oneof(
  { weight: 12, arbitrary: host },
  { weight: 1, arbitrary: fc.record({ host, bytes: fc.nat(600) }) },
  { weight: 1, arbitrary: fc.constant('bad' as const) },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
);

/** Runs of one host, as in a sorted input, as well as mixtures. */
const input = fc.oneof(
  fc.array(item, { maxLength: 80 }),
  fc
    .array(fc.tuple(host, fc.integer({ min: 1, max: 20 })), { maxLength: 8 })
    .map((runs) => runs.flatMap(([one, times]) => Array<Item>(times).fill(one))),
);

const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 12 }),
  perHost: fc.integer({ min: 1, max: 6 }),
  lookAhead: fc.integer({ min: 1, max: 20 }),
  lookAheadBytesMax: fc.constantFrom(1024, 1_000_000),
});

/** What happens next: the n-th of those in flight ends, ends and comes again, the source is ready, or it is paused. */
const step = fc.record({
  what: fc.constantFrom('settle', 'settle', 'settle', 'again', 'ready', 'pause', 'resume'),
  which: fc.nat(100),
});

function holds(world: World, paused: boolean): void {
  const { settings: limits, inFlight, byHost, source, scheduler } = world;
  expect(inFlight.length).toBeLessThanOrEqual(limits.concurrency);
  expect(scheduler.inFlight).toBe(inFlight.length);
  for (const n of byHost.values()) expect(n).toBeLessThanOrEqual(limits.perHost);
  expect(world.waiting).toBeLessThanOrEqual(limits.lookAhead);
  if (paused || inFlight.length === limits.concurrency) return;
  // A slot is free: then nothing waits that may be sent, and the source was asked as far as it may be.
  const waiting = world.scheduler.waiting;
  const full = world.waiting >= limits.lookAhead || limits.lookAheadBytesMax === 1024;
  expect(source.waiting || source.ended || full).toBe(true);
  const free = [...byHost.values()].some((n) => n < limits.perHost);
  if (waiting > 0 && byHost.size > 0 && inFlight.length === 0) expect(free).toBe(false);
}

describe('the scheduler', () => {
  it('keeps every limit, leaves no slot idle, and dispatches every request exactly once', () => {
    fc.assert(
      fc.property(input, settings, fc.array(step, { maxLength: 120 }), (list, limits, steps) => {
        const world = new World(list, limits);
        const agains = new Map<number, number>();
        let paused = false;
        world.scheduler.pump();
        for (const { what, which } of steps) {
          const request = world.inFlight[which % Math.max(1, world.inFlight.length)];
          if (what === 'pause') world.scheduler.pause();
          else if (what === 'resume') world.scheduler.resume();
          else if (what === 'ready') world.source.ready();
          else if (request !== undefined) {
            const again = what === 'again';
            if (again) agains.set(request.index, (agains.get(request.index) ?? 0) + 1);
            world.settle(request, again);
          }
          if (what === 'pause') paused = true;
          if (what === 'resume') paused = false;
          holds(world, paused);
        }
        world.scheduler.resume();
        for (let turns = 0; world.drains === 0; turns++) {
          expect(turns).toBeLessThan(10_000);
          if (world.inFlight.length === 0) world.source.ready();
          else world.settle(world.inFlight[turns % world.inFlight.length]!);
          holds(world, false);
        }
        expect(world.drains).toBe(1);
        const times = new Map<number, number>();
        for (const { index } of world.dispatched) times.set(index, (times.get(index) ?? 0) + 1);
        const expected = new Map<number, number>();
        const requests = list.filter((one) => one !== 'wait');
        requests.forEach((one, index) => {
          if (one !== 'bad') expected.set(index, 1 + (agains.get(index) ?? 0));
        });
        expect([...times].sort(([a], [b]) => a - b)).toEqual([...expected]);
        expect(world.rejected).toHaveLength(requests.filter((one) => one === 'bad').length);
      }),
      { numRuns: 400 },
    );
  });

  it('sends the requests of one origin in the order of the input', () => {
    fc.assert(
      fc.property(fc.array(host, { maxLength: 60 }), settings, fc.infiniteStream(fc.nat(100)), (list, limits, picks) => {
        const world = new World(list, limits);
        world.scheduler.pump();
        for (const pick of picks) {
          if (world.inFlight.length === 0) break;
          world.settle(world.inFlight[pick % world.inFlight.length]!);
        }
        const last = new Map<string, number>();
        for (const { origin, index } of world.dispatched) {
          expect(index).toBeGreaterThan(last.get(origin.key) ?? -1);
          last.set(origin.key, index);
        }
        expect(world.dispatched).toHaveLength(list.length);
      }),
    );
  });
});
