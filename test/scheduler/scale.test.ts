// Nothing scans a collection per request: with ten thousand origins a request costs what it costs with ten.

import { describe, expect, it } from 'vitest';
import { ENDED, type Source } from '../../src/model/contracts.ts';
import type { Request } from '../../src/model/request.ts';
import { Scheduler } from '../../src/scheduler/scheduler.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { FACTORY } from './fixture.ts';

const REQUESTS = 100_000;

/** Microseconds per request, all of them queued first: the look-ahead holds them all. */
function measure(hosts: number): number {
  const requests = Array.from({ length: REQUESTS }, (_, i) => FACTORY.from(i, `http://h${i % hosts}/`));
  const inFlight: Request[] = [];
  let at = 0;
  let drains = 0;
  let ahead = 0;
  const source: Source = {
    count: REQUESTS,
    onReady: undefined,
    pull: () => requests[at++] ?? ENDED,
    close() {},
  };
  const scheduler = new Scheduler(
    { concurrency: 50, perHost: 4, lookAhead: REQUESTS, lookAheadBytesMax: 1e9 },
    source,
    {
      dispatch: (request) => inFlight.push(request),
      reject() {},
      broken() {},
      drained: () => {
        drains++;
      },
    },
    new VirtualClock(),
  );
  const startMs = performance.now();
  scheduler.pump();
  ahead = scheduler.waiting;
  while (inFlight.length > 0) scheduler.settle(inFlight.shift()!, false);
  const us = ((performance.now() - startMs) * 1000) / REQUESTS;
  expect(drains).toBe(1);
  // With few origins every lane is at its limit and all the rest waits.
  if (hosts === 10) expect(ahead).toBe(REQUESTS - 40);
  return us;
}

describe('a scheduler of 100,000 requests', () => {
  it('takes about as long for 10,000 origins as for 10', () => {
    measure(10);
    const few = Math.min(measure(10), measure(10), measure(10));
    const many = Math.min(measure(10_000), measure(10_000), measure(10_000));
    // A scan of the lanes would make it hundreds of times as much.
    expect(many).toBeLessThan(20 * few + 5);
  });
});
