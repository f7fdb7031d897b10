// The library in ten lines: outcomes as they complete, failures as data.

import { flurry } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';
const run = flurry(`${target}/todos/[1-4000]`, { concurrency: 60 });
let done = 0;
for await (const outcome of run) {
  if (outcome.type === 'failure') console.warn(outcome.index, outcome.phase, outcome.kind);
  else if (outcome.json<{ completed: boolean }>().completed) done++;
}
console.log(
  `Completed ${run.summary.requests} requests with ${run.summary.responses} responses; ${done} todos are done`,
);
