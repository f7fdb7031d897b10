// A pool that has nothing for a moment, while requests come back to it, stays with its transport.

import { describe, expect, it } from 'vitest';
import type { BodyStream } from '../../src/model/body-stream.ts';
import { Code } from '../fake/frame-octets.ts';
import { AlpnNetwork, shorts } from '../transport/alpn-network.ts';
import { Http2Network } from '../transport/http2/fixture.ts';

/** Read once: what it gave is gone. */
function once(): BodyStream {
  return {
    length: undefined,
    replayable: false,
    contentType: undefined,
    open: () => ({ read: () => {}, close: () => {} }),
  } as unknown as BodyStream;
}

function broken(): BodyStream {
  return {
    length: undefined,
    replayable: false,
    contentType: undefined,
    open() {
      throw new Error('it cannot be read');
    },
  } as unknown as BodyStream;
}

describe('abort() reaches a request', () => {
  it('that a GOAWAY gave back behind one that it ended', () => {
    const net = new Http2Network();
    const one = net.send({ url: 'http://host/1', method: 'POST' }, (r) => { r.stream = once(); });
    const two = net.send('http://host/2');
    const peer = net.accept();
    peer.goaway(0, Code.NO_ERROR);
    net.turn();
    expect(shorts([one, two])).toEqual(['send/reset', '…']);
    net.transport.abort();
    expect(two.done).toBe(true);
    expect(net.connector.held).toEqual([]);
  });

  for (const protocol of ['h2', 'http/1.1'] as const) {
    it(`that waited with one whose body fails at once for the protocol of its origin (${protocol})`, () => {
      const net = new AlpnNetwork({ idleConnections: 0 });
      const one = net.send({ url: 'https://host/1', method: 'POST' }, (r) => { r.stream = broken(); });
      const two = net.send('https://host/2');
      const three = net.send('https://host/3');
      net.wire.connect();
      net.wire.secure(protocol);
      net.clock.advance(0);
      expect(one.failure.kind).toBe('invalid');
      net.transport.abort();
      net.clock.advance(0);
      expect([two.done, three.done]).toEqual([true, true]);
      expect(net.connector.held).toEqual([]);
    });
  }
});
