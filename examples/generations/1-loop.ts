// Generation 1: fetch in a loop. The next request leaves when the one before it has been answered.

interface Todo {
  readonly completed: boolean;
}

const [base = 'http://127.0.0.1:8080/todos/', count = '40'] = process.argv.slice(2);
const results: Todo[] = [];
const startMs = performance.now();
for (let n = 1; n <= Number(count); n++) {
  const response = await fetch(base + n);
  if (!response.ok) throw new Error(`${base}${n} was answered with ${response.status}`);
  results.push((await response.json()) as Todo);
}
const ms = performance.now() - startMs;
const done = results.filter(({ completed }) => completed).length;
console.log(`Completed ${count} requests with ${results.length} results, ${done} of them done`);
console.log(`${(ms / Number(count)).toFixed(2)} ms per request`);
