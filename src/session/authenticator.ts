// Which Authorization a request goes out with, and whether a 401 is worth another try. Credentials come from rules by
// origin, from the run's user or token, and from .netrc, in this order; a field that the caller has set himself wins
// over all of them. Never sends, never prints a secret.

import { OptionError } from '../model/option-kinds.ts';
import type { Settings } from '../model/options.ts';
import { type Origin, parseUrl, shown } from '../model/origin.ts';
import type { Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import {
  type AuthRule,
  AuthRules,
  basic,
  bearer,
  checkLogin,
  encodeBasic,
  Login,
  parseUserOption,
} from './auth.ts';
import { DigestAuth } from './digest.ts';
import { type Netrc, parseNetrc } from './netrc.ts';

export type AuthSettings = Pick<Settings, 'user' | 'bearer' | 'netrc' | 'digest' | 'auth'>;

/** Origins whose nonces are remembered; the one that was not used for longest goes first, and is challenged again. */
const DIGESTS_MAX = 10_000;

/**
 * The field that goes into the head of every request as it is and so costs nothing; null where there is none, or where
 * it depends on the origin or on a challenge, and is an Authenticator's. Throws OptionError for what cannot be sent.
 */
export function constantAuthorization(settings: AuthSettings): string | null {
  checkDigest(settings);
  return settings.digest || settings.auth.length > 0 ? null : (runValue(settings) ?? null);
}

export class Authenticator {
  readonly #rules: AuthRules;
  /** The run's own, for origins without a rule: a value as it is sent, or a login for Digest. */
  readonly #own: string | Login | undefined;
  readonly #netrc: Netrc | undefined;
  /** The run's own and those of .netrc wait for a challenge. */
  readonly #digest: boolean;
  /** False: no 401 can be answered. */
  readonly #challengeable: boolean;
  readonly #random: () => string;
  /** Origins that have challenged, least recently used first. An origin has one login, so its key is key enough. */
  readonly #digests = new Map<string, DigestAuth>();
  /** How many challenges a request has answered. */
  readonly #answered = new WeakMap<Request, number>();

  /** Undefined where no request needs it. `random` gives client nonces. Throws OptionError and NetrcError. */
  static of(settings: AuthSettings, random: () => string): Authenticator | undefined {
    const { auth, digest, netrc } = settings;
    checkDigest(settings);
    if (auth.length === 0 && !digest && netrc === undefined) return undefined;
    return new Authenticator(settings, random);
  }

  private constructor(settings: AuthSettings, random: () => string) {
    const { auth, digest, netrc } = settings;
    const rules = auth.map(ruleOf);
    this.#rules = new AuthRules(rules);
    this.#digest = digest;
    this.#challengeable = digest || rules.some(({ scheme }) => scheme === 'digest');
    this.#own = ownOf(settings);
    this.#netrc = netrc === undefined ? undefined : parseNetrc(netrc);
    this.#random = random;
  }

  /** The Authorization of this request's next attempt. To be asked once for each attempt: answers are counted. */
  authorization(request: Request): string | undefined {
    if (!takesCredentials(request)) return undefined;
    const found = this.#find(request.origin);
    if (!(found instanceof Login)) return found;
    const digest = this.#digests.get(request.origin.key);
    if (digest === undefined || !canAnswer(digest, request)) return undefined;
    this.#remember(request.origin.key, digest);
    return digest.authorization(request.method, request.target, request.body);
  }

  /** True: send this very request once more; `authorization` has an answer to the challenge. False: the response stands. */
  challenged(request: Request, response: Response): boolean {
    if (!this.#challengeable || response.status !== 401 || !takesCredentials(request)) return false;
    if (request.stream !== undefined && !request.stream.replayable) return false;
    const login = this.#find(request.origin);
    if (!(login instanceof Login)) return false;
    const { key } = request.origin;
    const digest = this.#digests.get(key) ?? digestOf(login, this.#random);
    const answered = this.#answered.get(request) ?? 0;
    if (!digest?.challenge(response.headerAll('www-authenticate'), answered)) return false;
    this.#remember(key, digest);
    this.#answered.set(request, answered + 1);
    return canAnswer(digest, request);
  }

  toString(): string {
    const { size } = this.#digests;
    return `${this.#rules}; ${this.#netrc ?? 'no netrc'}; ${count(size)} origins challenged`;
  }

  #find(origin: Origin): string | Login | undefined {
    const rule = this.#rules.find(origin);
    if (rule !== undefined) return rule.scheme === 'digest' ? rule.credentials : rule.value;
    if (this.#own !== undefined) return this.#own;
    const login = this.#netrc?.find(origin.host);
    if (login === undefined || this.#digest) return login;
    return encodeBasic(`${login.user}:${login.password}`);
  }

  #remember(key: string, digest: DigestAuth): void {
    this.#digests.delete(key);
    this.#digests.set(key, digest);
    if (this.#digests.size > DIGESTS_MAX) this.#digests.delete(this.#digests.keys().next().value!);
  }
}

/** Its own field wins, and no credentials go where a redirect has led, even if it leads back. */
function takesCredentials(request: Request): boolean {
  return !request.headers.has('authorization') && !hasLeft(request);
}

/** True once a redirect has led to another origin: credentials do not come back later in the chain, to whichever. */
export function hasLeft({ hops, origin }: Request): boolean {
  return hops.some(({ url }) => parseUrl(url).origin.key !== origin.key);
}

/** A hash of the body cannot go in front of a body that is produced while it is sent. */
function canAnswer(digest: DigestAuth, request: Request): boolean {
  return request.stream === undefined || !digest.hashesBody;
}

/** Undefined for an entry of .netrc that no field can carry: all other logins were checked before. */
function digestOf(login: Login, random: () => string): DigestAuth | undefined {
  try {
    return new DigestAuth(login, random);
  } catch (error) {
    if (error instanceof OptionError) return undefined;
    throw error;
  }
}

// ── what the settings say ─────────────────────────────────────────────────────────────────────────────────────

function checkDigest({ digest, user, bearer: token, netrc }: AuthSettings): void {
  if (!digest) return;
  if (token !== undefined) {
    throw new OptionError(
      'digest',
      'digest answers with user and password; leave bearer (--oauth2-bearer) out',
    );
  }
  if (user === undefined && netrc === undefined) {
    throw new OptionError(
      'digest',
      'digest needs user and password: give user (-u), or a netrc file (--netrc-file)',
    );
  }
}

function runValue({ user, bearer: token }: AuthSettings): string | undefined {
  if (user !== undefined && token !== undefined) {
    throw new OptionError(
      'bearer',
      'a request has one Authorization: give either user or bearer (-u or --oauth2-bearer)',
    );
  }
  if (token !== undefined) return bearer({ token });
  return user === undefined ? undefined : basic(withPassword(user));
}

/** Nothing where it is in the head of every request anyway. */
function ownOf(settings: AuthSettings): string | Login | undefined {
  const { digest, auth, user } = settings;
  if (!digest) return auth.length === 0 ? undefined : runValue(settings);
  if (user === undefined) return undefined;
  const login = withPassword(user);
  checkLogin(login);
  return login;
}

/** Without a password it is empty, as curl sends it where it cannot ask. */
function withPassword(text: string): Login {
  const { user, password } = parseUserOption(text);
  return new Login(user, password ?? '');
}

const RIGHT_FORM = 'write { origin, user, password } or { origin, token }';

function ruleOf(entry: AuthSettings['auth'][number], i: number): AuthRule {
  const { origin, user, password, token, scheme } = entry;
  const place = `auth rule ${i + 1}`;
  const texts = [origin, user ?? '', password ?? '', token ?? ''];
  if (texts.some((text) => typeof text !== 'string')) {
    throw new OptionError('auth', `${place} holds something else than texts; ${RIGHT_FORM}`);
  }
  const named = `${place} (${shown(origin)})`;
  if ((user === undefined) === (token === undefined)) {
    throw new OptionError('auth', `${named} needs either a user or a token; ${RIGHT_FORM}`);
  }
  if (token !== undefined && (scheme ?? 'bearer') === 'bearer') {
    return { origin, scheme: 'bearer', credentials: { token } };
  }
  const login = scheme ?? 'basic';
  if (user !== undefined && (login === 'basic' || login === 'digest')) {
    return { origin, scheme: login, credentials: { user, password: password ?? '' } };
  }
  const fitting = user === undefined ? 'bearer' : 'basic or digest';
  throw new OptionError('auth', `the scheme of ${named} is ${fitting}, or left out`);
}
