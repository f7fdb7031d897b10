import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTarget } from '../../src/target/index.ts';
import { KEPT_BYTES_MAX, READ_BYTES_MAX } from '../../src/target/request-body.ts';
import { allRoutes, RouteTable } from '../../src/target/routes.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { type Fixture, openTarget } from './fixture.ts';

let server: Fixture;
beforeEach(async () => {
  server = await openTarget();
});
afterEach(() => server.close());

const ROUTES = allRoutes(new VirtualClock(), 1);
/** What an example answers with where that is not a 200. */
const EXPECTED: Readonly<Record<string, number>> = {
  '/status/503': 503,
  '/redirect/3': 302,
  '/private/1': 401,
  '/auth/basic': 401,
};

async function rawSocket(text: string) {
  const socket = connect(server.target.port, '127.0.0.1').setEncoding('latin1');
  const received = { text: '' };
  socket.on('data', (chunk: string) => {
    received.text += chunk;
  });
  await once(socket, 'connect');
  socket.write(text, 'latin1');
  return { socket, received };
}

describe('the routes', () => {
  it.each(ROUTES.map((route) => [route.example, route]))(
    'answer their example %s',
    async (example, route) => {
      for (const method of ['GET', 'HEAD'] as const) {
        const pending = server.ask(example, { method });
        if (/^\/(delay|capacity|crowd|stream)/.test(example)) {
          // What waits for time to pass gets it; a HEAD of /stream does not wait.
          let ended = false;
          pending.finally(() => {
            ended = true;
          });
          while (!ended) {
            server.clock.advance(100);
            await server.ask('/todos/1');
          }
        }
        const answer = await pending;
        expect([method, answer.status]).toEqual([method, EXPECTED[example] ?? 200]);
        expect(answer.bytes.length > 0).toBe(method === 'GET');
      }
      expect(server.target.counts.routes[route.name]).toBeGreaterThanOrEqual(2);
    },
  );

  it('give HEAD the fields of GET', async () => {
    for (const path of ['/todos/1', '/bytes/70000', '/gzip', '/links/5', '/limit?rate=0.01&burst=5']) {
      const [get, head] = [await server.ask(path), await server.ask(path, { method: 'HEAD' })];
      expect(head.headers['content-length']).toBe(`${get.bytes.length}`);
      expect(head.headers['content-type']).toBe(get.headers['content-type']);
    }
  });

  it('have examples that find them, and names of their own', () => {
    expect(new Set(ROUTES.map((route) => route.name)).size).toBe(ROUTES.length);
    expect(() => new RouteTable([...ROUTES, ROUTES[1]!])).toThrow('two routes begin with /todos');
  });
});

