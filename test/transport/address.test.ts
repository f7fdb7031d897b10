// Addresses: of both families, several for one name, and none.

import { describe, expect, it } from 'vitest';
import type { Resolver } from '../../src/model/contracts.ts';
import type { Failure, Response } from '../../src/model/outcome.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { systemError } from '../fake/wire.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { ask, loopback, short } from './real.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

const { serve, connect } = loopback();

describe('an address', () => {
  it('of IPv6 is connected to', async () => {
    const server = await serve((peer) => peer.send(OK), { host: '::1' });
    const outcome = await ask(connect(), server.url());
    expect(short(outcome)).toBe('200 hi');
    expect((outcome as Response).remoteAddress).toBe(`[::1]:${server.port}`);
    expect(server.arrivals[0]!.head).toContain(`Host: [::1]:${server.port}\r\n`);
  });

  it('where nobody listens is refused', async () => {
    const server = await serve(() => {});
    const url = server.url();
    await server.close();
    const outcome = await ask(connect(), url);
    expect(short(outcome)).toBe('connect/refused');
    expect((outcome as Failure).sent).toBe('none');
  });

  const names: Resolver & { asked: number } = {
    asked: 0,
    resolve(_, done) {
      this.asked++;
      done(systemError('ENOTFOUND', 'getaddrinfo ENOTFOUND nowhere.example'), []);
    },
    forget() {},
  };

  it('of a name that has none is a failure of dns', async () => {
    const outcome = await ask(connect({ resolver: names }), 'http://nowhere.example/');
    expect(short(outcome)).toBe('dns/not-found');
    expect((outcome as Failure).message).toMatch(
      /^the name nowhere\.example has no address \(ENOTFOUND\); is it/,
    );
  });

  it.each([
    ['plain', undefined],
    ['TLS', LOCALHOST],
  ])('among several is found: the first refuses, the second answers (%s)', async (_, tls) => {
    const server = await serve((peer) => peer.send(OK), tls === undefined ? {} : { tls });
    const resolver = new FakeResolver();
    resolver.addresses.set('localhost', [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
    const transport = connect({ resolver, tls: { ca: LOCALHOST.cert } });
    const scheme = tls === undefined ? 'http' : 'https';
    for (let i = 0; i < 3; i++) {
      const outcome = await ask(transport, `${scheme}://localhost:${server.port}/`);
      expect(short(outcome)).toBe('200 hi');
      expect((outcome as Response).remoteAddress).toBe(`127.0.0.1:${server.port}`);
    }
  });

  it('among several that all refuse says refused', async () => {
    const server = await serve(() => {});
    const { port } = server;
    await server.close();
    const resolver = new FakeResolver();
    resolver.addresses.set('localhost', [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
    const outcome = await ask(connect({ resolver }), `http://localhost:${port}/`);
    expect(short(outcome)).toBe('connect/refused');
  });
});
