// Which proxy a request goes through: proxies as people write them, those of the environment, and the origins that need
// none. It connects to nothing, and nothing here shows a password.

import { OptionError } from '../model/option-kinds.ts';
import type { Origin, Scheme } from '../model/origin.ts';
import type { ProxyScheme, ProxyServer } from '../model/proxy-server.ts';
import { encodeBasic, hostOf, Login } from './auth.ts';
import { NoProxy, readableEntries } from './no-proxy.ts';

// ── one proxy ─────────────────────────────────────────────────────────────────────────────────────────────────

/** As in curl: 1080 is SOCKS's port (RFC 1928), and curl takes it for plain HTTP proxies as well. */
const DEFAULT_PORTS: Readonly<Record<ProxyScheme, number>> = {
  http: 1080,
  https: 443,
  socks5: 1080,
  socks5h: 1080,
};
/** The place of a login stands apart: written as in a URL it would be taken for one, and not shown. */
const FORM =
  '[http|https|socks5|socks5h://]host[:port], with user:password@ in front of host where it asks for them';
const CONTROL = /[\u0000-\u001f\u007f]/;
/** RFC 1929 counts each in one octet. */
const SOCKS_TEXT_BYTES_MAX = 255;
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Prints as where it is. The credentials are not its own properties, so that no copy and no dump holds them. */
class ParsedProxy implements ProxyServer {
  readonly key: string;
  readonly scheme: ProxyScheme;
  readonly host: string;
  readonly port: number;
  readonly #login: Login | undefined;
  readonly #authorization: string | undefined;

  constructor(scheme: ProxyScheme, host: string, port: number, login: Login | undefined) {
    this.scheme = scheme;
    this.host = host;
    this.port = port;
    this.key = `${this.toString()}${login === undefined ? '' : `#${mark(login)}`}`;
    const http = scheme === 'http' || scheme === 'https';
    this.#login = http ? undefined : login;
    this.#authorization =
      http && login !== undefined ? encodeBasic(`${login.user}:${login.password}`) : undefined;
  }

  get login(): Login | undefined {
    return this.#login;
  }

  get authorization(): string | undefined {
    return this.#authorization;
  }

