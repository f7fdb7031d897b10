// The connections of one origin over HTTP/2: how many there are, which one a request goes out on, who waits and how
// long, and when they are let go of.

import { describe, expect, it } from 'vitest';
import { Code, Id } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import { systemError } from '../../fake/wire.ts';
import { AlpnNetwork, GONE, shorts } from '../alpn-network.ts';

const HTTP = 'http://host';
const MAX = Id.MAX_CONCURRENT_STREAMS;

/** On http with prior knowledge. */
function network(changes: ConstructorParameters<typeof AlpnNetwork>[0] = {}): AlpnNetwork {
  return new AlpnNetwork({ httpVersion: '2', ...changes });
}

/** Every wire that is being connected is up, and its peer has said its settings. */
function acceptAll(net: AlpnNetwork, settings: Parameters<AlpnNetwork['h2']>[1] = []): FramePeer[] {
  return net.connector.wires
    .filter(({ state }) => state === 'connecting')
    .map((wire) => net.h2(wire, settings));
}

/** Peers go on taking connections and answering until nothing is asked of them any more. */
function serveAll(net: AlpnNetwork, settings: Parameters<AlpnNetwork['h2']>[1] = []): void {
  for (let i = 0; i < 100; i++) {
    acceptAll(net, settings);
    for (const peer of net.peers) if (peer.isOpen) net.answer(peer);
    net.clock.advance(1);
  }
}

function paths(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `200 /${i}`);
}

function counts(net: AlpnNetwork): number[] {
  return net.peers.map(({ requests }) => requests.length);
}

describe('h2Connections', () => {
  it('1 puts all on one connection, and what it has no room for waits', () => {
    const net = network({ h2Connections: 1 });
    const asked = net.burst(250, HTTP);
    const peer = net.h2(net.wire, [[MAX, 100]]);
    expect([peer.requests.length, net.connector.wires.length]).toEqual([100, 1]);
    net.answer(peer);
    expect(peer.requests).toHaveLength(200);
    net.answer(peer);
    net.answer(peer);
    expect(shorts(asked)).toEqual(paths(250));
    expect(net.transport.usage).toEqual({ http1Connections: 0, http2Connections: 1, streamsMax: 100 });
    expect(net.connector.wires).toHaveLength(1);
  });

  it('3 spreads what comes over three, each request to the one with the least to do', () => {
    const net = network({ h2Connections: 3 });
    net.burst(1, HTTP);
    const [first] = acceptAll(net);
    acceptAll(net);
    net.burst(30, HTTP);
    expect(net.connector.wires).toHaveLength(3);
    expect(counts(net).sort()).toEqual([10, 10, 11]);
    net.answer(first!);
    net.burst(11, HTTP);
    expect(first!.requests).toHaveLength(22);
  });

  it('3 opens no second one for requests that come one after the other', () => {
    const net = network({ h2Connections: 3 });
    net.burst(1, HTTP);
    const peer = net.h2();
    const others = net.connector.wires.length;
    net.answer(peer);
    for (let i = 0; i < 5; i++) {
      net.burst(1, HTTP);
      net.answer(peer);
    }
    expect(net.connector.wires).toHaveLength(others);
    expect(peer.requests).toHaveLength(6);
  });

  it('as needed: one until all of its streams are taken, and then as many as take the rest', () => {
    const net = network();
    const asked = net.burst(10, HTTP);
    net.h2(net.wire, [[MAX, 10]]);
    asked.push(...net.burst(25, HTTP));
    expect(net.connector.wires).toHaveLength(4);
    acceptAll(net, [[MAX, 10]]);
    expect(counts(net)).toEqual([10, 10, 10, 5]);
    serveAll(net, [[MAX, 10]]);
    expect(shorts(asked)).toEqual([...paths(10), ...paths(25)]);
    expect(net.transport.usage).toMatchObject({ http2Connections: 4 });
  });

  it('as needed: no more than there are requests at once', () => {
    const net = network({ perOriginMax: 2 });
    net.burst(1, HTTP);
    net.h2(net.wire, [[MAX, 1]]);
    net.burst(5, HTTP);
    expect(net.connector.wires).toHaveLength(2);
  });
});

