// Who may set a cookie, and who gets it: tough-cookie's jar on our shelf, with the rules of RFC 6265bis that it lacks.
// Keeps no state of its own.
//
// SameSite is not looked at: nothing here stands on one site and asks another. HttpOnly is kept for cookie files only.
// Secure cookies are for https, and for http on localhost, *.localhost, 127.0.0.0/8 and ::1, as in Chrome and Firefox:
// those requests leave no machine.

import type { Cookie, CookieJar, Store } from 'tough-cookie';
import type { Clock } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import { type CookieLibrary, cookieLibrary } from './cookie-library.ts';
import { type CookieDraft, faultOf } from './cookie-line.ts';
import { type CookieShelf, expiryMs } from './cookie-shelf.ts';

/** The library sorts by time of creation, then by a count of its own. A clock can jump; the count cannot. */
const SAME_MOMENT = new Date(0);

export class BrowserJar {
  readonly #shelf: CookieShelf;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #library: CookieLibrary;
  readonly #jar: CookieJar;

  constructor(shelf: CookieShelf, clock: Clock, bytesMax: number) {
    this.#shelf = shelf;
    this.#clock = clock;
    this.#bytesMax = bytesMax;
    this.#library = cookieLibrary();
    this.#jar = new this.#library.CookieJar(storeOn(shelf, this.#library));
  }

  /** Sets a cookie on behalf of a response from there; says in words why it was refused. */
  set(origin: Origin, path: string, draft: CookieDraft): string | undefined {
    const fault = faultOf(draft, this.#bytesMax);
    if (fault !== undefined) return fault;
    let domain = draft.domain;
    if (domain !== undefined && this.#isPublicSuffix(domain)) {
      if (domain !== origin.host) return `is for all of ${domain}, a public suffix or no domain`;
      // Section 5.7, step 9: it cannot mean more than the host itself. Addresses come here too: they have no domain.
      domain = undefined;
    }
    const cookie = this.#cookieOf(draft, domain);
    if (this.#coversSecureOne(origin, path, cookie)) return 'would cover one that is Secure';
    try {
      this.#jar.setCookieSync(cookie, placeOf(origin, path), { now: SAME_MOMENT });
      return undefined;
    } catch (error) {
      if (domain !== undefined && this.#library.domainMatch(origin.host, domain, false) !== true) {
        return `is for ${domain}, where ${origin.host} does not belong`;
      }
      if (cookie.secure && origin.scheme === 'http') return 'is Secure and came over http';
      return `was refused: ${(error as Error).message}`;
    }
  }

  /** The Cookie field's value for a request there, looked up afresh; empty where there is none. Drops nothing. */
  header(origin: Origin, path: string): string {
    // The jar would go by the machine's clock; the shelf holds nothing that has expired by ours.
    return this.#jar.getCookieStringSync(placeOf(origin, path), { expire: false });
  }

  /** Also where only the list's default rule says so: a name without a dot is no place for others to share. */
  #isPublicSuffix(domain: string): boolean {
    if (!domain.includes('.')) return true;
    const options = { allowSpecialUseDomain: true, ignoreError: true };
    return this.#library.getPublicSuffix(domain, options) === undefined;
  }

  #cookieOf(draft: CookieDraft, domain: string | undefined): Cookie {
    return new this.#library.Cookie({
      key: ownCopy(draft.name),
      value: ownCopy(draft.value),
      domain: domain === undefined ? null : ownCopy(domain),
      path: draft.path === undefined ? null : ownCopy(draft.path),
      secure: draft.secure,
      httpOnly: draft.httpOnly,
      // Always a date, never Max-Age: that one would begin anew each time the library looks at the cookie.
      expires: draft.expiresMs === Number.POSITIVE_INFINITY ? 'Infinity' : new Date(draft.expiresMs),
    });
  }

  /** Section 5.7, step 16: who comes over a plain connection leaves Secure cookies alone. */
  #coversSecureOne(origin: Origin, requestPath: string, cookie: Cookie): boolean {
    if (origin.scheme === 'https' || cookie.secure) return false;
    const { defaultPath, domainMatch, pathMatch } = this.#library;
    const domain = cookie.domain ?? origin.host;
    const path = cookie.path ?? defaultPath(requestPath);
    for (const other of this.#shelf.secureOnes(cookie.key)) {
      const related =
        domainMatch(domain, other.domain, false) === true ||
        domainMatch(other.domain, domain, false) === true;
      if (!related || !pathMatch(path, other.path!)) continue;
      if (expiryMs(other) > this.#clock.wall()) return true;
    }
    return false;
  }
}

/** The path of a request-target, without its query. */
export function pathOf(target: string): string {
  if (!target.startsWith('/')) return '/';
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/**
 * What the jar reads of a URL. It takes an object as it is, so nothing is parsed, but it percent-decodes the path,
 * which no browser does: the escape is undone by that.
 */
function placeOf(origin: Origin, path: string): URL {
  const place: Pick<URL, 'protocol' | 'hostname' | 'pathname'> = {
    protocol: `${origin.scheme}:`,
    hostname: origin.host,
    pathname: path.includes('%') ? path.replaceAll('%', '%25') : path,
  };
  return place as URL;
}

/**
 * A piece of a string keeps the whole string alive, here the head of a response: 3,000 cookies out of heads of 64 KiB
 * held 200 MB, their copies hold 3.
 */
function ownCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The library's view of the shelf. A class of the library's, so it can be made only when that is loaded. */
function storeOn(shelf: CookieShelf, library: CookieLibrary): Store {
  type Answer<T> = ((error: null, result: T) => void) | undefined;
  return new (class extends library.Store {
    override synchronous = true;

    /** Never finds one: the shelf itself tells what replaces what, since host-only is a part of that. */
    override findCookie(_domain: unknown, _path: unknown, _key: unknown, answer?: Answer<undefined>) {
      answer?.(null, undefined);
      return Promise.resolve(undefined);
    }

    override findCookies(host: string, _path: unknown, _special?: boolean, answer?: Answer<Cookie[]>) {
      const found = shelf.at(host).flatMap((domain) => [...domain.cookies.values()]);
      answer?.(null, found);
      return Promise.resolve(found);
    }

    override putCookie(cookie: Cookie, answer?: (error: null) => void) {
      shelf.put(cookie);
      answer?.(null);
      return Promise.resolve();
    }
  })();
}
