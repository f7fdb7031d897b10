// Generation 4: flurry. It finds out by itself how many requests at once serve the host best.

import { flurry } from 'flurry';

interface Todo {
  readonly completed: boolean;
}

const [base = 'http://127.0.0.1:8080/todos/', count = '4000'] = process.argv.slice(2);
const results: Todo[] = [];
const startMs = performance.now();
for await (const outcome of flurry(`${base}[1-${count}]`, { failOn: ['status!=200'] })) {
  if (outcome.type === 'response') results.push(outcome.json<Todo>());
  else console.error(`${outcome.url}: ${outcome.message}`);
}
const ms = performance.now() - startMs;
const done = results.filter(({ completed }) => completed).length;
console.log(`Completed ${count} requests with ${results.length} results, ${done} of them done`);
console.log(`${(ms / Number(count)).toFixed(2)} ms per request`);
