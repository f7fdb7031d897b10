// What a Set-Cookie line says, and how it comes back: values as browsers take them, dates, limits, prefixes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Browser } from './cookie-fixture.ts';

const HERE = 'https://www.example.com/dir/page';
const DAY_S = 86_400;

function sent(...lines: string[]): string | undefined {
  return new Browser().set(HERE, ...lines).at(HERE);
}

describe('name and value', () => {
  const CASES: readonly (readonly [what: string, line: string, field: string | undefined])[] = [
    ['an equals sign in the value (aiohttp #928)', 'CheckCode=42kHBlGFz/k=;', 'CheckCode=42kHBlGFz/k='],
    [
      'an equals sign and a ! (aiohttp #9336)',
      'id=!IagQHEStKHLB3DFBAufSQIeK+Olw=',
      'id=!IagQHEStKHLB3DFBAufSQIeK+Olw=',
    ],
    ['a space in the value (aiohttp #2571)', 'cookie_name=cookie_ value', 'cookie_name=cookie_ value'],
    ['slashes and pluses (aiohttp #2571)', 'k=asdf+some/another=', 'k=asdf+some/another='],
    ['braces in the name (aiohttp #2683)', 'LB{381DEC7D-8336}=x', 'LB{381DEC7D-8336}=x'],
    ['parentheses in the name', 'fcnt(s)index(d)php=1', 'fcnt(s)index(d)php=1'],
    ['a URL as the name', 'balancer://cluster=node1', 'balancer://cluster=node1'],
    ['brackets, colons and @ in the name', 'a[b]:c@d=1', 'a[b]:c@d=1'],
    ['slashes in the name', '/UserPreferenceLang=en', '/UserPreferenceLang=en'],
    ['JSON without quotes around it', 'g_state={"i_l":0,"i_ll":12345}', 'g_state={"i_l":0,"i_ll":12345}'],
    ['quotes, kept', 'q="quoted"', 'q="quoted"'],
    ['one quote', 'q="open', 'q="open'],
    ['a backslash before a quote', 'q="a\\"b"', 'q="a\\"b"'],
    ['a semicolon ends it, in quotes too', 'q="a;b"', 'q="a'],
    ['commas', 'c=1, d=2', 'c=1, d=2'],
    ['percent escapes, not decoded', 'p=%32%33', 'p=%32%33'],
    ['white space around name and value', ' \t a \t = \t b \t ; x', 'a=b'],
    ['white space inside of quotes', 'a="  b "', 'a="  b "'],
    ['a tab inside of the value', 'a=b\tc', 'a=b\tc'],
    ['several equals signs', 'a=== b', 'a=== b'],
    ['no value', 'a=', 'a='],
    ['no equals sign: no name', 'lonely', 'lonely'],
    ['nothing before the equals sign: no name', '=lonely', 'lonely'],
    ['no name, and a value with an equals sign', '=a=b', 'a=b'],
    ['neither name nor value', '=', undefined],
    ['nothing at all', '', undefined],
    ['attributes alone', '; Path=/', undefined],
    ['semicolons at the end', 'a=b;;; ;', 'a=b'],
    ['unknown attributes', 'a=b; lol; "Secure"; x=1,2; Secure qux; Path=/', 'a=b'],
    ['octets of UTF-8, the last one A0', 'a=\xc3\xa0', 'a=\xc3\xa0'],
    ['octets of UTF-8 in the name, the first one C2 A0', '\xc2\xa0a=b', '\xc2\xa0a=b'],
    ['a reserved word', '__proto__=1', '__proto__=1'],
  ];
  it.each(CASES)('%s', (_what, line, field) => {
    expect(sent(line)).toBe(field);
  });

  it('several on their own lines, one of them bad', () => {
    const browser = new Browser().set(HERE, 'a=1; Path=/', 'b=\x01', '=', 'c=3; Path=/');
    expect(browser.at(HERE)).toBe('a=1; c=3');
    expect(String(browser.store)).toBe(
      'cookies 2 of 1 domains, 0 evicted, 2 refused: the last has neither a name nor a value',
    );
  });

  it('the second of one name, host and path replaces the first and keeps its place', () => {
    expect(sent('a=1', 'b=2', 'a=3')).toBe('a=3; b=2');
  });

  it.each(['\0', '\x01', '\x08', '\n', '\r', '\x1f', '\x7f', '\u0100', '€'])(
    'control character or no octet: %j',
    (c) => {
      for (const line of [`a=b${c}c`, `a${c}=b`, `a=b; x=${c}`]) {
        const browser = new Browser().set(HERE, line);
        expect([line, browser.at(HERE)]).toEqual([line, undefined]);
        expect(browser.refusal).toBe('holds a control character');
      }
    },
  );

  it('a tab in the name: no cookie file could hold it', () => {
    expect(new Browser().set(HERE, 'a\tb=c').refusal).toBe('has a tab in its name');
  });

  it('values come back exactly as received', () => {
    const octet = fc.integer({ min: 0x20, max: 0xff }).filter((c) => c !== 0x7f && c !== 0x3b);
    const text = fc
      .array(octet, { maxLength: 40 })
      .map((codes) => String.fromCharCode(...codes).replace(/^ +| +$/g, ''));
    fc.assert(
      fc.property(text, (value) => {
        expect(sent(`n=${value}; Path=/`)).toBe(`n=${value}`);
      }),
    );
  });

  it('no line throws, and nothing that would break a field gets out', () => {
    const line = fc.array(fc.constantFrom(...'a=;, "\t\0\r\n\xa0€%_.-/:Domain=Path=Max-Age=__Host-'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(line, (parts) => {
        const field = sent(parts.join('')) ?? '';
        expect(field).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
      }),
    );
  });
});

describe('size', () => {
  it('name and value have 4,096 octets together and no more', () => {
    expect(sent(`abc=${'x'.repeat(4093)}`)).toHaveLength(4097);
    const browser = new Browser().set(HERE, `abc=${'x'.repeat(4094)}`);
    expect(browser.store.size).toBe(0);
    expect(browser.refusal).toBe('has 4097 bytes of name and value, more than 4096');
  });

  it('an attribute of more than 1,024 octets is as if it were not there', () => {
    const path = `/${'x'.repeat(1023)}`;
    expect(new Browser().set(HERE, `a=1; Path=${path}`).at(`https://www.example.com${path}`)).toBe('a=1');
    expect(new Browser().set(HERE, `a=1; Path=${path}x`).at(HERE)).toBe('a=1');
    const long = `${'x'.repeat(1013)}.example.com`;
    expect(new Browser().set(HERE, `a=1; Domain=${long}`).at(HERE)).toBe('a=1');
  });

  it('a smaller limit', () => {
    const browser = new Browser({ cookieBytesMax: 5 }).set(HERE, 'ab=cde', 'ab=cdef', 'abcdef=');
    expect(browser.at(HERE)).toBe('ab=cde');
  });
});

describe('expiry', () => {
  /** The clock starts on 1 January 2021, 00:00 UTC. */
  const DATES: readonly string[] = [
    'Wed, 06 Jan 2021 08:49:37 GMT',
    'Wednesday, 06-Jan-21 08:49:37 GMT',
    'Wed Jan  6 08:49:37 2021',
    'Wed, 06-Jan-2021 08:49:37 GMT',
    '6 jan 2021 8:49:37',
    '2021 January 06 08:49:37 +0200',
    'Wed, 06 Jan 2021 08:49:37',
    '08:49:37 6 Jan 21',
    'Wed,06-JANUARY-2021 08:49:37 UTC',
  ];
  it.each(DATES)('Expires=%s', (date) => {
    const browser = new Browser().set(HERE, `a=1; Expires=${date}`);
    browser.clock.advance((5 * DAY_S + 8 * 3600 + 49 * 60 + 37) * 1000 - 1);
    expect(browser.at(HERE)).toBe('a=1');
    browser.clock.advance(1);
    expect(browser.at(HERE)).toBe(undefined);
    expect(browser.store.size).toBe(0);
  });

  it.each([
    '',
    'never',
    '0',
    'Wed, 32 Jan 2021 08:49:37 GMT',
    'Wed, 06 Jan 1600 08:49:37 GMT',
    '06 Jan 2021 24:00:00',
    '30 Feb 2020 00:00:00',
  ])('Expires=%s is no date: it lasts as long as the session', (date) => {
    const browser = new Browser().set(HERE, `a=1; Expires=${date}`);
    browser.clock.advance(1000 * DAY_S * 1000);
    expect(browser.at(HERE)).toBe('a=1');
  });

  it('Max-Age beats Expires, in either order', () => {
    const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT';
    for (const line of [`a=1; Max-Age=10; ${past}`, `a=1; ${past}; Max-Age=10`]) {
      const browser = new Browser().set(HERE, line);
      browser.clock.advance(9999);
      expect(browser.at(HERE)).toBe('a=1');
      browser.clock.advance(1);
      expect(browser.at(HERE)).toBe(undefined);
    }
  });

  it('Max-Age runs from when it was set, not from when it was last looked at', () => {
    const browser = new Browser().set(HERE, 'a=1; Max-Age=10');
    for (let i = 0; i < 9; i++) {
      browser.clock.advance(1000);
      expect(browser.at(HERE)).toBe('a=1');
    }
    browser.clock.advance(1000);
    expect(browser.at(HERE)).toBe(undefined);
  });

  it.each(['', '1.5', '+5', '1e3', '0x10', 'soon', '-', '"5"'])('Max-Age=%s is ignored', (age) => {
    const browser = new Browser().set(HERE, `a=1; Max-Age=${age}`);
    browser.clock.advance(1000 * DAY_S * 1000);
    expect(browser.at(HERE)).toBe('a=1');
  });

  it('nothing lives longer than 400 days', () => {
    for (const line of [
      'a=1; Max-Age=99999999999999999999999999',
      'a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT',
    ]) {
      const browser = new Browser().set(HERE, line);
      browser.clock.advance(400 * DAY_S * 1000 - 1);
      expect(browser.at(HERE)).toBe('a=1');
      browser.clock.advance(1);
      expect(browser.at(HERE)).toBe(undefined);
    }
  });

  it.each([
    'Max-Age=0',
    'Max-Age=-1',
    'Max-Age=-99999999999999999999',
    'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  ])('deletion with %s, only where name, domain and path are the same', (past) => {
    const lines = ['a=1; Path=/', 'a=2; Path=/dir', 'a=3; Path=/; Domain=www.example.com', 'b=4; Path=/'];
    const browser = new Browser().set(HERE, ...lines);
    expect(browser.at(HERE)).toBe('a=2; a=1; a=3; b=4');
    browser.set(HERE, `a=; Path=/; ${past}`);
    expect(browser.at(HERE)).toBe('a=2; a=3; b=4');
    browser.set(HERE, `a=; Path=/nowhere; ${past}`, `none=; ${past}`);
    expect(browser.at(HERE)).toBe('a=2; a=3; b=4');
    expect(browser.store.size).toBe(3);
  });

  it('one that is set again after it has expired is a new one', () => {
    const browser = new Browser().set(HERE, 'a=1; Max-Age=1', 'b=2');
    browser.clock.advance(1000);
    browser.set(HERE, 'a=1');
    expect(browser.at(HERE)).toBe('b=2; a=1');
  });
});

describe('prefixes', () => {
  const REFUSED: readonly (readonly [string, string])[] = [
    ['__Secure-a=1', 'is called __Secure- and is not Secure'],
    ['__secure-a=1', 'is called __secure- and is not Secure'],
    ['__Host-a=1; Path=/', 'is called __Host- and is not Secure'],
    ['__Host-a=1; Secure', 'is called __Host- and is not for one host and Path=/'],
    ['__Host-a=1; Secure; Path=/dir', 'is called __Host- and is not for one host and Path=/'],
    [
      '__HOST-a=1; Secure; Path=/; Domain=www.example.com',
      'is called __HOST- and is not for one host and Path=/',
    ],
    ['=__Host-a=1; Secure; Path=/', 'has no name and a value that poses as one'],
    ['__Secure-a; Secure', 'has no name and a value that poses as one'],
  ];
  it.each(REFUSED)('%s', (line, reason) => {
    const browser = new Browser().set(HERE, line);
    expect(browser.at(HERE)).toBe(undefined);
    expect(browser.refusal).toBe(reason);
  });

  it.each([
    '__Secure-a=1; Secure',
    '__Secure-a=1; Secure; Domain=example.com',
    '__Host-a=1; Secure; Path=/',
    '__Host-a=1; Secure; Path=/; Domain=',
    '__Hosta=1',
    'a=__Host-',
  ])('%s is taken', (line) => {
    expect(sent(line)).toBe(line.split(';')[0]);
  });

  it('a default path that happens to be / is no Path=/', () => {
    expect(new Browser().set('https://example.com/', '__Host-a=1; Secure').store.size).toBe(0);
  });
});
