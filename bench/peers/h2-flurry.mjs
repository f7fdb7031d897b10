// flurry as in flurry-library.mjs, held to HTTP/2 and to a number of connections.

import { flurry } from '../../dist/index.js';

export async function run({ url, requests, concurrency, connections }) {
  let responses = 0;
  let errors = 0;
  let idSum = 0;
  const options = { concurrency, httpVersion: '2', h2Connections: connections };
  for await (const outcome of flurry(`${url}/todos/[1-${requests}]`, options)) {
    if (outcome.type === 'response' && outcome.status === 200) {
      responses++;
      idSum += outcome.json().id;
    } else errors++;
  }
  return { responses, errors, idSum };
}
