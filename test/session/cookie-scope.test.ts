// Who may set a cookie and who gets it: hosts, public suffixes, paths, Secure. Credentials never cross over.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CookieStore } from '../../src/session/cookies.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { Browser, LIMITS, originOf } from './cookie-fixture.ts';

describe('hosts', () => {
  it('without Domain for the host alone: no sibling, parent or child', () => {
    const browser = new Browser().set('https://a.example.com/', 'sid=secret');
    expect(browser.at('https://a.example.com/')).toBe('sid=secret');
    for (const host of [
      'b.example.com',
      'example.com',
      'x.a.example.com',
      'aa.example.com',
      'a.example.com.evil.net',
    ]) {
      expect([host, browser.at(`https://${host}/`)]).toEqual([host, undefined]);
    }
  });

  it('with Domain for it and all below', () => {
    const browser = new Browser().set('https://a.example.com/', 'sid=1; Domain=.Example.COM');
    for (const host of ['a.example.com', 'example.com', 'x.y.example.com']) {
      expect([host, browser.at(`https://${host}/`)]).toEqual([host, 'sid=1']);
    }
    for (const host of ['badexample.com', 'example.com.evil.net', 'example.org', 'com']) {
      expect([host, browser.at(`https://${host}/`)]).toEqual([host, undefined]);
    }
  });

  const FOREIGN: readonly (readonly [string, string, string])[] = [
    ['https://a.example.com/', 'b.example.com', 'is for b.example.com, where a.example.com does not belong'],
    ['https://example.com/', 'a.example.com', 'is for a.example.com, where example.com does not belong'],
    ['https://badexample.com/', 'example.com', 'is for example.com, where badexample.com does not belong'],
    ['https://a.example.com/', 'example.com.', 'is for example.com., where a.example.com does not belong'],
    ['https://a.example.com/', '"example.com"', 'is for all of "example.com", a public suffix or no domain'],
    ['https://a.example.com/', '..example.com', 'has a Domain that is no host name'],
    ['https://a.example.com/', '. example.com', 'has a Domain that is no host name'],
    ['https://a.example.com/', 'ex\xe4mple.com', 'has a Domain that is no host name'],
    ['https://127.0.0.1/', '127.0.0.2', 'is for all of 127.0.0.2, a public suffix or no domain'],
    ['https://127.0.0.1/', '0.0.1', 'is for 0.0.1, where 127.0.0.1 does not belong'],
  ];
  it.each(FOREIGN)('%s may not set one for %s', (url, domain, reason) => {
    const browser = new Browser().set(url, `a=1; Domain=${domain}`);
    expect(browser.store.size).toBe(0);
    expect(browser.refusal).toBe(reason);
  });

  it('the last Domain counts, also when it is empty', () => {
    const last = new Browser().set('https://a.example.com/', 'a=1; Domain=b.example.com; Domain=example.com');
    expect(last.at('https://b.example.com/')).toBe('a=1');
    const empty = new Browser().set('https://a.example.com/', 'a=1; Domain=example.com; Domain=');
    expect(empty.at('https://a.example.com/')).toBe('a=1');
    expect(empty.at('https://b.example.com/')).toBe(undefined);
  });

  it('one for the host and one of the same name for its domain are two', () => {
    const browser = new Browser().set('https://example.com/', 'a=host', 'a=domain; Domain=example.com');
    expect(browser.at('https://example.com/')).toBe('a=host; a=domain');
    expect(browser.at('https://x.example.com/')).toBe('a=domain');
  });

  it('ports share cookies, and schemes do where the cookie is not Secure', () => {
    const browser = new Browser().set('https://example.com:8443/', 'a=1', 's=2; Secure');
    expect(browser.at('https://example.com/')).toBe('a=1; s=2');
    expect(browser.at('http://example.com:8080/')).toBe('a=1');
  });

  it.each(['https://127.0.0.1/', 'https://[::1]/', 'https://[2001:db8::7]:8443/'])(
    'an address: %s',
    (url) => {
      const browser = new Browser().set(url, 'a=1');
      expect(browser.at(url)).toBe('a=1');
      const host = new URL(url).hostname.replace(/[[\]]/g, '');
      browser.set(url, `b=2; Domain=${host}`);
      expect(browser.at(url)).toBe('a=1; b=2');
      expect(browser.store.save()).toContain(`\n${host}\tFALSE\t/\tFALSE\t0\tb\t2\n`);
    },
  );

  it('a name that ends in a dot is another host', () => {
    expect(new Browser().set('https://example.com/', 'a=1').at('https://example.com./')).toBe(undefined);
  });
});

