// What TLS and names are told, on the way to HTTP/2: the same options as on the way to HTTP/1.1, and ALPN.

import { createHash, X509Certificate } from 'node:crypto';
import { type FlurryOptions, flurry, type Outcome } from 'flurry';
import { afterEach, describe, expect, it } from 'vitest';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import { type Http2Options, Http2Peer, type Http2Script } from '../server/http2-server.ts';
import { LoopbackProxy } from '../server/proxy-server.ts';
import { type RawPeer, RawServer } from '../server/raw-server.ts';

const open: { close(): Promise<void> }[] = [];
const TLS = { ca: LOCALHOST.cert };
const KEY = `sha256//${createHash('sha256')
  .update(new X509Certificate(LOCALHOST.cert).publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64')}`;
const hi: Http2Script = (one, { headers }) => one.send(200, String(headers[':authority']));

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(script: Http2Script = hi, options?: Http2Options): Promise<Http2Peer> {
  const peer = await Http2Peer.open(script, options);
  open.push(peer);
  return peer;
}

function get(url: string, options: FlurryOptions): Promise<Outcome[]> {
  return flurry.all([url], { ...TLS, retry: 0, concurrency: 1, ...options });
}

/** `2 body`, or where and how it failed. */
function short(outcome: Outcome | undefined): string {
  if (outcome?.type === 'response') return `${outcome.httpVersion} ${outcome.text()}`;
  return `${outcome?.phase}/${outcome?.kind}`;
}

/** A name that only the options of these tests can resolve. */
const NAMED: readonly (readonly [string, (port: number) => FlurryOptions])[] = [
  ['--resolve', (port) => ({ resolve: [`host.test:${port}:127.0.0.1`] })],
  ['--connect-to', (port) => ({ connectTo: [`host.test:${port}:127.0.0.1:${port}`] })],
];

describe('names', () => {
  it.each(NAMED)('%s leads to the server, which is asked for the name', async (_, optionsAt) => {
    const peer = await serve();
    const url = `https://host.test:${peer.port}/`;
    const [outcome] = await get(url, { ...optionsAt(peer.port), insecure: true });
    expect(short(outcome)).toBe(`2 host.test:${peer.port}`);
    expect(peer.connections[0]!.servername).toBe('host.test');
    // Its certificate names localhost alone.
    expect(short((await get(url, optionsAt(peer.port)))[0])).toBe('tls/certificate');
  });

  it('--sni says another to TLS, not to HTTP', async () => {
    const peer = await serve();
    const options = { resolve: [`host.test:${peer.port}:127.0.0.1`], servername: 'localhost' };
    const [outcome] = await get(`https://host.test:${peer.port}/`, options);
    expect(short(outcome)).toBe(`2 host.test:${peer.port}`);
    expect(peer.connections[0]!.servername).toBe('localhost');
  });
});

describe('proxies', () => {
  it.each([
    ['http', {}],
    ['https', { tls: LOCALHOST }],
    ['socks5', { kind: 'socks5' as const }],
  ])('of %s are a tunnel, and HTTP/2 goes through it', async (_, options) => {
    const peer = await serve();
    const proxy = await LoopbackProxy.open({ ...options, login: 'us3r:s3cret' });
    open.push(proxy);
    const urls = Array.from({ length: 10 }, (__, i) => `https://origin.test:${peer.port}/${i}`);
    const outcomes = await flurry.all(urls, {
      ...TLS,
      insecure: true,
      proxy: [proxy.url()],
      concurrency: 10,
    });
    expect(new Set(outcomes.map(short))).toEqual(new Set([`2 origin.test:${peer.port}`]));
    expect([proxy.connections, peer.connections.length]).toEqual([1, 1]);
    expect(JSON.stringify(peer.arrivals)).not.toMatch(/s3cret|proxy/i);
  });

  it('that are down are not passed by, however the origin is spelled', async () => {
    const down = { onConnection: ({ tcp }: RawPeer) => tcp.destroy() };
    const [origin, proxy] = [await RawServer.open(() => {}, down), await RawServer.open(() => {}, down)];
    open.push(origin, proxy);
    const urls = [`http://localhost:${origin.port}/1`, `http://LOCALHOST:${origin.port}/2`];
    const options: FlurryOptions = { httpVersion: '2', retry: 0, proxy: `socks5h://127.0.0.1:${proxy.port}` };
    const outcomes = await flurry.all(urls, options);
    expect(outcomes.map(({ type }) => type)).toEqual(['failure', 'failure']);
    expect(proxy.connections).toBeGreaterThan(0);
    expect(origin.connections).toBe(0);
  });
});

