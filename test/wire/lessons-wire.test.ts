// What went wrong in other clients with octets: what they sent, what they took, and how much of it. Each test bears the
// name under which it is known, and fails on code that does as they did.

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RawServer } from '../server/raw-server.ts';
import { OK as FAKE_OK, FakeNetwork, makeRequest } from '../transport/fixture.ts';
import { ask as askTransport, loopback, short as shortOf } from '../transport/real.ts';
import { ask, OK, one, serve, short } from './stage.ts';

const { connect } = loopback();

describe('octets that nobody asked for', () => {
  it('Node CVE-2026-48931: a response on an idle connection answers nothing', async () => {
    const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
    let poisoned: () => void = () => {};
    const sent = new Promise<void>((resolve) => {
      poisoned = resolve;
    });
    const server = await serve((peer, { before }) => {
      peer.send(OK);
      if (before === 0) setImmediate(() => peer.send(poison, poisoned));
    });
    const transport = connect();
    expect(shortOf(await askTransport(transport, server.url()))).toBe('200 hi');
    await sent;
    expect(shortOf(await askTransport(transport, server.url()))).toBe('200 hi');
    expect(server.connections).toBe(2);
  });

  it('Node CVE-2026-48931: nor one behind the answer, in one piece with it', async () => {
    const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
    const server = await serve((peer, { before }) => peer.send(before === 0 ? OK + poison : OK));
    const outcomes = await ask([server.url(), server.url()]);
    expect([...outcomes.map(short), server.connections]).toEqual(['200 hi', '200 hi', 2]);
  });

  it('Node CVE-2026-48931: nor does one that has come and is not read yet when the next request does', () => {
    const network = new FakeNetwork();
    const idle = network.idle();
    network.clock.advance(1000);
    const asked = network.send('http://host/second');
    idle.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    network.clock.advance(0);
    expect([asked.done, idle.written, idle.state === 'open']).toEqual([false, '', false]);
    network.wire.connect();
    network.wire.receive(FAKE_OK);
    expect(asked.short).toBe('200 hi');
  });

  it('undici’s fix of it, which cost 500 ms per reuse: a connection that was just used is written to at once', () => {
    const network = new FakeNetwork();
    network.idle();
    const before = network.clock.now();
    const asked = network.send('http://host/second');
    expect([network.wire.written.length > 0, network.clock.now()]).toEqual([true, before]);
    network.wire.receive(FAKE_OK);
    expect(asked.short).toBe('200 hi');
  });

  it('and one that lay idle after one poll of the sockets, not after a time', () => {
    const network = new FakeNetwork();
    const wire = network.idle();
    network.clock.advance(1000);
    const before = network.clock.now();
    network.send('http://host/second');
    network.clock.advance(0);
    expect([wire.written.startsWith('GET /second'), network.clock.now()]).toEqual([true, before]);
  });
});