describe('public suffixes', () => {
  it.each([
    ['https://shop.co.uk/', 'co.uk'],
    ['https://me.github.io/', 'github.io'],
    ['https://example.com/', 'com'],
    ['https://foo.localhost/', 'localhost'],
    ['https://app.intranet/', 'intranet'],
    ['https://x.city.kawasaki.jp/', 'kawasaki.jp'],
  ])('%s may not set one for all of %s', (url, suffix) => {
    const browser = new Browser().set(url, `a=1; Domain=${suffix}`);
    expect(browser.store.size).toBe(0);
    expect(browser.refusal).toBe(`is for all of ${suffix}, a public suffix or no domain`);
  });

  it.each(['github.io', 'co.uk', 'localhost', 'intranet'])('%s itself may, for itself alone', (suffix) => {
    const browser = new Browser().set(`https://${suffix}/`, `a=1; Domain=${suffix}`);
    expect(browser.at(`https://${suffix}/`)).toBe('a=1');
    expect(browser.at(`https://me.${suffix}/`)).toBe(undefined);
  });

  it.each(['shop.co.uk', 'me.github.io', 'city.kawasaki.jp', 'app.test', 'printer.local'])(
    '%s is no suffix',
    (domain) => {
      expect(
        new Browser().set(`https://x.${domain}/`, `a=1; Domain=${domain}`).at(`https://y.${domain}/`),
      ).toBe('a=1');
    },
  );
});

describe('paths', () => {
  it.each([
    ['/', '/'],
    ['/page', '/'],
    ['/dir/page', '/dir'],
    ['/dir/', '/dir'],
    ['/dir/page?a=/b/c', '/dir'],
    ['/?q=/x/y', '/'],
  ])('the default path of %s is %s', (target, path) => {
    const browser = new Browser().set(`https://example.com${target}`, 'a=1');
    expect(browser.store.save().split('\n').at(-2)!.split('\t')[2]).toBe(path);
  });

  it.each(['Path=', 'Path=dir', 'Path', 'Path=/other; Path=', 'Path="/x"'])(
    '%s means the default path',
    (attribute) => {
      const browser = new Browser().set('https://example.com/dir/page', `a=1; ${attribute}`);
      expect(browser.at('https://example.com/dir/x')).toBe('a=1');
      expect(browser.at('https://example.com/')).toBe(undefined);
    },
  );

  it('matches whole segments, in the very octets of the request', () => {
    const set = (path: string) => new Browser().set('https://example.com/', `a=1; Path=${path}`);
    for (const target of ['/dir', '/dir/', '/dir/x', '/dir?q', '/dir/?q']) {
      expect([target, set('/dir').at(`https://example.com${target}`)]).toEqual([target, 'a=1']);
    }
    for (const target of ['/dirt', '/Dir', '/', '/di', '/%64ir', '/x/dir', '/?/dir']) {
      expect([target, set('/dir').at(`https://example.com${target}`)]).toEqual([target, undefined]);
    }
    expect(set('/dir/').at('https://example.com/dir')).toBe(undefined);
    expect(set('/dir/').at('https://example.com/dir/x')).toBe('a=1');
    expect(set('/a%20b').at('https://example.com/a%20b/c')).toBe('a=1');
    expect(set('/a b').at('https://example.com/a%20b')).toBe(undefined);
    expect(set('/a%2520b').at('https://example.com/a%20b')).toBe(undefined);
    expect(set('/%zz').at('https://example.com/%zz')).toBe('a=1');
    expect(set('/a?b').at('https://example.com/a?b')).toBe(undefined);
  });

  it('one that no request can have is refused', () => {
    for (const path of ['/\xc3\xa4', '/a\tb']) {
      expect(new Browser().set('https://example.com/', `a=1; Path=${path}`).refusal).toBe(
        'has a Path that no request can have',
      );
    }
  });

  it('longer paths go first, then older ones', () => {
    const browser = new Browser().set(
      'https://example.com/',
      ...['a=1; Path=/', 'b=2; Path=/x/y', 'c=3; Path=/x', 'd=4; Path=/x/y', 'e=5; Path=/z', 'f=6; Path=/'],
    );
    browser.clock.advance(5);
    browser.set('https://example.com/', 'a=7; Path=/', 'g=8; Path=/x');
    expect(browser.at('https://example.com/x/y/z')).toBe('b=2; d=4; c=3; g=8; a=7; f=6');
    expect(browser.at('https://example.com/x/yy')).toBe('c=3; g=8; a=7; f=6');
    expect(browser.at('https://example.com/z?x')).toBe('e=5; a=7; f=6');
    expect(browser.at('https://example.com/')).toBe('a=7; f=6');
  });
});

