// What holds a scheduler back, told from how things stand at one moment: every answer, and which one comes first.

import { describe, expect, it } from 'vitest';
import type { Binding } from '../../src/metrics/samples.ts';
import { Fifo } from '../../src/model/fifo.ts';
import { bindingOf, type Standing, soughtOf } from '../../src/scheduler/binding.ts';
import { GoodputLaw } from '../../src/scheduler/control/goodput-law.ts';
import type { ControlLaw } from '../../src/scheduler/control/law.ts';
import { HostGate, type HostGateTerms } from '../../src/scheduler/health/host-gate.ts';
import { Lane } from '../../src/scheduler/lane.ts';
import { Rate } from '../../src/scheduler/rate/rate.ts';
import { Waiting } from '../../src/scheduler/retry/later.ts';
import { Slots } from '../../src/scheduler/slots.ts';
import { requestTo } from './desk.ts';
import { answered, failed } from './outcomes.ts';

const OPEN: HostGateTerms = {
  ratePerHost: undefined,
  breaker: { maxHostErrors: 1, hostDownMaxMs: 0 },
  retryAfterMaxMs: 300_000,
  budget: { share: 0.2, reserve: 10 },
  ignoreRateLimits: false,
  lawControls: false,
};
const SLOTS = 4;

/** A lane with requests waiting, and so many in flight. */
function lane({ waiting = 1, used = 0, gate }: { waiting?: number; used?: number; gate?: HostGate } = {}) {
  const slots = new Slots(SLOTS);
  for (let i = 0; i < used; i++) slots.take();
  slots.gate = gate;
  const made = new Lane('http://host', new Fifo(), slots, () => {});
  made.inFlight = used;
  for (let i = 0; i < waiting; i++) made.waiting.push(requestTo(i, 1));
  return made;
}

function gate(terms: Partial<HostGateTerms> = {}, say: (gate: HostGate) => void = () => {}): HostGate {
  const made = new HostGate({ ...OPEN, ...terms }, () => 0);
  say(made);
  return made;
}

const PER_SECOND = { perSecond: 1, burst: 1 };
const down = (one: HostGate) => one.settle(failed('refused'), undefined, 0, 0, 0, 0);
const taken = (one: HostGate) => one.take(false, 0);
const paused = (one: HostGate) => one.settle(answered(429, 'Retry-After: 4'), undefined, 0, 0, 0, 0);

function bound(standing: Partial<Standing>, nowMs = 0): Binding {
  const idle: Standing = {
    ...{ paused: false, input: 'open', waiting: 0, later: 0 },
    ...{ slotFree: true, rate: undefined, lanes: [] },
  };
  return bindingOf({ ...idle, ...standing }, nowMs);
}

/** Of one lane, with nothing else in the way. */
function held(one: Lane, nowMs = 0): Binding {
  return bound({ waiting: one.waiting.length, lanes: [one] }, nowMs);
}

const spent = () => {
  const rate = new Rate(1, 1);
  rate.take(0);
  return rate;
};

describe('what binds a scheduler is', () => {
  it.each<[Binding, Partial<Standing>]>([
    ['paused', { paused: true, input: 'ended', slotFree: false }],
    ['backoff', { input: 'ended', later: 1, slotFree: false }],
    ['backoff', { input: 'waiting', later: 1 }],
    ['ended', { input: 'ended', slotFree: false }],
    ['starved', { input: 'waiting', rate: spent() }],
    ['slots', { slotFree: false, rate: spent() }],
    ['slots', { input: 'ended', waiting: 1, later: 1, slotFree: false }],
    ['rate', { rate: spent(), lanes: [lane({ used: SLOTS })] }],
    ['none', {}],
  ])('%s for %o', (binding, standing) => {
    expect(bound(standing)).toBe(binding);
  });

  it('the rate too where its time has come and nothing else is in the way: the timer is late', () => {
    expect(bound({ waiting: 1, rate: new Rate(1, 1), lanes: [lane()] })).toBe('rate');
    expect(bound({ waiting: 1, rate: new Rate(1, 1), lanes: [lane({ used: SLOTS })] })).toBe('host-slots');
  });
});

