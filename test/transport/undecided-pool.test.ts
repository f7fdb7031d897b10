// A secure origin of which nobody knows what it speaks: who waits for the answer, what it costs, and what is remembered.

import { describe, expect, it } from 'vitest';
import type { RequestInput } from '../../src/model/request.ts';
import { Code } from '../fake/frame-octets.ts';
import { systemError } from '../fake/wire.ts';
import { AlpnNetwork, GONE, shorts } from './alpn-network.ts';
import { type Asked, OK } from './fixture.ts';
import { proxyAt } from './wire-log.ts';

const BOTH = ['h2', 'http/1.1'];
const PATHS = Array.from({ length: 60 }, (_, i) => `200 /${i}`);
const HIS = Array.from({ length: 60 }, () => '200 hi');
const REQUIRED = Code.HTTP_1_1_REQUIRED;

describe('a cold burst', () => {
  it('opens one connection, and goes out on it where that speaks HTTP/2', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(60);
    expect(net.offered).toEqual([BOTH]);
    expect(net.resolver.asked).toEqual(['host']);
    net.clock.advance(30);
    const peer = net.h2();
    expect(peer.requests.map(({ path }) => `200 ${path}`)).toEqual(PATHS);
    net.clock.advance(5);
    net.answer(peer);
    expect(shorts(asked)).toEqual(PATHS);
    expect(net.connector.wires).toHaveLength(1);
    expect(net.transport.usage).toEqual({ http1Connections: 0, http2Connections: 1, streamsMax: 60 });
    for (const { response } of asked) expect([response.httpVersion, response.attempts]).toEqual(['2', 1]);
  });

  it('goes out on connections of its own but for the first, where that speaks HTTP/1.1', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(60);
    net.h1(net.wire);
    expect(shorts(asked).filter((one) => one !== '…')).toEqual(['200 hi']);
    expect(net.connector.wires).toHaveLength(60);
    expect(net.wire.protocols ?? ['http/1.1']).toEqual(['http/1.1']);
    for (const wire of net.connector.wires.slice(1)) net.h1(wire);
    expect(shorts(asked)).toEqual(HIS);
    expect(net.transport.usage).toEqual({ http1Connections: 60, http2Connections: 0, streamsMax: 0 });
    expect(net.connector.wires[0]!.written).toContain('GET /0 ');
  });

  it('speaks HTTP/1.1 where nothing was chosen', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(2);
    net.h1(net.wire, undefined);
    net.h1(net.wire, undefined);
    expect(shorts(asked)).toEqual(['200 hi', '200 hi']);
  });

  it('charges what the first connection cost to the first request, and the wait of the others to none', () => {
    const net = new AlpnNetwork({ firstByteTimeoutMs: 100, tlsTimeoutMs: 1000 });
    const asked = net.burst(3);
    net.clock.advance(400);
    const peer = net.h2();
    net.clock.advance(50);
    net.answer(peer);
    const timings = asked.map(({ response }) => [
      response.ms,
      response.timings.queueMs,
      response.timings.tlsMs,
    ]);
    expect(timings[0]![0]).toBe(450);
    for (const [ms, queueMs] of timings.slice(1)) expect([ms, queueMs]).toEqual([50, 400]);
    expect(asked[1]!.response.timings).toMatchObject({ dnsMs: 0, connectMs: 0, tlsMs: 0 });
  });

  it('to several origins asks each', () => {
    const net = new AlpnNetwork();
    for (let i = 0; i < 9; i++) net.send(`https://host${i % 3}/${i}`);
    expect(net.connector.wires.map(({ origin }) => origin.host)).toEqual(['host0', 'host1', 'host2']);
  });
});

