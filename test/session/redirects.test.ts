// Redirects: where they lead, what goes along, what stays behind, and where they end.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadersInput } from '../../src/model/header-block.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { REUSED, Response } from '../../src/model/outcome.ts';
import type { Hop } from '../../src/model/request.ts';
import { type Request, RequestFactory } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';
import { type RedirectVerdict, redirect } from '../../src/session/redirects.ts';

const SETTINGS = { redirectsMax: 20, secretHeaders: new Set(['x-api-key']) };
const FRAMING = {
  contentLength: 0,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;

interface Parts {
  method?: string;
  headers?: HeadersInput;
  body?: string;
  id?: string;
}

function ask(url: string, parts: Parts = {}): Request {
  const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
  return factory.from(7, { url, ...parts });
}

function answer(request: Request, status: number, fields: readonly string[]): Response {
  const lines = fields.map((field) => `${field}\r\n`).join('');
  const head = new ResponseHead(status, '1.1', 'Moved', lines, FRAMING);
  return new Response(request, head, Buffer.alloc(0), '', 1, 1, REUSED, '127.0.0.1');
}

function follow(
  request: Request,
  status: number,
  location: string,
  hops: readonly Hop[] = [],
): RedirectVerdict {
  return redirect(request, answer(request, status, [`Location: ${location}`]), hops, SETTINGS);
}

/** The request that follows; a test that expects one fails where there is none. */
function next(request: Request, status: number, location: string): Request {
  const verdict = follow(request, status, location);
  if (verdict.type !== 'follow') throw new Error(JSON.stringify(verdict));
  return verdict.request;
}

function landing(base: string, location: string): string {
  return next(ask(base), 302, location).url;
}

describe('which responses redirect', () => {
  const request = ask('http://a.test/');

  it('follows 301, 302, 303, 307 and 308, and no other status', () => {
    for (let status = 100; status <= 599; status++) {
      const expected = [301, 302, 303, 307, 308].includes(status) ? 'follow' : 'final';
      expect(follow(request, status, '/x').type, String(status)).toBe(expected);
    }
  });

  it('takes a redirect without Location for the final response, as fetch does', () => {
    expect(redirect(request, answer(request, 302, ['X: 1']), [], SETTINGS)).toEqual({ type: 'final' });
  });

  it('follows a Location that is merely repeated, and refuses to choose between two', () => {
    const twice = answer(request, 302, ['Location: /x', 'location: /x']);
    expect(redirect(request, twice, [], SETTINGS).type).toBe('follow');
    const two = answer(request, 302, ['Location: /x', 'Location: /y']);
    expect(redirect(request, two, [], SETTINGS)).toEqual({
      type: 'fault',
      kind: 'protocol',
      message: '302 with 2 different Location fields',
    });
  });
});

describe('where a Location leads', () => {
  // RFC 3986 sections 5.4.1 and 5.4.2; g:h is another scheme and http:g is read as browsers read it.
  const examples: ReadonlyArray<readonly [string, string]> = [
    ['g', '/b/c/g'],
    ['./g', '/b/c/g'],
    ['g/', '/b/c/g/'],
    ['/g', '/g'],
    ['?y', '/b/c/d;p?y'],
    ['g?y', '/b/c/g?y'],
    ['g#s', '/b/c/g'],
    ['g?y#s', '/b/c/g?y'],
    [';x', '/b/c/;x'],
    ['g;x', '/b/c/g;x'],
    ['g;x?y#s', '/b/c/g;x?y'],
    ['.', '/b/c/'],
    ['./', '/b/c/'],
    ['..', '/b/'],
    ['../', '/b/'],
    ['../g', '/b/g'],
    ['../..', '/'],
    ['../../', '/'],
    ['../../g', '/g'],
    ['../../../g', '/g'],
    ['../../../../g', '/g'],
    ['/./g', '/g'],
    ['/../g', '/g'],
    ['g.', '/b/c/g.'],
    ['.g', '/b/c/.g'],
    ['g..', '/b/c/g..'],
    ['./../g', '/b/g'],
    ['./g/.', '/b/c/g/'],
    ['g/./h', '/b/c/g/h'],
    ['g/../h', '/b/c/h'],
    ['g;x=1/../y', '/b/c/y'],
    ['g?y/./x', '/b/c/g?y/./x'],
    ['g?y/../x', '/b/c/g?y/../x'],
    ['http:g', '/b/c/g'],
  ];

  it.each(examples)('resolves %s as RFC 3986 does', (reference, target) => {
    expect(landing('http://a/b/c/d;p?q', reference)).toBe(`http://a${target}`);
  });

  it('reads the same document out of an empty reference and a bare fragment', () => {
    const post = ask("http://a/b?q='1'&", { method: 'POST', body: 'x' });
    expect(next(post, 302, '').url).toBe("http://a/b?q='1'&");
    expect(next(post, 302, '#f').url).toBe("http://a/b?q='1'&");
    expect(next(ask('http://a/b?q', { method: 'POST' }), 302, 'http:').url).toBe('http://a/b?q');
  });

  it('goes to other hosts, ports and schemes', () => {
    expect(landing('https://a/b', '//c.test/d')).toBe('https://c.test/d');
    expect(landing('http://a/b', 'HTTPS://C.Test:443')).toBe('https://c.test/');
    expect(landing('http://a/b', 'http://a:8080/b')).toBe('http://a:8080/b');
    expect(landing('http://a/b', 'http://[::1]:81/?x')).toBe('http://[::1]:81/?x');
    expect(landing('http://a/b', '\\\\c.test\\d')).toBe('http://c.test/d');
  });

  it('encodes octets, not characters, and whatever a request line cannot hold', () => {
    expect(landing('http://a/', '/caf\xc3\xa9?\xe9')).toBe('http://a/caf%C3%A9?%E9');
    expect(landing('http://a/', '/a b\tc?d e')).toBe('http://a/a%20b%09c?d%20e');
    expect(landing('http://a/', '/"<>^`{|}')).toBe('http://a/%22%3C%3E%5E%60%7B%7C%7D');
    expect(landing('http://a/', 'http://b\xc3\xbccher.test/')).toBe('http://xn--bcher-kva.test/');
  });

  it('leaves what is legal as it was written: it may be signed', () => {
    const signed = "/p/%7euser/(a)'b'*;v=1,2/%2F%2f//?sig='a+b/c==':@!$&%27,;[]~%C3%a9?";
    expect(landing('http://a/', signed)).toBe(`http://a${signed}`);
    expect(landing('http://a/', '/x?')).toBe('http://a/x?');
  });

  it('keeps the fragment for the final URL, own or inherited, and sends none', () => {
    const first = follow(ask('http://a/1'), 302, '/2#top');
    if (first.type !== 'follow') throw new Error(first.type);
    expect(first.request.target).toBe('/2');
    const second = follow(first.request, 301, 'http://b/3', first.hops);
    if (second.type !== 'follow') throw new Error(second.type);
    expect(second.hops).toEqual([
      { url: 'http://a/1', status: 302, location: 'http://a/2#top' },
      { url: 'http://a/2', status: 301, location: 'http://b/3#top' },
    ]);
    const third = follow(second.request, 308, '/4#', second.hops);
    expect(third.type === 'follow' && third.hops.at(-1)?.location).toBe('http://b/4#');
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 'ftp://a/', 'mailto:a@b'])(
    'refuses %s',
    (location) => {
      const scheme = location.slice(0, location.indexOf(':') + 1);
      expect(follow(ask('http://a/'), 302, location)).toEqual({
        type: 'fault',
        kind: 'protocol',
        message: `302 to a ${scheme} URL; only http and https are followed`,
      });
    },
  );

  it.each([
    ['http://', '302 to "http://", which is no valid URL'],
    ['http://a b/', '302 to "http://a%20b/", which is no valid URL'],
    ['//b\xff.test/', '302 to "//b%FF.test/", which is no valid URL'],
    ['http://a:70000/', '302 to "http://a:70000/", which is no valid URL'],
    ['http://u:secret@a:0/', '302: port 0 cannot be connected to: http://a:0'],
    ['http://u:secret@a:x/', '302 to "a:x/", which is no valid URL'],
    ['/\\u:secret@a:x/', '302 to "a:x/", which is no valid URL'],
  ])('refuses %s and shows no userinfo', (location, message) => {
    expect(follow(ask('http://a/'), 302, location)).toEqual({ type: 'fault', kind: 'protocol', message });
  });

  it('bounds a URL that relative references make longer and longer', () => {
    const verdict = follow(ask(`http://a/${'x'.repeat(20_000)}/`), 302, 'y'.repeat(20_000));
    expect(verdict).toEqual({
      type: 'fault',
      kind: 'too-large',
      message: '302 to a URL of 40,010 characters; up to 32,768 are followed',
    });
  });

  it('never throws, and never ends where the URL that is sent does not point', () => {
    const part = fc.constantFrom(
      'http:',
      'https:',
      '/',
      '//',
      '\\',
      '?',
      '#',
      '@',
      ':',
      '..',
      '%2e',
      'a',
      'b.c',
      '[::1]',
    );
    const octets = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)) });
    const location = fc.array(fc.oneof(part, octets), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(location, (text) => {
        const request = ask('https://base.test/p/q?r', { method: 'POST', body: 'x' });
        const head = new ResponseHead(
          302,
          '1.1',
          '',
          `Location: ${text.replace(/[\r\n]/g, ' ')}\r\n`,
          FRAMING,
        );
        const response = new Response(request, head, Buffer.alloc(0), '', 1, 1, REUSED, '');
        const verdict = redirect(request, response, [], SETTINGS);
        if (verdict.type !== 'follow') return;
        const { origin, target, url } = verdict.request;
        expect(target).toMatch(/^\/[!-~]*$/);
        expect(target).not.toContain('#');
        expect(new URL(url).origin).toBe(new URL(origin.key).origin);
        expect(verdict.hops[0]!.location.startsWith(url)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('method and body', () => {
  const describing = {
    'Content-Type': 'text/plain',
    'Content-Encoding': 'gzip',
    'Content-Language': 'en',
    'Content-Location': '/x',
    Digest: 'x=y',
    Accept: '*/*',
  };
  const from = (method: string, status: number, body?: string) =>
    next(
      ask('http://a/', { method, headers: describing, ...(body === undefined ? {} : { body }) }),
      status,
      '/b',
    );

  it.each([
    ['POST', 301, 'GET'],
    ['POST', 302, 'GET'],
    ['POST', 303, 'GET'],
    ['PUT', 303, 'GET'],
    ['DELETE', 303, 'GET'],
    ['GET', 303, 'GET'],
    ['HEAD', 303, 'HEAD'],
  ])('makes %s after %i a %s that describes no body', (method, status, expected) => {
    const request = from(method, status, 'body');
    expect([request.method, request.body]).toEqual([expected, undefined]);
    expect(request.headers.text).toBe('Accept: */*\r\n');
  });

  it.each([
    ['GET', 301],
    ['HEAD', 301],
    ['HEAD', 302],
    ['PUT', 301],
    ['PUT', 302],
    ['DELETE', 302],
    ['PATCH', 301],
    ['POST', 307],
    ['POST', 308],
    ['PUT', 307],
    ['GET', 308],
  ])('leaves %s after %i as it is, body and all', (method, status) => {
    const request = from(method, status, 'body');
    expect(request.method).toBe(method);
    expect(Buffer.from(request.body!).toString()).toBe('body');
    expect(request.headers.get('content-type')).toBe('text/plain');
  });

  it('keeps index and id and starts its attempts anew', () => {
    const request = ask('http://a/', { id: 'mine' });
    request.attempt = 3;
    request.sent = 'response';
    request.fresh = true;
    const { index, id, attempt, sent, fresh } = next(request, 302, '/b');
    expect({ index, id, attempt, sent, fresh }).toEqual({
      index: 7,
      id: 'mine',
      attempt: 0,
      sent: 'none',
      fresh: false,
    });
  });

  it('does not copy a header block that loses nothing', () => {
    const request = ask('http://a/', { headers: { Accept: '*/*' } });
    expect(next(request, 302, 'http://b/').headers).toBe(request.headers);
  });
});

describe('what stays with the origin', () => {
  const headers = {
    Authorization: 'Bearer secret',
    COOKIE: 'a=secret',
    'Proxy-Authorization': 'Basic secret',
    'X-Api-Key': 'secret',
    Host: 'virtual.test',
    Accept: '*/*',
  };
  const bound = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'host'];

  it.each([
    ['another host', 'http://a.test/', 'http://b.test/'],
    ['a subdomain', 'http://a.test/', 'http://www.a.test/'],
    ['the parent domain', 'http://www.a.test/', 'http://a.test/'],
    ['another port', 'http://a.test/', 'http://a.test:8080/'],
    ['https', 'http://a.test/', 'https://a.test/'],
    ['http', 'https://a.test/', 'http://a.test/'],
    ['https on the port of http', 'http://a.test/', 'https://a.test:80/'],
    ['a host with a final dot', 'http://a.test/', 'http://a.test./'],
    ['a host that begins the same', 'http://a.test/', 'http://a.test.evil.test/'],
    ['a host behind userinfo that looks like the first', 'http://a.test/', 'http://a.test@evil.test/'],
    ['a host after backslashes', 'http://a.test/', '/\\evil.test/'],
    ['a relative reference with a host', 'http://a.test/', '//b.test/'],
  ])('is dropped on the way to %s', (_, from, to) => {
    const request = next(ask(from, { headers }), 307, to);
    expect(request.headers.text).not.toContain('secret');
    for (const name of bound.slice(1)) expect(request.headers.has(name), name).toBe(false);
    expect(request.headers.host).toBeUndefined();
    expect(request.headers.get('accept')).toBe('*/*');
  });

  it.each(['/b', '?x', 'http://a.test/b', 'HTTP://A.TEST:80/b', '//a.test/b'])(
    'stays on a hop to %s on the same origin',
    (to) => {
      const request = next(ask('http://a.test/', { headers }), 302, to);
      for (const name of bound) expect(request.headers.has(name), name).toBe(true);
      expect(request.headers.host).toBe('virtual.test');
    },
  );

  it('does not come back on the way back (CVE-2024-45336, CVE-2025-4673)', () => {
    const away = next(ask('http://a.test/', { headers }), 302, 'http://b.test/');
    const back = next(away, 302, 'http://a.test/');
    expect(back.url).toBe('http://a.test/');
    expect(back.headers.text).toBe('Accept: */*\r\n');
  });

  it('adds no Referer, and takes the caller’s own away from https to http only', () => {
    const request = ask('https://a.test/', { headers: { Referer: 'https://a.test/private' } });
    expect(next(request, 302, 'https://b.test/').headers.get('referer')).toBe('https://a.test/private');
    expect(next(request, 302, 'http://a.test/').headers.has('referer')).toBe(false);
    const plain = ask('http://a.test/', { headers: { Referer: 'http://a.test/x' } });
    expect(next(plain, 302, 'http://b.test/').headers.get('referer')).toBe('http://a.test/x');
    expect(next(ask('https://a.test/'), 302, '/b').headers.has('referer')).toBe(false);
  });

  it('makes userinfo in a Location into Basic credentials, for that origin alone', () => {
    const request = next(ask('http://a.test/', { headers }), 302, 'http://us%C3%A9r:p%40ss@b.test/');
    const expected = `Basic ${Buffer.from('usér:p@ss').toString('base64')}`;
    expect(request.headers.get('authorization')).toBe(expected);
    expect(request.url).toBe('http://b.test/');
    expect(next(request, 302, '/x').headers.get('authorization')).toBe(expected);
    expect(next(request, 302, 'http://c.test/').headers.has('authorization')).toBe(false);
  });

  it('lets the caller’s own credentials win over userinfo for the same origin, as curl does with -u', () => {
    const request = next(ask('http://a.test/', { headers }), 302, 'http://u:p@a.test/x');
    expect(request.headers.get('authorization')).toBe('Bearer secret');
  });

  it('is never sent elsewhere, nor anywhere after having been elsewhere', () => {
    const origin = fc
      .tuple(
        fc.constantFrom('http', 'https'),
        fc.constantFrom('a.test', 'b.test', 'www.a.test', '[::1]'),
        fc.constantFrom('', ':80', ':443', ':8080'),
      )
      .map(([scheme, host, port]) => `${scheme}://${host}${port}`);
    const userinfo = fc.constantFrom('', '', 'u:p@', 'a.test@');
    const absolute = fc
      .tuple(origin, userinfo, fc.webPath())
      .map(([base, user, path]) => `${base.replace('//', `//${user}`)}${path}`);
    const local = fc.constantFrom('/x', '?y', 'z/', '//a.test/', '//b.test/q', '#f', 'http:g');
    const status = fc.constantFrom(301, 302, 303, 307, 308);
    const method = fc.constantFrom('GET', 'POST', 'HEAD', 'PUT');
    const hop = fc.tuple(fc.oneof(absolute, local), status);
    fc.assert(
      fc.property(origin, method, fc.array(hop, { minLength: 1, maxLength: 12 }), (start, first, chain) => {
        let request = ask(`${start}/`, { method: first, headers, body: 'b' });
        let hops: readonly Hop[] = [];
        const home = request.origin.key;
        let away = false;
        for (const [location, code] of chain) {
          const verdict = follow(request, code, location, hops);
          if (verdict.type !== 'follow') break;
          ({ request, hops } = verdict);
          away ||= request.origin.key !== home;
          expect(request.headers.text.includes('secret')).toBe(!away);
          if (away) expect(request.headers.host).toBeUndefined();
          for (const one of hops)
            expect(`${new URL(one.url).username}${new URL(one.location).username}`).toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('where it ends', () => {
  it('follows as many as are allowed and names the option that allows more', () => {
    let request = ask('http://a/0');
    let hops: readonly Hop[] = [];
    for (let i = 1; i <= 20; i++) {
      const verdict = follow(request, 302, `/${i}`, hops);
      if (verdict.type !== 'follow') throw new Error(JSON.stringify(verdict));
      ({ request, hops } = verdict);
    }
    expect(hops).toHaveLength(20);
    expect(follow(request, 302, 'http://u:p@a/21', hops)).toEqual({
      type: 'fault',
      kind: 'too-large',
      message: 'more than 20 redirects (maxRedirects), the next to http://a/21',
    });
  });

  it('takes a limit of 0 for what it says', () => {
    const request = ask('http://a/');
    const response = answer(request, 302, ['Location: /b']);
    const verdict = redirect(request, response, [], { ...SETTINGS, redirectsMax: 0 });
    expect(verdict).toMatchObject({ type: 'fault', kind: 'too-large' });
  });

  it('sees at once that a redirect to itself is a loop', () => {
    expect(follow(ask('http://a/x?y'), 302, '/x?y#z')).toEqual({
      type: 'fault',
      kind: 'protocol',
      message: '302 from http://a/x?y to itself, with no Set-Cookie or Retry-After: a loop',
    });
  });

  it.each(['Set-Cookie: a=1', 'Retry-After: 1'])(
    'follows one to itself where %s may change the answer',
    (field) => {
      const request = ask('http://a/x');
      expect(redirect(request, answer(request, 302, ['Location: /x', field]), [], SETTINGS).type).toBe(
        'follow',
      );
    },
  );

  it('follows one to the same URL with another method, body or credentials', () => {
    expect(follow(ask('http://a/x', { method: 'POST' }), 303, '/x').type).toBe('follow');
    expect(follow(ask('http://a/x', { method: 'GET', body: 'b' }), 303, '/x').type).toBe('follow');
    expect(follow(ask('http://a/x'), 302, 'http://u:p@a/x').type).toBe('follow');
  });
});
