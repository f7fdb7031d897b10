// The store as a whole: limits, what it costs when nobody sets a cookie, and fields that are kept but never stale.

import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CookieLimits } from '../../src/session/cookie-shelf.ts';
import { Browser, LIMITS, originOf } from './cookie-fixture.ts';

const HERE = 'https://example.com/';

/** Has to come first: what has been loaded stays loaded. */
it('the library is loaded by the first cookie, not before', () => {
  const loaded = () =>
    Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/tough-cookie/'));
  const browser = new Browser();
  expect(browser.at(HERE)).toBe(undefined);
  browser.set(HERE);
  expect(browser.store.load('# nothing\n')).toEqual([]);
  expect(browser.store.save()).toContain('# Netscape');
  expect(loaded()).toBe(false);
  browser.set(HERE, 'a=1');
  expect(loaded()).toBe(true);
});

describe('limits', () => {
  const many = (n: number, more = '') => Array.from({ length: n }, (_, i) => `c${i}=${i}${more}`);
  const names = (field: string | undefined) => (field ?? '').split('; ').map((pair) => pair.split('=')[0]);

  it('a domain has so many; the one set longest ago goes', () => {
    const browser = new Browser({ cookiesPerHostMax: 3 }).set(HERE, ...many(3), 'c0=again', 'c3=3');
    expect(browser.at(HERE)).toBe('c0=again; c2=2; c3=3');
    expect(String(browser.store)).toBe('cookies 3 of 1 domains, 1 evicted');
  });

  it('the limit is of each domain: others keep theirs', () => {
    const browser = new Browser({ cookiesPerHostMax: 3 }).set(
      'https://a.example.com/',
      'mine=1',
      'all=2; Domain=example.com',
    );
    browser.set(HERE, ...many(9, '; Domain=example.com'));
    expect(names(browser.at('https://a.example.com/'))).toEqual(['mine', 'c6', 'c7', 'c8']);
  });

  it('expired ones go before any other', () => {
    const browser = new Browser({ cookiesPerHostMax: 3 }).set(HERE, 'a=1', 'b=2; Max-Age=5', 'c=3');
    browser.clock.advance(5000);
    browser.set(HERE, 'd=4');
    expect(browser.at(HERE)).toBe('a=1; c=3; d=4');
    expect(String(browser.store)).toBe('cookies 3 of 1 domains, 0 evicted');
  });

  it('a plain connection does not push out Secure ones', () => {
    const browser = new Browser({ cookiesPerHostMax: 3 }).set(HERE, 'a=1; Secure', 'b=2; Secure', 'c=3');
    browser.set('http://example.com/', ...many(20));
    expect(names(browser.at(HERE))).toEqual(['a', 'b', 'c19']);
    browser.set(HERE, 'd=4; Secure', 'e=5; Secure');
    expect(names(browser.at(HERE))).toEqual(['b', 'd', 'e']);
  });

  it('in all there are so many; the one set longest ago goes, wherever it is', () => {
    const browser = new Browser({ cookiesMax: 3 });
    for (const host of ['a', 'b', 'c', 'd']) browser.set(`https://${host}.com/`, `${host}=1`);
    expect(['a', 'b', 'c', 'd'].map((host) => browser.at(`https://${host}.com/`))).toEqual([
      undefined,
      'b=1',
      'c=1',
      'd=1',
    ]);
    browser.set('https://b.com/', 'b=2').set('https://e.com/', 'e=1');
    expect(['b', 'c', 'd', 'e'].map((host) => browser.at(`https://${host}.com/`))).toEqual([
      'b=2',
      undefined,
      'd=1',
      'e=1',
    ]);
  });

  it('in all, too, expired ones go first', () => {
    const browser = new Browser({ cookiesMax: 3 });
    browser
      .set('https://a.com/', 'a=1')
      .set('https://b.com/', 'b=1; Max-Age=5')
      .set('https://c.com/', 'c=1; Max-Age=50');
    browser.clock.advance(5000);
    browser.set('https://d.com/', 'd=1');
    expect(String(browser.store)).toBe('cookies 3 of 3 domains, 0 evicted');
    expect(browser.at('https://a.com/')).toBe('a=1');
    browser.clock.advance(45_000);
    browser.set('https://e.com/', 'e=1');
    expect(String(browser.store)).toBe('cookies 3 of 3 domains, 0 evicted');
  });

  it('a limit of none', () => {
    const browser = new Browser({ cookiesMax: 0 }).set(HERE, 'a=1');
    expect(browser.at(HERE)).toBe(undefined);
    expect(browser.store.size).toBe(0);
  });

  it('thousands of hosts leave what the limit allows', () => {
    const browser = new Browser({ cookiesMax: 100 });
    for (let i = 0; i < 3000; i++) {
      const origin = originOf('https', `h${i}.example.com`);
      browser.store.store(origin, '/', ['a=1']);
      expect(browser.store.header(origin, '/')).toBe('a=1');
    }
    expect(String(browser.store)).toBe('cookies 100 of 100 domains, 2900 evicted');
  });
});

