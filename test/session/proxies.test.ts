// Proxies as people write them, those of the environment, whose turn it is, and that nothing shows a password.

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/model/option-kinds.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { noProxyOfEnvironment, Proxies, type ProxySettings, parseProxy } from '../../src/session/proxies.ts';

const origin = (url: string) => parseUrl(url).origin;
const HTTP = origin('http://example.com/');
const HTTPS = origin('https://example.com/');

function found(settings: ProxySettings, url = 'http://example.com/'): string {
  return String(Proxies.of(settings)?.find(origin(url)));
}

function fromEnv(env: Record<string, string>, url = 'http://example.com/'): string {
  return found({ proxies: ['env'], env }, url);
}

describe('a proxy as text', () => {
  it.each([
    ['proxy.test', 'http://proxy.test:1080'],
    ['proxy.test:3128', 'http://proxy.test:3128'],
    ['  http://PROXY.test:3128/ ', 'http://proxy.test:3128'],
    ['HTTP://proxy.test', 'http://proxy.test:1080'],
    ['https://proxy.test', 'https://proxy.test:443'],
    ['socks5://127.0.0.1', 'socks5://127.0.0.1:1080'],
    ['socks5h://user:pw@proxy.test:9050', 'socks5h://proxy.test:9050'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['http://[fd00::1]', 'http://[fd00::1]:1080'],
    ['bücher.test:1', 'http://xn--bcher-kva.test:1'],
  ])('%j is %s', (text, expected) => {
    expect(String(parseProxy(text))).toBe(expected);
  });

  it('has a host without brackets, as sockets take it', () => {
    expect(parseProxy('http://[::1]:3128').host).toBe('::1');
  });

  it('takes credentials apart at the last @ and the first colon, and decodes them', () => {
    const { login } = parseProxy('socks5://us%65r:p@ss:w%2Frd%3A@proxy.test/');
    expect([login?.user, login?.password]).toEqual(['user', 'p@ss:w/rd:']);
    const lone = parseProxy('socks5://key@proxy.test').login;
    expect([lone?.user, lone?.password]).toEqual(['key', '']);
    expect(parseProxy('socks5://100%:x@proxy.test').login?.user).toBe('100%');
  });

  it('makes them what the scheme needs, and nothing else', () => {
    const http = parseProxy('http://Aladdin:open%20sesame@proxy.test');
    expect(http.authorization).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(http.login).toBeUndefined();
    expect(parseProxy('https://a:b@proxy.test').authorization).toBe('Basic YTpi');
    const socks = parseProxy('socks5h://a:b@proxy.test');
    expect(socks.authorization).toBeUndefined();
    expect(socks.login?.user).toBe('a');
    expect(parseProxy('proxy.test').authorization).toBeUndefined();
  });

  it('takes credentials meant for all where its own URL has none, without decoding them', () => {
    expect(parseProxy('socks5://proxy.test', 'proxy', 'us%65r:p:w').login?.password).toBe('p:w');
    expect(parseProxy('socks5://proxy.test', 'proxy', 'us%65r:p:w').login?.user).toBe('us%65r');
    expect(parseProxy('socks5://own:1@proxy.test', 'proxy', 'user:2').login?.user).toBe('own');
  });

  it('has a key that tells credentials apart and says nothing about them', () => {
    const keys = ['a:b@', 'a:c@', 'ab:@', ''].map((login) => parseProxy(`http://${login}proxy.test:1`).key);
    expect(new Set(keys).size).toBe(4);
    expect(parseProxy('http://a:b@proxy.test:1').key).toBe(keys[0]);
    for (const key of keys) expect(key).toMatch(/^http:\/\/proxy\.test:1(#[0-9a-f]{16})?$/);
  });

  it('prints without them, however it is printed', () => {
    for (const scheme of ['http', 'socks5']) {
      const proxy = parseProxy(`${scheme}://us3r:s3cret@proxy.test:1`);
      const prints = [
        String(proxy),
        JSON.stringify(proxy),
        JSON.stringify({ ...proxy }),
        inspect(proxy, { showHidden: true, depth: 9 }),
        inspect({ ...proxy }),
        JSON.stringify(proxy.login ?? ''),
        inspect(proxy.login, { showHidden: true }),
        String(proxy.login),
      ];
      const secrets = /us3r|s3cret|dXMzcjpzM2NyZXQ/;
      for (const print of prints) expect(print).not.toMatch(secrets);
      expect(JSON.stringify({ proxy })).toBe(`{"proxy":"${scheme}://proxy.test:1"}`);
    }
  });

  it.each([
    'us3r:s3cret',
    'http://us3r:s3cret',
    'http://us3r:s3/cret@proxy.test:80/path',
    'http://us3r:s3cret@',
    'http://us3r:s3/cret@proxy.test',
    'http://us3r:s3cret@proxy.test:80/cret@elsewhere.test',
    'http://us3r:s3cret@proxy.test:99999',
    'http://us3r:s3cret@proxy.test:0',
    'http://us3r:s3cret@proxy.test/?s3cret',
    'http://us3r:s3cret@pro xy.test',
    'http://us3r:s3cret%0d%0a@proxy.test',
    'socks4://us3r:s3cret@proxy.test',
    'ftp://us3r:s3cret@proxy.test',
    `socks5://us3r:s3cret${'x'.repeat(250)}@proxy.test`,
    'http://[::1:3128',
    '',
  ])('is refused with what to write instead, and without repeating it: %s', (text) => {
    let message = '';
    try {
      parseProxy(text, 'HTTP_PROXY');
    } catch (error) {
      expect(error).toBeInstanceOf(OptionError);
      message = (error as Error).message;
    }
    expect(message).toMatch(/^HTTP_PROXY\b/);
    expect(message).not.toMatch(/us3r|s3c|cret/);
  });

  it('says what a scheme may be', () => {
    expect(() => parseProxy('socks4a://proxy.test')).toThrow('try socks5://');
    expect(() => parseProxy('gopher://proxy.test')).toThrow(
      'gopher: write [http|https|socks5|socks5h://]host[:port], with user:password@ in front',
    );
  });

  it('gives back any credentials that were percent-encoded', () => {
    const word = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((s) => !/[\u0000-\u001f\u007f]/.test(s));
    fc.assert(
      fc.property(word, word, (user, password) => {
        const text = `socks5://${encodeURIComponent(user)}:${encodeURIComponent(password)}@proxy.test`;
        const { login } = parseProxy(text);
        expect([login?.user, login?.password]).toEqual([user, password]);
      }),
    );
  });
});

describe('which proxy', () => {
  it('is none where none is given', () => {
    expect(Proxies.of({ proxies: [] })).toBeUndefined();
    expect(Proxies.of({ proxies: [''] })).toBeUndefined();
    expect(Proxies.of({ proxies: ['env'], env: {} })).toBeUndefined();
    expect(Proxies.of({ proxies: ['env'] })).toBeUndefined();
  });

  it('is the one that is given, for either scheme', () => {
    const proxies = Proxies.of({ proxies: ['proxy.test:1'] })!;
    expect(proxies.find(HTTP)).toBe(proxies.find(HTTP));
    expect(`${proxies.find(HTTP)} ${proxies.find(HTTPS)}`).toBe('http://proxy.test:1 http://proxy.test:1');
  });

  it('changes with each request to an origin, where there are several', () => {
    const proxies = Proxies.of({ proxies: ['a:1', 'b:1', 'c:1'] })!;
    const hosts = Array.from({ length: 7 }, () => proxies.find(HTTP)?.host);
    expect(hosts).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']);
  });

  it('changes for each of two origins that alternate', () => {
    const proxies = Proxies.of({ proxies: ['a:1', 'b:1'] })!;
    const hosts = Array.from({ length: 4 }, () => [proxies.find(HTTP)?.host, proxies.find(HTTPS)?.host]);
    expect(hosts).toEqual([
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ]);
  });

  it('spreads origins that are asked once', () => {
    const proxies = Proxies.of({ proxies: ['a:1', 'b:1', 'c:1', 'd:1'] })!;
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const { host } = proxies.find(origin(`http://host-${i}.test/`))!;
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([5_000, 5_000, 5_000, 5_000]);
  });

  it('is none for hosts of the list, whichever proxies there are', () => {
    const proxies = Proxies.of({ proxies: ['a:1', 'b:1'], noProxy: 'example.com:80' })!;
    expect(proxies.find(HTTP)).toBeUndefined();
    expect(proxies.find(HTTPS)?.host).toBe('a');
    expect(() => Proxies.of({ proxies: ['a:1'], noProxy: 'http://x' })).toThrow(OptionError);
  });

  it('names a wrong one by its place, and never its text', () => {
    expect(() => Proxies.of({ proxies: ['a:1', 'http://u:s3cret@'] })).toThrow(/^proxy number 2 is no proxy/);
    expect(() => Proxies.of({ proxies: ['http://u:s3cret@'] })).toThrow(/^proxy is no proxy/);
  });

  it('wants user and password of proxyUser', () => {
    expect(() => Proxies.of({ proxies: ['a:1'], proxyUser: 's3cret' })).toThrow(
      'proxyUser takes user:password; for an empty password write user:',
    );
    expect(() => Proxies.of({ proxies: ['u:p@a:1'], proxyUser: 's3cret' })).toThrow(OptionError);
  });

  it('prints as its proxies', () => {
    const proxies = Proxies.of({ proxies: ['http://u:p@a:1', 'b:2'], proxyUser: 'x:y', noProxy: 'c.test' });
    expect(`${proxies}`).toBe(
      'proxies for http: http://a:1, http://b:2; for https: http://a:1, http://b:2; no proxy for: c.test',
    );
  });
});

describe('the environment', () => {
  it('names a proxy for each scheme, or one for both', () => {
    const env = { HTTP_PROXY: 'a:1', HTTPS_PROXY: 'b:1', ALL_PROXY: 'c:1' };
    expect(fromEnv(env)).toBe('http://a:1');
    expect(fromEnv(env, 'https://example.com/')).toBe('http://b:1');
    expect(fromEnv({ ALL_PROXY: 'socks5://c' })).toBe('socks5://c:1080');
    expect(fromEnv({ ALL_PROXY: 'c:1' }, 'https://example.com/')).toBe('http://c:1');
    expect(fromEnv({ HTTPS_PROXY: 'b:1' })).toBe('undefined');
  });

  it('is read in either case, lower case first; an empty variable says nothing', () => {
    expect(fromEnv({ http_proxy: 'a:1', HTTP_PROXY: 'b:1' })).toBe('http://a:1');
    expect(fromEnv({ http_proxy: '', HTTP_PROXY: 'b:1' })).toBe('http://b:1');
    expect(fromEnv({ all_proxy: 'a:1', ALL_PROXY: 'b:1' })).toBe('http://a:1');
    expect(fromEnv({ HTTP_PROXY: '', ALL_PROXY: '' })).toBe('undefined');
  });

  it('httpoxy (CVE-2016-5385): HTTP_PROXY is somebody’s request header under CGI', () => {
    const cgi = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'evil.test:1' };
    expect(fromEnv(cgi)).toBe('undefined');
    expect(fromEnv({ ...cgi, http_proxy: 'a:1' })).toBe('http://a:1');
    expect(fromEnv({ ...cgi, ALL_PROXY: 'a:1' })).toBe('http://a:1');
    expect(fromEnv({ ...cgi, HTTPS_PROXY: 'a:1' }, 'https://example.com/')).toBe('http://a:1');
    // Windows answers to either case, and lists the one that was set.
    const windows = new Proxy<Record<string, string>>(cgi, {
      get: (env, name) => env[String(name).toUpperCase()],
    });
    expect(fromEnv(windows)).toBe('undefined');
  });

  it('names the hosts without a proxy, unless an option does', () => {
    const env = { ALL_PROXY: 'a:1', NO_PROXY: 'example.com,10.*', no_proxy: '' };
    expect(fromEnv(env)).toBe('undefined');
    expect(fromEnv({ ...env, no_proxy: 'other.test' })).toBe('http://a:1');
    expect(found({ proxies: ['env'], env, noProxy: '' })).toBe('http://a:1');
    expect(noProxyOfEnvironment(env)).toBe('example.com');
  });

  it('is not looked at where nobody asks for it', () => {
    const env = { ALL_PROXY: 'a:1', NO_PROXY: '*' };
    expect(found({ proxies: [], env })).toBe('undefined');
    expect(found({ proxies: ['b:1'], env })).toBe('http://b:1');
  });

  it('stands among others in a list', () => {
    const proxies = Proxies.of({ proxies: ['b:1', 'env'], env: { https_proxy: 'c:1' } })!;
    const hosts = (of: typeof HTTP) => Array.from({ length: 3 }, () => proxies.find(of)?.host);
    expect(hosts(HTTP)).toEqual(['b', 'b', 'b']);
    expect(new Set(hosts(HTTPS))).toEqual(new Set(['b', 'c']));
  });

  it('names the variable that is wrong, and not what it holds', () => {
    expect(() => fromEnv({ HTTPS_PROXY: 'http://u:s3cret@' })).toThrow(
      /^HTTPS_PROXY is no proxy: (?!.*s3cret)/,
    );
  });

  it('takes user and password of proxyUser', () => {
    const proxies = Proxies.of({ proxies: ['env'], proxyUser: 'a:b', env: { http_proxy: 'p:1' } });
    expect(proxies?.find(HTTP)?.authorization).toBe('Basic YTpi');
  });
});
