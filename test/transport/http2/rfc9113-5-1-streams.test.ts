// RFC 9113 section 5.1: what may come on streams that are idle, half-closed, closed or reset, and how many may be open.

import { describe, expect, it } from 'vitest';
import { Code, Id, Type, uint32 } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import {
  type Exchange,
  exchange,
  expectConnectionError,
  expectGoingOn,
  expectStreamError,
  Http2Network,
  STATUS_OK,
  uploading,
} from './fixture.ts';

type Send = (peer: FramePeer, streamId: number) => void;

const FRAMES: readonly (readonly [name: string, send: Send])[] = [
  ['HEADERS', (peer, id) => peer.headers(id, STATUS_OK)],
  ['the end in HEADERS', (peer, id) => peer.headers(id, STATUS_OK, { endStream: true })],
  ['DATA', (peer, id) => peer.data(id, 'hi')],
  ['empty DATA', (peer, id) => peer.data(id, '')],
  ['RST_STREAM', (peer, id) => peer.raw(Type.RST_STREAM, 0, id, uint32(Code.CANCEL))],
  ['WINDOW_UPDATE', (peer, id) => peer.raw(Type.WINDOW_UPDATE, 0, id, uint32(1))],
];

const CONTENT = FRAMES.slice(0, 4);
const CONTROL = FRAMES.slice(4);

describe('5.1 an idle stream', () => {
  it.each(FRAMES)('takes no %s: PROTOCOL_ERROR, for the whole connection', (_, send) => {
    const all = exchange(2);
    send(all.peer, 5);
    expectConnectionError(all, Code.PROTOCOL_ERROR);
    expect(all.asked.map(({ short }) => short)).toEqual(['headers/protocol', 'headers/protocol']);
  });

  it('may be given a priority', () => {
    const { net, peer } = exchange();
    peer.raw(Type.PRIORITY, 0, 99, Buffer.alloc(5));
    expectGoingOn({ net, peer });
  });
});

describe('5.1.1 the number of a stream', () => {
  it.each(FRAMES)('is odd: %s on an even one is a PROTOCOL_ERROR', (_, send) => {
    const all = exchange(2);
    send(all.peer, 2);
    expectConnectionError(all, Code.PROTOCOL_ERROR);
  });

  it('grows with each request', () => {
    const { net, peer } = exchange(3);
    for (const id of [5, 1, 3]) peer.respond(id, 200);
    for (let i = 0; i < 3; i++) net.ask('http://host/next');
    expect(peer.requests.map(({ streamId }) => streamId)).toEqual([1, 3, 5, 7, 9, 11]);
  });
});

describe('5.1 a stream that the peer has ended while its request was on its way (half-closed)', () => {
  it('is answered, and nothing more of the request is sent', () => {
    const { net, peer, first } = uploading();
    peer.respond(1, 413, 'no');
    expect(first.short).toBe('413 no');
    net.turn();
    expect(peer.request(1).reset).toBe(Code.CANCEL);
    peer.windowUpdate(0, 100_000);
    expectGoingOn({ net, peer });
  });

  it.each(CONTENT)('takes no more %s: the stream is closed, the response stands', (_, send) => {
    const { net, peer, first } = uploading();
    peer.together(() => {
      peer.respond(1, 200, 'hi');
      send(peer, 1);
    });
    net.turn();
    expect(first.short).toBe('200 hi');
    expect(peer.request(1).reset).toBeOneOf([Code.STREAM_CLOSED, Code.CANCEL]);
    peer.windowUpdate(0, 100_000);
    expectGoingOn({ net, peer });
  });

  it.each(CONTROL)('takes %s, which changes nothing', (_, send) => {
    const { net, peer, first } = uploading();
    peer.respond(1, 200, 'hi');
    send(peer, 1);
    net.turn();
    expect(first.short).toBe('200 hi');
    peer.windowUpdate(0, 100_000);
    expectGoingOn({ net, peer });
  });
});

