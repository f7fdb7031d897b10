// CONNECT: what a proxy is sent, every way its answer may arrive, and what is said of one that refuses or lies.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProxyError } from '../../src/transport/proxy-error.ts';
import { Carrier, proxyServer, turn } from './tunnel-carrier.ts';

const OK = 'HTTP/1.1 200 Connection established\r\n\r\n';
const PLAIN = proxyServer('http');

async function refusal(answer: string, proxy = PLAIN): Promise<string> {
  const carrier = new Carrier(proxy);
  await carrier.arrive(answer);
  expect(carrier.error).toBeInstanceOf(ProxyError);
  expect((carrier.error as ProxyError).kind).toBe('proxy');
  expect(carrier.leftNoListener).toBe(true);
  return carrier.told.join('|');
}

describe('what is sent', () => {
  it('is a request in authority-form with Host and nothing else', () => {
    expect(new Carrier(PLAIN).written).toBe(
      'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
    );
  });

  it('has the default port too, and an IPv6 address in brackets', () => {
    expect(new Carrier(PLAIN, '::1', 80).written).toBe('CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n');
  });

  it('has the credentials of the proxy', () => {
    const { written } = new Carrier(proxyServer('https', 'user', 'pw'));
    expect(written).toBe(
      'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nProxy-Authorization: Basic dXNlcjpwdw==\r\n\r\n',
    );
  });
});

