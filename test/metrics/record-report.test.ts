// What many records come to, against the plain way of counting them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUPINGS, RecordReport } from '../../src/metrics/record-report.ts';
import type { RecordFacts } from '../../src/model/record-facts.ts';

const ALL = new Set(GROUPINGS);

function response(parts: Partial<RecordFacts> = {}): RecordFacts {
  const url = `http://${parts.host ?? 'h'}/${parts.index ?? 0}`;
  return {
    ...{
      index: 0,
      url,
      method: 'GET',
      host: 'h',
      status: 200,
      ms: 1,
      bytes: 10,
      attempts: 1,
      error: undefined,
    },
    ...parts,
  };
}

function failure(phase: string, kind: string, parts: Partial<RecordFacts> = {}): RecordFacts {
  const error = { phase, kind, message: `${kind} it was`, sent: 'none', status: undefined };
  return { ...response(parts), status: undefined, bytes: 0, error };
}

const records = fc.array(
  fc
    .record({
      index: fc.nat(),
      host: fc.constantFrom('a', 'b', 'c'),
      method: fc.constantFrom('GET', 'POST'),
      status: fc.constantFrom(200, 204, 301, 404, 503),
      ms: fc.integer({ min: 0, max: 1000 }),
      bytes: fc.nat(1000),
      attempts: fc.nat(4),
      fails: fc.option(fc.constantFrom('timeout', 'reset')),
    })
    .map(({ fails, ...parts }) => (fails === null ? response(parts) : failure('headers', fails, parts))),
  { maxLength: 60 },
);

function reportOf(all: readonly RecordFacts[], slowest = 3): RecordReport {
  const report = new RecordReport(ALL, slowest);
  for (const record of all) report.add(record);
  return report;
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('a report', () => {
  it('counts each record where it belongs', () => {
    fc.assert(
      fc.property(records, (all) => {
        const report = reportOf(all);
        const whole = all.filter(({ status }) => status !== undefined);
        expect(report.all).toMatchObject({
          count: all.length,
          ok: all.filter(({ status = 0 }) => status >= 200 && status <= 299).length,
          failed: all.length - whole.length,
          bytes: sum(whole.map(({ bytes }) => bytes)),
        });
        expect(report.retries).toBe(sum(all.map(({ attempts }) => Math.max(0, attempts - 1))));
        expect(report.retriedRecords).toBe(all.filter(({ attempts }) => attempts > 1).length);
        for (const [group, one] of [
          ...report.statuses().map((found) => [found, (r: RecordFacts) => String(r.status)] as const),
          ...report.hosts.sorted.map((found) => [found, (r: RecordFacts) => r.host] as const),
          ...report.methods.sorted.map((found) => [found, (r: RecordFacts) => r.method] as const),
        ]) {
          const own = all.filter((record) => one(record) === group.name);
          expect(group.count).toBe(own.length);
          expect(group.failed).toBe(own.filter(({ error }) => error !== undefined).length);
          const sent = own.filter(({ error, attempts }) => error === undefined && attempts > 0);
          const times = sent.map(({ ms }) => ms);
          expect(group.latency.count).toBe(times.length);
          expect(group.latency.max).toBe(Math.max(0, ...times));
        }
        expect(sum(report.errors().map(({ count }) => count))).toBe(report.all.failed);
        expect(report.slowest.map(({ ms }) => ms)).toEqual(
          whole
            .filter(({ attempts }) => attempts > 0)
            .map(({ ms }) => ms)
            .sort((a, b) => b - a)
            .slice(0, 3),
        );
      }),
    );
  });

  it('has the first of each error, the most frequent first', () => {
    const report = reportOf([
      failure('connect', 'refused', { index: 1 }),
      failure('headers', 'timeout', { index: 2 }),
      failure('headers', 'timeout', { index: 3 }),
    ]);
    expect(report.errors()).toEqual([
      { phase: 'headers', kind: 'timeout', message: 'timeout it was', url: 'http://h/2', count: 2 },
      { phase: 'connect', kind: 'refused', message: 'refused it was', url: 'http://h/1', count: 1 },
    ]);
  });

  it('counts hosts, methods and errors that come too late together, and loses none', () => {
    const report = new RecordReport(ALL, 1);
    for (let i = 0; i < 1_500; i++) {
      report.add(response({ host: `h${i}`, method: `M${i}` }));
      report.add(failure('p', `k${i}`, { host: 'h0', method: 'M0' }));
    }
    expect(report.hosts.sorted).toHaveLength(1_000);
    expect(report.hosts.sorted[0]).toMatchObject({ name: 'h0', count: 1_501 });
    expect(report.hosts.others.count).toBe(500);
    expect(report.methods.sorted).toHaveLength(100);
    expect(report.methods.others.count).toBe(1_400);
    expect(report.errors()).toHaveLength(300);
    expect(report.otherErrors).toBe(1_200);
  });

  it('groups by no more than it is asked to', () => {
    const report = new RecordReport(new Set(['status']), 0);
    report.add(response());
    expect([report.statuses().length, report.hosts.sorted.length, report.methods.sorted.length]).toEqual([
      1, 0, 0,
    ]);
    expect(report.slowest).toEqual([]);
  });

  it('asks for no URL that it does not keep', () => {
    let asked = 0;
    const report = new RecordReport(ALL, 2);
    for (const ms of [5, 9, 1, 2, 3]) {
      report.add({
        ...response({ ms }),
        get url() {
          asked++;
          return 'http://h/';
        },
      });
    }
    expect(asked).toBe(2);
  });
});
