// Digest access authentication (RFC 7616, and RFC 2069 servers that know no qop): challenges in, Authorization out.
// One object per origin and login. Never sends, never prints a secret.

import { createHash } from 'node:crypto';
import { type Challenge, checkLogin, Login, parseChallenges, type UserPassword } from './auth.ts';

interface Algorithm {
  /** As the server wrote it, to be given back; undefined where it named none. */
  readonly name: string | undefined;
  readonly hash: string;
  readonly strength: number;
  readonly session: boolean;
}

interface Accepted {
  readonly algorithm: Algorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly userhash: boolean;
  readonly utf8: boolean;
  readonly stale: boolean;
}

/** A challenge that is being answered: its nonce, how often it was used, and what repeats in every answer. */
interface Session {
  readonly accepted: Accepted;
  readonly ha1: string;
  /** `username="…"`, `username*=…`. */
  readonly name: string;
  /** Fixed for `-sess` algorithms, whose secret was made with it; else each answer has its own. */
  readonly cnonce: string | undefined;
  count: number;
}

/** By their names in lower case: what node:crypto calls them, and how they rank. */
const HASHES: ReadonlyMap<string, readonly [hash: string, strength: number]> = new Map([
  ['md5', ['md5', 1]],
  ['sha-256', ['sha256', 2]],
  ['sha-512-256', ['sha512-256', 3]],
]);

/** A nonce that is stale as soon as it is given is a server that cannot be pleased. */
const STALE_MAX = 3;
/** What a server's text must not hold to be given back in a field. */
const BAD_OCTET = /[^\t\x20-\x7e\x80-\xff]/;

/** The nonce of the last challenge is used again for later requests, without waiting to be asked. */
export class DigestAuth {
  readonly #credentials: Login;
  readonly #random: () => string;
  #session: Session | undefined;

  /** `random` gives a client nonce: unpredictable, new each time. Throws OptionError for control characters. */
  constructor(credentials: UserPassword, random: () => string) {
    checkLogin(credentials);
    this.#credentials = new Login(credentials.user, credentials.password);
    this.#random = random;
  }

  /**
   * Takes the WWW-Authenticate fields of a 401. True: send that request again, with a new `authorization`.
   * `answered` is how many challenges this very request has answered before: many requests share one object, and only
   * the second refusal of the same one says that the credentials are wrong.
   */
  challenge(values: readonly string[], answered: number): boolean {
    const accepted = strongest(parseChallenges(values));
    if (accepted === undefined) return false;
    if (answered > 0 && !(accepted.stale && answered < STALE_MAX)) return false;
    this.#session = this.#open(accepted);
    return true;
  }

  /** The Authorization value, or undefined while there was no challenge. Each call uses the nonce once more. */
  authorization(method: string, target: string, body?: Uint8Array): string | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    const { accepted, name } = session;
    const { algorithm, qop } = accepted;
    const cnonce = session.cnonce ?? this.#random();
    session.count++;
    const nc = session.count.toString(16).padStart(8, '0');

    const entity = qop === 'auth-int' ? `:${digest(algorithm, body ?? '')}` : '';
    const ha2 = digest(algorithm, `${method}:${target}${entity}`);
    const middle = qop === undefined ? '' : `${nc}:${cnonce}:${qop}:`;
    const response = digest(algorithm, `${session.ha1}:${accepted.nonce}:${middle}${ha2}`);

