// RFC 9113 section 10.5: what a peer can make the client do for nothing has an end, and memory and time have a bound.

import { describe, expect, it } from 'vitest';
import { ACK, blockOf, Code, FRAME_MAX, frameOf, type Pair, Type, uint32 } from '../../fake/frame-octets.ts';
import { settingsOf } from '../fixture.ts';
import {
  type Exchange,
  exchange,
  expectConnectionError,
  expectGoingOn,
  Http2Network,
  STATUS_OK,
} from './fixture.ts';

/** More than any of them may be. */
const MANY = 200_000;
const BATCH = 5_000;

/** Until the client has had enough, in reads of many frames, with a turn behind each. */
function flood({ net, peer }: Exchange, frame: (i: number) => Buffer): void {
  for (let i = 0; i < MANY && peer.isOpen; i += BATCH) {
    const octets = Array.from({ length: BATCH }, (_, j) => frame(i + j));
    if (peer.isOpen) net.wire.receive(Buffer.concat(octets));
    net.turn();
  }
}

const FLOODS: readonly (readonly [name: string, frame: (i: number) => Buffer])[] = [
  ['acknowledgements of SETTINGS', () => frameOf(Type.SETTINGS, ACK, 0, Buffer.alloc(0))],
  ['answers to PING', () => frameOf(Type.PING, ACK, 0, Buffer.alloc(8))],
  ['WINDOW_UPDATE of the connection', () => frameOf(Type.WINDOW_UPDATE, 0, 0, uint32(1))],
  ['WINDOW_UPDATE of a stream', () => frameOf(Type.WINDOW_UPDATE, 0, 1, uint32(1))],
  ['PRIORITY', () => frameOf(Type.PRIORITY, 0, 1, Buffer.alloc(5))],
  ['GOAWAY', () => frameOf(Type.GOAWAY, 0, 0, uint32(2 ** 31 - 1, 0))],
  ['unknown frames', (i) => frameOf(0x20 + (i % 100), 0, i, Buffer.alloc(0))],
  ['RST_STREAM of a closed stream', () => frameOf(Type.RST_STREAM, 0, 3, uint32(8))],
  [
    'a mixture',
    (i) =>
      i % 2 === 0
        ? frameOf(Type.WINDOW_UPDATE, 0, 0, uint32(1))
        : frameOf(Type.PRIORITY, 0, 1, Buffer.alloc(5)),
  ],
];

/** These want an answer each, so that what waits to be written grows. */
const ASKING: readonly (readonly [name: string, frame: (i: number) => Buffer])[] = [
  ['SETTINGS', () => frameOf(Type.SETTINGS, 0, 0, Buffer.alloc(0))],
  ['PING', () => frameOf(Type.PING, 0, 0, Buffer.alloc(8))],
];

function opened(): Exchange {
  const all = exchange(2);
  all.peer.respond(3, 200, 'hi');
  all.net.turn();
  return { ...all, asked: [all.first] };
}

function expectCalm(all: Exchange): void {
  expectConnectionError(all, Code.ENHANCE_YOUR_CALM);
}

