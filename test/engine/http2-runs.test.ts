// Runs over HTTP/2 against node:http2, by ALPN and without being told: what a session, a sink or a limit adds is the same
// as over HTTP/1.1.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type FlurryOptions, flurry, type Outcome, type RequestInput } from 'flurry';
import { afterEach, describe, expect, it } from 'vitest';
import { LOCALHOST } from '../server/certificate.ts';
import { type Http2Options, Http2Peer, type Http2Script } from '../server/http2-server.ts';
import { temporaryFolder } from '../sinks/folder.ts';
import { readArchive } from '../sinks/warc-reader.ts';
import { download } from './downloads-fixture.ts';

const path = temporaryFolder();
const open: Http2Peer[] = [];
const TLS = { ca: LOCALHOST.cert };

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(script: Http2Script, options?: Http2Options): Promise<Http2Peer> {
  const peer = await Http2Peer.open(script, options);
  open.push(peer);
  return peer;
}

/** `200 body`, all of them over HTTP/2; or where and how it failed. */
function shorts(outcomes: readonly Outcome[]): string[] {
  return outcomes.map((one) => {
    if (one.type === 'failure') return `${one.phase}/${one.kind}`;
    expect(one.httpVersion).toBe('2');
    return `${one.status} ${one.text()}`;
  });
}

async function run(input: readonly RequestInput[], options: FlurryOptions = {}): Promise<string[]> {
  const outcomes = await flurry.all(input, { ...TLS, retry: 0, ...options });
  return shorts([...outcomes].sort((a, b) => a.index - b.index));
}

interface Case {
  readonly script: Http2Script;
  readonly options?: FlurryOptions;
  /** `/` unless told otherwise. */
  readonly input?: (peer: Http2Peer) => readonly RequestInput[];
  readonly expected: readonly string[];
  /** What the server saw. */
  readonly seen?: (peer: Http2Peer) => unknown;
  readonly saw?: unknown;
}

const CASES: Readonly<Record<string, Case>> = {
  redirects: {
    script: (peer, { path: at }) => {
      if (at === '/there') peer.send(200, 'there');
      else peer.send(302, '', { location: '/there' });
    },
    options: { followRedirects: true },
    expected: ['200 there'],
    seen: ({ paths }) => paths,
    saw: ['/', '/there'],
  },
  cookies: {
    script: (peer, { headers }) => peer.send(200, headers.cookie ?? 'none', { 'set-cookie': ['a=1', 'b=2'] }),
    options: { cookies: true, concurrency: 1 },
    input: (peer) => [peer.url('/1'), peer.url('/2')],
    expected: ['200 none', '200 a=1; b=2'],
  },
  gzip: {
    script: (peer, { headers }) => {
      expect(headers['accept-encoding']).toContain('gzip');
      peer.send(200, gzipSync('content'), { 'content-encoding': 'gzip' });
    },
    options: { compressed: true },
    expected: ['200 content'],
  },
  'retries on 503': {
    script: (peer, { before }) => peer.send(before < 2 ? 503 : 200, String(before)),
    options: { retry: 3, retryDelayMs: 1 },
    input: (peer) => Array.from({ length: 5 }, (_, i) => peer.url(`/${i}`)),
    expected: Array(5).fill('200 2'),
  },
  basic: {
    script: (peer, { headers }) => peer.send(200, headers.authorization ?? ''),
    options: { user: 'user:secret' },
    expected: [`200 Basic ${Buffer.from('user:secret').toString('base64')}`],
  },
  digest: {
    script: (peer, { headers, method, path: at }) => {
      const field = headers.authorization ?? '';
      const value = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(field)?.[1] ?? '';
      const hash = (text: string) => createHash('sha256').update(text).digest('hex');
      const parts = ['n0nce', value('nc'), value('cnonce'), 'auth', hash(`${method}:${at}`)];
      const isRight = value('response') === hash([hash('user:r:secret'), ...parts].join(':'));
      const challenge = 'Digest realm="r", nonce="n0nce", qop="auth", algorithm=SHA-256';
      if (isRight) peer.send(200, 'in');
      else peer.send(401, 'out', { 'www-authenticate': challenge });
    },
    options: { user: 'user:secret', digest: true, concurrency: 1 },
    input: (peer) => [peer.url('/1'), { url: peer.url('/2'), method: 'POST', body: 'x' }],
    expected: ['200 in', '200 in'],
    seen: ({ arrivals }) => arrivals.length,
    saw: 3,
  },
  HEAD: {
    script: (peer) => peer.send(200, 'never sent', { etag: '"x"' }),
    options: { method: 'HEAD' },
    expected: ['200 '],
    seen: ({ arrivals }) => arrivals[0]!.method,
    saw: 'HEAD',
  },
  'bodies that were asked for': {
    script: (peer, { body, headers }) => peer.send(200, `${headers.expect} ${body.length}`),
    options: { expectContinueBytes: 10, expectTimeoutMs: 60_000 },
    input: (peer) => [
      { url: peer.url('/small'), method: 'POST', body: 'x' },
      { url: peer.url('/large'), method: 'POST', body: 'x'.repeat(200_000) },
    ],
    expected: ['200 undefined 1', '200 100-continue 200000'],
  },
  'a large body in each direction': {
    script: (peer, { body }) =>
      peer.send(200, createHash('sha256').update(body).digest('hex').repeat(20_000)),
    input: (peer) => [{ url: peer.url(), method: 'PUT', body: 'x'.repeat(1_000_000) }],
    expected: [`200 ${createHash('sha256').update('x'.repeat(1_000_000)).digest('hex').repeat(20_000)}`],
  },
};

