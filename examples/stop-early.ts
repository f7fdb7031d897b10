// Search 36⁴ codes and stop at the first hit: leaving the loop ends the run and closes its connections.

import { flurry } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';
const run = flurry(`${target}/code/gl[a-z0-9]{2}`, { concurrency: 50 });
for await (const outcome of run) {
  if (outcome.type === 'response' && outcome.json<{ valid: boolean }>().valid) {
    console.log(`found ${outcome.url.slice(target.length)}`);
    break;
  }
}
