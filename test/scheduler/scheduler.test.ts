// The scheduler over random inputs, hosts, orders of completion and limits; the Desk checks every step against a model.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Desk, hosts, type Item } from './desk.ts';

const item: fc.Arbitrary<Item> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('host' as const), host: fc.nat(6) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('host' as const),
      host: fc.nat(3),
      bytes: fc.integer({ min: 1, max: 600 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Item>({ type: 'failure' }) },
  { weight: 1, arbitrary: fc.constant<Item>({ type: 'wait' }) },
);

const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 12 }),
  perHost: fc.integer({ min: 1, max: 12 }),
  lookAhead: fc.integer({ min: 1, max: 40 }),
  lookAheadBytesMax: fc.integer({ min: 1, max: 2000 }),
});

type Act = {
  readonly type: 'settle' | 'again' | 'pause' | 'resume' | 'ready' | 'pump';
  readonly pick: number;
};

const act: fc.Arbitrary<Act> = fc.record({
  type: fc.oneof(
    { weight: 8, arbitrary: fc.constant('settle' as const) },
    { weight: 2, arbitrary: fc.constant('again' as const) },
    { weight: 2, arbitrary: fc.constant('ready' as const) },
    { weight: 1, arbitrary: fc.constantFrom('pause' as const, 'resume' as const, 'pump' as const) },
  ),
  pick: fc.nat(1000),
});

interface Scene {
  readonly items: readonly Item[];
  readonly limits: Desk['settings'];
  readonly acts: readonly Act[];
  /** One request in so many settles before its dispatch returns; 0 is none. */
  readonly atOnce: number;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  items: fc.array(item, { maxLength: 90 }),
  limits: settings,
  acts: fc.array(act, { maxLength: 150 }),
  atOnce: fc.nat(4),
});

function deskOf({ items, limits, atOnce }: Scene): Desk {
  const desk = new Desk(items, { ...limits, perHost: Math.min(limits.perHost, limits.concurrency) });
  if (atOnce > 0) desk.atOnce = (request) => request.index % atOnce === 0;
  desk.scheduler.pump();
  desk.checkNoIdleSlot();
  return desk;
}

function play(desk: Desk, acts: readonly Act[]): void {
  for (const { type, pick } of acts) {
    const request = desk.inFlight[pick % Math.max(1, desk.inFlight.length)];
    if (type === 'pause') desk.pause();
    else if (type === 'resume') desk.resume();
    else if (type === 'ready') desk.source.ready();
    else if (type === 'pump') desk.scheduler.pump();
    else if (request !== undefined) desk.settle(request, type === 'again');
    desk.checkNoIdleSlot();
    expect(desk.scheduler.inFlight).toBe(desk.inFlight.length);
  }
}

/** Settles what is left, so that whatever can end ends. */
function finish(desk: Desk): void {
  desk.resume();
  for (let i = 0; i < 10_000 && desk.drains === 0; i++) {
    const request = desk.inFlight[0];
    if (request === undefined) desk.source.ready();
    else desk.settle(request, false);
    desk.checkNoIdleSlot();
  }
}

