// RFC 9113 sections 5.1, 5.2.2 and 9.1: a peer that says nothing, or half of something, holds up nobody for ever, and
// what stands still on one stream does not concern the others.

import { describe, expect, it } from 'vitest';
import { blockOf, Code, frameOf, Id, Type } from '../../fake/frame-octets.ts';
import { makeRequest } from '../fixture.ts';
import { type Changes, exchange, expectGoingOn, Http2Network, STATUS_OK, Taker } from './fixture.ts';

const TICK_MS = 20;
const NEVER: Changes = {
  dnsTimeoutMs: 1e9,
  connectTimeoutMs: 1e9,
  tlsTimeoutMs: 1e9,
  firstByteTimeoutMs: 1e9,
  idleTimeoutMs: 1e9,
  timeoutMs: 1e9,
};

describe('a stream that stands still', () => {
  it('before its response ends by RST_STREAM(CANCEL), others go on', () => {
    const { net, peer, asked } = exchange(2, { ...NEVER, firstByteTimeoutMs: 1_000 });
    net.clock.advance(900);
    peer.headers(3, STATUS_OK);
    net.clock.advance(99);
    expect(asked[0]!.done).toBe(false);
    net.clock.advance(1 + TICK_MS);
    expect(asked[0]!.short).toBe('headers/timeout');
    expect([asked[0]!.failure.sent, asked[0]!.failure.resend]).toEqual(['whole', false]);
    expect(peer.request(1).reset).toBe(Code.CANCEL);
    peer.data(3, 'hi', { endStream: true });
    expect(asked[1]!.short).toBe('200 hi');
    expectGoingOn({ net, peer });
  });

  it('in its body ends by RST_STREAM(CANCEL), others go on', () => {
    const { net, peer, asked } = exchange(2, { ...NEVER, idleTimeoutMs: 1_000 });
    peer.headers(1, STATUS_OK);
    peer.headers(3, STATUS_OK);
    peer.data(1, 'half');
    for (let i = 0; i < 11; i++) {
      peer.data(3, 'x');
      net.clock.advance(100);
    }
    expect(asked.map((one) => one.done && one.short)).toEqual(['body/timeout', false]);
    expect(peer.request(1).reset).toBe(Code.CANCEL);
    peer.data(3, '', { endStream: true });
    expect(asked[1]!.short).toBe('200 xxxxxxxxxxx');
  });

  it('is not helped by other frames: PING, SETTINGS, updates, responses of others, empty DATA', () => {
    const { net, peer, first } = exchange(1, { ...NEVER, firstByteTimeoutMs: 1_000 });
    for (let i = 0; i < 11; i++) {
      peer.ping();
      peer.settings();
      peer.windowUpdate(1, 1);
      peer.headers(1, [[':status', '103']]);
      expectGoingOn({ net, peer });
      net.clock.advance(100);
    }
    expect(first.short).toBe('headers/timeout');
    expect(peer.request(1).reset).toBe(Code.CANCEL);
  });

  it('or drips ends with the time of the whole attempt', () => {
    const { net, peer, asked } = exchange(2, { ...NEVER, idleTimeoutMs: 200, timeoutMs: 1_000 });
    peer.respond(3, 200, 'hi');
    peer.headers(1, STATUS_OK);
    for (let i = 0; i < 10; i++) {
      expect(asked[0]!.done).toBe(false);
      peer.data(1, 'x');
      net.clock.advance(100);
    }
    net.clock.advance(TICK_MS);
    expect(asked[0]!.short).toBe('body/timeout');
    expect(peer.request(1).reset).toBe(Code.CANCEL);
    expectGoingOn({ net, peer });
  });

  it('has a deadline of its own among very many', () => {
    const { net, peer, asked } = exchange(50, { ...NEVER, firstByteTimeoutMs: 500 });
    const late = Array.from({ length: 50 }, (_, i) => {
      net.clock.advance(2);
      return net.ask(`http://host/late${i}`);
    });
    net.clock.advance(500 - 100 + TICK_MS);
    expect(asked.every(({ done }) => done)).toBe(true);
    expect(late.some(({ done }) => done)).toBe(true);
    expect(late.every(({ done }) => done)).toBe(false);
    net.clock.advance(100);
    expect(late.every(({ failure }) => failure.kind === 'timeout')).toBe(true);
    // The last of them may go with the connection, which was silent all the time.
    expect(peer.framesOf(Type.RST_STREAM).length).toBeGreaterThanOrEqual(50);
  });

  it('is answered too late: that concerns nobody', () => {
    const { net, peer, first } = exchange(1, { ...NEVER, firstByteTimeoutMs: 500 });
    expectGoingOn({ net, peer });
    net.clock.advance(500 + TICK_MS);
    expect(first.short).toBe('headers/timeout');
    peer.respond(1, 200, 'late');
    net.turn();
    expect(first.outcomes).toHaveLength(1);
    expect(peer.framesOf(Type.RST_STREAM)).toHaveLength(1);
  });
});

