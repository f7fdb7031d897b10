// The queue of ready lanes against a naive model.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/model/fifo.ts';
import { Lane } from '../../src/scheduler/lane.ts';
import { ReadyLanes } from '../../src/scheduler/ready-lanes.ts';
import { Slots } from '../../src/scheduler/slots.ts';

const TOP_LEVEL = 1023;

/** A list in the order of arrival; the least is found by looking at all. */
class NaiveLanes {
  readonly lanes: Lane[] = [];

  least(): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.lanes) {
      if (best === undefined || level(lane) < level(best)) best = lane;
    }
    return best;
  }
}

function level(lane: Lane): number {
  return Math.min(lane.inFlight, TOP_LEVEL);
}

function lanes(n: number): Lane[] {
  return Array.from(
    { length: n },
    (_, i) => new Lane(`http://host-${i}`, new Fifo(), new Slots(1), () => {}),
  );
}

const inFlight = fc.oneof(
  fc.nat(4),
  fc.constantFrom(30, 31, 32, 33, 63, 64, 992, 1022, 1023, 1024),
  fc.nat(5000),
);

describe('ready lanes', () => {
  it('give the lane with the least in flight, equals in turn, like a list that is searched', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(11), inFlight), { maxLength: 200 }), (steps) => {
        const all = lanes(12);
        const ready = new ReadyLanes();
        const naive = new NaiveLanes();
        for (const [i, n] of steps) {
          const lane = all[i]!;
          if (lane.level === -1) {
            lane.inFlight = n;
            ready.add(lane);
            naive.lanes.push(lane);
          } else {
            ready.remove(lane);
            naive.lanes.splice(naive.lanes.indexOf(lane), 1);
          }
          expect(ready.least()?.key).toBe(naive.least()?.key);
          expect(ready.size).toBe(naive.lanes.length);
        }
        const order: string[] = [];
        for (let lane = ready.least(); lane !== undefined; lane = ready.least()) {
          order.push(lane.key);
          ready.remove(lane);
        }
        const expected = [...naive.lanes].sort((a, b) => level(a) - level(b)).map((lane) => lane.key);
        expect(order).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('find each single level', () => {
    const ready = new ReadyLanes();
    const [lane] = lanes(1);
    for (let n = 0; n <= TOP_LEVEL + 1; n++) {
      lane!.inFlight = n;
      ready.add(lane!);
      expect(ready.least()).toBe(lane);
      ready.remove(lane!);
      expect(ready.least()).toBeUndefined();
    }
  });

  it('take no notice when a lane that is not there is removed', () => {
    const ready = new ReadyLanes();
    const [here, away] = lanes(2);
    ready.add(here!);
    ready.remove(away!);
    expect([ready.size, ready.least()]).toEqual([1, here]);
  });
});
