// --resolve and --connect-to as curl reads them. What curl itself does was looked up in its manual and its lib/hostip.c
// and lib/url.c.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/model/option-kinds.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { NameOverrides } from '../../src/session/name-overrides.ts';

function addresses(entries: readonly string[], url: string): string[] | undefined {
  const { host, port } = parseUrl(url).origin;
  const found = NameOverrides.parse(entries, [])!.addresses(host, port);
  return found?.map(({ address, family }) => `${address} IPv${family}`);
}

function connected(entries: readonly string[], url: string): string {
  const { host, port } = parseUrl(url).origin;
  const to = NameOverrides.parse([], entries)!.destination(host, port);
  return `${to.host} ${to.port}`;
}

function message(resolve: readonly string[], connectTo: readonly string[]): string {
  try {
    NameOverrides.parse(resolve, connectTo);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as OptionError).message;
  }
  throw new Error('nothing was thrown');
}

it('is nothing where nothing is said', () => {
  expect(NameOverrides.parse([], [])).toBeUndefined();
});

describe('--resolve', () => {
  it.each([
    ['a.test:80:192.0.2.1', 'http://a.test/', ['192.0.2.1 IPv4']],
    ['a.test:80:192.0.2.1', 'http://A.test:80/', ['192.0.2.1 IPv4']],
    ['A.Test:80:192.0.2.1', 'http://a.test/', ['192.0.2.1 IPv4']],
    ['Bücher.test:80:192.0.2.1', 'http://xn--bcher-kva.test/', ['192.0.2.1 IPv4']],
    ['a.test:80:192.0.2.1', 'http://a.test:8080/', undefined],
    ['a.test:80:192.0.2.1', 'https://a.test/', undefined],
    ['a.test:80:192.0.2.1', 'http://b.a.test/', undefined],
    ['+a.test:80:192.0.2.1', 'http://a.test/', ['192.0.2.1 IPv4']],
    [
      'a.test:80:192.0.2.1,[2001:db8::1],::2',
      'http://a.test/',
      ['192.0.2.1 IPv4', '2001:db8::1 IPv6', '::2 IPv6'],
    ],
    ['a.test:80:::1', 'http://a.test/', ['::1 IPv6']],
    ['a.test:80:,192.0.2.1,,', 'http://a.test/', ['192.0.2.1 IPv4']],
    ['[::1]:80:192.0.2.1', 'http://[0:0::1]/', ['192.0.2.1 IPv4']],
    ['127.0.0.1:80:192.0.2.1', 'http://127.1/', ['192.0.2.1 IPv4']],
    ['*:443:192.0.2.1', 'https://any.test/', ['192.0.2.1 IPv4']],
    ['*:443:192.0.2.1', 'http://any.test/', undefined],
  ])('%s for %s', (entry, url, expected) => {
    expect(addresses([entry], url)).toEqual(expected);
  });

  it('takes the very host before *, in any order, and the last of equal entries', () => {
    const entries = ['a.test:80:192.0.2.1', '*:80:192.0.2.2', 'a.test:80:192.0.2.3'];
    expect(addresses(entries, 'http://a.test/')).toEqual(['192.0.2.3 IPv4']);
    expect(addresses(entries, 'http://b.test/')).toEqual(['192.0.2.2 IPv4']);
  });

  it('takes away what stood before a -, and only that', () => {
    const entries = ['a.test:80:192.0.2.1', '-a.test:80', '-never.test:80', '*:80:192.0.2.2', '-*:80'];
    expect(addresses(entries, 'http://a.test/')).toBeUndefined();
    expect(addresses([...entries, 'a.test:80:192.0.2.3'], 'http://a.test/')).toEqual(['192.0.2.3 IPv4']);
  });

  it.each([
    '',
    'a.test',
    'a.test:80',
    'a.test::192.0.2.1',
    'a.test:80:',
    'a.test:80:,',
    ':80:192.0.2.1',
    'a.test:0:192.0.2.1',
    'a.test:65536:192.0.2.1',
    'a.test:http:192.0.2.1',
    '-a.test:80:192.0.2.1',
    'a b:80:192.0.2.1',
    '::1:80:192.0.2.1',
    'https://a.test:443:192.0.2.1',
  ])('refuses %j with the right form', (entry) => {
    const said = message(['ok.test:80:192.0.2.1', entry], []);
    expect(said).toMatch(/^resolve takes host:port:address\[,address\] /);
    // Of a URL whose port cannot be read nothing is shown: it may be a password that was cut.
    expect(said).toContain(`not ${JSON.stringify(entry.replace(/^https:.*/, 'https://…'))}`);
  });

  it('refuses a name where an address belongs, and says where names go', () => {
    expect(message(['a.test:80:192.0.2.1,b.test'], [])).toBe(
      'resolve takes addresses such as 192.0.2.1 or [2001:db8::1], not "b.test" in "a.test:80:192.0.2.1,b.test"; --connect-to takes names',
    );
    expect(message(['a.test:80:[192.0.2.1'], [])).toContain('not "[192.0.2.1"');
  });
});

