import { describe, expect, it } from 'vitest';
import type { BodyStream } from '../../src/model/body-stream.ts';
import { AlpnNetwork } from '../transport/alpn-network.ts';
import { Http2Network } from '../transport/http2/fixture.ts';

describe('a producer that stops everything when it is asked for more', () => {
  it('leaves nothing to write to a wire that is gone', () => {
    const net = new Http2Network();
    let reads = 0;
    const stream = {
      length: undefined,
      replayable: true,
      contentType: undefined,
      open: () => ({
        read: (done: (error: Error | undefined, bytes: Uint8Array | undefined) => void) => {
          if (++reads === 3) return net.transport.abort();
          done(undefined, new Uint8Array(40_000));
        },
        close: () => {},
      }),
    } as unknown as BodyStream;
    const one = net.send({ url: 'http://host/1', method: 'POST' }, (r) => { r.stream = stream; });
    const peer = net.accept();
    peer.windowUpdate(0, 1_000_000);
    peer.windowUpdate(1, 1_000_000);
    net.turn();
    expect(one.failure.kind).toBe('aborted');
  });
});

describe('a server that takes one connection alone', () => {
  it('and closes each other one when it is open is not asked again at once', () => {
    const net = new AlpnNetwork({ httpVersion: '2', h2Connections: 2, keepAliveMs: 600_000 });
    net.burst(1, 'http://host');
    const peer = net.h2();
    for (let i = 0; i < 200; i++) {
      for (const wire of [...net.connector.wires]) {
        if (wire.state !== 'connecting') continue;
        wire.connect();
        wire.finish();
      }
      net.burst(1, 'http://host');
      net.answer(peer);
      net.clock.advance(5);
    }
    expect(net.connector.wires.length).toBeLessThan(10);
  });
});
