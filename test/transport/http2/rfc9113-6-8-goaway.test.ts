// RFC 9113 sections 6.8, 8.7 and 9.1: connections that end in order, streams that were refused, and what is sent again.

import { describe, expect, it } from 'vitest';
import { Code, Id, Type } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import type { Asked } from '../fixture.ts';
import { exchange, expectConnectionError, expectGoingOn, Http2Network, STATUS_OK } from './fixture.ts';

const LAST = 2 ** 31 - 1;

function shorts(asked: readonly Asked[]): (string | undefined)[] {
  return asked.map((one) => (one.done ? one.short : undefined));
}

/** Answers every request that has none. */
function answer(peer: FramePeer): void {
  for (const { streamId, path } of peer.requests)
    if (!peer.rules.streams.get(streamId)!.serverEnded) peer.respond(streamId, 200, path);
}

describe('6.8 GOAWAY', () => {
  it('leaves streams up to the last id to end; those above are sent again elsewhere, once, the attempt unchanged', () => {
    const { net, peer, asked } = exchange(4);
    peer.goaway(3, Code.NO_ERROR);
    net.turn();
    expect(shorts(asked)).toEqual([undefined, undefined, undefined, undefined]);
    expect(net.peers).toHaveLength(2);
    const other = net.accept();
    expect(other.requests.map(({ path }) => path)).toEqual(['/3', '/4']);
    answer(other);
    answer(peer);
    net.turn();
    expect(shorts(asked)).toEqual(['200 /1', '200 /2', '200 /3', '200 /4']);
    expect(asked.map(({ response }) => response.attempts)).toEqual([1, 1, 1, 1]);
    expect(net.wire.state).toBe('open');
    expect(peer.isOpen).toBe(false);
  });

  it('takes no new stream: requests go elsewhere, also while old ones are under way', () => {
    const { net, peer, first } = exchange();
    peer.goaway(1, Code.NO_ERROR);
    const next = net.ask('http://host/next');
    expect([peer.requests.length, net.peers.length]).toEqual([1, 2]);
    answer(net.accept());
    answer(peer);
    expect([first.short, next.short]).toEqual(['200 /1', '200 /next']);
  });

  it('in two steps, first 2^31-1, then the last one, loses and repeats nothing', () => {
    const { net, peer, asked } = exchange(3);
    peer.goaway(LAST, Code.NO_ERROR, 'soon');
    net.turn();
    const next = net.ask('http://host/next');
    expect(peer.requests).toHaveLength(3);
    peer.respond(1, 200, '/1');
    peer.goaway(3, Code.NO_ERROR);
    net.turn();
    const other = net.peers[1]!;
    net.accept();
    expect(other.requests.map(({ path }) => path).sort()).toEqual(['/3', '/next']);
    answer(other);
    answer(peer);
    expect(shorts([...asked, next])).toEqual(['200 /1', '200 /2', '200 /3', '200 /next']);
    expect(peer.isOpen).toBe(false);
  });

  it('again with the same last id, or a lower one, is in order', () => {
    const { net, peer, asked } = exchange(3);
    peer.goaway(5, Code.NO_ERROR);
    peer.goaway(5, Code.NO_ERROR);
    peer.goaway(1, Code.NO_ERROR);
    net.turn();
    answer(net.accept());
    answer(peer);
    expect(shorts(asked)).toEqual(['200 /1', '200 /2', '200 /3']);
  });

  it('with a last id above the one before is a PROTOCOL_ERROR', () => {
    const all = exchange(2);
    all.peer.goaway(3, Code.NO_ERROR);
    all.peer.goaway(5, Code.NO_ERROR);
    expectConnectionError(all, Code.PROTOCOL_ERROR);
  });

  it('closes a connection that has no stream, and opens none', () => {
    const { net, peer } = exchange();
    answer(peer);
    net.turn();
    peer.goaway(1, Code.NO_ERROR);
    net.turn();
    expect([peer.isOpen, net.peers.length]).toEqual([false, 1]);
    const next = net.send('http://host/next');
    answer(net.accept());
    expect(next.short).toBe('200 /next');
  });

  it('in the turn of a request, before its frames leave: it goes elsewhere and nothing of it comes here', () => {
    const { net, peer } = exchange();
    answer(peer);
    net.turn();
    const next = net.send('http://host/next');
    peer.goaway(1, Code.NO_ERROR);
    net.turn();
    expect([next.done, net.peers.length]).toEqual([false, 2]);
    answer(net.accept());
    expect([next.short, next.response.attempts]).toEqual(['200 /next', 1]);
  });

  it.each(['POST', 'PATCH'])('sends %s again as well: the peer has not looked at it', (method) => {
    const net = new Http2Network();
    const asked = net.send({ url: 'http://host/pay', method, body: 'money' });
    const peer = net.accept();
    peer.goaway(0, Code.NO_ERROR);
    net.turn();
    const other = net.accept();
    expect(other.request(1).body.toString()).toBe('money');
    answer(other);
    expect([asked.short, asked.response.attempts]).toEqual(['200 /pay', 1]);
  });

  it('followed by the end of the connection fails what it had promised to answer', () => {
    const { net, peer, asked } = exchange(2);
    peer.goaway(1, Code.NO_ERROR);
    peer.wire.finish();
    net.turn();
    expect(asked[0]!.failure.kind).toBe('closed');
    expect(asked[0]!.failure.sent).toBe('whole');
    answer(net.accept());
    expect(asked[1]!.short).toBe('200 /2');
  });

  it('with an error keeps what is up to its last id as well, for as long as the connection lasts', () => {
    const { net, peer, asked } = exchange(2);
    peer.goaway(1, Code.INTERNAL_ERROR, 'oops');
    net.turn();
    peer.respond(1, 200, '/1');
    answer(net.accept());
    expect(shorts(asked)).toEqual(['200 /1', '200 /2']);
  });

  it('of every connection is not followed for ever: a request that nobody looks at ends', () => {
    const net = new Http2Network();
    const asked = net.send('http://host/');
    for (let i = 0; i < 200 && !asked.done; i++) {
      if (net.wire.state === 'connecting') net.accept().goaway(0, Code.NO_ERROR);
      net.clock.advance(10);
    }
    expect(asked.done).toBe(true);
    expect(asked.failure.kind).toBe('reset');
    expect(net.peers.length).toBeLessThan(100);
  });

  it('with text is bounded in what a message shows of it', () => {
    const { net, peer, first } = exchange();
    peer.goaway(1, Code.ENHANCE_YOUR_CALM, `too_many_pings\r\n${'x'.repeat(10_000)}`);
    net.wire.finish();
    net.turn();
    expect(first.failure.message).toContain('ENHANCE_YOUR_CALM');
    expect(first.failure.message.length).toBeLessThan(600);
    expect(first.failure.message).not.toMatch(/[\r\n]/);
  });
});