  toString(): string {
    return `${this.scheme}://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  toJSON(): string {
    return this.toString();
  }

  [INSPECT](): string {
    return this.toString();
  }
}

let markKey: Buffer | undefined;

/** Tells logins apart and says nothing about them: whoever does not know this process's key cannot try passwords. */
function mark({ user, password }: Login): string {
  const crypto = process.getBuiltinModule('node:crypto');
  markKey ??= crypto.randomBytes(32);
  const text = JSON.stringify([user, password]);
  return crypto.createHmac('sha256', markKey).update(text).digest('hex').slice(0, 16);
}

/**
 * `host:port` is a proxy for HTTP, as in curl. socks5 and socks5h are one: either way the proxy gets the name and
 * resolves it, because a lookup here would tell others where a request goes, and often finds nothing.
 * `called` is what messages call it: they never repeat the text, of which any part may be a password.
 * Throws OptionError.
 */
export function parseProxy(text: string, called = 'proxy', proxyUser?: string): ProxyServer {
  const parts = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text.trim())!;
  const scheme = schemeOf(parts[1]?.toLowerCase() ?? 'http', called);
  // The last @ parts them, as in curl: a password may hold others, but nothing that ends an authority.
  const place = /^(?:([^/?#]*)@)?(\[[^\]]*\]|[^:/?#@]*)(?::(\d{1,5}))?\/?$/.exec(parts[2]!);
  const host = place === null ? undefined : hostOf(place[2]!);
  if (place === null || host === undefined) {
    throw new OptionError(
      'proxy',
      `${called} is no proxy: write ${FORM}; / and @ in a password as %2F and %40`,
    );
  }
  const port = place[3] === undefined ? DEFAULT_PORTS[scheme] : Number(place[3]);
  if (port < 1 || port > 65_535)
    throw new OptionError('proxy', `${called} has no port from 1 to 65535: write ${FORM}`);
  return new ParsedProxy(scheme, host, port, loginOf(place[1], proxyUser, scheme, called));
}

function schemeOf(scheme: string, called: string): ProxyScheme {
  if (Object.hasOwn(DEFAULT_PORTS, scheme)) return scheme as ProxyScheme;
  const hint = scheme.startsWith('socks')
    ? '; most SOCKS proxies speak version 5: try socks5://'
    : `: write ${FORM}`;
  throw new OptionError('proxy', `${called} has a scheme that is not known, ${scheme.slice(0, 20)}${hint}`);
}

/** What a proxy's own URL says wins over what is meant for all. */
function loginOf(
  userinfo: string | undefined,
  proxyUser: string | undefined,
  scheme: ProxyScheme,
  called: string,
): Login | undefined {
  const login = userinfo === undefined ? parseProxyUser(proxyUser) : parted(userinfo, decoded);
  if (login === undefined) return undefined;
  const { user, password } = login;
  if (CONTROL.test(user) || CONTROL.test(password)) {
    throw new OptionError(
      'proxy',
      `${called}: user and password cannot hold control characters; is there a line end in them?`,
    );
  }
  const tooLong = [user, password].some((word) => Buffer.byteLength(word) > SOCKS_TEXT_BYTES_MAX);
  if (tooLong && scheme.startsWith('socks')) {
    throw new OptionError(
      'proxy',
      `${called}: user and password for SOCKS hold 255 octets at most each (RFC 1929)`,
    );
  }
  return login;
}

/** `user:password` as it is: nothing in it is decoded. */
function parseProxyUser(text: string | undefined): Login | undefined {
  if (text === undefined) return undefined;
  if (text.includes(':')) return parted(text, (word) => word);
  throw new OptionError('proxyUser', 'proxyUser takes user:password; for an empty password write user:');
}

function parted(userinfo: string, read: (word: string) => string): Login {
  const colon = userinfo.indexOf(':');
  if (colon === -1) return new Login(read(userinfo), '');
  return new Login(read(userinfo.slice(0, colon)), read(userinfo.slice(colon + 1)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// ── which one ─────────────────────────────────────────────────────────────────────────────────────────────────

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProxySettings {
  /** Each as parseProxy takes it; `env` stands for the proxies of the environment, an empty text for none. */
  readonly proxies: readonly string[];
  /** `user:password` for every proxy whose own URL has none. */
  readonly proxyUser?: string | undefined;
  /** As NoProxy takes it; where it is given, even empty, NO_PROXY is not read. */
  readonly noProxy?: string | undefined;
  /** Read where `proxies` has `env`, and not otherwise. */
  readonly env?: Environment | undefined;
}

type ByScheme = Readonly<Record<Scheme, readonly ProxyServer[]>>;

/** Proxies that an origin's requests take in turn. */
interface Turns {
  readonly proxies: readonly ProxyServer[];
  next: number;
}

/** Origins remembered; all are forgotten when there are more. */
const ORIGINS_MAX = 16_384;

/**
 * Several proxies take turns, request by request: kept to one proxy, an origin would see all of its requests come from
 * one address, and that is what a list is for. Whether a proxy works makes no difference: a request that is sent
 * again takes the next one. Cookies and connections do not depend on it; connections are kept per proxy.
 */
export class Proxies {
  readonly #byScheme: ByScheme;
  readonly #noProxy: NoProxy;
  readonly #turns = new Map<string, Turns>();
  #origins = 0;

  private constructor(byScheme: ByScheme, noProxy: NoProxy) {
    this.#byScheme = byScheme;
    this.#noProxy = noProxy;
  }

  /** Undefined where no request can need a proxy. Throws OptionError. */
  static of(settings: ProxySettings): Proxies | undefined {
    const { proxies, proxyUser, env = {} } = settings;
    parseProxyUser(proxyUser);
    const given = proxies.filter((text) => text !== '');
    const of = (scheme: Scheme): ProxyServer[] =>
      given.flatMap((text, i) => {
        if (text === 'env') return proxyOfEnvironment(scheme, env, proxyUser) ?? [];
        return parseProxy(text, given.length === 1 ? 'proxy' : `proxy number ${i + 1}`, proxyUser);
      });
    const byScheme = { http: of('http'), https: of('https') };
    const noProxy = new NoProxy(settings.noProxy ?? (given.includes('env') ? noProxyOfEnvironment(env) : ''));
    return byScheme.http.length + byScheme.https.length === 0 ? undefined : new Proxies(byScheme, noProxy);
  }

  /** All that there are, each once. */
  get servers(): readonly ProxyServer[] {
    const { http, https } = this.#byScheme;
    return [...new Map([...http, ...https].map((proxy) => [proxy.key, proxy])).values()];
  }

  /** For the next request to this origin; undefined: none. */
  find(origin: Origin): ProxyServer | undefined {
    let turns = this.#turns.get(origin.key);
    if (turns === undefined) {
      turns = this.#turnsOf(origin);
      if (this.#turns.size >= ORIGINS_MAX) this.#turns.clear();
      this.#turns.set(origin.key, turns);
    }
    const { proxies } = turns;
    if (proxies.length < 2) return proxies[0];
    const proxy = proxies[turns.next]!;
    turns.next = turns.next + 1 === proxies.length ? 0 : turns.next + 1;
    return proxy;
  }

  /** Each origin has turns of its own, or two that alternate would be kept to one of two proxies each. They begin at
   *  different proxies, or the first one would get every origin that is asked once. */
  #turnsOf(origin: Origin): Turns {
    const proxies = this.#noProxy.covers(origin) ? [] : this.#byScheme[origin.scheme];
    const next = proxies.length === 0 ? 0 : this.#origins % proxies.length;
    if (proxies.length > 0) this.#origins++;
    return { proxies, next };
  }

  toString(): string {
    const { http, https } = this.#byScheme;
    return `proxies for http: ${http.join(', ') || 'none'}; for https: ${https.join(', ') || 'none'}; ${this.#noProxy}`;
  }
}

// ── the environment ───────────────────────────────────────────────────────────────────────────────────────────

/** As in curl, lower case wins, and an empty variable says nothing. */
function proxyOfEnvironment(
  scheme: Scheme,
  env: Environment,
  proxyUser: string | undefined,
): ProxyServer | undefined {
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'];
  const name = names.find((one) => (env[one] ?? '') !== '' && !isForged(one, env));
  return name === undefined ? undefined : parseProxy(env[name]!, name, proxyUser);
}

/**
 * Under CGI a field `Proxy` of somebody's request becomes HTTP_PROXY (CVE-2016-5385). Windows answers to http_proxy
 * with it too, but lists names as they were set.
 */
function isForged(name: string, env: Environment): boolean {
  if (env['REQUEST_METHOD'] === undefined) return false;
  return name === 'HTTP_PROXY' || (name === 'http_proxy' && !Object.keys(env).includes(name));
}

/** What NO_PROXY says, as NoProxy takes it. */
export function noProxyOfEnvironment(env: Environment): string {
  return readableEntries(env['no_proxy'] || env['NO_PROXY'] || '');
}