describe('the streams that a peer takes', () => {
  it('one at a time, and many requests: none is lost, however many it refused at first', () => {
    const net = network();
    const asked = net.burst(60, HTTP);
    for (let i = 0; i < 300; i++) {
      for (const wire of net.connector.wires.filter(({ state }) => state === 'connecting'))
        net.h2(wire, [[MAX, 1]]);
      for (const peer of net.peers) oneAtATime(peer);
      net.clock.advance(1);
    }
    expect(shorts(asked)).toEqual(paths(60));
    expect(asked.every(({ response }) => response.attempts === 1)).toBe(true);
  });

  it('fewer than before: those under way end, and new ones wait for room', () => {
    const net = network({ h2Connections: 1 });
    const asked = net.burst(5, HTTP);
    const peer = net.h2();
    peer.settings([[MAX, 2]]);
    net.clock.advance(0);
    asked.push(...net.burst(1, HTTP));
    peer.respond(1, 200);
    peer.respond(3, 200);
    peer.respond(5, 200);
    net.clock.advance(0);
    expect(peer.requests).toHaveLength(5);
    peer.respond(7, 200);
    net.clock.advance(0);
    expect(peer.requests).toHaveLength(6);
    net.answer(peer);
    expect(shorts(asked).every((one) => one.startsWith('200 '))).toBe(true);
  });

  it('none: requests wait, and go out when it takes some', () => {
    const net = network({ firstByteTimeoutMs: 1000 });
    net.burst(1, HTTP);
    const peer = net.h2(net.wire, [[MAX, 0]]);
    net.answer(peer);
    const asked = net.burst(3, HTTP);
    net.clock.advance(900);
    expect([peer.requests.length, net.connector.wires.length]).toEqual([1, 1]);
    peer.settings([[MAX, 2]]);
    net.clock.advance(0);
    expect(peer.requests).toHaveLength(3);
    net.clock.advance(900);
    net.answer(peer);
    net.clock.advance(900);
    net.answer(peer);
    expect(shorts(asked)).toEqual(paths(3));
    expect(asked[0]!.response.timings.queueMs).toBe(900);
  });

  it('none, for ever: requests fail in time, and say why', () => {
    const net = network({ firstByteTimeoutMs: 1000, keepAliveMs: 100_000 });
    net.burst(1, HTTP);
    const peer = net.h2(net.wire, [[MAX, 0]]);
    net.answer(peer);
    const asked = net.burst(3, HTTP);
    net.clock.advance(950);
    expect(shorts(asked)).toEqual(['…', '…', '…']);
    net.clock.advance(100);
    expect(shorts(asked)).toEqual(asked.map(() => 'queue/timeout'));
    for (const { failure } of asked) {
      expect(failure.message).toMatch(/^host .*stream/);
      expect(failure.sent).toBe('none');
    }
    peer.settings([[MAX, 1]]);
    const next = net.burst(1, HTTP);
    net.answer(peer);
    expect(shorts(next)).toEqual(['200 /0']);
  });

  it('none, and its connection closes for lack of use: those that wait do not wait for ever', () => {
    const net = network({ firstByteTimeoutMs: 5000, keepAliveMs: 1000 });
    net.burst(1, HTTP);
    net.answer(net.h2(net.wire, [[MAX, 0]]));
    const asked = net.burst(3, HTTP);
    for (let i = 0; i < 20; i++) {
      for (const wire of net.connector.wires.filter(({ state }) => state === 'connecting'))
        net.h2(wire, [[MAX, 0]]);
      net.clock.advance(1000);
    }
    expect(asked.every(({ done }) => done)).toBe(true);
  });
});

