// npm run sim: every scenario × seed × law in virtual time, on all cores; prints the tables, writes them into
// docs/adaptive.md and draws its pictures. One run in detail: npm run sim -- --scenario S3 --seed 17 --trace [--law AIMD].
//   --quick   some seeds, `auto` alone, nothing written: does it still keep to what is required?
//   --plots   the pictures also of fewer seeds: npm run sim -- --seeds 20 --plots
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';

const SWEEP_SEEDS = 4;
const CHUNK = 10;
const DOCS = 'docs/adaptive.md';
const IMAGES = 'docs/images';
const SEEDS = 200;
/** Others than those that the tests play. */
const QUICK = { from: 101, seeds: 10, sweepSeeds: 1 };

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string' },
    law: { type: 'string', default: 'auto' },
    trace: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    plots: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});

mkdirSync('node_modules/.cache', { recursive: true });
// Of this run alone: another one may be under way.
const cache = mkdtempSync(resolve('node_modules/.cache/sim-'));
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));
await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: cache,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      input: { sim: 'test/sim/index.ts', worker: 'test/sim/worker.ts', pictures: 'test/sim/pictures.ts' },
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

if (values.plots && (values.quick || values.scenario !== undefined))
  usage('--plots draws all scenarios with all laws: leave out --quick and --scenario');

if (values.trace) {
  trace(ids[0], Number(values.seed ?? 1), values.law, (line) => process.stdout.write(`${line}\n`));
  process.exit(0);
}

const seeds = chosenSeeds();
const laws = values.quick ? ['auto'] : Object.keys(LAWS);
const startedAt = performance.now();
const workers = count(Number(values.threads)).map(() => new Worker(`${cache}/worker.mjs`));
const swept = await playAll(
  ids.map((id) => ({
    id,
    seeds: count(values.quick ? QUICK.sweepSeeds : SWEEP_SEEDS),
    fixed: undefined,
    laws,
  })),
);
const tasks = swept.flatMap(({ id, fixed }) =>
  chunks(seeds).map((some) => ({ id, seeds: some, fixed, laws })),
);
const answers = await playAll(tasks);
for (const worker of workers) worker.terminate();

const played = ids.map((id) => {
  const parts = answers.filter((one) => one.id === id);
  const trials = Object.fromEntries(laws.map((law) => [law, parts.flatMap((part) => part.trials[law])]));
  return {
    scenario: SCENARIOS.find((one) => one.id === id),
    seeds: parts.flatMap((part) => part.seeds),
    trials,
  };
});
const text = values.quick ? requirements(played) : tables();
const short = failures(played);
process.stdout.write(`${text}\n\n${short.map((line) => `${line}\n`).join('')}`);
process.stdout.write(
  `${seeds.length} seeds, ${((performance.now() - startedAt) / 1000).toFixed(0)} s on ${workers.length} threads\n`,
);
const isWhole = ids.length === SCENARIOS.length && seeds.length === SEEDS && !values.quick;
if (isWhole) writeDocs(text);
if (isWhole || values.plots) await drawPictures();
process.exitCode = short.length === 0 ? 0 : 1;

function tables() {
  return [
    `Over ${seeds.length} seeds each. Steady goodput against the best fixed value of the same seed: median (worst seed), and the most in flight at any moment once settled, as a multiple of the knee.`,
    comparison(played),
    'What is required, and what came of it:',
    requirements(played),
    'And besides, for `auto`:',
    details(played),
  ].join('\n\n');
}

async function drawPictures() {
  const { pictures } = await import(`${cache}/pictures.mjs`);
  mkdirSync(IMAGES, { recursive: true });
  for (const [name, svg] of Object.entries(pictures(played))) writeFileSync(`${IMAGES}/${name}`, svg);
}

function chosenSeeds() {
  if (values.seed !== undefined) return [Number(values.seed)];
  if (values.seeds !== undefined) return count(Number(values.seeds));
  return values.quick ? count(QUICK.seeds).map((i) => QUICK.from + i - 1) : count(SEEDS);
}

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
