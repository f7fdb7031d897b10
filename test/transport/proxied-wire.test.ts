// Wires through proxies on real sockets: tunnels, forwarded requests, TLS in TLS, and whom an error blames.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/contracts.ts';
import type { WireSettings } from '../../src/transport/wire.ts';
import { kindOf, UnprovenEnd, wireMessage } from '../../src/transport/wire-errors.ts';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy, type ProxyOptions } from '../server/proxy-server.ts';
import { deadPort, eventually, IP4, IP6, proxyAt, wires } from './wire-log.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const TRUSTING = { ca: `${LOCALHOST.cert}\n${ELSEWHERE.cert}` };

const { serve, connector, connect, closeAfter } = wires();

async function openProxy(options?: ProxyOptions) {
  const proxy = closeAfter(await LoopbackProxy.open(options));
  return { proxy, server: proxyAt(proxy.url()) };
}

const PROXIES: readonly [string, ProxyOptions][] = [
  ['http', {}],
  ['https', { tls: LOCALHOST }],
  ['socks5', { kind: 'socks5' }],
  ['socks5 with a login', { kind: 'socks5', login: 'me:secret' }],
  ['http with a login', { login: 'me:secret' }],
];

describe('a wire through a proxy', () => {
  it.each(PROXIES)('leads to an https origin: %s', async (_, options) => {
    const origin = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const { proxy, server } = await openProxy(options);
    const { wire, log } = connect(connector(TRUSTING), origin.url(), { proxy: server });
    await log.open(true);
    wire.write(GET, undefined);
    await log.until(() => log.text.length === OK.length || log.closed);
    expect([log.text, ...log.events]).toEqual([OK, 'connect', 'secure']);
    expect(proxy.arrivals.map(({ method, target }) => [method, target])).toEqual([
      [options.kind === 'socks5' ? 'SOCKS' : 'CONNECT', `localhost:${origin.port}`],
    ]);
    expect(wire.remoteAddress).toBe(`127.0.0.1:${proxy.port}`);
    wire.end();
    await log.until(() => log.closed);
    expect(log.events.at(-1)).toBe('close');
    await origin.until(() => origin.open === 0);
  });

  it.each(PROXIES)('leads to an http origin: %s', async (_, options) => {
    const origin = await serve((peer) => peer.send(OK));
    const { proxy, server } = await openProxy(options);
    const { wire, log } = connect(connector(TRUSTING), origin.url(), { proxy: server });
    await log.open();
    const forwards = options.kind !== 'socks5';
    const login =
      server.authorization === undefined ? '' : `Proxy-Authorization: ${server.authorization}\r\n`;
    wire.write(forwards ? `GET ${origin.url()} HTTP/1.1\r\n${login}\r\n` : GET, undefined);
    await log.until(() => log.text.length === OK.length || log.closed);
    expect([log.text, ...log.events]).toEqual([OK, 'connect']);
    expect(proxy.arrivals.map(({ method }) => method)).toEqual([forwards ? 'GET' : 'SOCKS']);
    expect(wire.remoteAddress).toBe(`127.0.0.1:${proxy.port}`);
  });

  it('loses nothing of what the origin says first', async () => {
    const origin = await serve(() => {}, { onConnection: (peer) => peer.end(OK) });
    const { server } = await openProxy({ kind: 'socks5' });
    const { log } = connect(connector(), origin.url(), { proxy: server });
    await log.until(() => log.events.includes('end') || log.closed);
    expect([log.text, ...log.events]).toEqual([OK, 'connect', 'end']);
  });

  it('does not take a reset behind a SOCKS proxy for an end', async () => {
    const proxy = createServer((tcp) => {
      const answers = [Buffer.from([5, 0]), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])];
      tcp.on('error', () => {});
      tcp.on('data', () => {
        const answer = answers.shift();
        if (answer !== undefined) tcp.write(answer);
        else tcp.write(OK, () => tcp.resetAndDestroy());
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(closeAfter(proxy), 'listening');
    const server = proxyAt(`socks5://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    for (let i = 0; i < 20; i++) {
      const { wire, log } = connect(connector(), 'http://example.test/', { proxy: server });
      await log.open();
      wire.write(GET, undefined);
      await log.until(() => log.closed || log.events.includes('end'));
      expect(log.events).toEqual(['connect', 'close ECONNRESET']);
    }
  });

  it('can tell who ended TLS, once it has to', async () => {
    let cuts = false;
    const origin = await serve((peer) => (cuts ? peer.cut(OK) : peer.end(OK)), { tls: LOCALHOST });
    const { server } = await openProxy();
    const via = connector(TRUSTING);
    const ask = async () => {
      const { wire, log } = connect(via, origin.url(), { proxy: server });
      await log.open(true);
      wire.write(GET, undefined);
      await log.until(() => log.closed || log.events.includes('end'));
      expect(log.text).toBe(OK);
      return log;
    };
    const first = await ask();
    expect(first.error).toBeInstanceOf(UnprovenEnd);
    (first.error as UnprovenEnd).proveNext();
    expect((await ask()).events).toEqual(['connect', 'secure', 'end']);
    cuts = true;
    expect((await ask()).events).toEqual(['connect', 'secure', 'close ECONNRESET']);
  });

  it('reaches a proxy of several addresses at the one that answers', async () => {
    const origin = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const { server } = await openProxy();
    const { log } = connect(connector(TRUSTING), origin.url(), { proxy: server, addresses: [IP4, IP6] });
    await log.open(true);
    expect(log.events).toEqual(['connect', 'secure']);
  });

  it('that is destroyed before the proxy has answered closes once, and its connection with it', async () => {
    for (const options of [{ answer: '' }, { answer: '', tls: LOCALHOST }]) {
      const { proxy, server } = await openProxy(options);
      const { wire, log } = connect(connector(TRUSTING), 'https://example.test/', { proxy: server });
      await eventually(() => proxy.arrivals.length > 0);
      wire.destroy();
      await log.until(() => log.closed);
      await eventually(() => proxy.open === 0);
      expect(log.events).toEqual(['close']);
    }
  });
});

describe('the error of a wire through a proxy', () => {
  async function failure(
    proxy: string,
    url = 'https://example.test/',
    addresses: readonly Address[] = [IP4],
  ) {
    const { log } = connect(connector(), url, { proxy: proxyAt(proxy), addresses });
    await log.until(() => log.closed);
    const kind = kindOf(log.error);
    expect(log.events.length).toBe(1);
    return `${kind}: ${wireMessage('connect', kind, 'example.test', log.error)}`;
  }

  it.each(['https://example.test/', 'http://example.test/'])(
    'blames the proxy that refuses (%s)',
    async (url) => {
      const place = `127.0.0.1:${await deadPort()}`;
      const scheme = url.startsWith('https') ? 'socks5' : 'http';
      expect(await failure(`${scheme}://me:secret@${place}`, url)).toBe(
        `refused: the proxy ${scheme}://${place} refused the connection; does a server listen there?`,
      );
    },
  );

  it.each(['https://example.test/', 'http://example.test/'])(
    'blames the certificate of the proxy, which -k does not cover (%s)',
    async (url) => {
      const { server } = await openProxy({ tls: LOCALHOST });
      for (const insecure of [false, true]) {
        const { log } = connect(connector({ insecure }), url, { proxy: server });
        await log.until(() => log.closed);
        expect(log.events.length).toBe(1);
        const message = wireMessage('connect', kindOf(log.error), 'example.test', log.error);
        expect(message).toMatch(
          /^the certificate of the proxy https:\/\/localhost:\d+ is not accepted: .*--cacert$/,
        );
      }
    },
  );

  it('is what the proxy answered', async () => {
    const { proxy } = await openProxy({ answer: 'HTTP/1.1 403 Forbidden\r\n\r\n' });
    expect(await failure(proxy.url())).toMatch(/^proxy: .*http:\/\/127\.0\.0\.1:\d+ answered 403 to CONNECT/);
  });

  it('is a close where the proxy closes instead of TLS', async () => {
    const server = await serve(() => {}, { onConnection: (peer) => peer.end() });
    expect(await failure(`https://localhost:${server.port}`)).toMatch(/^reset: the proxy https:/);
  });
});

describe('what is meant for the origin', () => {
  it('is not shown to the proxy or asked of it: certificate, name and pins', async () => {
    const seen: unknown[] = [];
    const tls = { isServer: true, requestCert: true, rejectUnauthorized: false, ...LOCALHOST };
    const proxy = createServer((tcp) => {
      const socket = new TLSSocket(tcp, tls) as TLSSocket & { servername: unknown };
      socket.on('error', () => {});
      socket.on('secure', () => seen.push(socket.servername, socket.getPeerCertificate().subject?.CN));
      socket.on('data', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    });
    proxy.listen(0, '127.0.0.1');
    await once(closeAfter(proxy), 'listening');
    const settings: Partial<WireSettings> = {
      ca: LOCALHOST.cert,
      cert: ELSEWHERE.cert,
      key: ELSEWHERE.key,
      servername: 'elsewhere.example',
      pinnedPubkey: `sha256//${'A'.repeat(43)}=`,
    };
    const { port } = proxy.address() as AddressInfo;
    const { log } = connect(connector(settings), 'https://example.test/', {
      proxy: proxyAt(`https://localhost:${port}`),
    });
    await log.until(() => log.closed);
    expect(kindOf(log.error)).toBe('proxy');
    expect(seen).toEqual(['localhost', undefined]);
  });

  it('counts behind the proxy', async () => {
    const origin = await serve(() => {}, { tls: ELSEWHERE });
    const { server } = await openProxy({ tls: LOCALHOST });
    const url = `https://elsewhere.example:${origin.port}/`;
    const good = connect(connector(TRUSTING), url, { proxy: server });
    await good.log.open(true);
    expect(good.log.events).toEqual(['connect', 'secure']);
    const pinned = connector({ ...TRUSTING, pinnedPubkey: `sha256//${'A'.repeat(43)}=` });
    const { log } = connect(pinned, url, { proxy: server });
    await log.until(() => log.closed);
    expect(log.events).toEqual(['connect', 'close ERR_TLS_CERT_PIN']);
  });
});
