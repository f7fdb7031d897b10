// npm run scale [-- --requests 1e7] [--lines 3e7] [--quick]: what a run of any size must keep: memory that stays flat, the
// last million as fast as the first, an input file of any length, a template of 10^12, and a resume that starts at once.
// Takes minutes and two gigabytes of disk; everything it makes is removed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1e7' },
    lines: { type: 'string', default: '3e7' },
    quick: { type: 'boolean', default: false },
  },
});
const requests = values.quick ? 200_000 : Number(values.requests);
const lines = values.quick ? 1_000_000 : Number(values.lines);
const SLICE = Math.min(1_000_000, requests / 4);
/** The issue of a flat memory: 100 connections. */
const RSS_MIB_MAX = 150;
const SLOWER_MAX = 0.05;

const bin = join(import.meta.dirname, '../dist/cli/bin.js');
const folder = mkdtempSync(join(tmpdir(), 'flurry-scale-'));
const missed = [];

function judge(what, met, value) {
  console.log(`${met ? 'ok    ' : 'MISSED'}  ${what}: ${value}`);
  if (!met) missed.push(what);
}

async function serve() {
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { url: line.trim(), stop: () => child.kill() };
}

/** Memory of a process and how many of its requests are done, read from outside, until it ends. */
async function watched(args, output) {
  const started = performance.now();
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const samples = [];
  const sample = () => {
    const rss =
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const bytes = statSync(output, { throwIfNoEntry: false })?.size ?? 0;
    samples.push({ ms: performance.now() - started, rss, bytes });
  };
  const timer = setInterval(() => {
    try {
      sample();
    } catch {
      // It has just ended.
    }
  }, 100);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  return { code, said, samples, ms: performance.now() - started };
}

function msAt(samples, share) {
  const bytes = samples.at(-1).bytes * share;
  return samples.find((one) => one.bytes >= bytes).ms;
}

async function manyRequests(url) {
  const output = join(folder, 'many.jsonl');
  const template = `${url}/todos/[1-${requests}]`;
  const { code, said, samples } = await watched(
    [template, '-c', '100', '-o', output, '--body', 'none'],
    output,
  );
  if (code !== 0) throw new Error(`exit ${code}: ${said}`);
  const slice = SLICE / requests;
  const first = msAt(samples, 2 * slice) - msAt(samples, slice);
  const last = msAt(samples, 1) - msAt(samples, 1 - slice);
  const peak = Math.max(...samples.map(({ rss }) => rss));
  // The last looks may have met the process at its end.
  const middle = samples.filter(({ ms }) => ms > msAt(samples, slice)).slice(0, -3);
  console.log(said.split('\n').find((line) => line.includes(' requests, ')));
  judge(
    `memory of ${requests.toLocaleString('en')} requests at -c 100, MiB`,
    peak <= RSS_MIB_MAX,
    peak.toFixed(0),
  );
  const growth = middle.at(-1).rss - middle[0].rss;
  judge('memory from the first slice to the end, MiB more', growth < 25, growth.toFixed(1));
  const change = last / first - 1;
  judge(
    `time of the last ${SLICE.toLocaleString('en')} against the second`,
    change <= SLOWER_MAX,
    `${(100 * change).toFixed(1)} %`,
  );
  return output;
}

/** Without its last entries, as a kill would have left it, and with a little less of the file. */
async function resumed(output, url) {
  const journal = `${output}.journal`;
  const text = readFileSync(journal, 'utf8').trimEnd().split('\n');
  const cut = text.filter((line) => !line.includes('"complete":true')).slice(0, -1);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(journal, `${cut.join('\n')}\n`);
  const started = performance.now();
  const args = [`${url}/todos/[1-${requests}]`, '-c', '100', '-o', output, '--body', 'none', '--resume'];
  const { code, said } = await watched(args, output);
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`exit ${code}: ${said}`);
  judge(
    `a run of ${requests.toLocaleString('en')} records gone on with and ended, s`,
    seconds < 10,
    seconds.toFixed(1),
  );
  let count = 0;
  for await (const chunk of createReadStream(output)) for (const byte of chunk) if (byte === 10) count++;
  judge('records in the file', count === requests, count.toLocaleString('en'));
}

async function longInput(url) {
  const input = join(folder, 'urls.txt');
  const fd = openSync(input, 'w');
  for (let from = 0; from < lines; from += 10_000) {
    let text = '';
    for (let i = from; i < Math.min(lines, from + 10_000); i++) text += `${url}/code/${i}\n`;
    writeSync(fd, text);
  }
  closeSync(fd);
  const output = join(folder, 'part.jsonl');
  // Every so manieth of them: all lines are read, few are sent.
  const parts = Math.max(2, Math.round(lines / 10_000));
  const { code, said, samples, ms } = await watched(
    ['-i', input, '--shard', `1/${parts}`, '-o', output],
    output,
  );
  if (code !== 0) throw new Error(`exit ${code}: ${said}`);
  const peak = Math.max(...samples.map(({ rss }) => rss));
  judge(
    `memory over an input of ${lines.toLocaleString('en')} lines, MiB`,
    peak <= RSS_MIB_MAX,
    `${peak.toFixed(0)}, ${(ms / 1000).toFixed(1)} s`,
  );
  rmSync(input);
}

async function hugeTemplate(url) {
  const output = join(folder, 'sample.jsonl');
  const size = values.quick ? '1e3' : '1e5';
  const { code, said, samples, ms } = await watched(
    [
      `${url}/code/[000000000000-999999999999]`,
      '--sample',
      size,
      '--seed',
      '1',
      '-o',
      output,
      '--body',
      'none',
    ],
    output,
  );
  if (code !== 0) throw new Error(`exit ${code}: ${said}`);
  const urls = spawnSync('sh', ['-c', `grep -o '"url":"[^"]*"' ${output} | sort -u | wc -l`], {
    encoding: 'utf8',
  });
  const peak = Math.max(...samples.map(({ rss }) => rss));
  judge(
    `different requests of a sample of 10^12`,
    Number(urls.stdout) === Number(size),
    Number(urls.stdout).toLocaleString('en'),
  );
  judge('memory of that, MiB', peak <= RSS_MIB_MAX, `${peak.toFixed(0)}, ${(ms / 1000).toFixed(1)} s`);
}

const server = await serve();
try {
  const output = await manyRequests(server.url);
  await resumed(output, server.url);
  rmSync(output);
  await longInput(server.url);
  await hugeTemplate(server.url);
} finally {
  server.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (missed.length > 0) {
  console.log(`missed: ${missed.join('; ')}`);
  process.exitCode = 1;
}
