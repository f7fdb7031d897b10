// Wires that stop reading, on real sockets of every kind: nothing comes while they pause, nothing is lost.

import { describe, expect, it } from 'vitest';
import { UnprovenEnd } from '../../src/transport/wire-errors.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy, type ProxyOptions } from '../server/proxy-server.ts';
import { type Opened, proxyAt, wires } from './wire-log.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** More than sockets and streams hold on the way, each place with its number. */
const LONG = Array.from({ length: 1_200_000 }, (_, i) => String(i).padStart(9, '0')).join(' ');

const PROXIES: [string, ProxyOptions][] = [
  ['SOCKS', { kind: 'socks5' }],
  ['CONNECT', {}],
  ['CONNECT over TLS', { tls: LOCALHOST }],
];

const { serve, connector, connect, closeAfter } = wires();

async function turns(n: number): Promise<void> {
  for (let turn = 0; turn < n; turn++) await new Promise(setImmediate);
}

async function pauseAndResume({ wire, log }: Opened): Promise<void> {
  wire.write(GET, undefined);
  await log.until(() => log.text.length > 0);
  wire.pause();
  await turns(20);
  const had = log.text.length;
  await turns(100);
  expect(log.text.length).toBe(had);
  expect(had).toBeLessThan(LONG.length);
  expect(log.closed).toBe(false);
  wire.resume();
  await log.until(() => log.closed || log.events.includes('end'));
  expect(log.text === LONG).toBe(true);
}

describe('a wire that pauses gets no more, and all of it when it goes on', () => {
  it('plain', async () => {
    const server = await serve((peer) => peer.end(LONG));
    const opened = connect(connector(), server.url());
    await opened.log.open();
    await pauseAndResume(opened);
    expect(opened.log.events).toEqual(['connect', 'end']);
  });

  it('TLS, and TLS whose end must be proven', async () => {
    const server = await serve((peer) => peer.end(LONG), { tls: LOCALHOST });
    const tls = connector({ ca: LOCALHOST.cert });
    const first = connect(tls, server.url());
    await first.log.open(true);
    await pauseAndResume(first);
    expect(first.log.error).toBeInstanceOf(UnprovenEnd);
    (first.log.error as UnprovenEnd).proveNext();
    const second = connect(tls, server.url());
    await second.log.open(true);
    await pauseAndResume(second);
    // TCP had ended long before what it brought was read.
    expect(second.log.events).toEqual(['connect', 'secure', 'end']);
  });

  it('TLS whose end must be proven, and was cut', async () => {
    let cuts = false;
    const server = await serve((peer) => (cuts ? peer.cut(LONG) : peer.end('x')), { tls: LOCALHOST });
    const tls = connector({ ca: LOCALHOST.cert });
    const first = connect(tls, server.url());
    await first.log.open(true);
    first.wire.write(GET, undefined);
    await first.log.until(() => first.log.closed);
    (first.log.error as UnprovenEnd).proveNext();
    cuts = true;
    const second = connect(tls, server.url());
    await second.log.open(true);
    await pauseAndResume(second);
    expect(second.log.events).toEqual(['connect', 'secure', 'close ECONNRESET']);
  });

  it.each(PROXIES)('through %s', async (_, options) => {
    const secure = options.kind !== 'socks5';
    const server = await serve((peer) => peer.end(LONG), secure ? { tls: LOCALHOST } : {});
    const proxy = closeAfter(await LoopbackProxy.open(options));
    const opened = connect(connector({ ca: LOCALHOST.cert }), server.url(), { proxy: proxyAt(proxy.url()) });
    await opened.log.open(secure);
    await pauseAndResume(opened);
  });
});

describe('what came, and the end behind it, while a wire paused is there when it goes on', () => {
  const KINDS: [string, boolean, ProxyOptions | undefined][] = [
    ['plain', false, undefined],
    ['TLS', true, undefined],
    ...PROXIES.map(([name, options]): [string, boolean, ProxyOptions] => [
      `through ${name}`,
      options.kind !== 'socks5',
      options,
    ]),
  ];

  it.each(KINDS)('%s', async (_, secure, options) => {
    const server = await serve((peer) => peer.end('short'), secure ? { tls: LOCALHOST } : {});
    const proxy = options === undefined ? undefined : closeAfter(await LoopbackProxy.open(options));
    const tls = connector({ ca: LOCALHOST.cert });
    for (const proven of secure ? [false, true] : [false]) {
      const via = { proxy: proxy === undefined ? undefined : proxyAt(proxy.url()) };
      const { wire, log } = connect(tls, server.url(), via);
      await log.open(secure);
      wire.pause();
      wire.write(GET, undefined);
      await server.until(() => server.arrivals.length === (proven ? 2 : 1));
      await turns(50);
      expect(log.text).toBe('');
      expect(log.events).toEqual(secure ? ['connect', 'secure'] : ['connect']);
      wire.resume();
      await log.until(() => log.closed || log.events.includes('end'));
      expect(log.text).toBe('short');
      if (!secure || proven) expect(log.events.at(-1)).toBe('end');
      else (log.error as UnprovenEnd).proveNext();
    }
  });
});
