// RFC 9113 sections 5.2 and 6.9: flow control. What the client may send, and what it lets the peer send.

import { describe, expect, it } from 'vitest';
import { Code, FRAME_MAX, Id, Type, uint32, WINDOW, WINDOW_MAX } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import { makeRequest } from '../fixture.ts';
import {
  type Exchange,
  exchange,
  expectConnectionError,
  expectGoingOn,
  expectStreamError,
  Http2Network,
  STATUS_OK,
  Taker,
  uploading,
} from './fixture.ts';

function sent(peer: FramePeer, streamId = 1): number {
  return peer.request(streamId).body.length;
}

describe('6.9.1 the window of a request body', () => {
  it('is 65,535 octets at first, for the stream and for the connection', () => {
    const { net, peer } = uploading();
    expect(sent(peer)).toBe(WINDOW);
    peer.windowUpdate(1, 1_000);
    net.turn();
    expect(sent(peer)).toBe(WINDOW);
    peer.windowUpdate(0, 300);
    net.turn();
    expect(sent(peer)).toBe(WINDOW + 300);
    peer.windowUpdate(0, 3_000);
    net.turn();
    expect(sent(peer)).toBe(WINDOW + 1_000);
  });

  it('opens for the rest, whose last frame ends the stream', () => {
    const { net, peer, first } = uploading(70_000);
    peer.windowUpdate(0, 70_000);
    peer.windowUpdate(1, 70_000);
    net.turn();
    expect([sent(peer), peer.request(1).ended]).toEqual([70_000, true]);
    // It has gone out with the content.
    expect(peer.framesOf(Type.DATA).at(-1)!.payload.length).toBeGreaterThan(0);
    peer.respond(1, 200, 'got it');
    expect(first.short).toBe('200 got it');
  });

  it('that is just filled lets the stream end', () => {
    const { peer } = uploading(WINDOW);
    expect([sent(peer), peer.request(1).ended]).toEqual([WINDOW, true]);
  });

  it('may open octet by octet', () => {
    const { net, peer } = uploading(WINDOW + 20);
    for (let i = 1; i <= 20; i++) {
      peer.windowUpdate(1, 1);
      peer.windowUpdate(0, 1);
      net.turn();
      expect(sent(peer)).toBe(WINDOW + i);
    }
    expect(peer.request(1).ended).toBe(true);
  });

  it('of the connection is shared by all streams, none of which starves', () => {
    const net = new Http2Network();
    for (let i = 0; i < 4; i++) net.send({ url: 'http://host/', method: 'POST', body: 'x'.repeat(100_000) });
    const peer = net.accept([[Id.INITIAL_WINDOW_SIZE, 1_000_000]]);
    for (let i = 0; i < 8; i++) {
      peer.windowUpdate(0, 50_000);
      net.turn();
    }
    expect(peer.requests.map(({ body, ended }) => [body.length, ended])).toEqual(
      Array(4).fill([100_000, true]),
    );
  });

  it('of one stream that is closed does not hold up the others', () => {
    const { net, peer } = exchange(1, {}, [[Id.INITIAL_WINDOW_SIZE, 10]]);
    net.ask({ url: 'http://host/2', method: 'POST', body: 'x'.repeat(50_000) });
    net.ask({ url: 'http://host/3', method: 'POST', body: 'y'.repeat(50_000) });
    peer.windowUpdate(5, 100_000);
    peer.windowUpdate(0, 1_000_000);
    net.turn();
    expect([sent(peer, 3), peer.request(5).ended]).toEqual([10, true]);
    expectGoingOn({ net, peer });
  });

  it('holds up no request without a body, and no end of one', () => {
    const { net, peer } = uploading();
    expect(peer.rules.window).toBe(0);
    const next = net.ask('http://host/2');
    const empty = net.ask({ url: 'http://host/3', method: 'POST', body: '' });
    expect(peer.requests.map(({ ended }) => ended)).toEqual([false, true, true]);
    peer.respond(3, 200, 'a');
    peer.respond(5, 200, 'b');
    expect([next.short, empty.short]).toEqual(['200 a', '200 b']);
  });

  it('that opens while the kernel takes nothing is used when it does', () => {
    const { net, peer } = uploading(80_000);
    net.wire.takes = false;
    peer.windowUpdate(0, 100_000);
    peer.windowUpdate(1, 5_000);
    net.turn();
    peer.windowUpdate(1, 50_000);
    net.turn();
    const before = sent(peer);
    expect(before).toBeLessThan(80_000);
    net.wire.drain();
    net.turn();
    expect([sent(peer), peer.request(1).ended]).toEqual([80_000, true]);
  });

  it('that never opens ends the request in time, and it alone', () => {
    const net = new Http2Network({ idleTimeoutMs: 1_000 });
    const up = net.send({ url: 'http://host/up', method: 'POST', body: 'x'.repeat(100_000) });
    const peer = net.accept();
    net.clock.advance(1_100);
    expect(up.short).toBe('send/timeout');
    expect(up.failure.sent).toBe('partial');
    expect(peer.request(1).reset).toBe(Code.CANCEL);
  });

  it('above 2^31-1 is a FLOW_CONTROL_ERROR: of the connection', () => {
    const all = exchange(2);
    all.peer.raw(Type.WINDOW_UPDATE, 0, 0, uint32(WINDOW_MAX - WINDOW));
    expectGoingOn(all);
    all.peer.raw(Type.WINDOW_UPDATE, 0, 0, uint32(1));
    expectConnectionError(all, Code.FLOW_CONTROL_ERROR);
  });

  it('above 2^31-1 is a FLOW_CONTROL_ERROR: of the stream', () => {
    const all = uploading();
    all.peer.raw(Type.WINDOW_UPDATE, 0, 1, uint32(WINDOW_MAX));
    expect(all.first.done).toBe(false);
    all.peer.raw(Type.WINDOW_UPDATE, 0, 1, uint32(1));
    all.net.turn();
    all.peer.windowUpdate(0, 100_000);
    expectStreamError(all, 1, Code.FLOW_CONTROL_ERROR);
  });

  it('is not opened by 0: PROTOCOL_ERROR, of the stream or the connection', () => {
    const one = exchange(2);
    one.peer.raw(Type.WINDOW_UPDATE, 0, 1, uint32(0));
    expectStreamError(one, 1, Code.PROTOCOL_ERROR);
    const all = exchange(2);
    all.peer.raw(Type.WINDOW_UPDATE, 0, 0, uint32(0));
    expectConnectionError(all, Code.PROTOCOL_ERROR);
  });

  it('has an increment whose first bit is ignored', () => {
    const { net, peer } = uploading(WINDOW + 5);
    peer.rules.sentWindowUpdate(0, 5);
    peer.rules.sentWindowUpdate(1, 5);
    peer.raw(Type.WINDOW_UPDATE, 0, 0, uint32(0x8000_0005));
    peer.raw(Type.WINDOW_UPDATE, 0, 1, uint32(0x8000_0005));
    net.turn();
    expect(peer.request(1).ended).toBe(true);
  });
});

