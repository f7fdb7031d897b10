import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, openTarget } from './fixture.ts';

let server: Fixture;
beforeAll(async () => {
  server = await openTarget();
});
afterAll(() => server.close());

const hrefs = (html: string) =>
  [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1]!.replaceAll('&amp;', '&'));

describe('/redirect/N', () => {
  const follow = async (path: string) => {
    const way: string[] = [];
    for (let at = path; way.length < 20; ) {
      const answer = await server.ask(at);
      if (answer.headers['location'] === undefined) return [...way, `${answer.status}`];
      at = String(answer.headers['location']);
      way.push(`${answer.status} ${at}`);
    }
    return way;
  };

  it('leads over N steps to a todo', async () => {
    expect(await follow('/redirect/3')).toEqual([
      '302 /redirect/2',
      '302 /redirect/1',
      '302 /todos/1',
      '200',
    ]);
  });

  it('keeps status and end all the way', async () => {
    expect(await follow('/redirect/2?status=308&to=/code/ab%3Fx=1')).toEqual([
      '308 /redirect/1?status=308&to=/code/ab%3Fx=1',
      '308 /code/ab?x=1',
      '200',
    ]);
  });

  it('leads to other servers, and sends what a field can hold', async () => {
    const location = async (to: string) => (await server.ask(`/redirect/1?to=${to}`)).headers['location'];
    expect(await location('https://example.org/a%20b')).toBe('https://example.org/a%20b');
    expect(await location('/caf%C3%A9')).toBe('/caf%C3%A9');
  });

  it.each(['0', '1001', 'x', '1?status=200', '1?status=304', '1?to=', '1?to=/%0d%0aX:1'])(
    'refuses /redirect/%s',
    async (path) => {
      expect((await server.ask(`/redirect/${path}`)).status).toBe(400);
    },
  );
});

describe('/links/N', () => {
  it('has N links', async () => {
    const answer = await server.ask('/links/3');
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(hrefs(answer.text)).toEqual(['/todos/1', '/todos/2', '/todos/3']);
    expect(hrefs((await server.ask('/links/0')).text)).toEqual([]);
    expect((await server.ask('/links/10001')).status).toBe(400);
  });
});

describe('/site/', () => {
  it('can be crawled: every page is within 7 links, and every link ends well', async () => {
    const depths = new Map([['/site/', 0]]);
    for (const [path, depth] of depths) {
      const answer = await server.ask(path);
      expect([path, answer.status]).toEqual([path, 200]);
      if (!path.startsWith('/site/')) continue;
      for (const href of hrefs(answer.text)) {
        const { pathname } = new URL(href, server.target.url + path);
        if (!depths.has(pathname)) depths.set(pathname, depth + 1);
      }
    }
    const pages = [...depths].filter(([path]) => path.startsWith('/site/'));
    expect(pages).toHaveLength(101);
    expect(Math.max(...pages.map(([, depth]) => depth))).toBe(7);
  });

  it('resolves from /site without the slash too, and is the same every time', async () => {
    const home = await server.ask('/site');
    for (const href of hrefs(home.text)) expect(href.startsWith('/')).toBe(true);
    expect((await server.ask('/site/')).text).toBe(home.text);
  });

  it.each(['0', '101', 'x'])('has no page %s', async (n) => {
    expect((await server.ask(`/site/${n}`)).status).toBe(400);
  });
});
