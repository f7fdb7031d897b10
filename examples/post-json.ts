// Requests with a method, headers and a JSON body, out of a generator that is never held in memory.

import { flurry, type RequestObject } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';

function* requests(): Generator<RequestObject> {
  for (let n = 1; n <= 100; n++) {
    yield {
      id: `user-${n}`,
      method: 'POST',
      url: `${target}/echo`,
      json: { n },
      headers: { 'X-Batch': '7' },
    };
  }
}

for await (const outcome of flurry(requests(), { concurrency: 20, timeoutMs: '5s' })) {
  if (outcome.index === 0)
    console.log(outcome.id, outcome.type === 'response' ? outcome.json() : outcome.message);
}
