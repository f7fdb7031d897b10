// Credentials: their values, their secrecy, challenges taken apart, and which origin gets which.

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { Origin, parseUrl } from '../../src/model/origin.ts';
import { Request } from '../../src/model/request.ts';
import {
  type AuthRule,
  AuthRules,
  basic,
  bearer,
  encodeBasic,
  Login,
  parseChallenges,
  parseUserOption,
  Token,
} from '../../src/session/auth.ts';

/** What a careless program might print of a thing. */
function printed(thing: object): string {
  const options = [
    {},
    { showHidden: true, depth: 9 },
    { customInspect: false, showHidden: true, getters: false },
  ];
  return [...options.map((o) => inspect({ thing }, o)), JSON.stringify({ thing }), `${thing}`].join('\n');
}

function message(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('Basic and Bearer', () => {
  it('encodes as RFC 7617 does, in UTF-8', () => {
    expect(basic({ user: 'Aladdin', password: 'open sesame' })).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(basic({ user: 'test', password: '123£' })).toBe('Basic dGVzdDoxMjPCow==');
    expect(basic({ user: 'key', password: '' })).toBe('Basic a2V5Og==');
    expect(basic({ user: 'u', password: 'a:b:c' })).toBe(encodeBasic('u:a:b:c'));
  });

  it('passes a token on', () => {
    expect(bearer({ token: 'mF_9.B5f-4.1JqM' })).toBe('Bearer mF_9.B5f-4.1JqM');
  });

  it('refuses what would be misread, without repeating it', () => {
    expect(message(() => basic({ user: 'a:b', password: 'secret' }))).toContain('colon');
    expect(message(() => basic({ user: 'a', password: 'secret\n' }))).toMatch(/line end in them\?$/);
    expect(message(() => basic({ user: 'secret\r', password: '' }))).toMatch(/line end in them\?$/);
    expect(message(() => bearer({ token: 'secret\n' }))).toMatch(/line end in it\?$/);
    for (const token of ['', 'sec ret', 'sécret']) {
      expect(message(() => bearer({ token }))).not.toMatch(/s.c ?ret/);
    }
  });
});

describe('a secret', () => {
  const rules: AuthRule[] = [
    {
      origin: 'https://a.test',
      scheme: 'basic',
      credentials: { user: 'hidden-user', password: 'hidden-pass' },
    },
    { origin: 'b.test', scheme: 'bearer', credentials: { token: 'hidden-token' } },
    { origin: 'c.test', scheme: 'digest', credentials: { user: 'hidden-user', password: 'hidden-pass' } },
  ];
  const held = new AuthRules(rules);

  it.each<[string, object]>([
    ['a login', new Login('hidden-user', 'hidden-pass')],
    ['a token', new Token('hidden-token')],
    ['a user option', parseUserOption('hidden-user:hidden-pass')],
    ['rules', held],
    ['a rule for Basic', held.find(parseUrl('https://a.test/').origin)!],
    ['a rule for Bearer', held.find(parseUrl('https://b.test/').origin)!],
    ['a rule for Digest', held.find(parseUrl('https://c.test/').origin)!],
  ])('is not printed with %s', (_, thing) => {
    expect(printed(thing)).not.toMatch(/hidden|aGlkZGVu/);
  });

  it('is there for who asks by name', () => {
    const login = new Login('u', 'p');
    expect([login.user, login.password, new Token('t').token]).toEqual(['u', 'p', 't']);
    expect(`${login} ${JSON.stringify(login)} ${inspect(login)}`).toBe(
      '[credentials] "[credentials]" [credentials]',
    );
  });
});

describe('-u', () => {
  it.each([
    ['user:password', 'user', 'password'],
    ['user:', 'user', ''],
    ['user', 'user', undefined],
    ['user:a:b:', 'user', 'a:b:'],
    [':password', '', 'password'],
    [':', '', ''],
    ['usér:pä ss', 'usér', 'pä ss'],
  ])('reads %s', (text, user, password) => {
    const login = parseUserOption(text);
    expect([login.user, login.password]).toEqual([user, password]);
  });

  it('refuses nothing at all', () => {
    expect(message(() => parseUserOption(''))).toBe('user takes user:password, not an empty text');
  });
});

describe('challenges', () => {
  const read = (...values: string[]) =>
    parseChallenges(values).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);

  it('parts several in one field (RFC 9110 section 11.6.1)', () => {
    expect(read('Newauth realm="apps", type=1,\ttitle="Login to \\"apps\\"", Basic realm="simple"')).toEqual([
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ['basic', { realm: 'simple' }],
    ]);
  });

  it('reads one in each field, schemes alone, token68 and stray commas', () => {
    expect(read('Negotiate', ', NTLM TlRMTVNTUAA=, ,Digest nonce = "a,b" ,, qop="auth,auth-int"')).toEqual([
      ['negotiate', {}],
      ['ntlm', {}],
      ['digest', { nonce: 'a,b', qop: 'auth,auth-int' }],
    ]);
    expect(read('Basic')).toEqual([['basic', {}]]);
    expect(read('')).toEqual([]);
  });

  it('takes unquoted values that should have been quoted', () => {
    expect(read('Digest realm=a/b, nonce=abc==, stale=TRUE')).toEqual([
      ['digest', { realm: 'a/b', nonce: 'abc==', stale: 'TRUE' }],
    ]);
  });

  it('takes the first of a repeated parameter, whatever its case', () => {
    expect(read('Basic realm="1", REALM="2"')).toEqual([['basic', { realm: '1' }]]);
  });

  it('leaves out a challenge that breaks off, keeps what came before, and goes on with the next field', () => {
    expect(read('Basic realm="a", Digest realm="b", nonce="half', 'Bearer')).toEqual([
      ['basic', { realm: 'a' }],
      ['bearer', {}],
    ]);
    expect(read('Digest realm="a"nonce="b"')).toEqual([]);
    expect(read('"Digest"')).toEqual([]);
  });

  it('does not look at a field of absurd length', () => {
    expect(read(`Basic realm="${'x'.repeat(65_536)}"`)).toEqual([]);
    expect(read(`Basic realm="${'\\"'.repeat(30_000)}"`)).toHaveLength(1);
  });

  it('reads back whatever is written', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const octet = fc.integer({ min: 32, max: 255 }).filter((c) => c !== 127);
    const value = fc.string({ unit: octet.map((c) => String.fromCharCode(c)), maxLength: 12 });
    const params = fc.uniqueArray(fc.tuple(token, value), { selector: ([name]) => name, maxLength: 5 });
    const challenge = fc.tuple(token, params);
    const fields = fc.array(fc.array(challenge, { maxLength: 4 }), { maxLength: 3 });
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(
        fields,
        fc.constantFrom(', ', ',', ' , '),
        fc.constantFrom('=', ' = '),
        (lists, comma, is) => {
          const lines = lists.map((list) =>
            list
              .map(([scheme, ps]) => `${scheme} ${ps.map(([n, v]) => n + is + quote(v)).join(comma)}`.trim())
              .join(comma),
          );
          expect(read(...lines)).toEqual(
            lists.flat().map(([scheme, ps]) => [scheme, Object.fromEntries(ps)]),
          );
        },
      ),
    );
  });

  it('never throws, whatever comes', () => {
    const piece = fc.constantFrom('Digest', 'realm', '=', '"', '\\', ',', ' ', 'x', '\xff', '==');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const { scheme } of parseChallenges([pieces.join('')])) expect(scheme).not.toBe('');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('rules', () => {
  const rule = (origin: string, token = 'x'): AuthRule => ({
    origin,
    scheme: 'bearer',
    credentials: { token },
  });
  const sent = (rules: readonly AuthRule[], url: string, headers = EMPTY_HEADERS) => {
    const { origin, target } = parseUrl(url);
    return new AuthRules(rules).authorize(
      new Request(0, 'GET', origin, target, headers, undefined, undefined),
    );
  };
  const covers = (pattern: string, url: string) => sent([rule(pattern)], url) !== undefined;

  it.each([
    ['https://a.test', 'https://a.test/', true],
    ['https://a.test', 'https://a.test:443/x', true],
    ['https://a.test/', 'https://A.TEST/x', true],
    ['https://a.test', 'http://a.test/', false],
    ['https://a.test', 'https://a.test:8443/', false],
    ['https://a.test', 'https://b.a.test/', false],
    ['https://a.test', 'https://a.test.evil.test/', false],
    ['https://a.test', 'https://a.test@evil.test/', false],
    ['https://a.test', 'https://xa.test/', false],
    ['http://a.test:8080', 'http://a.test:8080/', true],
    ['http://a.test:8080', 'http://a.test/', false],
    ['http://a.test:8080', 'https://a.test:8080/', false],
    ['HTTPS://a.test', 'https://a.test/', true],
    ['a.test', 'http://a.test:8080/', true],
    ['a.test', 'https://a.test/', true],
    ['a.test', 'https://a.test./', false],
    ['a.test:81', 'http://a.test:81/', true],
    ['a.test:81', 'http://a.test/', false],
    ['*.a.test', 'https://b.a.test/', true],
    ['*.a.test', 'https://c.b.a.test/', true],
    ['*.a.test', 'https://a.test/', false],
    ['*.a.test', 'https://xa.test/', false],
    ['https://*.a.test', 'http://b.a.test/', false],
    ['[::1]', 'http://[::1]:3000/', true],
    ['http://[0:0::1]:3000', 'http://[::1]:3000/', true],
    ['Bücher.test', 'http://xn--bcher-kva.test/', true],
    ['127.1', 'http://127.0.0.1/', true],
  ])('%s for %s: %s', (pattern, url, expected) => {
    expect(covers(pattern, url)).toBe(expected);
  });

  it.each([
    '',
    '*',
    '*.',
    'a.test/path',
    'https://',
    'ftp://a.test',
    'a b',
    'a.*.test',
    'a?',
    'a:b',
    'x@a.test',
    '::1',
  ])('refuses the pattern %j', (pattern) => {
    expect(message(() => new AuthRules([rule(pattern)]))).toMatch(
      /; write https:\/\/host, host or \*\.host$/,
    );
  });

  it('shows no userinfo of a pattern it refuses', () => {
    expect(message(() => new AuthRules([rule('https://u:secret@a.test')]))).not.toContain('secret');
  });

  it('lets the first rule that matches decide, and sends nothing where none does', () => {
    const rules = [rule('https://a.test', 'exact'), rule('*.a.test', 'below'), rule('a.test', 'host')];
    expect(sent(rules, 'https://a.test/')).toBe('Bearer exact');
    expect(sent(rules, 'http://a.test/')).toBe('Bearer host');
    expect(sent(rules, 'http://b.a.test/')).toBe('Bearer below');
    expect(sent(rules, 'http://evil.test/')).toBeUndefined();
    expect(sent([], 'http://a.test/')).toBeUndefined();
  });

  it('does not touch a request that has an Authorization of its own', () => {
    const own = EMPTY_HEADERS.with({ authorization: 'x' });
    expect(sent([rule('a.test')], 'http://a.test/', own)).toBeUndefined();
  });

  it('gives credentials for Digest to who asks, and no value ahead of a challenge', () => {
    const rules: AuthRule[] = [
      { origin: 'a.test', scheme: 'digest', credentials: { user: 'u', password: 'p' } },
    ];
    expect(sent(rules, 'http://a.test/')).toBeUndefined();
    const found = new AuthRules(rules).find(parseUrl('http://a.test/').origin);
    if (found?.scheme !== 'digest') throw new Error('no rule for Digest');
    expect([found.credentials.user, found.credentials.password]).toEqual(['u', 'p']);
  });

  it('finds the same for an equal origin, asked once or often', () => {
    const rules = new AuthRules([rule('a.test')]);
    const [one, two] = [new Origin('http', 'a.test', 80), new Origin('http', 'a.test', 80)];
    expect(rules.find(one)).toBeDefined();
    expect(rules.find(one)).toBe(rules.find(two));
    const other = new Origin('http', 'b.test', 80);
    expect([rules.find(other), rules.find(other)]).toEqual([undefined, undefined]);
  });

  it('checks credentials when it is made', () => {
    const credentials = { user: 'u', password: 'line\n' };
    for (const scheme of ['basic', 'digest'] as const) {
      expect(() => new AuthRules([{ origin: 'a.test', scheme, credentials }])).toThrow(OptionError);
    }
  });

  it('prints as one line', () => {
    expect(`${new AuthRules([rule('https://a.test'), rule('*.b.test')])}`).toBe(
      'auth rules: https://a.test bearer, *.b.test bearer',
    );
    expect(`${new AuthRules([])}`).toBe('auth rules: none');
  });
});
