// A cookie store on a clock that stands still, and places to ask it about.

import { Origin, parseUrl } from '../../src/model/origin.ts';
import type { CookieLimits } from '../../src/session/cookie-shelf.ts';
import { CookieStore } from '../../src/session/cookies.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

export const LIMITS: CookieLimits = { cookiesPerHostMax: 50, cookieBytesMax: 4096, cookiesMax: 3000 };

export class Browser {
  readonly clock = new VirtualClock();
  readonly store: CookieStore;

  constructor(limits: Partial<CookieLimits> = {}) {
    this.store = new CookieStore(this.clock, { ...LIMITS, ...limits });
  }

  /** A response from there sets these. */
  set(url: string, ...lines: string[]): this {
    const { origin, target } = parseUrl(url);
    this.store.store(origin, target, lines);
    return this;
  }

  /** What a request there would say. */
  at(url: string): string | undefined {
    const { origin, target } = parseUrl(url);
    return this.store.header(origin, target);
  }

  /** Why the last cookie was refused. */
  get refusal(): string | undefined {
    return / refused: the last (.*)$/.exec(String(this.store))?.[1];
  }
}

/** An origin without the detour over a URL, where a test needs a host that no URL has. */
export function originOf(scheme: 'http' | 'https', host: string, port?: number): Origin {
  return new Origin(scheme, host, port ?? (scheme === 'https' ? 443 : 80));
}
