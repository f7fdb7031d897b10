// Proxies as curl's users expect them: those of the environment unless -x says otherwise.

import type { Settings } from '../model/options.ts';
import { noProxyOfEnvironment } from '../session/proxies.ts';
import type { Environment } from '../view/terminal.ts';

/** Without -x the environment's proxies hold; -x '' is no proxy at all. NO_PROXY holds for -x too, unless --noproxy
 *  is given. */
export function withProxyEnvironment(settings: Settings, env: Environment): Settings {
  if (settings.proxy.length === 0) return { ...settings, proxy: ['env'] };
  return { ...settings, noProxy: settings.noProxy ?? noProxyOfEnvironment(env) };
}
