// A session's fetch for code that takes one: it knows nothing of flurry, and yet has the session's limits, cookies and
// connections.

import { Session } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';

/** Any library of yours, or ky.create({ fetch: session.fetch }), or createFetch({ fetch: session.fetch }) of ofetch. */
async function titles(fetch: typeof globalThis.fetch, ids: number[]): Promise<string[]> {
  const responses = await Promise.all(ids.map((id) => fetch(`${target}/todos/${id}`)));
  const todos = await Promise.all(responses.map((response) => response.json()));
  return todos.map((todo) => (todo as { title: string }).title);
}

const session = new Session({ perHost: 4 });
const found = await titles(
  session.fetch,
  Array.from({ length: 100 }, (_, i) => i + 1),
);

// A body streams: what nobody reads waits at the server, and an abort ends it.
const download = await session.fetch(`${target}/bytes/1000000`, { signal: AbortSignal.timeout(10_000) });
let bytes = 0;
for await (const chunk of download.body!) bytes += chunk.length;

console.log(`${found.length} titles over at most 4 connections, and ${bytes} bytes`);
await session.close();