/** Refuses what is more than one at a time, and answers what was there before. */
function oneAtATime(peer: FramePeer): void {
  const open = peer.requests.filter(({ streamId }) => {
    const stream = peer.rules.streams.get(streamId)!;
    return !stream.serverEnded && stream.closedBy === undefined;
  });
  for (const { streamId } of open.slice(1)) peer.rst(streamId, Code.REFUSED_STREAM);
  const [first] = open;
  if (first !== undefined) peer.respond(first.streamId, 200, first.path);
}

describe('an opening that fails', () => {
  it('while others serve fails no request, and is not tried again at once', () => {
    const net = network();
    const asked = net.burst(2, HTTP);
    const peer = net.h2(net.wire, [[MAX, 2]]);
    asked.push(...net.burst(2, HTTP));
    expect(net.connector.wires).toHaveLength(2);
    net.wire.close(systemError('ECONNREFUSED'));
    net.clock.advance(0);
    expect(shorts(asked)).toEqual(['…', '…', '…', '…']);
    asked.push(...net.burst(2, HTTP));
    expect(net.connector.wires).toHaveLength(2);
    for (let i = 0; i < 3; i++) net.answer(peer);
    expect(shorts(asked)).toEqual(['200 /0', '200 /1', '200 /0', '200 /1', '200 /0', '200 /1']);
    net.clock.advance(2000);
    net.burst(3, HTTP);
    expect(net.connector.wires).toHaveLength(3);
  });

  it('of the first one fails all that wait', () => {
    const net = network();
    const asked = net.burst(20, HTTP);
    net.wire.close(systemError('ECONNREFUSED'));
    expect(new Set(shorts(asked))).toEqual(new Set(['connect/refused']));
    expect(String(net.transport)).toBe(GONE);
  });

  it('after the others have ended fails those that wait', () => {
    const net = network();
    const asked = net.burst(2, HTTP);
    const peer = net.h2(net.wire, [[MAX, 1]]);
    peer.rst(3, Code.REFUSED_STREAM);
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(2);
    peer.goaway(1, Code.NO_ERROR);
    net.clock.advance(0);
    net.wire.close(systemError('ECONNREFUSED'));
    net.clock.advance(0);
    expect(shorts(asked)).toEqual(['…', 'connect/refused']);
    net.answer(peer);
    expect(shorts(asked)).toEqual(['200 /0', 'connect/refused']);
    expect(String(net.transport)).toBe(GONE);
  });

  it('for a request that must not go to an old connection does not hold up those that may', () => {
    const net = network({ h2Connections: 2, keepAliveMs: 100_000 });
    net.burst(1, HTTP);
    const [first] = acceptAll(net);
    const [second] = acceptAll(net);
    net.answer(first!);
    net.clock.advance(100);
    const asked = net.burst(2, HTTP);
    expect([first!.requests.length, second!.requests.length]).toEqual([2, 1]);
    net.answer(second!);
    net.clock.advance(100);
    first!.wire.reset();
    net.clock.advance(0);
    const again = net.resend(asked[0]!);
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(3);
    net.wire.close(systemError('ECONNREFUSED'));
    const next = net.burst(3, HTTP);
    net.answer(second!);
    expect(shorts(next)).toEqual(paths(3));
    net.answer(second!);
    expect(again.done).toBe(true);
  });
});

describe('a request that an old connection has failed', () => {
  it('goes to one that is known to live, or to a new one', () => {
    const net = network({ h2Connections: 2, keepAliveMs: 100_000 });
    net.burst(1, HTTP);
    const [first] = acceptAll(net);
    const [second] = acceptAll(net);
    net.answer(first!);
    net.clock.advance(100);
    const [lost] = net.burst(2, HTTP);
    first!.wire.reset();
    net.clock.advance(10);
    expect(lost!.failure.resend).toBe(true);
    const again = net.resend(lost!);
    net.clock.advance(0);
    expect([second!.requests.length, net.connector.wires.length]).toEqual([1, 3]);
    net.answer(net.h2());
    expect(again.short).toBe('200 /0');
    // It has been heard of since.
    net.answer(second!);
    const other = net.burst(2, HTTP);
    for (const peer of net.peers) if (peer.isOpen) net.answer(peer);
    expect(shorts(other)).toEqual(paths(2));
  });
});

