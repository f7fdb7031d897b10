// flurry's command line that keeps what it fetches: each body of 5 MB in a file of its own, and a record that names it.
// With the durability that curl has: none.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BIN } from '../peers/flurry-cli.mjs';
import { LARGE_BYTES, sizesIn } from './large.mjs';

export function command({ url, requests, concurrency, certificate, folder, httpVersion }) {
  const what = ['-c', String(concurrency), '--http-version', httpVersion, '--cacert', certificate, '-q'];
  const kept = ['-o', join(folder, 'large.jsonl'), '--body', 'files', '--durability', 'none', '--restart'];
  return [process.execPath, BIN, `${url}/large/[1-${requests}]`, ...what, ...kept];
}

export function read(_result, { requests, folder }) {
  const path = join(folder, 'large.jsonl');
  const records = readFileSync(path, 'utf8').trim().split('\n');
  const good = records
    .map((line) => JSON.parse(line))
    .filter(({ status, bytes }) => status === 200 && bytes === LARGE_BYTES);
  const whole = sizesIn(`${path}.bodies`).filter((bytes) => bytes === LARGE_BYTES).length;
  rmSync(path);
  rmSync(`${path}.bodies`, { recursive: true });
  const responses = Math.min(good.length, whole);
  return { responses, errors: requests - responses };
}
