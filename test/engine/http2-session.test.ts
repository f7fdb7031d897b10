// A session over HTTP/2 against node:http2: single requests, fetch with bodies that stream both ways, and stops.

import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Session, type SessionOptions } from 'flurry';
import { afterEach, describe, expect, it } from 'vitest';
import { LOCALHOST } from '../server/certificate.ts';
import { Http2Peer, type Http2Script } from '../server/http2-server.ts';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  // The server first: a session waits for what is under way.
  for (const one of open.splice(0)) await one.close();
});

async function start(script: Http2Script, options: SessionOptions = {}) {
  const peer = await Http2Peer.open(script);
  const session = new Session({ ca: LOCALHOST.cert, retry: 0, ...options });
  open.push(peer, session);
  return { peer, session };
}

/** Turns of the event loop until it holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('a session over HTTP/2', () => {
  it('logs in by a form, keeps its cookie and follows redirects', async () => {
    const { peer, session } = await start((one, { path, method, body, headers }) => {
      if (path === '/login' && method === 'POST' && body === 'user=a')
        return one.send(303, '', { location: '/home', 'set-cookie': 'sid=1; Secure; Path=/' });
      one.send(headers.cookie === 'sid=1' ? 200 : 403, `${method} ${path}`);
    });
    const home = await session.post(peer.url('/login'), { form: { user: 'a' } });
    expect([home.httpVersion, home.status, home.text()]).toEqual(['2', 200, 'GET /home']);
    const next = await session.get(peer.url('/next'));
    expect([next.httpVersion, next.text()]).toEqual(['2', 'GET /next']);
    expect(peer.connections).toHaveLength(1);
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'PATCH'])('sends %s', async (method) => {
    const { peer, session } = await start((one, arrival) =>
      one.send(200, `${arrival.method} ${arrival.body}`),
    );
    const body = method === 'HEAD' ? undefined : 'data';
    const response = await session.request({ url: peer.url(), method, body });
    expect([response.httpVersion, response.text()]).toEqual(['2', method === 'HEAD' ? '' : `${method} data`]);
    expect(peer.arrivals[0]!.method).toBe(method);
  });

  it('stops one request where its signal says so, and that alone', async () => {
    const { peer, session } = await start((one, { path }) => {
      if (path !== '/never') one.send(200, path);
    });
    const stop = new AbortController();
    const never = session.get(peer.url('/never'), { signal: stop.signal });
    await until(() => peer.arrivals.length === 1);
    stop.abort(new Error('enough'));
    await expect(never).rejects.toThrow('enough');
    expect((await session.get(peer.url('/next'))).text()).toBe('/next');
    expect(peer.connections).toHaveLength(1);
  });
});

describe('fetch over HTTP/2', () => {
  it('gives a body as it comes, and takes one as it is made', async () => {
    const { peer, session } = await start(({ stream }, { body }) => {
      stream.respond({ ':status': 200 });
      stream.end(body.toUpperCase());
    });
    const pieces = Array.from(
      { length: 200 },
      (_, i) => `piece ${i} of a body that is made while it is sent; `,
    );
    const body = ReadableStream.from(pieces.map((piece) => Buffer.from(piece)));
    const response = await session.fetch(peer.url(), { method: 'POST', body, duplex: 'half' });
    expect(response.status).toBe(200);
    expect(await text(response.body!)).toBe(pieces.join('').toUpperCase());
    expect(peer.arrivals[0]!.headers['content-length']).toBe(undefined);
  });

  it('holds back a server that is faster than its reader, and goes on', async () => {
    const bytes = 8 * 1024 * 1024;
    let written = 0;
    const { peer, session } = await start(({ stream }, { path }) => {
      stream.respond({ ':status': 200 });
      if (path !== '/large') return void stream.end('small');
      const write = () => {
        for (;;) {
          if (written === bytes) return void stream.end();
          written += 65_536;
          if (!stream.write(Buffer.alloc(65_536, 'x'))) return void stream.once('drain', write);
        }
      };
      write();
    });
    const large = await session.fetch(peer.url('/large'));
    const reader = large.body!.getReader();
    let read = (await reader.read()).value!.length;
    for (let i = 0; i < 20; i++) {
      const small = await session.fetch(peer.url(`/${i}`));
      expect(await small.text()).toBe('small');
    }
    expect(written).toBeLessThan(bytes);
    for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.length;
    expect(read).toBe(bytes);
    expect(peer.connections).toHaveLength(1);
  });

  it('undoes content codings, follows redirects and tells of errors', async () => {
    const { peer, session } = await start((one, { path }) => {
      if (path === '/to') one.send(301, '', { location: '/coded' });
      else if (path === '/coded') one.send(200, gzipSync('content'), { 'content-encoding': 'gzip' });
      else one.begin(200, 'half', { 'content-length': 8 }, true);
    });
    const coded = await session.fetch(peer.url('/to'));
    expect([await coded.text(), coded.redirected, coded.url]).toEqual(['content', true, peer.url('/coded')]);
    const broken = await session.fetch(peer.url('/broken'));
    await expect(broken.text()).rejects.toThrow();
    expect((await session.fetch(peer.url('/coded'))).status).toBe(200);
    expect(peer.connections).toHaveLength(1);
  });

  it('is stopped while a body comes: the stream ends, and its connection goes on', async () => {
    let isClosed = false;
    const { peer, session } = await start((one, { path }) => {
      if (path === '/next') return one.send(200, 'next');
      one.stream.on('close', () => {
        isClosed = true;
      });
      one.begin(200, 'half');
    });
    const stop = new AbortController();
    const response = await session.fetch(peer.url(), { signal: stop.signal });
    const reader = response.body!.getReader();
    await reader.read();
    stop.abort();
    await expect(reader.read()).rejects.toThrow(/abort/i);
    await until(() => isClosed);
    expect(await (await session.fetch(peer.url('/next'))).text()).toBe('next');
    expect(peer.connections).toHaveLength(1);
  });

  it('that is answered before its body is out sends no more of it', async () => {
    const { peer, session } = await start((one) => one.send(200));
    let pulled = 0;
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(Buffer.alloc(1000, 'x'));
        if (pulled > 100_000) throw new Error('it is read for ever');
        return new Promise((resolve) => setImmediate(resolve));
      },
      cancel() {
        isCancelled = true;
      },
    });
    peer.onStream = (one) => one.send(401, 'no');
    const response = await session.fetch(peer.url(), { method: 'POST', body, duplex: 'half' });
    expect([response.status, await response.text()]).toEqual([401, 'no']);
    await until(() => isCancelled);
    expect(peer.connections).toHaveLength(1);
  });
});
