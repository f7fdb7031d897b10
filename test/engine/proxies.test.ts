// Proxies end to end, through the front doors, on loopback: who is asked for what, and who never learns what.

import { afterEach, describe, expect, it } from 'vitest';
import { flurry } from '../../src/engine/flurry.ts';
import type { RunOptions } from '../../src/model/options.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { temporaryFolder } from '../cli/folder.ts';
import { flurry as commandLine } from '../cli/in-process.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy, type ProxyOptions } from '../server/proxy-server.ts';
import { RawServer, type Script } from '../server/raw-server.ts';

const folder = temporaryFolder();
const open: { close(): Promise<void> }[] = [];
const ca = LOCALHOST.cert;
const LOGIN = 'us3r:s3cret';
const SECRETS = new RegExp(['us3r', 's3cret', Buffer.from(LOGIN).toString('base64').slice(0, 12)].join('|'));

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const hi: Script = (peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');

async function serve(script: Script = hi, tls = false): Promise<RawServer> {
  const server = await RawServer.open(script, tls ? { tls: LOCALHOST } : {});
  open.push(server);
  return server;
}

async function proxy(options: ProxyOptions = {}): Promise<LoopbackProxy> {
  const server = await LoopbackProxy.open(options);
  open.push(server);
  return server;
}

async function one(url: string, options: RunOptions): Promise<Outcome> {
  const [outcome] = await flurry.all([url], options);
  return outcome!;
}

/** `200 hi`, or where and how it failed. */
function short(outcome: Outcome): string {
  if (outcome.type === 'response') return `${outcome.status} ${outcome.text()}`;
  return `${outcome.phase}/${outcome.kind}: ${outcome.message}`;
}

function heads(server: RawServer): string {
  return server.arrivals.map(({ head }) => head).join('');
}

/** A name that only the proxies of these tests can resolve. */
function hidden(server: RawServer, path = '/'): string {
  return `http://origin.test:${server.port}${path}`;
}

describe('each kind of proxy', () => {
  it('forwards plain http, and the origin learns nothing of the login', async () => {
    const server = await serve();
    const through = await proxy({ login: LOGIN });
    const urls = [hidden(server, '/a?b=c'), hidden(server), hidden(server, '/d')];
    const outcomes = await flurry.all(urls, { proxy: [through.url()], concurrency: 1 });
    expect(outcomes.map(short)).toEqual(['200 hi', '200 hi', '200 hi']);
    expect(through.arrivals.map(({ method, target, login }) => [method, target, login])).toEqual(
      urls.map((url) => ['GET', url, LOGIN]),
    );
    expect(through.arrivals[0]?.head).toContain(`\r\nHost: origin.test:${server.port}\r\n`);
    expect(through.connections).toBe(1);
    expect(server.arrivals.map(({ target }) => target)).toEqual(['/a?b=c', '/', '/d']);
  });

  it('forwards bodies', async () => {
    const server = await serve((peer, { body }) =>
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    const through = await proxy();
    expect(short(await one(hidden(server), { proxy: [through.url()], body: 'abc' }))).toBe('200 abc');
  });

  it.each([
    ['http', { login: LOGIN }],
    ['https', { login: LOGIN, tls: LOCALHOST }],
    ['socks5', { kind: 'socks5', login: LOGIN }],
    ['socks5 without a login', { kind: 'socks5' }],
  ] as const)('makes a tunnel for https (%s)', async (_, options) => {
    const server = await serve(hi, true);
    const through = await proxy(options);
    const urls = Array.from({ length: 4 }, (_, i) => server.url(`/${i}`));
    const outcomes = await flurry.all(urls, { proxy: [through.url()], ca, concurrency: 2 });
    expect(outcomes.map(short)).toEqual(['200 hi', '200 hi', '200 hi', '200 hi']);
    expect(server.arrivals.map(({ target }) => target).sort()).toEqual(['/0', '/1', '/2', '/3']);
    const { login } = options as { login?: string };
    for (const arrival of through.arrivals) {
      expect(arrival).toMatchObject({ target: `localhost:${server.port}`, login });
    }
    expect(through.arrivals).toHaveLength(2);
    expect(heads(server)).not.toMatch(/proxy-|s3cret|dXMzcjp/i);
  });

  it('makes a way for plain http too (SOCKS), in origin-form and with the name for the proxy to resolve', async () => {
    const server = await serve();
    for (const scheme of ['socks5', 'socks5h']) {
      const through = await proxy({ kind: 'socks5', login: LOGIN });
      const url = through.url().replace('socks5', scheme);
      expect(short(await one(hidden(server, `/${scheme}`), { proxy: [url] }))).toBe('200 hi');
      expect(through.arrivals[0]).toMatchObject({ target: `origin.test:${server.port}`, login: LOGIN });
      expect(server.arrivals.at(-1)?.target).toBe(`/${scheme}`);
    }
    expect(heads(server)).not.toMatch(/proxy-/i);
  });

  it('forwards plain http over TLS (https proxy)', async () => {
    const server = await serve();
    const through = await proxy({ tls: LOCALHOST, login: LOGIN });
    expect(short(await one(hidden(server), { proxy: [through.url()], ca }))).toBe('200 hi');
    expect(through.arrivals[0]).toMatchObject({ method: 'GET', target: hidden(server), login: LOGIN });
  });

  it('must show a certificate of its own that is accepted (https proxy)', async () => {
    const server = await serve(hi, true);
    const through = await proxy({ tls: LOCALHOST });
    const outcome = await one(server.url(), { proxy: [through.url()] });
    expect(outcome).toMatchObject({ type: 'failure', kind: 'certificate' });
    expect(through.arrivals).toEqual([]);
  });

  it('takes user and password from proxyUser', async () => {
    const server = await serve();
    const through = await proxy({ login: LOGIN });
    const url = `http://127.0.0.1:${through.port}`;
    expect(short(await one(hidden(server), { proxy: [url], proxyUser: LOGIN }))).toBe('200 hi');
  });
});

describe('which requests go through which', () => {
  it('none to hosts of noProxy', async () => {
    const server = await serve();
    const through = await proxy();
    const options = { proxy: [through.url()], noProxy: '127.0.0.0/8' };
    expect(short(await one(server.url(), options))).toBe('200 hi');
    expect(through.connections).toBe(0);
    expect(short(await one(hidden(server), options))).toBe('200 hi');
    expect(through.connections).toBe(1);
  });

  it('each in turn, where there are several, and connections are kept per proxy', async () => {
    const server = await serve();
    const several = [await proxy(), await proxy(), await proxy()];
    const urls = Array.from({ length: 12 }, (_, i) => hidden(server, `/${i}`));
    const outcomes = await flurry.all(urls, { proxy: several.map((p) => p.url()), concurrency: 1 });
    expect(outcomes.map(short)).toEqual(urls.map(() => '200 hi'));
    expect(several.map((p) => p.arrivals.map(({ target }) => Number(target.split('/').at(-1))))).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7, 10],
      [2, 5, 8, 11],
    ]);
    expect(several.map((p) => p.connections)).toEqual([1, 1, 1]);
  });

  it('a proxy that is gone costs its own turns and no others', async () => {
    const server = await serve();
    const gone = await proxy();
    const url = gone.url();
    await gone.close();
    const urls = Array.from({ length: 6 }, (_, i) => hidden(server, `/${i}`));
    const through = [url.replace('://', `://${LOGIN}@`), (await proxy()).url()];
    const outcomes = await flurry.all(urls, { proxy: through, concurrency: 1, retry: 0 });
    expect(outcomes.map(({ type }) => type === 'response')).toEqual([false, true, false, true, false, true]);
    expect(short(outcomes[0]!)).toMatch(/^connect\/refused: .*http:\/\/127\.0\.0\.1:\d+ refused/);
    expect(outcomes.map(short).join()).not.toMatch(SECRETS);
    // Sent again, a request takes the next one.
    const again = await flurry.all(urls, { proxy: through, concurrency: 1, retryDelayMs: 0, retry: 9 });
    expect(again.every(({ type }) => type === 'response')).toBe(true);
  });

  it('those of the environment on the command line, unless -x says otherwise', async () => {
    const server = await serve();
    const through = await proxy();
    const env = { HTTP_PROXY: through.url(), NO_PROXY: 'direct.test' };
    const ask = async (...words: string[]) => {
      const before = through.connections;
      const url = words.includes('-x') || words.length === 0 ? server.url() : hidden(server);
      const { code } = await commandLine([url, '-o', folder.at('env.jsonl'), '-q', ...words], { env });
      expect(code).toBe(0);
      expect(folder.records('env.jsonl')[0]).toMatchObject({ status: 200 });
      return through.connections - before;
    };
    expect(await ask()).toBe(1);
    expect(await ask('-x', '')).toBe(0);
    expect(await ask('--noproxy', '')).toBe(1);
    const other = await proxy();
    expect(await ask('-x', other.url())).toBe(0);
    expect(other.connections).toBe(1);
    env.NO_PROXY = '127.0.0.1';
    expect(await ask()).toBe(0);
    expect(await ask('-x', other.url())).toBe(0);
    expect(other.connections).toBe(1);
  });

  it('those of the environment in code, where it asks for them', async () => {
    const server = await serve();
    const through = await proxy();
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = through.url();
    try {
      expect(short(await one(hidden(server), { proxy: ['env'] }))).toBe('200 hi');
      expect(short(await one(server.url(), {}))).toBe('200 hi');
    } finally {
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
    }
    expect(through.connections).toBe(1);
  });
});

