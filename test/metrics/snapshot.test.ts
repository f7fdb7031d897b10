import { describe, expect, it } from 'vitest';
import { type SnapshotContext, snapshot, summarize } from '../../src/metrics/snapshot.ts';
import { Tally } from '../../src/metrics/tally.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { Origin } from '../../src/model/origin.ts';
import { Failure, REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';

const context: SnapshotContext = {
  wallMs: 3000,
  cpuUs: 1000,
  peakRssBytes: 80_000_000,
  expected: 10,
  inFlight: 4,
  inFlightMax: 5,
  queued: 2,
  concurrency: 50,
  mode: 'fixed',
  usage: { http1Connections: 3, http2Connections: 2, streamsMax: 100 },
  samples: undefined,
  limits: {
    concurrency: 50,
    perHost: 50,
    rate: undefined,
    ratePerHost: undefined,
    sought: undefined,
    governed: undefined,
  },
};

function tally(): Tally {
  const made = new Tally();
  const request = new Request(
    0,
    'GET',
    new Origin('http', 'localhost', 80),
    '/',
    EMPTY_HEADERS,
    undefined,
    undefined,
  );
  request.attempt = 2;
  const framing = {
    contentLength: 66,
    transferEncoding: 'none',
    keepAlive: true,
    keepAliveMs: undefined,
  } as const;
  const head = new ResponseHead(200, '1.1', 'OK', '', framing);
  made.add(new Response(request, head, Buffer.alloc(66), '', 1.23456, 1, REUSED, '127.0.0.1'));
  made.add(new Response(request, head, Buffer.alloc(66), '', 1.23456, 1, REUSED, '127.0.0.1'));
  made.add(Failure.of(request, 'connect', 'refused', 'refused', 1));
  return made;
}

describe('snapshot', () => {
  it('puts the tally and what the engine knows together', () => {
    expect(snapshot(tally(), context)).toEqual({
      requests: 3,
      responses: 2,
      failures: 1,
      filtered: 0,
      statuses: { '200': 2 },
      errors: { 'connect/refused': 1 },
      bytes: 132,
      wallMs: 3000,
      rps: 2 / 3,
      cpuUsPerRequest: 1000 / 3,
      latencyMs: { p50: 1.23456, p90: 1.23456, p99: 1.23456, max: 1.23456 },
      concurrency: { mode: 'fixed', final: 50, max: 5 },
      http: { versions: { '1.1': 2 }, connections: 5, streamsMax: 100 },
      retries: 3,
      peakRssBytes: 80_000_000,
      verdict: { bound: 'unknown', share: 0, text: 'too short to tell' },
      expected: 10,
      inFlight: 4,
      queued: 2,
    });
  });

  it('does not change with the tally it was made from', () => {
    const running = tally();
    const before = snapshot(running, context);
    running.merge(tally());
    expect(before.requests).toBe(3);
    expect(before.statuses).toEqual({ '200': 2 });
  });

  it('divides by nothing before the first outcome and the first millisecond', () => {
    const none = snapshot(new Tally(), { ...context, wallMs: 0 });
    expect(none.rps).toBe(0);
    expect(none.cpuUsPerRequest).toBe(0);
    expect(none.latencyMs).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
    expect(JSON.parse(JSON.stringify(none))).toEqual(none);
  });
});

describe('summarize', () => {
  it('has exactly the documented keys in their order, and three decimals', () => {
    const text = JSON.stringify(summarize(snapshot(tally(), { ...context, wallMs: 3000.12345 })));
    expect(text).toBe(
      '{"requests":3,"responses":2,"failures":1,"filtered":0,"statuses":{"200":2},"errors":{"connect/refused":1},' +
        '"bytes":132,"wallMs":3000.123,"rps":0.667,"cpuUsPerRequest":333.333,' +
        '"latencyMs":{"p50":1.235,"p90":1.235,"p99":1.235,"max":1.235},' +
        '"concurrency":{"mode":"fixed","final":50,"max":5},"http":{"versions":{"1.1":2},"connections":5,"streamsMax":100},' +
        '"retries":3,"peakRssBytes":80000000,' +
        '"verdict":{"bound":"unknown","share":0,"text":"too short to tell"}}',
    );
  });
});
