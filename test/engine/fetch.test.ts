// session.fetch beside Node's own fetch on the same servers: what a caller sees of each is equal.

import { Session } from 'flurry';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawServer } from '../server/raw-server.ts';
import { type Fetch, openFetchServer, seen, shown } from './fetch-fixture.ts';

let server: RawServer;
let target: Target;
const session = new Session({ cookies: false });
beforeAll(async () => {
  server = await openFetchServer();
  target = await startTarget();
});
afterAll(async () => {
  await session.close();
  await Promise.all([server.close(), target.close()]);
});

const ours: Fetch = (input, init) => session.fetch(input, init);

/** What both gave. */
async function equal(call: (fetch: Fetch) => Promise<globalThis.Response>): Promise<unknown> {
  const theirs = await seen(() => call(globalThis.fetch));
  const own = await seen(() => call(ours));
  expect(own).toEqual(theirs);
  return own;
}

async function expectEqual(call: (fetch: Fetch) => Promise<globalThis.Response>): Promise<void> {
  await equal(call);
}

describe('a response', () => {
  it.each([
    '/plain',
    '/plain?q=1&r=%20#fragment',
    '/a b/../plain',
    "/target?it's=<>&x=ü",
    '/json',
    '/bom',
    '/empty',
    '/multi',
    '/chunked',
    '/close',
    '/no-reason',
    '/reason',
    '/204',
    '/205',
    '/304',
    '/404',
    '/500',
    '/599',
    '/600',
    '/999',
    '/401',
    '/gzip',
    '/x-gzip',
    '/deflate',
    '/br',
    '/two',
    '/unknown',
    '/identity',
    '/short',
    '/garbage',
    '/gone',
    '/reset',
  ])('to GET %s', (path) => expectEqual((fetch) => fetch(server.url(path))));

  it.each(['/plain', '/gzip', '/404', '/204'])('to HEAD %s', (path) =>
    expectEqual((fetch) => fetch(server.url(path), { method: 'HEAD' })),
  );

  it('to a URL object, and to what has a text', async () => {
    await expectEqual((fetch) => fetch(new URL(server.url('/plain'))));
    await expectEqual((fetch) => fetch({ toString: () => server.url('/plain') } as string));
  });

  it('that says what it is', async () => {
    const response = await ours(server.url('/json'));
    expect(response).toBeInstanceOf(Response);
    expect(response.headers).toBeInstanceOf(Headers);
    expect(await response.json()).toEqual({ text: 'Grüße', list: [1, 2, 3] });
    await expect(response.text()).rejects.toBeInstanceOf(TypeError);
  });

  it('as a blob, a form, octets', async () => {
    const blob = await (await ours(server.url('/json'))).blob();
    const theirs = await (await globalThis.fetch(server.url('/json'))).blob();
    expect([blob.type, blob.size]).toEqual([theirs.type, theirs.size]);
    const form = await (await ours(server.url('/form'))).formData();
    expect(form.getAll('a')).toEqual(['1', '3']);
    expect(new Uint8Array(await (await ours(server.url('/204'))).arrayBuffer())).toHaveLength(0);
  });

  it('has clones that know where they are from', async () => {
    const response = await ours(server.url('/to/302?/999'));
    const clone = response.clone().clone();
    const { url, redirected, type, status, ok } = clone;
    expect([url, redirected, type, status, ok]).toEqual([server.url('/999'), true, 'basic', 999, false]);
    expect([await response.text(), await clone.text()]).toEqual(['no', 'no']);
  });
});

describe('a redirect', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT'] as const;
  const cases = [301, 302, 303, 307, 308].flatMap((status) =>
    methods.map((method) => [status, method] as const),
  );

  it.each(cases)('%i of %s', (status, method) => {
    const body = method === 'POST' || method === 'PUT' ? 'content' : null;
    return expectEqual((fetch) => fetch(server.url(`/to/${status}`), { method, body }));
  });

  it.each(['/to/300', '/to/304', '/to-nowhere', '/to-ftp', '/to-fragment', '/to-fragment#old', '/to-bad'])(
    'that is none, or leads to no good: %s',
    (path) => expectEqual((fetch) => fetch(server.url(path))),
  );

  it.each(['manual', 'error'] as const)('that is not to be followed: %s', async (redirect) => {
    await expectEqual((fetch) => fetch(server.url('/to/302'), { redirect }));
    await expectEqual((fetch) => fetch(server.url('/to-nowhere'), { redirect: 'manual' }));
    await expectEqual((fetch) => fetch(server.url('/plain'), { redirect }));
  });

  it('is followed twenty times and no more', async () => {
    expect(await equal((fetch) => fetch(server.url('/hops/20')))).toMatchObject({ text: 'there' });
    expect(await equal((fetch) => fetch(server.url('/hops/21')))).toMatchObject({ name: 'TypeError' });
  });

  it.each([307, 308])('%i of a stream is an error', (status) =>
    expectEqual((fetch) => {
      const body = new Blob(['abc']).stream();
      return fetch(server.url(`/to/${status}`), { method: 'PUT', body, duplex: 'half' });
    }),
  );

  it('asks again for the body of a Request', () =>
    expectEqual((fetch) => fetch(new Request(server.url('/to/307'), { method: 'POST', body: 'again' }))));
});

