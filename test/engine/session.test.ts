// What a run does with redirects, cookies, credentials and compressed bodies, against the embedded target.

import { flurry, type Outcome, Response } from 'flurry';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RawServer } from '../server/raw-server.ts';

let target: Target;
let other: Target;
beforeAll(async () => {
  target = await startTarget();
  other = await startTarget();
});
afterAll(() => Promise.all([target.close(), other.close()]));

async function ask(paths: readonly string[], options: Parameters<typeof flurry>[1] = {}): Promise<Outcome[]> {
  return flurry.all(
    paths.map((path) => target.url + path),
    { concurrency: 1, ...options },
  );
}

async function one(path: string, options: Parameters<typeof flurry>[1] = {}): Promise<Response> {
  const [outcome] = await ask([path], options);
  if (!(outcome instanceof Response)) throw new Error(String(outcome));
  return outcome;
}

describe('redirects', () => {
  it('are responses as any other unless they are to be followed', async () => {
    const response = await one('/redirect/2');
    expect([response.status, response.redirects]).toEqual([302, []]);
  });

  it('are followed to their end, and the chain is told', async () => {
    const response = await one('/redirect/2', { followRedirects: true });
    expect(response.json()).toMatchObject({ id: 1 });
    expect(response.url).toBe(`${target.url}/todos/1`);
    expect(
      response.redirects.map(({ status, location }) => [status, location.slice(target.url.length)]),
    ).toEqual([
      [302, '/redirect/1'],
      [302, '/todos/1'],
    ]);
  });

  it('end in a failure beyond the limit', async () => {
    const [outcome] = await ask(['/redirect/3'], { followRedirects: true, maxRedirects: 2 });
    expect(outcome).toMatchObject({ type: 'failure', phase: 'headers', kind: 'too-large', sent: 'response' });
  });

  it('give exactly one outcome for each request, many at a time, to two origins with a limit each', async () => {
    const to = encodeURIComponent(`${other.url}/capacity?n=4&ms=1`);
    const urls = Array.from({ length: 200 }, (_, i) => `/redirect/1?to=${to}&i=${i}`);
    const outcomes = await ask(urls, { followRedirects: true, concurrency: 20, perHost: 4 });
    expect(outcomes.map(({ index }) => index)).toEqual(urls.map((_, i) => i));
    expect(outcomes.filter((o) => o.type === 'response' && o.status === 200)).toHaveLength(200);
    expect(other.counts.connectionsOpenMax).toBeLessThanOrEqual(4);
  });
});

describe('credentials', () => {
  it('go to the origin they are meant for, and no redirect takes them to another', async () => {
    const user = 'user:secret';
    expect((await one('/auth/basic', { user })).status).toBe(200);
    const stay = await one('/redirect/1?to=/headers', { user, followRedirects: true });
    expect(stay.text().toLowerCase()).toContain('authorization');
    const leave = await one(`/redirect/1?to=${encodeURIComponent(`${other.url}/headers`)}`, {
      user,
      followRedirects: true,
    });
    expect(leave.redirects).toHaveLength(1);
    expect(leave.text().toLowerCase()).not.toContain('authorization');
  });
});

describe('tokens and .netrc', () => {
  it('go along with every request to their origin', async () => {
    const seen = await one('/headers', { bearer: 'abc.def' });
    expect(seen.text()).toContain('Bearer abc.def');
    const netrc = 'machine 127.0.0.1 login user password secret';
    expect((await one('/auth/basic', { netrc })).status).toBe(200);
    expect((await one('/auth/basic', { netrc: 'machine elsewhere login user password secret' })).status).toBe(
      401,
    );
  });

  it('do not come back once a redirect has left the origin', async () => {
    const netrc = 'machine 127.0.0.1 login user password secret';
    const home = encodeURIComponent(`${target.url}/headers`);
    const away = encodeURIComponent(`${other.url}/redirect/1?to=${home}`);
    const back = await one(`/redirect/1?to=${away}`, { netrc, followRedirects: true });
    expect(back.redirects).toHaveLength(2);
    expect(back.text().toLowerCase()).not.toContain('authorization');
    const stay = await one('/redirect/1?to=/headers', { netrc, followRedirects: true });
    expect(stay.text().toLowerCase()).toContain('authorization');
  });

  it('are one of a kind', () => {
    const run = flurry(target.url, { user: 'a:b', bearer: 'c' });
    return expect(run[Symbol.asyncIterator]().next()).rejects.toThrow('give either user or bearer');
  });
});

