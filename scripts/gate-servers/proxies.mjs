// The proxies of the gate, each in front of nginx: how it is started, its URL, and what of the manifest it cannot do.

import { startDaemon, writeConfig } from './daemon.mjs';
import { NGINX_CANNOT } from './servers.mjs';

/** Where the proxies go out from: nginx says in X-Peer who connected, which proves that a request took the way asked for. */
export const OUTGOING = '127.0.0.2';
const LOGIN = { user: 'gate', password: 'sesame street' };

/**
 * `cannot`: what nginx behind it cannot do, named `behind`. `closes`: over http, where the proxy itself answers, the methods whose requests
 * ask for the end of their connection, and why: a proxy that closes without having said so fails the POST that is sent
 * next on that connection, which nobody may send twice unasked (RFC 9110 section 9.2.2). `whyNotHttp2`: why nobody asks through it
 * over HTTP/2.
 */
export const PROXIES = [
  {
    name: 'squid',
    program: 'squid',
    package: 'squid',
    version: ['-v'],
    needs: ['nginx'],
    behind: 'nginx behind a proxy',
    cannot: NGINX_CANNOT,
    closes: {
      methods: ['POST'],
      why: 'an answer that came before the body was read ends the connection unannounced',
    },
    whyNotHttp2:
      'when the server ends a connection, what a tunnel has not passed on yet is lost, and of HTTP/2 that is many responses',
    start: (context) => startConfigured(context, 'squid', (conf) => ['-N', '-f', conf]),
    url: (port) => `http://127.0.0.1:${port}`,
  },
  {
    name: 'tinyproxy',
    program: 'tinyproxy',
    package: 'tinyproxy',
    version: ['-v'],
    needs: ['nginx'],
    behind: 'nginx behind a proxy',
    cannot: NGINX_CANNOT,
    start: (context) => startConfigured(context, 'tinyproxy', (conf) => ['-d', '-c', conf]),
    url: (port) => `http://127.0.0.1:${port}`,
  },
  {
    name: 'microsocks',
    program: 'microsocks',
    package: 'microsocks',
    needs: ['nginx'],
    behind: 'nginx behind a proxy',
    cannot: NGINX_CANNOT,
    start: (context) => startMicrosocks(context, []),
    url: (port) => `socks5://127.0.0.1:${port}`,
  },
  {
    name: 'microsocks-login',
    program: 'microsocks',
    package: 'microsocks',
    needs: ['nginx'],
    behind: 'nginx behind a proxy',
    cannot: NGINX_CANNOT,
    start: (context) => startMicrosocks(context, ['-u', LOGIN.user, '-P', LOGIN.password]),
    url: (port) => `socks5h://${LOGIN.user}:${encodeURIComponent(LOGIN.password)}@127.0.0.1:${port}`,
    /** Has to end in failures of kind `proxy`, all of them. */
    wrongUrl: (port) => `socks5h://${LOGIN.user}:wrong@127.0.0.1:${port}`,
  },
];

async function startConfigured({ folder, programs }, name, args) {
  const prepare = (values) => {
    return args(writeConfig(`${name}.conf`, values.home, { HOME: values.home, PORT: values.PORT }));
  };
  return startDaemon({ name, program: programs[name], folder, portNames: ['PORT'], prepare });
}

async function startMicrosocks({ folder, programs }, login) {
  const name = login.length === 0 ? 'microsocks' : 'microsocks-login';
  const prepare = ({ PORT }) => ['-i', '127.0.0.1', '-p', String(PORT), '-b', OUTGOING, ...login];
  return startDaemon({ name, program: programs.microsocks, folder, portNames: ['PORT'], prepare });
}