describe('fields that are kept', () => {
  it('one string for all paths that get the same', () => {
    const browser = new Browser().set(HERE, 'a=1; Path=/', 'b=2; Path=/todos');
    for (let i = 0; i < 5; i++) expect(browser.at(`${HERE}todos/${i}?x=${i}`)).toBe('b=2; a=1');
    expect(browser.at(`${HERE}todosnot`)).toBe('a=1');
  });

  it('a host that had none gets one from a sibling', () => {
    const browser = new Browser().set('https://other.org/', 'x=1');
    expect(browser.at('https://b.example.com/')).toBe(undefined);
    browser.set('https://a.example.com/', 'a=1; Domain=example.com');
    expect(browser.at('https://b.example.com/')).toBe('a=1');
    browser.set('https://a.example.com/', 'a=1; Domain=example.com; Max-Age=0');
    expect(browser.at('https://b.example.com/')).toBe(undefined);
  });

  it('a cookie set again with the same value may live longer', () => {
    const browser = new Browser().set(HERE, 'a=1; Max-Age=10');
    expect(browser.at(HERE)).toBe('a=1');
    browser.clock.advance(9000);
    browser.set(HERE, 'a=1; Max-Age=10');
    browser.clock.advance(9999);
    expect(browser.at(HERE)).toBe('a=1');
    browser.clock.advance(1);
    expect(browser.at(HERE)).toBe(undefined);
  });

  it('or shorter', () => {
    const browser = new Browser().set(HERE, 'a=1; Max-Age=10');
    expect(browser.at(HERE)).toBe('a=1');
    browser.set(HERE, 'a=1; Max-Age=5');
    browser.clock.advance(5000);
    expect(browser.at(HERE)).toBe(undefined);
  });

  const HOSTS = ['example.com', 'a.example.com', 'b.a.example.com', 'example.org', '127.0.0.1', 'co.uk'];
  const PATHS = ['/', '/x', '/x/y', '/x/y/z?q', '/xy'];
  const place = fc.tuple(
    fc.constantFrom('http' as const, 'https' as const),
    fc.constantFrom(...HOSTS),
    fc.constantFrom(...PATHS),
  );
  const line = fc
    .tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.nat(3),
      fc.constantFrom('', '; Domain=example.com', '; Domain=a.example.com'),
      fc.constantFrom('', '; Path=/', '; Path=/x', '; Path=/x/y'),
      fc.constantFrom('', '; Secure'),
      fc.constantFrom('', '', '; Max-Age=0', '; Max-Age=3', '; Max-Age=7'),
    )
    .map(([name, value, ...attributes]) => `${name}=${value}${attributes.join('')}`);
  const step = fc.oneof(
    fc.record({ type: fc.constant('set' as const), place, line }),
    fc.record({ type: fc.constant('ask' as const), place }),
    fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1000, 2000, 4000) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** The same steps in a store that is asked for the first time. */
  function afresh(steps: readonly Step[], limits: Partial<CookieLimits>): Browser {
    const browser = new Browser(limits);
    for (const one of steps) {
      if (one.type === 'set')
        browser.store.store(originOf(one.place[0], one.place[1]), one.place[2], [one.line]);
      else if (one.type === 'wait') browser.clock.advance(one.ms);
    }
    return browser;
  }

  it.each([LIMITS, { cookiesPerHostMax: 3, cookiesMax: 5 }])(
    'say what a store without them would: %j',
    (limits) => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
          const browser = new Browser(limits);
          steps.forEach((one, i) => {
            if (one.type === 'set')
              browser.store.store(originOf(one.place[0], one.place[1]), one.place[2], [one.line]);
            else if (one.type === 'wait') browser.clock.advance(one.ms);
            else {
              const origin = originOf(one.place[0], one.place[1]);
              expect(browser.store.header(origin, one.place[2])).toBe(
                afresh(steps.slice(0, i), limits).store.header(origin, one.place[2]),
              );
            }
          });
          expect(browser.store.save()).toBe(afresh(steps, limits).store.save());
        }),
        { numRuns: 400 },
      );
    },
  );
});
