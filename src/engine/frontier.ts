// Requests that a run's consumer adds while it goes on: relative to the response they were found in, no deeper than
// wanted, and each URL once. It parses no page and sends nothing.

import { InvalidRequest } from '../model/invalid.ts';
import { normalisedUrl } from '../model/normal-url.ts';
import type { Response } from '../model/outcome.ts';
import type { Request, RequestFactory, RequestInput, RequestObject } from '../model/request.ts';
import type { FeedSource } from '../sources/feed-source.ts';

export interface AddOptions {
  /** The response that it was found in: relative URLs are resolved against it, and it is one deeper. */
  readonly from?: Response | undefined;
  /** Links away from the input at most; deeper ones are not added. No limit unless given. */
  readonly depthMax?: number | undefined;
  /** False: also what was asked for before. Only GET and HEAD without a body are ever taken for the same. */
  readonly dedupe?: boolean | undefined;
}

export class Frontier {
  readonly #feed: FeedSource;
  readonly #factory: RequestFactory;
  /** Method and normal form of every URL that was asked for. */
  readonly #seen = new Set<string>();
  readonly #seenMax: number;
  #seedsSeen = 0;

  constructor(feed: FeedSource, factory: RequestFactory, seenMax: number) {
    this.#feed = feed;
    this.#factory = factory;
    this.#seenMax = seenMax;
  }

  /** True when it will be sent; false for what was seen, is too deep, is no http(s) URL, or comes after the end. */
  add(input: RequestInput, options: AddOptions): boolean {
    const { from, depthMax = Number.POSITIVE_INFINITY, dedupe = true } = options;
    const depth = from === undefined ? 0 : from.request.depth + 1;
    if (depth > depthMax) return false;
    const request = this.#requestOf(input, from);
    if (request === undefined) return false;
    if (dedupe) {
      this.#learn(from);
      if (this.#isSeen(request)) return false;
    }
    request.depth = depth;
    return this.#feed.push(request);
  }

  /** A link that is no http(s) URL is nothing wrong with the page it stands in; a header that cannot be sent is misuse. */
  #requestOf(input: RequestInput, from: Response | undefined): Request | undefined {
    const isObject = typeof input === 'object' && !(input instanceof URL);
    const url = resolved(String(isObject ? input.url : input), from?.url);
    if (url === undefined) return undefined;
    const whole: RequestInput = isObject ? ({ ...input, url } satisfies RequestObject) : url;
    return this.#factory.from(0, whole);
  }

  #learn(from: Response | undefined): void {
    const { seeds } = this.#feed;
    for (; this.#seedsSeen < seeds.length; this.#seedsSeen++) this.#isSeen(seeds[this.#seedsSeen]!);
    // Where no more can be added, nothing more need be known.
    if (from === undefined || this.#seen.size >= this.#seenMax) return;
    this.#seen.add(keyOf(from.method, from.request.askedUrl));
    this.#seen.add(keyOf(from.method, from.url));
  }

  /** Whether it was there, and from now on it is. */
  #isSeen({ method, url, body, stream }: Request): boolean {
    if ((method !== 'GET' && method !== 'HEAD') || body !== undefined || stream !== undefined) return false;
    const key = keyOf(method, url);
    if (this.#seen.has(key)) return true;
    if (this.#seen.size >= this.#seenMax) {
      throw new InvalidRequest(
        `more than ${this.#seenMax} different URLs were added; addedMax allows more, and each takes about 100 bytes`,
      );
    }
    this.#seen.add(key);
    return false;
  }
}

function keyOf(method: string, url: string): string {
  return `${method} ${normalisedUrl(url)}`;
}

function resolved(url: string, base: string | undefined): string | undefined {
  try {
    const absolute = new URL(url, base);
    if (absolute.protocol !== 'http:' && absolute.protocol !== 'https:') return undefined;
    return absolute.href;
  } catch {
    return undefined;
  }
}
