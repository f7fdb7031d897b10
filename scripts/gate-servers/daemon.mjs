// Starts one foreign program on loopback in a folder of its own, waits until it listens, and ends it by its pid.

import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onEnd } from '../../bench/wire/cleanup.mjs';

const START_MS_MAX = 15_000;
const STOP_MS_MAX = 5_000;
const START_TRIES = 3;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/**
 * `portNames`: a free port is found for each, unless `ports` has one. `prepare(values)` gives the arguments; `values` holds
 * the ports by name and `home`, the folder where the program may write. `watch.stdout` and
 * `watch.stderr` are shown what the program prints.
 */
export async function startDaemon({
  name,
  program,
  folder,
  portNames,
  prepare,
  ports = {},
  env = {},
  watch = {},
}) {
  for (let tries = 1; ; tries++) {
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    const values = { home };
    for (const portName of portNames) values[portName] = ports[portName] ?? (await freePort());
    const args = prepare(values);
    // Few of these programs like to be root; as nobody they need no user of their own, and can break nothing.
    const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    if (isRoot) chownSync(home, NOBODY, NOBODY);
    const child = spawn(program, args, {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: home, ...env },
      ...identity,
    });
    const stop = ender(child);
    const told = tail(child);
    for (const [stream, take] of Object.entries(watch)) child[stream].on('data', take);
    try {
      for (const portName of portNames) await untilItListens(values[portName], child);
      return { ...values, stop, told, signal: (what) => child.kill(what) };
    } catch (error) {
      await stop();
      // Somebody else may have taken a port between our look and the program's.
      if (tries === START_TRIES) throw new Error(`${name} does not start: ${error.message}\n${told()}`);
    }
  }
}

/** A template of the folder conf with its `@NAME@` filled in, written to `home`. */
export function writeConfig(template, home, values) {
  const path = fileURLToPath(new URL(`conf/${template}`, import.meta.url));
  const text = readFileSync(path, 'utf8').replace(/@([A-Z_]+)@/g, (_, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template}: nothing fills in @${name}@`);
    return String(value);
  });
  const target = join(home, template);
  writeFileSync(target, text);
  return target;
}

/** What the program said last. */
function tail(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      text = `${text}${piece}`.slice(-2_000);
    });
  }
  return () => text.trim();
}

function ender(child) {
  let over = false;
  const ended = new Promise((resolve) => {
    const end = () => {
      over = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const disarm = onEnd(() => child.kill('SIGTERM'));
  return async () => {
    disarm();
    child.kill('SIGTERM');
    const timer = setTimeout(() => over || child.kill('SIGKILL'), STOP_MS_MAX);
    await ended;
    clearTimeout(timer);
  };
}

async function untilItListens(port, child) {
  const deadline = performance.now() + START_MS_MAX;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (await listens(port)) return;
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${port}`);
    await sleep(20);
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
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
