// What went wrong in other clients with credentials: each test bears the name under which it is known, and fails on code
// that does as they did. Over real sockets and the public API; `localhost` and 127.0.0.1 are two hosts on one port.

import { type FlurryOptions, flurry, Session } from 'flurry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import type { ProxyServer } from '../../src/model/proxy-server.ts';
import { RequestFactory } from '../../src/model/request.ts';
import { redirect } from '../../src/session/redirects.ts';
import { page } from '../inspection/page.ts';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import type { RawServer, Script } from '../server/raw-server.ts';
import { OK as FAKE_OK, FakeNetwork, makeRequest } from '../transport/fixture.ts';
import { ask, asLocalhost, fieldsOf, OK, one, serve, short, to } from './stage.ts';

const follow = { followRedirects: true };
const SECRET = 'S3cret';

/** Redirects each of these targets to where they say, and answers all others. */
function redirecting(locations: () => Readonly<Record<string, string>>): Script {
  return (peer, { target }) => peer.send(locations()[target] === undefined ? OK : to(locations()[target]!));
}

/** Sends these fields to /start of a server, which redirects to another host. What arrived, in order. */
async function away(headers: Record<string, string>, options = {}): Promise<string[]> {
  const server: RawServer = await serve(redirecting(() => ({ '/start': asLocalhost(server.url('/end')) })));
  const outcome = await one({ url: server.url('/start'), headers }, { ...follow, ...options });
  expect(short(outcome)).toBe('200 hi');
  return server.arrivals.map(({ head }) => head);
}

describe('credentials and a redirect', () => {
  it('CVE-2018-20060 urllib3: Authorization does not go along to another host', async () => {
    const [first, second] = await away({ Authorization: SECRET });
    expect(first).toContain(SECRET);
    expect(second).not.toContain(SECRET);
  });

  it('CVE-2018-20060, in other letters (CVE-2018-25091): the case of a name changes nothing', async () => {
    const [first, second] = await away({ aUTHORIZATION: SECRET });
    expect(first).toContain(SECRET);
    expect(second).not.toContain(SECRET);
  });

  it.each(['urllib3 CVE-2023-43804', 'undici CVE-2023-45143'])(
    '%s: Cookie does not go along to another host',
    async () => {
      const [first, second] = await away({ Cookie: `a=${SECRET}` });
      expect(first).toContain(SECRET);
      expect(second).not.toContain(SECRET);
    },
  );

  it.each(['follow-redirects CVE-2024-28849', 'requests CVE-2023-32681'])(
    '%s: Proxy-Authorization does not go along to another host',
    async () => {
      const [first, second] = await away({ 'Proxy-Authorization': SECRET });
      expect(first).toContain(SECRET);
      expect(second).not.toContain(SECRET);
    },
  );

  it('what the options carry (user, bearer) stays as well', async () => {
    for (const options of [{ user: `me:${SECRET}` }, { bearer: SECRET }]) {
      const [first, second] = await away({}, options);
      expect(fieldsOf(first!, 'authorization')).toHaveLength(1);
      expect(fieldsOf(second!, 'authorization')).toEqual([]);
    }
  });

  it('curl CVE-2022-27774, CVE-2022-27776: nothing goes along to another port of the same host', async () => {
    const other = await serve((peer) => peer.send(OK));
    const server = await serve((peer) => peer.send(to(other.url('/end'))));
    const headers = { Authorization: SECRET, Cookie: `a=${SECRET}` };
    await one({ url: server.url('/start'), headers }, follow);
    expect(server.arrivals[0]!.head).toContain(SECRET);
    expect(other.arrivals.map(({ target }) => target)).toEqual(['/end']);
    expect(other.arrivals[0]!.head).not.toContain(SECRET);
  });

  it('curl CVE-2022-27774: nothing goes along from https to http, nor the other way', async () => {
    const plain = await serve((peer) => peer.send(OK));
    const secure = await serve((peer) => peer.send(to(asLocalhost(plain.url('/end')))), { tls: LOCALHOST });
    const headers = { Authorization: SECRET, Cookie: `a=${SECRET}` };
    await one({ url: secure.url('/start'), headers }, { ...follow, insecure: true });
    expect(secure.arrivals[0]!.head).toContain(SECRET);
    expect(plain.arrivals[0]!.head).not.toContain(SECRET);
    for (const [from, landing] of [
      ['http://host:8080/', 'https://host:8080/'],
      ['https://host:8080/', 'http://host:8080/'],
      ['https://host/', 'https://host:8443/'],
    ] as const) {
      const request = makeRequest({ url: from, headers });
      const verdict = redirect(request, answerOf(from, landing), [], REDIRECTS);
      expect(verdict.type === 'follow' && verdict.request.headers.text, landing).toBe('');
    }
  });

  it.each(['Go CVE-2024-45336', 'Go CVE-2025-4673'])(
    '%s: what was dropped does not come back on a later hop',
    async () => {
      const server: RawServer = await serve(
        redirecting(() => ({
          '/1': asLocalhost(server.url('/2')),
          '/2': asLocalhost(server.url('/3')),
          '/3': server.url('/4'),
        })),
      );
      const headers = { Authorization: SECRET, Cookie: `a=${SECRET}`, 'Proxy-Authorization': SECRET };
      expect(short(await one({ url: server.url('/1'), headers }, follow))).toBe('200 hi');
      expect(server.arrivals.map(({ target, head }) => [target, head.includes(SECRET)])).toEqual([
        ['/1', true],
        ['/2', false],
        ['/3', false],
        ['/4', false],
      ]);
    },
  );

  it('what belongs to the origin stays while it is the same, or no login would ever work', async () => {
    const server = await serve(redirecting(() => ({ '/1': '/2' })));
    await one({ url: server.url('/1'), headers: { Authorization: SECRET } }, follow);
    expect(server.arrivals.map(({ head }) => head.includes(SECRET))).toEqual([true, true]);
  });

  it('a session’s cookies go to their own host only, on every hop', async () => {
    const server: RawServer = await serve((peer, { target }) => {
      const fields = `Set-Cookie: a=${SECRET}; Path=/\r\n`;
      if (target === '/1') peer.send(to('/2').replace('\r\n', `\r\n${fields}`));
      else if (target === '/2') peer.send(to(asLocalhost(server.url('/3'))));
      else peer.send(OK);
    });
    await one(server.url('/1'), { ...follow, cookies: true });
    expect(server.arrivals.map(({ head }) => fieldsOf(head, 'cookie').length)).toEqual([0, 1, 0]);
  });
});