describe('a peer that says half', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half of a head', frameOf(Type.HEADERS, 4, 1, blockOf(STATUS_OK)).subarray(0, 5)],
    ['half of a payload', frameOf(Type.HEADERS, 4, 1, blockOf(STATUS_OK)).subarray(0, 12)],
    ['half of a field block', frameOf(Type.HEADERS, 0, 1, blockOf(STATUS_OK))],
    ['half of a PING', frameOf(Type.PING, 0, 0, Buffer.alloc(8)).subarray(0, 12)],
  ])('%s, and then nothing: the deadline of a response holds', (_, octets) => {
    const { net, peer, first } = exchange(1, { ...NEVER, firstByteTimeoutMs: 1_000 });
    peer.octets(octets);
    net.clock.advance(1_000 + TICK_MS);
    expect(first.short).toBe('headers/timeout');
  });

  it('a piece of DATA, and then nothing: the deadline of a body holds', () => {
    const { net, peer, first } = exchange(1, { ...NEVER, idleTimeoutMs: 1_000 });
    peer.headers(1, STATUS_OK);
    peer.octets(frameOf(Type.DATA, 1, 1, Buffer.from('hello')).subarray(0, 11));
    net.clock.advance(999);
    expect(first.done).toBe(false);
    net.clock.advance(1 + TICK_MS);
    expect(first.short).toBe('body/timeout');
  });

  it('never any SETTINGS: requests end in time, and those behind them go elsewhere', () => {
    const net = new Http2Network({ ...NEVER, firstByteTimeoutMs: 1_000 });
    const asked = net.send('http://host/');
    net.wire.connect();
    net.clock.advance(1_000 + TICK_MS);
    expect(asked.short).toBe('headers/timeout');
    const next = net.send('http://host/next');
    net.turn();
    if (net.peers.length > 1) net.accept();
    else net.peer.settings();
    net.turn();
    expect(net.peers.length).toBe(2);
    net.peer.respond(net.peer.requests.at(-1)!.streamId, 200, 'hi');
    expect(next.short).toBe('200 hi');
  });

  it('nothing more after it had answered: a connection that is dead is left by those that follow', () => {
    const { net, peer } = exchange(1, { ...NEVER, firstByteTimeoutMs: 1_000 });
    peer.respond(1, 200, 'hi');
    net.clock.advance(1_500);
    const lost = net.ask('http://host/lost');
    net.clock.advance(1_000 + TICK_MS);
    expect(lost.short).toBe('headers/timeout');
    const next = net.send('http://host/next');
    net.accept().respond(1, 200, 'hi');
    expect([next.short, peer.isOpen, net.peers.length]).toEqual(['200 hi', false, 2]);
  });
});

describe('a request that is cancelled', () => {
  it.each(['before its response', 'in its body', 'in its upload'])(
    '%s: RST_STREAM(CANCEL), others go on',
    (when) => {
      const net = new Http2Network();
      const body = when === 'in its upload' ? 'x'.repeat(100_000) : '';
      const one = net.send({ url: 'http://host/', method: 'POST', body });
      const two = net.send('http://host/2');
      const peer = net.accept();
      if (when === 'in its body') {
        peer.headers(1, STATUS_OK);
        peer.data(1, 'half');
      }
      one.request.cancel();
      expect(one.failure.kind).toBe('aborted');
      net.turn();
      expect(peer.request(1).reset).toBe(Code.CANCEL);
      peer.respond(3, 200, 'hi');
      expect(two.short).toBe('200 hi');
      peer.windowUpdate(0, 100_000);
      expectGoingOn({ net, peer });
    },
  );

  it('while it waits for a stream never gets one', () => {
    const { net, peer } = exchange(1, {}, [[Id.MAX_CONCURRENT_STREAMS, 1]]);
    const waiting = net.ask('http://host/waiting');
    const behind = net.ask('http://host/behind');
    waiting.request.cancel();
    expect([waiting.short, waiting.failure.sent]).toEqual(['queue/aborted', 'none']);
    peer.respond(1, 200);
    net.turn();
    peer.respond(3, 200, 'hi');
    expect(behind.short).toBe('200 hi');
    expect(peer.requests.map(({ path }) => path)).toEqual(['/1', '/behind']);
  });

  it('in the turn in which it was sent has one outcome', () => {
    const { net, peer } = exchange();
    const asked = net.send({ url: 'http://host/', method: 'POST', body: 'hi' });
    asked.request.cancel();
    net.turn();
    expect(asked.outcomes).toHaveLength(1);
    expectGoingOn({ net, peer });
  });

  it.each(['on its head', 'in its content', 'later'])('by who takes its content, %s', (when) => {
    const net = new Http2Network();
    const request = makeRequest('http://host/file');
    const taker = new Taker();
    request.taker = taker;
    if (when === 'on its head')
      taker.onHead = (_, __, control) => {
        control.cancel();
        return true;
      };
    if (when === 'in its content')
      taker.onContent = () => {
        taker.control!.cancel();
        return true;
      };
    const asked = net.sendRequest(request);
    const peer = net.accept();
    peer.together(() => {
      peer.headers(1, STATUS_OK);
      peer.data(1, 'abc');
      peer.data(1, 'def');
    });
    if (when === 'later') taker.control!.cancel();
    expect(asked.short).toBe('body/aborted');
    net.turn();
    expect(peer.request(1).reset).toBe(Code.CANCEL);
    expectGoingOn({ net, peer });
  });

  it.each(['head', 'content'])('by a taker that throws on its %s fails alone, and says why', (what) => {
    const net = new Http2Network();
    const request = makeRequest('http://host/file');
    const taker = new Taker();
    request.taker = taker;
    const broken = () => {
      throw new Error('disk gone');
    };
    if (what === 'head') taker.onHead = broken;
    else taker.onContent = broken;
    const asked = net.sendRequest(request);
    const peer = net.accept();
    peer.respond(1, 200, 'hi');
    expect(asked.short).toBe('body/unknown');
    expect(asked.failure.cause).toMatchObject({ message: 'disk gone' });
    expectGoingOn({ net, peer });
  });
});
