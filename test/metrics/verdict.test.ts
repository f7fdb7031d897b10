import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BINDINGS, type Binding, Samples } from '../../src/metrics/samples.ts';
import { type Evidence, type Limits, type Sought, verdictOf } from '../../src/metrics/verdict.ts';

const limits: Limits = {
  concurrency: 50,
  perHost: 4,
  rate: '100/s',
  ratePerHost: '10/s',
  sought: undefined,
  governed: undefined,
};

/** Of a second, in looks of 100 ms. */
function samples(states: Partial<Record<Binding, number>>, busyMs = 0): Samples {
  const made = new Samples();
  let busyLeft = busyMs;
  for (const [binding, ms] of Object.entries(states)) {
    for (let left = ms; left > 0; left -= 100, busyLeft -= 100)
      made.add(binding as Binding, 100, busyLeft > 0);
  }
  return made;
}

function verdict(seen: Samples | undefined, more: Partial<Evidence> = {}) {
  const evidence = {
    samples: seen,
    limits,
    requests: 1000,
    rps: 287.4,
    statuses: { '200': 1000 },
    errors: {},
  };
  return verdictOf({ ...evidence, ...more });
}

describe('what held for longest', () => {
  it.each<[Binding, string, string]>([
    ['paused', 'sink', 'the output: sending waited for it 80% of the time'],
    ['rate', 'rate', 'your --rate 100/s, 80% of the time'],
    ['host-rate', 'rate-per-host', 'your --rate-per-host 10/s, 80% of the time'],
    ['host-limit', 'host-limit', "the host's own limit, 80% of the time; it answered 287/s"],
    ['host-down', 'host-down', 'a host that is down: its requests waited 80% of the time'],
    ['backoff', 'retries', 'the waits before retries: nothing else was left 80% of the time'],
    ['slots', 'concurrency', 'your -c 50: full 80% of the time; more may be faster, flurry tune finds out'],
    [
      'host-slots',
      'per-host',
      'your --per-host 4: full 80% of the time; more may be faster, flurry tune finds out',
    ],
    ['starved', 'input', 'the input: it had nothing to send 80% of the time'],
    ['ended', 'tail', 'the last answers: nothing was left to send 80% of the time'],
  ])('%s is %s', (binding, bound, text) => {
    const rest: Binding = binding === 'starved' ? 'paused' : 'starved';
    expect(verdict(samples({ [binding]: 800, [rest]: 200 }))).toEqual({ bound, share: 0.8, text });
  });

  it('is nothing where nothing held', () => {
    expect(verdict(samples({ none: 600, slots: 400 }))).toMatchObject({ bound: 'nothing', share: 0.6 });
  });

  it('counts full slots together, of all and of each host', () => {
    expect(verdict(samples({ slots: 300, 'host-slots': 400, paused: 500 }))).toMatchObject({
      bound: 'per-host',
    });
  });
});

