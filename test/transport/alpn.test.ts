// What is offered in ALPN and what came of it, on every way that leads to a secure origin (RFC 7301).

import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/model/contracts.ts';
import { UnprovenEnd } from '../../src/transport/wire-errors.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy } from '../server/proxy-server.ts';
import { IP4, proxyAt, type WireOptions, wires } from './wire-log.ts';

const BOTH: readonly Protocol[] = ['h2', 'http/1.1'];
const GET = 'GET / HTTP/1.1\r\n\r\n';
const UNTIL_THE_END = 'HTTP/1.1 200 OK\r\n\r\nhi';

const { serve, connector, connect, closeAfter } = wires();

/** A server that would speak these, and what was offered to it; without any it chooses none. */
async function choosing(speaks?: readonly string[]) {
  const offered: string[][] = [];
  const alpn = {
    ALPNCallback: ({ protocols }: { protocols: string[] }) => {
      offered.push(protocols);
      return speaks?.find((one) => protocols.includes(one));
    },
  };
  const server = await serve((peer) => peer.end(UNTIL_THE_END), {
    tls: { ...LOCALHOST, ...(speaks === undefined ? {} : alpn) },
  });
  return { server, offered };
}

async function waysTo(): Promise<readonly (readonly [string, WireOptions])[]> {
  const http = closeAfter(await LoopbackProxy.open());
  const https = closeAfter(await LoopbackProxy.open({ tls: LOCALHOST }));
  const socks = closeAfter(await LoopbackProxy.open({ kind: 'socks5' }));
  return [
    ['straight', {}],
    ['raced', { addresses: [IP4, { address: '127.0.0.2', family: 4 }] }],
    ['tunnel', { proxy: proxyAt(http.url()) }],
    ['TLS in TLS', { proxy: proxyAt(https.url()) }],
    ['SOCKS', { proxy: proxyAt(socks.url()) }],
  ];
}

describe('ALPN', () => {
  it('offers what is asked for in its order and tells what came of it, on every way, watched or not', async () => {
    const { server, offered } = await choosing(['h2']);
    for (const [way, options] of await waysTo()) {
      const tls = connector({ ca: LOCALHOST.cert });
      for (const watched of [false, true]) {
        const { wire, log } = connect(tls, server.url(), { ...options, protocols: BOTH });
        await log.open(true);
        expect([way, watched, log.protocol, offered.at(-1)]).toEqual([way, watched, 'h2', BOTH]);
        wire.write(GET, undefined);
        await log.until(() => log.closed || log.events.includes('end'));
        if (watched) expect([way, ...log.events]).toEqual([way, 'connect', 'secure', 'end']);
        else expect(log.error).toBeInstanceOf(UnprovenEnd);
        (log.error as UnprovenEnd | undefined)?.proveNext();
      }
    }
  });

  it("is each connection's own: one and the same origin may be offered less", async () => {
    const { server, offered } = await choosing(['h2', 'http/1.1']);
    const tls = connector({ ca: LOCALHOST.cert });
    for (const [protocols, chosen] of [
      [BOTH, 'h2'],
      [undefined, 'http/1.1'],
      [['h2'], 'h2'],
      [['http/1.1'], 'http/1.1'],
    ] as const) {
      const { log } = connect(tls, server.url(), protocols === undefined ? {} : { protocols });
      await log.open(true);
      expect([log.protocol, offered.at(-1)]).toEqual([chosen, protocols ?? ['http/1.1']]);
    }
  });

  it('comes to nothing where the peer chooses none', async () => {
    const { server } = await choosing();
    const { log } = connect(connector({ ca: LOCALHOST.cert }), server.url(), { protocols: BOTH });
    await log.open(true);
    expect([log.protocol, ...log.events]).toEqual([undefined, 'connect', 'secure']);
  });

  it('ends the handshake where the peer speaks none of it', async () => {
    const { server } = await choosing(['http/1.1']);
    const { log } = connect(connector({ ca: LOCALHOST.cert }), server.url(), { protocols: ['h2'] });
    await log.until(() => log.closed);
    expect(log.events[0]).toBe('connect');
    expect(log.events).not.toContain('secure');
    expect(log.error?.message).toMatch(/no application protocol/);
  });

  it('offers a proxy HTTP/1.1 alone', async () => {
    const spoken: unknown[] = [];
    const tls = { ...LOCALHOST, ALPNProtocols: [...BOTH] };
    const proxy = await serve((peer) => spoken.push((peer.stream as TLSSocket).alpnProtocol), { tls });
    const server = proxyAt(`https://localhost:${proxy.port}`);
    for (const origin of ['http://example.test/', 'https://example.test/']) {
      const trusting = connector({ ca: LOCALHOST.cert });
      const { wire, log } = connect(trusting, origin, { proxy: server, protocols: BOTH });
      if (origin.startsWith('http:')) {
        await log.open();
        wire.write(GET, undefined);
      }
      await proxy.until(() => spoken.length > 0);
      expect([origin, spoken.shift()]).toEqual([origin, 'http/1.1']);
    }
  });
});
