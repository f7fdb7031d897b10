import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fixture, openTarget } from './fixture.ts';

let server: Fixture;
beforeEach(async () => {
  server = await openTarget();
});
afterEach(() => server.close());

const statuses = async (path: string, times: number) => {
  const answers = [];
  for (let i = 0; i < times; i++) answers.push((await server.ask(path)).status);
  return answers;
};

describe('/limit', () => {
  it('admits a tenth of the rate at once, then the rate', async () => {
    expect(await statuses('/limit?rate=30', 5)).toEqual([200, 200, 200, 429, 429]);
    server.clock.advance(1000 / 30);
    expect(await statuses('/limit?rate=30', 2)).toEqual([200, 429]);
  });

  it('tells how long to wait and what is left', async () => {
    const admitted = await server.ask('/limit?rate=2&burst=3&retry-after=7');
    expect(admitted.headers).toMatchObject({
      'ratelimit-limit': '3',
      'ratelimit-remaining': '2',
      'ratelimit-reset': '1',
    });
    expect(admitted.headers).not.toHaveProperty('retry-after');
    await statuses('/limit?rate=2&burst=3', 2);
    const refused = await server.ask('/limit?rate=2&burst=3&retry-after=7');
    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({
      'retry-after': '7',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '2',
    });
    expect((await server.ask('/limit?rate=2&burst=3')).headers['retry-after']).toBe('1');
  });

  it('keeps one limit for each rate and burst', async () => {
    expect(await statuses('/limit?rate=5', 2)).toEqual([200, 429]);
    expect(await statuses('/limit?rate=6', 2)).toEqual([200, 429]);
    expect(await statuses('/limit?rate=5&burst=2', 3)).toEqual([200, 200, 429]);
    expect(await statuses('/limit?rate=5.0&burst=1', 1)).toEqual([429]);
  });

  it('admits 30 of 300 per second at once, unless told otherwise', async () => {
    const got = await statuses('/limit', 31);
    expect(got.indexOf(429)).toBe(30);
  });

  it('says as little of itself as it is told to', async () => {
    const refusal = async (query: string) => {
      await server.ask(`/limit?burst=1&${query}`);
      const { status, headers } = await server.ask(`/limit?burst=1&${query}`);
      return [status, headers['retry-after'], headers['ratelimit-limit']];
    };
    expect(await refusal('rate=1')).toEqual([429, '1', '1']);
    expect(await refusal('rate=2&tell=retry-after')).toEqual([429, '1', undefined]);
    expect(await refusal('rate=3&tell=nothing')).toEqual([429, undefined, undefined]);
  });

  it('shuts out who does not wait as long as it was asked to', async () => {
    const ask = () => server.ask('/limit?rate=10&burst=1&retry-after=2&ban=10');
    expect((await ask()).status).toBe(200);
    expect((await ask()).headers['retry-after']).toBe('2');
    server.clock.advance(1000);
    const banned = await ask();
    expect([banned.status, banned.json]).toEqual([429, { ok: false, banned: true }]);
    expect(banned.headers).toMatchObject({ 'retry-after': '10' });
    server.clock.advance(9500);
    expect((await ask()).headers['retry-after']).toBe('1');
    server.clock.advance(500);
    expect((await ask()).status).toBe(200);
  });

  it('takes its time for what it admits, and none for a 429', async () => {
    const admitted = server.ask('/limit?rate=1&burst=1&ms=30');
    await server.clock.scheduled(1);
    expect((await server.ask('/limit?rate=1&burst=1&ms=30')).status).toBe(429);
    server.clock.advance(30);
    expect((await admitted).status).toBe(200);
  });

  it.each([
    ['tell=much', 'tell takes all, retry-after, nothing, not "much"'],
    ['ban=-1', 'ban takes a whole number from 0 to 3,600, not "-1"'],
    ['rate=0', 'rate takes a number from 0.01 to 1000000, not "0"'],
    ['burst=0', 'burst takes a whole number from 1 to 1,000,000, not "0"'],
    ['retry-after=soon', 'retry-after takes a whole number from 0 to 3,600, not "soon"'],
  ])('refuses %s', async (query, message) => {
    const answer = await server.ask(`/limit?${query}`);
    expect([answer.status, answer.text.split('\n')[0]]).toEqual([400, message]);
  });
});