describe('requests within requests', () => {
  const SPLIT = 'x\r\nX-Injected: 1\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\n\r\n';
  it.each([
    ['undici CVE-2022-31150: the path', { url: `http://127.0.0.1:1/${SPLIT}` }],
    ['undici CVE-2022-31150: the method', { url: 'http://127.0.0.1:1/', method: SPLIT }],
    ['undici CVE-2022-31150: a header value', { url: 'http://127.0.0.1:1/', headers: { A: SPLIT } }],
    ['a header name', { url: 'http://127.0.0.1:1/', headers: { [SPLIT]: 'a' } }],
    ['undici CVE-2023-23936: Host', { url: 'http://127.0.0.1:1/', headers: { Host: SPLIT } }],
    [
      'undici CVE-2022-35948: Content-Type',
      { url: 'http://127.0.0.1:1/', headers: { 'Content-Type': SPLIT }, body: 'x' },
    ],
    ['undici: Upgrade', { url: 'http://127.0.0.1:1/', headers: { Upgrade: SPLIT } }],
    ['NUL in a value', { url: 'http://127.0.0.1:1/', headers: { A: 'a\0b' } }],
    ['LF alone', { url: 'http://127.0.0.1:1/', headers: { A: 'a\nB: c' } }],
    [
      'characters that become CR and LF where the upper octet is cut off',
      { url: 'http://127.0.0.1:1/', headers: { A: 'a\u010d\u010aB: c' } },
    ],
    [
      'a value that becomes text only later',
      {
        url: 'http://127.0.0.1:1/',
        headers: [['A', { toString: () => SPLIT } as unknown as string]] as const,
      },
    ],
    ['one of several values', { url: 'http://127.0.0.1:1/', headers: { A: ['a', SPLIT] } }],
  ])('%s is no request, and nothing is sent', async (_what, input) => {
    const outcome = await one(input);
    expect(short(outcome)).toBe('input/invalid');
    expect(outcome).toMatchObject({ sent: 'none' });
  });

  it.each([
    ['in capitals and not', { 'content-length': '1', 'Content-Length': '2' }],
    ['beside the body', { 'CONTENT-LENGTH': '100' }],
    ['with Transfer-Encoding', { 'Transfer-encoding': 'chunked' }],
  ])('undici CVE-2026-1525: no second Content-Length, %s', async (_what, headers) => {
    const server = await serve((peer) => peer.send(OK));
    expect(short(await one({ url: server.url(), method: 'POST', body: 'abc', headers }))).toBe(
      'input/invalid',
    );
    await one({ url: server.url(), method: 'POST', body: 'abc' });
    expect(server.arrivals.map(({ head }) => head.match(/content-length|transfer-encoding/gi))).toEqual([
      ['Content-Length'],
    ]);
  });
});

describe('content that grows', () => {
  const coded = (codings: string, body: Buffer, status = '200 OK', fields = '') =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status}\r\nContent-Encoding: ${codings}\r\n${fields}Content-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]);
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));

  it.each(['undici CVE-2026-22036', 'urllib3 CVE-2025-66418', 'curl CVE-2022-32206'])(
    '%s: a thousand codings are not begun',
    async () => {
      const server = await serve((peer) => peer.send(coded(new Array(1000).fill('gzip').join(', '), bomb)));
      const outcome = await one(server.url(), { compressed: true });
      expect(short(outcome)).toBe('body/too-large');
      expect(outcome).toMatchObject({ message: expect.stringContaining('1000 content codings') });
    },
  );

  it('six layers are one too many, over several lines too, and five are not', async () => {
    const layers = (n: number) => {
      let body = Buffer.from('hi');
      for (let i = 0; i < n; i++) body = gzipSync(body);
      return coded(new Array(n).fill('gzip').join('\r\nContent-Encoding: '), body);
    };
    const server = await serve((peer, { target }) => peer.send(layers(Number(target.slice(1)))));
    const outcomes = await ask([server.url('/5'), server.url('/6')], { compressed: true });
    expect(outcomes.map(short)).toEqual(['200 hi', 'body/too-large']);
  });

  it('urllib3 CVE-2025-66471: 8 MiB out of 8 KB end at the ratio', async () => {
    const server = await serve((peer) => peer.send(coded('gzip', bomb)));
    const outcome = await one(server.url(), { compressed: true, decodedRatioMax: 100 });
    expect(short(outcome)).toBe('body/too-large');
    expect(outcome).toMatchObject({ message: expect.stringContaining('decodedRatioMax') });
  });

  it('urllib3 CVE-2026-21441: the body of a redirect is not decoded, whatever it says', async () => {
    const server = await serve((peer, { target }) => {
      if (target === '/')
        peer.send(coded('gzip', Buffer.from('no gzip at all'), '302 Found', 'Location: /end\r\n'));
      else if (target === '/end')
        peer.send(coded(new Array(99).fill('br').join(), bomb, '302 Found', 'Location: /last\r\n'));
      else peer.send(OK);
    });
    const outcome = await one(server.url(), { compressed: true, followRedirects: true });
    expect(short(outcome)).toBe('200 hi');
  });

  it('the limits hold on a redirect, too: its body and its header section', async () => {
    const server = await serve((peer, { target }) => {
      peer.send('HTTP/1.1 302 Found\r\nLocation: /end\r\n');
      if (target === '/body') peer.send('\r\n', () => peer.flood('x'.repeat(10_000)));
      else peer.flood('A: b\r\n');
    });
    const options = { followRedirects: true, bodyBytesMax: 100_000 };
    const outcomes = await ask([server.url('/body'), server.url('/head')], options);
    expect(outcomes.map(short)).toEqual(['body/too-large', 'headers/too-large']);
    expect(server.arrivals).toHaveLength(2);
  });
});

