// What a session adds to fetch: cookies, credentials, default headers, limits, and that it can be handed on.

import { Session } from 'flurry';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawServer } from '../server/raw-server.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());

describe('a session', () => {
  it('hands its fetch on without itself', async () => {
    await using session = new Session();
    const { fetch } = session;
    expect(await (await fetch(`${target.url}/todos/1`)).json()).toMatchObject({ id: 1 });
    expect(fetch).toBe(session.fetch);
  });

  it('shares its cookies with fetch, unless the call omits credentials', async () => {
    await using session = new Session();
    await session.fetch(`${target.url}/login`, {
      method: 'POST',
      body: new URLSearchParams('user=user&password=secret'),
    });
    expect((await session.fetch(`${target.url}/private/7`)).status).toBe(200);
    expect((await session.get(`${target.url}/private/7`)).status).toBe(200);
    const omitted = await session.fetch(`${target.url}/private/7`, { credentials: 'omit' });
    expect(omitted.status).not.toBe(200);
  });

  it('keeps a cookie as soon as the head has come, and once', async () => {
    let finish = (): void => {};
    const server = await RawServer.open((peer, { target: path, head }) => {
      if (path === '/slow') {
        peer.send('HTTP/1.1 200 OK\r\nSet-Cookie: a=slow\r\nContent-Length: 4\r\n\r\nbo');
        finish = () => peer.send('dy');
      } else {
        const cookie = /^cookie: (.*)\r$/im.exec(head)?.[1] ?? 'none';
        peer.send(
          `HTTP/1.1 200 OK\r\nSet-Cookie: a=later\r\nContent-Length: ${cookie.length}\r\n\r\n${cookie}`,
        );
      }
    });
    await using session = new Session();
    const slow = await session.fetch(server.url('/slow'));
    expect(await (await session.fetch(server.url('/next'))).text()).toBe('a=slow');
    finish();
    expect(await slow.text()).toBe('body');
    expect(await (await session.fetch(server.url('/next'))).text()).toBe('a=later');
    await server.close();
  });

  it('answers a challenge, and hands out the 401 that it cannot answer', async () => {
    const server = await RawServer.open((peer, { target: path, head }) => {
      const known = /^authorization: digest username="user"/im.test(head);
      const challenge = path === '/basic' ? 'Basic realm="x"' : 'Digest realm="x", nonce="n", qop="auth"';
      peer.send(
        known
          ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nin'
          : `HTTP/1.1 401 No\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 3\r\n\r\nout`,
      );
    });
    await using session = new Session({ user: 'user:secret', digest: true });
    const refused = await session.fetch(server.url('/basic'));
    expect([refused.status, await refused.text()]).toEqual([401, 'out']);
    const outside = await session.fetch(server.url('/digest'), { credentials: 'omit' });
    expect([outside.status, await outside.text()]).toEqual([401, 'out']);
    const answered = await session.fetch(server.url('/digest'));
    expect([answered.status, await answered.text()]).toEqual([200, 'in']);
    await server.close();
  });

  it('lays its headers under those of the call', async () => {
    await using session = new Session({
      headers: { 'X-Own': 'session', 'X-Both': 'session' },
      compressed: false,
      userAgent: 'me',
    });
    const sent = async (init?: RequestInit) => {
      const response = await session.fetch(`${target.url}/echo`, init);
      const { headers } = (await response.json()) as { headers: [string, string][] };
      return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
    };
    expect(await sent({ headers: { 'x-both': 'call', 'Accept-Encoding': 'gzip' } })).toMatchObject({
      'x-own': 'session',
      'x-both': 'call',
      'user-agent': 'me',
      accept: '*/*',
      'accept-encoding': 'gzip',
    });
    expect((await sent())['accept-encoding']).toMatch(/^gzip, deflate, br/);
  });

  it('decodes whatever it was asked for', async () => {
    await using session = new Session({ compressed: false });
    const response = await session.fetch(`${target.url}/gzip`, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.json()).toHaveProperty('todos');
  });

  it('holds its limits', async () => {
    await using session = new Session({ perHost: 3 });
    const fresh = await startTarget();
    const answers = Array.from({ length: 30 }, async (_, i) => {
      const response = await session.fetch(`${fresh.url}/redirect/1?i=${i}`);
      return [response.redirected, (await response.text()).length > 0];
    });
    expect(await Promise.all(answers)).toEqual(Array(30).fill([true, true]));
    expect(fresh.counts.connectionsOpenMax).toBeLessThanOrEqual(3);
    await fresh.close();
  });

  it('sends a body again that was held back and whose Expect was refused', async () => {
    const server = await RawServer.open((peer, { head, body }) => {
      if (/^expect:/im.test(head)) peer.send('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n');
      else peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    await using session = new Session();
    const init = { method: 'PUT', body: 'content', headers: { Expect: '100-continue' } };
    expect(await (await session.fetch(server.url(), init)).text()).toBe('content');
    await server.close();
  });
});
