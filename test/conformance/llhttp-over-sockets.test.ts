// The public response cases of llhttp through the public API and real sockets: what a parser makes of octets is worth
// something only when the outcome that a caller gets says the same.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure, flurry, type Outcome, Response } from '../../src/index.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { type RawPeer, RawServer } from '../server/raw-server.ts';
import { observe } from '../transport/http1/observe.ts';
import { absent, CASES, type Case, DEPARTURES, type Verdict } from './departures.ts';

interface Expected {
  readonly verdict: Verdict;
  /** Of the one final response. */
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  /** What is wrong with the stream, word for word, where a departure says so. */
  readonly fault: string | undefined;
  readonly why: string | undefined;
}

/** How the octets of a case leave the server, which then ends its side of the connection. */
const WAYS: Readonly<Record<string, { readonly tls: boolean; send(peer: RawPeer, octets: string): void }>> = {
  'in one piece': { tls: false, send: (peer, octets) => peer.end(octets) },
  'one octet at a time': { tls: false, send: (peer, octets) => peer.drip(octets, () => peer.end()) },
  'over TLS, with close_notify': { tls: true, send: (peer, octets) => peer.end(octets) },
};

function octetsOf(one: Case): string {
  return Buffer.from(one.bytes, 'base64').toString('latin1');
}

/** Verdict and status are the file's or the table's; content and fields are what the parser gives for the octets alone. */
function expectedOf(one: Case): Expected {
  const departure = DEPARTURES[one.title];
  const { body, headers } = observe(Buffer.from(one.bytes, 'base64'));
  const verdict = departure?.verdict ?? one.llhttp;
  const statuses = departure?.statuses ?? one.statuses;
  return {
    verdict,
    status: statuses.find((status) => status >= 200),
    body: departure?.body ?? body,
    headers,
    fault: departure?.fault,
    why: departure?.why,
  };
}

function compare(outcome: Outcome, expected: Expected): void {
  const { why } = expected;
  if (expected.verdict === 'complete') {
    expect(outcome, why).toBeInstanceOf(Response);
    const response = outcome as Response;
    const seen = {
      status: response.status,
      headers: response.headers,
      body: response.body.toString('latin1'),
    };
    expect(seen, why).toEqual({
      status: expected.status,
      headers: expected.headers,
      body: expected.body,
    });
    return;
  }
  expect(outcome, why).toBeInstanceOf(Failure);
  const { kind, phase, message, sent } = outcome as Failure;
  expect(sent).toBe('response');
  if (expected.verdict === 'reject') {
    expect(kind, message).toBe('protocol');
    if (expected.fault !== undefined) expect(message, why).toContain(expected.fault);
    return;
  }
  const known = expected.status !== undefined;
  expect([phase, kind], message).toEqual([known ? 'body' : 'headers', 'closed']);
}

// A clone without the shared data has nothing to compare with.
describe.skipIf(absent).each(Object.entries(WAYS))('the response cases of llhttp, sent %s', (_way, way) => {
  let server: RawServer;
  let outcomes: Outcome[];

  beforeAll(async () => {
    server = await RawServer.open(
      (peer, { target }) => way.send(peer, octetsOf(CASES[Number(target.slice(1))]!)),
      way.tls ? { tls: LOCALHOST } : {},
    );
    const urls = CASES.map((_, i) => server.url(`/${i}`));
    // A case may send more than one response; on a connection used again the rest would answer the next case.
    const headers = { Connection: 'close' };
    outcomes = await flurry.all(urls, { concurrency: 16, ca: LOCALHOST.cert, headers, retry: 0 });
  });

  afterAll(() => server.close());

  it('has one outcome for each, and asked for each on a connection of its own', () => {
    expect(outcomes.map((outcome) => outcome.index)).toEqual(CASES.map((_, i) => i));
    expect(server.connections).toBe(server.arrivals.length);
    expect(new Set(server.arrivals.map((arrival) => arrival.nth))).toEqual(new Set([0]));
    // Over TLS the first bodies that end with their connection are asked for again, where the end can be proven.
    if (!way.tls) expect(server.arrivals).toHaveLength(CASES.length);
  });

  it.each(CASES.map((one, i) => [one.title, one, i] as const))('%s', (_title, one, i) => {
    compare(outcomes[i]!, expectedOf(one));
  });
});
