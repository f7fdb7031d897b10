// RFC 9113 sections 3.2, 3.3 and 7: how the version is found by ALPN, and what becomes of requests where a peer wants
// HTTP/1.1 after all.

import { describe, expect, it } from 'vitest';
import { Code } from '../../fake/frame-octets.ts';
import { OK } from '../fixture.ts';
import { Http2Network } from './fixture.ts';

describe('3.2 ALPN', () => {
  it('offers h2 before http/1.1, and keeps to what the peer chose', () => {
    const net = new Http2Network({ httpVersion: 'auto' });
    const asked = ['/1', '/2', '/3'].map((path) => net.send(`https://host${path}`));
    expect(net.connector.wires).toHaveLength(1);
    expect(net.wire.protocols).toEqual(['h2', 'http/1.1']);
    const peer = net.accept();
    for (const { streamId } of peer.requests) peer.respond(streamId, 200, 'hi');
    expect(asked.map(({ short }) => short)).toEqual(['200 hi', '200 hi', '200 hi']);
    expect(net.connector.wires).toHaveLength(1);
  });

  it.each(['http/1.1', undefined] as const)(
    'that ends in %s is HTTP/1.1, for all that waited',
    (protocol) => {
      const net = new Http2Network({ httpVersion: 'auto' });
      net.connector.onWire = undefined;
      const asked = ['/1', '/2', '/3'].map((path) => net.send(`https://host${path}`));
      net.wire.connect();
      net.wire.secure(protocol);
      net.turn();
      for (const wire of net.connector.wires.slice(1)) {
        wire.connect();
        wire.secure(protocol);
      }
      for (const wire of net.connector.wires) wire.receive(OK);
      net.turn();
      expect(asked.map(({ short }) => short)).toEqual(['200 hi', '200 hi', '200 hi']);
      expect(net.connector.wires[0]!.written).toContain('GET /1 HTTP/1.1');
    },
  );

  it.each(['http/1.1', undefined] as const)(
    'that ends in %s is a failure where HTTP/2 was asked for',
    (protocol) => {
      const net = new Http2Network({ httpVersion: '2' });
      net.connector.onWire = undefined;
      const asked = ['/1', '/2'].map((path) => net.send(`https://host${path}`));
      expect(net.wire.protocols).toEqual(['h2']);
      net.wire.connect();
      net.wire.secure(protocol);
      net.turn();
      expect(asked.map(({ failure }) => [failure.kind, failure.sent])).toEqual([
        ['protocol', 'none'],
        ['protocol', 'none'],
      ]);
      expect(net.wire.written).toBe('');
      expect(net.connector.held).toEqual([]);
    },
  );
});

describe('7 HTTP_1_1_REQUIRED', () => {
  function secure() {
    const net = new Http2Network({ httpVersion: 'auto' });
    const asked = net.send('https://host/login');
    const peer = net.accept();
    return { net, peer, asked };
  }

  it('in RST_STREAM sends the request on HTTP/1.1, the attempt unchanged', () => {
    const { net, peer, asked } = secure();
    net.connector.onWire = undefined;
    peer.rst(1, Code.HTTP_1_1_REQUIRED);
    net.turn();
    expect([asked.done, net.connector.wires.length]).toEqual([false, 2]);
    expect(net.wire.protocols ?? ['http/1.1']).toEqual(['http/1.1']);
    net.wire.connect();
    net.wire.secure('http/1.1');
    expect(net.wire.written).toContain('GET /login HTTP/1.1');
    net.wire.receive(OK);
    expect([asked.short, asked.response.attempts, asked.response.httpVersion]).toEqual(['200 hi', 1, '1.1']);
  });

  it('in GOAWAY does so as well', () => {
    const { net, peer, asked } = secure();
    net.connector.onWire = undefined;
    peer.goaway(0, Code.HTTP_1_1_REQUIRED);
    net.turn();
    expect([asked.done, net.connector.wires.length]).toEqual([false, 2]);
    expect(net.wire.protocols ?? ['http/1.1']).toEqual(['http/1.1']);
    net.wire.connect();
    net.wire.secure('http/1.1');
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('fails the request where HTTP/2 was asked for, and says what to type', () => {
    const net = new Http2Network();
    const asked = net.send('http://host/');
    net.accept().rst(1, Code.HTTP_1_1_REQUIRED);
    net.turn();
    expect(asked.done).toBe(true);
    expect(asked.failure.message).toMatch(/HTTP\/1\.1.*--http1\.1/);
  });
});
