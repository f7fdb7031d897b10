import { describe, expect, it } from 'vitest';
import { parseProxy } from '../../src/session/proxies.ts';
import { Code, Id } from '../fake/frame-octets.ts';
import { AlpnNetwork, shorts } from '../transport/alpn-network.ts';
import { Http2Network } from '../transport/http2/fixture.ts';

describe('h2c through a SOCKS proxy', () => {
  it('serves an origin however it is spelled on one connection', () => {
    const proxy = parseProxy('socks5h://proxy:1080');
    const net = new AlpnNetwork({ httpVersion: '2' });
    const used: unknown[] = [];
    const { connector } = net;
    const connect = connector.connect.bind(connector);
    connector.connect = (origin, addresses, events, by, protocols) => {
      used.push(by);
      return connect(origin, addresses, events, by, protocols);
    };
    const one = net.send('http://host/1', (r) => { r.proxy = proxy; });
    const peer = net.h2();
    const two = net.send('http://HOST:80/2', (r) => { r.proxy = proxy; });
    net.clock.advance(0);
    expect(used).toEqual([proxy]);
    net.answer(peer);
    expect(shorts([one, two])).toEqual(['200 /1', '200 /2']);
  });
});

describe('a body beyond bodyBytesMax', () => {
  it('is cancelled, as it is no fault of the protocol', () => {
    const limits = { headerBytesMax: 65536, headerCountMax: 100, trailerBytesMax: 1000, interimMax: 10, bodyBytesMax: 10 };
    const net = new Http2Network({ limits } as never);
    const one = net.send('http://host/1');
    const peer = net.accept();
    peer.headers(1, [[':status', '200']]);
    peer.data(1, 'x'.repeat(11));
    net.turn();
    expect(one.failure.kind).toBe('too-large');
    expect(peer.request(1).reset).toBe(Code.CANCEL);
    void Id;
  });
});
