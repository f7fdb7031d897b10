// A pool of worker threads, as the documentation builds one, with fetch as its task: the main thread hands out numbers by
// messages and gets ids back. One thread for each core, and each has its share of the requests at once, because a thread
// for each request would cost 60 copies of Node.
// https://nodejs.org/docs/latest-v20.x/api/async_context.html#using-asyncresource-for-a-worker-thread-pool

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Count, told } from './counting.mjs';

if (isMainThread) await runPool(told());
else runWorker(workerData);

async function runPool({ url, from, to, concurrency }) {
  const threads = Math.min(availableParallelism(), concurrency);
  const workers = Array.from({ length: threads }, () => {
    return new Worker(new URL(import.meta.url), { workerData: url });
  });
  // Their first message says that they are there: to start them is not part of the requests.
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const count = new Count();
  let next = from;
  for (const [i, worker] of workers.entries()) {
    worker.on('message', ({ status, body }) => {
      count.response(status, body);
      if (next <= to) worker.postMessage(next++);
      else if (count.ok + count.errors === to - from + 1) count.tell();
    });
    const share = Math.floor(concurrency / threads) + (i < concurrency % threads ? 1 : 0);
    for (let under = 0; under < share && next <= to; under++) worker.postMessage(next++);
  }
}

function runWorker(url) {
  parentPort.on('message', async (n) => {
    try {
      const response = await fetch(url + n);
      parentPort.postMessage({ status: response.status, body: await response.json() });
    } catch {
      parentPort.postMessage({ status: 0 });
    }
  });
  parentPort.postMessage('ready');
}
