// Runs and sessions whose requests wait together for one connection.

import net from 'node:net';
import { flurry } from 'flurry';
import { afterEach, describe, expect, it } from 'vitest';
import { LOCALHOST } from '../server/certificate.ts';
import { Http2Peer } from '../server/http2-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe('requests that wait together for one connection', () => {
  it('a sink that throws at the first failure ends the run with its error', async () => {
    const port = await closedPort();
    const uncaught: unknown[] = [];
    const listener = (error: unknown) => uncaught.push(error);
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', listener);
    try {
      const run = flurry([1, 2, 3].map((n) => `https://127.0.0.1:${port}/${n}`), { retry: 0 });
      const ended = run.to({
        write() { throw new Error('disk full'); },
        full: false, onDrain: undefined, onError: undefined,
        async close() {},
      }).then((s) => String(s), (e: Error) => e.message);
      const first = await Promise.race([ended, new Promise((r) => setTimeout(r, 3000, 'no end in 3 s'))]);
      expect(uncaught).toEqual([]);
      expect(first).toContain('disk full');
    } finally {
      process.removeListener('uncaughtException', listener);
      for (const one of before) process.on('uncaughtException', one);
    }
  }, 10_000);

  it('one whose stream is already being read fails alone', async () => {
    const peer = await Http2Peer.open((one, { path }) => one.send(200, path));
    open.push(peer);
    const uncaught: unknown[] = [];
    const listener = (error: unknown) => uncaught.push(error);
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', listener);
    try {
      const body = new ReadableStream<Uint8Array>({ pull(c) { c.enqueue(new Uint8Array(4)); c.close(); } });
      const outcomes: string[] = [];
      const requests = [
        { url: peer.url('/1'), method: 'POST', body },
        { url: peer.url('/2'), method: 'POST', body },
        peer.url('/3'),
      ];
      const work = (async () => {
        for await (const o of flurry(requests, { ca: LOCALHOST.cert, retry: 0, httpVersion: '2' })) outcomes.push(o.type === 'response' ? `${o.status} ${o.text()}` : `${o.phase}/${o.kind}`);
        return 'ended';
      })();
      const end = await Promise.race([work, new Promise((r) => setTimeout(r, 3000, 'no end in 3 s'))]);
      expect(uncaught).toEqual([]);
      expect(end).toBe('ended');
      expect(outcomes.sort()).toEqual(['200 /1', '200 /3', 'send/invalid']);
    } finally {
      process.removeListener('uncaughtException', listener);
      for (const one of before) process.on('uncaughtException', one);
    }
  }, 10_000);
});
