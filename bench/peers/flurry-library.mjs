// flurry as its README shows it: one outcome at a time.

import { flurry } from '../../dist/index.js';

export async function run({ url, requests, concurrency }) {
  let responses = 0;
  let errors = 0;
  let idSum = 0;
  for await (const outcome of flurry(`${url}/todos/[1-${requests}]`, { concurrency })) {
    if (outcome.type === 'response' && outcome.status === 200) {
      responses++;
      idSum += outcome.json().id;
    } else errors++;
  }
  return { responses, errors, idSum };
}
