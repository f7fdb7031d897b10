import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/metrics/snapshot.ts';
import { OPTIONS } from '../../src/model/options.ts';
import { hintFor } from '../../src/view/hints.ts';
import { summaryText } from '../../src/view/summary.ts';

const clean: Snapshot = {
  requests: 4000,
  responses: 4000,
  failures: 0,
  filtered: 0,
  statuses: { '200': 4000 },
  errors: {},
  bytes: 264_000,
  wallMs: 210,
  rps: 19_047.6,
  cpuUsPerRequest: 12.34,
  latencyMs: { p50: 2.512, p90: 4.02, p99: 11.23, max: 23.4 },
  concurrency: { mode: 'fixed', final: 60, max: 60 },
  http: { versions: { '1.1': 4000 }, connections: 60, streamsMax: 0 },
  retries: 0,
  peakRssBytes: 85_327_872,
  verdict: { bound: 'unknown', share: 0, text: 'too short to tell' },
  expected: 4000,
  inFlight: 0,
  queued: 0,
};

const bad: Snapshot = {
  ...clean,
  requests: 3990,
  responses: 3900,
  failures: 90,
  statuses: { '200': 3840, '404': 40, '503': 20 },
  errors: {
    'headers/timeout': 15,
    'connect/refused': 60,
    'dns/not-found': 10,
    'input/invalid': 5,
  },
  wallMs: 1574,
  rps: 2477.8,
  concurrency: { mode: 'fixed', final: 100, max: 64 },
  retries: 12,
  expected: 4000,
};

describe('what the summary says of HTTP/2', () => {
  const rowOf = (http: Snapshot['http']) =>
    /^ {2}protocol +(.*)$/m.exec(summaryText({ ...clean, http }, { color: false }))?.[1];

  it.each([
    [{ '2': 4000 }, 1, 'HTTP/2 on 1 connection, up to 100 streams at once'],
    [{ '2': 4000 }, 2, 'HTTP/2 on 2 connections, up to 100 streams each'],
    [{ '2': 4000 }, 0, 'HTTP/2 on connections that were open, up to 100 streams each'],
    [{ '2': 3988, '1.1': 12 }, 9, 'HTTP/2 3,988   HTTP/1.1 12   9 connections   up to 100 streams on one'],
    [{ '1.1': 4000 }, 60, undefined],
  ])('%o on %i connections', (versions, connections, text) => {
    expect(rowOf({ versions, connections, streamsMax: 100 })).toBe(text);
  });
});

