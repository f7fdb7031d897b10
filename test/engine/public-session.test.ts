// The session in code: single requests, runs that share it, and what belongs to whom.

import { flurry, OptionError, RequestError, type Response, Session } from 'flurry';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RawServer } from '../server/raw-server.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());

function session(options: ConstructorParameters<typeof Session>[0] = {}): Session {
  const one = new Session(options);
  onTestFinished(() => one.close());
  return one;
}

describe('single requests', () => {
  it('have the method that they are called by, a body and headers of their own', async () => {
    const api = session({ headers: { 'X-Of-Session': 'a', 'X-Both': 'session' } });
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const body = method === 'get' ? {} : { json: { a: 1 } };
      const response = await api[method](`${target.url}/echo`, { ...body, headers: { 'X-Both': 'own' } });
      const seen = response.json<{ method: string; headers: [string, string][] | Record<string, string> }>();
      const pairs = Array.isArray(seen.headers) ? seen.headers : Object.entries(seen.headers);
      const headers = new Map(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]));
      expect([seen.method, headers.get('x-of-session'), headers.get('x-both')]).toEqual([
        method.toUpperCase(),
        'a',
        'own',
      ]);
    }
    expect((await api.head(`${target.url}/todos/1`)).body).toHaveLength(0);
  });

  it('resolve with any status and reject where no response came', async () => {
    const api = session();
    expect((await api.get(`${target.url}/status/503`)).status).toBe(503);
    const broken = api.get('http://127.0.0.1:1/');
    await expect(broken).rejects.toThrow(RequestError);
    await expect(broken).rejects.toMatchObject({ failure: { phase: 'connect', kind: 'refused' } });
  });

  it('keep cookies, follow redirects and decode unless told otherwise', async () => {
    const api = session();
    const page = await api.post(`${target.url}/login`, { form: { user: 'user', password: 'secret' } });
    expect(page.status).toBe(200);
    expect((await api.get(`${target.url}/private/7`)).status).toBe(200);
    expect((await api.get(`${target.url}/gzip`)).json()).toBeTypeOf('object');
    const bare = session({ cookies: false, followRedirects: false, compressed: false });
    expect((await bare.get(`${target.url}/redirect/1`)).status).toBe(302);
    expect(() => bare.saveCookies()).toThrow('keeps no cookies');
  });

  it('hand their cookies on as a file, and take them from one', async () => {
    const first = session();
    await first.post(`${target.url}/login`, { form: { user: 'user', password: 'secret' } });
    const second = session();
    expect((await second.get(`${target.url}/private/7`)).status).not.toBe(200);
    expect(second.loadCookies(first.saveCookies())).toEqual([]);
    expect((await second.get(`${target.url}/private/7`)).status).toBe(200);
    expect(second.loadCookies('nonsense')).toEqual([expect.stringMatching(/^line 1: /)]);
  });

  it('use one connection after another, and as many as wanted at once', async () => {
    const server = await RawServer.open((peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    onTestFinished(() => server.close());
    const api = session({ concurrency: 3 });
    for (let i = 0; i < 5; i++) await api.get(server.url());
    expect(server.connections).toBe(1);
    await Promise.all(Array.from({ length: 30 }, () => api.get(server.url())));
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  it('are stopped by a signal, before, while they wait and while they are under way', async () => {
    const silent = await RawServer.open(() => {});
    onTestFinished(() => silent.close());
    const api = session({ concurrency: 1 });
    await expect(api.get(silent.url(), { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow(
      'early',
    );
    const stop = new AbortController();
    const under = api.get(silent.url(), { signal: stop.signal });
    const waiting = api.get(silent.url(), { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(under).rejects.toThrow('enough');
    await expect(waiting).rejects.toThrow('enough');
    expect((await api.get(`${target.url}/todos/1`)).status).toBe(200);
  });

  it('are refused after close, which waits for those under way', async () => {
    const api = new Session();
    const last = api.get(`${target.url}/delay/20`);
    const closing = api.close();
    expect((await last).status).toBe(200);
    await closing;
    await expect(api.get(target.url)).rejects.toThrow('closed');
    expect(() => flurry(target.url, { session: api })).toThrow('closed');
  });
});

describe('runs of a session', () => {
  it('share its cookies and connections, and end without closing it', async () => {
    const api = session({ concurrency: 4 });
    await api.post(`${target.url}/login`, { form: { user: 'user', password: 'secret' } });
    const [a, b] = await Promise.all([
      flurry.all(`${target.url}/private/[1-20]`, { session: api }),
      flurry.all(`${target.url}/private/[21-40]`, { session: api }),
    ]);
    expect([...a, ...b].map((o) => (o as Response).status)).toEqual(Array(40).fill(200));
    expect((await api.get(`${target.url}/private/1`)).status).toBe(200);
  });

  it('share its limits with each other and with single requests', async () => {
    const api = session({ concurrency: 5 });
    const urls = `${target.url}/capacity/[1-30]?n=1000&ms=2`;
    const before = target.counts.connectionsOpenMax;
    const runs = [urls, urls, urls].map((source) => flurry.all(source, { session: api }));
    const singles = Array.from({ length: 10 }, () => api.get(`${target.url}/delay/1`));
    const all = await Promise.all([...runs, Promise.all(singles)]);
    expect(all.flat()).toHaveLength(100);
    expect(target.counts.connectionsOpenMax).toBeLessThanOrEqual(Math.max(before, 5 + 60));
  });

  it('stop alone', async () => {
    const silent = await RawServer.open(() => {});
    onTestFinished(() => silent.close());
    const api = session();
    const stop = new AbortController();
    const stopped = flurry.all(`${silent.url()}[1-5]`, { session: api, signal: stop.signal });
    const other = flurry.all(`${target.url}/delay/[20-30]`, { session: api });
    stop.abort(new Error('this one only'));
    await expect(stopped).rejects.toThrow('this one only');
    expect((await other).every((o) => o.type === 'response')).toBe(true);
  });

  it('have headers laid over the session’s, and no say in what is the session’s', async () => {
    const api = session({ headers: { 'X-A': '1', 'X-B': '1' } });
    const [one] = await flurry.all(`${target.url}/headers`, { session: api, headers: { 'x-b': '2' } });
    expect((one as Response).text()).toMatch(/x-a.{0,6}1/i);
    expect((one as Response).text()).toMatch(/x-b.{0,6}2/i);
    expect((one as Response).text()).not.toMatch(/x-b.{0,6}1/i);
    expect(() => flurry(target.url, { session: api, insecure: true })).toThrow(OptionError);
    expect(() => flurry(target.url, { session: api, insecure: true })).toThrow(
      'new Session({ insecure: … })',
    );
    expect(() => flurry(target.url, { session: api, nonsense: 1 } as object)).toThrow('unknown option');
  });
});
