// ky over a session's fetch: what its users rely on.

import { Session } from 'flurry';
import { startTarget, type Target } from 'flurry/target';
import ky, { HTTPError, type KyInstance, TimeoutError } from 'ky';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawServer } from '../server/raw-server.ts';

let target: Target;
let server: RawServer;
let api: KyInstance;
const session = new Session();
beforeAll(async () => {
  target = await startTarget();
  server = await RawServer.open((peer, { target: path, before }) => {
    if (path === '/flaky' && before < 2) return peer.send('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
    // The first on a connection that has served before is sent again unseen: it may have been stale.
    if (path === '/dying' && before < 2) return peer.reset();
    if (!path.startsWith('/silent')) peer.send('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}');
  });
  api = ky.create({ fetch: session.fetch, retry: { limit: 2, delay: () => 0 } });
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

function field({ headers }: Echo, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

describe('ky', () => {
  it('gets JSON, with a prefix and a query', async () => {
    expect(await api.get(`${target.url}/todos/1`).json()).toMatchObject({ id: 1 });
    const prefixed = api.extend({ prefixUrl: target.url });
    const echo = await prefixed.get('echo', { searchParams: { q: 'ü 1', n: 2 } }).json<Echo>();
    expect([echo.url, field(echo, 'accept')]).toEqual(['/echo?q=%C3%BC+1&n=2', 'application/json']);
  });

  it('posts JSON with its length', async () => {
    const echo = await api.post(`${target.url}/echo`, { json: { a: [1, 'ü'] } }).json<Echo>();
    expect([echo.method, echo.body]).toEqual(['POST', '{"a":[1,"ü"]}']);
    expect(field(echo, 'content-type')).toBe('application/json');
    expect(field(echo, 'content-length')).toBe('14');
  });

  it('posts a form', async () => {
    const body = new FormData();
    body.append('name', 'value');
    body.append('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
    const echo = await api.post(`${target.url}/echo`, { body }).json<Echo>();
    expect(field(echo, 'content-type')).toMatch(/^multipart\/form-data; boundary=/);
    expect(echo.body).toContain('filename="a.txt"');
    expect(echo.body).toContain('content');
  });

  it('tries again after a status and after a failure, and its hooks see it', async () => {
    const retries: unknown[] = [];
    const hooks = { beforeRetry: [({ error }: { error: Error }) => void retries.push(error.name)] };
    expect(await api.get(server.url('/flaky'), { hooks }).json()).toEqual({ ok: true });
    expect(await api.get(server.url('/dying'), { hooks }).json()).toEqual({ ok: true });
    expect(retries).toEqual(['HTTPError', 'HTTPError', 'TypeError']);
  });

  it('throws HTTPError with the response', async () => {
    const error = await api.get(`${target.url}/status/404`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HTTPError);
    const { response, message } = error as HTTPError;
    expect([response.status, response.url]).toEqual([404, `${target.url}/status/404`]);
    expect(message).toContain(`${target.url}/status/404`);
  });

  it('hands hooks a clone that is a response of its own', async () => {
    const seen: unknown[] = [];
    const afterResponse = [
      async (_request: Request, _options: unknown, response: globalThis.Response) => {
        seen.push(response.url, response.redirected, (await response.text()).length > 0);
      },
    ];
    const text = await api.get(`${target.url}/redirect/1`, { hooks: { afterResponse } }).text();
    expect(seen).toEqual([`${target.url}/todos/1`, true, true]);
    expect(JSON.parse(text)).toMatchObject({ id: 1 });
  });

  it('times out, and its signal stops the request', async () => {
    await expect(api.get(server.url('/silent'), { timeout: 30, retry: 0 })).rejects.toBeInstanceOf(
      TimeoutError,
    );
    const controller = new AbortController();
    const answer = api.get(server.url('/silent?2'), { signal: controller.signal }).text();
    await server.until(() => server.arrivals.some(({ target: path }) => path === '/silent?2'));
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });

  it('tells the progress of a download', async () => {
    const progress: number[] = [];
    const onDownloadProgress = ({ transferredBytes }: { transferredBytes: number }) =>
      void progress.push(transferredBytes);
    const bytes = await api.get(`${target.url}/bytes/300000`, { onDownloadProgress }).arrayBuffer();
    expect([bytes.byteLength, progress.at(-1)]).toEqual([300_000, 300_000]);
  });
});