describe('8.7 REFUSED_STREAM', () => {
  it('sends the request again, the attempt unchanged', () => {
    const { net, peer, asked } = exchange(2);
    peer.rst(1, Code.REFUSED_STREAM);
    net.turn();
    expect(asked[0]!.done).toBe(false);
    expect(peer.requests.map(({ path }) => path)).toEqual(['/1', '/2', '/1']);
    answer(peer);
    expect(shorts(asked)).toEqual(['200 /1', '200 /2']);
    expect(asked[0]!.response.attempts).toBe(1);
  });

  it('sends a POST with its whole body again', () => {
    const net = new Http2Network();
    const asked = net.send({ url: 'http://host/pay', method: 'POST', body: 'x'.repeat(100_000) });
    const peer = net.accept();
    peer.rst(1, Code.REFUSED_STREAM);
    peer.windowUpdate(0, 1_000_000);
    net.turn();
    net.clock.advance(1_000);
    peer.windowUpdate(3, 1_000_000);
    net.turn();
    expect(peer.request(3).body.length).toBe(100_000);
    answer(peer);
    expect(asked.short).toBe('200 /pay');
  });

  it('for ever ends the request: there is a budget', () => {
    const { net, peer, first } = exchange();
    for (let i = 0; i < 1_000 && !first.done; i++) {
      for (const { streamId } of peer.requests)
        if (!peer.rules.streams.get(streamId)!.serverEnded) peer.rst(streamId, Code.REFUSED_STREAM);
      net.clock.advance(20);
    }
    expect(first.failure.kind).toBe('reset');
    expect(first.failure.message).toMatch(/REFUSED_STREAM|look/);
    expect(peer.requests.length).toBeGreaterThan(1);
    expect(peer.requests.length).toBeLessThan(100);
    expectGoingOn({ net, peer });
  });

  it('of what was sent above a limit that was not known yet loses nothing', () => {
    const net = new Http2Network();
    const asked = Array.from({ length: 50 }, (_, i) => net.send(`http://host/${i}`));
    net.wire.connect();
    net.turn();
    const { peer } = net;
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 10]]);
    for (const { streamId } of [...peer.requests].slice(10)) peer.rst(streamId, Code.REFUSED_STREAM);
    for (let i = 0; i < 20; i++) {
      net.clock.advance(20);
      answer(peer);
    }
    expect(shorts(asked)).toEqual(asked.map((_, i) => `200 /${i}`));
    expect(asked.every(({ response }) => response.attempts === 1)).toBe(true);
  });

  it('behind the head of a response is a reset: the peer has looked at it', () => {
    const { net, peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    peer.rst(1, Code.REFUSED_STREAM);
    net.turn();
    expect(first.short).toBe('body/reset');
    expect(peer.requests).toHaveLength(1);
  });

  it('of a request whose body can be read once alone sends it again only where nothing was read', () => {
    const net = new Http2Network();
    let reads = 0;
    const asked = net.send('http://host/up', (request) => {
      request.stream = {
        length: 3,
        replayable: false,
        contentType: undefined,
        open: () => ({
          read: (done) => done(undefined, reads++ === 0 ? Buffer.from('abc') : undefined),
          close: () => {},
        }),
      };
    });
    const peer = net.accept();
    expect(peer.request(1).ended).toBe(true);
    peer.rst(1, Code.REFUSED_STREAM);
    net.clock.advance(1_000);
    expect(asked.failure.kind).toBe('reset');
    expect(peer.requests).toHaveLength(1);
  });
});