describe('what cannot be asked', () => {
  const stream = () => new Blob(['x']).stream();
  const inits: Record<string, () => object> = {
    CONNECT: () => ({ method: 'CONNECT' }),
    trace: () => ({ method: 'trace' }),
    'a method with a blank': () => ({ method: 'A B' }),
    'GET with a body': () => ({ body: 'x' }),
    'HEAD with a body': () => ({ method: 'HEAD', body: 'x' }),
    'a header name with a blank': () => ({ headers: { 'a b': '1' } }),
    'a header value with a line end': () => ({ headers: { a: '1\n2' } }),
    'a header value with a control character': () => ({ headers: { a: '1\u00012' } }),
    'a header value beyond latin1': () => ({ headers: { a: '☃' } }),
    'headers that are text': () => ({ headers: 'a: 1' }),
    'headers that are null': () => ({ headers: null }),
    'another redirect': () => ({ redirect: 'maybe' }),
    'other credentials': () => ({ credentials: 'some' }),
    'another mode': () => ({ mode: 'navigate' }),
    'another cache': () => ({ cache: 'only-if-cached' }),
    'a window': () => ({ window: {} }),
    'a signal that is none': () => ({ signal: {} }),
    'a stream without duplex': () => ({ method: 'POST', body: stream() }),
    'another duplex': () => ({ method: 'POST', body: stream(), duplex: 'full' }),
    'Transfer-Encoding': () => ({ method: 'POST', body: 'x', headers: { 'Transfer-Encoding': 'chunked' } }),
    'a Content-Length that is wrong': () => ({
      method: 'POST',
      body: 'x',
      headers: { 'Content-Length': '2' },
    }),
  };

  it.each(Object.keys(inits))('%s', async (name) => {
    const came = await equal((fetch) => fetch(server.url('/method'), inits[name]!()));
    expect(came).toMatchObject({ name: 'TypeError' });
  });

  it.each(['/relative', '', 'http://', 'http://user:password@host/', 'foo://host/', undefined, null, 7])(
    'of %s',
    async (input) => {
      expect(await equal((fetch) => fetch(input as string))).toMatchObject({ name: 'TypeError' });
    },
  );

  it('a stream that somebody reads, or a Request that was sent', async () => {
    const call = async (fetch: Fetch) => {
      const body = stream();
      body.getReader();
      return fetch(server.url('/method'), { method: 'POST', body, duplex: 'half' });
    };
    await expect(call(ours)).rejects.toBeInstanceOf(TypeError);
    await expectEqual(async (fetch) => {
      const request = new Request(server.url('/method'), { method: 'POST', body: 'x' });
      await (await fetch(request)).text();
      return fetch(request);
    });
  });
});

describe('failures on the way', () => {
  it('have a cause with the code that the system gave, and the Failure', async () => {
    const gone = await openFetchServer();
    const url = gone.url('/plain');
    await gone.close();
    const error = await ours(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { name: 'RequestError', code: 'ECONNREFUSED', failure: { kind: 'refused', phase: 'connect' } },
    });
  });

  it('of a closed session too', async () => {
    const closed = new Session();
    await closed.close();
    expect(shown(await closed.fetch(server.url('/plain')).catch((reason: unknown) => reason))).toEqual({
      name: 'TypeError',
      message: 'fetch failed',
      hasCause: true,
    });
  });
});

describe('URLs that are no matter of HTTP', () => {
  it('are the platform’s', async () => {
    await expectEqual((fetch) => fetch('data:text/plain,hello%20there'));
    const url = URL.createObjectURL(new Blob(['in memory'], { type: 'text/x-own' }));
    await expectEqual((fetch) => fetch(url));
    URL.revokeObjectURL(url);
  });
});

describe('integrity', () => {
  const right = 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=';

  it.each([
    right,
    right.replace('=', ''),
    `sha256-AAAA ${right}`,
    `${right} sha512-AAAA`,
    'sha384-AAAA',
    'md5-AAAA',
    'nonsense',
  ])('%s', (integrity) => expectEqual((fetch) => fetch(server.url('/plain'), { integrity })));

  it('of nothing is wrong', () => expectEqual((fetch) => fetch(server.url('/204'), { integrity: right })));
});