describe('/capacity', () => {
  const arrived = async (n: number) => {
    while ((server.target.counts.routes['capacity'] ?? 0) < n) await server.ask('/todos/1');
  };

  it('serves n at a time, each for ms, the others in order', async () => {
    const answers = [];
    for (let i = 1; i <= 5; i++) {
      answers.push(server.ask(`/capacity?n=2&ms=20&i=${i}`));
      await arrived(i);
    }
    expect(server.clock.pending).toBe(2);
    server.clock.advance(60);
    expect(server.clock.pending).toBe(0);
    expect((await Promise.all(answers)).map((answer) => answer.json)).toEqual(
      [0, 0, 20, 20, 40].map((queueMs) => ({ workers: 2, workMs: 20, queueMs })),
    );
  });

  it('frees the place of a client that leaves', async () => {
    const first = server.ask('/capacity?n=1&ms=20');
    await arrived(1);
    const leaving = request(`${server.target.url}/capacity?n=1&ms=20`);
    leaving.on('error', () => {}).end();
    await arrived(2);
    leaving.destroy();
    while (server.target.counts.connectionsOpen > 2) await server.ask('/todos/1');
    server.clock.advance(20);
    expect((await first).status).toBe(200);
    expect(server.clock.pending).toBe(0);
  });

  it('refuses with 503 when 10,000 wait', async () => {
    const socket = connect(server.target.port, '127.0.0.1').setEncoding('latin1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    // Pipelined on one connection: thousands of connections would say no more.
    socket.write('GET /capacity?n=1&ms=1 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10_002));
    socket.write('GET /todos/0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await arrived(10_002);
    server.clock.advance(10_001);
    await once(socket, 'end');
    socket.destroy();
    const got = [...received.matchAll(/HTTP\/1.1 (\d+)/g)].map((match) => Number(match[1]));
    expect(got.length).toBe(10_003);
    expect(got.indexOf(503)).toBe(10_001);
    expect(received).toContain('Retry-After: 1\r\n');
  });

  it('keeps one pool for each n and ms', async () => {
    const answers = ['n=1&ms=20', 'n=1&ms=20', 'n=1&ms=30', 'n=2&ms=20'].map((query) =>
      server.ask(`/capacity?${query}`),
    );
    await server.clock.scheduled(3);
    await arrived(4);
    expect(server.clock.pending).toBe(3);
    server.clock.advance(40);
    const waits = (await Promise.all(answers)).map((answer) => (answer.json as { queueMs: number }).queueMs);
    expect(waits.sort((a, b) => a - b)).toEqual([0, 0, 0, 20]);
  });

  it('has 60 workers of 20 ms unless told otherwise', async () => {
    const answer = server.ask('/capacity');
    await server.clock.scheduled(1);
    server.clock.advance(20);
    expect((await answer).json).toEqual({ workers: 60, workMs: 20, queueMs: 0 });
  });

  it('goes from one number of workers to the next', async () => {
    const workers = async () => {
      const answer = server.ask('/capacity?n=3,1,2&ms=20&every=0.5');
      await server.clock.scheduled(1);
      server.clock.advance(20);
      return ((await answer).json as { workers: number }).workers;
    };
    expect(await workers()).toBe(3);
    server.clock.advance(480);
    expect(await workers()).toBe(1);
    server.clock.advance(480);
    expect(await workers()).toBe(2);
    server.clock.advance(60_000);
    expect(await workers()).toBe(2);
  });

  it.each(['n=0', 'n=10001', 'ms=0', 'ms=60001', 'n=1,', 'n=1,0', 'every=0', `n=${'1,'.repeat(20)}1`])(
    'refuses %s',
    async (query) => {
      expect((await server.ask(`/capacity?${query}`)).status).toBe(400);
    },
  );
});

describe('/crowd', () => {
  it('takes longer the more there are beyond n', async () => {
    const answers = [];
    for (let i = 1; i <= 3; i++) {
      answers.push(server.ask('/crowd?n=2&ms=20&third=18'));
      await server.clock.scheduled(i);
    }
    server.clock.advance(20);
    expect(server.clock.pending).toBe(1);
    // 20 ms × 1.5 ^ (1 + ln 3 / ln 9).
    server.clock.advance(20 * 1.5 ** 1.5 - 20);
    expect((await Promise.all(answers)).map((answer) => answer.json)).toEqual(
      [1, 2, 3].map((inside) => ({ inside })),
    );
  });

  it('has room for 60 unless told otherwise, and keeps one crowd for each n, ms and third', async () => {
    const answers = ['', '?n=60', '?n=61', '?third=5000'].map((query) => server.ask(`/crowd${query}`));
    await server.clock.scheduled(4);
    server.clock.advance(20);
    const insides = (await Promise.all(answers)).map((answer) => (answer.json as { inside: number }).inside);
    expect(insides.sort()).toEqual([1, 1, 1, 2]);
  });

  it.each([
    ['third=60', 'third takes more than n, which is 60, not "60"'],
    ['n=0', 'n takes a whole number from 1 to 10,000, not "0"'],
  ])('refuses %s', async (query, message) => {
    const answer = await server.ask(`/crowd?${query}`);
    expect([answer.status, answer.text.split('\n')[0]]).toEqual([400, message]);
  });
});
