// RFC 9113 sections 5.4, 5.5, 6 and 7: the rules of every frame, what an error ends and how, and codes of errors.

import { describe, expect, it } from 'vitest';
import { ACK, blockOf, Code, Id, PADDED, type Pair, Type, uint32 } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import {
  exchange,
  expectConnectionError,
  expectGoingOn,
  expectStreamError,
  Http2Network,
  STATUS_OK,
} from './fixture.ts';

type Act = (peer: FramePeer) => void;

/** What concerns the whole connection and is against the rules of a frame: PROTOCOL_ERROR. */
const BROKEN: readonly (readonly [name: string, act: Act])[] = [
  ['6.1 DATA on stream 0', (peer) => peer.data(0, 'hi')],
  [
    '6.1 DATA with more padding than octets',
    (peer) => peer.raw(Type.DATA, PADDED, 1, Buffer.from([3, 0, 0])),
  ],
  [
    '6.1 DATA that is nothing but the length of a padding',
    (peer) => peer.raw(Type.DATA, PADDED, 1, Buffer.from([1])),
  ],
  ['6.2 HEADERS on stream 0', (peer) => peer.headers(0, STATUS_OK)],
  [
    '6.2 HEADERS with more padding than octets',
    (peer) => peer.raw(Type.HEADERS, PADDED | 4, 1, Buffer.from([2, 0x88])),
  ],
  [
    '6.2 HEADERS whose padding reaches into the priority',
    (peer) => peer.raw(Type.HEADERS, PADDED | 0x24, 1, Buffer.from([3, 0, 0, 0, 0, 9, 0x88, 0])),
  ],
  ['6.3 PRIORITY on stream 0', (peer) => peer.raw(Type.PRIORITY, 0, 0, Buffer.alloc(5))],
  ['6.4 RST_STREAM on stream 0', (peer) => peer.raw(Type.RST_STREAM, 0, 0, uint32(8))],
  ['6.5 SETTINGS on a stream', (peer) => peer.raw(Type.SETTINGS, 0, 1)],
  ['6.5 an acknowledgement on a stream', (peer) => peer.raw(Type.SETTINGS, ACK, 1)],
  [
    '6.5.2 ENABLE_PUSH of 1 from a server',
    (peer) => peer.raw(Type.SETTINGS, 0, 0, Buffer.from([0, 2, 0, 0, 0, 1])),
  ],
  ['6.5.2 ENABLE_PUSH of 2', (peer) => peer.raw(Type.SETTINGS, 0, 0, Buffer.from([0, 2, 0, 0, 0, 2]))],
  [
    '6.5.2 MAX_FRAME_SIZE of 16,383',
    (peer) => peer.raw(Type.SETTINGS, 0, 0, Buffer.from([0, 5, 0, 0, 0x3f, 0xff])),
  ],
  ['6.5.2 MAX_FRAME_SIZE of 2^24', (peer) => peer.raw(Type.SETTINGS, 0, 0, Buffer.from([0, 5, 1, 0, 0, 0]))],
  [
    '6.6 PUSH_PROMISE, which our SETTINGS forbid',
    (peer) => peer.raw(Type.PUSH_PROMISE, 4, 1, Buffer.concat([uint32(2), blockOf([[':method', 'GET']])])),
  ],
  ['6.6 PUSH_PROMISE on stream 0', (peer) => peer.raw(Type.PUSH_PROMISE, 4, 0, uint32(2))],
  ['6.7 PING on a stream', (peer) => peer.raw(Type.PING, 0, 1, Buffer.alloc(8))],
  ['6.8 GOAWAY on a stream', (peer) => peer.raw(Type.GOAWAY, 0, 1, Buffer.alloc(8))],
  ['6.10 CONTINUATION without HEADERS', (peer) => peer.continuation(1, blockOf(STATUS_OK))],
  [
    '6.10 CONTINUATION behind the end of a block',
    (peer) => {
      peer.headers(1, STATUS_OK);
      peer.continuation(1, blockOf([['a', 'b']]));
    },
  ],
  ['6.10 CONTINUATION on stream 0', (peer) => peer.continuation(0, blockOf(STATUS_OK))],
];

