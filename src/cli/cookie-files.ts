// The files of --cookie and --cookie-jar: read before the first request, found to be writable, written after the last.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Settings } from '../model/options.ts';
import { parseCookieText } from '../session/cookie-file.ts';
import type { CookieStore } from '../session/cookies.ts';
import { openingError } from '../sinks/output-error.ts';
import { usage } from './exit-codes.ts';
import { readBytes } from './input-files.ts';

/** As curl tells them apart: what holds a `=` is cookies, anything else names a file. */
export function isCookieText(cookie: string): boolean {
  return cookie.includes('=');
}

/** Cookies are on with either flag; literal ones are a header of every request, which no redirect takes elsewhere. */
export function withCookies(settings: Settings): Settings {
  const { cookie, cookieJar } = settings;
  if (cookie === undefined && cookieJar === undefined) return settings;
  if (cookie === undefined || !isCookieText(cookie)) return { ...settings, cookies: true };
  const headers = [...pairsOf(settings.headers), ['Cookie', parseCookieText(cookie)] as const];
  return { ...settings, cookies: true, headers };
}

function pairsOf(headers: Settings['headers']) {
  return Symbol.iterator in headers ? [...headers] : Object.entries(headers);
}

/** Cookie files are octets (latin1). Returns a line for each entry that gave no cookie. */
export function loadCookies(settings: Settings, store: CookieStore | undefined): string[] {
  const { cookie, cookieJar } = settings;
  if (cookieJar !== undefined) assertWritable(cookieJar);
  if (cookie === undefined || isCookieText(cookie) || cookie === '') return [];
  const text = readBytes(cookie, '--cookie', '; cookies themselves are written as name=value').toString(
    'latin1',
  );
  const problems = store?.load(text) ?? [];
  return problems.map(({ line, message }) => `${cookie} line ${line}: ${message}`);
}

export function saveCookies(settings: Settings, store: CookieStore | undefined): void {
  const { cookieJar } = settings;
  if (cookieJar === undefined || store === undefined) return;
  try {
    // Whoever holds a session's cookies is logged in.
    writeFileSync(cookieJar, store.save(), { encoding: 'latin1', mode: 0o600 });
  } catch (error) {
    throw openingError(cookieJar, error);
  }
}

function assertWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw usage(openingError(path, error).message.replace(' with -o', ' with --cookie-jar'));
  }
}
