// The URL that stands for all that ask for the same thing: for telling what was seen before. Never what is sent, which
// is the URL as it was written (model/origin.ts).

import { parseUrl } from './origin.ts';

const ESCAPE = /%[0-9a-f]{2}/gi;
const STRAY_PERCENT = /%(?![0-9a-f]{2})/i;
/** RFC 3986 section 2.3: escaped or not, they mean the same. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * RFC 3986 sections 6.2.2 and 6.2.3, for http and https: scheme and host in lower case, no default port, no dot segments,
 * `/` for an empty path, escapes in capitals and none for what needs none; no userinfo and no fragment. The query keeps
 * its order. Applied twice it gives the same. Throws InvalidRequest for what is no such URL.
 */
export function normalisedUrl(url: string): string {
  const { origin, target } = parseUrl(url);
  return origin.key + normalEscapes(target);
}

/** With a stray `%` in it nobody can tell what is an escape and what a decoded one would become part of. */
function normalEscapes(target: string): string {
  if (!target.includes('%') || STRAY_PERCENT.test(target)) return target;
  return target.replace(ESCAPE, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return UNRESERVED.test(character) ? character : escaped.toUpperCase();
  });
}
