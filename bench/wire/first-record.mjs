// How long from the start of the command line until its first record comes out of a pipe: what a person or the next
// program in the pipe waits for.

import { spawn } from 'node:child_process';
import { BIN } from '../peers/flurry-cli.mjs';
import { onEnd } from './cleanup.mjs';
import { spread, spreadText } from './figures.mjs';
import { judge } from './report.mjs';

const RUNS = 20;
const REQUESTS = 1_000;

export async function runFirstRecord({ server }) {
  const args = [`${server.url}/todos/[1-${REQUESTS}]`, '-c', '60', '-q'];
  const firstMs = [];
  const nodeMs = [];
  // One more, the first, to bring the files into the system's cache.
  for (let i = 0; i <= RUNS; i++) {
    const run = await timed([BIN, ...args]);
    if (run.lines !== REQUESTS) throw new Error(`${run.lines} records of ${REQUESTS}: ${run.stderr}`);
    const node = await timed(['-e', 'console.log()']);
    if (i === 0) continue;
    firstMs.push(run.firstLineMs);
    nodeMs.push(node.firstLineMs);
  }
  const verdict = judge('time to the first record', spread(firstMs), 'at most', 150, 100, 0, ' ms');
  return { firstMs, nodeMs, verdicts: [verdict] };
}

export function firstRecordText({ firstMs, nodeMs, verdicts }) {
  return [
    `first record on stdout after ${spreadText(spread(firstMs), 0)} ms (min / median / max of ${RUNS} runs)`,
    `for comparison, a bare Node that prints a line: ${spreadText(spread(nodeMs), 0)} ms`,
    ...verdicts.map((verdict) => verdict.text),
  ].join('\n');
}

function timed(args) {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const disarm = onEnd(() => child.kill('SIGKILL'));
    let firstLineMs;
    let lines = 0;
    let stderr = '';
    child.stderr.on('data', (piece) => {
      stderr = `${stderr}${piece}`.slice(-1_000);
    });
    child.stdout.on('data', (piece) => {
      for (const byte of piece) if (byte === 10) lines++;
      if (lines > 0) firstLineMs ??= performance.now() - startMs;
    });
    child.once('error', reject);
    child.once('close', () => {
      disarm();
      resolve({ firstLineMs, lines, stderr });
    });
  });
}
