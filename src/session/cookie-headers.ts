// The Cookie fields that were built, kept until a cookie behind them changes or expires. Stores no cookie.
//
//   origin ──► paths, longest first   /shop/cart → "c=3; b=2; a=1"
//                                     /shop      → "b=2; a=1"
//                                     /          → "a=1"
//
// All cookie paths that match a request are prefixes of it, so the longest that matches settles which others do:
// there is one field for each path that a cookie has, not for each that is asked for. A million URLs of one host share
// one field.

import type { Clock } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import { type BrowserJar, pathOf } from './cookie-jar.ts';
import { type CookieLibrary, cookieLibrary } from './cookie-library.ts';
import { type CookieShelf, type DomainCookies, expiryMs } from './cookie-shelf.ts';

interface PathField {
  readonly path: string;
  /** Undefined: nothing to send. Null: not asked for yet. */
  field: string | undefined | null;
}

/** What is known of an origin. Without paths: it has no cookies. */
interface Known {
  domains: readonly DomainCookies[];
  paths: PathField[];
  /** The shelf's change up to which this holds. */
  checkedAt: number;
  /** When the first of its cookies expires. */
  untilMs: number;
}

/** Emptied whole when full: bounded, and no scan. */
const ORIGINS_MAX = 16_384;
const FIELD_BYTES_MAX = 8 * 1024 * 1024;

export class CookieHeaders {
  readonly #shelf: CookieShelf;
  readonly #jar: BrowserJar;
  readonly #clock: Clock;
  readonly #pathMatch: CookieLibrary['pathMatch'];
  readonly #origins = new Map<string, Known>();
  #fieldBytes = 0;

  constructor(shelf: CookieShelf, jar: BrowserJar, clock: Clock) {
    this.#shelf = shelf;
    this.#jar = jar;
    this.#clock = clock;
    this.#pathMatch = cookieLibrary().pathMatch;
  }

  get(origin: Origin, target: string): string | undefined {
    let known = this.#origins.get(origin.key);
    if (known === undefined) known = this.#learn(origin);
    else if (known.checkedAt !== this.#shelf.changes) this.#check(known, origin);
    // The clock is asked only where something expires at all.
    if (known.untilMs !== Number.POSITIVE_INFINITY && known.untilMs <= this.#clock.wall()) {
      this.#read(known, origin);
    }
    if (known.paths.length === 0) return undefined;
    const match = this.#longestMatch(known.paths, target);
    if (match === undefined) return undefined;
    return match.field === null ? this.#build(match, origin, target) : match.field;
  }

  #learn(origin: Origin): Known {
    if (this.#origins.size >= ORIGINS_MAX) this.#forgetAll();
    const known: Known = { domains: [], paths: [], checkedAt: 0, untilMs: Number.POSITIVE_INFINITY };
    this.#origins.set(origin.key, known);
    this.#read(known, origin);
    return known;
  }

  /** Something has changed on the shelf, most often for other hosts. */
  #check(known: Known, origin: Origin): void {
    const { checkedAt, domains } = known;
    const touched =
      domains.some((domain) => domain.changedAt > checkedAt) ||
      // A domain of this host that was not there before.
      (this.#shelf.domainAddedAt > checkedAt && this.#shelf.at(origin.host).length !== domains.length);
    if (touched) this.#read(known, origin);
    else known.checkedAt = this.#shelf.changes;
  }

  #read(known: Known, origin: Origin): void {
    this.#shelf.dropExpired(this.#shelf.at(origin.host));
    known.domains = this.#shelf.at(origin.host);
    known.checkedAt = this.#shelf.changes;
    known.untilMs = Number.POSITIVE_INFINITY;
    const paths = new Set<string>();
    for (const { cookies } of known.domains) {
      for (const cookie of cookies.values()) {
        paths.add(cookie.path!);
        known.untilMs = Math.min(known.untilMs, expiryMs(cookie));
      }
    }
    for (const { field } of known.paths) this.#fieldBytes -= field?.length ?? 0;
    known.paths = [...paths].sort((a, b) => b.length - a.length).map((path) => ({ path, field: null }));
  }

  #build(match: PathField, origin: Origin, target: string): string | undefined {
    match.field = this.#jar.header(origin, pathOf(target)) || undefined;
    this.#fieldBytes += match.field?.length ?? 0;
    if (this.#fieldBytes > FIELD_BYTES_MAX) this.#forgetAll();
    return match.field;
  }

  #longestMatch(paths: readonly PathField[], target: string): PathField | undefined {
    // Nearly all cookies are for `/`, which matches everything and is the shortest.
    if (paths[0]!.path === '/') return paths[0];
    const path = pathOf(target);
    for (const one of paths) if (this.#pathMatch(path, one.path)) return one;
    return undefined;
  }

  #forgetAll(): void {
    this.#origins.clear();
    this.#fieldBytes = 0;
  }

  toString(): string {
    return `fields of ${this.#origins.size} origins, ${this.#fieldBytes} octets`;
  }
}
