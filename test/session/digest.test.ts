// Digest: the published examples, what is chosen, when to send again, and what the fields look like.

import { createHash, getHashes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { parseChallenges } from '../../src/session/auth.ts';
import { DigestAuth } from '../../src/session/digest.ts';

const MUFASA = { user: 'Mufasa', password: 'Circle of Life' };

/** c1, c2, … */
function counting(): () => string {
  let n = 0;
  return () => `c${++n}`;
}

/** The parameters of an Authorization value, read by the same rules as a challenge. */
function fieldsOf(value: string | undefined): Record<string, string> {
  const [digest] = parseChallenges([value ?? '']);
  return Object.fromEntries(digest?.params ?? []);
}

function answered(
  challenge: string,
  credentials = MUFASA,
  method = 'GET',
  target = '/dir/index.html',
  cnonce = 'cn',
) {
  const auth = new DigestAuth(credentials, () => cnonce);
  expect(auth.challenge([challenge], 0)).toBe(true);
  return fieldsOf(auth.authorization(method, target));
}

const hex = (hash: string, text: string) => createHash(hash).update(text).digest('hex');

describe('the published examples', () => {
  const rfc7616 = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

  it('answers RFC 7616 section 3.9.1 with MD5, field by field', () => {
    const auth = new DigestAuth(MUFASA, () => cnonce);
    expect(auth.challenge([rfc7616('MD5')], 0)).toBe(true);
    expect(auth.authorization('GET', '/dir/index.html')).toBe(
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5, ' +
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ' +
        `cnonce="${cnonce}", qop=auth, response="8ca523f5e9506fed4657c9700eebdbec", ` +
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    );
  });

  it('answers RFC 7616 section 3.9.1 with SHA-256, offered together with MD5', () => {
    const auth = new DigestAuth(MUFASA, () => cnonce);
    expect(auth.challenge([rfc7616('MD5'), rfc7616('SHA-256')], 0)).toBe(true);
    const fields = fieldsOf(auth.authorization('GET', '/dir/index.html'));
    expect(fields['algorithm']).toBe('SHA-256');
    expect(fields['response']).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  });

  // The values of erratum 4897: those printed in the RFC are not SHA-512/256.
  it.runIf(getHashes().includes('sha512-256'))('answers RFC 7616 section 3.9.2 with its hashed name', () => {
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", ' +
      'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true';
    const doe = { user: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' };
    const own = 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v';
    const fields = answered(challenge, doe, 'GET', '/doe.json', own);
    expect(fields).toMatchObject({
      username: '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
      response: '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
      userhash: 'true',
    });
    const plain = answered(
      challenge.replace('userhash=true', 'userhash=false'),
      doe,
      'GET',
      '/doe.json',
      own,
    );
    expect(plain).toMatchObject({
      'username*': "UTF-8''J%C3%A4s%C3%B8n%20Doe",
      response: fields['response'],
    });
    expect(plain['username'] ?? plain['userhash']).toBeUndefined();
  });

  it('answers RFC 2617 section 3.5', () => {
    const challenge =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
      'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const fields = answered(
      challenge,
      { user: 'Mufasa', password: 'Circle Of Life' },
      'GET',
      undefined,
      '0a4f113b',
    );
    expect(fields['response']).toBe('6629fae49393a05397450978507c4ef1');
    expect(fields['algorithm']).toBeUndefined();
  });

  // RFC 2069 section 2.4, with the response that its own rules give: the printed one is a known error.
  it('answers a server that knows no qop, without nc and cnonce', () => {
    const challenge =
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    expect(answered(challenge, { user: 'Mufasa', password: 'CircleOfLife' })).toEqual({
      username: 'Mufasa',
      realm: 'testrealm@host.com',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      uri: '/dir/index.html',
      response: '1949323746fe6a43ef61f9606e7febea',
      opaque: '5ccc069c403ebaf9f0171e9517f40e41',
    });
  });
});

describe('what is hashed', () => {
  it('hashes the body for auth-int, where auth is not offered', () => {
    const auth = new DigestAuth(MUFASA, () => 'cn');
    auth.challenge(['Digest realm="r", nonce="n", qop="auth-int"'], 0);
    const ha1 = hex('md5', 'Mufasa:r:Circle of Life');
    for (const [body, text] of [
      [Buffer.from('{"a":1}'), '{"a":1}'],
      [undefined, ''],
    ] as const) {
      const fields = fieldsOf(auth.authorization('POST', '/x', body));
      const ha2 = hex('md5', `POST:/x:${hex('md5', text)}`);
      expect(fields['qop']).toBe('auth-int');
      expect(fields['response']).toBe(hex('md5', `${ha1}:n:${fields['nc']}:cn:auth-int:${ha2}`));
    }
  });

  it('says whether the body is in what it answers', () => {
    const auth = new DigestAuth(MUFASA, () => 'cn');
    expect(auth.hashesBody).toBe(false);
    auth.challenge(['Digest realm="r", nonce="n", qop="auth-int"'], 0);
    expect(auth.hashesBody).toBe(true);
    auth.challenge(['Digest realm="r", nonce="n", qop="auth,auth-int"'], 0);
    expect(auth.hashesBody).toBe(false);
  });

  it.each([
    ['MD5-sess', 'md5'],
    ['sha-256-SESS', 'sha256'],
  ])('makes the secret of %s once, with one cnonce for the whole nonce', (algorithm, hash) => {
    const auth = new DigestAuth(MUFASA, counting());
    auth.challenge([`Digest realm="r", nonce="n", qop="auth", algorithm=${algorithm}`], 0);
    const ha1 = hex(hash, `${hex(hash, 'Mufasa:r:Circle of Life')}:n:c1`);
    for (const nc of ['00000001', '00000002']) {
      const fields = fieldsOf(auth.authorization('GET', '/x'));
      expect(fields).toMatchObject({ nc, cnonce: 'c1', algorithm });
      expect(fields['response']).toBe(hex(hash, `${ha1}:n:${nc}:c1:auth:${hex(hash, 'GET:/x')}`));
    }
  });

  it('says the cnonce of a session algorithm without qop, or it could not be checked', () => {
    const fields = answered('Digest realm="r", nonce="n", algorithm=MD5-sess');
    const ha1 = hex('md5', `${hex('md5', 'Mufasa:r:Circle of Life')}:n:cn`);
    expect(fields['cnonce']).toBe('cn');
    expect(fields['nc'] ?? fields['qop']).toBeUndefined();
    expect(fields['response']).toBe(hex('md5', `${ha1}:n:${hex('md5', 'GET:/dir/index.html')}`));
  });

  it('takes realm and name as octets, and normalises only where UTF-8 is asked for', () => {
    const composed = { user: 'u', password: '\u00e4' };
    const decomposed = { user: 'u', password: 'a\u0308' };
    const plain = 'Digest realm="r\xe9", nonce="n"';
    const ha2 = hex('md5', 'GET:/dir/index.html');
    const expected = (password: string) => {
      const secret = Buffer.concat([Buffer.from('u:r\xe9:', 'latin1'), Buffer.from(password)]);
      return hex('md5', `${createHash('md5').update(secret).digest('hex')}:n:${ha2}`);
    };
    expect(answered(plain, composed)['response']).toBe(expected('\u00e4'));
    expect(answered(plain, decomposed)['response']).toBe(expected('a\u0308'));
    expect(answered(`${plain}, charset="utf-8"`, decomposed)['response']).toBe(expected('\u00e4'));
  });

  it('writes a name beyond ASCII as UTF-8 octets for a server that says nothing of charsets', () => {
    expect(answered('Digest realm="r", nonce="n"', { user: 'ü', password: '' })['username']).toBe('\xc3\xbc');
  });

  it('encodes what RFC 8187 wants encoded', () => {
    const fields = answered('Digest realm="r", nonce="n", charset=UTF-8', {
      user: "ü'(*)\ud800",
      password: '',
    });
    expect(fields['username*']).toBe("UTF-8''%C3%BC%27%28%2A%29%EF%BF%BD");
  });

  it('quotes what needs quoting', () => {
    const fields = answered('Digest realm="a \\"b\\" \\\\", nonce="n", opaque=""', {
      user: 'x"\\',
      password: '',
    });
    expect(fields).toMatchObject({ realm: 'a "b" \\', username: 'x"\\', opaque: '' });
  });
});

describe('which challenge is taken', () => {
  const offer = (algorithm: string, more = '') =>
    `Digest realm="r", nonce="${algorithm}", algorithm=${algorithm}${more}`;
  const chosen = (...values: string[]) => {
    const auth = new DigestAuth(MUFASA, counting());
    return auth.challenge(values, 0) ? fieldsOf(auth.authorization('GET', '/'))['nonce'] : undefined;
  };

  it('takes the strongest, in one field or in several, and among equals the first', () => {
    expect(chosen(`${offer('MD5')}, ${offer('SHA-256')}, Basic realm="r"`)).toBe('SHA-256');
    expect(chosen(offer('SHA-256'), offer('MD5'))).toBe('SHA-256');
    expect(chosen(offer('MD5-sess'), offer('MD5'))).toBe('MD5-sess');
    expect(chosen(offer('SHA-256'), offer('SHA-256-sess'))).toBe('SHA-256');
  });

  it('passes over what it does not know', () => {
    expect(chosen(offer('SHA-1024'), offer('MD5'))).toBe('MD5');
    expect(chosen(offer('constructor'), offer('__proto__'))).toBeUndefined();
    expect(chosen(offer('SHA-256', ', qop="auth-conf"'), offer('MD5'))).toBe('MD5');
    expect(chosen('Basic realm="r"', 'Negotiate')).toBeUndefined();
    expect(chosen()).toBeUndefined();
  });

  it.each(['Digest realm="r"', 'Digest nonce="n"', 'Digest', 'Digest realm="r", nonce="a\x01b"'])(
    'does not answer %j',
    (value) => {
      expect(chosen(value)).toBeUndefined();
    },
  );

  it('prefers auth to auth-int, in any case and order', () => {
    expect(answered('Digest realm="r", nonce="n", qop="AUTH-INT, Auth"')['qop']).toBe('auth');
  });
});

describe('when to send again', () => {
  const fresh = (nonce: string, stale = '') => [`Digest realm="r", nonce="${nonce}", qop="auth"${stale}`];

  it('has nothing to say before a challenge', () => {
    const auth = new DigestAuth(MUFASA, counting());
    expect(auth.authorization('GET', '/')).toBeUndefined();
    expect(`${auth}`).toBe('digest, no challenge');
  });

  it('uses a nonce again unasked, counts its uses, and makes a new cnonce for each', () => {
    const auth = new DigestAuth(MUFASA, counting());
    auth.challenge(fresh('n1'), 0);
    const uses = [1, 2, 3].map(() => fieldsOf(auth.authorization('GET', '/')));
    expect(uses.map((f) => [f['nonce'], f['nc'], f['cnonce']])).toEqual([
      ['n1', '00000001', 'c1'],
      ['n1', '00000002', 'c2'],
      ['n1', '00000003', 'c3'],
    ]);
    expect(`${auth}`).toBe('digest MD5, nonce used 3 times');
    auth.challenge(fresh('n2'), 0);
    expect(fieldsOf(auth.authorization('GET', '/'))).toMatchObject({ nonce: 'n2', nc: '00000001' });
  });

  it('takes the second refusal of one request for final, and keeps the nonce that serves others', () => {
    const auth = new DigestAuth(MUFASA, counting());
    expect(auth.challenge(fresh('n1'), 0)).toBe(true);
    expect(auth.challenge(fresh('n2'), 1)).toBe(false);
    expect(auth.challenge(fresh('n2', ', stale=false'), 1)).toBe(false);
    expect(fieldsOf(auth.authorization('GET', '/'))['nonce']).toBe('n1');
  });

  it('sends again with a new nonce when the old one was stale, but not without end', () => {
    const auth = new DigestAuth(MUFASA, counting());
    expect(auth.challenge(fresh('n1'), 0)).toBe(true);
    expect(auth.challenge(fresh('n2', ', stale=TRUE'), 1)).toBe(true);
    expect(fieldsOf(auth.authorization('GET', '/'))).toMatchObject({ nonce: 'n2', nc: '00000001' });
    expect(auth.challenge(fresh('n3', ', stale="true"'), 2)).toBe(true);
    expect(auth.challenge(fresh('n4', ', stale=true'), 3)).toBe(false);
  });

  it('lets many requests that were challenged at once all be sent again', () => {
    const auth = new DigestAuth(MUFASA, counting());
    for (let i = 0; i < 50; i++) expect(auth.challenge(fresh(`n${i}`), 0)).toBe(true);
    expect(fieldsOf(auth.authorization('GET', '/'))).toMatchObject({ nonce: 'n49', nc: '00000001' });
  });
});

describe('what leaves', () => {
  it('fits into a header field, whatever server and caller say', () => {
    const octet = fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c));
    const text = fc.string({ unit: octet, maxLength: 10 });
    const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
    const user = fc
      .string({ unit: 'binary', maxLength: 10 })
      .filter((name) => !/[\u0000-\u001f\u007f]/.test(name));
    fc.assert(
      fc.property(text, text, text, user, fc.boolean(), (realm, nonce, opaque, name, utf8) => {
        const auth = new DigestAuth({ user: name, password: 'p' }, () => 'c');
        const charset = utf8 ? ', charset=UTF-8' : '';
        const value = `Digest realm=${quote(realm)}, nonce=${quote(nonce)}, opaque=${quote(opaque)}${charset}`;
        if (!auth.challenge([value], 0)) return;
        const sent = auth.authorization('GET', '/')!;
        EMPTY_HEADERS.with({ Authorization: sent });
        expect(fieldsOf(sent)).toMatchObject({ realm, nonce, opaque });
      }),
      { numRuns: 200 },
    );
  });

  it('is never the password, nor does printing show it', () => {
    const auth = new DigestAuth({ user: 'hidden-user', password: 'hidden-pass' }, counting());
    auth.challenge(['Digest realm="r", nonce="n"'], 0);
    expect(auth.authorization('GET', '/')).not.toContain('hidden-pass');
    const shown = [inspect(auth, { showHidden: true, depth: 9 }), JSON.stringify(auth), `${auth}`];
    expect(shown.join()).not.toContain('hidden');
  });

  it('refuses credentials with a line end in them when they are given', () => {
    expect(() => new DigestAuth({ user: 'u', password: 'p\n' }, counting())).toThrow(OptionError);
  });
});
