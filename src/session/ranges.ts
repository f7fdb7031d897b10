// What RFC 9110 says about asking for the rest of a body (sections 13.1.5, 14 and 15.3.7), decided from heads alone.
// What cannot be proven to be the same version is not put together. Never sends and never holds content.

import type { ResponseHead } from '../model/response-head.ts';

/** A version of a body, the rest of which can be asked for. */
export interface Version {
  /** For If-Range: the entity tag, or else the date. */
  readonly validator: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Its content codings: what is stored is stored as it came. */
  readonly coding: string;
  /** Length of the whole body; undefined where the head does not tell. */
  readonly total: number | undefined;
}

/** What a 206 brings: octets up to `end`, of a body with `total` of them. */
export interface Part {
  readonly end: number;
  readonly total: number;
}

/** Strong ones alone: W/"…" may stand for several different bodies (RFC 9110 section 8.8.3.1). */
const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]{0,1024}"$/;
/** IMF-fixdate; no server that sends another form of date has ever been asked to compare it. */
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$/;
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;
/** A date says which version it is where that was at least so old: it might change twice in one second (8.8.2.2). */
const SETTLED_MS = 1000;

/** Undefined where nothing says which version this 200 is, or ranges are not served. */
export function versionOf(head: ResponseHead): Version | undefined {
  if (head.status !== 200 || head.mediaType === 'multipart/byteranges') return undefined;
  if (head.all('accept-ranges').some((value) => value.trim().toLowerCase() === 'none')) return undefined;
  const etag = only(head, 'etag');
  const lastModified = only(head, 'last-modified');
  const validator = validatorOf(head, etag, lastModified);
  if (validator === undefined) return undefined;
  const { contentLength, transferEncoding } = head.framing;
  const total = transferEncoding === 'none' ? contentLength : undefined;
  return { validator, etag, lastModified, coding: codingOf(head), total };
}

/** An entity tag that is there and is not strong forbids the date too: the server itself says that it is not sure. */
function validatorOf(
  head: ResponseHead,
  etag: string | undefined,
  lastModified: string | undefined,
): string | undefined {
  if (head.all('etag').length > 0) return etag !== undefined && STRONG_TAG.test(etag) ? etag : undefined;
  const date = only(head, 'date');
  if (lastModified === undefined || date === undefined) return undefined;
  if (!DATE.test(lastModified) || !DATE.test(date)) return undefined;
  return Date.parse(date) - Date.parse(lastModified) >= SETTLED_MS ? lastModified : undefined;
}

/** Field lines that ask for everything from `start` on, or for all of another version. */
export function rangeFields({ validator }: Version, start: number): string {
  return `Range: bytes=${start}-\r\nIf-Range: ${validator}\r\n`;
}

/**
 * What this 206 brings, where it goes on at `start` with the same version: then it has the same strong validator, as
 * section 15.3.7.3 wants of parts that are put together, and says how long the whole is. Undefined for any other.
 */
export function continuation(head: ResponseHead, version: Version, start: number): Part | undefined {
  if (head.status !== 206 || head.mediaType === 'multipart/byteranges') return undefined;
  const [, first, last, length] = CONTENT_RANGE.exec(only(head, 'content-range') ?? '') ?? [];
  if (first === undefined || Number(first) !== start) return undefined;
  const end = Number(last) + 1;
  const total = length === '*' ? version.total : Number(length);
  if (total === undefined || end <= start || end > total) return undefined;
  if (version.total !== undefined && version.total !== total) return undefined;
  const { contentLength, transferEncoding } = head.framing;
  if (transferEncoding === 'none' && contentLength !== undefined && contentLength !== end - start) {
    return undefined;
  }
  return isSame(head, version) ? { end, total } : undefined;
}

function isSame(head: ResponseHead, { validator, etag, lastModified, coding }: Version): boolean {
  const tags = head.all('etag');
  if (tags.length > 0 ? only(head, 'etag') !== etag : validator === etag) return false;
  const dates = head.all('last-modified');
  if (dates.length > 0 ? only(head, 'last-modified') !== lastModified : validator === lastModified)
    return false;
  return head.all('content-encoding').length === 0 || codingOf(head) === coding;
}

function codingOf(head: ResponseHead): string {
  return head.all('content-encoding').join(', ').toLowerCase();
}

/** The value of a field that is there once. */
function only(head: ResponseHead, name: string): string | undefined {
  const values = head.all(name);
  return values.length === 1 ? values[0]!.trim() : undefined;
}
