// The whole way down to sockets, against servers that drip, lie, fall silent and close: on loopback, never waiting.

import { describe, expect, it } from 'vitest';
import type { Failure, Outcome, Response } from '../../src/model/outcome.ts';
import { HttpTransport } from '../../src/transport/http-transport.ts';
import { NetConnector } from '../../src/transport/wire.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { makeRequest, settingsOf } from './fixture.ts';
import { ask, attempt, loopback, short } from './real.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

const { serve, connect, closeAfter } = loopback();

/** Real sockets in virtual time: a silence is over when the test says so. */
function connectWithClock(settings = {}): { transport: HttpTransport; clock: VirtualClock } {
  const clock = new VirtualClock(1000);
  const connector = new NetConnector({ insecure: false, ca: undefined });
  const resolver = new FakeResolver();
  resolver.addresses.set('127.0.0.1', [{ address: '127.0.0.1', family: 4 }]);
  const transport = new HttpTransport(settingsOf(settings), clock, connector, resolver);
  closeAfter(transport);
  return { transport, clock };
}

function fields(outcome: Outcome): unknown {
  const { status, headers, trailers, body, reason } = outcome as Response;
  return { status, headers, trailers, text: body.toString('latin1'), reason };
}

describe('a server that drips one octet at a time', () => {
  it.each([
    ['Content-Length', OK],
    [
      'chunked',
      'HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n2;x\r\nhi\r\n1\r\n!\r\n0\r\nB: 2\r\n\r\n',
    ],
    ['interim responses', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`],
    ['to the end', 'HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nall of it'],
  ])('gives the same response as one that sends at once: %s', async (_, response) => {
    const ends = response.includes('all of it');
    const server = await serve((peer, { target }) => {
      if (target === '/at-once') peer.send(response, () => ends && peer.end());
      else peer.drip(response, () => ends && peer.end());
    });
    const transport = connect();
    const [atOnce, dripped] = [
      await ask(transport, server.url('/at-once')),
      await ask(transport, server.url('/drip')),
    ];
    expect(atOnce.type).toBe('response');
    expect(fields(dripped)).toEqual(fields(atOnce));
  });
});

describe('a server that lies about the length', () => {
  it('too short: the response is what it said, and the rest poisons nothing', async () => {
    const server = await serve((peer, { target }) => {
      if (target === '/lie')
        peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi${OK.replace('hi', 'no')}`);
      else peer.send(OK);
    });
    const transport = connect();
    expect(short(await ask(transport, server.url('/lie')))).toBe('200 hi');
    expect(short(await ask(transport, server.url('/next')))).toBe('200 hi');
    expect(server.connections).toBe(2);
  });

  it('too long: incomplete when it closes', async () => {
    const server = await serve((peer) => peer.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi'));
    expect(short(await ask(connect(), server.url()))).toBe('body/closed');
  });

  it('too long: silence is timed when it does not', async () => {
    const server = await serve((peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi'));
    const { transport, clock } = connectWithClock({ idleTimeoutMs: 500, firstByteTimeoutMs: 1e6 });
    const request = makeRequest(server.url());
    const outcome = attempt(transport, request);
    while (request.sent !== 'response') await new Promise(setImmediate);
    clock.advance(520);
    expect(short(await outcome)).toBe('body/timeout');
  });
});

describe('a server that never comes to the point', () => {
  it('with interim responses without end: too large', async () => {
    const server = await serve((peer) => peer.send('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(30)));
    const outcome = await ask(connect(), server.url());
    expect(short(outcome)).toBe('headers/too-large');
    await server.until(() => server.open === 0);
  });

  it('with a header section without end: too large', async () => {
    const server = await serve((peer) => {
      peer.send('HTTP/1.1 200 OK\r\n');
      peer.flood('X-Y: zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n'.repeat(100));
    });
    expect(short(await ask(connect(), server.url()))).toBe('headers/too-large');
    await server.until(() => server.open === 0);
  });

  it('with a body without end: too large, and no more of it is read', async () => {
    const server = await serve((peer) => {
      peer.send('HTTP/1.1 200 OK\r\n\r\n');
      peer.flood('x'.repeat(10_000));
    });
    const transport = connect({ settings: { limits: { ...settingsOf().limits, bodyBytesMax: 100_000 } } });
    expect(short(await ask(transport, server.url()))).toBe('body/too-large');
    await server.until(() => server.open === 0);
  });

  it('with silence: a timeout, and a reset in its face', async () => {
    const server = await serve(() => {});
    const { transport, clock } = connectWithClock({ firstByteTimeoutMs: 500 });
    const outcome = attempt(transport, makeRequest(server.url()));
    await server.until(() => server.arrivals.length === 1);
    clock.advance(520);
    expect(short(await outcome)).toBe('headers/timeout');
    await server.until(() => server.open === 0);
    expect(server.resets).toBe(1);
  });

  it('with an upload of which it reads nothing: send/timeout', async () => {
    const server = await serve(() => {}, {
      onConnection: (peer) => {
        peer.tcp.pause();
      },
    });
    const { transport, clock } = connectWithClock({ idleTimeoutMs: 500 });
    const request = makeRequest({ url: server.url(), body: new Uint8Array(64 * 1024 * 1024) });
    const outcome = attempt(transport, request);
    await server.until(() => server.connections === 1);
    while (request.sent === 'none') await new Promise(setImmediate);
    // The kernels take some of it; then nothing moves.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    clock.advance(520);
    const failure = (await outcome) as Failure;
    expect(short(failure)).toBe('send/timeout');
    expect(failure.sent).toBe('partial');
  });
});

describe('a server that closes', () => {
  it('after each k-th response answers every request exactly once', async () => {
    for (const k of [1, 2, 3, 7]) {
      const server = await serve((peer, { target, nth }) => {
        const response = `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`;
        if (nth % k === k - 1) peer.end(response);
        else peer.send(response);
      });
      const transport = connect();
      const inTurn = async (lane: number) => {
        for (let i = 0; i < 25; i++) {
          const path = `/${k}/${lane}/${i}`;
          expect(short(await ask(transport, server.url(path)))).toBe(`200 ${path}`);
        }
      };
      await Promise.all([0, 1, 2, 3].map(inTurn));
    }
  });

  it('an idle connection is noticed: a POST goes out on another', async () => {
    const server = await serve((peer, { target }) => {
      if (target === '/first') peer.end(OK);
      else peer.send(OK);
    });
    const transport = connect();
    await ask(transport, server.url('/first'));
    await server.until(() => server.open === 0);
    const outcome = await ask(transport, { url: server.url('/second'), method: 'POST', body: 'x' });
    expect(`${short(outcome)} ${outcome.attempts}`).toBe('200 hi 1');
  });

  it('without reading the body of a request: its response counts', async () => {
    const server = await serve(() => {}, {
      onConnection: (peer) => {
        peer.tcp.once('data', () => {
          peer.tcp.pause();
          peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno');
        });
      },
    });
    const transport = connect();
    const outcome = await ask(transport, { url: server.url(), body: new Uint8Array(64 * 1024 * 1024) });
    expect(short(outcome)).toBe('413 no');
    expect(transport.toString()).toBe('0 origins, 0 idle connections');
  });
});

describe('a server that does not close its side', () => {
  it('holds no descriptor: what it sends later is reset', async () => {
    const server = await serve(
      (peer) => peer.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'),
      { halfOpen: true, onConnection: (peer) => peer.tcp.once('end', () => peer.flood('more')) },
    );
    const transport = connect();
    expect(short(await ask(transport, server.url()))).toBe('200 hi');
    await server.until(() => server.resets === 1);
  });
});

describe('octets on an idle socket', () => {
  it.each([
    ['plain', undefined],
    ['TLS', LOCALHOST],
  ])('close it and answer nothing (%s)', async (_, tls) => {
    const server = await serve(
      (peer, { target }) => {
        peer.send(OK);
        if (target === '/first') setImmediate(() => peer.send(OK.replace('hi', 'no')));
      },
      tls === undefined ? {} : { tls },
    );
    const transport = connect({ tls: { ca: LOCALHOST.cert } });
    expect(short(await ask(transport, server.url('/first')))).toBe('200 hi');
    await server.until(() => server.open === 0);
    for (let i = 0; i < 3; i++) expect(short(await ask(transport, server.url(`/${i}`)))).toBe('200 hi');
    expect(server.connections).toBe(2);
  });

  it('are not taken for an answer where TLS hands out one read in two records', async () => {
    // A response that fills its record to the last octet, and another one in the next record.
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 472\r\n\r\n';
    const full = head + 'f'.repeat(472);
    expect(full.length).toBe(512);
    let rounds = 0;
    const server = await serve(
      (peer, { target }) => {
        if (target === '/next') return peer.send(OK);
        (peer.stream as unknown as { setMaxSendFragment(size: number): boolean }).setMaxSendFragment(512);
        // In one segment, so that one read gets both.
        peer.tcp.setNoDelay(false);
        peer.tcp.cork();
        peer.send(full + OK.replace('hi', 'no'));
        peer.tcp.uncork();
      },
      { tls: LOCALHOST },
    );
    for (; rounds < 10; rounds++) {
      const transport = connect({ tls: { ca: LOCALHOST.cert } });
      const next = new Promise<Outcome>((resolve) => {
        transport.send(makeRequest(server.url('/first')), () => {
          resolve(ask(transport, server.url('/next')));
        });
      });
      expect(short(await next)).toBe('200 hi');
    }
  });
});
