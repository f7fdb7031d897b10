// npm run torture: runs that are killed at random moments, gone on with and killed again, for each kind of output; then
// every index has exactly one record with its own body. Ends with 1 where one round has left anything else.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge } from './judge.mjs';
import { KINDS, LACKING } from './kinds.mjs';
import { readOptions } from './options.mjs';
import { planOf } from './plan.mjs';
import { header, line } from './report.mjs';
import { playRound } from './round.mjs';
import { startTarget } from './target-process.mjs';

const options = readOptions(
  process.argv.slice(2),
  KINDS.map(({ name }) => name),
);
if (options.list) {
  for (const { name } of KINDS) console.log(name);
  for (const { name, lacks } of LACKING) console.log(`${name}: not here, ${lacks}`);
} else process.exitCode = await torture();

async function torture() {
  const kinds = KINDS.filter(({ name }) => options.names.includes(name));
  const target = await startTarget();
  const results = new Map(kinds.map(({ name }) => [name, []]));
  const startedMs = Date.now();
  for (let i = 0; i < options.rounds; i++) {
    const kind = kinds[i % kinds.length];
    const result = await oneRound(planOf(options.seed + i, kind, options.requests), target);
    results.get(kind.name).push(result);
    if (result.faults.length > 0) tellFaults(result);
  }
  target.stop();
  return conclude(results, (Date.now() - startedMs) / 1000);
}

async function oneRound(plan, target) {
  const folder = mkdtempSync(join(tmpdir(), 'flurry-torture-'));
  const startedMs = Date.now();
  const round = await playRound({ ...plan, url: target.url }, target, folder);
  const faults = await judge(round);
  if (faults.length === 0 || !options.keep) await removed(folder);
  return {
    ...{ plan, faults, folder, requests: plan.requests },
    kills: round.lives.filter(({ code }) => code !== 0).length,
    sentAgain: sentAgain(round),
    inDoubt: inDoubt(round),
    seconds: (Date.now() - startedMs) / 1000,
  };
}

/** What a process held open when it was killed may come for a moment more. */
async function removed(folder) {
  for (let tries = 0; ; tries++) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries === 5) throw error;
      await sleep(50);
    }
  }
}

/** For each kill, how many requests arrived before it and after it. */
function sentAgain({ lives, plan }) {
  return lives.slice(0, -1).map((_, i) => {
    let count = 0;
    for (let index = 0; index < plan.requests; index++) {
      const later = lives.slice(i + 1).some(({ arrivals }) => arrivals[index] > 0);
      if (lives[i].arrivals[index] > 0 && later) count++;
    }
    return count;
  });
}

/** Arrived once, and nobody knows what came of it: all that were not sent again and had no record. */
function inDoubt({ lives, plan }) {
  if (!plan.kind.once) return 0;
  const last = lives.at(-1);
  const { counts } = last.journal ?? {};
  return counts === undefined ? 0 : counts.failed;
}

function tellFaults({ plan, faults, folder }) {
  const { seed, kind, input, kills } = plan;
  const moments = kills.map(({ moment, signal, again }) => `${signal} ${moment}, then ${again}`).join('; ');
  console.log(`\n${kind.name}, seed ${seed} (from ${input}; ${moments}):`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (options.keep) console.log(`  left in ${folder}`);
  console.log(
    `  again: npm run torture -- --rounds 1 --sink ${kind.name} --seed ${seed} --requests ${options.requests}\n`,
  );
}

function conclude(results, seconds) {
  console.log(header());
  for (const [name, rounds] of results) if (rounds.length > 0) console.log(line(name, rounds));
  for (const { name, lacks } of LACKING) console.log(`${name} was not asked: ${lacks}`);
  const all = [...results.values()].flat();
  const failed = all.filter(({ faults }) => faults.length > 0);
  const kills = all.reduce((sum, { kills }) => sum + kills, 0);
  const seeds = failed.length === 0 ? '' : `: seeds ${failed.map(({ plan }) => plan.seed).join(', ')}`;
  console.log(
    `\n${all.length} runs killed ${kills} times in ${seconds.toFixed(0)} s; ${failed.length} left anything but one record for each index${seeds}`,
  );
  return failed.length === 0 ? 0 : 1;
}
