// Origins that share a connection (RFC 9113 section 9.1.1): which connections are good for them, and what becomes of
// their requests where none is.

import { describe, expect, it } from 'vitest';
import { Code, Id } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import { systemError } from '../../fake/wire.ts';
import { AlpnNetwork, shorts } from '../alpn-network.ts';

const MAX = Id.MAX_CONCURRENT_STREAMS;

/** Wires whose certificates name these hosts, in the order of the wires, and which end at 192.0.2.1 unless told otherwise. */
class SharingNetwork extends AlpnNetwork {
  constructor(
    names: readonly (readonly string[])[],
    changes: ConstructorParameters<typeof AlpnNetwork>[0] = {},
    places: readonly string[] = [],
  ) {
    super({ h2Coalesce: true, ...changes });
    this.connector.onWire = (wire) => {
      const covers = (host: string) => names[wire.id]?.includes(host) === true;
      Object.assign(wire, { covers, remoteAddress: `${places[wire.id] ?? '192.0.2.1'}:443` });
    };
  }
}

function authorities({ requests }: FramePeer): (string | undefined)[] {
  return requests.map((request) => request.field(':authority'));
}

/** `a` has a connection, and one request on it, which is answered unless told otherwise. */
function serving(net: SharingNetwork, settings: Parameters<AlpnNetwork['h2']>[1] = []): FramePeer {
  net.send('https://a/1');
  net.clock.advance(0);
  return net.h2(net.wire, settings);
}

describe('a request of another origin', () => {
  it('goes out on the connection that is there, if that ends at its address and is good for its name', () => {
    const net = new SharingNetwork([['a', 'b']]);
    const peer = serving(net);
    net.send('https://b/1');
    net.clock.advance(0);
    net.answer(peer);
    expect(shorts(net.asked)).toEqual(['200 /1', '200 /1']);
    expect(authorities(peer)).toEqual(['a', 'b']);
    expect(net.connector.wires).toHaveLength(1);
  });

  it('does not go out on a connection whose certificate does not name it', () => {
    const net = new SharingNetwork([['a', 'b'], ['a']]);
    const first = serving(net, [[MAX, 1]]);
    // The only stream is taken: another connection is opened for this one.
    const other = net.send('https://b/secret');
    net.clock.advance(0);
    expect(net.connector.wires.map(({ origin }) => origin.host)).toEqual(['a', 'a']);
    const second = net.h2(net.wire);
    expect(second.requests).toEqual([]);
    net.answer(first);
    net.clock.advance(0);
    for (const wire of net.connector.wires.slice(2)) net.h2(wire);
    for (const peer of net.peers) net.answer(peer);
    expect(other.short).toBe('200 /secret');
    expect(authorities(second)).not.toContain('b');
  });

  it('goes to no connection that ends elsewhere than at one of its own addresses', () => {
    const names = ['a', 'b'];
    const net = new SharingNetwork([names, names], { h2Connections: 2 }, ['192.0.2.1', '192.0.2.2']);
    const one = { address: '192.0.2.1', family: 4 } as const;
    net.resolver.addresses.set('a', [one, { address: '192.0.2.2', family: 4 }]);
    net.resolver.addresses.set('b', [one]);
    serving(net, [[MAX, 1]]);
    net.send('https://a/2');
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(2);
    net.send('https://b/1');
    net.clock.advance(0);
    const second = net.h2(net.wire, [[MAX, 100]]);
    net.clock.advance(0);
    expect(authorities(second)).toEqual(['a']);
  });

  it('that was misdirected never goes there again, not even when its own connection has closed', () => {
    const net = new SharingNetwork([['a', 'b']]);
    const peer = serving(net);
    net.answer(peer);
    net.send('https://b/1');
    net.clock.advance(0);
    peer.respond(3, 421);
    net.clock.advance(0);
    const own = net.h2();
    net.answer(own);
    own.goaway(1, Code.NO_ERROR);
    net.clock.advance(0);
    net.send('https://b/2');
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(3);
    net.answer(net.h2());
    expect(shorts(net.asked)).toEqual(['200 /1', '200 /1', '200 /2']);
    expect(authorities(peer)).toEqual(['a', 'b']);
  });

  it('that was misdirected and then cannot be sent says that nothing was sent of it', () => {
    const net = new SharingNetwork([['a', 'b']]);
    const peer = serving(net);
    net.answer(peer);
    const other = net.send('https://b/1');
    net.clock.advance(0);
    peer.respond(peer.requests.at(-1)!.streamId, 421);
    net.clock.advance(0);
    net.wire.close(systemError('ECONNREFUSED'));
    expect(other.short).toBe('connect/refused');
    expect(other.failure.sent).toBe('none');
  });

  it('has its name looked up within dnsTimeoutMs, and once more for its own connection', () => {
    const net = new SharingNetwork([], { dnsTimeoutMs: 1000, timeoutMs: 60_000 });
    net.resolver.immediate = false;
    const asked = net.send('https://a/1');
    net.clock.advance(2500);
    expect(asked.short).toBe('dns/timeout');
    expect(net.resolver.asked).toEqual(['a', 'a']);
  });
});

describe('the pool of an origin that would share', () => {
  it('leaves no connection behind if it was closed while the name was looked up', () => {
    const net = new SharingNetwork([]);
    net.resolver.immediate = false;
    const asked = net.send('https://a/1');
    net.transport.close();
    net.resolver.answer();
    net.resolver.answer();
    net.answer(net.h2());
    expect(asked.short).toBe('200 /1');
    expect(net.connector.held).toEqual([]);
  });

  it('leaves nothing behind when the connection that it shared is gone', () => {
    const net = new SharingNetwork([['a', 'b', 'c', 'd']]);
    const peer = serving(net);
    for (const host of ['b', 'c', 'd']) net.send(`https://${host}/1`);
    net.clock.advance(0);
    net.answer(peer);
    expect(net.connector.wires).toHaveLength(1);
    net.sleep();
  });

  it('is one, where two requests find at once that there is nothing to share: abort() reaches both', () => {
    const net = new SharingNetwork([['a', 'b']]);
    const peer = serving(net);
    const one = net.send('https://b/1');
    net.clock.advance(0);
    peer.goaway(3, Code.NO_ERROR);
    net.resolver.immediate = false;
    const two = net.send('https://b/2');
    peer.respond(3, 421);
    net.clock.advance(0);
    for (let i = 0; i < 3; i++) net.resolver.answer();
    net.clock.advance(0);
    net.transport.abort();
    expect([one.done, two.done]).toEqual([true, true]);
    expect(net.connector.held).toEqual([]);
  });
});

describe('a connection of the other origin that turns out to speak HTTP/1.1', () => {
  for (const others of [0, 1]) {
    it(`is not for a request that shares, with ${others} more of its own that wait`, () => {
      const net = new SharingNetwork([['a', 'b']]);
      net.send('https://a/1');
      net.clock.advance(0);
      net.h2(net.wire, [[MAX, 1]]);
      if (others === 1) net.send('https://a/2');
      const shares = net.send('https://b/secret');
      net.clock.advance(0);
      const second = net.connector.wires[1]!;
      expect(second.origin.host).toBe('a');
      second.connect();
      second.secure('http/1.1');
      net.clock.advance(0);
      expect(second.written).not.toContain('secret');
      net.transport.abort();
      expect(shares.done).toBe(true);
    });
  }
});
