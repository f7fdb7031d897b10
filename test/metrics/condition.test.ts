import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds, measured, parseCondition } from '../../src/metrics/condition.ts';
import { Histogram } from '../../src/metrics/histogram.ts';
import type { Snapshot } from '../../src/metrics/snapshot.ts';
import { OptionError } from '../../src/model/option-kinds.ts';

const latency = new Histogram();
for (let ms = 1; ms <= 1000; ms++) latency.record(ms);

const snapshot: Snapshot = {
  requests: 1010,
  responses: 1000,
  failures: 10,
  filtered: 0,
  statuses: { '200': 940, '404': 40, '500': 5, '503': 15 },
  errors: { 'connect/refused': 10 },
  bytes: 2 * 1024 * 1024,
  wallMs: 2000,
  rps: 500,
  cpuUsPerRequest: 10,
  latencyMs: { p50: 500, p90: 900, p99: 990, max: 1000 },
  concurrency: { mode: 'fixed', final: 50, max: 50 },
  http: { versions: { '1.1': 1 }, connections: 1, streamsMax: 0 },
  retries: 7,
  peakRssBytes: 1,
  verdict: { bound: 'unknown', share: 0, text: 'too short to tell' },
  expected: undefined,
  inFlight: 0,
  queued: 0,
};

const test = (text: string) => holds(parseCondition(text), snapshot, latency);

describe('a condition', () => {
  it.each([
    'p50<520ms',
    'p95>900ms',
    'p95 > 0.9s',
    ' P95>0.9S ',
    'p99.9>=980ms',
    'p100==1s',
    'p0==1ms',
    'max>999.5ms',
    'max<1m',
    'max<1h',
    'mean==500.5ms',
    'rps<=500',
    'requests==1010',
    'responses!=999',
    'responses<100%',
    'failures>0',
    'failures>=10',
    'failures>0.99%',
    'failures<1%',
    'retries==7',
    'bytes==2M',
    'bytes>2047k',
    'bytes<1GiB',
    'bytes==2097152',
    'status_404==40',
    'status_4xx==40',
    'status_5xx==20',
    'status_5XX>1.9%',
    'status_418==0',
    'status_3xx==0',
  ])('%s holds', (text) => {
    expect(test(text)).toBe(true);
  });

  it.each([
    'p50>520ms',
    'p95<0.9s',
    'max>1s',
    'max>1000ms',
    'failures>10',
    'failures>1%',
    'rps<500',
    'rps>500',
    'rps!=500',
    'status_5xx>20',
    'status_2xx<940',
  ])('%s does not hold', (text) => {
    expect(test(text)).toBe(false);
  });

  it('compares as the operator says, for any two numbers', () => {
    const small = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(small, small, (actual, limit) => {
        const at = { ...snapshot, retries: actual };
        const table = {
          '>': actual > limit,
          '>=': actual >= limit,
          '<': actual < limit,
          '<=': actual <= limit,
        };
        for (const [operator, expected] of Object.entries({
          ...table,
          '==': actual === limit,
          '!=': actual !== limit,
        })) {
          expect(holds(parseCondition(`retries${operator}${limit}`), at, latency)).toBe(expected);
        }
      }),
    );
  });

  it('on durations does not hold where no response came, whichever way it points', () => {
    const none = new Histogram();
    expect(holds(parseCondition('p95>0ms'), snapshot, none)).toBe(false);
    expect(holds(parseCondition('p95<1s'), snapshot, none)).toBe(false);
    expect(measured(parseCondition('p95<1s'), snapshot, none)).toBe('p95 is unknown');
  });

  it('in percent does not divide by no requests', () => {
    const empty = { ...snapshot, requests: 0, failures: 0 };
    expect(holds(parseCondition('failures>0%'), empty, latency)).toBe(false);
    expect(holds(parseCondition('failures==0%'), empty, latency)).toBe(true);
  });

  it.each([
    ['max>1s', 'max is 1.00 s'],
    ['failures>1%', 'failures is 0.99%'],
    ['failures>1', 'failures is 10'],
    ['bytes>1k', 'bytes is 2.00 MiB'],
    ['requests>1', 'requests is 1,010'],
    ['status_5xx>1', 'status_5xx is 20'],
  ])('%s tells what was measured: %s', (text, sentence) => {
    expect(measured(parseCondition(text), snapshot, latency)).toBe(sentence);
  });

  it('tells a slow rate with its fraction', () => {
    expect(measured(parseCondition('rps<1'), { ...snapshot, rps: 0.4321 }, latency)).toBe('rps is 0.43');
  });
});

const METRICS =
  'are p50, p99.9 or any other percentile, max, mean, rps, requests, responses, failures, retries, bytes, ' +
  'status_404 or any other status, status_5xx or any other class';

function form(text: string): string {
  return (
    'failIf takes a metric, an operator (>, >=, <, <=, == and !=) and a number, such as ' +
    `'p95>500ms', 'failures>1%', 'status_5xx>0' or 'rps<1000', not ${JSON.stringify(text)}`
  );
}

describe('a malformed condition', () => {
  it.each([
    [
      'failure>1',
      `failIf: there is no metric failure in "failure>1"; did you mean failures? There ${METRICS}`,
    ],
    ['p101>1s', `failIf: there is no metric p101 in "p101>1s"; there ${METRICS}`],
    ['latency>1s', `failIf: there is no metric latency in "latency>1s"; there ${METRICS}`],
    [
      'status_6000>1',
      `failIf: there is no metric status_6000 in "status_6000>1"; did you mean status_404? There ${METRICS}`,
    ],
    ['toString>1', `failIf: there is no metric tostring in "toString>1"; there ${METRICS}`],
    ['p95>500', 'failIf: p95 in "p95>500" takes a duration with a unit, such as 500ms or 1.5s'],
    ['max>5%', 'failIf: max in "max>5%" takes a duration with a unit, such as 500ms or 1.5s'],
    [
      'failures>5ms',
      'failIf: failures in "failures>5ms" takes a number, or a percentage of the requests such as 1%',
    ],
    ['rps<5%', 'failIf: rps in "rps<5%" takes a number without a unit'],
    ['bytes>5ms', 'failIf: bytes in "bytes>5ms" takes a size, such as 64k, 10M or 1G'],
    ['p95=500ms', form('p95=500ms')],
    ['p95', form('p95')],
    ['p95>', form('p95>')],
    ['p95>-1ms', form('p95>-1ms')],
    ['failures>1 or p95>1s', form('failures>1 or p95>1s')],
    ['>5', form('>5')],
    ['', form('')],
  ])('%s: %s', (text, message) => {
    expect(() => parseCondition(text)).toThrow(new OptionError('failIf', message));
  });

  it('is always an OptionError, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9_.]{1,8} ?[<>=!]{1,2} ?[0-9.]{1,4}[a-z%]{0,2}$/)),
        (text) => {
          try {
            expect(parseCondition(text).text).toBe(text.trim());
          } catch (error) {
            expect(error).toBeInstanceOf(OptionError);
          }
        },
      ),
    );
  });
});