describe('what holds a host back is', () => {
  it('its slots, where nothing more is known of it', () => {
    expect(held(lane({ used: SLOTS }))).toBe('host-slots');
    expect(held(lane({ used: SLOTS - 1 }))).toBe('none');
  });

  it('its circuit before its slots, whatever else', () => {
    expect(held(lane({ used: SLOTS, gate: gate({ ratePerHost: PER_SECOND }, down) }))).toBe('host-down');
    // Asking an open circuit when its time is over makes it ready for a probe; it is not closed.
    const probed = gate({}, down);
    expect([probed.waitMs(0, 5_000), probed.breaker!.state]).toEqual([0, 'probing']);
    expect(held(lane({ gate: probed }), 5_000)).toBe('host-down');
  });

  it('its slots before its rate', () => {
    expect(held(lane({ used: SLOTS, gate: gate({ ratePerHost: PER_SECOND }, taken) }))).toBe('host-slots');
  });

  it('its own limit, where it asks for more than the rate does', () => {
    const both = { ratePerHost: PER_SECOND, breaker: undefined };
    const one = lane({
      gate: gate(both, (it) => {
        taken(it);
        paused(it);
      }),
    });
    expect(held(one)).toBe('host-limit');
    expect(held(lane({ gate: gate({ breaker: undefined }, paused) }))).toBe('host-limit');
  });

  it('its own limit, where it resumes with few', () => {
    expect(held(lane({ used: 2, gate: gate({}, paused) }), 5_000)).toBe('host-limit');
    expect(held(lane({ used: 1, gate: gate({}, paused) }), 5_000)).toBe('none');
    expect(held(lane({ used: 2, gate: gate({ ratePerHost: PER_SECOND }, paused) }), 5_000)).toBe(
      'host-limit',
    );
  });

  it('the rate that was given for each', () => {
    expect(held(lane({ gate: gate({ ratePerHost: PER_SECOND }, taken) }))).toBe('host-rate');
  });

  it('what put it off, where its time has come and the timer is late', () => {
    const [rated, limited, open] = [
      lane({ gate: gate({ ratePerHost: PER_SECOND }) }),
      lane({ gate: gate() }),
      lane({ gate: gate() }),
    ];
    for (const one of [rated, limited]) one.later = new Waiting(one, 0, 0, 0);
    expect([rated, limited, open].map((one) => held(one))).toEqual(['host-rate', 'host-limit', 'none']);
  });

  it('what most of those wait for that have something to send', () => {
    const full = () => lane({ used: SLOTS });
    const rated = () => lane({ gate: gate({ ratePerHost: PER_SECOND }, taken) });
    expect(bound({ waiting: 3, lanes: [full(), rated(), rated()] })).toBe('host-rate');
    expect(bound({ waiting: 3, lanes: [full(), full(), rated()] })).toBe('host-slots');
    const idle = Array.from({ length: 9 }, () => lane({ waiting: 0, used: SLOTS }));
    expect(bound({ waiting: 1, lanes: [...idle, rated()] })).toBe('host-rate');
  });

  it('its slots, too, where nothing is read to wait for them', () => {
    const full = lane({ waiting: 0, used: SLOTS });
    const others = lane({ waiting: 0, used: SLOTS });
    others.inFlight = 0;
    expect(bound({ lanes: [full] })).toBe('host-slots');
    expect(bound({ lanes: [lane({ waiting: 0, used: SLOTS - 1 })] })).toBe('none');
    expect(bound({ lanes: [others] })).toBe('none');
  });

  it('looked for among a few of very many', () => {
    let looks = 0;
    const lanes = (function* () {
      for (let i = 0; i < 10_000; i++, looks++) yield lane({ used: i < 100 ? SLOTS : 0 });
    })();
    expect(bound({ waiting: 10_000, lanes })).toBe('host-slots');
    expect(looks).toBeLessThan(100);
  });
});

describe('what was found out', () => {
  const lawful = (used: number, law: ControlLaw | undefined) => {
    const made = lane({ used });
    made.slots.law = law;
    return made;
  };
  const law = (initial: number) => new GoodputLaw({ initial, max: 256 });

  it('is that of the host with most in flight', () => {
    const lanes = [lawful(1, law(8)), lawful(3, law(9)), lawful(2, law(10)), lawful(4, undefined)];
    expect(soughtOf(lanes)).toEqual({ finding: 'searching', limit: 9, perSecond: undefined });
  });

  it('is nothing where nothing seeks, or not by goodput', () => {
    expect(soughtOf([])).toBeUndefined();
    expect(soughtOf([lawful(1, undefined)])).toBeUndefined();
    const fixed: ControlLaw = { limit: 3, ratePerSecond: undefined, record() {}, saturation() {} };
    expect(soughtOf([lawful(1, fixed)])).toBeUndefined();
  });
});