describe('10.5 a flood', () => {
  it.each(FLOODS)('of %s: ENHANCE_YOUR_CALM', (_, frame) => {
    const all = opened();
    flood(all, frame);
    expectCalm(all);
  });

  it.each(ASKING)('of %s: ENHANCE_YOUR_CALM, and few octets of answers', (_, frame) => {
    const all = opened();
    // Those are not settings and PINGs that the rules know of.
    const { rules } = all.peer;
    rules.onSettingsAck = () => {};
    rules.onPing = () => {};
    flood(all, frame);
    expectCalm(all);
    const octets = all.peer.frames.reduce((sum, { payload }) => sum + 9 + payload.length, 0);
    expect(octets).toBeLessThan(2_000_000);
  });

  it('of empty DATA: ENHANCE_YOUR_CALM', () => {
    const all = opened();
    all.peer.headers(1, STATUS_OK);
    flood(all, () => frameOf(Type.DATA, 0, 1, Buffer.alloc(0)));
    expectCalm(all);
    expect(all.first.short).toBe('body/protocol');
  });

  it('of DATA that is padding: ENHANCE_YOUR_CALM', () => {
    const all = opened();
    all.peer.headers(1, STATUS_OK);
    flood(all, () => frameOf(Type.DATA, 8, 1, Buffer.from([3, 0, 0, 0])));
    expectCalm(all);
  });

  it('of empty CONTINUATION: ENHANCE_YOUR_CALM', () => {
    const all = opened();
    all.peer.headers(1, blockOf(STATUS_OK), { endHeaders: false });
    flood(all, () => frameOf(Type.CONTINUATION, 0, 1, Buffer.alloc(0)));
    expectCalm(all);
  });

  it('of CONTINUATION that never ends: ENHANCE_YOUR_CALM, soon', () => {
    const all = opened();
    all.peer.headers(1, blockOf(STATUS_OK), { endHeaders: false });
    const piece = blockOf([['a', 'x'.repeat(FRAME_MAX - 100)]]);
    let frames = 0;
    for (; frames < 1_000 && all.peer.isOpen; frames++) {
      all.peer.continuation(1, piece, false);
      all.net.turn();
    }
    expectCalm(all);
    expect(frames).toBeLessThan(200);
  });

  it('of HEADERS on a stream that was reset: ENHANCE_YOUR_CALM', () => {
    const all = opened();
    all.net.ask('http://host/gone').request.cancel();
    all.net.turn();
    flood(all, () => frameOf(Type.HEADERS, 4, 5, Buffer.from([0x88])));
    expectCalm(all);
  });

  it('of DATA on a stream that was reset: ENHANCE_YOUR_CALM', () => {
    const all = opened();
    all.net.ask('http://host/gone').request.cancel();
    all.net.turn();
    flood(all, () => frameOf(Type.DATA, 0, 5, Buffer.alloc(1)));
    expectCalm(all);
  });

  it('of frames on a connection that nothing asks anything of', () => {
    const all = exchange();
    all.peer.respond(1, 200);
    all.net.turn();
    flood({ ...all, asked: [] }, () => frameOf(Type.WINDOW_UPDATE, 0, 0, uint32(1)));
    all.net.turn();
    expect([all.peer.isOpen, all.peer.goawayCode]).toEqual([false, Code.ENHANCE_YOUR_CALM]);
    const next = all.net.send('http://host/next');
    all.net.accept().respond(1, 200, 'hi');
    expect(next.short).toBe('200 hi');
  });

  it('of answers does not grow what waits for a peer that reads nothing', () => {
    const { net, peer, first } = opened();
    const { wire } = net;
    const pings = Buffer.concat(Array(5_000).fill(frameOf(Type.PING, 0, 0, Buffer.alloc(8))));
    wire.takes = false;
    // Nobody looks at a million of answers.
    wire.onWritten = () => {
      wire.written = '';
    };
    peer.headers(1, STATUS_OK);
    for (let i = 0; i < 1_000 && peer.isOpen; i++) {
      wire.receive(pings);
      // So that no count of frames without use ends it.
      if (peer.isOpen) peer.data(1, 'x');
      net.turn();
    }
    expect(peer.isOpen).toBe(false);
    expect(first.short).toBe('body/protocol');
    expect(wire.pendingBytes).toBeLessThan(20_000_000);
  });

  it('of REFUSED_STREAM on every request ends each of them', () => {
    const net = new Http2Network();
    const asked = Array.from({ length: 20 }, (_, i) => net.send(`http://host/${i}`));
    const peer = net.accept();
    let resets = 0;
    for (let turn = 0; turn < 5_000 && asked.some(({ done }) => !done); turn++) {
      for (const { streamId } of peer.requests.slice(resets)) peer.rst(streamId, Code.REFUSED_STREAM);
      resets = peer.requests.length;
      net.clock.advance(10);
    }
    expect(asked.every(({ done }) => done)).toBe(true);
    expect(peer.requests.length).toBeLessThan(2_000);
  });
});

