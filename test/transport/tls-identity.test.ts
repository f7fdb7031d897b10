// Whom a certificate must name, what is asked for in its place, and settings that no TLS can be made with.

import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/model/option-kinds.ts';
import type { Failure } from '../../src/model/outcome.ts';
import { identityFault } from '../../src/transport/tls-client.ts';
import { NetConnector, type TlsSettings } from '../../src/transport/wire.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import type { Script } from '../server/raw-server.ts';
import { ask, loopback, short } from './real.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

/** Its common name is localhost, and it names nobody else. */
const COMMON_NAME = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg62xsdoBxLX6SCj3B
qprH7CGT8Iv94AjblKGYDtGmnOmhRANCAAScv7v9UIa/cIPfl1RPjIMkwEO3Lqmf
YwqrTX9Gen7rH2PYrXIL5Q19qC12fFUEqkaJGEM/v0V4zc3dDqeZG98b
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUbR2ONLqiVXrWDpbzRZQjBlNGh/QwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIyMTIxNloYDzIxMjYxMDI5
MjIxMjE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAScv7v9UIa/cIPfl1RPjIMkwEO3LqmfYwqrTX9Gen7rH2PYrXIL5Q19
qC12fFUEqkaJGEM/v0V4zc3dDqeZG98bo1MwUTAdBgNVHQ4EFgQULyLtAuQ74dwD
1K5tluKi25UerAswHwYDVR0jBBgwFoAULyLtAuQ74dwD1K5tluKi25UerAswDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAkHpARWH2+0IqPzou8CSd
j3nBCD1k3BS2CVsQhk2imXYCIA80SC8NPKaHBW+gJi2BBlvXoLNe6sFKuNYK1y5F
+poV
-----END CERTIFICATE-----`,
};

const { serve, connect } = loopback();

function named(names: unknown[]): Script {
  return (peer) => {
    names.push((peer.stream as TLSSocket & { servername: unknown }).servername);
    peer.send(OK);
  };
}

describe('a certificate without a subjectAltName', () => {
  it('names nobody, whatever its common name says (RFC 9110 section 4.3.4)', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: COMMON_NAME });
    const outcome = await ask(connect({ tls: { ca: COMMON_NAME.cert } }), server.url());
    expect(short(outcome)).toBe('tls/certificate');
    expect((outcome as Failure).message).toContain('does not contain a DNS name');
    expect(server.arrivals).toEqual([]);
  });

  it('is told from one that has any', () => {
    const fault = (host: string, cert: string) =>
      identityFault(host, new X509Certificate(cert).toLegacyObject() as never)?.message;
    expect(fault('localhost', COMMON_NAME.cert)).toMatch(/DNS name/);
    for (const host of ['localhost', 'localhost.', '127.0.0.1', '::1'])
      expect(fault(host, LOCALHOST.cert)).toBe(undefined);
    expect(fault('127.0.0.2', LOCALHOST.cert)).toMatch(/not in the cert's list/);
    expect(fault('elsewhere.example', ELSEWHERE.cert)).toBe(undefined);
    expect(fault('localhost', ELSEWHERE.cert)).toMatch(/elsewhere\.example/);
  });
});

describe('a server name of one’s own (--sni)', () => {
  it('is asked for and expected in place of the host', async () => {
    const names: unknown[] = [];
    const server = await serve(named(names), { tls: ELSEWHERE });
    const tls = { ca: ELSEWHERE.cert, servername: 'elsewhere.example' };
    expect(short(await ask(connect({ tls }), server.url()))).toBe('200 hi');
    expect(names).toEqual(['elsewhere.example']);
    expect(server.arrivals[0]!.head).toContain(`Host: localhost:${server.port}\r\n`);
  });

  it('does not let the host’s certificate pass', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const tls = { ca: LOCALHOST.cert, servername: 'elsewhere.example' };
    expect(short(await ask(connect({ tls }), server.url()))).toBe('tls/certificate');
  });

  it('is not sent where it is an address', async () => {
    const names: unknown[] = [];
    const server = await serve(named(names), { tls: LOCALHOST });
    const tls = { ca: LOCALHOST.cert, servername: '127.0.0.1' };
    expect(short(await ask(connect({ tls }), server.url()))).toBe('200 hi');
    expect(names).toEqual([false]);
  });

  it.each(['', 'a b', 'https://x', '-x.example', 'x..example', 'x:443'])(
    'that is none is said at once: %j',
    (servername) => {
      const make = () => new NetConnector({ insecure: false, ca: undefined, servername });
      expect(make).toThrow(OptionError);
      expect(make).toThrow(/--sni\) takes a host name/);
    },
  );
});

describe('a host with a dot at its end', () => {
  it('is asked for without (RFC 6066 section 3)', async () => {
    const names: unknown[] = [];
    const server = await serve(named(names), { tls: LOCALHOST });
    const resolver = new FakeResolver();
    resolver.addresses.set('localhost.', [{ address: '127.0.0.1', family: 4 }]);
    const transport = connect({ resolver, tls: { ca: LOCALHOST.cert } });
    expect(short(await ask(transport, `https://localhost.:${server.port}/`))).toBe('200 hi');
    expect(names).toEqual(['localhost']);
  });
});

describe('settings that no TLS can be made with', () => {
  const { cert, key } = LOCALHOST;
  it.each<[string, Partial<TlsSettings>]>([
    ['ca (--cacert) holds no certificate (PEM)', { ca: 'nonsense' }],
    ['ca (--cacert) holds no certificate (PEM)', { ca: Buffer.from(key) }],
    ['cert (--cert) holds no certificate that can be read', { cert: 'nonsense', key }],
    ['key (--key) holds no key that can be read', { cert, key: 'nonsense' }],
    ['key (--key) does not belong to cert', { cert, key: ELSEWHERE.key }],
    ['key (--key) is missing', { cert }],
    ['ciphers (--ciphers) names no cipher', { ciphers: 'NONSENSE' }],
  ])('fail every request with the name of the option: %s', async (what, tls) => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const transport = connect({ tls: { insecure: true, ...tls } });
    for (let i = 0; i < 2; i++) {
      const outcome = (await ask(transport, server.url())) as Failure;
      expect(short(outcome)).toBe('tls/certificate');
      expect(outcome.message).toContain(`no TLS with localhost:${server.port}: the option ${what}`);
      expect(outcome.sent).toBe('none');
    }
    expect(server.connections).toBe(0);
  });

  it('do not matter to plain http', async () => {
    const server = await serve((peer) => peer.send(OK));
    expect(short(await ask(connect({ tls: { ca: 'nonsense' } }), server.url()))).toBe('200 hi');
  });
});
