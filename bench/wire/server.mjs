// Starts the server that all clients are measured against, on a free port of 127.0.0.1, and ends it: nginx, or the
// project's own target where nginx is missing.

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from './certificate.mjs';
import { onEnd } from './cleanup.mjs';
import { writeList } from './list.mjs';

const TEMPLATE = fileURLToPath(new URL('nginx.conf.template', import.meta.url));
const TLS_TEMPLATE = fileURLToPath(new URL('nginx-tls.conf.template', import.meta.url));
const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
const START_MS_MAX = 5_000;
const PORT_TRIES = 3;

/** sbin is not on everybody's path. */
export function findProgram(name) {
  return [name, `/usr/sbin/${name}`, `/usr/local/sbin/${name}`].find((path) => {
    return spawnSync(path, ['-v'], { stdio: 'ignore' }).error === undefined;
  });
}

/**
 * `idSum(n)`: the sum of the ids in the answers to /todos/1 … /todos/n. Of nginx also `list`, the files behind /list/…,
 * and with an openssl `tlsUrl` and the `certificate` to trust there.
 */
export async function startServer({ nginx, openssl }, folder) {
  if (nginx === undefined) return startTarget();
  for (let tries = 1; ; tries++) {
    try {
      return await startNginx(nginx, openssl, folder);
    } catch (error) {
      // Somebody else may have taken the port between our look and nginx's.
      if (tries === PORT_TRIES) throw error;
    }
  }
}

async function startNginx(nginx, openssl, folder) {
  const home = join(folder, 'nginx');
  mkdirSync(home, { recursive: true });
  // Its worker is somebody else where this runs as root, and has a file to read.
  chmodSync(folder, 0o755);
  const list = writeList(home);
  const port = await freePort();
  const conf = join(home, 'nginx.conf');
  writeFileSync(conf, filled(TEMPLATE, { FOLDER: home, PORT: port }));
  const tls = openssl === undefined ? undefined : await prepareTls(openssl, home);
  const args = ['-p', home, '-c', conf, '-e', join(home, 'error.log')];
  const child = spawn(nginx, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = ender(child);
  const url = `http://127.0.0.1:${port}`;
  const told = tail(child.stderr);
  try {
    await untilItAnswers(`${url}/todos/1`, child);
  } catch (error) {
    await stop();
    throw new Error(`nginx does not answer: ${error.message}\n${told()}`);
  }
  const { stderr } = spawnSync(nginx, ['-v'], { encoding: 'utf8' });
  const name = stderr.replace('nginx version:', '').trim();
  return { name: `${name}, 1 worker`, isNginx: true, url, stop, list, ...tls, idSum: (n) => n };
}

async function prepareTls(openssl, home) {
  const { certificate, key } = makeCertificate(openssl, home);
  const port = await freePort();
  const text = filled(TLS_TEMPLATE, { TLS_PORT: port, CERTIFICATE: certificate, KEY: key });
  writeFileSync(join(home, 'tls.conf'), text);
  return { tlsUrl: `https://127.0.0.1:${port}`, certificate };
}

function filled(template, values) {
  return readFileSync(template, 'utf8').replace(/@([A-Z_]+)@/g, (_, name) => values[name]);
}

async function startTarget() {
  const child = spawn(process.execPath, [BIN, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = ender(child);
  const told = tail(child.stderr);
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(String(line).trim()));
    child.once('exit', (code) => reject(new Error(`flurry serve ended with code ${code}\n${told()}`)));
  });
  await untilItAnswers(`${url}/todos/1`, child);
  return { name: 'flurry serve (Node)', isNginx: false, url, stop, idSum: (n) => (n * (n + 1)) / 2 };
}

/** What a stream said last. */
function tail(stream) {
  let text = '';
  stream.on('data', (piece) => {
    text = `${text}${piece}`.slice(-2_000);
  });
  return () => text;
}

/** Ends it by its pid, and with the bench. */
function ender(child) {
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const disarm = onEnd(() => child.kill('SIGTERM'));
  return async () => {
    disarm();
    child.kill('SIGTERM');
    await ended;
  };
}

async function untilItAnswers(url, child) {
  const deadline = performance.now() + START_MS_MAX;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    try {
      const { id } = await (await fetch(url)).json();
      if (id === 1) return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
