// npm run gate:adaptive: the scenarios of docs/adaptive.md over real sockets. `flurry serve` plays the host, in a process
// of its own for each run; the library sends with `concurrency: 'auto'`, and is held against the best fixed number, which
// is measured before and after it. Ends with 1 where a requirement is missed twice; in the quick form a miss is no verdict
// while others use the machine.

import { writeFileSync } from 'node:fs';
import { figuresOf, goodput, missesOf, percent } from './judge.mjs';
import { readOptions } from './options.mjs';
import { watchOthers } from './others.mjs';
import { play, startServer } from './play.mjs';
import { header, line, markdown } from './report.mjs';
import { FIXED_WARM_UP_S, IDS, scenarios } from './scenarios.mjs';

/** Of all cores: with less left than that a run on two cores says nothing about the law. */
const BUSY = 0.25;

const options = readOptions(process.argv.slice(2), IDS);
process.exitCode = await gate();

async function gate() {
  const chosen = scenarios(options.quick).filter(({ id }) => options.ids.includes(id));
  const startedMs = performance.now();
  console.log(header());
  const results = [];
  for (const batch of new Set(chosen.map((scenario) => scenario.batch))) {
    const together = chosen.filter((scenario) => scenario.batch === batch);
    results.push(...(await Promise.all(together.map(judged))));
  }
  const again = results.filter(({ misses }) => misses.length > 0);
  if (again.length > 0) console.log('\nonce more, each alone:');
  for (const result of again) Object.assign(result, await judged(result.scenario), { tries: 2 });
  if (options.json !== undefined) writeJson(results);
  if (options.markdown) console.log(`\n${markdown(results)}`);
  return conclude(results, again.length, (performance.now() - startedMs) / 1000);
}

function conclude(results, retried, seconds) {
  const missed = results.filter(({ misses }) => misses.length > 0);
  const undecided = options.quick ? missed.filter(({ others }) => others > BUSY) : [];
  const parts = [
    `${results.length - missed.length} scenarios met`,
    `${missed.length - undecided.length} missed`,
    ...(undecided.length > 0 ? [`${undecided.length} not judged, for others used the machine`] : []),
    ...(retried > 0 ? [`${retried} played twice`] : []),
  ];
  console.log(`\n${parts.join(', ')}; ${seconds.toFixed(0)} s`);
  return missed.length === undecided.length && results.length > 0 ? 0 : 1;
}

async function judged(scenario) {
  const othersShare = watchOthers();
  const before = await fixedRuns(scenario);
  const run = await playOn(scenario, scenario.path, 'auto', scenario.phases.at(-1).toS);
  const after = await fixedRuns(scenario);
  const others = othersShare();
  const best = scenario.phases.map(({ optimum }, i) => optimum ?? bestOf(before[i], after[i]));
  const figures = figuresOf(scenario, best, run);
  const misses = missesOf(scenario, figures);
  console.log(line(scenario, figures, misses.length === 0));
  for (const miss of misses) console.log(`     ${scenario.title}: ${miss}`);
  if (misses.length > 0 && others !== undefined) {
    console.log(`     others used ${percent(others)} of this machine's CPU meanwhile`);
  }
  return { scenario, figures, misses, others, tries: 1 };
}

/** Successes per second of each fixed number, by phase; phases that are the same are played once. */
async function fixedRuns(scenario) {
  const known = new Map();
  for (const { sizes = [], fixedPath = scenario.path } of scenario.phases) {
    if (known.has(fixedPath)) continue;
    const rates = [];
    for (const size of sizes) {
      const run = await playOn(scenario, fixedPath, size, FIXED_WARM_UP_S + scenario.fixedS);
      rates.push(goodput(run, FIXED_WARM_UP_S, FIXED_WARM_UP_S + scenario.fixedS));
    }
    known.set(fixedPath, rates);
  }
  return scenario.phases.map(({ fixedPath = scenario.path }) => known.get(fixedPath));
}

/** Of the numbers, each taken as the mean of both times: the machine drifts. */
function bestOf(before, after) {
  return Math.max(...before.map((rate, i) => (rate + after[i]) / 2));
}

async function playOn({ serve, workMs }, path, concurrency, seconds) {
  const server = await startServer(serve);
  try {
    return await play(server.url + path, { concurrency, seconds, workMs });
  } finally {
    server.stop();
  }
}

function writeJson(results) {
  const rows = results.map(({ scenario: { id, title, path }, figures, misses, others, tries }) => {
    return { id, title, path, ...figures, misses, others, tries };
  });
  writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}
