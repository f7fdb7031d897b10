// SOCKS 5 (RFC 1928) with user and password (RFC 1929): CONNECT only, names resolved by the proxy.
//
// By hand, because the usual library cannot work on a connection that TLS will run over: it hands octets behind the
// answer on as a `data` event, which TLS never sees, emits `connect` on the socket once more, leaves its timer running,
// takes an unknown address type for success, and puts the password into its errors.

import { isIP, isIPv4 } from 'node:net';
import type { ProxyServer } from '../model/proxy-server.ts';
import { ProxyError } from './proxy-error.ts';
import type { Handshake } from './tunnel.ts';

const VERSION = 5;
const CONNECT = 1;
const NO_LOGIN = 0;
const USER_AND_PASSWORD = 2;
const NO_METHOD = 0xff;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
/** Names, users and passwords are counted in one octet. */
const TEXT_BYTES_MAX = 255;

/** RFC 1928 section 6, with what to do about it. */
const REPLIES: readonly string[] = [
  '',
  'a general failure',
  'its rules do not allow this host or port',
  'the network is unreachable',
  'the host is unreachable; is its name right?',
  'the host refused the connection; does a server listen there?',
  'the way there was too long (TTL expired)',
  'it does not make connections (command not supported)',
  'it does not take this kind of address',
];

/** The answer that comes next. */
type Awaiting = 'method' | 'login' | 'reply';

export class SocksHandshake implements Handshake {
  readonly greeting: Buffer;
  readonly #proxy: ProxyServer;
  readonly #target: string;
  readonly #request: Buffer;
  readonly #login: Buffer | undefined;
  #awaiting: Awaiting = 'method';
  /** Octets of an answer that is not whole yet: less than 262. */
  #kept: Buffer = Buffer.alloc(0);

  constructor(proxy: ProxyServer, host: string, port: number, target: string) {
    this.#proxy = proxy;
    this.#target = target;
    this.#request = Buffer.concat([
      Buffer.from([VERSION, CONNECT, 0]),
      addressOf(host),
      Buffer.from([port >> 8, port & 0xff]),
    ]);
    if (proxy.login !== undefined) {
      const user = counted(proxy.login.user, 'a user name for a SOCKS proxy');
      const password = counted(proxy.login.password, 'a password for a SOCKS proxy');
      this.#login = Buffer.concat([Buffer.from([1]), user, password]);
    }
    // A proxy that knows us by our address may want no password although we have one.
    const methods = this.#login === undefined ? [NO_LOGIN] : [NO_LOGIN, USER_AND_PASSWORD];
    this.greeting = Buffer.from([VERSION, methods.length, ...methods]);
  }

  take(bytes: Buffer, say: (bytes: Buffer) => void): Buffer | undefined {
    let rest = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    for (;;) {
      const length = this.#lengthOf(rest);
      if (length === undefined || rest.length < length) {
        this.#kept = rest;
        return undefined;
      }
      const after = rest.subarray(length);
      if (this.#awaiting === 'reply') return after;
      say(this.#awaiting === 'method' ? this.#methodChosen(rest[1]!) : this.#loggedIn(rest[1]!));
      rest = after;
    }
  }

  /** Octets of the answer that `rest` begins with; undefined as long as it does not tell. */
  #lengthOf(rest: Buffer): number | undefined {
    // The version of a login's answer is 1, but some proxies say 5, and nobody minds.
    if (this.#awaiting === 'login') return 2;
    if (rest.length > 0 && rest[0] !== VERSION) throw this.#notSocks();
    if (this.#awaiting === 'method') return 2;
    // What follows a refusal says nothing, and may never come.
    if (rest.length > 1 && rest[1] !== 0) throw this.#refused(rest[1]!);
    if (rest.length < 5) return undefined;
    if (rest[3] === IPV4) return 10;
    if (rest[3] === NAME) return 7 + rest[4]!;
    if (rest[3] === IPV6) return 22;
    throw this.#notSocks();
  }

  /** Returns what to say next. */
  #methodChosen(method: number): Buffer {
    if (method === NO_LOGIN) return this.#next('reply', this.#request);
    if (method === USER_AND_PASSWORD && this.#login !== undefined) return this.#next('login', this.#login);
    if (method !== NO_METHOD) throw this.#notSocks();
    throw new ProxyError(
      this.#login === undefined
        ? `the proxy ${this.#proxy} wants a login; give user:password with --proxy-user or in the proxy's URL`
        : `the proxy ${this.#proxy} takes neither user and password nor clients without them`,
    );
  }

  #loggedIn(status: number): Buffer {
    if (status === 0) return this.#next('reply', this.#request);
    throw new ProxyError(`the proxy ${this.#proxy} does not accept the user and password it was given`);
  }

  #next(awaiting: Awaiting, said: Buffer): Buffer {
    this.#awaiting = awaiting;
    return said;
  }

  #refused(code: number): ProxyError {
    const why = REPLIES[code] ?? 'for no reason that RFC 1928 knows';
    return new ProxyError(
      `the proxy ${this.#proxy} refused a way to ${this.#target}: ${why} (reply ${code})`,
    );
  }

  #notSocks(): ProxyError {
    return new ProxyError(
      `the proxy ${this.#proxy} does not answer as SOCKS 5 does; is its scheme right (http, https or socks5)?`,
    );
  }
}

/**
 * RFC 1928 section 5. `socks5` sends names as `socks5h` does, although curl resolves them itself for the former: a
 * name that this machine looks up tells everyone on the way where we go, and it often has no address here.
 */
function addressOf(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([IPV4, ...host.split('.').map(Number)]);
  if (isIP(host) === 6) return Buffer.from([IPV6, ...ipv6(host)]);
  return Buffer.concat([Buffer.from([NAME]), counted(host, 'a host name for a SOCKS proxy')]);
}

/** Sixteen octets of an address that is valid; the system's own parser gives it one form, without dotted parts. */
function ipv6(host: string): number[] {
  const [left = '', right] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(left);
  const after = groups(right);
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function counted(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > TEXT_BYTES_MAX) {
    throw new ProxyError(`${what} holds ${TEXT_BYTES_MAX} octets at most, not ${bytes.length}`);
  }
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