describe('cookies', () => {
  const paths = ['/set-cookie?name=session&value=a%3Db', '/cookies'];

  it('are not kept unless they are wanted', async () => {
    const [, seen] = await ask(paths);
    expect((seen as Response).text()).not.toContain('session');
  });

  it('go back as they came, to their own origin', async () => {
    const [set, seen] = await ask(paths, { cookies: true });
    const value = /session=([^;]*)/.exec((set as Response).header('set-cookie') ?? '')?.[1];
    expect(JSON.stringify((seen as Response).json())).toContain(JSON.stringify(value).slice(1, -1));
  });

  it('are taken from a redirect on its way', async () => {
    const login = { url: `${target.url}/login`, method: 'POST', body: 'user=user&password=secret' };
    const outcomes = await flurry.all([login, `${target.url}/private/7`], { concurrency: 1, cookies: true });
    expect((outcomes[1] as Response).status).toBe(200);
  });
});

describe('compressed bodies', () => {
  it('are decoded where that is wanted, and handed out as they came otherwise', async () => {
    const raw = await one('/gzip');
    expect([raw.body[0], raw.body[1]]).toEqual([0x1f, 0x8b]);
    expect((await one('/gzip', { compressed: true })).json()).toBeTypeOf('object');
  });

  it('are a failure beyond the limits', async () => {
    const [outcome] = await ask(['/gzip'], { compressed: true, codingsMax: 0 });
    expect(outcome).toMatchObject({ type: 'failure', phase: 'body', kind: 'too-large' });
  });
});

describe('the record of a redirected request', () => {
  it('has the URL that was asked for, in a failure too', async () => {
    const [failed] = await ask(['/redirect/3'], { followRedirects: true, maxRedirects: 1 });
    expect(failed).toMatchObject({ type: 'failure', url: `${target.url}/redirect/3` });
    const response = await one('/redirect/1', { followRedirects: true });
    expect([response.request.askedUrl, response.url]).toEqual([
      `${target.url}/redirect/1`,
      `${target.url}/todos/1`,
    ]);
  });
});

describe('header sections', () => {
  it('are limited over a whole chain of redirects, as each is by itself', async () => {
    const server = await RawServer.open((peer, { target }) => {
      const n = Number(target.slice(1));
      const padding = `X-Padding: ${'x'.repeat(400)}\r\n`;
      peer.send(`HTTP/1.1 302 Found\r\nLocation: /${n + 1}\r\n${padding}Content-Length: 0\r\n\r\n`);
    });
    onTestFinished(() => server.close());
    const [outcome] = await flurry.all(server.url('/0'), {
      followRedirects: true,
      headerBytesTotalMax: 1000,
    });
    expect(outcome).toMatchObject({ type: 'failure', phase: 'headers', kind: 'too-large' });
    expect(server.arrivals).toHaveLength(3);
  });
});

describe('cookies of the caller', () => {
  it('stand in one line with those that are kept, and stay with the origins of the input', async () => {
    const seen: string[] = [];
    const [home, away] = await Promise.all(
      [0, 1].map(() =>
        RawServer.open((peer, { head, target }) => {
          seen.push([...head.matchAll(/^cookie: (.*)$/gim)].map((match) => match[1]).join(' | '));
          const to = decodeURIComponent(/to=(.*)/.exec(target)?.[1] ?? '');
          const fields = to === '' ? '' : `Location: ${to}\r\n`;
          peer.send(
            `HTTP/1.1 ${to === '' ? 200 : 302} -\r\nSet-Cookie: kept=1\r\n${fields}Content-Length: 0\r\n\r\n`,
          );
        }),
      ),
    );
    onTestFinished(async () => void (await Promise.all([home!.close(), away!.close()])));
    const options = { cookies: true, cookieText: 'own=2', followRedirects: true, concurrency: 1 };
    await flurry.all([home!.url('/a'), home!.url('/b')], options);
    expect(seen.splice(0)).toEqual(['own=2', 'kept=1; own=2']);
    await flurry.all([home!.url(`/?to=${encodeURIComponent(`http://localhost:${away!.port}/`)}`)], options);
    expect(seen.splice(0)).toEqual(['own=2', '']);
    await flurry.all([home!.url('/a'), home!.url('/b')], { ...options, headers: { Cookie: 'mine=3' } });
    expect(seen).toEqual(['mine=3', 'mine=3']);
  });
});
