// The global fetch by workers over a bounded queue, the program of examples/generations/2-workers.ts:
// https://nodejs.org/docs/latest-v20.x/api/globals.html#fetch

import { Count, told } from './counting.mjs';

/** For one who puts and many who take: `put` waits while the queue is full, `take` while it is empty. */
class BoundedQueue {
  #max;
  #items = [];
  #takers = [];
  #onRoom = () => {};
  #closed = false;

  constructor(max) {
    this.#max = max;
  }

  async put(item) {
    const taker = this.#takers.shift();
    if (taker !== undefined) return taker(item);
    this.#items.push(item);
    if (this.#items.length < this.#max) return;
    await new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Undefined when nothing will come any more. */
  async take() {
    if (this.#items.length === 0 && !this.#closed)
      return new Promise((resolve) => this.#takers.push(resolve));
    this.#onRoom();
    return this.#items.shift();
  }

  close() {
    this.#closed = true;
    for (const taker of this.#takers) taker(undefined);
  }
}

const { url, from, to, concurrency } = told();
const count = new Count();
const queue = new BoundedQueue(concurrency);

async function work() {
  for (let n = await queue.take(); n !== undefined; n = await queue.take()) {
    try {
      const response = await fetch(url + n);
      count.response(response.status, await response.json());
    } catch {
      count.error();
    }
  }
}

const workers = Array.from({ length: concurrency }, work);
for (let n = from; n <= to; n++) await queue.put(n);
queue.close();
await Promise.all(workers);
count.tell();