describe('what an origin speaks is remembered', () => {
  it('HTTP/2: the next burst goes out on one connection again', () => {
    const net = new AlpnNetwork();
    net.burst(1);
    net.answer(net.h2());
    net.sleep();
    const asked = net.burst(60);
    expect(net.offered).toEqual([BOTH, BOTH]);
    net.answer(net.h2());
    expect(shorts(asked)).toEqual(PATHS);
    net.sleep();
  });

  it('HTTP/1.1: the next burst waits for nobody', () => {
    const net = new AlpnNetwork();
    net.burst(1);
    net.h1(net.wire);
    net.sleep();
    const asked = net.burst(60);
    expect(net.connector.wires).toHaveLength(61);
    for (const wire of net.connector.wires.slice(1)) net.h1(wire);
    expect(shorts(asked)).toEqual(HIS);
    net.sleep();
  });

  it('of each origin, and on each way to it', () => {
    const net = new AlpnNetwork();
    net.burst(1);
    net.h1(net.wire);
    net.send('https://host:8443/');
    net.send('https://host/', (request) => {
      request.proxy = proxyAt('http://proxy:3128');
    });
    expect(net.offered.slice(1)).toEqual([BOTH, BOTH]);
  });

  it('not where it could not be reached', () => {
    const net = new AlpnNetwork();
    net.burst(2);
    net.wire.close(systemError('ECONNREFUSED'));
    net.burst(2);
    expect(net.offered).toEqual([BOTH, BOTH]);
  });
});

/** What makes an opening fail once its name is known, and how each that waited fails. */
const FAILING: readonly (readonly [string, (net: AlpnNetwork) => void, string])[] = [
  ['refused', (net) => net.wire.close(systemError('ECONNREFUSED')), 'connect/refused'],
  ['no answer', (net) => net.clock.advance(60_000), 'connect/timeout'],
  [
    'closed during TLS',
    (net) => {
      net.wire.connect();
      net.wire.finish();
    },
    'tls/closed',
  ],
  [
    'silent TLS',
    (net) => {
      net.wire.connect();
      net.clock.advance(60_000);
    },
    'tls/timeout',
  ],
];

describe('an opening that fails', () => {
  function expectAllFailed(net: AlpnNetwork, asked: readonly Asked[], expected: string): void {
    expect(new Set(shorts(asked))).toEqual(new Set([expected]));
    for (const { failure } of asked) expect([failure.sent, failure.attempts]).toEqual(['none', 1]);
    expect(net.connector.held).toEqual([]);
    expect(String(net.transport)).toBe(GONE);
  }

  it.each(FAILING)(
    '(%s) fails all that waited for it, once each, and leaves nothing',
    (_, fail, expected) => {
      const net = new AlpnNetwork();
      const asked = net.burst(60);
      fail(net);
      expectAllFailed(net, asked, expected);
      for (const { failure } of asked) expect(failure.message).toContain('host');
    },
  );

  it('before there is a wire does so too: no name, no descriptor', () => {
    const net = new AlpnNetwork();
    net.resolver.immediate = false;
    const nameless = net.burst(60);
    net.resolver.fail();
    expectAllFailed(net, nameless, 'dns/not-found');
    const wireless = net.burst(60);
    net.connector.error = systemError('EMFILE');
    net.resolver.answer();
    expectAllFailed(net, wireless, 'connect/resources');
  });

  it('lets those that are sent while it fails ask again, once', () => {
    const net = new AlpnNetwork();
    const again: Asked[] = [];
    const asked = net.burst(3);
    for (const one of asked) {
      const { request } = one;
      const { done } = request;
      request.done = (...told) => {
        done!(...told);
        again.push(net.send(`https://host/again${again.length}`));
      };
    }
    net.wire.close(systemError('ECONNREFUSED'));
    expect(shorts(asked)).toEqual(asked.map(() => 'connect/refused'));
    expect(shorts(again)).toEqual(['…', '…', '…']);
    expect(net.connector.wires).toHaveLength(2);
    net.answer(net.h2());
    expect(shorts(again)).toEqual(['200 /again0', '200 /again1', '200 /again2']);
  });
});