describe('6.9.2 SETTINGS_INITIAL_WINDOW_SIZE', () => {
  it('is that of new streams', () => {
    const { net, peer } = exchange(1, {}, [[Id.INITIAL_WINDOW_SIZE, 10]]);
    net.ask({ url: 'http://host/', method: 'POST', body: 'x'.repeat(30) });
    expect(sent(peer, 3)).toBe(10);
    peer.windowUpdate(3, 15);
    net.turn();
    expect(sent(peer, 3)).toBe(25);
  });

  it('moves the windows of open streams, not that of the connection', () => {
    const { net, peer } = exchange(1, {}, [[Id.INITIAL_WINDOW_SIZE, 100]]);
    net.ask({ url: 'http://host/', method: 'POST', body: 'x'.repeat(100_000) });
    peer.settings([[Id.INITIAL_WINDOW_SIZE, 300]]);
    net.turn();
    expect(sent(peer, 3)).toBe(300);
    peer.settings([[Id.INITIAL_WINDOW_SIZE, 200_000]]);
    net.turn();
    expect(sent(peer, 3)).toBe(WINDOW);
  });

  it('may make windows negative: nothing is sent before they are positive again', () => {
    const { net, peer } = exchange(1, {}, [[Id.INITIAL_WINDOW_SIZE, 1_000]]);
    net.ask({ url: 'http://host/', method: 'POST', body: 'x'.repeat(2_000) });
    peer.settings([[Id.INITIAL_WINDOW_SIZE, 100]]);
    net.turn();
    expect(peer.rules.streams.get(3)!.window).toBe(-900);
    peer.windowUpdate(3, 900);
    net.turn();
    expect(sent(peer, 3)).toBe(1_000);
    peer.windowUpdate(3, 7);
    net.turn();
    expect(sent(peer, 3)).toBe(1_007);
    peer.settings([[Id.INITIAL_WINDOW_SIZE, 5_000]]);
    net.turn();
    expect([sent(peer, 3), peer.request(3).ended]).toEqual([2_000, true]);
  });

  it('may be 0, and then raised', () => {
    const { net, peer } = exchange(1, {}, [[Id.INITIAL_WINDOW_SIZE, 0]]);
    net.ask({ url: 'http://host/', method: 'POST', body: 'abc' });
    expect([sent(peer, 3), peer.request(3).ended]).toEqual([0, false]);
    peer.settings([[Id.INITIAL_WINDOW_SIZE, 3]]);
    net.turn();
    expect([sent(peer, 3), peer.request(3).ended]).toEqual([3, true]);
  });

  it('above 2^31-1 is a FLOW_CONTROL_ERROR', () => {
    const all = exchange(2);
    all.peer.raw(Type.SETTINGS, 0, 0, Buffer.from([0, Id.INITIAL_WINDOW_SIZE, 0x80, 0, 0, 0]));
    expectConnectionError(all, Code.FLOW_CONTROL_ERROR);
  });

  it('that makes the window of an open stream larger than 2^31-1 is a FLOW_CONTROL_ERROR', () => {
    const all = uploading();
    all.peer.raw(Type.WINDOW_UPDATE, 0, 1, uint32(WINDOW_MAX));
    expect(all.first.done).toBe(false);
    all.peer.raw(Type.SETTINGS, 0, 0, Buffer.from([0, Id.INITIAL_WINDOW_SIZE, 0, 1, 0, 0]));
    expectConnectionError(all, Code.FLOW_CONTROL_ERROR);
  });
});