describe('the page at /', () => {
  it('lists every route with an example', async () => {
    const { text } = await server.ask('/');
    for (const { pattern, sentence, example } of ROUTES) {
      expect(text).toContain(`${pattern}\n    ${sentence}\n    try ${example}\n`);
    }
  });

  it('is HTML for browsers, with a link for every route', async () => {
    const answer = await server.ask('/', { headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    const links = [...answer.text.matchAll(/<a href="([^"]*)">/g)].map((match) => match[1]);
    expect(links).toEqual(ROUTES.map(({ example }) => example.replaceAll('&', '&#38;')));
  });
});

describe('other paths', () => {
  it.each([
    ['/nothing-like-it', 'no such route\nlook at / for all of them\n'],
    ['/todo/1', 'no such route; did you mean /todos/N?\nlook at / for all of them\n'],
    ['/auth/digest', 'no such route; did you mean /auth/basic?\nlook at / for all of them\n'],
    ['/redirects', 'no such route; did you mean /redirect/N?\nlook at / for all of them\n'],
    ['/gzip/1', 'no such route; did you mean /gzip?\nlook at / for all of them\n'],
    [`/${'x'.repeat(8000)}`, 'no such route\nlook at / for all of them\n'],
  ])('%.20s is a 404 that says where to look', async (path, text) => {
    const answer = await server.ask(path);
    expect([answer.status, answer.text]).toEqual([404, text]);
    expect(server.target.counts.routes).toEqual({ unknown: 1 });
  });

  it('refuses an escape that is none', async () => {
    const answer = await server.ask('/code/%zz');
    expect([answer.status, answer.text.split('\n')[0]]).toEqual([
      400,
      'the path takes UTF-8 in percent-encoding, such as %C3%A9',
    ]);
  });

  it('takes the whole URL as proxies are sent it', async () => {
    const { socket, received } = await rawSocket(
      'GET http://example.org/todos/1?x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n',
    );
    await once(socket, 'end');
    expect(received.text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*"delectus aut autem","completed":false}$/);
  });

  it('has no route for the asterisk', async () => {
    const { socket, received } = await rawSocket(
      'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    await once(socket, 'end');
    expect(received.text).toMatch(/^HTTP\/1.1 404 /);
  });
});

describe('bodies of requests', () => {
  it('are read before the answer, so that the connection goes on', async () => {
    const { socket, received } = await rawSocket(
      'POST /todos/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel',
    );
    await server.ask('/todos/2');
    expect(received.text).toBe('');
    socket.write('lo' + 'GET /todos/0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(socket, 'end');
    expect(received.text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*HTTP\/1.1 404 /);
    expect(server.target.counts.connections).toBe(2);
  });

  it('may be chunked', async () => {
    async function* chunks() {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    }
    expect((await server.ask('/echo', { body: chunks() })).json).toMatchObject({ body: 'one two', bytes: 7 });
  });

  it('are kept up to a bound, and read beyond it', async () => {
    const fits = await server.ask('/echo', { body: Buffer.alloc(KEPT_BYTES_MAX, 'a') });
    expect([fits.status, (fits.json as { bytes: number }).bytes]).toEqual([200, KEPT_BYTES_MAX]);
    const body = Buffer.alloc(KEPT_BYTES_MAX + 1, 'a');
    const large = await server.ask('/echo', { body });
    expect([large.status, large.text]).toEqual([413, 'a body that is kept has up to 1.00 MiB\n']);
    expect(large.headers['connection']).toBe('keep-alive');
    expect((await server.ask('/todos/1', { body })).status).toBe(200);
  });

  it('are refused unread where they announce too much', async () => {
    const { socket, received } = await rawSocket(
      `POST /todos/1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${READ_BYTES_MAX + 1}\r\n\r\n`,
    );
    await once(socket, 'end');
    expect(received.text).toMatch(
      /^HTTP\/1.1 413 [\s\S]*Connection: close\r\n[\s\S]*a body has up to 1.00 GiB\n$/,
    );
  });

  it('that break off harm nobody', async () => {
    const { socket } = await rawSocket('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel');
    await server.ask('/todos/1');
    socket.resetAndDestroy();
    while (server.target.counts.connectionsOpen > 1) await server.ask('/todos/1');
    expect((await server.ask('/todos/1')).status).toBe(200);
  });
});

describe('a target', () => {
  it('counts requests by route and connections', async () => {
    await Promise.all([server.ask('/delay/10'), server.ask('/delay/10'), tick()]);
    async function tick() {
      await server.clock.scheduled(2);
      expect(server.target.counts).toMatchObject({ connectionsOpen: 2, connectionsOpenMax: 2 });
      server.clock.advance(10);
    }
    await server.ask('/todos/1');
    await server.ask('/bytes/x');
    await server.ask('/nowhere');
    expect(server.target.counts).toEqual({
      requests: 5,
      connections: 2,
      connectionsOpen: 2,
      connectionsOpenMax: 2,
      connectionsRefused: 0,
      routes: { delay: 2, todos: 1, bytes: 1, unknown: 1 },
    });
    const { port } = server.target;
    expect(`${server.target}`).toBe(`target http://127.0.0.1:${port} requests 5 connections 2 open 2`);
  });

  it('resets connections beyond a bound, and takes new ones when there is room', async () => {
    const small = await startTarget({ connectionsMax: 1 });
    const opened = async () => {
      const socket = connect(small.port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    };
    const first = await opened();
    while (small.counts.connectionsOpen < 1) await server.ask('/todos/1');
    // The reset may come before its client hears that it is connected.
    const [error] = await once(connect(small.port, '127.0.0.1'), 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    first.destroy();
    while (small.counts.connectionsOpen > 0) await server.ask('/todos/1');
    const third = await opened();
    third.write('GET /todos/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String((await once(third, 'data'))[0])).toContain('HTTP/1.1 200 OK');
    third.destroy();
    expect(small.counts).toMatchObject({ connections: 2, connectionsOpenMax: 1, connectionsRefused: 1 });
    await small.close();
  });

  it('answers pipelined requests in order', async () => {
    const gets = [0, 1, 0].map((n) => `GET /todos/${n} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');
    const { socket, received } = await rawSocket(
      `${gets}GET /status/418 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    await once(socket, 'end');
    expect([...received.text.matchAll(/HTTP\/1.1 (\d+)/g)].map((match) => match[1])).toEqual([
      '404',
      '200',
      '404',
      '418',
    ]);
  });

  it('keeps connections open for long', async () => {
    expect((await server.ask('/todos/1')).headers['keep-alive']).toBe('timeout=65');
  });

  it('closes at once what is idle, what is under way and what never asked', async () => {
    const { socket: silent } = await rawSocket('');
    const { socket: waiting } = await rawSocket('GET /delay/60000 HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.clock.scheduled(1);
    await server.ask('/todos/1');
    const gone = Promise.all([silent, waiting].map((socket) => once(socket, 'close')));
    expect(server.target.counts.connectionsOpen).toBe(3);
    const closed = server.target.close();
    expect(server.target.close()).toBe(closed);
    await Promise.all([closed, gone]);
    expect(server.target.counts.connectionsOpen).toBe(0);
    expect(server.clock.pending).toBe(0);
    await expect(server.ask('/todos/1')).rejects.toThrow();
  });

  it('says what to do where it cannot listen', async () => {
    const { port } = server.target;
    await expect(startTarget({ port, clock: server.clock })).rejects.toThrow(
      `cannot listen on 127.0.0.1 port ${port}: it is in use; take another port, or 0 for a free one`,
    );
    await expect(startTarget({ host: '192.0.2.1', clock: server.clock })).rejects.toThrow(
      'cannot listen on 192.0.2.1 port 0: this machine has no such address',
    );
    await expect(startTarget({ port: 65_536, clock: server.clock })).rejects.toThrow('65536');
  });

  it('shows an address that can be connected to', async () => {
    const target = await startTarget({ host: '0.0.0.0', clock: server.clock });
    expect(target.url).toBe(`http://127.0.0.1:${target.port}`);
    await target.close();
  });
});
