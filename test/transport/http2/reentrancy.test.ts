// Code of callers that runs in the middle: who hears of an outcome, and whoever produces a body, may stop others, or
// everything, or send more, while requests are handed out, failed or given back. Each has one outcome all the same.

import { describe, expect, it } from 'vitest';
import { Code } from '../../fake/frame-octets.ts';
import { systemError } from '../../fake/wire.ts';
import { shorts } from '../alpn-network.ts';
import { type Asked, FakeNetwork, makeRequest } from '../fixture.ts';
import { BROKEN, bodyStream, Http2Network, post } from './fixture.ts';

function outcomeCounts(asked: readonly Asked[]): number[] {
  return asked.map(({ outcomes }) => outcomes.length);
}

describe.each(['auto', '2'] as const)(
  'who hears first that an opening failed for several (%s)',
  (httpVersion) => {
    it('may abort everything', () => {
      const net = new FakeNetwork({ httpVersion });
      net.sendRequest(makeRequest('https://host/1'), () => net.transport.abort());
      net.send('https://host/2');
      net.send('https://host/3');
      net.wire.close(systemError('ECONNREFUSED'));
      expect(shorts(net.asked)).toEqual(['connect/refused', 'queue/aborted', 'queue/aborted']);
    });

    it('may cancel another', () => {
      const net = new FakeNetwork({ httpVersion });
      net.sendRequest(makeRequest('https://host/1'), () => net.asked[1]!.request.cancel());
      net.send('https://host/2');
      net.send('https://host/3');
      net.wire.close(systemError('ECONNREFUSED'));
      expect(shorts(net.asked)).toEqual(['connect/refused', 'queue/aborted', 'connect/refused']);
    });
  },
);

describe('a body that fails at once', () => {
  it('does not disturb those that waited with it for the connection', () => {
    const net = new Http2Network();
    const first = net.send('http://host/1');
    const broken = post(net, 'http://host/2', BROKEN);
    const last = net.send('http://host/3');
    const peer = net.accept();
    expect(broken.short).toBe('send/invalid');
    for (const { streamId, reset } of peer.requests)
      if (reset === undefined) peer.respond(streamId, 200, 'ok');
    expect(shorts([first, last])).toEqual(['200 ok', '200 ok']);
  });
});

describe('a producer that hears that nobody wants its body', () => {
  it('may cancel another request while the connection breaks', () => {
    const net = new Http2Network();
    const close = () => net.asked[1]!.request.cancel();
    post(net, 'http://host/1', bodyStream({ replayable: true, close }));
    net.send('http://host/2');
    net.send('http://host/3');
    net.accept();
    net.wire.reset();
    expect(outcomeCounts(net.asked)).toEqual([1, 1, 1]);
  });

  it('may abort everything while the connection breaks', () => {
    const net = new Http2Network();
    post(net, 'http://host/1', bodyStream({ replayable: true, close: () => net.transport.abort() }));
    net.send('http://host/2');
    net.accept();
    net.wire.reset();
    expect(outcomeCounts(net.asked)).toEqual([1, 1]);
  });

  it('may send another request while the connection breaks', () => {
    const net = new Http2Network();
    post(net, 'http://host/1', bodyStream({ replayable: true, close: () => net.send('http://host/2') }));
    net.accept();
    net.wire.reset();
    net.clock.advance(3_600_000);
    expect(outcomeCounts(net.asked)).toEqual([1, 1]);
  });

  it('may cancel another request while a GOAWAY ends both', () => {
    const net = new Http2Network();
    post(net, 'http://host/1', bodyStream({ close: () => net.asked[1]!.request.cancel() }));
    post(net, 'http://host/2', bodyStream());
    const peer = net.accept();
    peer.goaway(0, Code.NO_ERROR);
    net.turn();
    expect(outcomeCounts(net.asked)).toEqual([1, 1]);
  });
});

describe('a producer that is asked for more', () => {
  it('may abort everything: nothing is written to a wire that is gone', () => {
    const net = new Http2Network();
    let reads = 0;
    const body = bodyStream({
      read(done) {
        if (++reads === 3) net.transport.abort();
        else done(undefined, new Uint8Array(40_000));
      },
    });
    const one = post(net, 'http://host/1', body);
    const peer = net.accept();
    peer.windowUpdate(0, 1_000_000);
    peer.windowUpdate(1, 1_000_000);
    net.turn();
    expect([reads, one.failure.kind]).toEqual([3, 'aborted']);
  });
});
