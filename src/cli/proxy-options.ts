// Proxies as curl's users expect them: those of the environment unless -x says otherwise.

import type { Settings } from '../model/options.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import { noProxyOfEnvironment, Proxies } from '../session/proxies.ts';
import type { Environment } from '../view/terminal.ts';

/** Those that requests may go through; they print without credentials. Throws OptionError. */
export function proxiesOf(settings: Settings, env: Environment): readonly ProxyServer[] {
  const { proxy, proxyUser, noProxy, unixSocket } = settings;
  const proxies = unixSocket === undefined ? proxy : [];
  return Proxies.of({ proxies, proxyUser, noProxy, env })?.servers ?? [];
}

/** What to do about a status 407, where a proxy may have sent it. */
export function loginAdvice(settings: Settings, env: Environment): string | undefined {
  const proxies = proxiesOf(settings, env);
  if (proxies.length === 0) return undefined;
  const who = proxies.length === 1 ? `the proxy ${proxies[0]}` : 'a proxy';
  return proxies.some(({ authorization }) => authorization !== undefined)
    ? `${who} does not accept the user and password it was given (407)`
    : `${who} asks for user and password (407): give -U user:password`;
}

/** Without -x the environment's proxies hold; -x '' is no proxy at all. NO_PROXY holds for -x too, unless --noproxy
 *  is given. */
export function withProxyEnvironment(settings: Settings, env: Environment): Settings {
  if (settings.proxy.length === 0) return { ...settings, proxy: ['env'] };
  return { ...settings, noProxy: settings.noProxy ?? noProxyOfEnvironment(env) };
}
