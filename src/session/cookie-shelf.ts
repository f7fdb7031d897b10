// Where cookies lie: by domain, bounded, expired ones thrown away. Never decides who may set or see one; it hands out
// all that could concern a host, and the jar chooses.

import type { Cookie } from 'tough-cookie';
import type { Clock } from '../model/contracts.ts';

export interface CookieLimits {
  /** Cookies that share one domain. */
  readonly cookiesPerHostMax: number;
  /** Octets of name and value together. */
  readonly cookieBytesMax: number;
  readonly cookiesMax: number;
}

/** The cookies of one domain, the one that was set longest ago first. */
export interface DomainCookies {
  readonly domain: string;
  readonly cookies: Map<string, Cookie>;
  /** The change of the shelf that touched it last. */
  changedAt: number;
}

export class CookieShelf {
  readonly #limits: CookieLimits;
  readonly #clock: Clock;
  readonly #domains = new Map<string, DomainCookies>();
  /** All cookies, the one that was set longest ago first. */
  readonly #bySetting = new Set<Cookie>();
  readonly #secureByName = new Map<string, Set<Cookie>>();
  /** No cookie expires before that. */
  #expiryMsMin = Number.POSITIVE_INFINITY;
  /** Counts whatever could change a Cookie field somewhere. */
  changes = 0;
  /** The change that added a domain last. */
  domainAddedAt = 0;
  /** Cookies thrown out for want of room. */
  evicted = 0;

  constructor(limits: CookieLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#bySetting.size;
  }

