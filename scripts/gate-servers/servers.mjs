// The servers of the gate: what each is called, how it is started, and what of the manifest it cannot do. Asks nothing.

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { countedByApplication, countedByLog } from './counting.mjs';
import { startDaemon, writeConfig } from './daemon.mjs';

const APACHE_MODULES = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/usr/lib/httpd/modules'];
/** How long each keeps an unused connection: so says its configuration. Less, and a busy machine would pause as long. */
export const IDLE_MS = 2_000;
const PORTS = ['HTTP', 'HTTPS'];
/** Requests that nginx takes on one connection: so says its configuration. */
const REQUESTS_MAX = 100;
const STREAMS = 100;
const FEW_STREAMS = 3;
/** A server that was told to begin anew has done so after that long. */
const RELOAD_MS = 250;
const UPLOAD = ['/app/upload'];
const FILE_TO_POST = 'it gives a file to POST as it does to GET';
const BOTH_CONDITIONS =
  'it answers 304 only where tag and date both allow it, against RFC 9110 section 13.1.3';

export const NGINX_CANNOT = {
  tagBeforeDate: BOTH_CONDITIONS,
};

const NO_TAGS = 'it has no ETags';
const NO_RANGES = 'it knows no ranges';
const NO_REDIRECTS = 'it sends nobody elsewhere';
const NGHTTPD_CANNOT = {
  compressed: 'it compresses no files',
  chunked: 'it sends every file with its length',
  noContent: 'it has no way to answer 204',
  notModified: NO_TAGS,
  tagBeforeDate: NO_TAGS,
  range: NO_RANGES,
  ifRange: NO_RANGES,
  ranges: NO_RANGES,
  rangeUnsatisfiable: NO_RANGES,
  redirect: NO_REDIRECTS,
  abroad: NO_REDIRECTS,
  postRedirected: NO_REDIRECTS,
  postRepeated: NO_REDIRECTS,
  postRefused: 'it gives back what is posted, to any path',
};

/**
 * `cannot`: kinds of requests in whose place plain GETs are sent, each with its reason; `fieldsMayDiffer`: kinds whose
 * header fields are not looked at; `needs`: programs besides its own. `ways`: how it can be asked, if not in each way that
 * gate.mjs knows; `neverIdle`: it drops no unused connection.
 * `start` gives back `{ http, https, stops }`: URLs without a path, and what ends it all; `prior`, the URLs for HTTP/2 with
 * prior knowledge where they are others; and for gate-http2.mjs `http2`:
 * - `patient`, where a connection takes as many requests as come; `limited`, where the server says GOAWAY after
 *   `requestsMax` requests, or when `disturb` is called; `narrow`, where it takes few streams at a time, or `whyNotNarrow`;
 * - `counting` (see counting.mjs); `uploadPaths`, and whether it `echoes` what is uploaded, or tells octets and hash;
 * - `isAbrupt`: `disturb` cuts off what is under way.
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
    // Its HTTP/2 is asked for the manifest alone.
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
      chunked: 'it sends every file with its length; what it compresses comes chunked',
      postRefused: FILE_TO_POST,
      rangeUnknown: 'it answers 416 to an unknown range unit, which RFC 9110 section 14.2 has it ignore',
    },
    start: startCaddy,
  },
  {
    name: 'nghttpd',
    program: 'nghttpd',
    package: 'nghttp2-server',
    version: ['--version'],
    ways: ['h2', 'h2c'],
    neverIdle: true,
    cannot: NGHTTPD_CANNOT,
    start: startNghttpd,
  },
];

async function start(name, { folder, programs }, { program = name, portNames, prepare, ports, watch }) {
  const daemon = await startDaemon({
    name,
    program: programs[program],
    folder,
    portNames,
    prepare,
    ports,
    watch,
  });
  const { HTTP, HTTPS, stop } = daemon;
  return {
    http: `http://127.0.0.1:${HTTP}`,
    https: `https://localhost:${HTTPS}`,
    stops: [stop],
    daemon,
  };
}

function valuesOf({ site, tls, application }, ports, more = {}) {
  const { cert, key, both } = tls;
  const common = { HOME: ports.home, SITE: site.root, CERT: cert, KEY: key, BOTH: both };
  return { ...ports, ...common, APP: application.port, ...more };
}

/** What a server in front of the application has in common with the others. */
function inFront({ application }, http2) {
  const counting = countedByApplication(application);
  return { counting, uploadPaths: UPLOAD, echoes: false, isAbrupt: false, ...http2 };
}

export async function startNginx(context, name = 'nginx') {
  const started = await start(name, context, {
    program: 'nginx',
    portNames: [...PORTS, 'PRIOR_HTTP', 'PRIOR_HTTPS', 'PATIENT', 'NARROW'],
    prepare: (ports) => {
      const conf = writeConfig('nginx.conf', ports.home, valuesOf(context, ports, { STREAMS: FEW_STREAMS }));
      return ['-p', ports.home, '-c', conf, '-e', `${ports.home}/error.log`];
    },
  });
  const { https, daemon } = started;
  return {
    ...started,
    prior: {
      http: `http://127.0.0.1:${daemon.PRIOR_HTTP}`,
      https: `https://localhost:${daemon.PRIOR_HTTPS}`,
    },
    http2: inFront(context, {
      patient: `https://localhost:${daemon.PATIENT}`,
      limited: https,
      requestsMax: REQUESTS_MAX,
      narrow: `https://localhost:${daemon.NARROW}`,
      uploadPaths: [...UPLOAD, '/app/upload/unbuffered'],
    }),
  };
}

