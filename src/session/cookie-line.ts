// What a Set-Cookie line says (RFC 6265bis section 5.6), octet for octet, and which cookies are none at all.
// Never decides whom a cookie goes to: that is for cookie-jar.ts.
//
// The library's own parser is not used, also not in its loose mode: it takes 0xA0 for white space and so cuts UTF-8
// text short, reads `=a=b` as a cookie named a, and knows neither the limits nor that the last attribute wins when it
// is empty. Its dates are.

import { cookieLibrary } from './cookie-library.ts';

/** A cookie before it is known whether it may be set. Text is octets, one character each. */
export interface CookieDraft {
  readonly name: string;
  readonly value: string;
  /** In lower case, without a leading dot. Undefined: for the host alone. */
  readonly domain: string | undefined;
  /** Undefined: the default path of the request (section 5.1.4). */
  readonly path: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  /** Milliseconds since 1970; Infinity: as long as the session lasts. */
  readonly expiresMs: number;
}

/** What a field value may hold (RFC 9110 section 5.5): section 5.6 refuses the whole line for a control character. */
export const NO_FIELD_TEXT = /[^\t\x20-\x7e\x80-\xff]/;

const NO_PATH = /[^\x20-\x7e]/;
const NO_DOMAIN = /^\.|[^!-~]/;
const PREFIX = /^__(?:secure|(host))-/i;
const ATTRIBUTE_BYTES_MAX = 1024;
/** Section 5.5: no cookie lives longer than 400 days. */
const LIFETIME_MS_MAX = 400 * 86_400_000;
const LONG_AGO_MS = 0;

/** The cookie of a Set-Cookie line, or in words what is wrong with it. */
export function readSetCookie(line: string, nowMs: number): CookieDraft | string {
  if (NO_FIELD_TEXT.test(line)) return 'holds a control character';
  const [pair, ...attributes] = line.split(';');
  const equals = pair!.indexOf('=');
  return {
    // Without a `=` it is a cookie with no name (section 5.6, step 3).
    name: equals === -1 ? '' : trimmed(pair!.slice(0, equals)),
    value: trimmed(pair!.slice(equals + 1)),
    ...readAttributes(attributes, nowMs),
  };
}

/** What is wrong with a cookie, wherever it comes from; undefined when nothing is. */
export function faultOf(draft: CookieDraft, bytesMax: number): string | undefined {
  const { name, value, domain, path } = draft;
  if (name === '' && value === '') return 'has neither a name nor a value';
  const bytes = name.length + value.length;
  if (bytes > bytesMax) return `has ${bytes} bytes of name and value, more than ${bytesMax}`;
  // Browsers take it. No cookie file could hold it, and nobody means it.
  if (name.includes('\t')) return 'has a tab in its name';
  if (path !== undefined && NO_PATH.test(path)) return 'has a Path that no request can have';
  if (domain !== undefined && NO_DOMAIN.test(domain)) return 'has a Domain that is no host name';
  return prefixFault(draft);
}

/** Names that promise something (section 4.1.3), in any case, also where a nameless cookie would fake one. */
function prefixFault(draft: CookieDraft): string | undefined {
  const prefix = PREFIX.exec(draft.name === '' ? draft.value : draft.name);
  if (prefix === null) return undefined;
  if (draft.name === '') return 'has no name and a value that poses as one';
  if (!draft.secure) return `is called ${prefix[0]} and is not Secure`;
  if (prefix[1] !== undefined && (draft.domain !== undefined || draft.path !== '/')) {
    return `is called ${prefix[0]} and is not for one host and Path=/`;
  }
  return undefined;
}

type Attributes = Omit<CookieDraft, 'name' | 'value'>;

/** Of several with one name the last counts, also when it is empty. */
function readAttributes(parts: readonly string[], nowMs: number): Attributes {
  let domain: string | undefined;
  let path: string | undefined;
  let secure = false;
  let httpOnly = false;
  let expiresMs: number | undefined;
  let maxAgeMs: number | undefined;
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = trimmed(equals === -1 ? part : part.slice(0, equals)).toLowerCase();
    const value = equals === -1 ? '' : trimmed(part.slice(equals + 1));
    if (value.length > ATTRIBUTE_BYTES_MAX) continue;
    if (name === 'domain') domain = value.replace(/^\./, '').toLowerCase() || undefined;
    else if (name === 'path') path = value.startsWith('/') ? value : undefined;
    else if (name === 'secure') secure = true;
    else if (name === 'httponly') httpOnly = true;
    else if (name === 'expires') expiresMs = cookieLibrary().parseDate(value)?.getTime() ?? expiresMs;
    else if (name === 'max-age' && /^-?\d+$/.test(value)) maxAgeMs = Number(value) * 1000;
  }
  if (maxAgeMs !== undefined) expiresMs = maxAgeMs > 0 ? nowMs + maxAgeMs : LONG_AGO_MS;
  expiresMs =
    expiresMs === undefined ? Number.POSITIVE_INFINITY : Math.min(expiresMs, nowMs + LIFETIME_MS_MAX);
  return { domain, path, secure, httpOnly, expiresMs };
}

/** SP and HTAB alone are white space here: trim() would take octets of UTF-8 text with it. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}
