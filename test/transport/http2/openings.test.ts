// Connections that are opened beside others that serve: those that fail, that close at once or that speak HTTP/1.1, and
// what becomes of the requests for which they were opened.

import { describe, expect, it } from 'vitest';
import { Code } from '../../fake/frame-octets.ts';
import { systemError } from '../../fake/wire.ts';
import { AlpnNetwork, shorts } from '../alpn-network.ts';

const HTTP = 'http://host';

describe('a request that must not go to an old connection', () => {
  it('goes to one all the same where none can be opened', () => {
    const net = new AlpnNetwork({
      httpVersion: '2',
      h2Connections: 2,
      firstByteTimeoutMs: 30_000,
      keepAliveMs: 600_000,
    });
    net.burst(1, HTTP);
    for (const peer of [net.h2(), net.h2()]) net.answer(peer);
    net.clock.advance(1000);
    const before = net.peers.map(({ requests }) => requests.length);
    const stale = net.burst(1, HTTP)[0]!;
    const lost = net.peers.find(({ requests }, i) => requests.length > before[i]!)!;
    const other = net.peers.find((peer) => peer !== lost)!;
    lost.wire.reset();
    expect(stale.failure.resend).toBe(true);
    const again = net.resend(stale);
    net.clock.advance(0);
    net.wire.close(systemError('ECONNREFUSED'));
    net.clock.advance(5_000);
    net.answer(other);
    expect(again.short).toBe('200 /0');
  });
});

describe('an origin that is not asked again at once, again and again', () => {
  function network(): AlpnNetwork {
    return new AlpnNetwork({ httpVersion: '2', h2Connections: 2, keepAliveMs: 600_000 });
  }

  it('is one of several servers, of which some speak HTTP/1.1 alone', () => {
    const net = network();
    net.burst(1);
    net.h2();
    for (let i = 0; i < 200; i++) {
      for (const wire of net.connector.wires.filter(({ state }) => state === 'connecting')) {
        wire.connect();
        wire.secure('http/1.1');
      }
      net.clock.advance(5);
    }
    // In one second.
    expect(net.connector.wires.length).toBeGreaterThan(1);
    expect(net.connector.wires.length).toBeLessThan(5);
  });

  it('takes one connection, and closes each other one when it is open', () => {
    const net = network();
    net.burst(1, HTTP);
    const peer = net.h2();
    for (let i = 0; i < 200; i++) {
      for (const wire of net.connector.wires.filter(({ state }) => state === 'connecting')) {
        wire.connect();
        wire.finish();
      }
      net.burst(1, HTTP);
      net.answer(peer);
      net.clock.advance(5);
    }
    expect(net.connector.wires.length).toBeGreaterThan(1);
    expect(net.connector.wires.length).toBeLessThan(10);
    expect(new Set(shorts(net.asked))).toEqual(new Set(['200 /0']));
  });
});

describe('HTTP_1_1_REQUIRED', () => {
  it('on several streams opens connections of HTTP/1.1 that are kept', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(2);
    const peer = net.h2();
    peer.rst(1, Code.HTTP_1_1_REQUIRED);
    peer.rst(3, Code.HTTP_1_1_REQUIRED);
    net.clock.advance(10);
    const others = net.connector.wires.slice(1);
    for (const wire of others) net.h1(wire);
    expect(shorts(asked)).toEqual(['200 hi', '200 hi']);
    expect(others.map(({ state }) => state)).toEqual(['open', 'open']);
  });
});