describe('the scheduler, whatever comes in whatever order', () => {
  it('keeps its limits, leaves no slot idle and dispatches every request exactly as often as it must', () => {
    fc.assert(
      fc.property(scene, (s) => {
        const desk = deskOf(s);
        play(desk, s.acts);
        finish(desk);
        expect(desk.drains).toBe(1);
        expect(desk.waiting).toEqual([]);
        expect(desk.againDue).toEqual([]);
        expect(desk.source.given).toHaveLength(s.items.filter((one) => one.type === 'host').length);
        expect(desk.rejected).toEqual(desk.source.failures);
        expect(desk.rejected).toHaveLength(s.items.filter((one) => one.type === 'failure').length);
        expect([desk.scheduler.inFlight, desk.scheduler.waiting, desk.errors]).toEqual([0, 0, []]);
      }),
      { numRuns: 400 },
    );
  });

  it('tells once that the input broke, and sends what was read before', () => {
    fc.assert(
      fc.property(scene, fc.nat(90), (s, at) => {
        const items: Item[] = [...s.items.slice(0, at), { type: 'throw' }, ...s.items.slice(at)];
        const desk = deskOf({ ...s, items });
        play(desk, s.acts);
        finish(desk);
        expect(desk.errors).toEqual([new Error('the input broke')]);
        expect([desk.drains, desk.waiting.length]).toEqual([1, 0]);
        expect(desk.source.given).toHaveLength(s.items.slice(0, at).filter((i) => i.type === 'host').length);
      }),
      { numRuns: 150 },
    );
  });

  it('after a stop sends nothing new, pulls nothing, and ends when what was under way has ended', () => {
    fc.assert(
      fc.property(scene, fc.array(act, { maxLength: 30 }), (s, later) => {
        const desk = deskOf(s);
        play(desk, s.acts);
        const alreadyDrained = desk.drains;
        const { pulls } = desk.source;
        const resentMax = desk.againDue.length;
        const inFlight = desk.inFlight.length;
        desk.stop();
        if (alreadyDrained === 0) expect(desk.inFlight.length).toBe(inFlight + resentMax);
        play(desk, later);
        for (let request = desk.inFlight[0]; request !== undefined; request = desk.inFlight[0])
          desk.settle(request, false);
        expect([desk.drains, desk.source.pulls, desk.againDue]).toEqual([1, pulls, []]);
        expect([desk.scheduler.inFlight, desk.scheduler.waiting]).toEqual([0, 0]);
        expect([desk.source.closes > 0, desk.errors]).toEqual([true, []]);
      }),
      { numRuns: 200 },
    );
  });

  it('may be stopped from within a dispatch', () => {
    fc.assert(
      fc.property(scene, fc.nat(60), (s, at) => {
        const desk = new Desk(s.items, { ...s.limits, perHost: s.limits.concurrency });
        let left = at;
        desk.onDispatch = () => {
          if (left-- === 0) desk.stop();
        };
        desk.scheduler.pump();
        play(desk, s.acts);
        finish(desk);
        expect([desk.drains, desk.againDue, desk.scheduler.waiting, desk.errors]).toEqual([1, [], 0, []]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the scheduler', () => {
  it('drains at once where the input is empty', () => {
    const desk = new Desk([]);
    desk.scheduler.pump();
    desk.scheduler.pump();
    expect([desk.drains, desk.source.pulls]).toEqual([1, 1]);
  });

  it('takes requests that settle at once one after the other, however many', () => {
    const desk = new Desk(hosts(...new Array<number>(20_000).fill(0)), { concurrency: 1, perHost: 1 });
    const { source } = desk;
    source.onPull = () => {};
    desk.atOnce = () => true;
    desk.scheduler.pump();
    expect([desk.dispatched.size, desk.drains]).toEqual([20_000, 1]);
  });

  it('does not pull again when a source is ready after the stop', () => {
    const desk = new Desk([...hosts(0), { type: 'wait' }, ...hosts(0)]);
    desk.scheduler.pump();
    desk.stop();
    const { pulls } = desk.source;
    desk.source.ready();
    expect([desk.source.pulls, desk.errors]).toEqual([pulls, []]);
  });

  it('keeps what waits in one lane to its order', () => {
    const desk = new Desk(hosts(...new Array<number>(30).fill(0)), { perHost: 2 });
    const order: number[] = [];
    desk.onDispatch = ({ index }) => order.push(index);
    desk.scheduler.pump();
    finish(desk);
    expect(order).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('sends a request again before any other', () => {
    const desk = new Desk(hosts(0, 0, 0, 0, 1, 1), { concurrency: 2, perHost: 2 });
    const order: number[] = [];
    desk.onDispatch = ({ index }) => order.push(index);
    desk.scheduler.pump();
    const [first] = desk.inFlight;
    desk.settle(first!, true);
    expect(order.filter((index) => index === first!.index)).toHaveLength(2);
    expect(order.at(-1)).toBe(first!.index);
  });

  it('measures how long a request waited, in milliseconds of the clock', () => {
    const desk = new Desk(hosts(0, 0), { perHost: 1 });
    desk.scheduler.pump();
    desk.clock.advance(250);
    desk.settle(desk.inFlight[0]!, false);
    expect(desk.inFlight[0]).toMatchObject({ index: 1, queueMs: 250 });
  });

  it('forgets what waits in the lane used last when it is stopped', () => {
    const desk = new Desk(hosts(0, 0, 0, 0), { perHost: 1 });
    desk.scheduler.pump();
    desk.stop();
    desk.settle(desk.inFlight[0]!, false);
    expect([desk.inFlight.length, desk.dispatched.size, desk.drains]).toEqual([0, 1, 1]);
  });

  it('says of what refills its slots after a pause that its host was not what held it back', () => {
    const desk = new Desk(hosts(...Array.from({ length: 20 }, () => 1)), { concurrency: 3, perHost: 3 });
    const limited = (from: number) => desk.inFlight.slice(from).map((request) => request.limited);
    desk.scheduler.pump();
    expect(limited(0)).toEqual([true, true, true]);
    desk.pause();
    desk.settle(desk.inFlight[0]!, false);
    desk.settle(desk.inFlight[0]!, false);
    desk.resume();
    expect(limited(1)).toEqual([false, false]);
    desk.settle(desk.inFlight[0]!, false);
    expect(limited(2)).toEqual([true]);
  });

  it('sends again in a pause too: it has a slot that others may wait for', () => {
    const desk = new Desk(hosts(0, 0, 0), { concurrency: 2, perHost: 2 });
    desk.scheduler.pump();
    desk.pause();
    desk.settle(desk.inFlight[0]!, true);
    expect([desk.dispatched.get(0), desk.inFlight.length]).toEqual([2, 2]);
    desk.settle(desk.inFlight[0]!, false);
    expect(desk.inFlight).toHaveLength(1);
  });

  it('still sends again, after a stop in a pause, what had been sent before: it is owed an outcome', () => {
    const desk = new Desk(hosts(0, 0, 0), { concurrency: 2, perHost: 2 });
    desk.scheduler.pump();
    desk.pause();
    desk.settle(desk.inFlight[0]!, true);
    desk.stop();
    expect(desk.dispatched.get(0)).toBe(2);
    while (desk.inFlight.length > 0) desk.settle(desk.inFlight[0]!, false);
    expect([desk.drains, desk.dispatched.size]).toEqual([1, 2]);
  });

  it('drops a request whose making stopped the run', () => {
    const desk = new Desk(hosts(0, 0, 0));
    desk.source.onPull = () => desk.stop();
    const { source } = desk;
    const pull = source.pull.bind(source);
    // As a generator does that is closed from within: it still yields the item it was asked for.
    source.pull = () => {
      const pulled = pull();
      return pulled.type === 'ended' ? new Desk(hosts(0)).source.pull() : pulled;
    };
    desk.scheduler.pump();
    expect([desk.dispatched.size, desk.drains]).toEqual([0, 1]);
  });

  it('shows its state in one line', () => {
    const desk = new Desk([...hosts(0, 0, 1), { type: 'wait' }], { perHost: 1 });
    desk.scheduler.pump();
    desk.pause();
    expect(String(desk.scheduler)).toBe('2 in flight, 1 waiting in 2 lanes, source waiting, paused');
  });
});
