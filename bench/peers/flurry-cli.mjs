// flurry's command line, with records as JSON Lines on disk. `--summary` adds its own account of the run.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRecords } from '../wire/records.mjs';

export const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

export function command({ url, requests, concurrency, folder }) {
  const urls = `${url}/todos/[1-${requests}]`;
  const files = ['-o', join(folder, 'out.jsonl'), '--summary', join(folder, 'summary.json')];
  return [process.execPath, BIN, urls, '-c', String(concurrency), '-q', ...files];
}

export function read(_result, { url, requests, folder }) {
  const path = join(folder, 'out.jsonl');
  const checked = checkRecords(path, requests, (index) => `${url}/todos/${index + 1}`);
  const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
  rmSync(path);
  return {
    requests,
    responses: checked.responses,
    errors: checked.missing + checked.doubled + checked.bad,
    idSum: checked.idSum,
    problems: checked.problems,
    runMs: summary.wallMs,
    runCpuUs: summary.cpuUsPerRequest * requests,
  };
}
