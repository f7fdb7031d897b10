// How the connections of an origin end with their transport, whatever has happened just before: abort() reaches every
// request, and close() and rest() every connection, those too that are being opened.

import { describe, expect, it } from 'vitest';
import { Code } from '../../fake/frame-octets.ts';
import { AlpnNetwork, shorts } from '../alpn-network.ts';
import { type Asked, makeRequest } from '../fixture.ts';
import { BROKEN, bodyStream, Http2Network, post } from './fixture.ts';

/** The connection has closed in the turn in which it answered, before what was sent in answer to that could leave. */
function leftUnsent(): { net: Http2Network; unsent: Asked } {
  const net = new Http2Network();
  net.sendRequest(makeRequest('http://host/1'), () => net.send('http://host/2'));
  const peer = net.accept();
  peer.respond(1, 200, 'ok');
  net.wire.finish();
  net.turn();
  expect(net.connector.wires).toHaveLength(2);
  return { net, unsent: net.asked[1]! };
}

describe('abort() reaches a request', () => {
  it('that had not left when its connection closed', () => {
    const { net, unsent } = leftUnsent();
    net.transport.abort();
    expect(unsent.short).toBe('queue/aborted');
    expect(net.connector.held).toEqual([]);
  });

  it('that a GOAWAY gave back behind one that it ended', () => {
    const net = new Http2Network();
    const one = post(net, 'http://host/1', bodyStream());
    const two = net.send('http://host/2');
    const peer = net.accept();
    peer.goaway(0, Code.NO_ERROR);
    net.turn();
    expect(shorts([one, two])).toEqual(['send/reset', '…']);
    net.transport.abort();
    expect(two.done).toBe(true);
    expect(net.connector.held).toEqual([]);
  });

  it.each(['h2', 'http/1.1'] as const)(
    'that waited for the protocol with one whose body fails at once: %s',
    (protocol) => {
      const net = new AlpnNetwork({ idleConnections: 0 });
      const broken = post(net, 'https://host/1', BROKEN);
      const others = [net.send('https://host/2'), net.send('https://host/3')];
      net.wire.connect();
      net.wire.secure(protocol);
      net.clock.advance(0);
      expect(broken.short).toBe('send/invalid');
      net.transport.abort();
      net.clock.advance(0);
      expect(others.map(({ done }) => done)).toEqual([true, true]);
      expect(net.connector.held).toEqual([]);
    },
  );
});

describe('close() lets go of a connection', () => {
  it('once it has answered what had not left when another one closed', () => {
    const { net, unsent } = leftUnsent();
    const peer = net.accept();
    net.transport.close();
    peer.respond(1, 200, 'ok');
    net.turn();
    expect(unsent.short).toBe('200 ok');
    expect(net.connector.held).toEqual([]);
  });

  it('that is being opened for nobody', () => {
    const net = new Http2Network({ h2Connections: 3 });
    net.send('http://host/1');
    net.accept();
    net.peers[0]!.respond(1, 200, 'ok');
    net.turn();
    expect(net.connector.held.length).toBeGreaterThan(1);
    net.transport.close();
    expect(net.connector.held).toEqual([]);
  });
});

describe('rest() lets the process end', () => {
  function keepingAlive(net: Http2Network): number {
    return net.connector.held.filter(({ keepsAlive }) => keepsAlive).length;
  }

  it('though a connection is being opened whose only request was cancelled', () => {
    const net = new Http2Network();
    const one = net.send('http://host/1');
    one.request.cancel();
    expect(one.short).toBe('queue/aborted');
    net.transport.rest();
    net.accept();
    net.clock.advance(10);
    expect(keepingAlive(net)).toBe(0);
  });

  it('though connections are being opened to spread over', () => {
    const net = new Http2Network({ h2Connections: 3 });
    const one = net.send('http://host/1');
    net.accept();
    net.peers[0]!.respond(1, 200, 'ok');
    net.turn();
    expect(one.short).toBe('200 ok');
    net.transport.rest();
    const others = net.connector.wires.slice(1);
    expect(others).not.toEqual([]);
    for (const wire of others) wire.connect();
    net.turn();
    expect(keepingAlive(net)).toBe(0);
  });
});
