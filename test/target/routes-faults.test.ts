import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fixture, openTarget } from './fixture.ts';

let server: Fixture;
beforeEach(async () => {
  server = await openTarget();
});
afterEach(() => server.close());

/** Everything that comes back for raw bytes on a connection of their own. */
async function raw(text: string): Promise<string> {
  const socket = connect(server.target.port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk;
  });
  socket.write(text);
  await once(socket, 'end');
  socket.destroy();
  return received;
}

describe('/status/N', () => {
  it.each([200, 201, 301, 400, 404, 418, 429, 500, 503, 599])('answers with %i', async (status) => {
    const answer = await server.ask(`/status/${status}`);
    expect([answer.status, answer.json]).toEqual([status, { status }]);
  });

  it.each([204, 304])('has no body and no length for %i', async (status) => {
    const answer = await server.ask(`/status/${status}`);
    expect([answer.status, answer.bytes.length]).toEqual([status, 0]);
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(answer.headers).not.toHaveProperty('transfer-encoding');
  });

  it('has an empty body for 205', async () => {
    const answer = await server.ask('/status/205');
    expect([answer.status, answer.headers['content-length'], answer.text]).toEqual([205, '0', '']);
  });

  it.each([100, 102, 103])('sends %i as an interim response before a 200', async (status) => {
    const received = await raw(`GET /status/${status} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*\r\n\r\nHTTP/1.1 200 OK\r\n`));
    expect(received.endsWith(`{"status":200,"interim":${status}}`)).toBe(true);
  });

  it('sends no interim response to HTTP/1.0', async () => {
    expect(await raw('GET /status/100 HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });

  it.each(['', '99', '101', '199', '600', '0200', 'ok'])('refuses %j', async (status) => {
    const answer = await server.ask(`/status/${status}`);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('N takes 100, 102, 103, or a status from 200 to 599, not ');
  });
});

describe('/delay/MS', () => {
  it('answers at its time and not before', async () => {
    let answered = false;
    const answer = server.ask('/delay/1500').then((got) => {
      answered = true;
      return got;
    });
    await server.clock.scheduled(1);
    expect(server.clock.nextInMs).toBe(1500);
    server.clock.advance(1499);
    // A whole round trip on another connection: an answer to the first would have come by now.
    await server.ask('/todos/1');
    expect(answered).toBe(false);
    server.clock.advance(1);
    expect((await answer).json).toEqual({ delayMs: 1500 });
  });

  it('answers at once after 0', async () => {
    expect((await server.ask('/delay/0')).json).toEqual({ delayMs: 0 });
  });

  it('forgets who leaves', async () => {
    const asking = httpRequest(`${server.target.url}/delay/60000`);
    asking.on('error', () => {}).end();
    await server.clock.scheduled(1);
    asking.destroy();
    while (server.clock.pending > 0) await server.ask('/todos/1');
    expect(server.clock.pending).toBe(0);
  });

  it('refuses more than a minute', async () => {
    const answer = await server.ask('/delay/60001');
    expect([answer.status, answer.text.split('\n')[0]]).toEqual([
      400,
      'MS takes a whole number from 0 to 60,000, not "60001"',
    ]);
  });
});

describe('/stream', () => {
  it('sends line after line, each at its time', async () => {
    const asking = httpRequest(`${server.target.url}/stream?n=3&ms=50`).end();
    const [response] = await once(asking, 'response');
    expect(response.headers['transfer-encoding']).toBe('chunked');
    const lines: string[] = [];
    for await (const chunk of response) {
      lines.push(`${server.clock.now()} ${chunk}`);
      if (server.clock.pending > 0) server.clock.advance(50);
    }
    expect(lines).toEqual(['0 line 1 of 3\n', '50 line 2 of 3\n', '100 line 3 of 3\n']);
  });

  it('has five lines, 100 ms apart, unless told otherwise', async () => {
    const answer = server.ask('/stream');
    for (let line = 1; line < 5; line++) {
      await server.clock.scheduled(1);
      expect(server.clock.nextInMs).toBe(100);
      server.clock.advance(100);
    }
    expect((await answer).text).toBe([1, 2, 3, 4, 5].map((i) => `line ${i} of 5\n`).join(''));
  });

  it('sends everything at once with ms=0, also more than fits into a buffer', async () => {
    const answer = await server.ask('/stream?n=20000&ms=0');
    const expected = Array.from({ length: 20_000 }, (_, i) => `line ${i + 1} of 20000\n`).join('');
    expect(answer.text === expected).toBe(true);
    expect((await server.ask('/stream?n=0')).text).toBe('');
  });

  it('does not make HEAD wait for lines that it is not sent', async () => {
    expect((await server.ask('/stream?n=3&ms=50', { method: 'HEAD' })).bytes.length).toBe(0);
    expect(server.clock.pending).toBe(0);
  });

  it('stops for who leaves', async () => {
    const asking = httpRequest(`${server.target.url}/stream?n=1000&ms=50`).end();
    const [response] = await once(asking, 'response');
    response.destroy();
    while (server.clock.pending > 0) await server.ask('/todos/1');
    expect(server.clock.pending).toBe(0);
  });

  it.each(['n=-1', 'n=1000001', 'ms=60001', 'ms=x'])('refuses %s', async (query) => {
    expect((await server.ask(`/stream?${query}`)).status).toBe(400);
  });
});

describe('/flaky', () => {
  const draws = async (fixture: Fixture, query: string, times: number) => {
    const results: (number | 'reset')[] = [];
    for (let i = 0; i < times; i++) {
      results.push(
        await fixture.ask(`/flaky${query}`).then(
          (answer) => answer.status,
          () => 'reset' as const,
        ),
      );
    }
    return results;
  };

  it('never fails with p=0 and always with p=1', async () => {
    expect(new Set(await draws(server, '?p=0', 50))).toEqual(new Set([200]));
    expect(new Set(await draws(server, '?p=1', 50))).toEqual(new Set([503, 'reset']));
  });

  it('fails as often as p says: half with a 503, half by a reset', async () => {
    const results = await draws(server, '?p=0.4', 500);
    const share = (what: number | 'reset') => results.filter((result) => result === what).length / 500;
    expect(share(503)).toBeCloseTo(0.2, 1);
    expect(share('reset')).toBeCloseTo(0.2, 1);
    expect(share(200)).toBeCloseTo(0.6, 1);
  });

  it('fails the same way for the same seed, and p is 0.1 unless given', async () => {
    const same = await openTarget();
    const other = await openTarget(2);
    const expected = await draws(server, '', 100);
    expect(expected.filter((result) => result !== 200).length).toBeGreaterThan(0);
    expect(await draws(same, '?p=0.1', 100)).toEqual(expected);
    expect(await draws(other, '', 100)).not.toEqual(expected);
    await Promise.all([same.close(), other.close()]);
  });

  it('resets the connection, it does not close it', async () => {
    const ends = new Set<unknown>();
    for (let i = 0; i < 20; i++) {
      const socket = connect(server.target.port, '127.0.0.1');
      let end: unknown = 'closed';
      socket.on('data', (chunk) => {
        end = chunk.toString('latin1').slice(0, 12);
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        end = error.code;
      });
      socket.write('GET /flaky?p=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await new Promise((resolve) => socket.on('close', resolve));
      ends.add(end);
    }
    expect(ends).toEqual(new Set(['HTTP/1.1 503', 'ECONNRESET']));
  });

  it.each(['1.1', '-0.1', '1e-3', 'half'])('refuses p=%s', async (p) => {
    const answer = await server.ask(`/flaky?p=${p}`);
    expect([answer.status, answer.text.split('\n')[0]]).toEqual([
      400,
      `p takes a number from 0 to 1, not "${p}"`,
    ]);
  });
});