describe('--connect-to', () => {
  it.each([
    ['a.test:80:b.test:8080', 'http://a.test/', 'b.test 8080'],
    ['a.test:80:b.test:8080', 'http://A.TEST/', 'b.test 8080'],
    ['a.test:80:b.test:8080', 'http://a.test:81/', 'a.test 81'],
    ['a.test:80:b.test:8080', 'http://x.a.test/', 'x.a.test 80'],
    ['::b.test:8080', 'http://a.test/', 'b.test 8080'],
    [':80:b.test:8080', 'http://a.test/', 'b.test 8080'],
    [':80:b.test:8080', 'https://a.test/', 'a.test 443'],
    ['a.test::b.test:', 'http://a.test:81/', 'b.test 81'],
    ['a.test::b.test', 'http://a.test:81/', 'b.test 81'],
    ['a.test:::8080', 'http://a.test/', 'a.test 8080'],
    ['a.test:80::', 'http://a.test/', 'a.test 80'],
    [':::', 'http://a.test/', 'a.test 80'],
    ['[::1]:80:[2001:db8::1]:81', 'http://[::1]/', '2001:db8::1 81'],
    ['a.test:80:127.0.0.1:81', 'http://a.test/', '127.0.0.1 81'],
  ])('%s for %s', (entry, url, expected) => {
    expect(connected([entry], url)).toBe(expected);
  });

  it('takes the first entry that fits and leads somewhere, however general', () => {
    const entries = ['a.test:80::', '::first.test:', 'a.test:80:second.test:'];
    expect(connected(entries, 'http://a.test/')).toBe('first.test 80');
    expect(connected([...entries].reverse(), 'http://a.test/')).toBe('second.test 80');
    expect(connected(['a.test:80:one.test:', 'a.test:80:two.test:'], 'http://a.test/')).toBe('one.test 80');
  });

  it.each([
    '',
    'a.test',
    'a.test:80',
    'a.test:80:b.test:0',
    'a.test:99999:b.test:80',
    'a:80:b:80:c',
    'a:x:b:80',
    'a b:80:c:80',
  ])('refuses %j with the right form', (entry) => {
    expect(message([], [entry])).toBe(
      `connectTo takes host1:port1:host2:port2 (any may be empty, an IPv6 host stands in [ ]), not ${JSON.stringify(entry)}`,
    );
  });

  it('applies first: addresses are looked for under the host and port that it leads to', () => {
    const names = NameOverrides.parse(['b.test:8080:192.0.2.1'], ['a.test:80:b.test:8080'])!;
    const { host, port } = names.destination('a.test', 80);
    expect([names.addresses(host, port)?.[0]?.address, names.addresses('a.test', 80)]).toEqual([
      '192.0.2.1',
      undefined,
    ]);
    expect(`${names}`).toBe('names: 1 with addresses, 1 connected elsewhere');
  });

  it('finds what going through the list one by one finds', () => {
    const host = fc.constantFrom('a.test', 'b.test', '');
    const port = fc.constantFrom('80', '81', '');
    const entry = fc.tuple(host, port, fc.constantFrom('c.test', 'd.test', ''), fc.constantFrom('90', ''));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), host, port, (entries, h, p) => {
        const asked = { host: h || 'other.test', port: Number(p || 99) };
        const first = entries.find(
          ([h1, p1, h2, p2]) =>
            (h1 === '' || h1 === asked.host) && (p1 === '' || Number(p1) === asked.port) && h2 + p2 !== '',
        );
        const expected = { host: first?.[2] || asked.host, port: Number(first?.[3] || asked.port) };
        const names = NameOverrides.parse([], ['x:1:y:1', ...entries.map((parts) => parts.join(':'))])!;
        expect(names.destination(asked.host, asked.port)).toEqual(expected);
      }),
    );
  });
});
