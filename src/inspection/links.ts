// The links of a response: of its Link fields (RFC 8288), of an HTML page, of a sitemap. Published as `flurry/links`, so
// that the HTML parser is loaded only where it is used. Never fetches, and never decides where to go.

import type { Response } from '../model/outcome.ts';
import { type LinkValue, parseLinkHeader } from './link-header.ts';
import {
  htmlReferences,
  isResource,
  type Reference,
  type References,
  relations,
  sitemapReferences,
  type Wanted,
} from './markup-links.ts';

export interface Link {
  /** Absolute, http or https, without a fragment. */
  readonly url: string;
  /** What it is to the page, in lower case: `next`, `nofollow`, `canonical`; `refresh` for what a page turns into by
   *  itself. Empty where nothing is said. */
  readonly rel: readonly string[];
}

export interface LinkOptions {
  /** Also what a page is made of: pictures, scripts, frames, styles, icons. By default only where it leads. */
  readonly all?: boolean | undefined;
  /** The most links to give; the first ones count. 10,000 by default. */
  readonly linksMax?: number | undefined;
}

const LINKS_MAX = 10_000;
const URL_LENGTH_MAX = 65_536;
/** Characters to resolve and to give back, of one response: a long base makes much out of little. */
const RESOLVED_LENGTH_MAX = 16 * 1024 * 1024;
const HTML = new Set(['text/html', 'application/xhtml+xml']);
const SITEMAP = new Set(['application/xml', 'text/xml']);

/**
 * Links in the order in which they stand, those of Link fields first, as often as they stand there. The text is what
 * `response.text()` makes of the body. Throws RangeError for a `linksMax` that is none.
 */
export function links(response: Response, options: LinkOptions = {}): Link[] {
  const { all = false, linksMax = LINKS_MAX } = options;
  if (!Number.isSafeInteger(linksMax) || linksMax < 0) {
    throw new RangeError(`linksMax is a whole number from 0, not ${String(linksMax)}`);
  }
  const found = new Found(linksMax);
  found.addAll(fieldReferences(response, { all, max: linksMax, lengthMax: URL_LENGTH_MAX }), response.url);
  const max = linksMax - found.links.length;
  if (max === 0) return found.links;
  const { base, references } = bodyReferences(response, { all, max, lengthMax: URL_LENGTH_MAX });
  found.addAll(references, base === undefined ? response.url : baseOf(base, response.url));
  return found.links;
}

/** Links of other resources (`anchor`) say nothing about this one, and without a relation there is no link. */
function fieldReferences(response: Response, { all, max }: Wanted): Reference[] {
  const references: Reference[] = [];
  for (const { target, params } of parseLinkHeader(response.headerAll('link'), max)) {
    const rel = relations(params.get('rel') ?? '');
    if (rel.length === 0 || (!all && isResource(rel)) || isElsewhere(params, response.url)) continue;
    references.push({ text: target.replace(/[^\x21-\x7e]/g, percentEncoded), rel });
  }
  return references;
}

function isElsewhere(params: LinkValue['params'], url: string): boolean {
  const anchor = params.get('anchor');
  return anchor !== undefined && resolved(anchor, url) !== resolved('', url);
}

/** Fields are octets, one character each, and so is what a URL makes of them. */
function percentEncoded(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function bodyReferences(response: Response, wanted: Wanted): References {
  const { mediaType } = response;
  if (HTML.has(mediaType)) return htmlReferences(response.text(), wanted);
  if (SITEMAP.has(mediaType)) return sitemapReferences(response.text(), wanted);
  return { base: undefined, references: [] };
}

/** A base that is none is passed over (HTML, section 4.2.3), and so is one that no request can go to. */
function baseOf(written: string, documentUrl: string): string {
  return (written.length <= URL_LENGTH_MAX ? resolved(written, documentUrl) : undefined) ?? documentUrl;
}

class Found {
  readonly links: Link[] = [];
  readonly #max: number;
  #lengthLeft = RESOLVED_LENGTH_MAX;

  constructor(max: number) {
    this.#max = max;
  }

  addAll(references: readonly Reference[], base: string): void {
    for (const { text, rel } of references) {
      if (this.links.length >= this.#max) return;
      this.#lengthLeft -= base.length + text.length;
      if (this.#lengthLeft < 0) return;
      const url = resolved(text, base);
      if (url === undefined || url.length > URL_LENGTH_MAX) continue;
      this.#lengthLeft -= url.length;
      this.links.push({ url, rel });
    }
  }
}

/** Without its fragment; undefined for what is no URL, or not of http or https. */
function resolved(reference: string, base: string): string | undefined {
  try {
    const url = new URL(reference, base);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
    const hash = url.href.indexOf('#');
    return hash === -1 ? url.href : url.href.slice(0, hash);
  } catch {
    return undefined;
  }
}
