// Routes that expect a client to remember: cookies, a login, credentials. Demonstrations, no protection of anything.

import { Newest } from './newest.ts';
import { refused, wholeNumber } from './parameters.ts';
import { Random } from './random.ts';
import { replyHtml, replyJson, replyText } from './reply.ts';
import type { Exchange, Route } from './route.ts';

const USER = 'user';
const PASSWORD = 'secret';
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
const SESSION_COOKIE = 'session';
const SESSIONS_MAX = 10_000;
const COOKIES_MAX = 50;
/** RFC 6265 section 4.1.1: token and cookie-octets. The sum is what browsers take. */
const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const COOKIE_VALUE = /^[!#-+\--:<-[\]-~]{0,4096}$/;

const LOGIN_FORM = `<!doctype html>
<title>Log in</title>
<form method="post" action="/login">
<label>User <input name="user"></label>
<label>Password <input name="password" type="password"></label>
<button>Log in</button>
</form>
`;

export function sessionRoutes(seed: number): readonly Route[] {
  const sessions = new Newest<string>(SESSIONS_MAX);
  // Its own generator: a login must not shift what /flaky draws.
  const random = new Random(seed + 1);
  return [
    {
      name: 'set-cookie',
      pattern: '/set-cookie?name=color&value=green',
      example: '/set-cookie?name=color&value=green&theme=dark',
      sentence: 'sets the cookie name=value, and one for every further pair of the query; Path=/; HttpOnly',
      handle: setCookie,
    },
    {
      name: 'cookies',
      pattern: '/cookies',
      example: '/cookies',
      sentence: 'the cookies of the request as JSON',
      handle: ({ request, response }) =>
        replyJson(response, 200, { cookies: Object.fromEntries(cookiesOf(request.headers.cookie)) }),
    },
    {
      name: 'login',
      pattern: '/login',
      example: '/login',
      sentence: `a form; POST user=${USER}&password=${PASSWORD} sets a session cookie, anything else is a 401`,
      keepsBody: true,
      handle: (exchange) => login(exchange, sessions, random),
    },
    {
      name: 'private',
      pattern: '/private/N',
      example: '/private/1',
      sentence: 'JSON for those who have logged in; 401 without the session cookie',
      handle: (exchange) => privatePage(exchange, sessions),
    },
    {
      name: 'auth-basic',
      pattern: '/auth/basic',
      example: '/auth/basic',
      sentence: `JSON for Basic credentials ${USER}:${PASSWORD}; 401 without them`,
      handle: basic,
    },
  ];
}

function setCookie({ query, response }: Exchange): void {
  const cookies = new Map<string, string>();
  const name = query.get('name');
  if (name !== null) cookies.set(name, query.get('value') ?? '');
  for (const [key, value] of query) if (key !== 'name' && key !== 'value') cookies.set(key, value);
  if (cookies.size === 0 || cookies.size > COOKIES_MAX) {
    throw refused(
      '/set-cookie',
      `1 to ${COOKIES_MAX} cookies, such as ?name=color&value=green`,
      `${cookies.size}`,
    );
  }
  const fields: string[] = [];
  for (const [key, value] of cookies) {
    if (!COOKIE_NAME.test(key)) throw refused('a cookie’s name', "letters, digits and !#$%&'*+-.^_`|~", key);
    if (!COOKIE_VALUE.test(value)) {
      throw refused(
        `cookie ${key}`,
        'up to 4,096 ASCII characters without spaces, ", comma, ; and \\',
        value,
      );
    }
    fields.push('Set-Cookie', `${key}=${value}; Path=/; HttpOnly`);
  }
  replyJson(response, 200, { set: Object.fromEntries(cookies) }, fields);
}

/** Name to value; of two with one name the first counts, which is the one with the longer path (RFC 6265 section 5.4). */
function cookiesOf(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (name !== '' && !cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
  }
  return cookies;
}

function login({ request, response, body }: Exchange, sessions: Newest<string>, random: Random): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    replyHtml(response, LOGIN_FORM);
    return;
  }
  const form = new URLSearchParams(body.toString('utf8'));
  if (form.get('user') !== USER || form.get('password') !== PASSWORD) {
    unauthorized(response, 'FormBased', `send the form user=${USER}&password=${PASSWORD}`);
    return;
  }
  const token = Array.from({ length: 4 }, () => random.bits().toString(16).padStart(8, '0')).join('');
  sessions.set(token, USER);
  replyJson(response, 200, { user: USER }, [
    'Set-Cookie',
    `${SESSION_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Lax`,
  ]);
}

function privatePage({ request, response, rest }: Exchange, sessions: Newest<string>): void {
  const n = wholeNumber('N', rest, { min: 0, max: Number.MAX_SAFE_INTEGER });
  const user = sessions.get(cookiesOf(request.headers.cookie).get(SESSION_COOKIE) ?? '');
  if (user === undefined) unauthorized(response, 'FormBased', 'log in first: POST to /login');
  else replyJson(response, 200, { private: n, user });
}

function basic({ request, response }: Exchange): void {
  if (request.headers.authorization === BASIC) replyJson(response, 200, { user: USER });
  else unauthorized(response, 'Basic', `send Basic credentials, ${USER}:${PASSWORD}`);
}

/** A 401 must name a scheme (RFC 9110 section 11.6.1); for the form it is one that no client acts on. */
function unauthorized(response: Exchange['response'], scheme: string, sentence: string): void {
  replyText(response, 401, sentence, ['WWW-Authenticate', `${scheme} realm="flurry target"`]);
}
