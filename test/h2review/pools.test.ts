// Which pool and which connection a request comes to where something has failed before.

import { describe, expect, it } from 'vitest';
import { parseProxy } from '../../src/session/proxies.ts';
import type { Wire } from '../../src/model/contracts.ts';
import type { ProxyServer } from '../../src/model/proxy-server.ts';
import { Code } from '../fake/frame-octets.ts';
import { systemError } from '../fake/wire.ts';
import { AlpnNetwork, shorts } from '../transport/alpn-network.ts';

describe('a request that is to go through a proxy', () => {
  for (const how of ['the opening fails', 'the connection serves'] as const) {
    it(`never goes out without it, however its origin is spelled (${how})`, () => {
      const proxy = parseProxy('socks5h://proxy:1080');
      const net = new AlpnNetwork({ httpVersion: '2' });
      const used: (ProxyServer | undefined)[] = [];
      const { connector } = net;
      const connect = connector.connect.bind(connector);
      connector.connect = (origin, addresses, events, by, protocols) => {
        used.push(by);
        return connect(origin, addresses, events, by, protocols);
      };
      const through = (url: string) => net.send(url, (request) => { request.proxy = proxy; });
      const asked = [through('https://host/1'), through('https://HOST/2')];
      expect(asked[0]!.request.origin).not.toBe(asked[1]!.request.origin);
      expect(asked[0]!.request.origin.key).toBe(asked[1]!.request.origin.key);
      if (how === 'the opening fails') {
        net.wire.close(systemError('ECONNREFUSED'));
        expect(used).toEqual([proxy]);
        expect(shorts(asked)).toEqual(['connect/refused', 'connect/refused']);
      } else {
        // Its TLS session was resumed, so that there is no certificate to look at.
        (net.wire as Wire).covers = () => false;
        const peer = net.h2();
        net.answer(peer);
        expect(used).toEqual([proxy]);
        expect(shorts(asked)).toEqual(['200 /1', '200 /2']);
      }
    });
  }
});

describe('a request that must not go to an old connection', () => {
  it('goes to one all the same where none can be opened', () => {
    const net = new AlpnNetwork({ httpVersion: '2', h2Connections: 2, firstByteTimeoutMs: 30_000, keepAliveMs: 600_000 });
    net.burst(1, 'http://host');
    const peers = [net.h2()];
    peers.push(net.h2());
    for (const peer of peers) net.answer(peer);
    net.clock.advance(1000);
    const stale = net.burst(1, 'http://host')[0]!;
    const lost = peers.find(({ requests }) => requests.some(({ streamId, path }) => path === '/0' && streamId > 1)) ?? peers.find(({ requests }) => requests.at(-1)?.ended)!;
    lost.wire.reset();
    expect(stale.short).toContain('resend');
    const again = net.resend(stale);
    net.clock.advance(0);
    net.wire.close(systemError('ECONNREFUSED'));
    net.clock.advance(5_000);
    const held = net.connector.held;
    net.answer(peers.find(({ isOpen }) => isOpen)!);
    expect(again.short).toBe('200 /0');
  });
});

describe('an origin of several servers, of which some speak HTTP/1.1 alone', () => {
  it('is not asked again at once, again and again, where HTTP/2 is wanted', () => {
    const net = new AlpnNetwork({ httpVersion: '2', h2Connections: 2, keepAliveMs: 600_000 });
    net.burst(1);
    const peer = net.h2();
    for (let i = 0; i < 200; i++) {
      for (const wire of [...net.connector.wires]) {
        if (wire.state !== 'connecting') continue;
        wire.connect();
        wire.secure('http/1.1');
      }
      net.clock.advance(5);
    }
    void peer;
    // In one second.
    expect(net.connector.wires.length).toBeLessThan(5);
  });
});

describe('two who find at once that an origin shares no connection', () => {
  it('have one pool, which is aborted with the transport', () => {
    const net = new AlpnNetwork({ h2Coalesce: true });
    net.connector.onWire = (wire) => {
      (wire as Wire).covers = (host) => ['a', 'b'].includes(host);
      (wire as { remoteAddress: string }).remoteAddress = '192.0.2.1:443';
    };
    net.send('https://a/1');
    net.clock.advance(0);
    const first = net.h2();
    const b1 = net.send('https://b/1');
    net.clock.advance(0);
    first.goaway(3, Code.NO_ERROR);
    net.resolver.immediate = false;
    const b2 = net.send('https://b/2');
    first.respond(3, 421);
    net.clock.advance(0);
    net.resolver.answer();
    net.resolver.answer();
    net.resolver.answer();
    net.clock.advance(0);
    net.transport.abort();
    expect(shorts([b1, b2]).filter((one) => one === '…')).toEqual([]);
    expect(net.connector.held).toEqual([]);
  });
});

describe('a request that takes over an opening that another began', () => {
  it('is charged what it waited for itself', () => {
    const net = new AlpnNetwork();
    const one = net.send('https://host/1');
    net.clock.advance(90);
    const two = net.send('https://host/2');
    one.request.cancel();
    net.clock.advance(10);
    const peer = net.h2();
    net.answer(peer);
    const { timings } = two.response;
    expect(timings.connectMs + timings.tlsMs + timings.dnsMs).toBeLessThanOrEqual(timings.totalMs);
  });
});