describe('while the answer is waited for', () => {
  it('a request that is cancelled is never sent; the others are', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(5);
    for (const i of [0, 2]) asked[i]!.request.cancel();
    net.answer(net.h2());
    expect(shorts(asked)).toEqual(['queue/aborted', '200 /1', 'queue/aborted', '200 /3', '200 /4']);
    expect(net.peers[0]!.requests).toHaveLength(3);
  });

  it('also where the answer is HTTP/1.1', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(3);
    asked[0]!.request.cancel();
    net.h1(net.wire);
    net.h1(net.wire);
    expect(shorts(asked)).toEqual(['queue/aborted', '200 hi', '200 hi']);
    expect(net.connector.wires).toHaveLength(2);
  });

  it('the last one that is cancelled ends the opening, and the next asks anew', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(3);
    for (const i of [1, 0, 2]) asked[i]!.request.cancel();
    expect(shorts(asked)).toEqual(asked.map(() => 'queue/aborted'));
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
    const next = net.burst(1);
    net.answer(net.h2());
    expect(shorts(next)).toEqual(['200 /0']);
  });

  it('all is stopped: each fails once, and nothing stays open', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(60);
    net.wire.connect();
    net.transport.abort();
    net.transport.abort();
    expect(new Set(shorts([...asked, ...net.burst(2)]))).toEqual(new Set(['queue/aborted']));
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
    expect(net.connector.wires).toHaveLength(1);
  });

  it.each(['resolving', 'connecting', 'securing'])(
    'the transport is closed (%s): all are served, on that one',
    (state) => {
      const net = new AlpnNetwork();
      net.resolver.immediate = state !== 'resolving';
      const asked = net.burst(60);
      if (state === 'securing') net.wire.connect();
      net.transport.close();
      if (state === 'resolving') net.resolver.answer();
      const peer = net.h2();
      expect(net.connector.wires).toHaveLength(1);
      net.answer(peer);
      expect(shorts(asked)).toEqual(PATHS);
      expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
    },
  );

  it('the transport is closed, and it speaks HTTP/1.1: all are served, and nothing stays', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(4);
    net.transport.close();
    net.h1(net.wire);
    for (const wire of net.connector.wires.slice(1)) net.h1(wire);
    expect(shorts(asked)).toEqual(asked.map(() => '200 hi'));
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
  });
});

describe('an origin that speaks something else than before', () => {
  it('HTTP/1.1 now: the burst goes out on connections of HTTP/1.1, and that is remembered', () => {
    const net = new AlpnNetwork();
    net.burst(1);
    net.answer(net.h2());
    net.sleep();
    const asked = net.burst(5);
    net.h1(net.wire);
    for (const wire of net.connector.wires.slice(2)) net.h1(wire);
    expect(shorts(asked)).toEqual(asked.map(() => '200 hi'));
    expect(net.connector.wires).toHaveLength(6);
    net.sleep();
    net.burst(2);
    expect(net.connector.wires).toHaveLength(8);
  });

  it('HTTP/2 again: it takes what it is offered, HTTP/1.1', () => {
    const net = new AlpnNetwork();
    net.burst(1);
    net.h1(net.wire);
    net.sleep();
    const asked = net.burst(2);
    expect(net.offered.slice(1)).toEqual([undefined, undefined]);
    for (const wire of net.connector.wires.slice(1)) net.h1(wire);
    expect(shorts(asked)).toEqual(['200 hi', '200 hi']);
  });

  it('on some of its connections, as while it is replaced: nothing is lost, and it is not asked all the time', () => {
    const net = new AlpnNetwork({ h2Connections: 3 });
    const asked = net.burst(4);
    const peer = net.h2();
    for (let i = 0; i < 10; i++) {
      for (const wire of net.connector.wires.filter(({ state }) => state === 'connecting')) {
        wire.connect();
        wire.secure('http/1.1');
      }
      asked.push(...net.burst(1));
    }
    expect(net.connector.wires.length).toBeLessThan(10);
    net.answer(peer);
    for (const wire of net.connector.held) if (wire !== peer.wire) wire.receive(OK);
    expect(asked.every(({ response }) => response.status === 200)).toBe(true);
    for (const wire of net.connector.held)
      if (wire.state === 'connecting') wire.close(systemError('ECONNREFUSED'));
    net.sleep();
  });

  it('on some of its connections, and nothing more is asked of it: nothing stays', () => {
    const net = new AlpnNetwork({ h2Connections: 3 });
    net.burst(1);
    const peer = net.h2();
    const [, second, third] = net.connector.wires;
    for (const wire of [second!, third!]) {
      wire.connect();
      wire.secure('http/1.1');
    }
    net.answer(peer);
    net.sleep();
  });
});