/** Sends a body as fast as the windows allow; the turns that it took. */
function pour(net: Http2Network, peer: FramePeer, streamId: number, bytes: number): number {
  let turns = 0;
  for (let left = bytes; left > 0; turns++) {
    if (peer.room(streamId) === 0) throw new Error(`${left} octets do not go on`);
    while (left > 0 && peer.room(streamId) > 0) {
      const length = Math.min(left, FRAME_MAX, peer.room(streamId));
      left -= length;
      peer.data(streamId, Buffer.alloc(length, 'x'), { endStream: left === 0 });
    }
    net.turn();
  }
  return turns;
}

describe('5.2 the window of a response', () => {
  it('is opened again, in few frames, so that a body of any size comes through', () => {
    const bytes = 20_000_000;
    const { net, peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    pour(net, peer, 1, bytes);
    expect(first.response.body.length).toBe(bytes);
    const updates = peer.framesOf(Type.WINDOW_UPDATE).length;
    expect(updates).toBeGreaterThan(1);
    // One for every 16 frames that came, or less.
    expect(updates).toBeLessThan(bytes / FRAME_MAX / 16);
  });

  it('counts padding', () => {
    const { net, peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    const rounds = Math.ceil(peer.room(1) / 250);
    for (let i = 0; i < 2 * rounds; i++) {
      expect(peer.room(1)).toBeGreaterThan(256);
      peer.data(1, 'x', { padding: 255 });
      net.turn();
    }
    peer.data(1, '', { endStream: true });
    expect(first.response.body.length).toBe(2 * rounds);
  });

  it('is not needed for an empty frame', () => {
    const { peer, first } = exchange();
    peer.headers(1, STATUS_OK);
    const taker = peer.room(1);
    for (let left = taker; left > 0; left -= FRAME_MAX) peer.data(1, Buffer.alloc(Math.min(left, FRAME_MAX)));
    peer.data(1, '', { endStream: true });
    expect(first.response.body.length).toBe(taker);
  });

  function taking(): Exchange & { readonly taker: Taker } {
    const net = new Http2Network({ idleTimeoutMs: 1_000, timeoutMs: 10_000 });
    const request = makeRequest('http://host/file');
    const taker = new Taker();
    request.taker = taker;
    taker.wants = false;
    const first = net.sendRequest(request);
    const peer = net.accept();
    peer.headers(1, STATUS_OK);
    return { net, peer, first, asked: [first], taker };
  }

  it('is not opened for a taker that wants no more; others go on; then it is', () => {
    const { net, peer, first, taker } = taking();
    const window = peer.room(1);
    for (let left = window; left > 0; left -= FRAME_MAX)
      peer.data(1, Buffer.alloc(Math.min(left, FRAME_MAX), 'x'));
    net.turn();
    net.clock.advance(600_000);
    expect([first.done, taker.text.length]).toEqual([false, window]);
    expect(peer.framesOf(Type.WINDOW_UPDATE, 1)).toEqual([]);
    expect(net.wire.paused).toBe(false);
    expectGoingOn({ net, peer });
    taker.wants = true;
    taker.control!.resume();
    net.turn();
    expect(peer.room(1)).toBe(window);
    peer.data(1, 'end', { endStream: true });
    expect([first.response.status, taker.text.length]).toEqual([200, window + 3]);
  });

  it('is that of one stream: several takers that hold leave the connection to the others', () => {
    const { net, peer } = taking();
    for (let i = 0; i < 9; i++) {
      const request = makeRequest('http://host/file');
      const taker = new Taker();
      taker.wants = false;
      request.taker = taker;
      net.sendRequest(request);
      net.turn();
      peer.headers(3 + 2 * i, STATUS_OK);
    }
    for (let id = 1; id <= 19; id += 2)
      while (peer.room(id) > 0) peer.data(id, Buffer.alloc(Math.min(peer.room(id), FRAME_MAX)));
    net.turn();
    expectGoingOn({ net, peer });
  });

  it('that the peer passes is a FLOW_CONTROL_ERROR of the stream', () => {
    const all = taking();
    const { peer, taker } = all;
    while (peer.room(1) > 0) peer.data(1, Buffer.alloc(Math.min(peer.room(1), FRAME_MAX)));
    const length = taker.text.length;
    peer.data(1, 'x');
    expectStreamError(all, 1, Code.FLOW_CONTROL_ERROR);
    expect(taker.text).toHaveLength(length);
  });
});

describe('all frames of a turn', () => {
  it('leave in one write: requests, bodies, updates, acknowledgements, answers', () => {
    const { net, peer } = exchange(3);
    const before = net.wire.writes;
    peer.ping();
    peer.settings([[Id.MAX_FRAME_SIZE, 20_000]]);
    peer.respond(1, 200, 'hi');
    peer.data(3, 'no head');
    net.send('http://host/4');
    net.send({ url: 'http://host/5', method: 'POST', body: 'x'.repeat(40_000) });
    net.asked[2]!.request.cancel();
    expect(net.wire.writes).toBe(before);
    net.turn();
    expect(net.wire.writes).toBe(before + 1);
    const types = peer.frames.filter(({ write }) => write === peer.rules.writes).map(({ type }) => type);
    expect(new Set(types)).toEqual(
      new Set([Type.PING, Type.SETTINGS, Type.RST_STREAM, Type.HEADERS, Type.DATA]),
    );
  });

  it('are nothing where nothing is to be said', () => {
    const { net, peer } = exchange(2);
    const before = net.wire.writes;
    peer.respond(1, 200, 'hi');
    peer.respond(3, 200, 'x'.repeat(50_000));
    net.turn();
    net.clock.advance(100);
    expect(net.wire.writes).toBe(before);
  });
});