async function startApache(context) {
  const modules = APACHE_MODULES.find((path) => existsSync(path));
  if (modules === undefined) throw new Error(`no modules of Apache in ${APACHE_MODULES.join(', ')}`);
  const started = await start('apache', context, {
    program: 'apache2',
    portNames: [...PORTS, 'PATIENT', 'NARROW'],
    prepare: (ports) => {
      const values = valuesOf(context, ports, { MODULES: modules, STREAMS: FEW_STREAMS });
      writeConfig('apache-chunked.lua', ports.home, values);
      return ['-f', writeConfig('apache.conf', ports.home, values), '-DFOREGROUND'];
    },
  });
  const { https, daemon } = started;
  return {
    ...started,
    http2: inFront(context, {
      patient: `https://localhost:${daemon.PATIENT}`,
      limited: https,
      // Its MaxKeepAliveRequests is for HTTP/1.1 alone; so this is what apachectl calls graceful. It is not: behind a GOAWAY
      // that shuts nobody out comes a second one, with an error of no known meaning, and what is under way is cut off.
      disturb: () => told(daemon, 'SIGUSR1'),
      isAbrupt: true,
      narrow: `https://localhost:${daemon.NARROW}`,
    }),
  };
}

async function told(daemon, signal) {
  daemon.signal(signal);
  await sleep(RELOAD_MS);
}

async function startHaproxy(context) {
  const nginx = await startNginx(context, 'nginx-behind');
  const startOne = (name, STREAMS) => {
    return start(name, context, {
      program: 'haproxy',
      portNames: PORTS,
      prepare: (ports) => {
        const values = valuesOf(context, ports, { BEHIND: new URL(nginx.http).port, STREAMS });
        return ['-W', '-db', '-f', writeConfig('haproxy.cfg', ports.home, values)];
      },
    });
  };
  const haproxy = await startOne('haproxy', STREAMS);
  const narrow = await startOne('haproxy-narrow', FEW_STREAMS);
  return {
    ...haproxy,
    stops: [...narrow.stops, ...haproxy.stops, ...nginx.stops],
    http2: inFront(context, {
      patient: haproxy.https,
      limited: haproxy.https,
      // A reload: the old process serves what it has.
      disturb: () => told(haproxy.daemon, 'SIGUSR2'),
      narrow: narrow.https,
    }),
  };
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
  const started = await start('caddy', context, {
    portNames: [...PORTS, 'ADMIN'],
    prepare: (ports) => {
      const conf = writeConfig('Caddyfile', ports.home, valuesOf(context, ports));
      return ['run', '--adapter', 'caddyfile', '--config', conf];
    },
  });
  const { https, daemon } = started;
  return {
    ...started,
    http2: inFront(context, {
      patient: https,
      limited: https,
      disturb: () => reloadCaddy(daemon),
      whyNotNarrow: 'it has no setting for the streams of a connection',
    }),
  };
}

/** `must-revalidate` has it begin anew though nothing changed. */
async function reloadCaddy({ ADMIN, home }) {
  const response = await fetch(`http://127.0.0.1:${ADMIN}/load`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/caddyfile', 'Cache-Control': 'must-revalidate' },
    body: readFileSync(`${home}/Caddyfile`),
  });
  if (!response.ok) throw new Error(`Caddy does not reload: ${await response.text()}`);
}

/** Four of them: it has TLS or not, one limit of streams, and what it prints of each request costs it time. */
async function startNghttpd(context) {
  const { site, tls } = context;
  const counting = countedByLog(site);
  const startOne = (name, portName, args, more = {}) => {
    return start(name, context, {
      program: 'nghttpd',
      portNames: [portName],
      prepare: (ports) => [
        ...ownArgs(site, args),
        String(ports[portName]),
        ...(portName === 'HTTPS' ? [tls.key, tls.cert] : []),
      ],
      ...more,
    });
  };
  const plain = await startOne('nghttpd-plain', 'HTTP', ['--no-tls']);
  const secure = await startOne('nghttpd', 'HTTPS', []);
  const narrow = await startOne('nghttpd-narrow', 'HTTPS', ['-v', '-m', String(FEW_STREAMS)], counting);
  const startWatched = (ports) => startOne('nghttpd-watched', 'HTTPS', ['-v'], { ...counting, ports });
  let watched = await startWatched();
  const { https } = watched;
  const disturb = async () => {
    await watched.daemon.stop();
    watched = await startWatched({ HTTPS: watched.daemon.HTTPS });
  };
  return {
    http: plain.http,
    https: secure.https,
    stops: [() => watched.daemon.stop(), ...narrow.stops, ...secure.stops, ...plain.stops],
    http2: {
      patient: https,
      limited: https,
      disturb,
      isAbrupt: true,
      narrow: narrow.https,
      counting,
      uploadPaths: UPLOAD,
      echoes: true,
    },
  };
}

function ownArgs(site, args) {
  return ['-a', '127.0.0.1', '-d', site.root, '--echo-upload', ...args];
}
