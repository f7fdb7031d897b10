// Credentials, the Authorization values that need no challenge (Basic, Bearer), challenges taken apart, and the rules
// that say which origin gets which credentials. Nothing here shows a secret, whoever prints it.

import { OptionError } from '../model/option-kinds.ts';
import { type Origin, shown } from '../model/origin.ts';
import type { Request } from '../model/request.ts';

export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

export interface BearerToken {
  readonly token: string;
}

export type Credentials = UserPassword | BearerToken;

// ── credentials that print as nothing ─────────────────────────────────────────────────────────────────────────

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const HIDDEN = '[credentials]';

/** The user's name is hidden as well: many services put a key there and leave the password empty. */
abstract class Hidden {
  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [INSPECT](): string {
    return HIDDEN;
  }
}

/** A user and a password; `Login<string | undefined>` where the password is still to be found. */
export class Login<P extends string | undefined = string> extends Hidden {
  readonly #user: string;
  readonly #password: P;

  constructor(user: string, password: P) {
    super();
    this.#user = user;
    this.#password = password;
  }

  get user(): string {
    return this.#user;
  }

  get password(): P {
    return this.#password;
  }
}

export class Token extends Hidden {
  readonly #token: string;

  constructor(token: string) {
    super();
    this.#token = token;
  }

  get token(): string {
    return this.#token;
  }
}

/** `user:password` as `-u` takes it. The first colon parts them; without one the password is undefined. */
export function parseUserOption(text: string): Login<string | undefined> {
  if (text === '') throw new OptionError('user', 'user takes user:password, not an empty text');
  const colon = text.indexOf(':');
  if (colon === -1) return new Login(text, undefined);
  return new Login(text.slice(0, colon), text.slice(colon + 1));
}

// ── Authorization values ──────────────────────────────────────────────────────────────────────────────────────

const CONTROL = /[\u0000-\u001f\u007f]/;
const VISIBLE = /^[\x21-\x7e]+$/;

/** RFC 7617, in UTF-8. Throws OptionError for what it cannot carry. */
export function basic(credentials: UserPassword): string {
  checkLogin(credentials);
  if (credentials.user.includes(':')) {
    throw new OptionError('auth', 'a user name for Basic cannot hold a colon (RFC 7617 section 2)');
  }
  return encodeBasic(`${credentials.user}:${credentials.password}`);
}

/** For userinfo that came in a URL, whose first colon parts it whatever was meant. */
export function encodeBasic(userinfo: string): string {
  return `Basic ${Buffer.from(userinfo, 'utf8').toString('base64')}`;
}

/** RFC 6750 section 2.1, wider: any visible ASCII. Throws OptionError for anything else. */
export function bearer(credentials: BearerToken): string {
  if (!VISIBLE.test(credentials.token)) {
    throw new OptionError(
      'auth',
      'a bearer token holds visible ASCII only; is there a space or a line end in it?',
    );
  }
  return `Bearer ${credentials.token}`;
}

/** A line end that came along from a file is the usual reason for a password that is refused. */
export function checkLogin(credentials: UserPassword): void {
  if (CONTROL.test(credentials.user) || CONTROL.test(credentials.password)) {
    throw new OptionError(
      'auth',
      'user and password cannot hold control characters; is there a line end in them?',
    );
  }
}

// ── challenges (RFC 9110 section 11.6.1) ──────────────────────────────────────────────────────────────────────

export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case, quoted strings unquoted; values are octets, one character each. */
  readonly params: ReadonlyMap<string, string>;
}