    const fields = [name, `realm=${quoted(accepted.realm)}`, `uri=${quoted(target)}`];
    if (algorithm.name !== undefined) fields.push(`algorithm=${algorithm.name}`);
    fields.push(`nonce=${quoted(accepted.nonce)}`);
    if (qop !== undefined) fields.push(`nc=${nc}`);
    if (qop !== undefined || algorithm.session) fields.push(`cnonce=${quoted(cnonce)}`);
    if (qop !== undefined) fields.push(`qop=${qop}`);
    fields.push(`response="${response}"`);
    if (accepted.opaque !== undefined) fields.push(`opaque=${quoted(accepted.opaque)}`);
    if (accepted.userhash) fields.push('userhash=true');
    return `Digest ${fields.join(', ')}`;
  }

  /** True where the answer holds a hash of the body (auth-int), which must then be in memory. */
  get hashesBody(): boolean {
    return this.#session?.accepted.qop === 'auth-int';
  }

  #open(accepted: Accepted): Session {
    const { algorithm, realm, nonce } = accepted;
    const user = prepared(this.#credentials.user, accepted.utf8);
    const password = prepared(this.#credentials.password, accepted.utf8);
    const secret = digest(algorithm, `${octets(user)}:${realm}:${octets(password)}`);
    const cnonce = algorithm.session ? this.#random() : undefined;
    const ha1 = cnonce === undefined ? secret : digest(algorithm, `${secret}:${nonce}:${cnonce}`);
    return { accepted, ha1, name: nameField(user, accepted), cnonce, count: 0 };
  }

  toString(): string {
    if (this.#session === undefined) return 'digest, no challenge';
    const { accepted, count } = this.#session;
    return `digest ${accepted.algorithm.name ?? 'MD5'}, nonce used ${count} times`;
  }
}

// ── which challenge ───────────────────────────────────────────────────────────────────────────────────────────

/** The one with the strongest hash that this Node has; among equals the server's first. */
function strongest(challenges: readonly Challenge[]): Accepted | undefined {
  let best: Accepted | undefined;
  for (const challenge of challenges) {
    const accepted = accept(challenge);
    if (accepted === undefined) continue;
    if (best === undefined || accepted.algorithm.strength > best.algorithm.strength) best = accepted;
  }
  return best;
}

function accept({ scheme, params }: Challenge): Accepted | undefined {
  if (scheme !== 'digest') return undefined;
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  const opaque = params.get('opaque');
  const algorithm = algorithmOf(params.get('algorithm'));
  const offered = params
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  // `auth` first: it leaves a body out of the answer, and so leaves it free to be streamed.
  const qop = (['auth', 'auth-int'] as const).find((one) => offered?.includes(one));
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined;
  if (offered !== undefined && qop === undefined) return undefined;
  if (BAD_OCTET.test(realm + nonce + (opaque ?? ''))) return undefined;
  return {
    algorithm,
    realm,
    nonce,
    opaque,
    qop,
    userhash: params.get('userhash')?.toLowerCase() === 'true',
    utf8: params.get('charset')?.toLowerCase() === 'utf-8',
    stale: params.get('stale')?.toLowerCase() === 'true',
  };
}

function algorithmOf(name: string | undefined): Algorithm | undefined {
  const [, plain, suffix] = /^(.*?)(-sess)?$/.exec((name ?? 'md5').toLowerCase())!;
  const known = HASHES.get(plain!);
  if (known === undefined || !isAvailable(known[0])) return undefined;
  return { name, hash: known[0], strength: known[1], session: suffix !== undefined };
}

/** Builds of OpenSSL differ, and one in FIPS mode lists MD5 and refuses it. */
function isAvailable(hash: string): boolean {
  try {
    createHash(hash);
    return true;
  } catch {
    return false;
  }
}

// ── text and octets ───────────────────────────────────────────────────────────────────────────────────────────

/** Strings here are octets, one character each, as fields are. */
function digest(algorithm: Algorithm, data: string | Uint8Array): string {
  const hash = createHash(algorithm.hash);
  return (typeof data === 'string' ? hash.update(data, 'latin1') : hash.update(data)).digest('hex');
}

function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** charset=UTF-8 asks for normalisation form C (RFC 7616 section 4). */
function prepared(text: string, utf8: boolean): string {
  return (utf8 ? text.normalize('NFC') : text).toWellFormed();
}

/** RFC 7616 section 3.4: hashed where asked for; beyond ASCII in RFC 8187 form, but only for who speaks of charsets. */
function nameField(user: string, { algorithm, realm, userhash, utf8 }: Accepted): string {
  if (userhash) return `username="${digest(algorithm, `${octets(user)}:${realm}`)}"`;
  if (!utf8 || /^[\x20-\x7e]*$/.test(user)) return `username=${quoted(octets(user))}`;
  const encoded = encodeURIComponent(user).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `username*=UTF-8''${encoded}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
