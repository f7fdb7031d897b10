// What --dry-run says of a session: the way through proxies, redirects, cookies, expectations. Only what is set has a
// line, and no line holds a secret.

import type { OptionName, Settings } from '../model/options.ts';
import { count } from '../model/text.ts';
import { isCookieText } from './cookie-files.ts';
import { proxiesOf } from './proxy-options.ts';
import { RUN_SWITCHES } from './run-flags.ts';
import type { Surroundings } from './surroundings.ts';

export type Row = readonly [label: string, text: string];

const PROXIES_SHOWN = 3;
const EXPECTATIONS = [
  ...(['failOn', 'matchStatus', 'filterStatus', 'match', 'filter', 'matchSize', 'filterSize'] as const),
  'extract',
] as const satisfies readonly OptionName[];

export function sessionRows(settings: Settings, { env }: Pick<Surroundings, 'env'>): Row[] {
  const rows: readonly Row[] = [
    ['proxy', proxyText(settings, env)],
    ['redirects', settings.followRedirects ? `followed, ${count(settings.maxRedirects)} at most` : ''],
    ['cookies', cookieText(settings)],
    ['expects', EXPECTATIONS.flatMap((name) => given(name, settings[name])).join('  ')],
  ];
  return rows.filter(([, text]) => text !== '');
}

function proxyText(settings: Settings, env: Surroundings['env']): string {
  const proxies = proxiesOf(settings, env);
  if (proxies.length < 2) return proxies.join('');
  const more = proxies.length > PROXIES_SHOWN ? ', …' : '';
  return `${count(proxies.length)} in turn: ${proxies.slice(0, PROXIES_SHOWN).join(', ')}${more}`;
}

function cookieText({ cookies, cookie, cookieJar }: Settings): string {
  if (!cookies) return '';
  const parts = ['kept and sent back'];
  if (cookie !== undefined && cookie !== '') {
    parts.push(
      isCookieText(cookie) ? 'those of --cookie with every request' : `to begin with those of ${cookie}`,
    );
  }
  if (cookieJar !== undefined) parts.push(`written to ${cookieJar}`);
  return parts.join(', ');
}

function given(name: (typeof EXPECTATIONS)[number], value: unknown): string[] {
  const flag = RUN_SWITCHES.find((one) => one.name === name)!.long;
  return [value].flat().map((text) => `${flag} ${String(text)}`);
}
