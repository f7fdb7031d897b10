// A connection that somebody else has opened, or begun to: the request that it was opened for goes out on it.

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/model/outcome.ts';
import { HeadParser } from '../../../src/transport/http1/head-parser.ts';
import { Http1Pool } from '../../../src/transport/http1/pool.ts';
import { Opening, type OpeningOwner } from '../../../src/transport/opening.ts';
import { IdleConnections, Usage } from '../../../src/transport/pool.ts';
import { TimerWheel } from '../../../src/transport/timer-wheel.ts';
import { FakeResolver } from '../../fake/resolver.ts';
import { VirtualClock } from '../../fake/virtual-clock.ts';
import { FakeConnector } from '../../fake/wire.ts';
import { makeRequest, OK, settingsOf } from '../fixture.ts';

/** A pool of https://host, a request for it, and what is opened for that by somebody who waits for ALPN. */
function world(onOpened: (opening: Opening) => void = () => {}) {
  const clock = new VirtualClock(5000);
  const connector = new FakeConnector();
  const settings = settingsOf();
  const wheel = new TimerWheel(clock);
  const shared = { settings, clock, wheel, connector, resolver: new FakeResolver(), routes: undefined };
  const usage = new Usage();
  const idle = new IdleConnections(10);
  const heads = new HeadParser(settings.limits);
  const outcomes: Outcome[] = [];
  const request = makeRequest('https://host/first');
  request.startedAtMs = clock.now();
  request.done = (_, outcome) => outcomes.push(outcome);
  const mine = { heads, usage, idle, pipeline: 1, pipelinedConnectionsMax: 1, onEmpty: () => {} };
  const pool = new Http1Pool(request.origin, undefined, { ...shared, ...mine });
  const waiting: OpeningOwner = {
    onOpened,
    onOpenFailed: () => {
      throw new Error('it is not his any more');
    },
  };
  const opening = new Opening(shared, pool, ['h2', 'http/1.1'], waiting);
  opening.start(clock.now());
  return { clock, wire: connector.last, connector, pool, opening, request, outcomes, usage, idle };
}

describe('a connection that was opened by another', () => {
  it.each(['open', 'under way'])('serves the request that caused it, with its timings: %s', (how) => {
    const isOpen = how === 'open';
    const { clock, wire, pool, opening, request, outcomes, usage, idle } = world((one) => {
      pool.adopt(one, request);
    });
    if (!isOpen) pool.adopt(opening, request);
    clock.advance(20);
    wire.connect();
    clock.advance(30);
    wire.secure('http/1.1');
    expect(wire.written).toMatch(/^GET \/first HTTP\/1\.1\r\n/);
    expect([wire.writes, usage.http1Connections]).toEqual([1, 1]);
    wire.receive(OK);
    expect(outcomes[0]).toMatchObject({
      status: 200,
      remoteAddress: '192.0.2.1:80',
      timings: { dnsMs: 0, connectMs: 20, tlsMs: 30, totalMs: 50 },
    });
    expect([outcomes.length, idle.count]).toEqual([1, 1]);
  });

  it('is used again by the next request', () => {
    const { clock, wire, connector, pool, outcomes, request } = world((one) => pool.adopt(one, request));
    wire.connect();
    wire.secure();
    wire.receive(OK);
    wire.written = '';
    const next = makeRequest('https://host/next');
    next.startedAtMs = request.startedAtMs;
    pool.send(next, (_, outcome) => outcomes.push(outcome));
    // It is looked at first.
    clock.advance(0);
    expect([connector.wires.length, wire.written.slice(0, 9)]).toEqual([1, 'GET /next']);
    wire.receive(OK);
    expect(outcomes.map((one) => (one.type === 'response' ? one.timings.tlsMs : one))).toEqual([0, 0]);
  });

  it.each<[string, (one: ReturnType<typeof world>) => void, string]>([
    ['fails', ({ wire }) => wire.reset(), 'connect reset'],
    ['takes too long', ({ clock }) => clock.advance(100_000), 'connect timeout'],
    ['is stopped', ({ pool }) => pool.abort(), 'connect aborted'],
    ['is not wanted any more', ({ request }) => request.holder!.cancel(request), 'connect aborted'],
  ])('fails its request where it %s under way', (_, happens, expected) => {
    const one = world();
    one.pool.adopt(one.opening, one.request);
    happens(one);
    expect(
      one.outcomes.map((outcome) => (outcome.type === 'failure' ? `${outcome.phase} ${outcome.kind}` : '')),
    ).toEqual([expected]);
    expect([one.opening.state, one.wire.state, one.pool.connections]).toEqual(['closed', 'destroyed', 0]);
  });
});