describe('Secure', () => {
  it('is set and sent over https alone', () => {
    const browser = new Browser().set('http://example.com/', 'a=1; Secure');
    expect(browser.refusal).toBe('is Secure and came over http');
    browser.set('https://example.com/', 'a=1; Secure');
    expect(browser.at('http://example.com/')).toBe(undefined);
    expect(browser.at('https://example.com/')).toBe('a=1');
  });

  it.each(['localhost', 'sub.localhost', '127.0.0.1', '127.9.9.9', '[::1]'])(
    '%s is as good as https',
    (host) => {
      const url = `http://${host}:8080/`;
      expect(new Browser().set(url, 'a=1; Secure').at(url)).toBe('a=1');
    },
  );

  it.each(['localhost.example.com', '128.0.0.1', '[::2]', 'notlocalhost'])('%s is not', (host) => {
    const url = `http://${host}/`;
    expect(new Browser().set(url, 'a=1; Secure').at(url)).toBe(undefined);
  });

  const COVERS: readonly (readonly [string, string])[] = [
    ['http://example.com/', 'sid=evil; Path=/login'],
    ['http://example.com/', 'sid=evil; Path=/login/deeper'],
    ['http://sub.example.com/', 'sid=evil; Domain=example.com; Path=/login'],
    ['http://sub.example.com/', 'sid=evil; Path=/login'],
    ['http://example.com/', 'sid=; Path=/login; Max-Age=0'],
  ];
  it.each(COVERS)('a plain connection to %s does not cover one: %s', (url, line) => {
    const browser = new Browser().set(
      'https://example.com/',
      'sid=good; Secure; Path=/login; Domain=example.com',
    );
    browser.set(url, line);
    expect(browser.refusal).toBe('would cover one that is Secure');
    expect(browser.at('https://example.com/login')).toBe('sid=good');
  });

  it('nor does it from above: a Domain cookie over one of a subdomain', () => {
    const browser = new Browser().set('https://login.example.com/', 'sid=good; Secure');
    browser.set('http://example.com/', 'sid=evil; Domain=example.com');
    expect(browser.at('https://login.example.com/')).toBe('sid=good');
  });

  it('but it may set another name, another path, and one of an unrelated host', () => {
    const browser = new Browser().set('https://example.com/', 'sid=good; Secure; Path=/login');
    browser.set('http://example.com/', 'other=1; Path=/login', 'sid=2; Path=/');
    browser.set('http://example.org/', 'sid=3; Path=/login');
    expect(browser.at('https://example.com/login')).toBe('sid=good; other=1; sid=2');
    expect(browser.at('http://example.org/login')).toBe('sid=3');
  });

  it('https may, and then plain http too', () => {
    const browser = new Browser().set('https://example.com/', 'sid=1; Secure');
    expect(browser.at('http://example.com/')).toBe(undefined);
    browser.set('https://example.com/', 'sid=1');
    expect(browser.at('http://example.com/')).toBe('sid=1');
    browser.set('http://example.com/', 'sid=2');
    expect(browser.at('https://example.com/')).toBe('sid=2');
  });

  it('one that becomes Secure is left alone from then on', () => {
    const browser = new Browser().set('https://example.com/', 'sid=1', 'sid=1; Secure');
    browser.set('http://example.com/', 'sid=evil');
    expect(browser.at('https://example.com/')).toBe('sid=1');
    expect(browser.at('http://example.com/')).toBe(undefined);
  });

  it('when that one was deleted, it may', () => {
    const browser = new Browser().set('https://example.com/', 'sid=good; Secure', 'sid=; Secure; Max-Age=0');
    browser.set('http://example.com/', 'sid=new');
    expect(browser.at('http://example.com/')).toBe('sid=new');
  });

  it('and when that one has expired, it may', () => {
    const browser = new Browser().set('https://example.com/', 'sid=good; Secure; Max-Age=5');
    browser.clock.advance(5000);
    browser.set('http://example.com/', 'sid=new');
    expect(browser.at('http://example.com/')).toBe('sid=new');
  });
});

