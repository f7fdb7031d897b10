// Plays one run against one server of its own: starts `flurry serve` on a free port, sends through the library for so
// many seconds, and writes down what ended when and how many were in flight.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onEnd } from '../../bench/wire/cleanup.mjs';
import { flurry } from '../../dist/index.js';
import { BIN_MS } from './judge.mjs';
import { noteEnd, noteStart } from './others.mjs';

const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
const START_MS_MAX = 10_000;
const LOOK_EVERY_MS = 20;

/** `url` and `stop`. A server for each run: its limits begin with the first request. */
export async function startServer(words = []) {
  const child = spawn(process.execPath, [BIN, 'serve', '--port', '0', ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const forget = onEnd(() => child.kill());
  noteStart(child.pid);
  const stop = () => {
    forget();
    noteEnd(child.pid);
    child.kill();
  };
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('flurry serve does not start')), START_MS_MAX);
    child.once('exit', (code) => reject(new Error(`flurry serve ended with code ${code}`)));
    child.stdout.once('data', (line) => {
      clearTimeout(timer);
      resolve(String(line).trim());
    });
  });
  return { url, stop };
}

/**
 * `concurrency`: a number or 'auto'; `workMs`: CPU that is spent on each outcome. Gives back bins of 100 ms (`good`,
 * `metered`, `failed`, `ended`), the `looks` at what is in flight, how many were `banned`, and the run's verdict.
 */
export async function play(url, { concurrency, seconds, workMs = 0 }) {
  const bins = Math.ceil((seconds * 1000) / BIN_MS);
  const kinds = ['good', 'metered', 'failed', 'ended'];
  const counts = Object.fromEntries(kinds.map((kind) => [kind, new Float64Array(bins)]));
  const looks = [];
  let banned = 0;
  const options = { concurrency, perHost: undefined, retry: 0, durationMs: seconds * 1000, graceMs: 1000 };
  const run = flurry(`${url}${url.includes('?') ? '&' : '?'}request=[1-1000000000]`, options);
  const startedMs = performance.now();
  const looking = setInterval(() => {
    const { inFlight, concurrency: found } = run.snapshot();
    looks.push({ atMs: performance.now() - startedMs, inFlight, limit: found.final });
  }, LOOK_EVERY_MS);
  try {
    for await (const batch of run.batches()) {
      // What comes after the end is on its way out, and counts for nothing.
      const bin = Math.floor((performance.now() - startedMs) / BIN_MS);
      for (const outcome of batch) {
        if (bin < bins) {
          counts.ended[bin]++;
          counts[kindOf(outcome)][bin]++;
        }
        if (outcome.status === 429 && outcome.json().banned) banned++;
        if (workMs > 0) work(workMs);
      }
    }
  } finally {
    clearInterval(looking);
  }
  return { ...counts, looks, banned, verdict: run.summary.verdict.text };
}

function kindOf(outcome) {
  if (outcome.type !== 'response') return 'failed';
  if (outcome.status === 429) return 'metered';
  return outcome.status === 200 ? 'good' : 'failed';
}

function work(ms) {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
