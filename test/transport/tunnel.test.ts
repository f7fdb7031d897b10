// Tunnels over real sockets: TLS inside of them, inside of TLS, octets that come with the answer, proxies that are reset
// or silent.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProxyServer } from '../../src/model/proxy-server.ts';
import { openTunnel } from '../../src/transport/tunnel.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy, type ProxyOptions } from '../server/proxy-server.ts';
import { RawServer } from '../server/raw-server.ts';
import { proxyServer } from './tunnel-carrier.ts';

const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const open: { close(): Promise<void> }[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const one of open.splice(0)) await one.close();
});

async function origin(tls = false): Promise<RawServer> {
  const server = await RawServer.open((peer) => peer.send(RESPONSE), tls ? { tls: LOCALHOST } : {});
  open.push(server);
  return server;
}

async function proxy(options: ProxyOptions): Promise<LoopbackProxy> {
  const server = await LoopbackProxy.open(options);
  open.push(server);
  return server;
}

/** A connection to it, as a wire makes one. */
async function carrierTo(server: { readonly port: number }, secure = false): Promise<Socket> {
  const socket = secure
    ? connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, secure ? 'secureConnect' : 'connect');
  return socket;
}

function tunnel(carrier: Socket, through: ProxyServer, port: number, host = 'origin.test'): Promise<void> {
  return new Promise((resolve, reject) => {
    openTunnel(carrier, through, host, port, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

async function ask(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  while (!text.endsWith('hi')) await once(socket, 'data');
  return text;
}

function tlsIn(carrier: Socket): TLSSocket {
  const socket = connectTls({ socket: carrier, servername: 'localhost', ca: LOCALHOST.cert });
  sockets.push(socket);
  return socket;
}

describe('a tunnel', () => {
  it.each(['http', 'socks5'] as const)('carries plain octets (%s)', async (kind) => {
    const server = await origin();
    const through = await proxy({ kind, login: 'user:pässword' });
    const carrier = await carrierTo(through);
    await tunnel(carrier, proxyServer(kind, 'user', 'pässword'), server.port);
    expect(await ask(carrier)).toBe(RESPONSE);
    expect(server.arrivals).toHaveLength(1);
    expect(through.arrivals[0]?.target).toBe(`origin.test:${server.port}`);
  });

  it.each(['http', 'socks5'] as const)('carries TLS (%s)', async (kind) => {
    const server = await origin(true);
    const through = await proxy({ kind });
    const carrier = await carrierTo(through);
    await tunnel(carrier, proxyServer(kind), server.port);
    expect(await ask(tlsIn(carrier))).toBe(RESPONSE);
  });

  it('carries TLS within TLS', async () => {
    const server = await origin(true);
    const through = await proxy({ tls: LOCALHOST });
    const carrier = await carrierTo(through, true);
    await tunnel(carrier, proxyServer('https'), server.port);
    expect(await ask(tlsIn(carrier))).toBe(RESPONSE);
  });

  it('can be read at once or later, with what came together with the answer', async () => {
    for (const later of [false, true]) {
      const through = await proxy({ answer: 'HTTP/1.1 200 OK\r\n\r\nhello' });
      const carrier = await carrierTo(through);
      await tunnel(carrier, proxyServer('http'), 1);
      if (later) await new Promise((resolve) => setImmediate(resolve));
      const [bytes] = await once(carrier, 'data');
      expect(String(bytes)).toBe('hello');
    }
  });

  it('hands over octets that TLS has to begin with', async () => {
    const server = await origin(true);
    // The origin's side of TLS is played by hand: what it says first arrives in the segment of the answer.
    const through = await proxy({ answer: 'HTTP/1.1 200 OK\r\n\r\n\x15\x03\x03\x00\x02\x02\x28' });
    const carrier = await carrierTo(through);
    await tunnel(carrier, proxyServer('http'), server.port);
    const socket = tlsIn(carrier);
    const [error] = await once(socket, 'error').catch((reason: unknown) => [reason]);
    expect(String(error)).toMatch(/handshake failure/i);
  });

  it('is refused with what the proxy said', async () => {
    const through = await proxy({ login: 'user:pw' });
    await expect(tunnel(await carrierTo(through), proxyServer('http'), 1)).rejects.toThrow(/answered 407/);
    const socks = await proxy({ kind: 'socks5', login: 'user:pw' });
    await expect(tunnel(await carrierTo(socks), proxyServer('socks5'), 1)).rejects.toThrow(/wants a login/);
    const wrong = proxyServer('socks5', 'user', 'no');
    await expect(tunnel(await carrierTo(socks), wrong, 1)).rejects.toThrow(/does not accept the user/);
  });

  it('is refused where a proxy of another kind listens', async () => {
    const socks = await proxy({ kind: 'socks5' });
    await expect(tunnel(await carrierTo(socks), proxyServer('http'), 1)).rejects.toThrow(/closed the conn/);
    const server = await RawServer.open((peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n'), {
      onConnection: (peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n'),
    });
    open.push(server);
    await expect(tunnel(await carrierTo(server), proxyServer('socks5'), 1)).rejects.toThrow(/scheme right/);
  });

  it('is an error where the proxy resets or closes', async () => {
    const resets = await RawServer.open((peer) => peer.reset());
    const closes = await RawServer.open((peer) => peer.end('HTTP/1.1 200'));
    open.push(resets, closes);
    await expect(tunnel(await carrierTo(resets), proxyServer('http'), 1)).rejects.toThrow(/was reset|closed/);
    await expect(tunnel(await carrierTo(closes), proxyServer('http'), 1)).rejects.toThrow(/closed the conn/);
  });

  it('is an error once, where the deadline destroys the carrier of a silent proxy', async () => {
    const silent = await RawServer.open(() => {});
    open.push(silent);
    const carrier = await carrierTo(silent);
    const listeners = () => ['readable', 'end', 'error', 'close'].map((name) => carrier.listenerCount(name));
    const before = listeners();
    const told: (Error | undefined)[] = [];
    openTunnel(carrier, proxyServer('http'), 'origin.test', 1, (error) => told.push(error));
    await silent.until(() => silent.arrivals.length === 1);
    carrier.destroy();
    await once(carrier, 'close');
    expect(told).toEqual([expect.objectContaining({ kind: 'proxy' })]);
    expect(listeners()).toEqual(before);
  });

  it('opens for a proxy that drips its answer', async () => {
    const drips = await RawServer.open((peer) => peer.drip('HTTP/1.1 200 Fine\r\nVia: x\r\n\r\nhello'));
    open.push(drips);
    const carrier = await carrierTo(drips);
    await tunnel(carrier, proxyServer('http'), 1);
    let text = '';
    carrier.on('data', (bytes) => {
      text += String(bytes);
    });
    while (text !== 'hello') await once(carrier, 'data');
  });
});