describe('5.1 a stream that both have ended (closed)', () => {
  it.each(CONTENT)('takes no %s: STREAM_CLOSED or nothing, and no outcome changes', (_, send) => {
    const { net, peer, asked } = exchange(2);
    peer.respond(1, 200, 'hi');
    net.turn();
    send(peer, 1);
    send(peer, 1);
    net.turn();
    expect([undefined, Code.STREAM_CLOSED]).toContain(peer.goawayCode ?? peer.request(1).reset);
    expect(asked[0]!.short).toBe('200 hi');
    if (peer.goawayCode !== undefined) return;
    peer.respond(3, 200, 'hello');
    expect(asked[1]!.short).toBe('200 hello');
    expectGoingOn({ net, peer });
  });

  it.each(CONTROL)('may still get %s', (_, send) => {
    const { net, peer, first } = exchange();
    peer.respond(1, 200, 'hi');
    send(peer, 1);
    expect(first.short).toBe('200 hi');
    expectGoingOn({ net, peer });
    expect(peer.framesOf(Type.RST_STREAM)).toEqual([]);
  });

  it.each(CONTENT)('takes no %s after the peer has reset it', (_, send) => {
    const { net, peer, asked } = exchange(2);
    peer.rst(1, Code.INTERNAL_ERROR);
    send(peer, 1);
    net.turn();
    expect([undefined, Code.STREAM_CLOSED]).toContain(peer.goawayCode ?? peer.request(1).reset);
    expect(asked[0]!.failure.kind).toBe('reset');
    if (peer.goawayCode === undefined) expectGoingOn({ net, peer });
  });
});

describe('5.1 a stream that the client has reset', () => {
  function cancelled(): Exchange {
    const all = exchange(2);
    all.first.request.cancel();
    all.net.turn();
    expect(all.first.short).toBe('headers/aborted');
    expect(all.peer.request(1).reset).toBe(Code.CANCEL);
    return all;
  }

  it.each(FRAMES)('may get %s for a while, which is ignored', (_, send) => {
    const { net, peer, first } = cancelled();
    send(peer, 1);
    net.turn();
    expect(peer.framesOf(Type.RST_STREAM)).toHaveLength(1);
    expect(first.outcomes).toHaveLength(1);
    expectGoingOn({ net, peer });
  });

  it('may get a whole response in pieces, which is ignored', () => {
    const { net, peer, first } = cancelled();
    peer.headers(1, STATUS_OK);
    for (let i = 0; i < 5; i++) peer.data(1, 'abc');
    peer.headers(1, [['a', 'b']], { endStream: true });
    net.turn();
    expect(peer.framesOf(Type.RST_STREAM)).toHaveLength(1);
    expect(first.outcomes).toHaveLength(1);
    expectGoingOn({ net, peer });
  });

  it('has field blocks that change the table for the others', () => {
    const { peer, asked } = cancelled();
    peer.headers(1, [...STATUS_OK, ['a', 'b']], { endStream: true, indexed: true });
    peer.headers(3, Buffer.from([0xbf, 0xbe]), { endStream: true });
    expect(asked[1]!.response.headers).toEqual([['a', 'b']]);
  });

  it('and has some that are none: COMPRESSION_ERROR', () => {
    const all = cancelled();
    all.peer.headers(1, Buffer.from([0x80]));
    expectConnectionError({ ...all, asked: [all.asked[1]!] }, Code.COMPRESSION_ERROR);
  });

  it('has DATA that count for the window of the connection, and are given back', () => {
    const net = new Http2Network();
    net.send('http://host/0');
    const peer = net.accept();
    const connection = peer.rules.peerWindow;
    const chunk = Buffer.alloc(16_384);
    let sent = 0;
    for (let id = 3; sent < 3 * connection; id += 2) {
      net.ask(`http://host/${id}`).request.cancel();
      net.turn();
      peer.headers(id, STATUS_OK);
      while (peer.room(id) >= chunk.length) {
        peer.data(id, chunk);
        sent += chunk.length;
      }
      net.turn();
      expect(peer.rules.peerWindow).toBeGreaterThan(0);
    }
    expect(peer.rules.peerWindow).toBeGreaterThan(connection / 4);
    expectGoingOn({ net, peer });
  });
});