describe('TLS', () => {
  it('shows a client certificate', async () => {
    const peer = await serve(hi, { requestCert: true, rejectUnauthorized: false });
    const [outcome] = await get(peer.url(), { cert: ELSEWHERE.cert, key: ELSEWHERE.key });
    expect(short(outcome)).toBe(`2 localhost:${peer.port}`);
    const shown = peer.connections[0]!.getPeerCertificate();
    expect(shown.fingerprint256).toBe(new X509Certificate(ELSEWHERE.cert).fingerprint256);
  });

  it('takes a pinned key, and no other', async () => {
    const peer = await serve();
    expect(short((await get(peer.url(), { pinnedPubkey: KEY }))[0])).toBe(`2 localhost:${peer.port}`);
    const other = `sha256//${Buffer.alloc(32).toString('base64')}`;
    expect(short((await get(peer.url(), { pinnedPubkey: other }))[0])).toBe('tls/certificate');
    expect(peer.arrivals).toHaveLength(1);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes its session with the next connection: %s',
    async (maxVersion) => {
      const reused: boolean[] = [];
      const peer = await serve(
        (one, { connection }) => {
          const { session } = one.stream;
          reused.push(peer.connections[connection]!.isSessionReused());
          one.stream.on('close', () => session?.close());
          one.send(200, 'hi');
        },
        { maxVersion },
      );
      const outcomes = await flurry.all(Array(3).fill(peer.url()), { ...TLS, concurrency: 1 });
      expect(outcomes.map(short)).toEqual(['2 hi', '2 hi', '2 hi']);
      expect(reused).toEqual([false, true, true]);
    },
  );
});

describe('a server that speaks HTTP/1.1 alone', () => {
  it('is spoken to in HTTP/1.1, unless HTTP/2 is asked for: then it is said what to do', async () => {
    const server = await RawServer.open(
      (peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
      {
        tls: LOCALHOST,
      },
    );
    open.push(server);
    expect(short((await get(server.url(), {}))[0])).toBe('1.1 hi');
    const [outcome] = await get(server.url(), { httpVersion: '2' });
    expect([short(outcome), String(outcome)]).toEqual(['tls/protocol', expect.stringContaining('--http2')]);
  });

  it('and refuses all else by an alert: it is said as well', async () => {
    const tls = { ...LOCALHOST, ALPNProtocols: ['http/1.1'] };
    const server = await RawServer.open((peer) => peer.end(), { tls });
    open.push(server);
    const outcomes = await flurry.all(Array(3).fill(server.url()), { ...TLS, retry: 0, httpVersion: '2' });
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ phase: 'tls', sent: 'none' });
      expect(String(outcome)).toContain('--http2');
    }
    expect(server.arrivals).toEqual([]);
  });
});

describe('a server that speaks HTTP/2 alone', () => {
  it('is not reached in HTTP/1.1', async () => {
    const peer = await serve();
    const [outcome] = await get(peer.url(), { httpVersion: '1.1' });
    expect(outcome).toMatchObject({ type: 'failure', phase: 'tls', attempts: 1 });
    expect(String(outcome)).toContain('--http1.1');
    expect(peer.arrivals).toEqual([]);
  });
});
