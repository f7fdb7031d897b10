// flurry as its README shows it: one outcome at a time. Each request is sent once, as by the others. In place of a number
// of requests at once it may be told `auto`; a fifth argument is the version of HTTP.

import process from 'node:process';
import { flurry } from '../../../dist/index.js';
import { Count, told } from './counting.mjs';

const { url, from, to } = told();
const [concurrency, httpVersion] = process.argv.slice(5);
const run = flurry(`${url}[${from}-${to}]`, {
  retry: 0,
  ...(concurrency === 'auto' ? {} : { concurrency: Number(concurrency) }),
  ...(httpVersion === undefined ? {} : { httpVersion }),
});
const count = new Count();
for await (const outcome of run) {
  if (outcome.type === 'response' && outcome.status === 200) count.response(200, outcome.json());
  else count.error();
}
count.tell(concurrency === 'auto' ? { concurrency: run.summary.concurrency.final } : {});
