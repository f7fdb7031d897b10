import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { todoJson } from '../../src/target/todo.ts';
import { type Fixture, openTarget } from './fixture.ts';

let server: Fixture;
beforeAll(async () => {
  server = await openTarget();
});
afterAll(() => server.close());

describe('/todos/N', () => {
  it('has the first todo to the byte', async () => {
    const answer = await server.ask('/todos/1');
    expect(answer.text).toBe('{"userId":1,"id":1,"title":"delectus aut autem","completed":false}');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-length']).toBe('66');
  });

  it('has a todo for every number, always the same, twenty to a user', async () => {
    const numbers = [2, 20, 21, 200, 4000, 1_679_616, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    for (const n of numbers) {
      const todo = (await server.ask(`/todos/${n}`)).json;
      expect(todo).toEqual({
        userId: Math.ceil(n / 20),
        id: n,
        title: expect.stringMatching(/^[a-z]+ [a-z]+ [a-z]+$/),
        completed: expect.any(Boolean),
      });
      expect((await server.ask(`/todos/${n}`)).json).toEqual(todo);
    }
  });

  it('varies: titles and completion differ from todo to todo, also beyond 32 bits', () => {
    for (const from of [1, 2 ** 32]) {
      const todos = Array.from({ length: 1000 }, (_, i) => JSON.parse(todoJson(`${from + i}`)!));
      expect(new Set(todos.map((todo) => todo.title)).size).toBeGreaterThan(900);
      const completed = todos.filter((todo) => todo.completed).length;
      expect(completed).toBeGreaterThan(400);
      expect(completed).toBeLessThan(600);
    }
    expect(todoJson(`${2 ** 32 + 5}`)).not.toContain(JSON.parse(todoJson('5')!).title);
  });

  it.each(['', '0', '01', '-1', '1.5', 'one', '1/', '9007199254740993', '99999999999999999999'])(
    'has none for %j',
    async (n) => {
      const answer = await server.ask(`/todos/${n}`);
      expect([answer.status, answer.text]).toEqual([404, '{}']);
    },
  );
});

describe('/code/XXXX', () => {
  it('echoes the code', async () => {
    expect((await server.ask('/code/ab12')).text).toBe('{"code":"ab12","valid":false}');
    expect((await server.ask('/code/%61b')).text).toBe('{"code":"ab","valid":false}');
  });

  it('has a few valid codes, which the seed chooses', async () => {
    const other = await openTarget(7);
    for (const code of ['gli1', 'my18', '2whw']) {
      expect((await server.ask(`/code/${code}`)).text).toBe(`{"code":"${code}","valid":true}`);
      expect((await other.ask(`/code/${code}`)).text).toBe(`{"code":"${code}","valid":false}`);
    }
    await other.close();
  });

  it.each(['/code/', '/code/a%20b', '/code/%22', `/code/${'a'.repeat(65)}`])('refuses %s', async (path) => {
    const answer = await server.ask(path);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('XXXX takes 1 to 64 letters, digits, - and _, not ');
  });
});

describe('/bytes/N', () => {
  it('sends exactly N bytes, each amount the beginning of every larger one', async () => {
    const whole = (await server.ask('/bytes/400000')).bytes;
    for (const n of [0, 1, 65_520, 65_521, 65_522, 131_042, 399_999]) {
      const answer = await server.ask(`/bytes/${n}`);
      expect(answer.headers['content-length']).toBe(`${n}`);
      expect(answer.bytes.equals(whole.subarray(0, n))).toBe(true);
    }
  });

  it('is the same for every server, and looks random', async () => {
    const other = await openTarget(7);
    const sha = async (fixture: Fixture) =>
      createHash('sha256')
        .update((await fixture.ask('/bytes/100000')).bytes)
        .digest('hex');
    expect(await sha(other)).toBe(await sha(server));
    const { bytes } = await server.ask('/bytes/65521');
    expect(new Set(bytes).size).toBe(256);
    await other.close();
  });

  it('gets many megabytes through to the last', async () => {
    const { bytes } = await server.ask('/bytes/20000000');
    expect(bytes.length).toBe(20_000_000);
    expect(bytes.subarray(65_521 * 300, 65_521 * 300 + 100).equals(bytes.subarray(0, 100))).toBe(true);
  });

  it('announces to HEAD what GET would send, up to 1 GiB', async () => {
    const answer = await server.ask('/bytes/1073741824', { method: 'HEAD' });
    expect([answer.status, answer.headers['content-length'], answer.bytes.length]).toEqual([
      200,
      '1073741824',
      0,
    ]);
  });

  it.each(['1073741825', '-1', '1e3', ''])('refuses %j', async (n) => {
    const answer = await server.ask(`/bytes/${n}`);
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(
      `N takes a whole number from 0 to 1,073,741,824, not "${n}"\nlook at / for examples\n`,
    );
  });
});

describe('/gzip', () => {
  it('is compressed and says so', async () => {
    const answer = await server.ask('/gzip', { headers: { 'accept-encoding': 'identity' } });
    expect(answer.headers['content-encoding']).toBe('gzip');
    const { todos } = JSON.parse(gunzipSync(answer.bytes).toString('utf8'));
    expect(todos).toHaveLength(100);
    expect(todos[0]).toEqual({ userId: 1, id: 1, title: 'delectus aut autem', completed: false });
  });
});

describe('/headers and /echo', () => {
  it('gives the fields back, names in lower case', async () => {
    const answer = await server.ask('/headers', { headers: { 'X-Color': 'green' } });
    expect(answer.json).toMatchObject({ headers: { 'x-color': 'green' } });
  });

  it('gives the whole request back', async () => {
    const answer = await server.ask('/echo?a=1&b=%20', { headers: { 'X-Color': 'green' }, body: 'Grüße' });
    expect(answer.json).toMatchObject({ method: 'POST', url: '/echo?a=1&b=%20', body: 'Grüße', bytes: 7 });
    expect((answer.json as { headers: unknown[] }).headers).toContainEqual(['X-Color', 'green']);
  });

  it('gives back in base64 what is no text', async () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    const answer = (await server.ask('/echo', { method: 'PUT', body })).json;
    expect(answer).toMatchObject({ method: 'PUT', bodyBase64: body.toString('base64'), bytes: 3 });
    expect(answer).not.toHaveProperty('body');
  });

  it('has an empty body where the request has none', async () => {
    expect((await server.ask('/echo')).json).toMatchObject({ method: 'GET', body: '', bytes: 0 });
  });
});