describe('a proxy that refuses', () => {
  it('407 says what to give, and is the response where the proxy forwards', async () => {
    const server = await serve(hi, true);
    const through = await proxy({ login: LOGIN });
    const url = `http://127.0.0.1:${through.port}`;
    expect(short(await one(server.url(), { proxy: [url], ca }))).toBe(
      `connect/proxy: the proxy ${url} answered 407 to CONNECT localhost:${server.port}; give user:password with --proxy-user or in the proxy's URL`,
    );
    expect(short(await one('http://origin.test/', { proxy: [url] }))).toBe('407 ');
    expect(server.connections).toBe(0);
  });

  it('another login is not accepted, nor repeated', async () => {
    const server = await serve(hi, true);
    for (const kind of ['http', 'socks5'] as const) {
      const through = await proxy({ kind, login: 'somebody:else' });
      const told = short(await one(server.url(), { proxy: [through.url(LOGIN)], ca }));
      expect(told).toMatch(/^connect\/proxy: .*does not accept the user and password it was given$/);
      expect(told).not.toMatch(SECRETS);
    }
    expect(server.connections).toBe(0);
  });

  it('lies: what it says in clear is never taken for the origin’s answer', async () => {
    const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
    const through = await proxy({ answer: `HTTP/1.1 200 OK\r\n\r\n${forged}` });
    const outcome = await one('https://localhost:1/', { proxy: [through.url()], ca });
    expect(outcome).toMatchObject({ type: 'failure', phase: 'tls' });
    const refusing = await proxy({ answer: 'HTTP/1.1 502 No\r\nContent-Length: 4\r\n\r\nevil' });
    const refused = await one('https://localhost:1/', { proxy: [refusing.url()], ca });
    expect(refused).toMatchObject({ type: 'failure', phase: 'connect', kind: 'proxy' });
  });

  it('cannot reach the origin', async () => {
    const server = await serve();
    const { port } = server;
    await server.close();
    const [http, socks] = [await proxy(), await proxy({ kind: 'socks5' })];
    expect(short(await one(`https://localhost:${port}/`, { proxy: [http.url()] }))).toMatch(
      /answered 502 to CONNECT localhost:\d+; it could not reach the host$/,
    );
    expect(short(await one(`http://localhost:${port}/`, { proxy: [socks.url()] }))).toMatch(
      /refused a way to localhost:\d+: the host refused the connection; does a server listen there\? \(reply 5\)$/,
    );
  });
});

