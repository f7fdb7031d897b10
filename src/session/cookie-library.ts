// tough-cookie and its list of public suffixes, loaded when the first cookie comes. Holds nothing else.

import { createRequire } from 'node:module';

export type CookieLibrary = typeof import('tough-cookie');

let library: CookieLibrary | undefined;

/**
 * Synchronous, because it is a response in the middle of a run that brings the first cookie. It takes about 10 ms
 * (import() takes 30: the list comes in many small modules there), and a run without cookies never pays them.
 */
export function cookieLibrary(): CookieLibrary {
  library ??= createRequire(import.meta.url)('tough-cookie') as CookieLibrary;
  return library;
}
