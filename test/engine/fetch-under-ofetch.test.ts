// ofetch over a session's fetch: what its users rely on.

import { Session } from 'flurry';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawServer } from '../server/raw-server.ts';

interface Options extends Omit<RequestInit, 'body'> {
  readonly body?: unknown;
  readonly baseURL?: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly responseType?: 'text' | 'blob' | 'stream';
  readonly retry?: false;
  readonly timeout?: number;
  readonly onRequest?: (context: { readonly options: { readonly headers: Headers } }) => void;
  readonly onResponse?: (context: { readonly response: globalThis.Response }) => void;
}

interface Api {
  <T = unknown>(url: string, options?: Options): Promise<T>;
  raw(url: string, options?: Options): Promise<globalThis.Response>;
}

interface Ofetch {
  createFetch(options: { readonly fetch: typeof globalThis.fetch }): Api;
  readonly FetchError: new () => Error;
}

// Not by its own declarations: they want the DOM's names and no exactOptionalPropertyTypes.
const name: string = 'ofetch';
const { createFetch, FetchError } = (await import(name)) as Ofetch;

let target: Target;
let server: RawServer;
let api: Api;
const session = new Session();
beforeAll(async () => {
  target = await startTarget();
  server = await RawServer.open((peer, { target: path, before }) => {
    if (path === '/flaky' && before < 1) return peer.send('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
    if (path === '/gone') return peer.end();
    if (path !== '/silent') peer.send('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}');
  });
  api = createFetch({ fetch: session.fetch });
});
afterAll(async () => {
  await session.close();
  await Promise.all([target.close(), server.close()]);
});

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly body: string;
}

describe('ofetch', () => {
  it('parses JSON, and knows a text and a blob', async () => {
    expect(await api(`${target.url}/todos/1`)).toMatchObject({ id: 1 });
    expect(await api(`${target.url}/todos/1`, { responseType: 'text' })).toBeTypeOf('string');
    const blob = await api<Blob>(`${target.url}/bytes/1000`, { responseType: 'blob' });
    expect(blob.size).toBe(1000);
  });

  it('adds a query to a base', async () => {
    const echo = await api<Echo>('/echo', { baseURL: target.url, query: { q: 'ü', list: [1, 2] } });
    expect(echo.url).toBe('/echo?q=%C3%BC&list=1&list=2');
  });

  it('sends an object as JSON, and a stream', async () => {
    const echo = await api<Echo>(`${target.url}/echo`, { method: 'post', body: { a: 1 } });
    expect([echo.method, echo.body]).toEqual(['POST', '{"a":1}']);
    const headers = Object.fromEntries(echo.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '7' });
    const body = new Blob(['streamed']).stream();
    expect((await api<Echo>(`${target.url}/echo`, { method: 'PUT', body })).body).toBe('streamed');
  });

  it('tries again after a status', async () => {
    expect(await api(server.url('/flaky'))).toEqual({ ok: true });
    expect(server.arrivals.filter(({ target: path }) => path === '/flaky')).toHaveLength(2);
  });

  it('throws FetchError with the status, or with what failed', async () => {
    const status = await api(`${target.url}/status/404`).catch((reason: unknown) => reason);
    expect(status).toBeInstanceOf(FetchError);
    expect(status).toMatchObject({ status: 404 });
    const gone = await api(server.url('/gone'), { retry: false }).catch((reason: unknown) => reason);
    expect(gone).toMatchObject({ name: 'FetchError', cause: { name: 'TypeError', message: 'fetch failed' } });
  });

  it('calls its hooks', async () => {
    const seen: unknown[] = [];
    await api(`${target.url}/redirect/1`, {
      onRequest: ({ options }) => void options.headers.set('X-Hook', '1'),
      onResponse: ({ response }) => void seen.push(response.status, response.redirected, response.url),
    });
    expect(seen).toEqual([200, true, `${target.url}/todos/1`]);
  });

  it('times out', async () => {
    await expect(api(server.url('/silent'), { timeout: 30, retry: false })).rejects.toMatchObject({
      cause: { name: 'TimeoutError' },
    });
  });

  it('hands out the raw response and its stream', async () => {
    const { body, status } = await api.raw(`${target.url}/bytes/100000`, { responseType: 'stream' });
    let bytes = 0;
    for await (const chunk of body!) bytes += (chunk as Uint8Array).length;
    expect([status, bytes]).toEqual([200, 100_000]);
  });
});
