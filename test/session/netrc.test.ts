// .netrc: what curl reads in it, what is an error and where, and that no word of it is shown.

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUrl } from '../../src/model/origin.ts';
import { NetrcError, parseNetrc } from '../../src/session/netrc.ts';

function found(text: string, host: string): string | undefined {
  const login = parseNetrc(text).find(host);
  return login === undefined ? undefined : `${login.user}|${login.password}`;
}

function wrong(text: string): NetrcError {
  try {
    parseNetrc(text);
  } catch (error) {
    if (error instanceof NetrcError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a netrc', () => {
  it('gives each machine its login, over lines or in one', () => {
    const text = 'machine a.test login al password one\nmachine b.test\n\tlogin bo\r\n\tpassword two\r\n';
    expect(found(text, 'a.test')).toBe('al|one');
    expect(found(text, 'b.test')).toBe('bo|two');
    expect(found(text, 'c.test')).toBeUndefined();
    expect(found('', 'a.test')).toBeUndefined();
  });

  it('takes password before login, one of them alone, and account for nothing', () => {
    expect(found('machine a.test password p account x login l', 'a.test')).toBe('l|p');
    expect(found('machine a.test login l', 'a.test')).toBe('l|');
    expect(found('machine a.test password p', 'a.test')).toBe('|p');
  });

  it('gives default to whom nothing before it names', () => {
    const text =
      'machine a.test login a password 1\nmachine none.test\ndefault login d password 2\nmachine late.test login l default login e';
    expect(found(text, 'a.test')).toBe('a|1');
    expect(found(text, 'other.test')).toBe('d|2');
    expect(found(text, 'late.test')).toBe('d|2');
    expect(found(text, 'none.test')).toBeUndefined();
  });

  it('lets the first entry for a machine win', () => {
    expect(found('machine a.test login 1 machine A.Test login 2', 'a.test')).toBe('1|');
  });

  it('reads keywords in any case, names as origins have them', () => {
    const text = 'MACHINE Bücher.Test Login x Password y machine [::1] login six machine 0:0::2 login two';
    expect(found(text, parseUrl('http://bücher.test/').origin.host)).toBe('x|y');
    expect(found(text, parseUrl('http://[::1]:8080/').origin.host)).toBe('six|');
    expect(found(text, parseUrl('http://[::2]/').origin.host)).toBe('two|');
  });

  it('passes over comments where a keyword may stand, and keeps # inside of words', () => {
    const text = '# top\nmachine a.test # beside\n  # login no\n login a#b password c# # end\n#last';
    expect(found(text, 'a.test')).toBe('a#b|c#');
  });

  it('reads quoted words with the escapes of curl', () => {
    const text = 'machine "a.test" login "a b" password "#q\\"\\\\ \\n\\r\\t\\x"';
    expect(found(text, 'a.test')).toBe('a b|#q"\\ \n\r\tx');
    expect(found('machine a.test login "" password a"b', 'a.test')).toBe('|a"b');
  });

  it('skips macros up to a blank line', () => {
    const text =
      'machine a.test login a macdef init\nmachine evil.test login e\n"open\n \t\npassword p\nmacdef end\nx';
    expect(found(text, 'a.test')).toBe('a|p');
    expect(found(text, 'evil.test')).toBeUndefined();
    expect(found('macdef x', 'a.test')).toBeUndefined();
    expect(found('macdef x\n\nmachine a.test login l', 'a.test')).toBe('l|');
  });

  it('does not mind a byte order mark', () => {
    expect(found('\ufeffmachine a.test login l', 'a.test')).toBe('l|');
  });
});

describe('lookup by host', () => {
  const text = 'machine example.com login l password p\nmachine user login u\nmachine a/b login s';

  // CVE-2024-47081: a host cut out of http://example.com:@evil.com/ by hand found example.com's login.
  it.each([
    ['http://example.com:@evil.com/', undefined],
    ['http://example.com@evil.com/', undefined],
    ['http://evil.com/@example.com', undefined],
    ['http://evil.com?example.com', undefined],
    ['http://example.com.evil.com/', undefined],
    ['http://www.example.com/', undefined],
    ['http://a/', undefined],
    ['http://user:x@example.com:8080/', 'l|p'],
    ['https://EXAMPLE.com/', 'l|p'],
  ])('finds for %s what its origin is entitled to', (url, expected) => {
    expect(found(text, parseUrl(url).origin.host)).toBe(expected);
  });
});

describe('a netrc that cannot be meant', () => {
  it.each([
    ['machine', 1, 'machine has no value'],
    ['machine a\nlogin l\npassword', 3, 'password has no value'],
    ['\n\nlogin l', 3, 'login stands before any machine or default'],
    ['password p', 1, 'password stands before any machine or default'],
    ['macdef x\ny\n\npassword p', 4, 'password stands before any machine or default'],
    [
      'machine a login l\npassword #p\nmachine b',
      2,
      'the value of password begins with #; put "…" around it',
    ],
    ['machine a password "p', 1, 'a quoted word ends on its line with a quote, and a space after it'],
    ['machine a\npassword "p\n"', 2, 'a quoted word ends on its line with a quote, and a space after it'],
    ['machine a password "p"q', 1, 'a quoted word ends on its line with a quote, and a space after it'],
    ['machine a password "p\\', 1, 'a quoted word ends on its line with a quote, and a space after it'],
  ])('%j fails on line %i', (text, line, message) => {
    const error = wrong(text);
    expect([error.line, error.message]).toEqual([line, `netrc line ${line}: ${message}`]);
  });

  it('does not show the word it stumbled over, which may be half of a password', () => {
    const error = wrong('machine a\nlogin l\npassword my hidden');
    expect(error.line).toBe(3);
    expect(error.message).toContain('is expected here; put "…" around a value that holds spaces');
    expect(`${error.message}${inspect(error)}`.replace(/\n\s+at .*/g, '')).not.toContain('hidden');
  });
});

describe('printing a netrc', () => {
  it('shows how much there is and nothing of it', () => {
    const netrc = parseNetrc('machine a.test login hidden password hidden default login hidden');
    expect(`${netrc}`).toBe('netrc: 1 machines, a default');
    const shown = [
      inspect(netrc, { showHidden: true, depth: 9 }),
      JSON.stringify(netrc),
      inspect(netrc.find('a.test')),
    ];
    expect(shown.join()).not.toContain('hidden');
  });
});

describe('any netrc', () => {
  it('reads back whatever is written with quotes', () => {
    const word = fc.string({ unit: 'binary', maxLength: 10 });
    const quote = (text: string) =>
      `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
    fc.assert(
      fc.property(word, word, fc.constantFrom(' ', '\n', '\t\r\n'), (user, password, gap) => {
        const text = ['machine', 'a.test', 'login', quote(user), 'password', quote(password)].join(gap);
        expect(found(text, 'a.test')).toBe(`${user}|${password}`);
      }),
    );
  });

  it('is read or refused with a line that it has', () => {
    const piece = fc.constantFrom(
      'machine',
      'default',
      'login',
      'macdef',
      '"',
      '\\',
      '#',
      '\n',
      ' ',
      'x',
      '\n\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        try {
          parseNetrc(text);
        } catch (error) {
          expect(error).toBeInstanceOf(NetrcError);
          expect((error as NetrcError).line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
