// flurry against a list that the server has in gzip: decoded with `compressed`, as it comes without. Each body is held
// against the right one; nothing is parsed, because JSON.parse would cost twice what gunzip does.

import { readFileSync } from 'node:fs';
import { flurry } from '../../dist/index.js';

export async function run({ url, requests, concurrency, files, compressed }) {
  const right = readFileSync(compressed ? files.list.json : files.list.gzip);
  let responses = 0;
  let errors = 0;
  for await (const outcome of flurry(`${url}/list/[1-${requests}]`, { concurrency, compressed })) {
    if (outcome.type === 'response' && outcome.status === 200 && outcome.body.equals(right)) responses++;
    else errors++;
  }
  return { responses, errors };
}
