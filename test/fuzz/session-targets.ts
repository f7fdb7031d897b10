// What a session believes of a peer, and what it reads from files: cookies, redirects, challenges, netrc.

import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { REUSED, Response } from '../../src/model/outcome.ts';
import type { Hop } from '../../src/model/request.ts';
import { type Request, RequestFactory } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';
import { parseChallenges } from '../../src/session/auth.ts';
import { readCookieFile } from '../../src/session/cookie-file.ts';
import { readSetCookie } from '../../src/session/cookie-line.ts';
import { DigestAuth } from '../../src/session/digest.ts';
import { NetrcError, parseNetrc } from '../../src/session/netrc.ts';
import { redirect } from '../../src/session/redirects.ts';
import { Browser } from '../session/cookie-fixture.ts';
import { type FuzzTarget, holds, same } from './target.ts';

const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The head parser lets nothing else through. */
const asField = (input: string) => input.replace(/[\0\r\n]/g, '');

const setCookie: FuzzTarget = {
  name: 'set-cookie',
  corpus: [
    'a=b; Path=/; Domain=shop.example.com; Secure; HttpOnly; SameSite=Lax',
    'id="x y, z"; Max-Age=3600; Expires=Wed, 09 Jun 2100 10:18:14 GMT',
    '__Host-s=1; Secure; Path=/',
    '=nameless; Path=/a/b',
    'x=; Expires=Thu, 01-Jan-1970 00:00:00 GMT; Max-Age=-1',
    'u=\xc3\xa9\xa0; domain=.EXAMPLE.com; domain=; path=x',
    'd=1; Domain=co.uk',
    'ip=1; Domain=[::1]',
  ],
  words: [
    '; ',
    '=',
    'Domain=',
    'Path=/',
    'Secure',
    'Max-Age=',
    'Expires=',
    '__Secure-',
    '__Host-',
    'example.com',
    ',',
  ],
  check(input) {
    const line = asField(input);
    const draft = readSetCookie(line, 0);
    const browser = new Browser();
    browser.set('https://shop.example.com/a/b/c?d', line);
    for (const url of [
      'https://example.org/',
      'https://notexample.com/',
      'https://other.com/',
      'http://com/',
    ]) {
      same(browser.at(url), undefined, `no cookie goes to ${url}`);
    }
    const field = browser.at('https://shop.example.com/a/b/c') ?? '';
    holds(FIELD_TEXT.test(field) && !field.includes(';'), 'one cookie of what a field may hold');
    if (typeof draft === 'string') return same(browser.store.size, 0, 'cookies of a line that is none');
    if (field !== '') {
      const written = draft.name === '' ? [draft.value, `=${draft.value}`] : [`${draft.name}=${draft.value}`];
      holds(written.includes(field), 'it goes back as it came');
    }
    holds(draft.value === '' || line.includes(draft.value), 'its value stands in the line');
    const saved = browser.store.save();
    const again = new Browser();
    same(again.store.load(saved), [], 'problems of what was saved');
    same(again.store.save(), saved, 'what was saved and read');
    holds(saved.split('\n').length === 5 + browser.store.size, 'a line for each cookie');
  },
  floods: [
    ['a=b', ';', ''],
    ['a=b', '; Path=/', ''],
    ['a=', ' \t', 'x'],
    ['a=b; Expires=', '1 ', ''],
    ['a=b; Expires=', '1:', ''],
    ['a=b; Domain=', '.', 'com'],
    ['a=b; Domain=', 'a.', 'com'],
    ['', '=', ''],
  ],
};

