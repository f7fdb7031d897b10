// The files of --cookie and --cookie-jar: read before the first request, found to be writable, written after the last.

import { accessSync, closeSync, constants, existsSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Settings } from '../model/options.ts';
import { parseCookieText } from '../session/cookie-file.ts';
import type { CookieStore } from '../session/cookies.ts';
import { openingError } from '../sinks/output-error.ts';
import { EXIT, Exit } from './exit-codes.ts';
import { readBytes } from './input-files.ts';

const { W_OK } = constants;

/** As curl tells them apart: what holds a `=` is cookies, anything else names a file. */
export function isCookieText(cookie: string): boolean {
  return cookie.includes('=');
}

/** Cookies are on with either flag; literal ones go with every request. */
export function withCookies(settings: Settings): Settings {
  const { cookie, cookieJar } = settings;
  if (cookie === undefined && cookieJar === undefined) return settings;
  if (cookie === undefined || !isCookieText(cookie)) return { ...settings, cookies: true };
  // Refused here where it cannot be sent, and not with the first request.
  parseCookieText(cookie);
  return { ...settings, cookies: true, cookieText: cookie };
}

/** Cookie files are octets (latin1). Returns a line for each entry that gave no cookie. */
export function loadCookies(settings: Settings, store: CookieStore | undefined): string[] {
  const { cookie, cookieJar } = settings;
  if (cookieJar !== undefined) attempt(cookieJar, () => closeSync(openSync(cookieJar, 'a', PRIVATE)));
  if (cookie === undefined || isCookieText(cookie) || cookie === '') return [];
  const text = readBytes(cookie, '--cookie', '; cookies themselves are written as name=value').toString(
    'latin1',
  );
  const problems = store?.load(text) ?? [];
  return problems.map(({ line, message }) => `${cookie} line ${line}: ${message}`);
}

/** For --dry-run: what would be refused is, and no jar is made. */
export function checkCookies(settings: Settings, store: CookieStore | undefined): string[] {
  const { cookieJar } = settings;
  if (cookieJar !== undefined) {
    attempt(cookieJar, () => accessSync(existsSync(cookieJar) ? cookieJar : dirname(cookieJar), W_OK));
  }
  return loadCookies({ ...settings, cookieJar: undefined }, store);
}

export function saveCookies(settings: Settings, store: CookieStore | undefined): void {
  const { cookieJar } = settings;
  if (cookieJar === undefined || store === undefined) return;
  attempt(cookieJar, () => writeFileSync(cookieJar, store.save(), { encoding: 'latin1', mode: PRIVATE }));
}

/** Whoever holds a session's cookies is logged in. */
const PRIVATE = 0o600;

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new Exit(EXIT.disk, openingError(path, error).message.replace('-o', '--cookie-jar'));
  }
}