function loginOf(line: string): string {
  return Buffer.from(line.split(' ').at(-1)!, 'base64').toString();
}

const REDIRECTS = { redirectsMax: 10, secretHeaders: new Set<string>() };
const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

function answerOf(url: string, location: string) {
  return Object.assign(page('', { url, fields: [`Location: ${location}`] }), { status: 302 });
}

describe('hosts and protocols that are not what they seem', () => {
  // Which host a URL names is said by the URL standard, and by nobody's reading of the text.
  it.each([
    ['http://host.test@evil.test/', 'evil.test'],
    ['http://host.test:80@evil.test/', 'evil.test'],
    ['//evil.test', 'evil.test'],
    ['\\\\evil.test\\x', 'evil.test'],
    ['/\\evil.test', 'evil.test'],
    ['https:\\\\evil.test', 'evil.test'],
    ['http:///evil.test/', 'evil.test'],
    ['http://evil.test#@host.test/', 'evil.test'],
    ['http://evil.test?@host.test/', 'evil.test'],
    ['http://evil.test\\@host.test/', 'evil.test'],
    ['http:host.test.evil.test', 'host.test'],
    ['/http://evil.test/', 'host.test'],
    ['@evil.test', 'host.test'],
  ])(
    'follow-redirects CVE-2023-26159, axios CVE-2025-27152: %s leads to %s, with or without credentials',
    (location, host) => {
      const request = factory.from(0, { url: 'http://host.test/', headers: { Authorization: SECRET } });
      const verdict = redirect(request, answerOf('http://host.test/', location), [], REDIRECTS);
      if (verdict.type !== 'follow') throw new Error(JSON.stringify(verdict));
      const next = verdict.request;
      expect([next.origin.host, new URL(next.url).hostname]).toEqual([host, host]);
      expect(next.headers.text.includes(SECRET)).toBe(host === 'host.test' && next.origin.scheme === 'http');
    },
  );

  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:,x',
    'ftp://host.test/',
    'gopher://h/',
    'unix:/x',
  ])('a redirect to %s is a failure, and nothing is opened', async (location) => {
    const server = await serve((peer) => peer.send(to(location)));
    expect(short(await one(server.url(), follow))).toBe('headers/protocol');
    expect(server.arrivals).toHaveLength(1);
  });

  it('requests CVE-2024-47081: netrc is asked for the host that is connected to', async () => {
    const server = await serve((peer) => peer.send(OK));
    const netrc = `machine example.com login me password ${SECRET}\nmachine localhost login me password ${SECRET}`;
    const place = server.url('/').replace('http://', '');
    for (const userinfo of ['', 'example.com:@', 'example.com@', 'localhost:@', ':@']) {
      await one(`http://${userinfo}${place}`, { netrc });
    }
    expect(server.arrivals.map(({ head }) => [...fieldsOf(head, 'authorization')].map(loginOf))).toEqual([
      [],
      ['example.com:'],
      ['example.com:'],
      ['localhost:'],
      [],
    ]);
    await one(asLocalhost(server.url()), { netrc });
    expect(fieldsOf(server.arrivals.at(-1)!.head, 'authorization').map(loginOf)).toEqual([`me:${SECRET}`]);
  });
});

