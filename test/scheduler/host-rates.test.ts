// A rate of each host that changes: which hosts it is told to, in use or only remembered, and what each has then.

import { describe, expect, it } from 'vitest';
import { HostGate } from '../../src/scheduler/health/host-gate.ts';
import { SharedSlots } from '../../src/scheduler/slots.ts';

const FAST = { perSecond: 100, burst: 1 };
const SLOW = { perSecond: 1, burst: 1 };

function slotsAt(ratePerHost: typeof FAST | undefined): SharedSlots {
  const terms = {
    breaker: { maxHostErrors: 3, hostDownMaxMs: 0 },
    retryAfterMaxMs: 300_000,
    budget: { share: 0.2, reserve: 10 },
    ignoreRateLimits: false,
    lawControls: false,
  };
  const makeGate = (each: typeof FAST | undefined) => new HostGate({ ...terms, ratePerHost: each }, () => 0);
  const none = { rate: undefined, makeLaw: undefined, totalLaw: undefined, always: false };
  return new SharedSlots({ concurrency: 10, perHost: 10 }, { ...none, ratePerHost, makeGate });
}

const rateOf = (slots: SharedSlots, key: string) => slots.hostOf(key, 0).gate?.rate?.perSecond;

describe('a rate of each host that changes', () => {
  it('is that of a host which was met before and is in use no more', () => {
    const slots = slotsAt(SLOW);
    expect(rateOf(slots, 'http://a')).toBe(1);
    slots.forget('http://a');
    slots.setRatePerHost(FAST, 0);
    expect(rateOf(slots, 'http://a')).toBe(100);
    slots.forget('http://a');
    slots.setRatePerHost(undefined, 0);
    expect(rateOf(slots, 'http://a')).toBeUndefined();
    expect(rateOf(slots, 'http://b')).toBeUndefined();
  });

  it('keeps what of its burst a host has used', () => {
    const slots = slotsAt(SLOW);
    const { gate } = slots.hostOf('http://a', 0);
    gate!.take(false, 0);
    slots.setRatePerHost(FAST, 0);
    expect(gate!.waitMs(1, 0)).toBe(10);
  });

  it('is that of a host in use which many others have put out of mind', () => {
    const slots = slotsAt(SLOW);
    const first = slots.hostOf('http://first', 0);
    for (let i = 0; i < 17_000; i++) {
      slots.hostOf(`http://host-${i}`, 0);
      slots.forget(`http://host-${i}`);
    }
    slots.setRatePerHost(FAST, 0);
    expect(first.gate!.rate!.perSecond).toBe(100);
  });

  it('tells whoever sends, once each', () => {
    const slots = slotsAt(undefined);
    const told: string[] = [];
    const [one, other] = ['one', 'other'].map((name) => ({
      retime() {
        told.push(name);
        // A run that comes to its end by it is told of no more.
        slots.paced.delete(this);
      },
    }));
    slots.paced.add(one!).add(other!);
    slots.setRatePerHost(FAST, 0);
    slots.setRate(SLOW, 0);
    expect(told).toEqual(['one', 'other']);
  });
});
