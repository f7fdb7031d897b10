// The global fetch of Bun or Deno in as many loops as requests at once:
// https://bun.com/docs/runtime/networking/fetch and https://docs.deno.com/api/web/~/fetch

import { Count, inLoops, told } from './counting.mjs';

const context = told();
const count = new Count();
await inLoops(context, count, async (n) => {
  const response = await fetch(context.url + n);
  count.response(response.status, await response.json());
});
count.tell();
