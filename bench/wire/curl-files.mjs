// curl that keeps what it fetches: each body of 5 MB in a file of its own.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { command as discarding } from '../peers/h2-curl.mjs';
import { LARGE_BYTES, sizesIn } from './large.mjs';

export function command(context) {
  const argv = discarding(context);
  argv[argv.indexOf('/dev/null')] = join(context.folder, 'curl-bodies', '#1.bin');
  return [...argv, '--create-dirs'];
}

export function read({ stdout }, { requests, folder }) {
  const kept = join(folder, 'curl-bodies');
  const whole = sizesIn(kept).filter((bytes) => bytes === LARGE_BYTES).length;
  rmSync(kept, { recursive: true });
  const told = stdout.trim().split('\n');
  const responses = told.filter((line) => line === `200 ${LARGE_BYTES}`).length;
  return { responses: Math.min(responses, whole), errors: requests - Math.min(responses, whole) };
}