describe('what goes out', () => {
  /** Of the request as the server saw it: all that is not the client's own business. */
  async function sent(fetch: Fetch, init: RequestInit | globalThis.Request): Promise<unknown> {
    const response = init instanceof Request ? await fetch(init) : await fetch(`${target.url}/echo`, init);
    const { method, headers, body, bytes } = (await response.json()) as {
      method: string;
      headers: [string, string][];
      body: string;
      bytes: number;
    };
    const told = headers
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => /^(?:content-|transfer-|x-|accept$)/.test(name))
      .map(([name, value]) => [name, value.replace(/boundary=.*/, 'boundary')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const multipart = body?.startsWith('--') === true;
    return {
      method,
      told,
      body: multipart ? body.replace(/--+[^\r\n]*/g, '--') : body,
      bytes: multipart || bytes,
    };
  }

  function form(): FormData {
    const data = new FormData();
    data.append('field', 'välue');
    return data;
  }

  const echo = () => `${target.url}/echo`;
  const cases: Record<string, () => RequestInit | globalThis.Request> = {
    nothing: () => ({}),
    'lower case': () => ({ method: 'post', body: 'x' }),
    'a method of its own': () => ({ method: 'PURGE' }),
    'POST of nothing': () => ({ method: 'POST' }),
    'empty text': () => ({ method: 'POST', body: '' }),
    text: () => ({ method: 'POST', body: 'tëxt' }),
    'text with a type': () => ({
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
    }),
    bytes: () => ({ method: 'PUT', body: new Uint8Array([65, 66]) }),
    'a view': () => ({ method: 'PUT', body: new DataView(new Uint8Array([65, 66, 67, 68]).buffer, 1, 2) }),
    'a buffer': () => ({ method: 'PUT', body: new Uint8Array([67]).buffer }),
    'a Blob': () => ({ method: 'POST', body: new Blob(['blob'], { type: 'text/x-blob' }) }),
    'a Blob without a type': () => ({ method: 'POST', body: new Blob(['blob']) }),
    'a query': () => ({ method: 'POST', body: new URLSearchParams({ a: '1 2', b: 'ü' }) }),
    'a number': () => ({ method: 'POST', body: 5 as unknown as string }),
    'an object': () => ({ method: 'POST', body: {} as string }),
    'a stream': () => ({ method: 'POST', body: new Blob(['stream']).stream(), duplex: 'half' }),
    'a stream with its length': () => ({
      method: 'POST',
      body: new Blob(['stream']).stream(),
      duplex: 'half',
      headers: { 'Content-Length': '6' },
    }),
    'an iterable': () => ({ method: 'POST', body: iterable(), duplex: 'half' }),
    'a Content-Length that is right': () => ({
      method: 'POST',
      body: 'x',
      headers: { 'Content-Length': '1' },
    }),
    'a Content-Length of nothing': () => ({ headers: { 'Content-Length': '3' } }),
    headers: () => ({
      headers: [
        ['X-A', '1'],
        ['x-a', '2'],
        ['Accept', 'text/x'],
      ],
    }),
    Headers: () => ({ headers: new Headers({ 'X-B': '1' }) }),
    'what has no effect': () => ({ mode: 'cors', cache: 'no-store', keepalive: true, referrer: '' }),
    'a Request': () => new Request(echo(), { method: 'POST', body: 'text', headers: { 'X-R': '1' } }),
    'a Request with a query': () => new Request(echo(), { method: 'POST', body: new URLSearchParams('a=1') }),
    'a Request of nothing': () => new Request(echo(), { method: 'DELETE' }),
  };

  async function* iterable(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array([65]);
    yield new Uint8Array([66]);
  }

  it.each(Object.keys(cases))('%s', async (name) => {
    expect(await sent(ours, cases[name]!())).toEqual(await sent(globalThis.fetch, cases[name]!()));
  });

  it('a form, whose length is known', async () => {
    const { told, body } = (await sent(ours, { method: 'POST', body: form() })) as {
      told: string[][];
      body: string;
    };
    expect(told.map(([name]) => name)).toEqual(['accept', 'content-length', 'content-type']);
    expect(body).toContain('name="field"\r\n\r\nvälue\r\n');
  });

  it.each<[string, RequestInit]>([
    ['nothing', {}],
    ['another body', { body: 'other' }],
    ['another body and headers', { body: 'other', headers: { 'X-New': '1' } }],
    ['another method', { method: 'PUT' }],
    ['headers', { headers: { 'X-New': '1' } }],
    ['a form', { body: new URLSearchParams('q=1'), headers: {} }],
    ['a signal', { signal: new AbortController().signal }],
    ['GET', { method: 'GET' }],
  ])('a Request, and over it %s', async (_, init) => {
    const call = async (fetch: Fetch) => {
      const request = new Request(echo(), { method: 'POST', body: 'first', headers: { 'X-Old': '1' } });
      try {
        return await sent((input) => fetch(input, init), request);
      } catch (error) {
        return shown(error);
      }
    };
    expect(await call(ours)).toEqual(await call(globalThis.fetch));
  });

  it('is what the caller had when it called', async () => {
    const bytes = new Uint8Array([65, 65]);
    const answer = session.fetch(echo(), { method: 'POST', body: bytes });
    bytes.fill(66);
    expect(await (await answer).json()).toMatchObject({ body: 'AA' });
  });
});
