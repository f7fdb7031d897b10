// The target as torture sees it: what is said to it and what it says, as promises. One thing is asked at a time.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export async function startTarget() {
  const child = fork(fileURLToPath(new URL('target.mjs', import.meta.url)), {
    serialization: 'advanced',
  });
  const waiting = new Map();
  let ended;
  child.on('message', (message) => {
    for (const [key, { resolve }] of waiting) {
      if (!(key in message)) continue;
      waiting.delete(key);
      resolve(message);
    }
  });
  child.once('exit', (code) => {
    ended = new Error(`the target ended with code ${code}`);
    for (const { reject } of waiting.values()) reject(ended);
  });
  const heard = (key) =>
    new Promise((resolve, reject) =>
      ended === undefined ? waiting.set(key, { resolve, reject }) : reject(ended),
    );
  const ask = (message, key) => {
    const answer = heard(key);
    child.send(message);
    return answer;
  };
  const { port } = await heard('port');
  return {
    url: `http://127.0.0.1:${port}/n/`,
    begin: (life) => ask({ life }, 'ready'),
    /** Resolves when so many requests of this life have arrived; never where they do not. */
    told: (count) => ask({ tellAt: count }, 'told'),
    end: () => ask({ end: true }, 'arrivals'),
    stop: () => child.disconnect(),
  };
}