describe('over HTTP/2', () => {
  it.each(Object.entries(CASES))('%s', async (_, { script, options, input, expected, seen, saw }) => {
    const peer = await serve(script);
    expect(await run(input?.(peer) ?? [peer.url()], options)).toEqual(expected);
    expect(seen?.(peer)).toEqual(saw);
    expect(peer.connections).toHaveLength(1);
  });

  it('a burst is one connection, and the summary says so', async () => {
    const peer = await serve((one, { path: at }) => one.send(200, at));
    const wanted = flurry(`${peer.url('/')}[1-300]`, { ...TLS, concurrency: 60, h2Connections: 1 });
    const outcomes: Outcome[] = [];
    for await (const outcome of wanted) outcomes.push(outcome);
    expect(shorts(outcomes).sort()).toEqual(Array.from({ length: 300 }, (_, i) => `200 /${i + 1}`).sort());
    expect(peer.connections).toHaveLength(1);
    expect(wanted.snapshot()).toMatchObject({
      http: { versions: { 2: 300 }, connections: 1, streamsMax: 60 },
    });
  });

  it('a rate holds', async () => {
    const at: number[] = [];
    const peer = await serve((one) => {
      at.push(performance.now());
      one.send(200);
    });
    await run(Array(5).fill(peer.url()), { rate: '100/s', burst: 1 });
    expect(at.at(-1)! - at[0]!).toBeGreaterThan(30);
  });

  it('a stream that stands still fails in time, before its response and in it, and no other one does', async () => {
    const peer = await serve((one, { path: at }) => {
      if (at === '/body') one.begin(200, 'half', { 'content-length': 8 });
      else if (at !== '/head') one.send(200, at);
    });
    const input = ['/head', '/a', '/body', '/b'].map((at) => peer.url(at));
    const options = { firstByteTimeoutMs: 60, idleTimeoutMs: 60 };
    expect(await run(input, options)).toEqual(['headers/timeout', '200 /a', 'body/timeout', '200 /b']);
    expect(peer.connections).toHaveLength(1);
  });

  it('a body that was refused before it was asked for is not sent', async () => {
    let sent = 0;
    const peer = await serve((one) => one.send(200), {
      onExpect: (one) => {
        one.stream.on('data', (piece: Buffer) => {
          sent += piece.length;
        });
        one.send(413, 'too much');
      },
    });
    const post = { url: peer.url(), method: 'POST', body: 'x'.repeat(100_000) };
    expect(await run([post], { expectContinueBytes: 1, expectTimeoutMs: 60_000 })).toEqual(['413 too much']);
    expect(sent).toBe(0);
  });

  it('an Expect that is refused is left out the next time', async () => {
    const peer = await serve((one, { headers, body }) => one.send(200, `${headers.expect} ${body}`), {
      onExpect: (one) => one.send(417),
    });
    const post = { url: peer.url(), method: 'POST', body: 'data' };
    expect(await run([post], { expectContinueBytes: 1, expectTimeoutMs: 60_000 })).toEqual([
      '200 undefined data',
    ]);
  });

  it('a download is resumed where its stream was reset', async () => {
    const body = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join('');
    const peer = await serve((one, { headers, before }) => {
      const fields = { etag: '"v1"', 'accept-ranges': 'bytes' };
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
      if (before === 0) {
        const part = body.slice(0, 9000);
        return one.begin(200, part, { ...fields, 'content-length': body.length }, true);
      }
      const range = `bytes ${start}-${body.length - 1}/${body.length}`;
      one.send(206, body.slice(start), { ...fields, 'content-range': range });
    });
    const { record, content } = await download(peer.url(), path('out.jsonl'), {
      ...TLS,
      retry: 2,
      retryDelayMs: 1,
    });
    expect(content === body).toBe(true);
    expect(record).toMatchObject({ bytes: body.length });
    expect(peer.arrivals.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=9000-']);
  });

  it('records and archives have what came', async () => {
    const peer = await serve((one, { path: at }) =>
      one.send(200, JSON.stringify({ at }), { 'content-type': 'application/json' }),
    );
    const files = [path('out.jsonl'), path('out.warc')];
    await flurry([peer.url('/a'), peer.url('/b')], { ...TLS, ordered: true }).save(files, { headers: true });
    const records = readFileSync(files[0]!, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toMatchObject([
      { index: 0, status: 200, body: { at: '/a' } },
      { index: 1, status: 200, body: { at: '/b' } },
    ]);
    const responses = (await readArchive(readFileSync(files[1]!))).filter(({ type }) => type === 'response');
    expect(responses.map(({ status, content }) => [status, content])).toEqual([
      [200, '{"at":"/a"}'],
      [200, '{"at":"/b"}'],
    ]);
    for (const { fields } of responses) expect(fields.get('warc-protocol')).toContain('h2');
  });
});
