// HTTP/2 through a proxy: what is to go through it never goes out without it, however its origin is spelled.

import { describe, expect, it } from 'vitest';
import type { ProxyServer } from '../../../src/model/proxy-server.ts';
import { parseProxy } from '../../../src/session/proxies.ts';
import { systemError } from '../../fake/wire.ts';
import { AlpnNetwork, shorts } from '../alpn-network.ts';
import type { Asked } from '../fixture.ts';

const PROXY = parseProxy('socks5h://proxy:1080');

/** All of its requests go through the proxy. */
class ProxiedNetwork extends AlpnNetwork {
  /** Of each connection. */
  readonly used: (ProxyServer | undefined)[] = [];

  constructor() {
    super({ httpVersion: '2' });
    const { connector } = this;
    const connect = connector.connect.bind(connector);
    connector.connect = (origin, addresses, events, proxy, protocols) => {
      this.used.push(proxy);
      return connect(origin, addresses, events, proxy, protocols);
    };
  }

  through(url: string): Asked {
    return this.send(url, (request) => {
      request.proxy = PROXY;
    });
  }
}

describe('a request that is to go through a proxy, its origin spelled in another way,', () => {
  it('fails with the opening that it waited for', () => {
    const net = new ProxiedNetwork();
    const asked = [net.through('https://host/1'), net.through('https://HOST/2')];
    expect(asked[0]!.request.origin).not.toBe(asked[1]!.request.origin);
    net.wire.close(systemError('ECONNREFUSED'));
    expect(shorts(asked)).toEqual(['connect/refused', 'connect/refused']);
    expect(net.used).toEqual([PROXY]);
  });

  it('goes out on the connection that is there, whose TLS session may show no certificate', () => {
    const net = new ProxiedNetwork();
    net.through('https://host/1');
    net.through('https://HOST/2');
    Object.assign(net.wire, { covers: () => false });
    net.answer(net.h2());
    expect(shorts(net.asked)).toEqual(['200 /1', '200 /2']);
    expect(net.used).toEqual([PROXY]);
  });

  it('goes out on the connection that is there without TLS', () => {
    const net = new ProxiedNetwork();
    net.through('http://host/1');
    const peer = net.h2();
    net.through('http://HOST:80/2');
    net.clock.advance(0);
    net.answer(peer);
    expect(shorts(net.asked)).toEqual(['200 /1', '200 /2']);
    expect(net.used).toEqual([PROXY]);
  });
});