describe('the rules of frames', () => {
  it.each(BROKEN)('%s: PROTOCOL_ERROR', (_, act) => {
    const all = exchange(2);
    act(all.peer);
    expectConnectionError(all, Code.PROTOCOL_ERROR);
  });

  it.each<readonly [string, Act]>([
    ['CONTINUATION of another stream', (peer) => peer.continuation(3, blockOf([['a', 'b']]))],
    ['HEADERS of the same stream', (peer) => peer.headers(1, STATUS_OK)],
    ['DATA of the same stream', (peer) => peer.data(1, 'hi')],
    ['PING', (peer) => peer.ping()],
    ['SETTINGS', (peer) => peer.raw(Type.SETTINGS, 0, 0)],
    ['WINDOW_UPDATE', (peer) => peer.windowUpdate(0, 1)],
    ['RST_STREAM of the same stream', (peer) => peer.rst(1, Code.CANCEL)],
    ['GOAWAY', (peer) => peer.goaway(3, Code.NO_ERROR)],
    ['5.5 an unknown frame', (peer) => peer.raw(0x77, 0, 1)],
  ])('6.10 a field block goes on with nothing else, not with %s: PROTOCOL_ERROR', (_, act) => {
    const all = exchange(2);
    all.peer.headers(1, blockOf(STATUS_OK), { endHeaders: false });
    act(all.peer);
    // An answer to a PING, or an acknowledgement, comes no more.
    expectConnectionError(all, Code.PROTOCOL_ERROR);
  });

  it.each([0, 1, 100, 255])('6.1 and 6.2 padding of %i octets is no content', (padding) => {
    const { net, peer, first } = exchange();
    peer.headers(1, [...STATUS_OK, ['a', 'b']], { padding, priority: padding === 1 });
    peer.data(1, 'he', { padding });
    peer.data(1, 'llo', { padding, endStream: true });
    expect([first.short, first.response.header('a')]).toEqual(['200 hello', 'b']);
    expectGoingOn({ net, peer });
  });

  it('6.1 DATA may be nothing but padding, also at the end', () => {
    const { peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    peer.data(1, '', { padding: 9 });
    peer.data(1, 'hi');
    peer.data(1, '', { padding: 0, endStream: true });
    expect(first.short).toBe('200 hi');
  });

  it('6.2 a priority in HEADERS is passed over, whatever it depends on', () => {
    const { peer, first } = exchange();
    peer.raw(
      Type.HEADERS,
      0x25,
      1,
      Buffer.concat([uint32(0x8000_0001), Buffer.from([255]), blockOf(STATUS_OK)]),
    );
    expect(first.short).toBe('200 ');
  });

  it.each([0, 4, 6])('6.3 PRIORITY of %i octets is a FRAME_SIZE_ERROR of its stream', (length) => {
    const all = exchange(2);
    all.peer.raw(Type.PRIORITY, 0, 1, Buffer.alloc(length));
    expectStreamError(all, 1, Code.FRAME_SIZE_ERROR);
  });

  it('6.3 PRIORITY is ignored on streams in any state', () => {
    const { net, peer } = exchange(2);
    peer.respond(3, 200);
    for (const id of [1, 3, 5, 2, 1001]) if (id % 2 === 1) peer.raw(Type.PRIORITY, 0, id, Buffer.alloc(5));
    expectGoingOn({ net, peer });
  });

  it('6.5 settings come in any number, the last of several of one kind counts, unknown ones are ignored', () => {
    const { net, peer } = exchange(1, {}, [
      [Id.MAX_CONCURRENT_STREAMS, 1],
      [0x1234, 0xffff_ffff],
      [0, 7],
      [Id.MAX_CONCURRENT_STREAMS, 3],
    ]);
    for (let i = 0; i < 5; i++) net.ask('http://host/x');
    expect(peer.requests).toHaveLength(3);
  });

  it('6.5 ENABLE_PUSH of 0, and the bounds of MAX_FRAME_SIZE, are in order', () => {
    const { net, peer } = exchange();
    peer.settings([[Id.ENABLE_PUSH, 0]]);
    peer.settings([[Id.MAX_FRAME_SIZE, 16_384]]);
    peer.settings([[Id.MAX_FRAME_SIZE, 16_777_215]]);
    net.ask({ url: 'http://host/', method: 'POST', body: 'x'.repeat(50_000) });
    expect(peer.request(3).ended).toBe(true);
    expectGoingOn({ net, peer });
  });

  it('6.5.3 an acknowledgement that nobody waits for is ignored', () => {
    const { net, peer } = exchange();
    for (let i = 0; i < 3; i++) peer.raw(Type.SETTINGS, ACK, 0);
    expectGoingOn({ net, peer });
  });

  it('6.7 PING is answered in the same turn with the same octets, each in its order', () => {
    const { net, peer } = exchange();
    const payloads = ['12345678', '\0\xff\0\xff\0\xff\0\xff', '........'].map((text) =>
      Buffer.from(text, 'latin1'),
    );
    peer.together(() => {
      for (const payload of payloads) peer.ping(payload);
    });
    net.turn();
    const answers = peer.framesOf(Type.PING);
    expect(answers.map(({ payload, flags }) => [payload, flags])).toEqual(payloads.map((one) => [one, ACK]));
    expect(new Set(answers.map(({ write }) => write)).size).toBe(1);
  });

  it('6.7 PING is answered on a connection without a request', () => {
    const { net, peer } = exchange();
    peer.respond(1, 200);
    net.clock.advance(1_000);
    peer.ping();
    net.turn();
    expect(peer.framesOf(Type.PING)).toHaveLength(1);
  });

  it('6.7 an answer to a PING that was not sent is ignored', () => {
    const { net, peer } = exchange();
    peer.ping(Buffer.alloc(8, 7), true);
    net.turn();
    expect(peer.framesOf(Type.PING)).toEqual([]);
    expectGoingOn({ net, peer });
  });
});

describe('5.4 an error', () => {
  it('of the connection ends all of its requests, each where it stands', () => {
    const net = new Http2Network();
    const waiting = net.send('http://host/1');
    const reading = net.send('http://host/2');
    const sending = net.send({ url: 'http://host/3', method: 'POST', body: 'x'.repeat(100_000) });
    const done = net.send('http://host/4');
    const peer = net.accept();
    peer.headers(3, STATUS_OK);
    peer.respond(7, 200, 'hi');
    peer.data(0, '!');
    net.turn();
    expect(peer.goawayCode).toBe(Code.PROTOCOL_ERROR);
    expect([waiting, reading, sending, done].map(({ short }) => short)).toEqual([
      'headers/protocol',
      'body/protocol',
      'send/protocol',
      '200 hi',
    ]);
    expect([waiting, reading, sending].map(({ failure }) => failure.sent)).toEqual([
      'whole',
      'response',
      'partial',
    ]);
    expect(waiting.failure.message).toMatch(/DATA.*stream 0/);
  });

  it('of the connection sends what had no stream yet elsewhere', () => {
    const { net, peer, first } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    const behind = net.ask('http://host/behind');
    peer.data(0, '!');
    net.turn();
    expect([first.short, behind.done, net.peers.length]).toEqual(['headers/protocol', false, 2]);
    net.accept().respond(1, 200, 'hi');
    expect([behind.short, behind.response.attempts]).toEqual(['200 hi', 1]);
  });

  it('of the connection sends what was asked for in this very turn elsewhere', () => {
    const { net, peer } = exchange();
    const late = net.send('http://host/late');
    peer.data(0, '!');
    net.turn();
    expect(peer.requests).toHaveLength(1);
    net.accept().respond(1, 200, 'hi');
    expect([late.short, late.response.attempts]).toEqual(['200 hi', 1]);
  });

  it('of the connection is the last that is read: nothing behind it counts', () => {
    const { net, peer, first } = exchange();
    peer.together(() => {
      peer.data(0, '!');
      peer.respond(1, 200, 'hi');
      peer.data(0, '!');
    });
    net.turn();
    peer.respond(1, 200, 'hi');
    expect(first.short).toBe('headers/protocol');
    expect(peer.framesOf(Type.GOAWAY)).toHaveLength(1);
  });

  it('of the connection names the last stream of the peer that was looked at: none', () => {
    const all = exchange();
    all.peer.data(0, '!');
    all.net.turn();
    expect(all.peer.framesOf(Type.GOAWAY)[0]!.payload.readUInt32BE(0)).toBe(0);
  });

  it('of the connection leaves the origin in order: the next request opens another one', () => {
    const all = exchange();
    all.peer.data(0, '!');
    expectConnectionError(all, Code.PROTOCOL_ERROR);
    all.net.wire.close();
    const next = all.net.send('http://host/next');
    all.net.accept().respond(1, 200, 'hi');
    expect([next.short, all.net.peers.length]).toEqual(['200 hi', 2]);
  });

  it('of a stream ends its request alone, where it stands', () => {
    const all = exchange(3);
    all.peer.headers(3, STATUS_OK);
    all.peer.data(3, 'a');
    all.peer.headers(3, STATUS_OK);
    expectStreamError(all, 3, Code.PROTOCOL_ERROR);
    expect(all.asked[1]!.short).toBe('body/protocol');
    expect(all.asked[1]!.failure.sent).toBe('response');
    expect(all.asked[0]!.done).toBe(false);
    all.peer.respond(1, 200, 'hi');
    expect(all.asked[0]!.short).toBe('200 hi');
  });
});

describe('5.4 the end of the transport connection', () => {
  it.each([
    ['the peer ends it', (net: Http2Network) => net.wire.finish(), 'closed'],
    ['the peer resets it', (net: Http2Network) => net.wire.reset(), 'reset'],
  ] as const)('ends its requests where they stand: %s', (_, end, kind) => {
    const { net, peer, asked } = exchange(3);
    peer.headers(3, STATUS_OK);
    peer.data(3, 'half');
    peer.respond(5, 200, 'hi');
    end(net);
    net.turn();
    expect(asked.map(({ short }) => short)).toEqual([
      expect.stringMatching(`^headers/${kind}`),
      `body/${kind}`,
      '200 hi',
    ]);
    expect(asked[1]!.failure.sent).toBe('response');
    expect(net.connector.held).toEqual([]);
  });

  it('makes no body whole, whatever had come', () => {
    const { net, peer, first } = exchange();
    peer.headers(1, [...STATUS_OK, ['content-length', '2']]);
    peer.data(1, 'hi');
    net.wire.finish();
    expect(first.short).toBe('body/closed');
  });

  it('inside of a frame is the end as anywhere', () => {
    const { net, peer, first } = exchange();
    peer.octets(Buffer.from([0, 0, 9, 1, 5, 0, 0, 0, 1, 0x88]));
    net.wire.finish();
    expect(first.short).toMatch(/^headers\/closed/);
  });
});

describe('7 codes of errors', () => {
  const codes: readonly Pair[] = [
    ...Object.entries(Code).map(([name, code]): Pair => [name, String(code)]),
    ['0x2a', '42'],
    ['0xffffffff', '4294967295'],
  ];

  it.each(codes.filter(([name]) => name !== 'REFUSED_STREAM' && name !== 'HTTP_1_1_REQUIRED'))(
    '%s in RST_STREAM is the end of one request, and is named',
    (name, code) => {
      const all = exchange(2);
      all.peer.rst(1, Number(code));
      expect(all.first.short).toBe('headers/reset');
      expect(all.first.failure.sent).toBe('whole');
      expect(all.first.failure.message).toContain(name);
      expectGoingOn(all);
      expect(all.peer.framesOf(Type.RST_STREAM)).toEqual([]);
    },
  );

  it.each(codes.filter(([name]) => name !== 'NO_ERROR'))(
    '%s in GOAWAY is named where it ends a request',
    (name, code) => {
      const { net, peer, first } = exchange();
      peer.goaway(1, Number(code), 'no more of this');
      net.wire.finish();
      net.turn();
      expect(first.short).toBe('headers/closed');
      expect(first.failure.message).toContain(name);
      expect(first.failure.message).toContain('no more of this');
    },
  );

  it('in RST_STREAM inside of a response is its end', () => {
    const { peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    peer.data(1, 'half');
    peer.rst(1, Code.INTERNAL_ERROR);
    expect(first.short).toBe('body/reset');
    expect(first.failure.sent).toBe('response');
  });
});