describe('what a peer has not looked at', () => {
  it('is sent again so often and no more; others are not charged for it', () => {
    const net = network({ h2Connections: 1 });
    const [refused, other] = net.burst(2, HTTP);
    const peer = net.h2();
    for (let i = 0; i < 40 && !refused!.done; i++) {
      const last = peer.requests.filter(({ path }) => path === '/0').at(-1)!;
      peer.rst(last.streamId, Code.REFUSED_STREAM);
      net.clock.advance(1);
    }
    expect(refused!.failure).toMatchObject({ kind: 'reset', attempts: 1, resend: false });
    expect(peer.requests.filter(({ path }) => path === '/0').length).toBeLessThanOrEqual(21);
    net.answer(peer);
    expect(other!.short).toBe('200 /1');
    expect(net.connector.wires).toHaveLength(1);
  });
});

describe('unused connections', () => {
  it('close after keepAliveMs without a request, all of them', () => {
    const net = network({ h2Connections: 3, keepAliveMs: 1000 });
    net.burst(1, HTTP);
    acceptAll(net);
    acceptAll(net);
    const asked = net.burst(8, HTTP);
    for (const peer of net.peers) net.answer(peer);
    expect(asked.every(({ done }) => done)).toBe(true);
    expect(String(net.transport)).toBe('1 origins, 3 idle connections');
    net.clock.advance(900);
    expect(net.connector.held).toHaveLength(3);
    net.clock.advance(150);
    expect(net.connector.held).toHaveLength(0);
    expect(net.peers.map(({ goawayCode }) => goawayCode)).toEqual([0, 0, 0]);
    expect(String(net.transport)).toBe(GONE);
    expect(net.clock.pending).toBe(0);
  });

  it('do not close as long as they are used, nor in the middle of a response', () => {
    const net = network({ keepAliveMs: 1000 });
    net.burst(1, HTTP);
    const peer = net.h2();
    net.clock.advance(3000);
    expect(peer.isOpen).toBe(true);
    net.answer(peer);
    for (let i = 0; i < 5; i++) {
      net.clock.advance(900);
      net.burst(1, HTTP);
      net.answer(peer);
    }
    expect(net.connector.wires).toHaveLength(1);
    net.clock.advance(1100);
    expect(String(net.transport)).toBe(GONE);
  });

  it('are few: the one that lay longest closes, whatever it speaks', () => {
    const net = new AlpnNetwork({ idleConnections: 3 });
    net.burst(1, 'https://one');
    net.answer(net.h2());
    net.burst(1, 'https://two');
    net.h1(net.wire);
    net.burst(1, 'https://three');
    net.answer(net.h2());
    // The first one is used again, and so the last to go.
    net.burst(1, 'https://one');
    net.answer(net.peers[0]!);
    expect(String(net.transport)).toBe('3 origins, 3 idle connections');
    net.burst(1, 'https://four');
    net.answer(net.h2());
    expect(net.connector.held.map(({ origin }) => origin.host)).toEqual(['one', 'three', 'four']);
    net.burst(1, 'https://five');
    net.h1(net.wire);
    expect(net.connector.held.map(({ origin }) => origin.host)).toEqual(['one', 'four', 'five']);
    expect(String(net.transport)).toBe('3 origins, 3 idle connections');
    net.sleep();
  });

  it('are counted once, however often they come and go', () => {
    const net = network();
    net.burst(1, HTTP);
    const peer = net.h2();
    for (let i = 0; i < 5; i++) {
      net.answer(peer);
      expect(String(net.transport)).toBe('1 origins, 1 idle connections');
      peer.ping();
      peer.settings([]);
      net.clock.advance(0);
      expect(String(net.transport)).toBe('1 origins, 1 idle connections');
      net.burst(1, HTTP);
      expect(String(net.transport)).toBe('1 origins, 0 idle connections');
    }
    net.answer(peer);
    peer.goaway(999, Code.NO_ERROR);
    net.clock.advance(0);
    expect(String(net.transport)).toBe(GONE);
  });

  it('let the process end when told to rest, and keep it while they serve', () => {
    const net = network();
    net.burst(1, HTTP);
    const peer = net.h2();
    net.transport.rest();
    expect(net.wire.keepsAlive).toBe(true);
    net.answer(peer);
    net.transport.rest();
    expect(net.wire.keepsAlive).toBe(false);
    net.burst(1, HTTP);
    expect(net.wire.keepsAlive).toBe(true);
    net.answer(peer);
    net.transport.rest();
    expect(net.wire.keepsAlive).toBe(false);
  });
});

