// What every client in JavaScript is told and tells: the arguments are the URL before the number, the first and the last
// number, and how many requests at once; the last line of stdout is one JSON object. Sends nothing itself. Runs on Node,
// Bun and Deno.

import process from 'node:process';

export function told() {
  const [url, from, to, concurrency] = process.argv.slice(2);
  return { url, from: Number(from), to: Number(to), concurrency: Number(concurrency) };
}

/** The clock runs from when it is made. */
export class Count {
  ok = 0;
  errors = 0;
  sum = 0;
  #startMs = performance.now();

  /** `body` is what the JSON of the body was parsed to. A body that is not as it should be is an error too. */
  response(status, body) {
    if (status === 200 && Number.isInteger(body?.id)) {
      this.ok++;
      this.sum += body.id;
    } else this.errors++;
  }

  error() {
    this.errors++;
  }

  /** Ends the process: idle connections would keep some of them alive for seconds. */
  tell(more) {
    const ms = Math.round((performance.now() - this.#startMs) * 1000) / 1000;
    const { ok, errors, sum } = this;
    process.stdout.write(`${JSON.stringify({ ok, errors, sum, ms, ...more })}\n`, () => process.exit(0));
  }
}

/**
 * As many loops as requests at once, each awaiting one after the other: the way to bound a promise per request where a
 * client's documentation names none. `ask(n)` counts its response; what it throws is an error.
 */
export async function inLoops({ from, to, concurrency }, count, ask) {
  let next = from;
  const loop = async () => {
    while (next <= to) {
      const n = next++;
      try {
        await ask(n);
      } catch {
        count.error();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, to - from + 1) }, loop));
}
