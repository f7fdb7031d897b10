// What holds for a whole run as words of curl: where the two have the same setting. Only what is not at its default.

import { OPTIONS, type Settings } from '../../model/options.ts';
import { RUN_SWITCHES, type RunSwitch } from '../run-flags.ts';
import { quoted } from './quoting.ts';

/** Options that curl has under the same name, with the same values. What becomes part of a request is not among them. */
const SAME_IN_CURL: ReadonlySet<string> = new Set([
  ...['--location', '--max-redirs', '--compressed', '--cookie-jar', '--netrc-file', '--digest', '--max-time'],
  ...[
    '--connect-timeout',
    '--expect100-timeout',
    '--max-filesize',
    '--insecure',
    '--cacert',
    '--cert',
    '--key',
  ],
  ...['--ciphers', '--pinnedpubkey', '--resolve', '--connect-to', '--interface', '--unix-socket'],
  ...['--dns-servers', '--proxy-user', '--noproxy'],
]);

/** Each word is quoted already. */
export function runWords(settings: Settings): string[] {
  return RUN_SWITCHES.filter(({ long }) => SAME_IN_CURL.has(long))
    .flatMap((option) => wordsOf(option, settings[option.name]))
    .concat(otherWords(settings));
}

function wordsOf({ long, row }: RunSwitch, value: unknown): string[] {
  if (value === undefined || value === row.default) return [];
  if (Array.isArray(value)) return value.flatMap((one) => [long, quoted(String(one))]);
  if (row.kind === 'flag') return [long];
  return [long, quoted(row.kind === 'duration' ? String(Number(value) / 1000) : String(value))];
}

function otherWords(settings: Settings): string[] {
  const { tlsMin, family, proxy, cookie, cookies, cookieJar, digest, user, httpVersion } = settings;
  const words: string[] = [];
  if (httpVersion !== 'auto') words.push(httpVersion === '2' ? '--http2-prior-knowledge' : '--http1.1');
  if (tlsMin !== OPTIONS.tlsMin.default) words.push(`--tlsv${tlsMin}`);
  if (family !== 'any') words.push(`-${family}`);
  // What the environment says curl finds by itself; of proxies that take turns it knows one.
  if (proxy[0] !== undefined && proxy[0] !== 'env') words.push('--proxy', quoted(proxy[0]));
  // Cookies that were given as text stand among the header fields.
  if (cookie !== undefined) words.push('-b', quoted(cookie));
  if ((cookie === undefined || cookie.includes('=')) && cookies && cookieJar === undefined)
    words.push('-b', "''");
  // Basic credentials stand among the header fields; these wait for the server's challenge.
  if (digest && user !== undefined) words.push('-u', quoted(user));
  return words;
}