describe('an answer that opens the tunnel', () => {
  it.each([
    OK,
    'HTTP/1.0 200\r\n\r\n',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 299 Odd\nVia: x\n\n',
    // RFC 9110 section 9.3.6: a client ignores these in a 2xx to CONNECT.
    'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: many\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n${OK}`,
    `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)}${OK}`,
  ])('%j', async (answer) => {
    const carrier = new Carrier(PLAIN);
    await carrier.arrive(answer);
    expect(carrier.told).toEqual(['open']);
    expect(carrier.leftNoListener).toBe(true);
  });

  const SURPLUS = 'SSH-2.0-x\r\n\r\nHTTP/1.1 500 No\r\n\r\n';
  const ANSWER = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\nVia: 1.1 p\r\n\r\n`;

  it('loses no octet, wherever it is cut in two', async () => {
    const all = ANSWER + SURPLUS;
    for (let cut = 0; cut <= all.length; cut++) {
      const carrier = new Carrier(PLAIN);
      await carrier.arrive(...[all.slice(0, cut), all.slice(cut)].filter((piece) => piece !== ''));
      expect(carrier.told).toEqual(['open']);
      expect(carrier.leftNoListener).toBe(true);
      expect(await carrier.rest()).toBe(SURPLUS);
    }
  });

  it('loses none in any number of pieces, with whatever behind it, and at the end of the stream', async () => {
    const cuts = fc.array(fc.nat(1_000), { maxLength: 12 });
    const surplus = fc.uint8Array({ maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(cuts, surplus, fc.boolean(), async (places, behind, ends) => {
        const all = Buffer.concat([Buffer.from(ANSWER), behind]);
        const at = [0, ...places.map((place) => place % all.length), all.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((to, i) => all.subarray(at[i], to));
        const carrier = new Carrier(PLAIN);
        for (const piece of pieces.filter(({ length }) => length > 0)) {
          await carrier.arrive(piece);
        }
        expect(carrier.told).toEqual(['open']);
        if (ends) carrier.stream.push(null);
        let ended = false;
        carrier.stream.on('end', () => {
          ended = true;
        });
        expect(await carrier.rest()).toBe(Buffer.from(behind).toString('latin1'));
        await turn();
        expect(ended).toBe(ends);
      }),
      { numRuns: 200 },
    );
  });

  it('and the end of the stream right behind it is the tunnel’s', async () => {
    const carrier = new Carrier(PLAIN);
    carrier.stream.push(Buffer.from(`${OK}last words`));
    carrier.stream.push(null);
    await turn();
    let ended = false;
    carrier.stream.on('end', () => {
      ended = true;
    });
    expect(await carrier.rest()).toBe('last words');
    await turn();
    expect(carrier.told).toEqual(['open']);
    expect(ended).toBe(true);
  });
});

describe('an answer that does not', () => {
  it.each([
    [
      'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n',
      "the proxy http://proxy.test:1080 answered 407 to CONNECT example.com:443; give user:password with --proxy-user or in the proxy's URL",
    ],
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'it does not allow this host or port'],
    ['HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nhello', 'it could not reach the host'],
    ['HTTP/1.1 405 Method Not Allowed\r\n\r\n', 'is it a proxy that makes tunnels?'],
    ['HTTP/1.1 301 Moved\r\nLocation: http://user:pw@x/\r\n\r\n', 'answered 301 to CONNECT example.com:443'],
    ['HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n', 'no Basic'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', '101 Switching Protocols, which nobody asked for'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'is it a proxy for HTTP, and is its scheme right'],
    ['\x15\x03\x01\x00\x02\x02\x46 a TLS alert', 'is its scheme right (http, https or socks5)?'],
    ['HTTP/2 200\r\n\r\n', 'in place of a status line'],
    [`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(21)}${OK}`, 'interim responses beyond the limit of 20'],
    ['HTTP/1.1 200 OK\r\nVia : x\r\n\r\n', 'white space'],
  ])('%j', async (answer, expected) => {
    expect(await refusal(answer)).toContain(expected);
  });

  it('says that the credentials it was given were not accepted, and repeats none', async () => {
    const proxy = proxyServer('http', 'us3r', 's3cret');
    const told = await refusal('HTTP/1.1 407 No\r\nProxy-Authenticate: basic\r\n\r\n', proxy);
    expect(told).toContain('it does not accept the user and password it was given');
    expect(told).not.toMatch(/us3r|s3cret|dXMz/);
  });

  it('is given up at 64 KiB', async () => {
    const carrier = new Carrier(PLAIN);
    await carrier.arrive('HTTP/1.1 200 OK\r\n');
    const field = `A: ${'x'.repeat(1_000)}\r\n`;
    let sent = 0;
    for (; carrier.told.length === 0 && sent < 1_000_000; sent += field.length) await carrier.arrive(field);
    expect(carrier.told).toEqual([expect.stringContaining('beyond the limit of 65536')]);
    expect(sent).toBeLessThan(70_000);
  });

  it('is told once, however much comes behind it', async () => {
    const carrier = new Carrier(PLAIN);
    await carrier.arrive('HTTP/1.1 403 No\r\n\r\n', 'more', OK);
    await carrier.destroy(new Error('reset'));
    expect(carrier.told).toHaveLength(1);
  });

  it('never opens it for octets that are not a response', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (octets) => {
        const carrier = new Carrier(PLAIN);
        await carrier.arrive(Buffer.from(octets));
        await carrier.end();
        expect(carrier.told).toHaveLength(1);
        expect(carrier.told).not.toContain('open');
      }),
      { numRuns: 200 },
    );
  });
});

describe('a proxy that goes away', () => {
  const gone =
    'the proxy http://proxy.test:1080 closed the connection when asked for a way to example.com:443';

  it('in the middle of its answer', async () => {
    for (const so of ['', 'HTTP/1.1 2', OK.slice(0, -1)]) {
      const carrier = new Carrier(PLAIN);
      if (so !== '') await carrier.arrive(so);
      await carrier.end();
      await carrier.destroy();
      expect(carrier.told).toEqual([gone]);
      expect(carrier.leftNoListener).toBe(true);
    }
  });

  it('with a reset', async () => {
    const carrier = new Carrier(PLAIN);
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    await carrier.destroy(reset);
    expect(carrier.told).toEqual([
      'the connection to the proxy http://proxy.test:1080 was reset when it was asked for a way to example.com:443 (ECONNRESET)',
    ]);
    expect(carrier.error?.cause).toBe(reset);
  });

  it('because the deadline of the connection has destroyed the carrier', async () => {
    const carrier = new Carrier(PLAIN);
    await carrier.arrive('HTTP/1.1 200');
    await carrier.destroy();
    expect(carrier.told).toEqual([gone]);
    expect(carrier.leftNoListener).toBe(true);
  });

  it('before anything is asked of it', async () => {
    const first = new Carrier(PLAIN);
    await first.destroy();
    const { openTunnel } = await import('../../src/transport/tunnel.ts');
    const told: unknown[] = [];
    openTunnel(first.stream as import('node:net').Socket, PLAIN, 'a.test', 1, (error) => told.push(error));
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual([expect.any(ProxyError)]);
  });
});
