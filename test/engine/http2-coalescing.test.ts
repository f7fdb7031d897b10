// --h2-coalesce against node:http2: two names in one certificate, at one address, share a connection, and nothing else:
// not their credentials, not their limits, and not the connection either where the server says 421.

import { Session, type SessionOptions } from 'flurry';
import { afterEach, describe, expect, it } from 'vitest';
import { LOCALHOST, TWO_NAMES } from '../server/certificate.ts';
import { type Http2Exchange, Http2Peer, type Http2Script } from '../server/http2-server.ts';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  // The server first: a session waits for what is under way.
  for (const one of open.splice(0)) await one.close();
});

/** `url(name, path)`: at that server, whatever the name. */
async function start(script: Http2Script, options: SessionOptions = {}, certificate = TWO_NAMES) {
  const peer = await Http2Peer.open(script, { ...certificate });
  const names = ['one.test', 'two.test', 'three.test'];
  const session = new Session({
    ca: certificate.cert,
    retry: 0,
    h2Coalesce: true,
    resolve: names.map((name) => `${name}:${peer.port}:127.0.0.1`),
    ...options,
  });
  open.push(peer, session);
  const url = (name: string, path = '/') => `https://${name}:${peer.port}${path}`;
  /** Of each arrival: its connection, from 0, and the name that was asked for. */
  const arrivals = () =>
    peer.arrivals.map(
      ({ connection, headers }) => `${connection} ${String(headers[':authority']).split(':')[0]}`,
    );
  return { peer, session, url, arrivals };
}

const hi: Http2Script = (one) => one.send(200, 'hi');

describe('two names in one certificate, at one address,', () => {
  it('share a connection', async () => {
    const { session, url, arrivals } = await start(hi);
    for (const name of ['one.test', 'two.test', 'one.test', 'two.test']) {
      expect((await session.get(url(name))).httpVersion).toBe('2');
    }
    expect(arrivals()).toEqual(['0 one.test', '0 two.test', '0 one.test', '0 two.test']);
  });

  it('have a connection each unless told to share', async () => {
    const { session, url, arrivals } = await start(hi, { h2Coalesce: false });
    for (const name of ['one.test', 'two.test']) await session.get(url(name));
    expect(arrivals()).toEqual(['0 one.test', '1 two.test']);
  });

  it('have a connection each once the server says 421, and nobody hears of that', async () => {
    const { session, url, arrivals } = await start((one, { connection, headers }) => {
      const isMisdirected = connection === 0 && headers[':authority']!.startsWith('two');
      one.send(isMisdirected ? 421 : 200);
    });
    for (const name of ['one.test', 'two.test', 'one.test', 'two.test']) {
      const { status, attempts } = await session.get(url(name));
      expect([status, attempts]).toEqual([200, 1]);
    }
    expect(arrivals()).toEqual(['0 one.test', '0 two.test', '1 two.test', '0 one.test', '1 two.test']);
  });

  it('keep their credentials and cookies to themselves', async () => {
    const { peer, session, url, arrivals } = await start((one) =>
      one.send(200, '', { 'set-cookie': 'sid=s3cret; Secure' }),
    );
    const withLogin = url('one.test').replace('//', '//user:s3cret@');
    await session.get(withLogin);
    await session.get(url('two.test'));
    await session.get(withLogin);
    expect(arrivals()).toEqual(['0 one.test', '0 two.test', '0 one.test']);
    const [first, other, second] = peer.arrivals.map(({ headers }) => headers);
    const authorization = `Basic ${Buffer.from('user:s3cret').toString('base64')}`;
    expect([first!.authorization, second!.authorization, second!.cookie]).toEqual([
      authorization,
      authorization,
      'sid=s3cret',
    ]);
    expect([other!.authorization, other!.cookie]).toEqual([undefined, undefined]);
  });

  it('keep their limits each', async () => {
    const waiting = new Map<string, Http2Exchange>();
    const { session, url, arrivals } = await start(
      (one, { path, headers }) => {
        if (path === '/first') return one.send(200);
        const name = headers[':authority']!;
        // One at a time of each name, and one of both at once.
        if (waiting.has(name)) return one.send(500);
        waiting.set(name, one);
        if (waiting.size < 2) return;
        const both = [...waiting.values()];
        waiting.clear();
        for (const each of both) each.send(200);
      },
      { perHost: 1 },
    );
    await session.get(url('one.test', '/first'));
    const urls = ['one.test', 'one.test', 'one.test', 'two.test', 'two.test', 'two.test'].map((name) =>
      url(name),
    );
    const responses = await Promise.all(urls.map((one) => session.get(one)));
    expect(responses.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(arrivals())).toEqual(new Set(['0 one.test', '0 two.test']));
  });
});

describe('a name that the certificate of a connection does not have', () => {
  it('is not asked for on it, though its address is the same', async () => {
    const { session, url, arrivals } = await start(hi);
    await session.get(url('one.test'));
    await expect(session.get(url('three.test'))).rejects.toMatchObject({ failure: { kind: 'certificate' } });
    expect(arrivals()).toEqual(['0 one.test']);
  });

  it('is not asked for on it either where no certificate is looked at', async () => {
    const { session, url, arrivals } = await start(hi, { insecure: true }, LOCALHOST);
    for (const name of ['one.test', 'two.test']) await session.get(url(name));
    expect(arrivals()).toEqual(['0 one.test', '1 two.test']);
  });
});