/** Beyond any that was meant; what is longer is not looked at. */
const FIELD_LENGTH_MAX = 65_536;
const GAP = /[ \t,]*/y;
const PARAM = /([!#$%&'*+\-.^_`|~\w]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^ \t",]+))(?=[ \t,]|$)/y;
const TOKEN68 = /[ \t]+[\w\-.~+/]+=*[ \t]*(?=,|$)/y;
const SCHEME = /([!#$%&'*+\-.^_`|~\w]+)(?=[ \t,]|$)/y;

/**
 * Every challenge of WWW-Authenticate fields, several in one or one in each. What cannot be read ends its field, and
 * the challenge it stood in is left out: half of one could only be answered wrongly.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.filter((value) => value.length <= FIELD_LENGTH_MAX).flatMap(parseField);
}

function parseField(field: string): Challenge[] {
  const challenges: { scheme: string; params: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (take(GAP); at < field.length; take(GAP)) {
    const param = challenges.length === 0 ? null : take(PARAM);
    if (param !== null) {
      const { params } = challenges.at(-1)!;
      const name = param[1]!.toLowerCase();
      // Once each, says RFC 9110; a second one must not override what a proxy or a log has seen first.
      if (!params.has(name)) params.set(name, param[3] ?? param[2]!.replace(/\\(.)/g, '$1'));
      continue;
    }
    const scheme = take(SCHEME);
    if (scheme === null) {
      challenges.pop();
      break;
    }
    challenges.push({ scheme: scheme[1]!.toLowerCase(), params: new Map() });
    take(TOKEN68);
  }
  return challenges;
}

// ── who gets what ─────────────────────────────────────────────────────────────────────────────────────────────

/** `origin`: `https://host[:port]`, `host[:port]` for either scheme, or `*.host` for every name below host. */
export type AuthRule =
  | { readonly origin: string; readonly scheme: 'basic' | 'digest'; readonly credentials: UserPassword }
  | { readonly origin: string; readonly scheme: 'bearer'; readonly credentials: BearerToken };

/** A rule as it was understood. `value` is what goes into Authorization; undefined for Digest, which needs a challenge. */
export type FoundRule =
  | { readonly scheme: 'basic' | 'bearer'; readonly value: string }
  | { readonly scheme: 'digest'; readonly credentials: Login };

interface Pattern {
  readonly text: string;
  readonly scheme: string | undefined;
  readonly below: boolean;
  readonly host: string;
  readonly port: number | undefined;
}

/** Credentials by origin: the first rule that matches, and nothing for an origin that none matches. */
export class AuthRules {
  readonly #rules: ReadonlyArray<readonly [Pattern, FoundRule]>;
  /** What was found for an origin, so that no rule is looked at twice for it. */
  readonly #found = new WeakMap<Origin, FoundRule | typeof NONE>();

  /** Throws OptionError for a pattern or for credentials that cannot be meant. */
  constructor(rules: readonly AuthRule[]) {
    this.#rules = rules.map((rule) => [parsePattern(rule.origin), understood(rule)] as const);
  }

  find(origin: Origin): FoundRule | undefined {
    let found = this.#found.get(origin);
    if (found === undefined) {
      found = this.#rules.find(([pattern]) => matches(pattern, origin))?.[1] ?? NONE;
      this.#found.set(origin, found);
    }
    return found === NONE ? undefined : found;
  }

  /** The Authorization value to add, or undefined: no rule, Digest, or the request has one of its own. */
  authorize(request: Request): string | undefined {
    if (request.headers.has('authorization')) return undefined;
    const rule = this.find(request.origin);
    return rule === undefined || rule.scheme === 'digest' ? undefined : rule.value;
  }

  toString(): string {
    return `auth rules: ${this.#rules.map(([{ text }, { scheme }]) => `${text} ${scheme}`).join(', ') || 'none'}`;
  }
}

const NONE = Symbol('no rule');

/** A Basic or Bearer value that prints as nothing. */
class FixedValue extends Hidden {
  readonly scheme: 'basic' | 'bearer';
  readonly #value: string;

  constructor(scheme: 'basic' | 'bearer', value: string) {
    super();
    this.scheme = scheme;
    this.#value = value;
  }

  get value(): string {
    return this.#value;
  }
}

function understood(rule: AuthRule): FoundRule {
  if (rule.scheme === 'bearer') return new FixedValue('bearer', bearer(rule.credentials));
  if (rule.scheme === 'basic') return new FixedValue('basic', basic(rule.credentials));
  checkLogin(rule.credentials);
  return { scheme: 'digest', credentials: new Login(rule.credentials.user, rule.credentials.password) };
}

const PATTERN = /^(?:(https?):\/\/)?(\*\.)?(\[[^\]]*\]|[^:/]+)(?::(\d{1,5}))?\/?$/i;

function parsePattern(text: string): Pattern {
  const match = PATTERN.exec(text);
  const host = match === null ? undefined : hostOf(match[3]!);
  if (match === null || host === undefined) {
    throw new OptionError(
      'auth',
      `no origin for credentials: ${shown(text)}; write https://host, host or *.host`,
    );
  }
  const scheme = match[1]?.toLowerCase();
  // A URL without a port means the default one; a bare host means the host, wherever it listens.
  const usual = scheme === undefined ? undefined : scheme === 'https' ? 443 : 80;
  const port = match[4] === undefined ? usual : Number(match[4]);
  return { text, scheme, below: match[2] !== undefined, host, port };
}

const HOST = /^(?:\[[0-9a-f:.]+\]|[^\s:/?#@[\]*\\%]+)$/i;

/** A host as origins have it: lower case, ASCII, IPv6 without brackets; undefined for what is no host alone. */
export function hostOf(text: string): string | undefined {
  if (!HOST.test(text)) return undefined;
  try {
    const { hostname } = new URL(`http://${text}/`);
    return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  } catch {
    return undefined;
  }
}

function matches(pattern: Pattern, origin: Origin): boolean {
  if (pattern.scheme !== undefined && pattern.scheme !== origin.scheme) return false;
  if (pattern.port !== undefined && pattern.port !== origin.port) return false;
  return pattern.below ? origin.host.endsWith(`.${pattern.host}`) : origin.host === pattern.host;
}
