// A slow host beside quick ones, and many hosts, in virtual time.

import { describe, expect, it } from 'vitest';
import { ENDED, type Source } from '../../src/model/contracts.ts';
import type { Request } from '../../src/model/request.ts';
import { Scheduler, type SchedulerSettings } from '../../src/scheduler/scheduler.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { hosts, ListSource, requestTo } from './desk.ts';

const SLOW = 0;
const QUICK = [1, 2, 3, 4];
const QUICK_MS = 10;
const SLOW_MS = 100 * QUICK_MS;
const EACH = 1000;
const CONCURRENCY = 50;
/** What a quick host needs alone with its share of the slots. */
const FAIR_MS = (EACH * QUICK_MS) / (CONCURRENCY / (QUICK.length + 1));

interface Span {
  startedMs: number;
  endedMs: number;
}

/** When the first request of each host was sent and the last one ended. */
function spans(order: readonly number[], limits: Partial<SchedulerSettings> = {}): Map<number, Span> {
  const clock = new VirtualClock();
  const spans = new Map<number, Span>();
  const settings = {
    concurrency: CONCURRENCY,
    perHost: CONCURRENCY,
    lookAhead: 10_000,
    lookAheadBytesMax: 1 << 26,
    ...limits,
  };
  let drained = false;
  const scheduler: Scheduler = new Scheduler(
    settings,
    new ListSource(hosts(...order)),
    {
      dispatch(request: Request) {
        const host = Number(request.origin.host.slice('host-'.length));
        const span = spans.get(host) ?? { startedMs: clock.now(), endedMs: 0 };
        spans.set(host, span);
        clock.after(host === SLOW ? SLOW_MS : QUICK_MS, () => {
          span.endedMs = clock.now();
          scheduler.settle(request, false);
        });
      },
      reject() {},
      drained: () => {
        drained = true;
      },
      starved() {},
      hostDown() {},
      gaveUp() {},
      broken() {},
    },
    clock,
  );
  scheduler.pump();
  clock.advance(10 * EACH * SLOW_MS);
  expect(drained).toBe(true);
  return spans;
}

/** When the last of the quick hosts was done. */
function quickEndMs(all: Map<number, Span>): number {
  return Math.max(...QUICK.map((host) => all.get(host)!.endedMs));
}

const all = [SLOW, ...QUICK];
const block = (host: number) => new Array<number>(EACH).fill(host);
const interleaved = Array.from({ length: all.length * EACH }, (_, i) => all[i % all.length]!);
const ORDERS: readonly (readonly [string, readonly number[]])[] = [
  ['one host after the other in turn', interleaved],
  ['shuffled', interleaved.map((_, i) => interleaved[(i * 2003) % interleaved.length]!)],
  ['grouped by host, the slow one first', [SLOW, ...QUICK].flatMap(block)],
  ['grouped by host, the slow one in the middle', [1, 2, SLOW, 3, 4].flatMap(block)],
  ['grouped by host, the slow one last', [...QUICK, SLOW].flatMap(block)],
];

describe('a host a hundred times slower', () => {
  for (const [name, order] of ORDERS) {
    it(`does not hold up quick ones: input ${name}`, () => {
      expect(quickEndMs(spans(order))).toBeLessThanOrEqual(1.25 * FAIR_MS);
      expect(quickEndMs(spans(order, { perHost: 10 }))).toBeLessThanOrEqual(1.25 * FAIR_MS);
    });
  }

  it('takes every slot when the quick ones are done', () => {
    const slow = spans(interleaved).get(SLOW)!;
    expect(slow.endedMs).toBeLessThanOrEqual(FAIR_MS + SLOW_MS + (EACH * SLOW_MS) / CONCURRENCY);
  });

  it('that was long alone gives its slots back when others come', () => {
    // So many that the look-ahead was read through twice, and requests are read as they are needed when others come.
    const all = spans([...new Array<number>(3 * EACH).fill(SLOW), ...interleaved], { lookAhead: 1100 });
    const startMs = Math.min(...QUICK.map((host) => all.get(host)!.startedMs));
    expect(quickEndMs(all) - startMs).toBeLessThanOrEqual(SLOW_MS + 1.25 * FAIR_MS);
  });
});

const REQUESTS = 100_000;
const IN_FLIGHT = 10_000;

/** Microseconds for each of so many requests, of which all but those in flight are queued at first. */
function costUs(hostCount: number, requests: readonly Request[]): number {
  const inFlight: Request[] = [];
  let at = 0;
  let drains = 0;
  const source: Source = {
    count: requests.length,
    onReady: undefined,
    pull: () => requests[at++] ?? ENDED,
    close() {},
  };
  const scheduler = new Scheduler(
    {
      concurrency: 2 * IN_FLIGHT,
      perHost: IN_FLIGHT / hostCount,
      lookAhead: REQUESTS,
      lookAheadBytesMax: 1 << 20,
    },
    source,
    {
      dispatch: (request) => inFlight.push(request),
      reject() {},
      drained: () => {
        drains++;
      },
      starved() {},
      hostDown() {},
      gaveUp() {},
      broken() {},
    },
    new VirtualClock(),
  );
  const startMs = performance.now();
  scheduler.pump();
  const queued = scheduler.waiting;
  for (let next = 0; next < inFlight.length; next++) scheduler.settle(inFlight[next]!, false);
  const us = ((performance.now() - startMs) * 1000) / requests.length;
  expect([queued, inFlight.length, drains]).toEqual([REQUESTS - IN_FLIGHT, REQUESTS, 1]);
  return us;
}

describe('many hosts', () => {
  it('cost about as much for each request as few, with 90,000 queued', () => {
    const inputs = [10, 10_000].map((hostCount) =>
      Array.from({ length: REQUESTS }, (_, i) => requestTo(i, i % hostCount)),
    );
    const rounds = Array.from({ length: 5 }, () => [costUs(10, inputs[0]!), costUs(10_000, inputs[1]!)]);
    const median = (i: number) => rounds.map((round) => round[i]!).sort((a, b) => a - b)[2]!;
    // Ten thousand lanes miss the processor's caches more often. One that scans them takes a thousand times as long.
    expect(median(1)).toBeLessThan(10 * median(0) + 5);
  });
});
