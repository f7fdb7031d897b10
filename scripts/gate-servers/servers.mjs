// The servers of the gate: what each is called, how it is started, and what of the manifest it cannot do. Asks nothing.

import { existsSync } from 'node:fs';
import { startDaemon, writeConfig } from './daemon.mjs';

const APACHE_MODULES = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/usr/lib/httpd/modules'];
/** How long each keeps an unused connection: so says its configuration. Less, and a busy machine would pause as long. */
export const IDLE_MS = 2_000;
const PORTS = ['HTTP', 'HTTPS'];
const FILE_TO_POST = 'it gives a file to POST as it does to GET';
const BOTH_CONDITIONS =
  'it answers 304 only where tag and date both allow it, against RFC 9110 section 13.1.3';

export const NGINX_CANNOT = {
  echo: 'its core has no handler that gives a request body back',
  tagBeforeDate: BOTH_CONDITIONS,
};

/**
 * `cannot`: kinds of requests in whose place plain GETs are sent, each with its reason; `fieldsMayDiffer`: kinds whose
 * header fields are not looked at; `needs`: programs besides its own.
 * `start` gives back `{ http, https, stops }`: URLs without a path, and what ends it all.
 */
export const SERVERS = [
  {
    name: 'nginx',
    program: 'nginx',
    package: 'nginx-extras',
    version: ['-v'],
    cannot: NGINX_CANNOT,
    start: startNginx,
  },
  {
    name: 'apache',
    program: 'apache2',
    package: 'apache2',
    version: ['-v'],
    cannot: {
      postRefused: FILE_TO_POST,
      tagBeforeDate: BOTH_CONDITIONS,
    },
    start: startApache,
  },
  {
    name: 'haproxy',
    program: 'haproxy',
    package: 'haproxy',
    version: ['-v'],
    needs: ['nginx'],
    cannot: { tagBeforeDate: BOTH_CONDITIONS },
    start: startHaproxy,
  },
  {
    name: 'lighttpd',
    program: 'lighttpd',
    package: 'lighttpd',
    version: ['-v'],
    cannot: { postRefused: FILE_TO_POST },
    fieldsMayDiffer: { chunked: 'what a program has said whole before the server looks gets a length' },
    start: startLighttpd,
  },
  {
    name: 'caddy',
    program: 'caddy',
    package: 'caddy',
    version: ['version'],
    cannot: {
      echo: 'it has no handler that gives a request body back',
      chunked: 'it sends every file with its length; what it compresses comes chunked',
      postRefused: FILE_TO_POST,
      rangeUnknown: 'it answers 416 to an unknown range unit, which RFC 9110 section 14.2 has it ignore',
    },
    start: startCaddy,
  },
];

async function start(name, { folder, programs }, { program = name, portNames, prepare }) {
  const daemon = await startDaemon({ name, program: programs[program], folder, portNames, prepare });
  const { HTTP, HTTPS, stop } = daemon;
  return { http: `http://127.0.0.1:${HTTP}`, https: `https://localhost:${HTTPS}`, stops: [stop] };
}

function valuesOf({ site, tls }, ports) {
  const { cert, key, both } = tls;
  return { ...ports, HOME: ports.home, SITE: site.root, CERT: cert, KEY: key, BOTH: both };
}

export async function startNginx(context, name = 'nginx') {
  return start(name, context, {
    program: 'nginx',
    portNames: PORTS,
    prepare: (ports) => {
      const conf = writeConfig('nginx.conf', ports.home, valuesOf(context, ports));
      return ['-p', ports.home, '-c', conf, '-e', `${ports.home}/error.log`];
    },
  });
}

async function startApache(context) {
  const modules = APACHE_MODULES.find((path) => existsSync(path));
  if (modules === undefined) throw new Error(`no modules of Apache in ${APACHE_MODULES.join(', ')}`);
  return start('apache', context, {
    program: 'apache2',
    portNames: PORTS,
    prepare: (ports) => {
      const values = { ...valuesOf(context, ports), MODULES: modules };
      writeConfig('apache-chunked.lua', ports.home, values);
      return ['-f', writeConfig('apache.conf', ports.home, values), '-DFOREGROUND'];
    },
  });
}

async function startHaproxy(context) {
  const nginx = await startNginx(context, 'nginx-behind');
  const haproxy = await start('haproxy', context, {
    portNames: PORTS,
    prepare: (ports) => {
      const values = { ...valuesOf(context, ports), BEHIND: new URL(nginx.http).port };
      return ['-db', '-f', writeConfig('haproxy.cfg', ports.home, values)];
    },
  });
  return { ...haproxy, stops: [...haproxy.stops, ...nginx.stops] };
}

async function startLighttpd(context) {
  return start('lighttpd', context, {
    portNames: PORTS,
    prepare: (ports) => {
      const values = valuesOf(context, ports);
      for (const script of ['chunked', 'echo', 'no-content']) {
        writeConfig(`lighttpd-${script}.sh`, ports.home, values);
      }
      return ['-D', '-f', writeConfig('lighttpd.conf', ports.home, values)];
    },
  });
}

async function startCaddy(context) {
  return start('caddy', context, {
    portNames: PORTS,
    prepare: (ports) => {
      const conf = writeConfig('Caddyfile', ports.home, valuesOf(context, ports));
      return ['run', '--adapter', 'caddyfile', '--config', conf];
    },
  });
}
