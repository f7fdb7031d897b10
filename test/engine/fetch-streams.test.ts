// Bodies that stream: how much is held when nobody reads, what a reader gets, and how a body can end.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Session } from 'flurry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCALHOST } from '../server/certificate.ts';
import { type RawPeer, RawServer, type Script } from '../server/raw-server.ts';

const MIB = 1024 * 1024;
let server: RawServer;
let session: Session;
beforeEach(() => {
  session = new Session();
});
afterEach(async () => {
  await server.close();
  await session.close();
});

async function open(script: Script): Promise<void> {
  server = await RawServer.open(script);
}

const PIECE = Buffer.alloc(64 * 1024, 'flurry ');

/** As fast as the client takes it; `sent.bytes` is what has left for the kernel. */
function flow(peer: RawPeer, pieces: number, sent: { bytes: number }): void {
  if (pieces === 0) return;
  peer.send(PIECE, () => {
    sent.bytes += PIECE.length;
    flow(peer, pieces - 1, sent);
  });
}

describe('a body that is larger than what is held', () => {
  it('waits for its reader: what the server can send stays bounded', async () => {
    const pieces = (50 * MIB) / PIECE.length;
    const sent = { bytes: 0 };
    await open((peer, { target }) => {
      if (target === '/next') return peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${50 * MIB}\r\n\r\n`);
      flow(peer, pieces, sent);
    });
    const response = await session.fetch(server.url());
    const reader = response.body!.getReader();
    const hash = createHash('sha256');
    let read = 0;
    let aheadMax = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      read += value.length;
      hash.update(value);
      aheadMax = Math.max(aheadMax, sent.bytes - read);
      // A reader that is slower than the wire: a whole exchange of its own between two chunks, now and then.
      if (read % (4 * MIB) < value.length) await session.fetch(server.url('/next'));
    }
    expect(read).toBe(50 * MIB);
    const expected = createHash('sha256');
    for (let i = 0; i < pieces; i++) expected.update(PIECE);
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
    // The kernels' buffers on loopback are the greater part of it.
    expect(aheadMax).toBeLessThan(20 * MIB);
  });

  it('stops its server while nobody reads', async () => {
    const sent = { bytes: 0 };
    await open((peer, { target }) => {
      if (target === '/next') return peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${50 * MIB}\r\n\r\n`);
      flow(peer, (50 * MIB) / PIECE.length, sent);
    });
    const response = await session.fetch(server.url());
    for (let i = 0; i < 100; i++) await (await session.fetch(server.url('/next'))).text();
    expect(sent.bytes).toBeLessThan(20 * MIB);
    await response.body!.cancel();
  });

  it('is not bounded by what may be held of a body', async () => {
    const content = Buffer.alloc(300_000, 'abc');
    const zipped = gzipSync(content);
    await open((peer, { target }) => {
      const [field, body] = target === '/gzip' ? ['Content-Encoding: gzip\r\n', zipped] : ['', content];
      peer.send(`HTTP/1.1 200 OK\r\n${field}Content-Length: ${body.length}\r\n\r\n`);
      peer.send(body);
    });
    await using small = new Session({ bodyBytesMax: 1000 });
    for (const path of ['/plain', '/gzip']) {
      const response = await small.fetch(server.url(path));
      expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    }
  });
});

describe('a body that nobody reads', () => {
  const small = 'x'.repeat(200_000);

  it('lets its connection go when it is small', async () => {
    await open((peer) => peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${small.length}\r\n\r\n${small}`));
    await using narrow = new Session({ concurrency: 1 });
    const unread: globalThis.Response[] = [];
    for (let i = 0; i < 5; i++) unread.push(await narrow.fetch(server.url()));
    expect(server.connections).toBe(1);
    expect(await Promise.all(unread.map(async (response) => (await response.text()).length))).toEqual(
      unread.map(() => small.length),
    );
  });

  it('lets it go when it is cancelled, whole or not', async () => {
    await open((peer, { target }) => {
      if (target === '/small') return peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
    });
    await using narrow = new Session({ concurrency: 1 });
    await (await narrow.fetch(server.url('/endless'))).body!.cancel('no more');
    await server.until(() => server.open === 0);
    await (await narrow.fetch(server.url('/small'))).body!.cancel();
    expect(await (await narrow.fetch(server.url('/small'))).text()).toBe('hi');
    expect(server.connections).toBe(2);
  });
});

describe('a reader', () => {
  it('gets what comes when it comes', async () => {
    let sendMore = (_: string): void => {};
    await open((peer) => {
      peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      sendMore = (chunk) =>
        peer.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n${chunk === '' ? '\r\n' : ''}`);
    });
    const { body } = await session.fetch(server.url());
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    for (const word of ['one', 'two', 'three']) {
      const next = reader.read();
      sendMore(word);
      expect(await next).toEqual({ done: false, value: word });
    }
    sendMore('');
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  it('may bring its own buffer', async () => {
    await open((peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
    const { body } = await session.fetch(server.url());
    const reader = body!.getReader({ mode: 'byob' });
    const texts: string[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      if (done) break;
      texts.push(Buffer.from(value).toString());
    }
    expect(texts.join('|')).toBe('hel|lo');
  });
});

describe('a body that does not come whole', () => {
  const cut = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc';

  it.each(['end', 'reset'] as const)('ends in an error of its stream: %s', async (how) => {
    await open((peer) => peer[how](cut));
    const response = await session.fetch(server.url());
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { name: 'RequestError', failure: { phase: 'body' } },
    });
  });

  it('does so when it cannot be decoded, and its connection closes', async () => {
    await open((peer) => {
      peer.send('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\nno gzip at all');
    });
    const response = await session.fetch(server.url());
    await expect(response.text()).rejects.toMatchObject({ name: 'TypeError', message: 'terminated' });
    await server.until(() => server.open === 0);
  });

  it('does so when it is a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * MIB));
    await open((peer) => {
      peer.send(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
      peer.send(bomb);
    });
    await using careful = new Session({ decodedRatioMax: 10 });
    const response = await careful.fetch(server.url());
    await expect(response.text()).rejects.toMatchObject({
      message: 'terminated',
      cause: { message: expect.stringContaining('decodedRatioMax') },
    });
  });
});

describe('a body that ends with its TLS connection', () => {
  it('is handed out once its end is proven', async () => {
    server = await RawServer.open((peer) => peer.end('HTTP/1.1 200 OK\r\n\r\nall of it'), { tls: LOCALHOST });
    await using secure = new Session({ insecure: true });
    for (let i = 0; i < 3; i++) expect(await (await secure.fetch(server.url())).text()).toBe('all of it');
  });

  it('is not held back where it is a stream of events, and is not handed out twice', async () => {
    const events = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n';
    server = await RawServer.open((peer) => peer.end(events), { tls: LOCALHOST });
    await using secure = new Session({ insecure: true });
    const first = await secure.fetch(server.url());
    await expect(first.text()).rejects.toMatchObject({
      message: 'terminated',
      cause: { message: expect.stringContaining('came again') },
    });
    expect(await (await secure.fetch(server.url())).text()).toBe('data: 1\n\n');
  });
});
