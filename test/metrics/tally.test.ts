import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/metrics/tally.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { Origin } from '../../src/model/origin.ts';
import { Failure, type Kind, type Outcome, type Phase, REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';

const FRAMING = {
  contentLength: undefined,
  transferEncoding: 'chunked',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;
const origin = new Origin('http', 'localhost', 8080);

function request(attempt: number): Request {
  const made = new Request(0, 'GET', origin, '/', EMPTY_HEADERS, undefined, undefined);
  made.attempt = attempt;
  return made;
}

function response(status: number, bytes = 0, ms = 1, attempt = 1, version = '1.1'): Response {
  const head = new ResponseHead(status, version, '', '', FRAMING);
  return new Response(request(attempt), head, Buffer.alloc(bytes), '', ms, ms, REUSED, '127.0.0.1');
}

function failure(phase: Phase, kind: Kind, attempt = 1): Failure {
  return Failure.of(request(attempt), phase, kind, 'it failed', 1);
}

function tallyOf(outcomes: readonly Outcome[]): Tally {
  const tally = new Tally();
  for (const outcome of outcomes) tally.add(outcome);
  return tally;
}

function allOf(tally: Tally): unknown {
  const { requests, responses, failures, inputFailures, retries, bytes } = tally;
  const { sumMs: _, ...latency } = tally.latency.toJSON();
  const lists = { statuses: tally.statuses(), errors: tally.errors(), versions: tally.versions(), latency };
  return { requests, responses, failures, inputFailures, retries, bytes, ...lists };
}

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 100, max: 999 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('1.0', '1.1', '2'),
    )
    .map(([status, bytes, ms, attempt, version]) => response(status, bytes, ms, attempt, version)),
  fc
    .tuple(
      fc.constantFrom<Phase>('dns', 'connect', 'headers', 'input'),
      fc.constantFrom<Kind>('timeout', 'reset', 'refused'),
      fc.integer({ min: 0, max: 4 }),
    )
    .map(([phase, kind, attempt]) => failure(phase, kind, attempt)),
);

describe('Tally', () => {
  it('counts responses by status, their bodies and their latency', () => {
    const tally = tallyOf([response(200, 66, 2), response(200, 4, 4), response(404, 30, 6), response(999)]);
    expect(tally.statuses()).toEqual({ '200': 2, '404': 1, '999': 1 });
    expect(tally.responses).toBe(4);
    expect(tally.requests).toBe(4);
    expect(tally.failures).toBe(0);
    expect(tally.bytes).toBe(100);
    expect(tally.latency.max).toBe(6);
    expect(tally.latency.mean).toBe(13 / 4);
  });

  it('counts failures by phase and kind, the most frequent first, then by name, and none as latency', () => {
    const tally = tallyOf([
      failure('headers', 'timeout'),
      failure('connect', 'timeout'),
      failure('connect', 'refused'),
      failure('headers', 'timeout'),
    ]);
    expect(Object.entries(tally.errors())).toEqual([
      ['headers/timeout', 2],
      ['connect/refused', 1],
      ['connect/timeout', 1],
    ]);
    expect(tally.failures).toBe(4);
    expect(tally.requests).toBe(4);
    expect(tally.latency.count).toBe(0);
  });

  it('counts items of the input that are no request', () => {
    const tally = tallyOf([
      Failure.ofInput(0, 'nonsense', 'no http:// or https:// URL', 1),
      failure('connect', 'refused'),
    ]);
    expect(tally.inputFailures).toBe(1);
    expect(tally.failures).toBe(2);
    expect(tally.retries).toBe(0);
    expect(new Tally().inputFailures).toBe(0);
  });

  it('counts responses by version of HTTP, and no failure', () => {
    const of = (version: string) => response(200, 0, 1, 1, version);
    const tally = tallyOf([of('2'), of('1.1'), of('2'), failure('connect', 'refused'), of('1.0')]);
    expect(tally.versions()).toEqual({ '1.0': 1, '1.1': 1, '2': 2 });
    expect(tallyOf([of('2')]).versions()).toEqual({ '2': 1 });
    expect(new Tally().versions()).toEqual({});
  });

  it('counts attempts beyond the first, of responses and of failures', () => {
    const tally = tallyOf([response(200, 0, 1, 3), failure('connect', 'reset', 2), response(200)]);
    expect(tally.retries).toBe(3);
  });

  it('counts every outcome exactly once, and merges as if one had counted all', () => {
    fc.assert(
      fc.property(fc.array(outcome), fc.array(outcome), (a, b) => {
        const merged = tallyOf(a);
        merged.merge(tallyOf(b));
        const sum = (counts: Record<string, number>) => Object.values(counts).reduce((n, m) => n + m, 0);
        expect(merged.requests).toBe(a.length + b.length);
        expect(sum(merged.statuses())).toBe(merged.responses);
        expect(sum(merged.versions())).toBe(merged.responses);
        expect(sum(merged.errors())).toBe(merged.failures);
        expect(allOf(merged)).toEqual(allOf(tallyOf([...b, ...a])));
      }),
    );
  });

  it('merges with itself', () => {
    const tally = tallyOf([failure('connect', 'refused'), response(200, 5)]);
    tally.merge(tally);
    expect(tally.errors()).toEqual({ 'connect/refused': 2 });
    expect(tally.requests).toBe(4);
    expect(tally.bytes).toBe(10);
  });

  it('prints as one line', () => {
    const tally = tallyOf([response(200, 0, 1, 2), failure('dns', 'not-found')]);
    expect(String(tally)).toBe('tally 2 requests 1 responses 1 failures 1 retries');
  });
});
