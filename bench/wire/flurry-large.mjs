// flurry for bodies of 5 MB, each of them in memory as a whole when its outcome comes.

import { flurry } from '../../dist/index.js';
import { LARGE_BYTES } from './large.mjs';

export async function run({ url, requests, concurrency, httpVersion, connections }) {
  let responses = 0;
  let errors = 0;
  const options = { concurrency, httpVersion, h2Connections: connections };
  for await (const outcome of flurry(`${url}/large/[1-${requests}]`, options)) {
    const isRight =
      outcome.type === 'response' && outcome.status === 200 && outcome.body.length === LARGE_BYTES;
    if (isRight) responses++;
    else errors++;
  }
  return { responses, errors };
}
