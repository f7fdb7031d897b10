import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, openTarget } from './fixture.ts';

let server: Fixture;
beforeAll(async () => {
  server = await openTarget();
});
afterAll(() => server.close());

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('/set-cookie and /cookies', () => {
  it('sets the cookie and every further pair', async () => {
    const answer = await server.ask('/set-cookie?name=color&value=green&theme=dark&empty=');
    expect(answer.headers['set-cookie']).toEqual([
      'color=green; Path=/; HttpOnly',
      'theme=dark; Path=/; HttpOnly',
      'empty=; Path=/; HttpOnly',
    ]);
    expect(answer.json).toEqual({ set: { color: 'green', theme: 'dark', empty: '' } });
  });

  it('takes pairs without name and value', async () => {
    expect((await server.ask('/set-cookie?a=1')).headers['set-cookie']).toEqual(['a=1; Path=/; HttpOnly']);
  });

  it.each([
    '',
    'name=&value=x',
    'name=a%20b&value=x',
    'name=a&value=x;y',
    'name=a&value=%0d%0aX:1',
    'name=a&value=%C3%A9',
    `a=${'x'.repeat(4097)}`,
    Array.from({ length: 51 }, (_, i) => `c${i}=1`).join('&'),
  ])('refuses %j', async (query) => {
    const answer = await server.ask(`/set-cookie?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('shows the cookies it gets', async () => {
    const headers = { Cookie: 'a=1; b="2=3";c=; a=later; junk; =x; __proto__=p' };
    expect((await server.ask('/cookies', { headers })).text).toBe(
      '{"cookies":{"a":"1","b":"\\"2=3\\"","c":"","__proto__":"p"}}',
    );
    expect((await server.ask('/cookies')).json).toEqual({ cookies: {} });
  });
});

describe('/login and /private/N', () => {
  const login = (body: string, asked = server) => asked.ask('/login', { headers: FORM, body });

  it('opens the private pages to those who logged in', async () => {
    const answer = await login('user=user&password=secret');
    expect([answer.status, answer.json]).toEqual([200, { user: 'user' }]);
    const [cookie] = String(answer.headers['set-cookie']).split(';');
    expect(cookie).toMatch(/^session=[0-9a-f]{32}$/);
    const page = await server.ask('/private/7', { headers: { Cookie: `other=1; ${cookie}` } });
    expect([page.status, page.json]).toEqual([200, { private: 7, user: 'user' }]);
  });

  it('gives everyone a session of their own, the same ones for the same seed', async () => {
    const [same, other] = await Promise.all([openTarget(), openTarget(2)]);
    const token = async (fixture: Fixture) =>
      (await login('user=user&password=secret', fixture)).headers['set-cookie'];
    const first = await token(same);
    expect(await token(same)).not.toEqual(first);
    expect(await token(other)).not.toEqual(first);
    await Promise.all([same.close(), other.close()]);
  });

  it.each(['user=user&password=wrong', 'user=other&password=secret', '', '{"user":"user"}'])(
    'refuses %j',
    async (body) => {
      const answer = await server.ask('/login', { method: 'POST', body });
      expect(answer.status).toBe(401);
      expect(answer.headers).not.toHaveProperty('set-cookie');
      expect(answer.headers).toHaveProperty('www-authenticate');
    },
  );

  it.each([undefined, 'session=', 'session=0123456789abcdef0123456789abcdef', 'a=1'])(
    'keeps the private pages from %j',
    async (cookie) => {
      const answer = await server.ask('/private/1', {
        headers: cookie === undefined ? {} : { Cookie: cookie },
      });
      expect([answer.status, answer.text]).toEqual([401, 'log in first: POST to /login\n']);
    },
  );

  it('shows a form to GET', async () => {
    const answer = await server.ask('/login');
    expect(answer.text).toContain('<form method="post" action="/login">');
  });
});

describe('/auth/basic', () => {
  const basic = (credentials: string) => ({
    headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  });

  it('lets user:secret in and nobody else', async () => {
    expect((await server.ask('/auth/basic', basic('user:secret'))).json).toEqual({ user: 'user' });
    for (const asking of [
      {},
      basic('user:wrong'),
      basic('user'),
      { headers: { Authorization: 'Bearer x' } },
    ]) {
      const answer = await server.ask('/auth/basic', asking);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="flurry target"');
    }
  });
});
