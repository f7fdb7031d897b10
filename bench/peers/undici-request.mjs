// undici's comfortable door: a promise for the head, one for the body. One Client for each connection, as in
// undici-dispatch.mjs.

import { Client } from 'undici';
import { runWorkers } from './workers.mjs';

export function run({ url, requests, concurrency }) {
  return runWorkers(requests, concurrency, () => {
    const client = new Client(url, { pipelining: 1 });
    return async (n) => {
      const { statusCode, body } = await client.request({ path: `/todos/${n}`, method: 'GET' });
      const { id } = await body.json();
      return statusCode === 200 ? id : undefined;
    };
  });
}