const cookieFile: FuzzTarget = {
  name: 'cookie-file',
  corpus: [
    '# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t4102444800\tname\tvalue\n',
    '#HttpOnly_host.test\tFALSE\t/a\tFALSE\t0\ta\tb\tc\r\n\n# remark\n',
    'Set-Cookie: a=b; Domain=example.com\nHTTP/1.1 200 OK\nDate: x\n',
    '\xef\xbb\xbf[::1]\tFALSE\t/\tFALSE\t0\tx\t\n127.0.0.1\tTRUE\t/\tFALSE\t0\tx\ty\n',
    'bad\tFALSE\t/\n.co.uk\tTRUE\t/\tFALSE\t0\ta\tb\n',
  ],
  words: ['\t', 'TRUE', 'FALSE', '\n', '#HttpOnly_', 'Set-Cookie: ', '0', '/', ';', '.example.com'],
  check(input) {
    const text = input.replaceAll('b', 'S3cret');
    for (const { message } of readCookieFile(text, 0).problems) {
      holds(!message.includes('S3cret'), 'a problem names no value');
    }
    const browser = new Browser();
    browser.store.load(text);
    const saved = browser.store.save();
    const again = new Browser();
    same(again.store.load(saved), [], 'problems of what was saved');
    same(again.store.save(), saved, 'what was saved and read');
  },
  floods: [
    ['', '\t', ''],
    ['', '\n', ''],
    ['', '#HttpOnly_', ''],
    ['Set-Cookie: a=b', ';', ''],
    ['a', '.a', '\tTRUE\t/\tTRUE\t0\ta\tb'],
    ['a:', ' ', '\t'],
  ],
};

