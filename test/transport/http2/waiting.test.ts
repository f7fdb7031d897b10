// What waits for a stream or for its turn, and for how long; what is counted for an attempt, and what is not.

import { describe, expect, it } from 'vitest';
import { Code, Id } from '../../fake/frame-octets.ts';
import { AlpnNetwork, shorts } from '../alpn-network.ts';
import { Http2Network } from './fixture.ts';

const MAX = Id.MAX_CONCURRENT_STREAMS;

describe('a request that waited for a stream for longer than an attempt may take', () => {
  it('has its whole time when it goes out on a connection that was opened for it', () => {
    const net = new Http2Network({ timeoutMs: 10_000, firstByteTimeoutMs: 8_000, keepAliveMs: 60_000 });
    const first = net.send('http://host/1');
    const peer = net.accept([[MAX, 1]]);
    const second = net.ask('http://host/2');
    const third = net.ask('http://host/3');
    net.clock.advance(6_000);
    peer.respond(1, 200, 'ok');
    net.turn();
    net.clock.advance(6_000);
    peer.goaway(3, Code.NO_ERROR);
    peer.respond(3, 200, 'ok');
    net.turn();
    const next = net.accept();
    expect(next.requests).toHaveLength(1);
    net.clock.advance(100);
    expect(third.done).toBe(false);
    next.respond(1, 200, 'ok');
    expect(shorts([first, second, third])).toEqual(['200 ok', '200 ok', '200 ok']);
    expect(third.response.request.queueMs).toBeGreaterThan(11_000);
  });
});

describe('bodies behind many header sections', () => {
  it('leave, though the header sections filled a whole turn', () => {
    const net = new Http2Network();
    net.send('http://host/0');
    const peer = net.accept();
    peer.respond(1, 200, 'ok');
    net.turn();
    const headers = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`x-${i}`, 'v'.repeat(7000)]));
    for (let i = 0; i < 8; i++) {
      const own = { ...headers, 'x-n': `${i}` };
      net.send({ url: `http://host/${i}`, method: 'POST', body: 'body', headers: own });
    }
    net.turn();
    net.clock.advance(1000);
    expect(peer.requests.slice(1).map(({ ended }) => ended)).toEqual(Array(8).fill(true));
  });
});

describe('MAX_CONCURRENT_STREAMS of 0', () => {
  it('of one connection is not that of the next one, which says nothing of it', () => {
    const net = new Http2Network({ firstByteTimeoutMs: 1000 });
    const first = net.send('http://host/1');
    const peer = net.accept();
    peer.settings([[MAX, 0]]);
    const second = net.ask('http://host/2');
    peer.goaway(1, Code.NO_ERROR);
    peer.respond(1, 200, 'ok');
    net.turn();
    const next = net.accept();
    next.respond(1, 200, 'ok');
    net.turn();
    net.ask('http://host/3');
    net.clock.advance(10);
    expect(shorts([first, second])).toEqual(['200 ok', '200 ok']);
    expect(next.requests).toHaveLength(2);
  });
});

describe('refusals that are sent again', () => {
  it('are counted for each attempt', () => {
    const net = new Http2Network();
    const one = net.send('http://host/1');
    const peer = net.accept();
    let refused = 0;
    for (; !one.done; refused++) {
      peer.rst(2 * refused + 1, Code.REFUSED_STREAM);
      net.turn();
    }
    expect(one.short).toBe('headers/reset');
    const again = net.sendRequest(one.request);
    net.turn();
    peer.rst(2 * refused + 1, Code.REFUSED_STREAM);
    net.turn();
    expect(again.done).toBe(false);
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
    net.answer(net.h2());
    const { connectMs, tlsMs, dnsMs, totalMs } = two.response.timings;
    expect(connectMs + tlsMs + dnsMs).toBeLessThanOrEqual(totalMs);
  });
});
