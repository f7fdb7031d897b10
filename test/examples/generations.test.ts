// Every generation in examples/generations runs against the embedded target, brings all bodies, and does with failures
// what docs/generations.md says of it; and what that page shows is what runs.

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { todoJson } from '../../src/target/todo.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = resolve(ROOT, 'examples/generations');
const COUNT = 250;
const FILES = ['1-loop.ts', '2-workers.ts', '3-semaphore.ts', '4-flurry.ts'];

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());
beforeEach(() => vi.resetModules());

it('knows every generation', () => {
  expect(readdirSync(EXAMPLES).sort()).toEqual(FILES);
});

it.each(FILES)('%s brings the body of every request, asked for once', async (file) => {
  const before = target.counts;
  const { printed, warned } = await run(file, `${target.url}/todos/`, COUNT);
  const after = target.counts;
  const done = Array.from({ length: COUNT }, (_, i) => JSON.parse(todoJson(`${i + 1}`)!)).filter(
    ({ completed }) => completed,
  ).length;
  expect(printed[0]).toBe(`Completed ${COUNT} requests with ${COUNT} results, ${done} of them done`);
  expect(printed[1]).toMatch(/^\d+\.\d\d ms per request$/);
  expect(warned).toEqual([]);
  expect(after.requests - before.requests).toBe(COUNT);
});

it.each([
  ['1-loop.ts', 1],
  ['2-workers.ts', 7],
  ['3-semaphore.ts', 7],
])('%s has as many requests in flight as it is told: %i', async (file, size) => {
  let inFlight = 0;
  let most = 0;
  const fetch = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight--;
    return new Response('{}');
  });
  try {
    await run(file, 'http://nowhere.invalid/', 50, size);
    expect(fetch).toHaveBeenCalledTimes(50);
    expect(most).toBe(size);
  } finally {
    fetch.mockRestore();
  }
});

describe('with 503s and resets on the way', () => {
  it.each(['2-workers.ts', '3-semaphore.ts'])('%s survives and reports them', async (file) => {
    const before = target.counts;
    const { printed, warned } = await run(file, `${target.url}/flaky?p=0.3&n=`, COUNT, 20);
    expect(target.counts.requests - before.requests).toBe(COUNT);
    const results = Number(/with (\d+) results/.exec(printed[0]!)?.[1]);
    expect(warned.length).toBeGreaterThan(30);
    expect(results + warned.length).toBe(COUNT);
    expect(warned.some((line) => line.includes('answered with 503'))).toBe(true);
    expect(warned.some((line) => line.includes('fetch failed'))).toBe(true);
  });

  it('1-loop.ts ends with the first', async () => {
    const failing = run('1-loop.ts', `${target.url}/status/50`, 3);
    await expect(failing).rejects.toThrow(/\/status\/501 was answered with 501$/);
  });

  it('4-flurry.ts has them as outcomes', async () => {
    // 411 to 419, of which none is worth another try.
    const { printed, warned } = await run('4-flurry.ts', `${target.url}/status/41`, 9);
    expect(printed[0]).toBe('Completed 9 requests with 0 results, 0 of them done');
    expect(warned.length).toBe(9);
    expect(warned.join('\n')).toContain(`${target.url}/status/418: `);
  });
});

it('docs/generations.md shows the files as they are', () => {
  const page = readFileSync(resolve(ROOT, 'docs/generations.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  expect(blocks).toEqual(FILES.map((file) => readFileSync(resolve(EXAMPLES, file), 'utf8')));
});

/** What it writes to either stream, line by line. */
async function run(file: string, ...args: (string | number)[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
  const error = vi.spyOn(console, 'error').mockImplementation((line) => void warned.push(line));
  const given = process.argv.splice(2, Number.POSITIVE_INFINITY, ...args.map(String));
  try {
    await import(resolve(EXAMPLES, file));
  } finally {
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...given);
    log.mockRestore();
    error.mockRestore();
  }
  return { printed, warned };
}