describe('what lies behind full slots', () => {
  it('is this CPU where it was busy for most of the time', () => {
    expect(verdict(samples({ slots: 1000 }, 900))).toEqual({
      bound: 'cpu',
      share: 0.9,
      text: 'this CPU: the one core that sends was busy 90% of the time',
    });
    expect(verdict(samples({ slots: 1000 }, 400)).bound).toBe('concurrency');
    expect(verdict(samples({ starved: 1000 }, 900)).bound).toBe('cpu');
  });

  it('is none of it where sending waited on purpose', () => {
    for (const binding of ['paused', 'rate', 'host-rate', 'host-limit'] as const)
      expect(verdict(samples({ [binding]: 1000 }, 1000)).bound).not.toBe('cpu');
  });

  it('is DNS or connecting where most of the time of requests went there', () => {
    const seen = samples({ slots: 1000 });
    Object.assign(seen, { requestMs: 100, dnsMs: 60, connectMs: 20 });
    expect(verdict(seen)).toEqual({
      bound: 'dns',
      share: 0.6,
      text: 'DNS: lookups took 60% of the time of requests',
    });
    Object.assign(seen, { dnsMs: 20, connectMs: 40 });
    const { bound, share } = verdict(seen);
    expect([bound, share]).toEqual(['connecting', expect.closeTo(0.6, 9)]);
    Object.assign(seen, { dnsMs: 20, connectMs: 20 });
    expect(verdict(seen).bound).toBe('concurrency');
  });

  it.each<[Sought['finding'], string, RegExp]>([
    ['knee', 'target', /^the target: its knee is at 60 in flight, which were used 100% of the time$/],
    ['refusals', 'target', /^the target: it refuses more than 60 in flight/],
    ['rate', 'host-limit', /^the host's own limit of about 300\/s, 100% of the time; it answered 287\/s/],
    ['cap', 'per-host', /^the cap of 60 in flight per host: full .*; --per-host allows more$/],
    ['searching', 'target', /search for its knee is at 60/],
    ['demand', 'target', /search for its knee is at 60/],
  ])('is what a law found: %s', (finding, bound, text) => {
    const sought = { finding, limit: 60, perSecond: finding === 'rate' ? 300.2 : undefined };
    const got = verdict(samples({ 'host-slots': 1000 }), { limits: { ...limits, sought } });
    expect(got.bound).toBe(bound);
    expect(got.text).toMatch(text);
  });

  it('is the cap of all hosts where that is full', () => {
    const sought = { finding: 'knee', limit: 60, perSecond: undefined } as const;
    expect(verdict(samples({ slots: 1000 }), { limits: { ...limits, sought } }).bound).toBe('concurrency');
  });
});

describe('this machine', () => {
  it('bound it where many requests found no descriptor or port', () => {
    const errors = { 'connect/resources': 20, 'connect/refused': 900 };
    expect(verdict(undefined, { errors })).toMatchObject({ bound: 'resources', share: 0.02 });
    expect(verdict(samples({ slots: 1000 }), { errors: { 'connect/resources': 9 } }).bound).toBe(
      'concurrency',
    );
  });

  it('bound it where it allows fewer in flight than were asked for, and those were full', () => {
    const governed = { ...limits, governed: 136 };
    expect(verdict(samples({ slots: 1000 }), { limits: governed })).toMatchObject({
      bound: 'resources',
      text: expect.stringContaining('136 in flight'),
    });
    expect(verdict(samples({ rate: 1000 }), { limits: governed }).bound).toBe('rate');
  });
});

describe('a verdict', () => {
  it('is not given of a short run, or where nobody looked', () => {
    const short = { bound: 'unknown', share: 0, text: 'too short to tell' };
    expect(verdict(undefined)).toEqual(short);
    expect(verdict(samples({ slots: 200 }))).toEqual(short);
    const slow = new Samples();
    slow.add('slots', 5000, false);
    expect(verdict(slow)).toEqual(short);
    expect(verdict(samples({ slots: 300 })).bound).toBe('concurrency');
  });

  it('tells refusals', () => {
    const statuses = { '200': 900, '429': 1200, '503': 34 };
    expect(verdict(samples({ 'host-limit': 1000 }), { statuses }).text).toMatch(
      /287\/s, 1,234 were refused$/,
    );
  });

  it('has a share from 0 to 1 and a sentence, whatever was seen', () => {
    const states = fc.record(Object.fromEntries(BINDINGS.map((one) => [one, fc.nat(3000)])));
    fc.assert(
      fc.property(states, fc.nat(5000), (seen, busy) => {
        const { share, text } = verdict(samples(seen, busy));
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect(text).not.toMatch(/undefined|NaN/);
      }),
    );
  });
});

describe('Samples', () => {
  it('fade by half, shares stay', () => {
    const seen = samples({ rate: 600, slots: 400 }, 500);
    seen.fade();
    expect([seen.count, seen.ms, seen.inMs.rate, seen.busyMs]).toEqual([5, 500, 300, 250]);
    expect(String(seen)).toBe('5 samples, slots 40%, rate 60%');
  });
});
