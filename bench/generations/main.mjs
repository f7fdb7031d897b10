// npm run bench: every generation of clients side by side, each as a process of its own, against one nginx on the
// loopback interface. `--help` tells what can be chosen; bench/README.md what is measured and how.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findAccountant } from '../wire/accounting.mjs';
import { onEnd } from '../wire/cleanup.mjs';
import { describeMachine, machineText } from '../wire/machine.mjs';
import { bestOf, memoryOf, rowsOf } from './columns.mjs';
import { runCurve } from './curves.mjs';
import { reportText } from './markdown.mjs';
import { chosen, readOptions, refuse } from './options.mjs';
import { Paces } from './pace.mjs';
import { writePictures } from './pictures.mjs';
import { rewriteReadme } from './readme.mjs';
import { rosterOf } from './roster.mjs';
import { peersFor, runHuge, runTable } from './rounds.mjs';
import { rewriteStory } from './story.mjs';
import { findParts, startTargets } from './targets.mjs';
import { CURVES, HUGE, TABLES } from './workloads.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const print = (text) => process.stdout.write(`${text}\n`);

const options = readOptions(process.argv.slice(2));
const out = resolve(options.out);
const isQuick = options.quick;
process.exitCode = options.list ? await list() : options.docs ? await docs() : await main();

async function list() {
  const { PEERS } = await import(options.peers);
  print(`peers: ${PEERS.map(({ name }) => name).join(', ')}`);
  print(`tables: ${[...TABLES, HUGE, ...CURVES].map(({ name }) => name).join(', ')}`);
  return 0;
}

async function docs() {
  const file = join(out, 'results.json');
  if (!existsSync(file)) {
    say(`bench: there is no ${file}: run npm run bench first`);
    return 2;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const pictures = await writePictures(report, out);
  writeFileSync(join(out, 'table.md'), reportText(report));
  try {
    say(`rewrote the table in ${rewriteReadme(report, pictures, out)}`);
    say(`rewrote the numbers in ${rewriteStory(report, pictures, out)}`);
    return 0;
  } catch (error) {
    say(`bench: ${error.message}`);
    return 2;
  }
}

async function main() {
  const { peers, tables } = await choice();
  const { present, missing } = rosterOf(peers);
  const parts = findParts();
  missing.unshift(...parts.missing);
  for (const line of missing) say(`missing: ${line}`);
  if (parts.nginx === undefined || present.length === 0) {
    say('Nothing is left to measure. npm run bench:setup installs what Debian and npm have.');
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'flurry-bench-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const machine = describeMachine(folder);
  const accountant = findAccountant();
  const targets = await startTargets(parts, folder);
  const setting = {
    peers: present,
    targets,
    accountant,
    isQuick,
    rounds: options.rounds,
    paces: new Paces(),
  };
  print(machineText(machine));
  print(`server: ${targets.name}`);
  print(`${present.length} peers; ${estimate(tables)}`);
  try {
    const measured = await measureAll(setting, tables);
    const { name: server } = targets;
    const mode = isQuick ? 'quick' : 'full';
    const report = {
      machine,
      server,
      mode,
      accountant: accountant?.name,
      missing,
      peers: described(present),
      ...measured,
    };
    return await hand(report);
  } finally {
    await targets.stop();
  }
}

async function choice() {
  const { PEERS } = await import(options.peers);
  try {
    return {
      peers: chosen('--only', options.only, PEERS),
      tables: chosen('--tables', options.tables, [...TABLES, ...(isQuick ? [] : [HUGE]), ...CURVES]),
    };
  } catch (error) {
    return refuse(error);
  }
}

/** Every table has a bound of its own, which few peers reach. */
function estimate(tables) {
  const mostS = tables.reduce((sum, table) => sum + (isQuick ? table.quick : table.full).budgetS, 0);
  const minutes = Math.ceil(mostS / 60);
  return `with all peers this takes about ${Math.ceil(0.8 * minutes)} minutes, and at most ${minutes} or little more`;
}

async function measureAll(setting, chosenTables) {
  const startMs = performance.now();
  const isChosen = ({ name }) => chosenTables.some((table) => table.name === name);
  const tables = [];
  for (const table of TABLES.filter(isChosen)) {
    const results = await runTable(setting, table, say);
    tables.push({ ...plain(table), results, rows: rowsOf(setting.peers, results) });
  }
  let huge;
  if (!isQuick && isChosen(HUGE)) {
    const { results, left } = await runHuge(setting, HUGE, say);
    const titled = left.map((one) => ({
      ...one,
      title: setting.peers.find(({ name }) => name === one.peer).title,
    }));
    huge = { ...plain(HUGE), results, rows: rowsOf(setting.peers, results), left: titled };
  }
  const seed = tables.find(({ name }) => name === 'seed-4000')?.rows ?? [];
  const best = bestOf(setting.peers, seed);
  const curves = [];
  for (const curve of CURVES.filter(isChosen)) {
    // Without the table that tells who is the fastest, everybody is.
    const takers = seed.length > 0 ? best : new Set(peersFor(setting, curve).map(({ name }) => name));
    curves.push({ ...plain(curve), results: await runCurve(setting, curve, takers, say) });
  }
  const memory = memoryOf(setting.peers, huge === undefined ? tables : [...tables, huge]);
  return { tables, huge, curves, memory, tookS: Math.round((performance.now() - startMs) / 1000) };
}

function plain({ name, target, title, requests, concurrency }) {
  return { name, target, title, requests, concurrency };
}

function described(peers) {
  return peers.map(({ name, title, language, flurry = false, floor = false, sized, version }) => {
    return { name, title, language, flurry, floor, sized, version };
  });
}

async function hand(report) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(report, null, 1)}\n`);
  const text = reportText(report);
  writeFileSync(join(out, 'table.md'), text);
  print(`\n${text}`);
  const pictures = await writePictures(report, out);
  say(
    `took ${(report.tookS / 60).toFixed(1)} minutes; wrote ${['results.json', 'table.md', ...pictures].join(', ')} to ${out}`,
  );
  return failsOf(report);
}

/** A peer that breaks down is a finding; one that tells a wrong sum, and a flurry that breaks down, is an error. */
function failsOf({ tables, huge, curves, peers }) {
  const isFlurry = (name) => peers.find((peer) => peer.name === name)?.flurry === true;
  const results = [...tables, ...(huge === undefined ? [] : [huge]), ...curves].flatMap((one) => one.results);
  const bad = results.filter(({ wrong, failed, peer }) => {
    return wrong !== undefined || (failed !== undefined && isFlurry(peer));
  });
  for (const { peer, wrong, failed } of bad)
    say(`${wrong === undefined ? 'FAILED' : 'WRONG'}: ${peer}: ${wrong ?? failed}`);
  return bad.length > 0 ? 1 : 0;
}
