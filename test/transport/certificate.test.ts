// Whose certificate is accepted, and for which name.

import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/model/outcome.ts';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import type { Script } from '../server/raw-server.ts';
import { ask, loopback, short } from './real.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

const { serve, connect } = loopback();

describe('a certificate', () => {
  it('that nobody signed is refused, with what to do about it', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const outcome = await ask(connect(), server.url());
    expect(short(outcome)).toBe('tls/certificate');
    expect((outcome as Failure).message).toMatch(/--cacert.*-k/);
    expect((outcome as Failure).sent).toBe('none');
    expect(server.arrivals).toEqual([]);
  });

  it('is accepted where it is trusted, and where anything is', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    for (const tls of [{ ca: LOCALHOST.cert }, { ca: Buffer.from(LOCALHOST.cert) }, { insecure: true }]) {
      expect(short(await ask(connect({ tls }), server.url()))).toBe('200 hi');
    }
  });

  it('counts for an address too', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: LOCALHOST });
    const url = `https://127.0.0.1:${server.port}/`;
    expect(short(await ask(connect({ tls: { ca: LOCALHOST.cert } }), url))).toBe('200 hi');
  });

  it('is asked for by name, and an address is no name', async () => {
    const names: unknown[] = [];
    const script: Script = (peer) => {
      names.push((peer.stream as TLSSocket & { servername: unknown }).servername);
      peer.send(OK);
    };
    const server = await serve(script, { tls: LOCALHOST });
    const transport = connect({ tls: { ca: LOCALHOST.cert } });
    await ask(transport, server.url());
    await ask(transport, `https://127.0.0.1:${server.port}/`);
    expect(names).toEqual(['localhost', false]);
  });

  it('for another name is refused, whatever its common name says', async () => {
    const server = await serve((peer) => peer.send(OK), { tls: ELSEWHERE });
    const tls = { ca: ELSEWHERE.cert };
    expect(short(await ask(connect({ tls }), server.url()))).toBe('tls/certificate');
    expect(short(await ask(connect({ tls }), `https://127.0.0.1:${server.port}/`))).toBe('tls/certificate');
    expect(short(await ask(connect({ tls: { insecure: true } }), server.url()))).toBe('200 hi');
  });

  it('is asked of a server that speaks no TLS in vain', async () => {
    const server = await serve(() => {}, {
      onConnection: (peer) => peer.send('HTTP/1.1 400 Bad Request\r\n\r\n'),
    });
    const outcome = await ask(connect(), `https://127.0.0.1:${server.port}/`);
    expect(short(outcome)).toBe('tls/protocol');
  });

  it('is not reached when the handshake is cut', async () => {
    const server = await serve(() => {}, { onConnection: (peer) => peer.tcp.once('data', () => peer.end()) });
    const outcome = await ask(connect(), `https://127.0.0.1:${server.port}/`);
    expect(short(outcome)).toMatch(/^tls\/(reset|closed)$/);
  });
});

describe('a certificate of one’s own', () => {
  it('is shown to a server that asks for one', async () => {
    const names: unknown[] = [];
    const script: Script = (peer) => {
      names.push((peer.stream as TLSSocket).getPeerCertificate().subject?.CN);
      peer.send(OK);
    };
    const asking = { ...LOCALHOST, requestCert: true, rejectUnauthorized: false };
    const server = await serve(script, { tls: asking });
    const tls = { insecure: true, cert: ELSEWHERE.cert, key: Buffer.from(ELSEWHERE.key) };
    expect(short(await ask(connect({ tls }), server.url()))).toBe('200 hi');
    expect(short(await ask(connect({ tls: { insecure: true } }), server.url()))).toBe('200 hi');
    expect(names).toEqual(['localhost', undefined]);
  });
});

describe('versions and ciphers', () => {
  it('older than the oldest to accept are refused', async () => {
    const old = { ...LOCALHOST, maxVersion: 'TLSv1.2' as const };
    const server = await serve((peer) => peer.send(OK), { tls: old });
    const at = (tlsMin: '1.2' | '1.3') => ask(connect({ tls: { insecure: true, tlsMin } }), server.url());
    expect(short(await at('1.2'))).toBe('200 hi');
    expect(short(await at('1.3'))).toBe('tls/protocol');
  });

  it('are those that are named', async () => {
    const ciphers: string[] = [];
    const script: Script = (peer) => {
      ciphers.push((peer.stream as TLSSocket).getCipher().name);
      peer.send(OK);
    };
    const old = { ...LOCALHOST, maxVersion: 'TLSv1.2' as const };
    const server = await serve(script, { tls: old });
    const name = 'ECDHE-ECDSA-AES256-GCM-SHA384';
    await ask(connect({ tls: { insecure: true, ciphers: name } }), server.url());
    expect(ciphers).toEqual([name]);
  });
});
