// What a start had lacked: a slot of its host, or a time. Only of the former a control law may learn.

import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/model/fifo.ts';
import { HostGate } from '../../src/scheduler/health/host-gate.ts';
import { Lane } from '../../src/scheduler/lane.ts';
import { Rate } from '../../src/scheduler/rate/rate.ts';
import { SharedSlots, Slots } from '../../src/scheduler/slots.ts';
import { Desk, hosts, requestTo } from './desk.ts';

const LIMITS = { concurrency: 3, perHost: 3 };
/** As many at once as there are slots. */
const TERMS = { perSecond: 100, burst: 3 };

function deskAt(rate: 'all' | 'each'): Desk {
  const gateTerms = {
    breaker: undefined,
    retryAfterMaxMs: 300_000,
    budget: { share: 0.2, reserve: 10 },
    ignoreRateLimits: false,
    lawControls: false,
  };
  const slots = new SharedSlots(LIMITS, {
    rate: rate === 'all' ? new Rate(TERMS.perSecond, TERMS.burst) : undefined,
    ratePerHost: rate === 'each' ? TERMS : undefined,
    makeGate: (each) => new HostGate({ ...gateTerms, ratePerHost: each }, () => 0),
    makeLaw: undefined,
    totalLaw: undefined,
    always: false,
  });
  const desk = new Desk(hosts(...new Array<number>(40).fill(1)), LIMITS, slots);
  desk.scheduler.pump();
  return desk;
}

/** Ends all that is under way. */
function end(desk: Desk): void {
  for (const request of [...desk.inFlight]) desk.settle(request, false);
}

it('of several that start at once after a wait none had lacked a slot, and the next one had', () => {
  const slots = new Slots(3);
  const lane = new Lane('http://host-1', new Fifo(), slots, () => {});
  lane.wasPutOff = true;
  const requests = [0, 1, 2, 3].map((index) => requestTo(index, 1));
  for (const request of requests.slice(0, 3)) lane.start(request, true);
  lane.inFlight--;
  slots.release();
  lane.start(requests[3]!, true);
  expect(requests.map(({ limited, inFlight }) => [limited, inFlight])).toEqual([
    [false, 1],
    [false, 2],
    [false, 3],
    [true, 3],
  ]);
});

describe.each(['all', 'each'] as const)('with a rate of %s', (rate) => {
  it('says of what had to wait for it that no slot was lacking', () => {
    const desk = deskAt(rate);
    expect(desk.inFlight.map(({ limited }) => limited)).toEqual([true, true, true]);
    end(desk);
    expect(desk.inFlight).toEqual([]);
    // Late, as timers are: the rate lets two go at once, and neither is due to a slot that was left.
    desk.clock.advance(20);
    expect(desk.inFlight.map(({ limited }) => limited)).toEqual([false, false]);
  });

  it('says so until every slot of the host was taken again', () => {
    const desk = deskAt(rate);
    end(desk);
    desk.clock.advance(10);
    desk.clock.advance(20);
    expect(desk.inFlight.map(({ limited }) => limited)).toEqual([false, false, false]);
    // Its rate allows three by now, and all that the next one waits for is a slot.
    desk.clock.advance(1000);
    desk.settle(desk.inFlight[0]!, false);
    expect(desk.inFlight.at(-1)!.limited).toBe(true);
  });
});
