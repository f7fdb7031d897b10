// flurry's command line that throws bodies away, as curl to /dev/null does: a record of each, and nothing of the body but
// its length. With the durability that curl has: none.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BIN } from '../peers/flurry-cli.mjs';
import { LARGE_BYTES } from './large.mjs';

export function command({ url, requests, concurrency, certificate, folder, httpVersion }) {
  const what = ['-c', String(concurrency), '--http-version', httpVersion, '--cacert', certificate, '-q'];
  const kept = ['-o', join(folder, 'none.jsonl'), '--body', 'none', '--durability', 'none', '--restart'];
  return [process.execPath, BIN, `${url}/large/[1-${requests}]`, ...what, ...kept];
}

export function read(_result, { requests, folder }) {
  const path = join(folder, 'none.jsonl');
  const records = readFileSync(path, 'utf8').trim().split('\n');
  const good = records
    .map((line) => JSON.parse(line))
    .filter(({ status, bytes }) => status === 200 && bytes === LARGE_BYTES);
  rmSync(path);
  return { responses: good.length, errors: requests - good.length };
}
