// Starts the nginx of all targets on free ports of 127.0.0.1, looks whether each answers as it should, and ends it.

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from '../wire/certificate.mjs';
import { ender } from '../wire/cleanup.mjs';
import { findProgram } from '../wire/server.mjs';

/** `path`: an id is put behind it. `protocol`: what a client must speak. */
export const TARGETS = {
  plain: { protocol: 'http', path: '/todos/', title: 'plain HTTP/1.1' },
  tls: { protocol: 'https', path: '/todos/', title: 'TLS 1.3, HTTP/1.1', needs: 'openssl' },
  h2: { protocol: 'h2', path: '/todos/', title: 'TLS 1.3, HTTP/2', needs: 'openssl' },
  away: { protocol: 'http', path: '/away/', title: '20 ms away', needs: 'lua' },
  limited: { protocol: 'http', path: '/limited/', title: "60 workers' worth", needs: 'lua' },
};

const INSTALL = {
  nginx: 'apt-get install nginx',
  openssl: 'apt-get install openssl',
  lua: 'apt-get install libnginx-mod-http-lua',
};

const CONNECTIONS = 16_384;
const START_MS_MAX = 5_000;
/** 4,096 inside take 5 s. */
const EMPTY_MS_MAX = 20_000;
const AWAY_MS = [20, 35];
const DELAY_TRIES = 20;
const MODULE_FOLDERS = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules'];

/** What is there: programs and modules by name, undefined where one is missing. `missing`: sentences to say. */
export function findParts() {
  const folder = MODULE_FOLDERS.find((path) => existsSync(join(path, 'ngx_http_lua_module.so')));
  const lua =
    folder === undefined
      ? undefined
      : // In the order in which they must be loaded.
        ['ndk_http_module.so', 'ngx_http_lua_module.so']
          .filter((name) => existsSync(join(folder, name)))
          .map((name) => join(folder, name));
  const parts = { nginx: findProgram('nginx'), openssl: findProgram('openssl'), lua };
  const missing = Object.entries(parts)
    .filter(([, part]) => part === undefined)
    .map(([name]) => {
      const without = Object.values(TARGETS).filter(({ needs }) => needs === name || name === 'nginx');
      return `${name} not found (${INSTALL[name]}); left out: ${without.map(({ title }) => title).join('; ')}`;
    });
  return { ...parts, missing };
}

/**
 * Resolves to `urlOf` (of each target that is there), `pids` of nginx, the certificate to trust, `settle(name)`, to be
 * awaited before each measurement, and `stop()`.
 */
export async function startTargets({ nginx, openssl, lua }, folder) {
  const home = join(folder, 'nginx');
  mkdirSync(home, { recursive: true });
  // Its worker is somebody else where this runs as root.
  chmodSync(folder, 0o755);
  const [port, tlsPort, h2Port] = await freePorts(3);
  const modules = (lua ?? []).map((path) => `load_module ${path};`).join('\n');
  const fill = (name, values) => fillInto(home, name, { FOLDER: home, ...values });
  const values = { PORT: port, MODULES: modules, CONNECTIONS, FILES: CONNECTIONS + 100 };
  const conf = fill('nginx', values);
  if (lua !== undefined) fill('nginx-delayed', {});
  const tls = openssl === undefined ? undefined : makeCertificate(openssl, home);
  if (tls !== undefined) {
    fill('nginx-tls', { TLS_PORT: tlsPort, H2_PORT: h2Port, CERTIFICATE: tls.certificate, KEY: tls.key });
  }
  const origins = {
    http: `http://127.0.0.1:${port}`,
    https: `https://127.0.0.1:${tlsPort}`,
    h2: `https://127.0.0.1:${h2Port}`,
  };
  const there = { openssl: openssl !== undefined, lua: lua !== undefined };
  const urlOf = Object.fromEntries(
    Object.entries(TARGETS)
      .filter(([, { needs }]) => needs === undefined || there[needs])
      .map(([name, { protocol, path }]) => [name, origins[protocol] + path]),
  );
  const child = spawn(nginx, ['-p', home, '-c', conf, '-e', join(home, 'error.log')], { stdio: 'ignore' });
  const stop = ender(child);
  try {
    await untilItAnswers(urlOf.plain, child, home);
    if (urlOf.away !== undefined) await checkDelay(urlOf.away);
  } catch (error) {
    await stop();
    throw error;
  }
  const settle = async (name) => {
    if (name === 'limited') await untilEmpty(`${origins.http}/inside`);
  };
  const pids = [child.pid, ...workersOf(child.pid)];
  return { name: `${versionOf(nginx)}, 1 worker`, urlOf, ca: tls?.certificate, pids, settle, stop };
}

function versionOf(nginx) {
  return spawnSync(nginx, ['-v'], { encoding: 'utf8' }).stderr.replace('nginx version:', '').trim();
}

/** nginx-tls.conf.template becomes tls.conf; what nginx.conf includes is there or not. */
function fillInto(home, name, values) {
  const template = readFileSync(new URL(`${name}.conf.template`, import.meta.url), 'utf8');
  const path = join(home, `${name.replace('nginx-', '')}.conf`);
  writeFileSync(
    path,
    template.replace(/@([A-Z][A-Z0-9_]+)@/g, (_, key) => values[key]),
  );
  return path;
}

async function untilItAnswers(url, child, home) {
  const deadline = performance.now() + START_MS_MAX;
  for (;;) {
    try {
      if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
      const { id } = await (await fetch(`${url}7`)).json();
      if (id === 7) return;
      throw new Error(`it answers id ${id} to ${url}7`);
    } catch (error) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`nginx does not answer: ${error.message}\n${logOf(home)}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function logOf(home) {
  const path = join(home, 'error.log');
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-2_000) : '';
}

/** One that is not away would make every number of its tables a lie. On a busy machine it may be later, never sooner. */
async function checkDelay(url) {
  const took = [];
  for (let i = 1; i <= DELAY_TRIES; i++) {
    const startMs = performance.now();
    await (await fetch(`${url}${i}`)).json();
    took.push(performance.now() - startMs);
  }
  const least = Math.min(...took);
  if (least < AWAY_MS[0] || least > AWAY_MS[1]) {
    throw new Error(
      `${url} answers after ${least.toFixed(1)} ms at best, not between ${AWAY_MS.join(' and ')}`,
    );
  }
}

/** wrk goes when its time is over, and leaves behind what it asked for; the next would stand in line behind that. */
async function untilEmpty(url) {
  const deadline = performance.now() + EMPTY_MS_MAX;
  while (performance.now() < deadline) {
    if ((await (await fetch(url)).text()).trim() === '0') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function workersOf(pid) {
  const parentOf = (path) => {
    try {
      return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(path, 'latin1'))?.[1]);
    } catch {
      return undefined;
    }
  };
  if (!existsSync('/proc/self/status')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((other) => parentOf(`/proc/${other}/status`) === pid).map(Number);
}

/** All held until all are known, or the same would come twice. */
async function freePorts(n) {
  const servers = await Promise.all(
    Array.from({ length: n }, () => {
      return new Promise((resolve, reject) => {
        const server = createServer().once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
