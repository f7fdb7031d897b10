// Every file in examples/ runs, against the embedded target, and prints what it says it prints.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

const PRINTS: Readonly<Record<string, RegExp>> = {
  'ten-lines.ts': /^Completed 4000 requests with 4000 responses; \d+ todos are done$/,
  'in-order.ts': /^ab12 .*\ncd34 .*\nef56 /,
  'post-json.ts': /^user-1 .*/,
  'records-to-file.ts': /^201 records, 1 failure: input\/invalid$/,
  'stop-early.ts': /^found \/code\/gli1$/,
  'crawl.ts': /^\d\d+ pages$/,
  'custom-sink.ts': /^stored 1000 outcomes$/,
  'fetch.ts': /^100 titles over at most 4 connections, and 1000000 bytes$/,
  'login.ts': /^1000 pages; the cookies are in .+$/,
};

const folder = mkdtempSync(resolve(tmpdir(), 'flurry-examples-'));
let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(async () => {
  await target.close();
  rmSync(folder, { recursive: true });
});

it('knows every example', () => {
  const files = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));
  expect(files.sort()).toEqual(Object.keys(PRINTS).sort());
});

it.each(Object.entries(PRINTS))('%s runs', async (name, expected) => {
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => {
    printed.push(words.map((w) => (typeof w === 'string' ? w : JSON.stringify(w))).join(' '));
  });
  // No proxy for those that take one, and files where nobody looks for them.
  const given = process.argv.splice(2, Number.POSITIVE_INFINITY, target.url, '', resolve(folder, 'file'));
  try {
    await import(resolve(EXAMPLES, name));
  } finally {
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...given);
    log.mockRestore();
  }
  expect(printed.join('\n')).toMatch(expected);
});
