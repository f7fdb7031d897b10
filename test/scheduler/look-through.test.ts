// An origin that is alone as far as one can see: it gets every slot, and yet the source is looked through now and then.

import { describe, expect, it } from 'vitest';
import type { Request } from '../../src/model/request.ts';
import { Scheduler } from '../../src/scheduler/scheduler.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { hosts, type Item, ListSource } from './desk.ts';

const SLOTS = 50;

/** Plays a run in which requests end in the order in which they were sent. */
class Play {
  readonly dispatched: Request[] = [];
  readonly scheduler: Scheduler;
  /** Requests that were sent while none was waiting. */
  direct = 0;
  readonly #clock = new VirtualClock();
  #ended = 0;

  constructor(items: readonly Item[], oneOrigin = false, perHost = SLOTS) {
    const settings = { concurrency: SLOTS, perHost, lookAhead: 1000, lookAheadBytesMax: 1 << 20 };
    const dispatch = (request: Request) => {
      this.dispatched.push(request);
      if (this.scheduler.waiting === 0) this.direct++;
    };
    const events = {
      dispatch,
      reject() {},
      drained() {},
      starved() {},
      hostDown() {},
      gaveUp() {},
      broken() {},
    };
    const source = Object.assign(new ListSource(items), { oneOrigin });
    this.scheduler = new Scheduler(settings, source, events, this.#clock);
    this.scheduler.pump();
  }

  /** Each ends so long after the one before. */
  toTheEnd(eachMs = 0): this {
    while (this.#ended < this.dispatched.length) {
      this.#clock.advance(eachMs);
      this.scheduler.settle(this.dispatched[this.#ended++]!, false);
    }
    return this;
  }
}

function times(host: number, n: number): number[] {
  return new Array<number>(n).fill(host);
}

/** How many requests had been dispatched when the first one to this host was. */
function firstTo(host: number, order: readonly number[]): number {
  const { dispatched } = new Play(hosts(...order)).toTheEnd();
  expect(dispatched).toHaveLength(order.length);
  return dispatched.findIndex(({ origin }) => origin.host === `host-${host}`);
}

describe('an origin that stands first in the input', () => {
  it('leaves slots to one that comes within the look-ahead', () => {
    expect(firstTo(1, [...times(0, 900), 1])).toBeLessThan(SLOTS);
  });

  it('has every slot at once where the source says that it has no other, and nothing is read ahead', () => {
    const play = new Play(hosts(...times(0, 5000)), true);
    expect([play.dispatched.length, play.direct]).toEqual([SLOTS, SLOTS]);
    expect([play.toTheEnd().dispatched.length, play.direct]).toEqual([5000, 5000]);
  });

  it('has every slot where nobody comes', () => {
    expect(new Play(hosts(...times(0, 5000))).dispatched).toHaveLength(SLOTS);
  });

  it('has every slot where the input is at its end or gives nothing yet', () => {
    for (const end of [[], [{ type: 'wait' as const }]]) {
      expect(new Play([...hosts(...times(0, SLOTS)), ...end]).dispatched).toHaveLength(SLOTS);
    }
  });

  it('does not keep one waiting that comes behind the look-ahead', () => {
    // The look-ahead is looked through at the start, and once more when what it held has gone out.
    expect(firstTo(1, [...times(0, 1900), 1, ...times(0, 9000)])).toBeLessThan(1000 + SLOTS);
    // Then it had a thousand, and is left alone for four thousand.
    expect(firstTo(1, [...times(0, 5900), 1, ...times(0, 9000)])).toBeLessThan(5000 + 2 * SLOTS);
  });

  it('is not read ahead of all the time: most of its requests never wait', () => {
    const n = 100_000;
    const play = new Play(hosts(...times(0, n))).toTheEnd();
    expect(play.dispatched).toHaveLength(n);
    expect(play.direct).toBeGreaterThan(0.9 * n);
  });

  it('is looked behind as at the start when there was another one meanwhile', () => {
    const start = [...times(0, 30_000), ...times(1, 10), ...times(0, 1900)];
    expect(firstTo(2, [...start, 2, ...times(0, 5000)])).toBeLessThan(30_000 + 10 + 1900 - 500);
  });
});

describe('an origin that may not have every slot', () => {
  /** Less than its fair share. */
  const PER_HOST = 5;

  it('is not read ahead of where the source says that it has no other', () => {
    const play = new Play(hosts(...times(0, 5000)), true, PER_HOST);
    expect([play.dispatched.length, play.scheduler.waiting]).toEqual([PER_HOST, 0]);
    expect([play.toTheEnd(1).dispatched.length, play.direct]).toEqual([5000, 5000]);
  });

  it('is read ahead of all the time where it is slow: others get the slots that it leaves', () => {
    const order = [...times(0, 20_000), ...times(1, 10), ...times(0, 2000)];
    const { dispatched } = new Play(hosts(...order), false, PER_HOST).toTheEnd(1);
    expect(dispatched).toHaveLength(order.length);
    const first = dispatched.findIndex(({ origin }) => origin.host === 'host-1');
    expect(first).toBeLessThan(20_000 - 1000 + 2 * SLOTS);
  });

  it('is hardly ever where it is quick', () => {
    const n = 100_000;
    const play = new Play(hosts(...times(0, n)), false, PER_HOST).toTheEnd(0.05);
    expect(play.dispatched).toHaveLength(n);
    expect(play.direct).toBeGreaterThan(0.8 * n);
  });
});