describe('all of it, against a second opinion', () => {
  const SUFFIXES = ['com', 'co.uk', 'github.io', 'localhost', 'net'];
  const ADDRESSES = ['127.0.0.1', '127.0.0.2', '10.0.0.1', '::1'];
  const HOSTS = [
    ...SUFFIXES,
    ...ADDRESSES,
    ...[
      'example.com',
      'a.example.com',
      'b.a.example.com',
      'badexample.com',
      'example.com.evil.net',
      'evil.net',
    ],
    ...['shop.co.uk', 'www.shop.co.uk', 'me.github.io', 'you.github.io', 'sub.localhost', 'example.com.'],
  ];
  const PATHS = ['/', '/a', '/a/', '/a/b', '/ab', '/a/b/c', '/a%20b'];
  const place = fc.record({
    scheme: fc.constantFrom('http' as const, 'https' as const),
    host: fc.constantFrom(...HOSTS),
    port: fc.constantFrom(undefined, 8080),
    path: fc.constantFrom(...PATHS),
  });
  const below = (host: string, domain: string) => host === domain || host.endsWith(`.${domain}`);
  const trusted = (at: { scheme: string; host: string }) =>
    at.scheme === 'https' || /^(127\.|::1$)|(^|\.)localhost$/.test(at.host);
  const pathMatches = (path: string, cookiePath: string) =>
    path === cookiePath ||
    (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/'));

  it('is sent where it was meant for, and nowhere else', () => {
    const cookie = fc.record({
      domain: fc.option(fc.constantFrom(...HOSTS), { nil: undefined }),
      path: fc.option(fc.constantFrom(...PATHS), { nil: undefined }),
      secure: fc.boolean(),
    });
    fc.assert(
      fc.property(place, cookie, place, (from, { domain, path, secure }, to) => {
        const store = new CookieStore(new VirtualClock(), LIMITS);
        const line = `a=1${domain === undefined ? '' : `; Domain=${domain}`}${path === undefined ? '' : `; Path=${path}`}${secure ? '; Secure' : ''}`;
        store.store(originOf(from.scheme, from.host, from.port), from.path, [line]);
        const single = SUFFIXES.includes(from.host) || ADDRESSES.includes(from.host);
        const taken =
          (!secure || trusted(from)) &&
          (domain === undefined ||
            (single ? domain === from.host : below(from.host, domain) && !SUFFIXES.includes(domain)));
        const forHost = domain === undefined || single ? to.host === from.host : below(to.host, domain);
        const cookiePath = path ?? (from.path.slice(0, from.path.lastIndexOf('/')) || '/');
        const sent = taken && forHost && pathMatches(to.path, cookiePath) && (!secure || trusted(to));
        expect([line, store.header(originOf(to.scheme, to.host, to.port), to.path)]).toEqual([
          line,
          sent ? 'a=1' : undefined,
        ]);
      }),
      { numRuns: 1500 },
    );
  });
});
