// npm run sim: every scenario × seed × law in virtual time, on all cores; prints the tables and writes them into
// docs/adaptive.md. One run in detail: npm run sim -- --scenario S3 --seed 17 --trace [--law AIMD].
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';

const SWEEP_SEEDS = 4;
const CHUNK = 10;
const DOCS = 'docs/adaptive.md';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    law: { type: 'string', default: 'auto' },
    trace: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});

const cache = resolve('node_modules/.cache/sim');
mkdirSync(cache, { recursive: true });
await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: cache,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      input: { sim: 'test/sim/index.ts', worker: 'test/sim/worker.ts' },
      external: [/^node:/],
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunk-[name].mjs' },
    },
  },
});
const { SCENARIOS, LAWS, comparison, details, failures, requirements, trace } = await import(
  `${cache}/sim.mjs`
);

const ids = values.scenario?.split(',') ?? SCENARIOS.map(({ id }) => id);
for (const id of ids)
  if (!SCENARIOS.some((one) => one.id === id))
    usage(`there is no scenario ${id}; there are ${SCENARIOS.map((one) => one.id).join(', ')}`);
if (LAWS[values.law] === undefined)
  usage(`there is no law ${values.law}; there are ${Object.keys(LAWS).join(', ')}`);
for (const name of ['seed', 'seeds', 'threads']) {
  if (values[name] !== undefined && !/^[1-9]\d*$/.test(values[name]))
    usage(`--${name} takes a whole number from 1, not ${values[name]}`);
}

if (values.trace) {
  trace(ids[0], Number(values.seed ?? 1), values.law, (line) => process.stdout.write(`${line}\n`));
  process.exit(0);
}

const seeds = values.seed === undefined ? count(Number(values.seeds)) : [Number(values.seed)];
const startedAt = performance.now();
const workers = count(Number(values.threads)).map(() => new Worker(`${cache}/worker.mjs`));
const swept = await playAll(ids.map((id) => ({ id, seeds: count(SWEEP_SEEDS), fixed: undefined })));
const tasks = swept.flatMap(({ id, fixed }) => chunks(seeds).map((some) => ({ id, seeds: some, fixed })));
const answers = await playAll(tasks);
for (const worker of workers) worker.terminate();

const played = ids.map((id) => {
  const parts = answers.filter((one) => one.id === id);
  const trials = Object.fromEntries(
    Object.keys(LAWS).map((law) => [law, parts.flatMap((part) => part.trials[law])]),
  );
  return {
    scenario: SCENARIOS.find((one) => one.id === id),
    seeds: parts.flatMap((part) => part.seeds),
    trials,
  };
});
const text = [
  `Over ${seeds.length} seeds each. Steady goodput against the best fixed value of the same seed: median (worst seed), and the most in flight at any moment once settled, as a multiple of the knee.`,
  comparison(played),
  'What is required, and what came of it:',
  requirements(played),
  'And besides, for `auto`:',
  details(played),
].join('\n\n');
const short = failures(played);
process.stdout.write(`${text}\n\n${short.map((line) => `${line}\n`).join('')}`);
process.stdout.write(
  `${((performance.now() - startedAt) / 1000).toFixed(0)} s on ${workers.length} threads\n`,
);
if (values.scenario === undefined && values.seed === undefined) writeDocs(text);
process.exitCode = short.length === 0 ? 0 : 1;

/** Hands the tasks out one by one; the answers come in the order of the tasks. */
function playAll(tasks) {
  return new Promise((done, failed) => {
    const answers = new Array(tasks.length);
    let next = 0;
    let left = tasks.length;
    for (const worker of workers) {
      worker.removeAllListeners();
      worker.once('error', failed);
      let at = -1;
      const give = () => {
        at = next++;
        if (at < tasks.length) worker.postMessage(tasks[at]);
      };
      worker.on('message', (answer) => {
        answers[at] = answer;
        if (--left === 0) done(answers);
        give();
      });
      give();
    }
  });
}

function chunks(seeds) {
  return Array.from({ length: Math.ceil(seeds.length / CHUNK) }, (_, i) =>
    seeds.slice(i * CHUNK, (i + 1) * CHUNK),
  );
}

function count(n) {
  return Array.from({ length: n }, (_, i) => i + 1);
}

function writeDocs(text) {
  const [from, to] = ['<!-- npm run sim -->', '<!-- /npm run sim -->'];
  const page = existsSync(DOCS) ? readFileSync(DOCS, 'utf8') : `${from}\n${to}\n`;
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start === -1 || end === -1) throw new Error(`${DOCS} has lost its marks ${from} and ${to}`);
  writeFileSync(DOCS, `${page.slice(0, start + from.length)}\n\n${text}\n\n${page.slice(end)}`);
}

function usage(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
