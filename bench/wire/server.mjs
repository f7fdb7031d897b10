// Starts the server that all clients are measured against, on a free port of 127.0.0.1, and ends it: nginx, or the
// project's own target where nginx is missing.

import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ender } from './cleanup.mjs';
import { prepareNginx } from './nginx-files.mjs';

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
 * `idSum(n)`: the sum of the ids in the answers to /todos/1 … /todos/n. Of nginx also `files`: where the bodies of the
 * other rows lie; and where `wanted` has an openssl, where it listens with TLS, and with `http2` with that (see
 * nginx-files.mjs).
 */
export async function startServer({ nginx, ...wanted }, folder) {
  if (nginx === undefined) return startTarget();
  for (let tries = 1; ; tries++) {
    try {
      return await startNginx(nginx, wanted, folder);
    } catch (error) {
      // Somebody else may have taken a port between our look and nginx's.
      if (tries === PORT_TRIES) throw error;
    }
  }
}

async function startNginx(nginx, wanted, folder) {
  const { home, conf, ...places } = await prepareNginx(wanted, folder, freePort);
  const args = ['-p', home, '-c', conf, '-e', join(home, 'error.log')];
  const child = spawn(nginx, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = ender(child);
  const told = tail(child.stderr);
  try {
    await untilItAnswers(`${places.url}/todos/1`, child);
  } catch (error) {
    await stop();
    throw new Error(`nginx does not answer: ${error.message}\n${told()}`);
  }
  const { stderr } = spawnSync(nginx, ['-v'], { encoding: 'utf8' });
  const name = stderr.replace('nginx version:', '').trim();
  return { name: `${name}, 1 worker`, isNginx: true, stop, ...places, idSum: (n) => n };
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