  /** Those that have not expired, in the order of their creation. */
  inOrder(): Cookie[] {
    this.dropExpired(this.#domains.values());
    return [...this.#bySetting].sort((a, b) => a.creationIndex - b.creationIndex);
  }

  /** What the host or a domain above it has. A few look-ups, as many as the name has labels. */
  at(host: string): DomainCookies[] {
    const found: DomainCookies[] = [];
    for (let start = 0; ; ) {
      const domain = this.#domains.get(start === 0 ? host : host.slice(start));
      if (domain !== undefined) found.push(domain);
      start = host.indexOf('.', start) + 1;
      if (start === 0) return found;
    }
  }

  /** Secure cookies of that name, wherever they are for. */
  secureOnes(name: string): Iterable<Cookie> {
    return this.#secureByName.get(name) ?? [];
  }

  /** A cookie that has expired already takes away the one it would have replaced: that is how servers delete. */
  put(cookie: Cookie): void {
    const nowMs = this.#clock.wall();
    const known = this.#domains.get(cookie.domain!);
    const old = known?.cookies.get(identity(cookie));
    if (old !== undefined) {
      if (expiryMs(cookie) > nowMs && expiryMs(old) > nowMs) return this.#renew(known!, old, cookie);
      this.#drop(known!, old);
    }
    if (expiryMs(cookie) <= nowMs) return;
    this.#expiryMsMin = Math.min(this.#expiryMsMin, expiryMs(cookie));
    const domain = this.#domains.get(cookie.domain!) ?? this.#addDomain(cookie.domain!);
    domain.cookies.set(identity(cookie), cookie);
    this.#bySetting.add(cookie);
    if (cookie.secure) this.#index(cookie);
    domain.changedAt = ++this.changes;
    this.#makeRoom(domain);
  }

  dropExpired(domains: Iterable<DomainCookies>): void {
    const nowMs = this.#clock.wall();
    if (nowMs < this.#expiryMsMin) return;
    for (const domain of domains) {
      for (const cookie of domain.cookies.values()) {
        if (expiryMs(cookie) <= nowMs) this.#drop(domain, cookie);
      }
    }
  }

  /** The cookie keeps its place in the order of creation (section 5.7, step 23), and counts as set just now. */
  #renew(domain: DomainCookies, old: Cookie, cookie: Cookie): void {
    // Servers set the same session cookie again with each response; then every field built before still holds.
    const same =
      old.value === cookie.value && old.secure === cookie.secure && expiryMs(cookie) >= expiryMs(old);
    if (old.secure) this.#unindex(old);
    this.#expiryMsMin = Math.min(this.#expiryMsMin, expiryMs(cookie));
    old.value = cookie.value;
    old.expires = cookie.expires;
    old.secure = cookie.secure;
    old.httpOnly = cookie.httpOnly;
    if (old.secure) this.#index(old);
    const key = identity(old);
    domain.cookies.delete(key);
    domain.cookies.set(key, old);
    this.#bySetting.delete(old);
    this.#bySetting.add(old);
    if (!same) domain.changedAt = ++this.changes;
  }

  /**
   * Expired ones go first, then in a domain that has too many those that are not Secure: a plain connection must not
   * push them out. Then whatever was set longest ago; times of access would tell little, since a host's cookies are
   * sent together.
   */
  #makeRoom(domain: DomainCookies): void {
    const { cookiesPerHostMax, cookiesMax } = this.#limits;
    if (domain.cookies.size > cookiesPerHostMax) this.dropExpired([domain]);
    while (domain.cookies.size > cookiesPerHostMax) this.#evict(domain, leastWorth(domain));
    if (this.size > cookiesMax && this.#clock.wall() >= this.#expiryMsMin) this.#dropAllExpired();
    while (this.size > cookiesMax) {
      const oldest: Cookie = this.#bySetting.values().next().value!;
      this.#evict(this.#domains.get(oldest.domain!)!, oldest);
    }
  }

  /** Looks at every cookie, but only when the time has come for one of them. */
  #dropAllExpired(): void {
    this.dropExpired(this.#domains.values());
    this.#expiryMsMin = Number.POSITIVE_INFINITY;
    for (const cookie of this.#bySetting) this.#expiryMsMin = Math.min(this.#expiryMsMin, expiryMs(cookie));
  }

  #evict(domain: DomainCookies, cookie: Cookie): void {
    this.#drop(domain, cookie);
    this.evicted++;
  }

  #drop(domain: DomainCookies, cookie: Cookie): void {
    domain.cookies.delete(identity(cookie));
    this.#bySetting.delete(cookie);
    if (cookie.secure) this.#unindex(cookie);
    domain.changedAt = ++this.changes;
    if (domain.cookies.size === 0) this.#domains.delete(domain.domain);
  }

  #addDomain(name: string): DomainCookies {
    const domain = { domain: name, cookies: new Map<string, Cookie>(), changedAt: 0 };
    this.#domains.set(name, domain);
    this.domainAddedAt = ++this.changes;
    return domain;
  }

  #index(cookie: Cookie): void {
    const named = this.#secureByName.get(cookie.key);
    if (named === undefined) this.#secureByName.set(cookie.key, new Set([cookie]));
    else named.add(cookie);
  }

  #unindex(cookie: Cookie): void {
    const named = this.#secureByName.get(cookie.key);
    named?.delete(cookie);
    if (named?.size === 0) this.#secureByName.delete(cookie.key);
  }

  toString(): string {
    return `${this.size} of ${this.#domains.size} domains, ${this.evicted} evicted`;
  }
}

/** Milliseconds since 1970; Infinity for the cookies of a session. */
export function expiryMs(cookie: Cookie): number {
  return cookie.expires instanceof Date ? cookie.expires.getTime() : Number.POSITIVE_INFINITY;
}

/** Within a domain (section 5.7, step 23). Neither a name nor a path holds a `;`. */
function identity(cookie: Cookie): string {
  return `${cookie.hostOnly ? 'host' : 'tail'};${cookie.path};${cookie.key}`;
}

function leastWorth(domain: DomainCookies): Cookie {
  let oldest: Cookie | undefined;
  for (const cookie of domain.cookies.values()) {
    if (!cookie.secure) return cookie;
    oldest ??= cookie;
  }
  return oldest!;
}