describe('what a pool is keyed by', () => {
  it('requests CVE-2024-35195: a connection opened without verification serves nobody who verifies', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    expect(short(await one(server.url(), { insecure: true }))).toBe('200 hi');
    expect(short(await one(server.url()))).toBe('tls/certificate');
    expect(short(await one(server.url(), { ca: LOCALHOST.cert }))).toBe('200 hi');
    expect(short(await one(server.url(), { ca: ELSEWHERE.cert }))).toBe('tls/certificate');
    expect(server.arrivals).toHaveLength(2);
  });

  it('curl CVE-2022-27782: other TLS settings are another connection', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const trusting = { ca: LOCALHOST.cert };
    await ask([server.url(), server.url()], trusting);
    expect(server.connections).toBe(1);
    await one(server.url(), { ...trusting, tlsMin: '1.3' });
    expect(server.connections).toBe(2);
  });

  it('requests CVE-2024-35195, in a session: a run of it cannot bring other TLS or proxy settings', async () => {
    const session = new Session({ insecure: true });
    onTestFinished(() => session.close());
    for (const options of [
      { insecure: false },
      { ca: LOCALHOST.cert },
      { proxy: ['http://127.0.0.1:9'] },
      { tlsMin: '1.3' },
    ]) {
      expect(() => flurry('https://127.0.0.1:9/', { session, ...options } as FlurryOptions)).toThrow(
        /is the session['’]s/,
      );
    }
  });

  it('a connection through a proxy serves no request through another, nor one through none', () => {
    const network = new FakeNetwork();
    const proxies = [undefined, proxy('a'), proxy('b'), proxy('a', 'other credentials')];
    for (const one of proxies) {
      const request = makeRequest('http://host/');
      request.proxy = one;
      const asked = network.sendRequest(request);
      network.wire.connect();
      network.wire.receive(FAKE_OK);
      expect(asked.short).toBe('200 hi');
    }
    expect(network.connector.wires).toHaveLength(proxies.length);
    const again = makeRequest('http://host/');
    again.proxy = proxies[1];
    network.sendRequest(again);
    expect(network.connector.wires).toHaveLength(proxies.length);
  });

  it('a request to http goes over no connection to https of the same host and port', () => {
    const network = new FakeNetwork();
    network.idle('https://host:8080/');
    network.send('http://host:8080/');
    expect(network.connector.wires.map(({ origin }) => origin.key)).toEqual([
      'https://host:8080',
      'http://host:8080',
    ]);
  });
});

function proxy(name: string, mark = ''): ProxyServer {
  return {
    key: `socks5://${name}:1080${mark}`,
    scheme: 'socks5',
    host: name,
    port: 1080,
    authorization: undefined,
    login: undefined,
  };
}