describe('the end', () => {
  it('of an aborted pool leaves nothing: under way, waiting, being opened', () => {
    const net = network();
    const asked = net.burst(2, HTTP);
    net.h2(net.wire, [[MAX, 2]]);
    asked.push(...net.burst(4, HTTP));
    expect(net.connector.held).toHaveLength(3);
    net.transport.abort();
    net.clock.advance(100);
    expect(shorts(asked).map((one) => one.split('/')[1])).toEqual(asked.map(() => 'aborted'));
    expect([net.connector.held.length, String(net.transport), net.clock.pending]).toEqual([0, GONE, 0]);
  });

  it('of a closed one comes when its requests are done, those that wait too', () => {
    const net = network({ h2Connections: 1 });
    const asked = net.burst(4, HTTP);
    const peer = net.h2(net.wire, [[MAX, 2]]);
    for (const id of [5, 7]) peer.rst(id, Code.REFUSED_STREAM);
    net.clock.advance(0);
    net.transport.close();
    net.answer(peer);
    serveAll(net, [[MAX, 2]]);
    expect(shorts(asked)).toEqual(paths(4));
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
  });

  it('of a request that waits is its alone', () => {
    const net = network({ h2Connections: 1 });
    const asked = net.burst(3, HTTP);
    const peer = net.h2(net.wire, [[MAX, 1]]);
    for (const id of [3, 5]) peer.rst(id, Code.REFUSED_STREAM);
    net.clock.advance(0);
    asked[1]!.request.cancel();
    net.answer(peer);
    net.answer(peer);
    expect(shorts(asked)).toEqual(['200 /0', 'queue/aborted', '200 /2']);
    expect(peer.requests.map(({ path }) => path)).toEqual(['/0', '/1', '/2', '/2']);
  });

  it('of all that waited for a connection that is being opened leaves nothing for long', () => {
    const net = network({ keepAliveMs: 1000 });
    const asked = net.burst(3, HTTP);
    for (const { request } of asked) request.cancel();
    expect(shorts(asked)).toEqual(asked.map(() => 'queue/aborted'));
    if (net.connector.held.length > 0) net.h2();
    net.clock.advance(2000);
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
  });
});

describe('what was used so far', () => {
  it('counts connections of both kinds, and the most streams that one of them had at once', () => {
    const net = new AlpnNetwork();
    net.burst(1, 'https://old');
    net.h1(net.wire);
    net.burst(7, 'https://new');
    const peer = net.h2();
    net.answer(peer);
    net.burst(3, 'https://new');
    net.answer(peer);
    expect(net.transport.usage).toEqual({ http1Connections: 1, http2Connections: 1, streamsMax: 7 });
    net.burst(1, 'https://other');
    expect(net.transport.usage).toMatchObject({ http2Connections: 1 });
    net.h2();
    expect(net.transport.usage).toMatchObject({ http2Connections: 2, streamsMax: 7 });
  });
});