describe('the login of a proxy', () => {
  it('follows no redirect to an origin, through the proxy, in a tunnel or without it', async () => {
    const secure = await serve(hi, true);
    const direct = await serve((peer) =>
      peer.send(`HTTP/1.1 302 Found\r\nLocation: ${secure.url()}\r\nContent-Length: 0\r\n\r\n`),
    );
    const first = await serve((peer) =>
      peer.send(`HTTP/1.1 302 Found\r\nLocation: ${direct.url()}\r\nContent-Length: 0\r\n\r\n`),
    );
    const through = await proxy({ login: LOGIN });
    const outcome = await one(hidden(first), {
      proxy: [through.url()],
      noProxy: '127.0.0.1',
      followRedirects: true,
      ca,
    });
    expect(short(outcome)).toBe('200 hi');
    expect(through.arrivals.map(({ method }) => method)).toEqual(['GET', 'CONNECT']);
    for (const server of [first, direct, secure]) {
      expect(server.arrivals).toHaveLength(1);
      expect(heads(server)).not.toMatch(/proxy-authorization|s3cret|dXMzcjp/i);
    }
  });

  it('is in no record, message, summary, plan or list of settings', async () => {
    const server = await serve(hi, true);
    const [good, bad] = [await proxy({ login: LOGIN }), await proxy({ login: 'somebody:else' })];
    const pem = folder.write('ca.pem', LOCALHOST.cert);
    const [records, summary] = [folder.at('secret.jsonl'), folder.at('secret.json')];
    const words = ['-x', good.url(), '-x', bad.url(LOGIN), '-U', LOGIN, '--cacert', pem, '-c', '1', '-v'];
    const run = [server.url('/[1-4]'), '-o', records, '--summary', summary, '--include'];
    const ended = await commandLine([...run, ...words]);
    expect(folder.records('secret.jsonl')).toHaveLength(4);
    expect(folder.read('secret.jsonl')).toContain('does not accept the user and password');
    const shown = [
      ended.stdout + ended.stderr,
      folder.read('secret.jsonl'),
      folder.read('secret.json'),
      (await commandLine([server.url(), ...words, '--print-config'])).stdout,
      (await commandLine([server.url(), ...words, '--dry-run'])).stdout,
    ];
    for (const text of shown) {
      expect(text).not.toBe('');
      expect(text).not.toMatch(SECRETS);
    }
  });

  it('is in no message about words that do not fit', async () => {
    for (const word of [`http://${LOGIN}@`, `${LOGIN}`, `sock5://${LOGIN}@a`, `http://${LOGIN}@a:b`]) {
      const { code, stderr } = await commandLine(['http://origin.test/', '-q', '-x', word]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/proxy/);
      expect(stderr).not.toMatch(SECRETS);
    }
    const { code, stderr } = await commandLine(['http://a.test/', '-x', 'p:1', '-U', 's3cret']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/user:password/);
    expect(stderr).not.toMatch(SECRETS);
  });
});
