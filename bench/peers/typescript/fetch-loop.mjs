// The global fetch, one after another: https://nodejs.org/docs/latest-v20.x/api/globals.html#fetch

import { Count, told } from './counting.mjs';

const { url, from, to } = told();
const count = new Count();
for (let n = from; n <= to; n++) {
  try {
    const response = await fetch(url + n);
    count.response(response.status, await response.json());
  } catch {
    count.error();
  }
}
count.tell();
