// What a person who meets a proxy, TLS or a limit for the first time is told: what it was, and what to type next.

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTarget, type Target } from '../../src/target/index.ts';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import { LoopbackProxy } from '../server/proxy-server.ts';
import { RawServer } from '../server/raw-server.ts';
import { temporaryFolder } from './folder.ts';
import { flurry } from './in-process.ts';

const folder = temporaryFolder();
const ends: (() => unknown)[] = [];
let target: Target;
let url = '';

beforeAll(async () => {
  target = await startTarget();
  url = `${target.url}/todos/1`;
  ends.push(() => target.close());
});

afterAll(async () => {
  for (const end of ends) await end();
});

const out = () => ['-o', folder.at('out.jsonl'), '--retry', '0'];

async function proxy(options: Parameters<typeof LoopbackProxy.open>[0] = {}): Promise<LoopbackProxy> {
  const opened = await LoopbackProxy.open(options);
  ends.push(() => opened.close());
  return opened;
}

/** Where one raw server listens that answers whatever comes in this way. */
async function answering(text: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(text, 'latin1'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  ends.push(() => server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function refused(...argv: string[]): Promise<string> {
  const before = target.counts.requests;
  const { code, stderr } = await flurry([...argv, url, '-o', folder.at('none.jsonl')]);
  expect(code).toBe(2);
  expect(target.counts.requests).toBe(before);
  expect(existsSync(folder.at('none.jsonl'))).toBe(false);
  return stderr;
}

describe('the end of a run', () => {
  it('says once what to do about a 407 of a proxy that forwards', async () => {
    const asks = await proxy({ login: 'anna:s3cret' });
    const { stderr } = await flurry([
      `${target.url}/todos/[1-3]`,
      '-x',
      `http://127.0.0.1:${asks.port}`,
      ...out(),
    ]);
    expect(stderr.match(/407\)/g)).toHaveLength(1);
    expect(stderr).toContain(
      `the proxy http://127.0.0.1:${asks.port} asks for user and password (407): give -U user:password\n`,
    );
    const wrong = await flurry([url, '-x', `http://127.0.0.1:${asks.port}`, '-U', 'anna:no', ...out()]);
    expect(wrong.stderr).toContain('does not accept the user and password it was given (407)\n');
    const origin = await flurry([`${target.url}/status/407`, ...out()]);
    expect(origin.stderr).not.toContain('(407)');
  });

  it('names limits as the command line knows them, and records as code does', async () => {
    const limited = await flurry([`${target.url}/bytes/5000`, '--max-filesize', '1k', ...out()]);
    expect(limited.stderr).toMatch(/first failure: .* beyond the limit of 1024 \(--max-filesize\)\n/);
    expect(limited.stderr).toContain('more than a limit on responses allows; the record names it');
    expect(folder.read('out.jsonl')).toContain('(bodyBytesMax)');
    const hops = await flurry([`${target.url}/redirect/9`, '-L', '--max-redirs', '2', ...out()]);
    expect(hops.stderr).toMatch(/first failure: .*more than 2 redirects \(--max-redirs\), the next to /);
  });
});

describe('a peer that speaks something else', () => {
  const firstFailure = async (...argv: string[]) => (await flurry([...argv, ...out()])).stderr;

  it('is said not to speak TLS', async () => {
    const place = await answering('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await firstFailure(`https://${place}/`)).toContain(`${place} does not speak TLS; try http://\n`);
    expect(await firstFailure(url, '-x', `https://${place}`)).toContain(
      `the proxy https://${place} does not speak TLS; try http:// for it\n`,
    );
    expect(folder.records('out.jsonl')[0]).toMatchObject({
      error: { message: expect.not.stringContaining('\n') },
    });
  });

  it('is said to speak TLS where it answers with an alert', async () => {
    const place = await answering('\u0015\u0003\u0003\u0000\u0002\u0002\u0046');
    expect(await firstFailure(`http://${place}/`)).toContain(
      `${place} sent a TLS alert in place of a response: try https://\n`,
    );
  });

  it.each([
    ['forwards', () => url],
    ['makes tunnels', () => 'https://origin.test/'],
  ])('may be a SOCKS proxy in place of one that %s', async (_, of) => {
    const place = await answering('\u0005\u00ff');
    expect(await firstFailure(of(), '-x', `http://${place}`)).toMatch(
      /it may speak SOCKS: try socks5:\/\/\n/,
    );
  });

  it('is asked after where it is a proxy that waits', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    ends.push(() => silent.close());
    const { port } = silent.address() as { port: number };
    const words = ['--connect-timeout', '50ms'];
    const { host } = new URL(url);
    expect(await firstFailure(url, '-x', `socks5h://127.0.0.1:${port}`, ...words)).toMatch(
      new RegExp(
        `the proxy socks5h://127.0.0.1:${port} on the way to ${host}: .*; does it speak SOCKS 5\\?\n`,
      ),
    );
    expect(await firstFailure(url, '-x', `https://127.0.0.1:${port}`, ...words)).toMatch(
      new RegExp(`the proxy https://127.0.0.1:${port}: .*; does it speak TLS\\?\n`),
    );
  });

  it('shows a certificate for other names', async () => {
    const server = await RawServer.open((peer) => peer.send('HTTP/1.1 204 No Content\r\n\r\n'), {
      tls: ELSEWHERE,
    });
    ends.push(() => server.close());
    const pem = folder.write('elsewhere.pem', ELSEWHERE.cert);
    expect(await firstFailure(server.url(), '--cacert', pem)).toMatch(
      /is for other names \(DNS:elsewhere\.example\); is the host right\? --sni asks for one of them/,
    );
  });
});

describe('words that no request can go out with', () => {
  it('are refused before the first request', async () => {
    expect(await refused('--ciphers', 'NOPE')).toMatch(
      /^flurry: --ciphers takes names as OpenSSL lists them.*not "NOPE"\n$/,
    );
    expect(await refused('--interface', '192.0.2.77')).toBe(
      'flurry: this machine has no address 192.0.2.77 to connect from (--interface); ip address shows all\n',
    );
    const missing = folder.at('nothing.sock');
    expect(await refused('--unix-socket', missing)).toBe(
      `flurry: there is no socket at ${missing} (--unix-socket); does its server run?\n`,
    );
    const file = folder.write('file.sock', '');
    expect(await refused('--unix-socket', file)).toMatch(
      /file\.sock is no socket; --unix-socket takes the path/,
    );
    const [cert, key] = [folder.write('a.pem', ELSEWHERE.cert), folder.write('b.pem', LOCALHOST.key)];
    expect(await refused('--cert', cert, '--key', key)).toBe(
      `flurry: the key in ${key} does not belong to the certificate in ${cert}; give its own with --key\n`,
    );
  });

  it('leave alone what works', async () => {
    const words = ['--interface', '127.0.0.2', '--ciphers', 'ECDHE+AESGCM', '-q', ...out()];
    expect(await flurry([url, ...words])).toMatchObject({ code: 0, stderr: '' });
    expect(folder.records('out.jsonl')[0]).toMatchObject({ status: 200 });
  });

  it('are explained with flags, once each, and with what curl calls them', async () => {
    expect(await refused('-c', 'jar.txt')).toBe(
      `flurry: --concurrency takes auto or a whole number from 1 to 65,535, not "jar.txt"; the file for cookies (curl's -c) is --cookie-jar\n`,
    );
    expect(await refused('--pinnedpubkey', 'x')).toMatch(/^flurry: --pinnedpubkey takes sha256/);
    expect(await refused('--sni', 'a b')).toMatch(/^flurry: --sni takes a host name/);
    expect(await refused('-U', 'anna')).toMatch(/^flurry: --proxy-user takes user:password/);
    expect(await refused('-u', 'a:b', '--oauth2-bearer', 't')).toMatch(/-u or --oauth2-bearer\)\n$/);
    expect(await refused('--fail-on', 'maxRedirects')).toMatch(/"maxRedirects"/);
    expect(await refused('-x', 'ftp://anna:s3cret@h')).toBe(
      'flurry: --proxy has a scheme that is not known, ftp: write [http|https|socks5|socks5h://]host[:port], with user:password@ in front of host where it asks for them\n',
    );
  });
});

describe('a user without a password', () => {
  it('is told that an empty one is sent', async () => {
    const { code, stderr } = await flurry([url, '-u', 'anna', '-q', ...out()]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^flurry: --user holds no password, and an empty one is sent; write user:password/,
    );
    expect(stderr).not.toContain('anna');
    expect((await flurry([url, '-u', 'anna:', '-q', ...out()])).stderr).toBe('');
  });
});

describe('--dry-run', () => {
  it('shows what a session would do, without credentials', async () => {
    const cookies = folder.write('cookies.txt', '');
    const { code, stdout, stderr } = await flurry([
      ...[url, '--dry-run', '-x', 'http://anna:s3cret@p:3128', '-x', 'socks5://q', '-L', '-b', cookies],
      ...['--cookie-jar', folder.at('new.jar'), '--fail-on', '5xx', '--extract', 'id=/id'],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('proxy         2 in turn: http://p:3128, socks5://q:1080\n');
    expect(stdout).toContain('redirects     followed, 20 at most\n');
    expect(stdout.replaceAll(folder.path, 'DIR')).toContain(
      'cookies       kept and sent back, to begin with those of DIR/cookies.txt, written to DIR/new.jar\n',
    );
    expect(stdout).toContain('expects       --fail-on 5xx  --extract id=/id\n');
    expect(stdout).not.toContain('s3cret');
    expect(existsSync(folder.at('new.jar'))).toBe(false);
    const text = await flurry([url, '--dry-run', '-b', 'a=s3cret']);
    expect(text.stdout).toContain('cookies       kept and sent back, those of --cookie with every request\n');
    expect(text.stdout).not.toContain('s3cret');
  });

  it('refuses what a run would', async () => {
    expect(await refused('--dry-run', '-b', folder.at('no-such-file'))).toMatch(
      /there is no such file; cookies themselves/,
    );
    const jar = folder.at('no/such/folder/jar');
    const { code, stderr } = await flurry([url, '--dry-run', '--cookie-jar', jar]);
    expect(code).toBe(3);
    expect(stderr).toContain('no/such/folder/jar: there is no folder');
    const bad = folder.write('bad.txt', 'nonsense\n');
    expect((await flurry([url, '--dry-run', '-b', bad])).stderr).toMatch(/bad\.txt line 1: /);
  });
});