describe('HTTP_1_1_REQUIRED', () => {
  it('sends the request over HTTP/1.1, the attempt unchanged, and those that follow', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(3);
    const peer = net.h2();
    peer.rst(3, REQUIRED);
    net.h1(net.wire);
    const next = net.send('https://host/next');
    net.answer(peer);
    net.wire.receive(OK);
    net.clock.advance(10);
    net.wire.receive(OK);
    expect(shorts(asked)).toEqual(['200 /0', '200 hi', '200 /2']);
    expect([asked[1]!.response.httpVersion, asked[1]!.response.attempts]).toEqual(['1.1', 1]);
    expect(next.response.httpVersion).toBe('1.1');
    net.sleep();
  });

  it('of several streams takes them all to one pool, which is closed and aborted with the transport', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(4);
    const peer = net.h2();
    for (const id of [1, 3, 5, 7]) peer.rst(id, REQUIRED);
    net.clock.advance(0);
    expect(net.connector.wires).toHaveLength(5);
    net.transport.abort();
    expect(shorts(asked)).toEqual(asked.map(() => 'connect/aborted'));
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
  });

  it('of several streams, one after the other, leaves one origin', () => {
    const net = new AlpnNetwork();
    const asked = net.burst(3);
    const peer = net.h2();
    for (const id of [1, 3, 5]) {
      peer.rst(id, REQUIRED);
      net.clock.advance(1);
      net.h1(net.wire);
    }
    expect(shorts(asked)).toEqual(asked.map(() => '200 hi'));
    // Those that were served first have left their connections to those that came later.
    expect(String(net.transport)).toMatch(/^1 origins/);
    net.transport.close();
    expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
  });

  it('fails the request where HTTP/2 was asked for, and says what to do', () => {
    const net = new AlpnNetwork({ httpVersion: '2' });
    const asked = net.burst(2);
    const peer = net.h2();
    peer.rst(1, REQUIRED);
    net.answer(peer);
    expect(shorts(asked)).toEqual(['headers/reset', '200 /1']);
    expect(asked[0]!.failure.message).toContain('--http1.1');
  });

  it('over http with prior knowledge fails the request', () => {
    const net = new AlpnNetwork({ httpVersion: '2' });
    const asked = net.burst(1, 'http://host');
    net.h2().rst(1, REQUIRED);
    expect(shorts(asked)).toEqual(['headers/reset']);
    expect(asked[0]!.failure.message).toContain('--http1.1');
  });
});

describe('httpVersion', () => {
  it('2 on https offers nothing else, and takes nothing else', () => {
    for (const chosen of ['http/1.1', undefined] as const) {
      const net = new AlpnNetwork({ httpVersion: '2' });
      const asked = net.burst(60);
      expect(net.offered).toEqual([['h2']]);
      net.wire.connect();
      net.wire.secure(chosen);
      expect(new Set(shorts(asked))).toEqual(new Set(['tls/protocol']));
      for (const { failure } of asked) {
        expect(failure.message).toMatch(/^host does not speak HTTP\/2 .*--http2/);
        expect(failure.sent).toBe('none');
      }
      expect([net.connector.held.length, String(net.transport)]).toEqual([0, GONE]);
    }
  });

  it('1.1 offers HTTP/1.1 alone, and asks nobody', () => {
    const net = new AlpnNetwork({ httpVersion: '1.1' });
    const asked = net.burst(3);
    expect(net.offered).toEqual([undefined, undefined, undefined]);
    for (const wire of net.connector.wires) net.h1(wire);
    expect(shorts(asked)).toEqual(asked.map(() => '200 hi'));
  });

  it('auto on http speaks HTTP/1.1', () => {
    const net = new AlpnNetwork();
    net.burst(3, 'http://host');
    expect(net.connector.wires).toHaveLength(3);
  });

  it('2 through an HTTP proxy that forwards is HTTP/1.1: nobody knows what the proxy speaks', () => {
    const net = new AlpnNetwork({ httpVersion: '2' });
    const input: RequestInput = 'http://host/through';
    const asked = net.send(input, (request) => {
      request.proxy = proxyAt('http://proxy:3128');
    });
    net.wire.connect();
    expect(net.wire.written).toMatch(/^GET http:\/\/host\/through HTTP\/1\.1\r\n/);
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });
});
