// What gunzipSync costs on its own: as many calls as there are requests, on the octets that the server sends. Each
// result is held against the right one, as in flurry-list.mjs.

import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

export async function run({ requests, concurrency, files }) {
  const gzip = readFileSync(files.list.gzip);
  const right = readFileSync(files.list.json);
  let responses = 0;
  let errors = 0;
  for (let n = 1; n <= requests; n++) {
    if (gunzipSync(gzip).equals(right)) responses++;
    else errors++;
    // As many in a turn as responses may come in one: what is freed between turns is freed here too.
    if (n % concurrency === 0) await turn();
  }
  return { responses, errors };
}
