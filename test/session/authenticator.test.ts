// Which credentials go where, and which 401 is worth another try. The server of these tests checks Digest answers with
// its own arithmetic.

import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyStream } from '../../src/model/body-stream.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { resolveOptions } from '../../src/model/options.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';
import { parseChallenges } from '../../src/session/auth.ts';
import { Authenticator, constantAuthorization, hasLeft } from '../../src/session/authenticator.ts';

const ADA = { user: 'ada:pass-of-ada', digest: true };
const FRAMING = {
  contentLength: 0,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;
const QOP = 'qop="auth"';

/** c1, c2, … */
function counting(): () => string {
  let n = 0;
  return () => `c${++n}`;
}

function authenticator(options: object): Authenticator | undefined {
  return Authenticator.of(resolveOptions(options), counting());
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** URLs that redirected here. */
  readonly from?: readonly string[];
  readonly stream?: Pick<BodyStream, 'replayable'>;
}

function request(url: string, asked: Asked = {}): Request {
  const { origin, target } = parseUrl(url);
  const headers = EMPTY_HEADERS.with(asked.headers);
  const body = asked.body === undefined ? undefined : Buffer.from(asked.body);
  const made = new Request(0, asked.method ?? 'GET', origin, target, headers, body, undefined);
  made.hops = (asked.from ?? []).map((from) => ({ url: from, status: 302, location: url }));
  if (asked.stream !== undefined) {
    const open = () => ({ read: () => {}, close: () => {} });
    made.stream = { length: 3, contentType: undefined, open, ...asked.stream };
  }
  return made;
}

function response(to: Request, status: number, challenges: readonly string[]): Response {
  const lines = challenges.map((one) => `WWW-Authenticate: ${one}\r\n`).join('');
  const head = new ResponseHead(status, '1.1', '', lines, FRAMING);
  return new Response(to, head, Buffer.alloc(0), '', 1, 1, REUSED, '');
}

const digest = (nonce: string, more = QOP) => `Digest realm="r", nonce="${nonce}", ${more}`;
const fieldsOf = (value: string | undefined) => {
  const [challenge] = parseChallenges([value ?? '']);
  return Object.fromEntries(challenge?.params ?? []);
};
const basicOf = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const sha = (hash: string, text: string | Uint8Array) => createHash(hash).update(text).digest('hex');

/** Answers what it was challenged with and gives the fields of the answer. */
function answer(auth: Authenticator, to: Request, ...challenges: string[]): Record<string, string> {
  expect(auth.authorization(to)).toBeUndefined();
  expect(auth.challenged(to, response(to, 401, challenges))).toBe(true);
  return fieldsOf(auth.authorization(to));
}

describe('what every request carries anyway', () => {
  it.each([
    [{}, null, false],
    [{ user: 'u:p' }, basicOf('u:p'), false],
    [{ user: 'u' }, basicOf('u:'), false],
    [{ bearer: 'tok' }, 'Bearer tok', false],
    [{ netrc: '' }, null, true],
    [{ user: 'u:p', netrc: '' }, basicOf('u:p'), true],
    [{ user: 'u:p', digest: true }, null, true],
    [{ netrc: '', digest: true }, null, true],
    [{ user: 'u:p', auth: [{ origin: 'a.test', token: 't' }] }, null, true],
  ])('%j: %s in each head, an authenticator %s', (options, constant, needed) => {
    expect(constantAuthorization(resolveOptions(options))).toBe(constant);
    expect(authenticator(options) !== undefined).toBe(needed);
  });

  it.each([
    [
      { user: 'u:p', bearer: 't' },
      /^a request has one Authorization: give either user or bearer \(-u or --oauth2-bearer\)$/,
    ],
    [
      { digest: true, bearer: 't', user: 'u' },
      /^digest answers with user and password; leave bearer \(--oauth2-bearer\) out$/,
    ],
    [
      { digest: true },
      /^digest needs user and password: give user \(-u\), or a netrc file \(--netrc-file\)$/,
    ],
    [{ user: '' }, /^user takes user:password/],
    [{ user: 'hidden\n:hidden' }, /control characters/],
    [{ bearer: 'hidden hidden' }, /visible ASCII/],
  ])('refuses %j', (options, said) => {
    const make = () => constantAuthorization(resolveOptions(options));
    expect(make).toThrow(OptionError);
    expect(make).toThrow(said);
  });

  it('refuses a login for Digest that no field can carry, before anything is sent', () => {
    expect(() => authenticator({ user: 'hidden:hidden\n', digest: true })).toThrow(/line end in them\?$/);
  });
});

describe('rules by origin', () => {
  const auth = [
    { origin: 'https://a.test', token: 'tok' },
    { origin: '*.a.test', user: 'below', password: 'pw' },
    { origin: 'b.test', user: 'bob', password: 'pw', scheme: 'digest' as const },
  ];

  it('give each origin its own, and others nothing', () => {
    const made = authenticator({ auth })!;
    const sent = (url: string) => made.authorization(request(url));
    expect(sent('https://a.test/x')).toBe('Bearer tok');
    expect(sent('http://x.a.test/')).toBe(basicOf('below:pw'));
    expect(sent('http://b.test/')).toBeUndefined();
    expect(sent('https://evil.test/')).toBeUndefined();
    expect(answer(made, request('http://b.test/'), digest('n'))).toMatchObject({ username: 'bob' });
  });

  it('go before the user of the run, who goes before netrc', () => {
    const netrc = 'machine a.test login n password p';
    const made = authenticator({ auth, user: 'run:pw', netrc })!;
    expect(made.authorization(request('https://a.test/'))).toBe('Bearer tok');
    expect(made.authorization(request('http://a.test/'))).toBe(basicOf('run:pw'));
    const without = authenticator({ auth, netrc })!;
    expect(without.authorization(request('https://a.test/'))).toBe('Bearer tok');
    expect(without.authorization(request('http://a.test/'))).toBe(basicOf('n:p'));
    expect(without.authorization(request('http://other.test/'))).toBeUndefined();
  });

  it('keep Basic and Bearer from trying a refused value again', () => {
    const made = authenticator({ auth })!;
    for (const url of ['https://a.test/', 'http://x.a.test/', 'http://other.test/']) {
      const one = request(url);
      expect(made.challenged(one, response(one, 401, [digest('n')]))).toBe(false);
    }
  });

  it.each([
    [{ origin: 'a.test' }, 'auth rule 2 (a.test) needs either a user or a token'],
    [
      { origin: 'a.test', user: 'hidden', token: 'hidden' },
      'auth rule 2 (a.test) needs either a user or a token',
    ],
    [{ origin: 'a.test', token: 'hidden', scheme: 'digest' }, 'the scheme of auth rule 2 (a.test) is bearer'],
    [
      { origin: 'a.test', user: 'hidden', scheme: 'bearer' },
      'the scheme of auth rule 2 (a.test) is basic or digest',
    ],
    [
      { origin: 'a.test', user: 'hidden', scheme: 'ntlm' },
      'the scheme of auth rule 2 (a.test) is basic or digest',
    ],
    [{ user: 'hidden' }, 'auth rule 2 holds something else than texts'],
    [{ origin: 'a.test', user: 7 }, 'auth rule 2 holds something else than texts'],
    [{ origin: 'https://u:hidden@a.test', user: 'u' }, 'no origin for credentials: https://a.test'],
    [{ origin: 'a.test', user: 'hidden\n' }, 'user and password cannot hold control characters'],
  ])('refuse %j and show no secret', (rule, said) => {
    const make = () => authenticator({ auth: [{ origin: 'ok.test', token: 't' }, rule] });
    expect(make).toThrow(OptionError);
    expect(make).toThrow(said);
    expect(make).not.toThrow('hidden');
  });
});

describe('netrc', () => {
  it('gives Basic at once, whatever its words hold', () => {
    const made = authenticator({ netrc: 'machine a.test login a:b password "x\\n"' })!;
    expect(made.authorization(request('http://a.test:8080/'))).toBe(basicOf('a:b:x\n'));
    expect(made.authorization(request('http://b.test/'))).toBeUndefined();
  });

  it('waits for a challenge with digest, and answers none that it has no login for', () => {
    const netrc = 'machine a.test login n password p machine bad.test login "x\\n" password p';
    const made = authenticator({ digest: true, netrc })!;
    expect(answer(made, request('http://a.test/'), digest('n'))).toMatchObject({ username: 'n' });
    for (const url of ['http://b.test/', 'http://bad.test/']) {
      const one = request(url);
      expect(made.challenged(one, response(one, 401, [digest('n')]))).toBe(false);
    }
  });
});

describe('whose credentials they are', () => {
  const all = {
    digest: true,
    user: 'u:p',
    netrc: 'default login n password p',
    auth: [{ origin: '*.test', token: 't' }],
  };

  it('lets a field of the caller win, and does not answer for it', () => {
    for (const options of [ADA, all]) {
      const made = authenticator(options)!;
      const own = request('http://x.test/', { headers: { AUTHORIZATION: 'mine' } });
      expect(made.authorization(own)).toBeUndefined();
      expect(made.challenged(own, response(own, 401, [digest('n')]))).toBe(false);
    }
  });

  it.each([
    ['http://b.test/', ['http://a.test/']],
    ['https://a.test/', ['http://a.test/']],
    ['http://a.test:81/', ['http://a.test/']],
    ['http://a.test/2', ['http://a.test/', 'http://b.test/']],
    ['http://b.test/', ['http://a.test/', 'http://b.test/']],
  ])('does not follow a redirect away, nor back: %s after %j', (url, from) => {
    const one = request(url, { from });
    expect(hasLeft(one)).toBe(true);
    for (const options of [ADA, all, { netrc: all.netrc }]) {
      const made = authenticator(options)!;
      // The origin is known and trusted: it is this way to it that is not.
      const straight = request(url);
      made.challenged(straight, response(straight, 401, [digest('n')]));
      expect(made.authorization(one)).toBeUndefined();
      expect(made.challenged(one, response(one, 401, [digest('n')]))).toBe(false);
    }
  });

  it('follows a redirect within its origin', () => {
    const made = authenticator(ADA)!;
    const one = request('http://a.test/2', { from: ['http://a.test/', 'http://a.test:80/1'] });
    expect(answer(made, one, digest('n'))).toMatchObject({ username: 'ada', uri: '/2' });
  });

  it('tells a nonce of one origin to no other', () => {
    const made = authenticator(ADA)!;
    answer(made, request('http://a.test/'), digest('n1'));
    for (const url of ['http://b.test/', 'https://a.test/', 'http://a.test:8080/']) {
      expect(made.authorization(request(url))).toBeUndefined();
    }
  });
});

describe('Digest', () => {
  it('answers a challenge, then uses its nonce unasked and counts, over requests in parallel', () => {
    const made = authenticator(ADA)!;
    const first = answer(made, request('http://a.test/x?y'), digest('n'));
    const ha = [sha('md5', 'ada:r:pass-of-ada'), sha('md5', 'GET:/x?y')];
    expect(first).toMatchObject({ nc: '00000001', cnonce: 'c1', uri: '/x?y' });
    expect(first['response']).toBe(sha('md5', `${ha[0]}:n:00000001:c1:auth:${ha[1]}`));
    const parallel = [1, 2, 3].map(() => fieldsOf(made.authorization(request('http://a.test/'))));
    expect(parallel.map((f) => [f['nonce'], f['nc'], f['cnonce']])).toEqual([
      ['n', '00000002', 'c2'],
      ['n', '00000003', 'c3'],
      ['n', '00000004', 'c4'],
    ]);
  });

  it('answers all of many that were challenged before the first answer', () => {
    const made = authenticator(ADA)!;
    const many = Array.from({ length: 50 }, (_, i) => request(`http://a.test/${i}`));
    for (const one of many) expect(made.authorization(one)).toBeUndefined();
    many.forEach((one, i) => {
      expect(made.challenged(one, response(one, 401, [digest(`n${i}`)]))).toBe(true);
    });
    const counts = many.map((one) => fieldsOf(made.authorization(one))['nc']);
    expect(new Set(counts).size).toBe(50);
  });

  it('takes a second 401 for final, without harm to other requests', () => {
    const made = authenticator(ADA)!;
    const one = request('http://a.test/');
    answer(made, one, digest('n1'));
    expect(made.challenged(one, response(one, 401, [digest('n2')]))).toBe(false);
    expect(fieldsOf(made.authorization(request('http://a.test/')))['nonce']).toBe('n1');
  });

  it('goes on with a new nonce where the old one was stale, but not without end', () => {
    const made = authenticator(ADA)!;
    const one = request('http://a.test/');
    answer(made, one, digest('n1'));
    const stale = (n: number) => response(one, 401, [digest(`n${n}`, `${QOP}, stale=true`)]);
    expect(made.challenged(one, stale(2))).toBe(true);
    expect(fieldsOf(made.authorization(one))).toMatchObject({ nonce: 'n2', nc: '00000001' });
    expect(made.challenged(one, stale(3))).toBe(true);
    expect(made.challenged(one, stale(4))).toBe(false);
  });

  it('prefers SHA-256 to MD5, and hashes the name where that is asked for', () => {
    const made = authenticator(ADA)!;
    const more = (algorithm: string) => `${QOP}, algorithm=${algorithm}, userhash=true`;
    const fields = answer(
      made,
      request('http://a.test/'),
      digest('n', more('MD5')),
      digest('n', more('SHA-256')),
    );
    expect(fields).toMatchObject({ algorithm: 'SHA-256', userhash: 'true' });
    expect(fields['username']).toBe(sha('sha256', 'ada:r'));
  });

  it.each([
    [200, [digest('n')]],
    [403, [digest('n')]],
    [407, [digest('n')]],
    [401, []],
    [401, ['Basic realm="r"', 'Negotiate']],
    [401, ['Digest realm="r", nonce="n", algorithm=SHA-9']],
  ])('lets %i with %j stand', (status, challenges) => {
    const made = authenticator(ADA)!;
    const one = request('http://a.test/');
    expect(made.challenged(one, response(one, status, challenges))).toBe(false);
    expect(made.authorization(one)).toBeUndefined();
    expect(`${made}`).toContain('; 0 origins challenged');
  });

  it('remembers 10,000 origins, and of more those that were used last', () => {
    const made = authenticator(ADA)!;
    const challenge = (i: number) => {
      const one = request(`http://h${i}.test/`);
      expect(made.challenged(one, response(one, 401, [digest('n')]))).toBe(true);
    };
    const known = (i: number) => made.authorization(request(`http://h${i}.test/`)) !== undefined;
    for (let i = 0; i < 10_000; i++) challenge(i);
    expect(known(0)).toBe(true);
    challenge(10_000);
    expect([0, 1, 2, 10_000].map(known)).toEqual([true, false, true, true]);
    expect(`${made}`).toBe('auth rules: none; no netrc; 10,000 origins challenged');
  });
});

describe('bodies', () => {
  const INT = 'qop="auth-int"';

  it('are hashed where the server wants it', () => {
    const made = authenticator(ADA)!;
    const fields = answer(made, request('http://a.test/', { method: 'POST', body: '{}' }), digest('n', INT));
    const ha = [sha('md5', 'ada:r:pass-of-ada'), sha('md5', `POST:/:${sha('md5', '{}')}`)];
    expect(fields['response']).toBe(sha('md5', `${ha[0]}:n:00000001:c1:auth-int:${ha[1]}`));
  });

  it('that are produced while they are sent are sent again where they can be produced again', () => {
    const made = authenticator(ADA)!;
    const replayable = request('http://a.test/', { method: 'PUT', stream: { replayable: true } });
    expect(answer(made, replayable, digest('n'))).toMatchObject({ qop: 'auth' });
    const once = request('http://b.test/', { method: 'PUT', stream: { replayable: false } });
    expect(made.challenged(once, response(once, 401, [digest('n')]))).toBe(false);
    // With a nonce that is known it goes out authorized at first.
    const second = request('http://a.test/', { method: 'PUT', stream: { replayable: false } });
    expect(fieldsOf(made.authorization(second))).toMatchObject({ nonce: 'n', nc: '00000002' });
  });

  it('that are not in memory cannot be hashed: the 401 stands, and no wrong answer goes out', () => {
    const made = authenticator(ADA)!;
    const one = request('http://a.test/', { method: 'PUT', stream: { replayable: true } });
    expect(made.challenged(one, response(one, 401, [digest('n', INT)]))).toBe(false);
    expect(made.authorization(one)).toBeUndefined();
    expect(fieldsOf(made.authorization(request('http://a.test/')))).toMatchObject({ qop: 'auth-int' });
  });
});

describe('secrets', () => {
  it('are in nothing that prints', () => {
    const made = authenticator({
      ...ADA,
      netrc: 'machine hidden.test login hidden password hidden',
      auth: [{ origin: 'b.test', user: 'hidden', password: 'hidden', scheme: 'digest' }],
      user: 'hidden:hidden',
    })!;
    const one = request('http://a.test/');
    answer(made, one, digest('n'));
    const printed = [
      inspect(made, { showHidden: true, depth: 9 }),
      JSON.stringify(made),
      `${made}`,
      `${one}`,
    ];
    expect(printed.join('\n')).not.toMatch(/hidden(?!.test)|response=/);
  });
});

describe('a server that counts', () => {
  /** Refuses a nonce after some uses, and a count that it has seen. */
  class Server {
    readonly #usesMax: number;
    readonly #seen = new Map<string, Set<string>>();
    #nonce = 0;

    constructor(usesMax: number) {
      this.#usesMax = usesMax;
      this.#seen.set('n0', new Set());
    }

    respond(one: Request, value: string | undefined): Response {
      const { nonce = '', nc = '', cnonce, uri, response: given } = fieldsOf(value);
      const seen = this.#seen.get(nonce);
      const ha = [sha('sha256', 'ada:r:pass-of-ada'), sha('sha256', `${one.method}:${uri}`)];
      const right = given === sha('sha256', `${ha[0]}:${nonce}:${nc}:${cnonce}:auth:${ha[1]}`);
      if (seen !== undefined && right && uri === one.target && !seen.has(nc) && seen.size < this.#usesMax) {
        seen.add(nc);
        return response(one, 200, []);
      }
      this.#seen.set(`n${++this.#nonce}`, new Set());
      const stale = right ? ', stale=true' : '';
      return response(one, 401, [digest(`n${this.#nonce}`, `${QOP}, algorithm=SHA-256${stale}`)]);
    }
  }

  it('lets every request through, in whatever order answers come, unless it was always too late', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.array(fc.nat(3), { maxLength: 60 }),
        (usesMax, picks) => {
          const server = new Server(usesMax);
          const made = authenticator(ADA)!;
          let next = 0;
          const start = () => {
            const one = request(`http://a.test/${next++}`);
            return { one, refusals: 0, value: made.authorization(one) };
          };
          const inFlight = [start(), start(), start(), start()];
          for (const pick of picks) {
            const sent = inFlight[pick]!;
            const came = server.respond(sent.one, sent.value);
            const again = made.challenged(sent.one, came);
            if (came.status === 401) expect(again).toBe(++sent.refusals <= 3);
            if (again) sent.value = made.authorization(sent.one);
            else inFlight[pick] = start();
          }
        },
      ),
    );
  });
});
