// The global fetch under p-limit, all promises made at once: https://github.com/sindresorhus/p-limit#usage

import pLimit from 'p-limit';
import { Count, told } from './counting.mjs';

const { url, from, to, concurrency } = told();
const limit = pLimit(concurrency);
const count = new Count();
const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
await limit.map(numbers, async (n) => {
  try {
    const response = await fetch(url + n);
    count.response(response.status, await response.json());
  } catch {
    count.error();
  }
});
count.tell();
