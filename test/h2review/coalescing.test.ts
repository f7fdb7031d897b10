// Origins that share a connection: which connections are good for them, and what becomes of their pools.

import { describe, expect, it } from 'vitest';
import type { Wire } from '../../src/model/contracts.ts';
import { AlpnNetwork, shorts } from '../transport/alpn-network.ts';
import { Id } from '../fake/frame-octets.ts';
import { systemError } from '../fake/wire.ts';

/** Wires whose certificates name these hosts, in the order of the wires. */
class SharingNetwork extends AlpnNetwork {
  constructor(names: readonly (readonly string[])[], changes: ConstructorParameters<typeof AlpnNetwork>[0] = {}) {
    super({ h2Coalesce: true, ...changes });
    this.connector.onWire = (wire) => {
      const covered = names[wire.id] ?? [];
      (wire as Wire).covers = (host) => covered.includes(host);
      (wire as { remoteAddress: string }).remoteAddress = `192.0.2.${wire.id === 0 ? 1 : 2}:443`;
    };
  }
}

describe('a request of another origin', () => {
  it('does not go out on a connection whose certificate does not name it', () => {
    const net = new SharingNetwork([['a', 'b'], ['a']]);
    net.send('https://a/1');
    net.clock.advance(0);
    const first = net.h2(net.wire, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    expect(first.requests).toHaveLength(1);
    // The only stream is taken: another connection is opened for this one.
    const b = net.send('https://b/secret');
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(2);
    const second = net.h2(net.wire);
    if (net.wire.origin.host === 'a') expect(second.requests.map((one) => one.field(':authority'))).not.toContain('b');
    // It waits for its stream, or gets a connection of its own.
    net.answer(first);
    for (const wire of net.connector.wires.slice(2)) net.h2(wire);
    for (const peer of net.peers) net.answer(peer);
    expect(b.short).toBe('200 /secret');
  });

  it('that was misdirected and then cannot be sent says that nothing was sent of it', () => {
    const net = new SharingNetwork([['a', 'b']]);
    net.send('https://a/1');
    net.clock.advance(0);
    const first = net.h2();
    net.answer(first);
    const b = net.send('https://b/1');
    net.clock.advance(0);
    first.respond(first.requests.at(-1)!.streamId, 421);
    net.clock.advance(0);
    net.wire.close(systemError('ECONNREFUSED'));
    expect(b.short).toBe('connect/refused');
    expect(b.failure.sent).toBe('none');
  });

  it('has its name looked up within dnsTimeoutMs', () => {
    const net = new SharingNetwork([], { dnsTimeoutMs: 1000, timeoutMs: 5000 });
    net.resolver.immediate = false;
    const asked = net.send('https://a/1');
    net.clock.advance(60_000);
    expect(asked.done).toBe(true);
  });

  it('whose pool was closed meanwhile leaves no connection behind', () => {
    const net = new SharingNetwork([]);
    net.resolver.immediate = false;
    const asked = net.send('https://a/1');
    net.transport.close();
    net.resolver.answer();
    net.resolver.answer();
    const peer = net.h2();
    net.answer(peer);
    expect(shorts([asked])).toEqual(['200 /1']);
    expect(net.connector.held).toEqual([]);
  });

  it('leaves nothing behind when the connection that it shared is gone', () => {
    const net = new SharingNetwork([['a', 'b', 'c', 'd']]);
    net.send('https://a/1');
    net.clock.advance(0);
    const first = net.h2();
    for (const host of ['b', 'c', 'd']) net.send(`https://${host}/1`);
    net.clock.advance(0);
    net.answer(first);
    net.sleep();
  });

  it('goes to no connection whose address is not one of its own', () => {
    const net = new SharingNetwork([['a', 'b'], ['a', 'b']], { h2Connections: 2 });
    net.resolver.addresses.set('b', [{ address: '192.0.2.1', family: 4 }]);
    net.resolver.addresses.set('a', [{ address: '192.0.2.1', family: 4 }, { address: '192.0.2.2', family: 4 }]);
    net.send('https://a/1');
    net.clock.advance(0);
    net.h2(net.wire, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    net.send('https://a/2');
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(2);
    net.send('https://b/1');
    net.clock.advance(0);
    const second = net.h2(net.wire, [[Id.MAX_CONCURRENT_STREAMS, 100]]);
    net.clock.advance(0);
    expect(second.requests.map((one) => one.field(':authority'))).not.toContain('b');
  });
});
