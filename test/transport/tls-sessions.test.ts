// TLS sessions are resumed, by the server they came from and nobody else; and there is a bound to how many are kept.

import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { TlsSessions } from '../../src/transport/tls-sessions.ts';
import type { UnprovenEnd } from '../../src/transport/wire-errors.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy } from '../server/proxy-server.ts';
import type { Script } from '../server/raw-server.ts';
import { IP4, type Opened, proxyAt, type WireOptions, wires } from './wire-log.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const GET = 'GET / HTTP/1.1\r\n\r\n';

const { serve, connector, connect, closeAfter } = wires();

/** A server whose connections share their ticket keys, as those of one process do, and what it saw of each. */
async function resuming(options: SecureContextOptions = {}, script: Script = (peer) => peer.send(OK)) {
  const reused: boolean[] = [];
  const secureContext = createSecureContext({ ...LOCALHOST, ...options });
  const tls = { ...LOCALHOST, secureContext };
  const server = await serve(
    (peer, request) => {
      reused.push((peer.stream as TLSSocket).isSessionReused());
      script(peer, request);
    },
    { tls },
  );
  return { server, reused };
}

async function ask({ wire, log }: Opened): Promise<Opened['log']> {
  await log.open(true);
  if (log.closed) return log;
  wire.write(GET, undefined);
  await log.until(() => log.text.length >= OK.length || log.closed);
  return log;
}

describe('a session', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is resumed by the next connection: %s', async (maxVersion) => {
    const { server, reused } = await resuming({ maxVersion });
    const tls = connector({ ca: LOCALHOST.cert });
    for (let i = 0; i < 3; i++) await ask(connect(tls, server.url()));
    expect(reused).toEqual([false, true, true]);
    await ask(connect(connector({ ca: LOCALHOST.cert }), server.url()));
    expect(reused.at(-1)).toBe(false);
  });

  it.each<[string, WireOptions]>([
    ['on wires that raced', { addresses: [IP4, { address: '127.0.0.2', family: 4 }] }],
    ['through a proxy', {}],
  ])('is resumed %s', async (how, options) => {
    const { server, reused } = await resuming();
    const proxy = how.includes('proxy') ? closeAfter(await LoopbackProxy.open()) : undefined;
    const via = { ...options, proxy: proxy === undefined ? undefined : proxyAt(proxy.url()) };
    const tls = connector({ ca: LOCALHOST.cert });
    for (let i = 0; i < 2; i++) expect((await ask(connect(tls, server.url(), via))).text).toBe(OK);
    expect(reused).toEqual([false, true]);
  });

  it('is resumed where the end of TLS must be proven', async () => {
    const { server, reused } = await resuming({}, (peer) => peer.end(OK));
    const tls = connector({ ca: LOCALHOST.cert });
    const { log } = connect(tls, server.url());
    const first = connect(tls, server.url());
    await ask(first);
    await first.log.until(() => first.log.closed);
    (first.log.error as UnprovenEnd).proveNext();
    expect((await ask(connect(tls, server.url()))).events).toEqual(['connect', 'secure', 'end']);
    expect(reused).toEqual([false, true]);
    expect(log.error).toBe(undefined);
  });

  it('is not offered to another host, and does not stand for its certificate', async () => {
    const { server, reused } = await resuming();
    const tls = connector({ ca: LOCALHOST.cert });
    await ask(connect(tls, server.url()));
    const log = await ask(connect(tls, `https://other.example:${server.port}/`));
    expect(log.events).toEqual(['connect', 'close ERR_TLS_CERT_ALTNAME_INVALID']);
    await ask(connect(tls, `https://127.0.0.1:${server.port}/`));
    expect(reused).toEqual([false, false]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is kept of no server whose pin is wrong: %s',
    async (maxVersion) => {
      const { server, reused } = await resuming({ maxVersion });
      const tls = connector({ insecure: true, pinnedPubkey: `sha256//${'A'.repeat(43)}=` });
      for (let i = 0; i < 2; i++) {
        const log = await ask(connect(tls, server.url()));
        expect(log.events).toEqual(['connect', 'close ERR_TLS_CERT_PIN']);
      }
      expect(reused).toEqual([]);
    },
  );

  it('is dropped when a handshake with it fails', async () => {
    let refuses = false;
    const { server, reused } = await resuming({ maxVersion: 'TLSv1.2' });
    const gate = await serve(() => {}, {
      onConnection: (peer) => {
        if (refuses) {
          peer.tcp.resetAndDestroy();
          return;
        }
        peer.tcp.removeAllListeners('data');
        const upstream = new (peer.tcp.constructor as typeof import('node:net').Socket)();
        upstream.connect(server.port, '127.0.0.1');
        upstream.on('error', () => {});
        peer.tcp.pipe(upstream).pipe(peer.tcp);
      },
    });
    const tls = connector({ ca: LOCALHOST.cert });
    const url = `https://localhost:${gate.port}/`;
    await ask(connect(tls, url));
    await ask(connect(tls, url));
    refuses = true;
    expect((await ask(connect(tls, url))).closed).toBe(true);
    refuses = false;
    await ask(connect(tls, url));
    expect(reused).toEqual([false, true, false]);
  });
});

describe('the sessions that are kept', () => {
  const session = (text: string) => Buffer.from(text);

  it('are the newest of each server, and those used last', () => {
    const sessions = new TlsSessions(2);
    sessions.put('a', session('1'));
    sessions.put('a', session('2'));
    sessions.put('b', session('3'));
    expect(sessions.take('a')?.toString()).toBe('2');
    sessions.put('c', session('4'));
    expect(sessions.take('b')).toBe(undefined);
    expect(sessions.take('a')?.toString()).toBe('2');
    expect(sessions.toString()).toBe('2 TLS sessions');
  });

  it('are none of a size that only a hostile server chooses', () => {
    const sessions = new TlsSessions();
    sessions.put('a', Buffer.alloc(16 * 1024));
    sessions.put('b', Buffer.alloc(16 * 1024 + 1));
    expect([sessions.take('a') === undefined, sessions.take('b')]).toEqual([false, undefined]);
  });

  it('lose the one that failed, not the one that came meanwhile', () => {
    const sessions = new TlsSessions();
    const old = session('1');
    sessions.put('a', old);
    sessions.put('a', session('2'));
    sessions.drop('a', old);
    expect(sessions.take('a')?.toString()).toBe('2');
    sessions.drop('a', sessions.take('a')!);
    expect(sessions.take('a')).toBe(undefined);
  });
});
