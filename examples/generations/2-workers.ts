// Generation 2: workers over a bounded queue. One that meets a failure reports it, lives on, and takes the next number.

interface Todo {
  readonly completed: boolean;
}

/** For one who puts and many who take: `put` waits while the queue is full, `take` while it is empty. */
class BoundedQueue<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  readonly #takers: ((item: T | undefined) => void)[] = [];
  #onRoom = () => {};
  #closed = false;

  constructor(max: number) {
    this.#max = max;
  }

  async put(item: T): Promise<void> {
    const taker = this.#takers.shift();
    if (taker !== undefined) return taker(item);
    this.#items.push(item);
    if (this.#items.length < this.#max) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Undefined when nothing will come any more. */
  async take(): Promise<T | undefined> {
    if (this.#items.length === 0 && !this.#closed)
      return new Promise((resolve) => this.#takers.push(resolve));
    this.#onRoom();
    return this.#items.shift();
  }

  close(): void {
    this.#closed = true;
    for (const taker of this.#takers) taker(undefined);
  }
}

const [base = 'http://127.0.0.1:8080/todos/', count = '4000', size = '100'] = process.argv.slice(2);
const queue = new BoundedQueue<number>(Number(size));
const results: Todo[] = [];

async function get(n: number): Promise<Todo> {
  const response = await fetch(base + n);
  const text = await response.text(); // of an error too: what is not read keeps its connection
  if (!response.ok) throw new Error(`answered with ${response.status}`);
  return JSON.parse(text) as Todo;
}

async function work(): Promise<void> {
  for (let n = await queue.take(); n !== undefined; n = await queue.take()) {
    try {
      results.push(await get(n));
    } catch (error) {
      console.error(`${base}${n}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

const startMs = performance.now();
const workers = Array.from({ length: Number(size) }, work);
for (let n = 1; n <= Number(count); n++) await queue.put(n);
queue.close();
await Promise.all(workers);
const ms = performance.now() - startMs;
const done = results.filter(({ completed }) => completed).length;
console.log(`Completed ${count} requests with ${results.length} results, ${done} of them done`);
console.log(`${(ms / Number(count)).toFixed(2)} ms per request`);
