// What waits for a stream, and for how long; what becomes of a pool whose last connection went with something unsent.

import { describe, expect, it } from 'vitest';
import { Code, Id } from '../fake/frame-octets.ts';
import { Asked, makeRequest } from '../transport/fixture.ts';
import { AlpnNetwork, shorts } from '../transport/alpn-network.ts';
import { Http2Network } from '../transport/http2/fixture.ts';

describe('a connection that closes with requests that have not left', () => {
  function unsent() {
    const net = new Http2Network();
    const first = new Asked(makeRequest('http://host/1'));
    let second: Asked | undefined;
    net.transport.send(first.request, (_, outcome) => {
      first.outcomes.push(outcome);
      second = net.send('http://host/2');
    });
    const peer = net.accept();
    // The response and the end of the connection, read in one turn.
    peer.respond(1, 200, 'ok');
    net.wire.finish();
    net.turn();
    return { net, first, second: second! };
  }

  it('are aborted with everything else', () => {
    const { net, second } = unsent();
    expect(net.connector.wires).toHaveLength(2);
    net.transport.abort();
    expect(second.outcomes.length).toBe(1);
    expect(net.connector.held).toHaveLength(0);
  });

  it('has its pool closed with the transport', () => {
    const { net, second } = unsent();
    net.accept();
    net.transport.close();
    net.peer.respond(1, 200, 'ok');
    net.turn();
    expect(second.short).toBe('200 ok');
    expect(net.connector.held).toHaveLength(0);
  });
});

describe('a request that waited for a stream for longer than an attempt may take', () => {
  it('has its whole time when it goes out on a connection that was opened for it', () => {
    const net = new Http2Network({ timeoutMs: 10_000, firstByteTimeoutMs: 8_000, keepAliveMs: 60_000 });
    const asked = [net.send('http://host/1')];
    const peer = net.accept([[Id.MAX_CONCURRENT_STREAMS, 1]]);
    asked.push(net.ask('http://host/2'), net.ask('http://host/3'));
    for (const id of [1, 3]) {
      net.clock.advance(6_000);
      if (id === 1) peer.respond(id, 200, 'ok');
      else {
        peer.goaway(id, Code.NO_ERROR);
        peer.respond(id, 200, 'ok');
      }
      net.turn();
    }
    const next = net.accept();
    expect(next.requests).toHaveLength(1);
    net.clock.advance(100);
    expect(asked[2]!.done).toBe(false);
    next.respond(1, 200, 'ok');
    expect(shorts(asked)).toEqual(['200 ok', '200 ok', '200 ok']);
    expect(asked[2]!.response.request.queueMs).toBeGreaterThan(11_000);
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
    const asked = Array.from({ length: 8 }, (_, i) =>
      net.send({ url: `http://host/${i}`, method: 'POST', body: 'body', headers: { ...headers, 'x-n': `${i}` } }),
    );
    net.turn();
    net.clock.advance(1000);
    expect(peer.requests.slice(1).map(({ ended }) => ended)).toEqual(asked.map(() => true));
  });
});

describe('MAX_CONCURRENT_STREAMS of 0', () => {
  it('of one connection is not that of the next one, which says nothing of it', () => {
    const net = new Http2Network({ firstByteTimeoutMs: 1000 });
    const first = net.send('http://host/1');
    const peer = net.accept();
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 0]]);
    const two = net.ask('http://host/2');
    peer.goaway(1, Code.NO_ERROR);
    peer.respond(1, 200, 'ok');
    net.turn();
    const next = net.accept();
    next.respond(1, 200, 'ok');
    net.turn();
    net.ask('http://host/3');
    net.clock.advance(10);
    expect(shorts([first, two])).toEqual(['200 ok', '200 ok']);
    expect(next.requests).toHaveLength(2);
  });
});

describe('HTTP_1_1_REQUIRED', () => {
  it('on several streams leaves connections of HTTP/1.1 that are kept open', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(2);
    const peer = net.h2();
    peer.rst(1, Code.HTTP_1_1_REQUIRED);
    peer.rst(3, Code.HTTP_1_1_REQUIRED);
    net.clock.advance(10);
    for (const wire of net.connector.wires.slice(1)) net.h1(wire);
    expect(shorts(asked)).toEqual(['200 hi', '200 hi']);
    expect(net.connector.wires.slice(1).map(({ state }) => state)).toEqual(['open', 'open']);
  });
});

describe('unprocessed', () => {
  it('is counted for each attempt', () => {
    const net = new Http2Network();
    const one = net.send('http://host/1');
    const peer = net.accept();
    for (let i = 0; i < 21; i++) { peer.rst(2 * i + 1, Code.REFUSED_STREAM); net.turn(); }
    expect(one.short).toBe('headers/reset');
    const again = net.sendRequest(one.request);
    net.turn();
    peer.rst(43, Code.REFUSED_STREAM);
    net.turn();
    expect(again.done).toBe(false);
  });
});

describe('rest', () => {
  it('lets the process end though a connection was being opened', () => {
    const net = new Http2Network();
    const one = net.send('http://host/1');
    one.request.cancel();
    expect(one.short).toBe('queue/aborted');
    net.transport.rest();
    net.accept();
    net.clock.advance(10);
    expect(net.connector.held.filter(({ keepsAlive }) => keepsAlive)).toEqual([]);
  });

  it('lets the process end though connections were being opened to spread over', () => {
    const net = new Http2Network({ h2Connections: 3 });
    const one = net.send('http://host/1');
    const peer = net.accept();
    net.turn();
    const wires = net.connector.wires.length;
    void peer;
    net.peers[0]!.respond(1, 200, 'ok');
    net.turn();
    net.transport.rest();
    for (const wire of net.connector.wires.slice(1)) wire.connect();
    net.turn();
    expect([one.short, wires > 1]).toEqual(['200 ok', true]);
    expect(net.connector.held.filter(({ keepsAlive }) => keepsAlive)).toEqual([]);
  });
  it('close() lets go of connections that are being opened for nobody', () => {
    const net = new Http2Network({ h2Connections: 3 });
    net.send('http://host/1');
    net.accept();
    net.peers[0]!.respond(1, 200, 'ok');
    net.turn();
    net.transport.close();
    expect(net.connector.held).toEqual([]);
  });
});