describe('10.5 what is not a flood', () => {
  it('is a body in frames of one octet', () => {
    const { net, peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    for (let i = 0; i < 20_000; i++) {
      peer.data(1, 'x');
      if (i % 100 === 0) net.turn();
    }
    peer.data(1, '', { endStream: true });
    expect(first.response.body.length).toBe(20_000);
    expectGoingOn({ net, peer });
  });

  it('is one frame on a stream that was reset, in reads of one octet', () => {
    const { net, peer, first } = exchange();
    first.request.cancel();
    net.turn();
    peer.headers(1, STATUS_OK);
    peer.arrives = 'octets';
    peer.data(1, Buffer.alloc(FRAME_MAX), { endStream: true });
    net.turn();
    peer.arrives = 'whole';
    expectGoingOn({ net, peer });
    expect(peer.framesOf(Type.RST_STREAM)).toHaveLength(1);
  });

  it('is a PING for each of very many responses', () => {
    const { net, peer } = exchange();
    peer.respond(1, 200);
    for (let i = 0; i < 1_000; i++) {
      const asked = net.ask('http://host/');
      for (let n = 0; n < 15; n++) peer.ping();
      peer.respond(peer.requests.at(-1)!.streamId, 200, 'hi');
      net.turn();
      expect(asked.short).toBe('200 hi');
    }
    expectGoingOn({ net, peer });
  });

  it('is a window that opens by little for a long body', () => {
    const net = new Http2Network();
    const asked = net.send({ url: 'http://host/', method: 'POST', body: 'x'.repeat(80_000) });
    const peer = net.accept();
    while (!peer.request(1).ended) {
      peer.windowUpdate(1, 2);
      peer.windowUpdate(0, 2);
      net.turn();
    }
    peer.respond(1, 200, 'hi');
    expect(asked.short).toBe('200 hi');
  });
});

describe('10.5.1 a header section', () => {
  function limited(changes: Partial<ReturnType<typeof settingsOf>['limits']>): Exchange {
    return exchange(2, { limits: { ...settingsOf().limits, ...changes } });
  }

  function expectTooLarge({ net, peer, first, asked }: Exchange, phase = 'headers'): void {
    net.turn();
    expect(first.short).toBe(`${phase}/too-large`);
    expect(peer.request(1).reset).toBeDefined();
    peer.respond(3, 200, 'hi');
    expect(asked[1]!.short).toBe('200 hi');
    expectGoingOn({ net, peer });
  }

  it('is as large as the limit, which the peer is told, and not larger', () => {
    const all = limited({ headerBytesMax: 1_000 });
    expect(all.peer.rules.clientSettings.get(6)).toBe(1_000);
    // Each counts 32 more than its octets, :status included.
    all.peer.headers(3, [...STATUS_OK, ['a', 'x'.repeat(1_000 - 42 - 33)]], { endStream: true });
    expect(all.asked[1]!.short).toBe('200 ');
    all.peer.headers(1, [...STATUS_OK, ['a', 'x'.repeat(1_000 - 42 - 32)]], { endStream: true });
    expect(all.first.short).toBe('headers/too-large');
    expectGoingOn(all);
  });

  it('in few octets that stand for many (HPACK bomb) is refused, and costs no memory', () => {
    const all = limited({ headerBytesMax: 20_000 });
    const long: Pair = ['a', 'x'.repeat(3_000)];
    all.peer.headers(
      1,
      Buffer.concat([blockOf([...STATUS_OK, long], true), Buffer.alloc(16_000 - 3_100, 0xbe)]),
    );
    expectTooLarge(all);
  });

  it('has as many fields as may be, and not more', () => {
    const all = limited({ headerCountMax: 10 });
    const fields = Array.from({ length: 10 }, (_, i): Pair => [`a${i}`, 'b']);
    all.peer.headers(1, [...STATUS_OK, ...fields]);
    expectTooLarge(all);
  });

  it('changes the table all the same', () => {
    const all = limited({ headerCountMax: 3 });
    const fields = Array.from({ length: 5 }, (_, i): Pair => [`a${i}`, 'b']);
    all.peer.headers(1, [...STATUS_OK, ...fields, ['last', 'one']], { indexed: true });
    all.peer.headers(3, Buffer.concat([blockOf(STATUS_OK), Buffer.from([0xbe])]), { endStream: true });
    expect(all.asked[1]!.response.headers).toEqual([['last', 'one']]);
  });

  it('of trailers has a limit of its own', () => {
    const all = limited({ trailerBytesMax: 100 });
    all.peer.headers(1, STATUS_OK);
    all.peer.headers(1, [['a', 'x'.repeat(200)]], { endStream: true });
    expectTooLarge(all, 'body');
  });
});