const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
const FRAMING = {
  contentLength: 0,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;
const REDIRECTS = { redirectsMax: 10, secretHeaders: new Set(['x-key']) };
const SECRETS = {
  Authorization: 'S3cret',
  Cookie: 'S3cret=1',
  'X-Key': 'S3cret',
  'Proxy-Authorization': 'S3cret',
};
const STATUSES = [301, 302, 303, 307, 308];

function answered(request: Request, status: number, location: string): Response {
  const head = new ResponseHead(status, '1.1', '', `Location: ${location}\r\n`, FRAMING);
  return new Response(request, head, Buffer.alloc(0), '', 1, 1, REUSED, '');
}

/** Of what is no URL nobody knows where its userinfo would end. */
function isUrl(location: string, base: string): boolean {
  try {
    return new URL(location, base).href !== '';
  } catch {
    return false;
  }
}

const redirects: FuzzTarget = {
  name: 'redirects',
  corpus: [
    '/next\n../up?x=1#frag\nhttps://host.test/',
    '//other.test/path\nhttp://host.test/\n?q',
    'http://user:S3cret@host.test/\nhttps://host.test:8443/',
    'HTTP://HOST.test:80/a%2e%2e/b\n\\\\evil.test\\x\nhttp:/\\evil.test',
    'javascript:alert(1)\nfile:///etc/passwd',
    'http://host.test@evil.test/\nhttp://host.test%00.evil.test/\nhttp://[::1]:99999/',
    '\xc3\xa9?\xff#\xfe\nhttp://h\xc3\xa9.test/\n',
  ],
  words: [
    'http://',
    'https://',
    '//',
    '/',
    '\\',
    '@',
    ':',
    '?',
    '#',
    'host.test',
    'evil.test',
    '..',
    '\n',
    '%2f',
    ':443',
    ':80',
  ],
  check(input) {
    const start = factory.from(0, {
      url: 'https://host.test/a/b?c',
      method: 'PUT',
      body: 'x',
      headers: SECRETS,
    });
    let request = start;
    let hops: readonly Hop[] = [];
    let left = false;
    for (const [i, location] of input.split('\n').entries()) {
      const status = STATUSES[(i + input.length) % STATUSES.length]!;
      const verdict = redirect(request, answered(request, status, asField(location)), hops, REDIRECTS);
      if (verdict.type === 'fault') {
        holds(!/[\r\n\0]/.test(verdict.message), 'a message of one line');
        const shownSecret = isUrl(location, request.url) ? /\/\/[^/?#]*S3cret@/ : /S3cret@/;
        holds(!shownSecret.test(verdict.message), 'a message without secrets');
        return;
      }
      if (verdict.type === 'final') continue;
      const next = verdict.request;
      ({ hops } = verdict);
      const asked = new URL(next.url);
      holds(/^https?:$/.test(asked.protocol), 'http and https only');
      same(asked.origin, new URL(next.origin.key).origin, 'what is shown is where it goes');
      holds(
        /^\/[!-~]*$/.test(next.target) && !next.target.includes('#'),
        'a target that a request line can hold',
      );
      holds(
        !hops.at(-1)!.location.replace(/#.*/s, '').includes('@') || asked.href.includes('@'),
        'no userinfo in the chain',
      );
      holds(hops.length <= REDIRECTS.redirectsMax, 'no more hops than may be');
      left ||= next.origin.key !== start.origin.key;
      if (left) holds(!next.headers.text.includes('S3cret'), 'no credential leaves, none comes back');
      holds(!/[^\r]\n|\r[^\n]/.test(next.headers.text), 'no line of fields that was not there');
      request = next;
    }
  },
  floods: [
    ['/', '../', ''],
    ['/', '%2e/', ''],
    ['http://host.test', '@', '/'],
    ['http://', 'a.', 'test/'],
    ['', '/', ''],
    ['', '\\', ''],
    ['', '#', ''],
    ['', '\xff', ''],
    ['', ' ', 'x'],
  ],
};

const challenges: FuzzTarget = {
  name: 'challenges',
  corpus: [
    'Digest realm="a, b", nonce="n\\"q", qop="auth,auth-int", algorithm=SHA-256, opaque="o", charset=UTF-8, userhash=true',
    'Basic realm="x", Digest realm=y, nonce=z, algorithm=MD5-sess, stale=TRUE, qop=auth',
    'Negotiate abc==, NTLM, Bearer error="invalid_token"',
    'Digest realm="a" nonce="b"',
    ', ,Digest ,realm="\xc3\xa9",nonce="",',
  ],
  words: [
    'Digest ',
    'Basic ',
    'realm=',
    'nonce=',
    '"',
    '\\',
    ',',
    '=',
    'qop=',
    'auth',
    'auth-int',
    'algorithm=',
    'MD5-sess',
    ' ',
  ],
  check(input) {
    const field = asField(input);
    for (const { scheme, params } of parseChallenges([field])) {
      holds(/^[^ ,="A-Z]+$/.test(scheme), 'a scheme is one word in lower case');
      for (const name of params.keys()) holds(/^[^ ,="A-Z]+$/.test(name), 'a name is one word in lower case');
    }
    const auth = new DigestAuth({ user: 'us"er', password: 'S3cret' }, () => 'c');
    if (!auth.challenge([field], 0)) return;
    const value = auth.authorization('GET', '/a?b');
    holds(value !== undefined && FIELD_TEXT.test(value), 'an answer that a field can hold');
    holds(!value.includes('S3cret') && !String(auth).includes('S3cret'), 'no secret is shown');
    const [answer] = parseChallenges([value]);
    same(answer?.scheme, 'digest', 'the answer is read by the same rules');
    same(answer?.params.get('uri'), '/a?b', 'and says what is asked for');
  },
  floods: [
    ['Digest realm="', '\\', ''],
    ['Digest realm="', 'a', ''],
    ['Digest ', 'a=b,', ''],
    ['', 'a ', ''],
    ['', ', ', ''],
    ['Basic ', 'a', '!'],
    ['Basic ', '=', ''],
    ['a', ' ', '=b'],
  ],
  floodBytes: 65_000,
};

const netrc: FuzzTarget = {
  name: 'netrc',
  corpus: [
    'machine host.test login me password S3cret\ndefault login you password "S3cret \\"x\\""\n',
    '# remark\nmachine [::1]\n  login me # not a remark\n  password S3cret\nmacdef init\nput S3cret\n\nmachine b account c',
    'machine HOST.test\tlogin "a b"\r\npassword S3cret',
    'default\nmachine x login y',
  ],
  words: [
    'machine ',
    'default ',
    'login ',
    'password ',
    'account ',
    'macdef ',
    '"',
    '#',
    '\n',
    '\\',
    'S3cret',
  ],
  check(input) {
    try {
      const found = parseNetrc(input);
      holds(!String(found).includes('S3cret'), 'nothing of it is shown');
      holds(!JSON.stringify(found.find('host.test') ?? '').includes('S3cret'), 'a login prints as nothing');
    } catch (error) {
      if (!(error instanceof NetrcError)) throw error;
      holds(!error.message.includes('S3cret'), 'a problem shows nothing of the file');
      holds(error.line >= 1 && error.line <= input.split('\n').length, 'it names a line of the file');
    }
  },
  floods: [
    ['', 'machine a\n', ''],
    ['', '#\n', ''],
    ['machine a login "', '\\a', ''],
    ['macdef x', '\n ', ''],
    ['', ' ', 'x'],
    ['machine ', 'a', ''],
    ['machine ', '[', ''],
  ],
};

export const SESSION_TARGETS: readonly FuzzTarget[] = [setCookie, cookieFile, redirects, challenges, netrc];