describe('9.1 a connection without a stream', () => {
  function idle(): { readonly net: Http2Network; readonly peer: FramePeer } {
    const { net, peer } = exchange();
    answer(peer);
    net.clock.advance(1_000);
    return { net, peer };
  }

  it.each([
    ['the peer’s end', (net: Http2Network) => net.wire.finish()],
    ['the peer’s reset', (net: Http2Network) => net.wire.reset()],
    ['GOAWAY', (net: Http2Network) => net.peer.goaway(1, Code.NO_ERROR)],
    [
      'GOAWAY and the end',
      (net: Http2Network) => {
        net.peer.goaway(1, Code.NO_ERROR);
        if (net.peer.isOpen) net.wire.finish();
      },
    ],
  ] as const)(
    'that ends in the turn of a request, by %s, costs it nothing, whatever its method',
    (_, end) => {
      const { net, peer } = idle();
      const get = net.send('http://host/get');
      const post = net.send({ url: 'http://host/post', method: 'POST', body: 'pay' });
      end(net);
      net.turn();
      expect(shorts([get, post])).toEqual([undefined, undefined]);
      expect(peer.requests).toHaveLength(1);
      answer(net.accept());
      expect(shorts([get, post])).toEqual(['200 /get', '200 /post']);
      expect([get, post].map(({ response }) => response.attempts)).toEqual([1, 1]);
    },
  );

  it('that ends right after a request has left marks what may be sent again', () => {
    const { net } = idle();
    const get = net.ask('http://host/get');
    const post = net.ask({ url: 'http://host/post', method: 'POST', body: 'pay' });
    net.wire.finish();
    net.turn();
    expect(shorts([get, post])).toEqual(['headers/closed resend', 'headers/closed']);
  });

  it('is used again, and closes after its time', () => {
    const { net, peer } = idle();
    const next = net.ask('http://host/next');
    answer(peer);
    expect([next.short, net.peers.length]).toEqual(['200 /next', 1]);
    net.clock.advance(3_600_000);
    expect(peer.isOpen).toBe(false);
    expect(peer.goawayCode).toBe(Code.NO_ERROR);
    expect(String(net.transport)).toBe('0 origins, 0 idle connections');
  });

  it('is closed with the transport, and one with streams after their responses', () => {
    const { net, peer, first } = exchange();
    net.transport.close();
    net.turn();
    expect(peer.isOpen).toBe(true);
    answer(peer);
    net.turn();
    expect([first.short, peer.isOpen]).toEqual(['200 /1', false]);
    expect(peer.framesOf(Type.RST_STREAM)).toEqual([]);
  });

  it('or with some is gone at once when all is stopped', () => {
    const { net, peer, asked } = exchange(3);
    peer.headers(3, STATUS_OK);
    net.transport.abort();
    net.turn();
    expect(shorts(asked)).toEqual(['headers/aborted', 'body/aborted', 'headers/aborted']);
    expect(peer.isOpen).toBe(false);
  });
});
