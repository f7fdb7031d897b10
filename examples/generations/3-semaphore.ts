// Generation 3: a semaphore over fetch. Every request is a promise from the start, and so many of them are under way.

interface Todo {
  readonly completed: boolean;
}

class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A place goes to who waits for it: if it were free for a moment, a newcomer could take it too.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

const [base = 'http://127.0.0.1:8080/todos/', count = '4000', size = '60'] = process.argv.slice(2);
const semaphore = new Semaphore(Number(size));

async function get(n: number): Promise<Todo> {
  const response = await fetch(base + n);
  const text = await response.text(); // of an error too: what is not read keeps its connection
  if (!response.ok) throw new Error(`${base}${n} was answered with ${response.status}`);
  return JSON.parse(text) as Todo;
}

const numbers = Array.from({ length: Number(count) }, (_, i) => i + 1);
const startMs = performance.now();
const settled = await Promise.allSettled(numbers.map((n) => semaphore.run(() => get(n))));
const ms = performance.now() - startMs;
const results: Todo[] = [];
for (const one of settled) {
  if (one.status === 'fulfilled') results.push(one.value);
  else console.error(one.reason instanceof Error ? one.reason.message : one.reason);
}
const done = results.filter(({ completed }) => completed).length;
console.log(`Completed ${count} requests with ${results.length} results, ${done} of them done`);
console.log(`${(ms / Number(count)).toFixed(2)} ms per request`);
