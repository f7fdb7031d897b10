// The global fetch of Node: what most programs start with. Its default agent opens a connection for each request in
// flight and keeps it.

import { runWorkers } from './workers.mjs';

export function run({ url, requests, concurrency }) {
  const prefix = `${url}/todos/`;
  return runWorkers(requests, concurrency, () => async (n) => {
    const response = await fetch(prefix + n);
    const { id } = await response.json();
    return response.status === 200 ? id : undefined;
  });
}
