// How each server of the gate is started, with its ports, its configuration and its limits. Asks them nothing.

import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { countedByApplication, countedByLog } from './counting.mjs';
import { startDaemon, writeConfig } from './daemon.mjs';

const APACHE_MODULES = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/usr/lib/httpd/modules'];
const PORTS = ['HTTP', 'HTTPS'];
/** Requests that nginx takes on one connection: so says its configuration. */
const REQUESTS_MAX = 100;
const STREAMS = 100;
const FEW_STREAMS = 3;
const RELOAD_MS_MAX = 20_000;
const RELOAD_SAID_AGAIN_MS = 1_000;
const UPLOAD = ['/app/upload'];

/**
 * Each start gives back `{ http, https, stops }`: URLs without a path, and what ends it all; `prior`, the URLs for HTTP/2 with
 * prior knowledge where they are others; and for gate-http2.mjs `http2`:
 * - `patient`, where a connection takes as many requests as come; `limited`, where the server says GOAWAY after
 *   `requestsMax` requests, or when `disturb` is called; `narrow`, where it takes few streams at a time, or `whyNotNarrow`;
 * - `counting` (see counting.mjs); `uploadPaths`, and whether it `echoes` what is uploaded, or tells octets and hash;
 * - `whyAbrupt`: why `disturb` cuts off what is under way, if it does.
 */
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
  return { counting, uploadPaths: UPLOAD, echoes: false, ...http2 };
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

export async function startApache(context) {
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
  const begun = () =>
    timesSaid(readFileSync(`${daemon.home}/error.log`, 'utf8'), 'resuming normal operations');
  return {
    ...started,
    http2: inFront(context, {
      patient: `https://localhost:${daemon.PATIENT}`,
      limited: https,
      // Its MaxKeepAliveRequests is for HTTP/1.1 alone; so this is what apachectl calls graceful.
      disturb: () => begunAnew(daemon, 'SIGUSR1', begun),
      whyAbrupt:
        'its graceful restart cuts off what is under way, behind a GOAWAY with an error of no known meaning',
      narrow: `https://localhost:${daemon.NARROW}`,
    }),
  };
}

/** Resolves when the server has begun anew: `times` says how often it did. HAProxy is deaf while it ends the last one. */
async function begunAnew(daemon, signal, times) {
  const before = times();
  const startedMs = performance.now();
  let saidMs = Number.NEGATIVE_INFINITY;
  while (times() === before) {
    const nowMs = performance.now();
    if (nowMs - startedMs > RELOAD_MS_MAX) throw new Error('the server does not begin anew');
    if (nowMs - saidMs > RELOAD_SAID_AGAIN_MS) {
      daemon.signal(signal);
      saidMs = nowMs;
    }
    await sleep(10);
  }
}

function timesSaid(text, words) {
  return text.split(words).length - 1;
}

export async function startHaproxy(context) {
  const nginx = await startNginx(context, 'nginx-behind');
  let said = '';
  const watch = {
    stderr: (piece) => {
      said += piece;
    },
  };
  const startOne = (name, STREAMS, watched) => {
    return start(name, context, {
      program: 'haproxy',
      portNames: PORTS,
      watch: watched,
      prepare: (ports) => {
        const values = valuesOf(context, ports, { BEHIND: new URL(nginx.http).port, STREAMS });
        return ['-W', '-db', '-f', writeConfig('haproxy.cfg', ports.home, values)];
      },
    });
  };
  const haproxy = await startOne('haproxy', STREAMS, watch);
  const narrow = await startOne('haproxy-narrow', FEW_STREAMS);
  return {
    ...haproxy,
    stops: [...narrow.stops, ...haproxy.stops, ...nginx.stops],
    http2: inFront(context, {
      patient: haproxy.https,
      limited: haproxy.https,
      // A reload: the old process serves what it has.
      disturb: () => begunAnew(haproxy.daemon, 'SIGUSR2', () => timesSaid(said, 'Loading success')),
      narrow: narrow.https,
    }),
  };
}

export async function startLighttpd(context) {
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

export async function startCaddy(context) {
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
export async function startNghttpd(context) {
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
      whyAbrupt: 'it never says GOAWAY, so it is ended and started again',
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