describe('5.1.2 the number of streams at once', () => {
  /** Paths of the requests that have come and have no answer. */
  function under(peer: FramePeer): string[] {
    return peer.requests
      .filter(({ streamId }) => !peer.rules.streams.get(streamId)!.serverEnded)
      .map(({ path }) => path);
  }

  it('is what the peer says; the others wait, and go in their order', () => {
    const { net, peer } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 2]]);
    const rest = ['/2', '/3', '/4'].map((path) => net.ask(`http://host${path}`));
    expect(under(peer)).toEqual(['/1', '/2']);
    peer.respond(3, 200, 'two');
    net.turn();
    expect(under(peer)).toEqual(['/1', '/3']);
    peer.respond(1, 200);
    net.turn();
    expect(under(peer)).toEqual(['/3', '/4']);
    peer.respond(5, 200, 'three');
    peer.respond(7, 200, 'four');
    expect(rest.map(({ short }) => short)).toEqual(['200 two', '200 three', '200 four']);
    expect(net.peers).toHaveLength(1);
  });

  it('counts a stream that was reset no more', () => {
    const { net, peer, first } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    net.ask('http://host/2');
    net.ask('http://host/3');
    first.request.cancel();
    net.turn();
    expect(peer.requests.map(({ path }) => path)).toEqual(['/1', '/2']);
    peer.rst(3, Code.CANCEL);
    net.turn();
    expect(peer.requests.map(({ path }) => path)).toEqual(['/1', '/2', '/3']);
  });

  it('may be lowered under what is open: all of these go on', () => {
    const { net, peer, asked } = exchange(3);
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 1]]);
    const later = net.ask('http://host/later');
    for (const id of [1, 3]) {
      peer.respond(id, 200, 'hi');
      net.turn();
      expect(peer.requests).toHaveLength(3);
    }
    peer.respond(5, 200, 'hi');
    net.turn();
    expect(peer.requests).toHaveLength(4);
    peer.respond(7, 200, 'hi');
    expect([...asked, later].map(({ short }) => short)).toEqual(Array(4).fill('200 hi'));
  });

  it('may be raised: those that wait go at once', () => {
    const { net, peer } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    for (let i = 2; i <= 5; i++) net.ask(`http://host/${i}`);
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 4]]);
    net.turn();
    expect(under(peer)).toEqual(['/1', '/2', '/3', '/4']);
  });

  it('may be 0 for a while', () => {
    const { net, peer, first } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 0]]);
    const later = net.ask('http://host/later');
    expect(peer.requests).toHaveLength(1);
    peer.respond(1, 200, 'hi');
    expect(first.short).toBe('200 hi');
    net.clock.advance(1_000);
    expect([peer.requests.length, later.done]).toEqual([1, false]);
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 10]]);
    net.turn();
    peer.respond(3, 200, 'hi');
    expect(later.short).toBe('200 hi');
  });

  it('may be 0 for ever: no request waits longer than its time', () => {
    const { net, peer, first } = exchange(1, { timeoutMs: 5_000, idleTimeoutMs: 60_000 }, [
      [Id.MAX_CONCURRENT_STREAMS, 0],
    ]);
    peer.respond(1, 200);
    const later = net.ask('http://host/later');
    net.clock.advance(60_000);
    expect([first.short, later.done]).toEqual(['200 ', true]);
    expect(later.failure.kind).toBe('timeout');
    expect(later.failure.sent).toBe('none');
  });

  it('is not passed by what is asked for while responses are handed out', () => {
    const { net, peer } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    let sent = 0;
    const again = (): void => {
      if (sent++ < 20) net.transport.send(net.asked[0]!.request, again);
    };
    net.asked[0]!.request.done = again;
    peer.respond(1, 200);
    net.turn();
    for (let id = 3; peer.requests.at(-1)!.streamId === id; id += 2) {
      peer.respond(id, 200);
      net.turn();
    }
    expect(peer.requests).toHaveLength(21);
  });
});

describe('5.1 a stream that an error ends', () => {
  it('makes room for another one', () => {
    const all = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    all.peer.data(1, 'no head');
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
  });
});
