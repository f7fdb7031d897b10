// What is to go through a proxy never goes out without it.

import net from 'node:net';
import { flurry } from 'flurry';
import { describe, expect, it } from 'vitest';

async function listening(onConnection: () => void): Promise<{ server: net.Server; port: number }> {
  const server = net.createServer((socket) => {
    onConnection();
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, port: (server.address() as net.AddressInfo).port };
}

describe('a proxy that is down', () => {
  it('is not passed by, however the origin is spelled', async () => {
    let direct = 0;
    const origin = await listening(() => direct++);
    const proxy = await listening(() => {});
    const urls = [`http://localhost:${origin.port}/1`, `http://LOCALHOST:${origin.port}/2`];
    const outcomes = await flurry.all(urls, {
      httpVersion: '2',
      retry: 0,
      proxy: `socks5h://127.0.0.1:${proxy.port}`,
    });
    origin.server.close();
    proxy.server.close();
    expect(outcomes.map(({ type }) => type)).toEqual(['failure', 'failure']);
    expect(direct).toBe(0);
  });
});
