import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AFTER_OTHERS, HostGate, type HostGateTerms } from '../../../src/scheduler/health/host-gate.ts';
import { quotaOf } from '../../../src/scheduler/rate/quota.ts';
import { answered, chance, failed } from '../outcomes.ts';

const OPEN: HostGateTerms = {
  ratePerHost: undefined,
  breaker: undefined,
  retryAfterMaxMs: 300_000,
  budget: { share: 0.2, reserve: 10 },
  ignoreRateLimits: false,
  lawControls: false,
};
const gate = (terms: Partial<HostGateTerms> = {}) => new HostGate({ ...OPEN, ...terms }, () => 0);

describe('HostGate', () => {
  it('puts off nothing for a host that answers', () => {
    const host = gate({ breaker: { maxHostErrors: 3, hostDownMaxMs: 0 } });
    for (let i = 0; i < 1_000; i++) {
      expect(host.waitMs(50, i)).toBe(0);
      host.take(false, i);
      host.settle(answered(200), undefined, i, 49, i + 1, 0);
    }
    expect(host.isAtRest(1_000)).toBe(true);
  });

  it('waits for whichever of its limits waits longest', () => {
    const host = gate({ ratePerHost: { perSecond: 1, burst: 1 } });
    host.take(false, 0);
    expect(host.waitMs(0, 0)).toBe(1_000);
    host.settle(answered(429, 'Retry-After: 4'), undefined, 0, 0, 100, 0);
    expect(host.waitMs(0, 100)).toBe(4_000);
    const fields = 'RateLimit: "a";r=0;t=9\r\nRateLimit-Policy: "a";q=10;w=60\r\n';
    host.settle(answered(200), quotaOf(fields, 0), 0, 0, 200, 0);
    expect(host.waitMs(0, 200)).toBe(9_000);
    expect(host.isAtRest(200)).toBe(false);
  });

  it('does not heed what it says of its limits where it is told not to', () => {
    const host = gate({ ignoreRateLimits: true });
    host.settle(answered(200), quotaOf('RateLimit: "a";r=0;t=9\r\n', 0), 0, 0, 200, 0);
    expect(host.waitMs(0, 200)).toBe(0);
  });

  it('resumes with few after a pause, and says that others must end first', () => {
    const host = gate();
    host.settle(answered(503, 'Retry-After: 1'), undefined, 0, 0, 0, 0);
    expect([host.waitMs(1, 1_000), host.waitMs(2, 1_000)]).toEqual([0, AFTER_OTHERS]);
  });

  it('leaves refusals and resuming to a law that controls, but for pauses that are asked for', () => {
    const host = gate({ lawControls: true });
    host.settle(answered(429), undefined, 0, 0, 0, 0);
    expect(host.waitMs(50, 0)).toBe(0);
    host.settle(answered(429, 'Retry-After: 1'), undefined, 0, 0, 0, 0);
    expect(host.waitMs(50, 0)).toBe(1_000);
    expect(host.waitMs(50, 1_000)).toBe(0);
  });

  it('says that the host is down, also while something else would wait', () => {
    const host = gate({
      breaker: { maxHostErrors: 2, hostDownMaxMs: 0 },
      ratePerHost: { perSecond: 1, burst: 1 },
    });
    host.take(false, 0);
    for (let i = 0; i < 2; i++) host.settle(failed('refused', 'connect', 'none'), undefined, 0, 0, 0, 0);
    expect(host.waitMs(0, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts each start by all that counts starts', () => {
    const paced = gate();
    const fields = 'RateLimit: "a";r=19;t=60\r\nRateLimit-Policy: "a";q=100;w=60\r\n';
    paced.settle(answered(200), quotaOf(fields, 0), 0, 0, 0, 0);
    expect(paced.waitMs(0, 0)).toBe(0);
    paced.take(false, 0);
    expect(paced.waitMs(0, 0)).toBeGreaterThan(1_000);

    const probed = gate({ breaker: { maxHostErrors: 1, hostDownMaxMs: 1e9 } });
    probed.settle(answered(200), undefined, 0, 0, 0, 0);
    probed.settle(failed('reset'), undefined, 0, 0, 0, 0);
    expect(probed.waitMs(0, 1_000)).toBe(0);
    probed.take(false, 1_000);
    expect(probed.waitMs(1, 1_000)).toBeGreaterThan(0);
  });

  it('pays into its budget for first attempts alone', () => {
    const host = gate({ budget: { share: 1, reserve: 0 } });
    host.take(true, 0);
    expect(host.budget.tryTake(0)).toBe(false);
    host.take(false, 0);
    expect(host.budget.tryTake(0)).toBe(true);
  });

  it('shows itself in one line', () => {
    expect(String(gate())).toBe('circuit off; not paused; pace free; rate free; 10.0 retries to spend');
  });

  it('sends nothing early and never more than its rate, whatever the host does', () => {
    const answer = fc.record({
      status: fc.constantFrom(200, 200, 200, 429, 503, 0),
      asked: fc.constantFrom(undefined, 1, 3, 20, 9_999),
      ms: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 80 }), fc.integer(), (answers, seed) => {
        const terms = {
          ...OPEN,
          ratePerHost: { perSecond: 50, burst: 5 },
          breaker: { maxHostErrors: 3, hostDownMaxMs: 1e9 },
        };
        const host = new HostGate(terms, chance(seed));
        host.settle(answered(200), undefined, 0, 0, 0, 0);
        const underWay: { endMs: number; sentMs: number; answer: (typeof answers)[number] }[] = [];
        const starts: number[] = [];
        let [earliestMs, next] = [0, 0];
        for (let nowMs = 0; nowMs < 60_000 && next < answers.length; nowMs += 5) {
          for (const one of underWay.filter(({ endMs }) => endMs <= nowMs)) {
            underWay.splice(underWay.indexOf(one), 1);
            const { status, asked } = one.answer;
            const outcome =
              status === 0
                ? failed('reset')
                : answered(status, ...(asked === undefined ? [] : [`Retry-After: ${asked}`]));
            host.settle(outcome, undefined, one.sentMs, underWay.length, nowMs, 0);
            if (status > 200 && asked !== undefined)
              earliestMs = Math.max(earliestMs, nowMs + Math.min(asked * 1000, 300_000));
          }
          while (next < answers.length && underWay.length < 20 && host.waitMs(underWay.length, nowMs) === 0) {
            host.take(false, nowMs);
            expect(nowMs).toBeGreaterThanOrEqual(earliestMs);
            starts.push(nowMs);
            const chosen = answers[next++]!;
            underWay.push({ endMs: nowMs + chosen.ms, sentMs: nowMs, answer: chosen });
          }
          // Nobody waits for others where there are none.
          if (underWay.length === 0) expect(host.waitMs(0, nowMs)).not.toBe(AFTER_OTHERS);
        }
        for (let from = 0; from < starts.length; from++) {
          for (let to = from; to < starts.length; to++) {
            expect(to - from + 1).toBeLessThanOrEqual(5 + ((starts[to]! - starts[from]!) * 50) / 1000 + 1e-3);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