describe('sections without end', () => {
  it.each([
    ['curl CVE-2023-38039: header fields', 'HTTP/1.1 200 OK\r\n', 'A: b\r\n', 'headers/too-large'],
    ['one header field', 'HTTP/1.1 200 OK\r\nA: ', 'x'.repeat(1000), 'headers/too-large'],
    [
      'aiohttp CVE-2026-22815: trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n',
      'A: b\r\n',
      'body/too-large',
    ],
    [
      'Go CVE-2023-39326: extensions of many chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      `1;${'x'.repeat(1000)}\r\na\r\n`,
      'body/too-large',
    ],
    [
      'Node CVE-2024-22019: one chunk extension',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;',
      'x'.repeat(1000),
      'body/too-large',
    ],
    ['interim responses', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'headers/too-large'],
    [
      'header sections of interim responses',
      '',
      `HTTP/1.1 103 Early Hints\r\nA: ${'x'.repeat(9000)}\r\n\r\n`,
      'headers/too-large',
    ],
    ['a reason phrase', 'HTTP/1.1 200 ', 'x'.repeat(1000), 'headers/too-large'],
  ])('%s', async (_what, start, flood, expected) => {
    const server: RawServer = await serve((peer) => peer.send(start, () => peer.flood(flood)));
    expect(short(await one(server.url()))).toBe(expected);
    await server.until(() => server.open === 0);
  });
});

describe('chunks that are none', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  it.each([
    ['h11 CVE-2025-43859: anything in place of the CR LF behind the data', '2\r\nhiXX0\r\n\r\n'],
    ['h11 CVE-2025-43859: something in place of the CR', '2\r\nhiX\n0\r\n\r\n'],
    ['h11 CVE-2025-43859: something in place of the LF', '2\r\nhi\rX0\r\n\r\n'],
    ['h11 CVE-2025-43859: LF alone behind the data', '2\r\nhi\n0\r\n\r\n'],
    ['Go CVE-2025-22871: LF alone behind the size', '2\nhi\r\n0\r\n\r\n'],
    ['Go CVE-2025-22871: LF alone behind an extension', '2;a\nhi\r\n0\r\n\r\n'],
    ['a size with 0x', '0x2\r\nhi\r\n0\r\n\r\n'],
    ['a size with a sign', '+2\r\nhi\r\n0\r\n\r\n'],
    ['a size with blanks', '2 \r\nhi\r\n0\r\n\r\n'],
    ['a size that overflows', '100000000000000002\r\nhi\r\n0\r\n\r\n'],
    ['no size', '\r\nhi\r\n0\r\n\r\n'],
  ])('%s', async (_what, body) => {
    const server = await serve((peer) => peer.send(HEAD + body));
    expect(short(await one(server.url()))).toBe('body/protocol');
    await server.until(() => server.open === 0);
  });
});

describe('an expectation', () => {
  it('Go CVE-2024-24791: answered by a final status, the connection carries nothing more', async () => {
    const server = await serve(
      (peer, { method }) => {
        if (method === 'GET') peer.send(OK);
      },
      {
        // The head of the upload is answered before its body would come; the server then waits for that body.
        onConnection: (peer) =>
          peer.stream.once('data', (bytes) => {
            if (bytes.toString('latin1').startsWith('POST'))
              peer.send('HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n');
          }),
      },
    );
    const headers = { Expect: '100-continue' };
    const outcomes = await ask([{ url: server.url(), body: 'x'.repeat(100), headers }, server.url('/next')]);
    expect(outcomes.map(short)).toEqual(['401 ', '200 hi']);
    expect(server.arrivals.map(({ method, nth }) => [method, nth])).toEqual([['GET', 0]]);
    expect(server.connections).toBe(2);
  });

  it('and is not sent without a body', () => {
    const network = new FakeNetwork({ expectContinueBytes: 0 });
    network.sendRequest(makeRequest('http://host/'));
    network.wire.connect();
    expect(network.wire.written).not.toContain('Expect');
  });
});