describe('summaryText', () => {
  it('of a clean run', () => {
    expect(summaryText(clean, { color: false })).toBe(
      `4,000 requests, 4,000 responses in 210 ms — 0.05 ms per request, 19,000/s
  statuses      200 4,000
  latency       p50 2.51 ms   p90 4.02 ms   p99 11.2 ms   max 23.4 ms
  bodies        258 KiB   66 B per response
  cpu           12.3 µs per request
  memory        81.4 MiB at most
  concurrency   60
`,
    );
  });

  it('tells what bound it, where that is known', () => {
    const verdict = { bound: 'cpu', share: 0.9, text: 'this CPU: busy' } as const;
    const text = summaryText({ ...clean, verdict }, { color: false });
    expect(text).toMatch(/\n {2}concurrency {3}60\n {2}bound by {6}this CPU: busy\n$/);
    expect(summaryText(clean, { color: false })).not.toContain('bound by');
  });

  it('of a bad run that was stopped', () => {
    expect(summaryText(bad, { color: false })).toBe(
      `3,990 of 4,000 requests, 3,900 responses, 90 failures in 1.57 s — 0.39 ms per request, 2,480/s
  statuses      200 3,840   404 40   503 20
  failures      connect/refused   60   nothing listens there
                headers/timeout   15   no answer in time (--first-byte-timeout, --max-time)
                dns/not-found     10   the name has no address
                input/invalid      5   no request; the record says why
  retries       12
  latency       p50 2.51 ms   p90 4.02 ms   p99 11.2 ms   max 23.4 ms
  bodies        258 KiB   68 B per response
  cpu           12.3 µs per request
  memory        81.4 MiB at most
  concurrency   100 allowed, 64 at most in flight
`,
    );
  });

  it('of a run without a single response', () => {
    const errors = { 'connect/refused': 1 };
    const run = { ...clean, requests: 1, responses: 0, failures: 1, statuses: {}, errors, bytes: 0, rps: 0 };
    expect(summaryText({ ...run, expected: 1 }, { color: false })).toBe(
      `1 request, 0 responses, 1 failure in 210 ms — 210 ms per request, 0.00/s
  failures      connect/refused   1   nothing listens there
  cpu           12.3 µs per request
  memory        81.4 MiB at most
  concurrency   60
`,
    );
  });

  it('of a run without any request', () => {
    const run = { ...clean, requests: 0, responses: 0, statuses: {}, expected: 0, wallMs: 3 };
    expect(summaryText(run, { color: false })).toBe('0 requests, 0 responses in 3.00 ms\n');
  });

  it('names the most frequent of many statuses and kinds of failure, and how many more there are', () => {
    const statuses = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [String(400 + i), i + 1]));
    const phases = ['dns', 'connect', 'tls', 'send', 'headers', 'body'];
    const errors = Object.fromEntries(
      phases.flatMap((phase, i) => [
        [`${phase}/timeout`, 100 + i],
        [`${phase}/reset`, 1],
      ]),
    );
    const text = summaryText({ ...bad, statuses, errors }, { color: false });
    expect(text).toContain(
      '  statuses      403 4   404 5   405 6   406 7   407 8   408 9   409 10   410 11   +3 more\n',
    );
    expect(text).toContain('\n                and 4 of 4 other kinds\n');
    expect(text.split('\n').filter((row) => / {3}(?:10\d| {2}1)(?: {3}|$)/.test(row))).toHaveLength(8);
  });

  it('colours only where it may, and then changes nothing else', () => {
    const plain = summaryText(bad, { color: false });
    const painted = summaryText(bad, { color: true });
    expect(plain).not.toContain('\x1b');
    expect(painted).toContain('\x1b[31mconnect/refused\x1b[39m');
    expect(painted.replace(/\x1b\[\d+m/g, '')).toBe(plain);
  });
});

describe('hintFor', () => {
  it('says more where the phase says more', () => {
    expect(hintFor('connect/timeout')).toBe('no TCP handshake in time (--connect-timeout)');
    expect(hintFor('connect/reset')).toBe('the peer broke the connection');
    expect(hintFor('later/version')).toBe('');
    expect(hintFor('connect/protocol')).toMatch(/^the proxy does not speak what its scheme says/);
    expect(hintFor('tls/protocol')).toBe('no TLS with what answered; the record says why');
    // Redirects, a known length and downloads have limits of their own: no hint can name the one that was passed.
    for (const error of ['headers/too-large', 'body/too-large']) {
      expect(hintFor(error)).toBe('more than a limit on responses allows; the record names it');
    }
    expect(hintFor('connect/constructor')).toBe('');
  });

  it('names only flags that exist', () => {
    const flags = new Set(Object.values(OPTIONS).flatMap((row) => row.flag?.match(/--?[a-z-]+/g) ?? []));
    const kinds = ['timeout', 'resources', 'certificate', 'too-large'];
    const phases = ['queue', 'dns', 'connect', 'tls', 'send', 'headers', 'body'];
    const named = phases
      .flatMap((phase) => kinds.map((kind) => hintFor(`${phase}/${kind}`)))
      .flatMap((hint) => hint.match(/(?<=^|[\s(])--?[a-z][a-z-]*/g) ?? []);
    expect(new Set(named).size).toBe(9);
    for (const flag of named) expect(flags).toContain(flag);
  });
});
