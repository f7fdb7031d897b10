// Starts and ends the application behind the servers, and reads what it counted.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onEnd } from '../../bench/wire/cleanup.mjs';

const BACKEND = fileURLToPath(new URL('backend.mjs', import.meta.url));

/** `tally(run)`: how often each id of the run arrived, by id. */
export async function startApplication() {
  const child = fork(BACKEND, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const disarm = onEnd(() => child.kill('SIGTERM'));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const port = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the application ended with code ${code}`)));
  });
  return {
    port,
    tally: async (run) => {
      const response = await fetch(`http://127.0.0.1:${port}/tally/${run}`);
      return new Map(Object.entries(await response.json()));
    },
    stop: async () => {
      disarm();
      child.kill('SIGTERM');
      await ended;
    },
  };
}
