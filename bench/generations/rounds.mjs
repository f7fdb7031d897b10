// A table's interleaved rounds: in each, every peer once, against the same server. What drifts in the machine drifts for
// all of them, so ratios are taken within a round.

import { grouped } from '../wire/figures.mjs';
import { measure } from './measurement.mjs';
import { TARGETS } from './targets.mjs';

/** In a quick run a slow peer may use so much more than its share of what is left of the table's time. */
const SHARE_OF_QUICK = 2;
/** Of the first warm-up; whoever needs less gets another, of so many times the requests. */
const QUICK_MS = 200;
const WARM_UP_AGAIN = 10;
const SHARE_S_MIN = 0.3;
/** A process needs that long to begin and end. */
const START_MS = 1_000;

/** Resolves to one result for each peer and round; `say` hears of each. */
export async function runTable(setting, table, say) {
  const plan = setting.isQuick ? table.quick : table.full;
  const peers = peersFor(setting, table);
  const rounds = setting.rounds ?? plan.rounds;
  const budget = new Budget(plan);
  if (table.warmUp !== undefined) await warmUp(setting, table, peers, say);
  const asked = new Map();
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    if (!budget.allowsRound()) {
      say(`${table.name}: round ${round} of ${rounds} would go beyond its ${plan.budgetS} s and is left out`);
      break;
    }
    const turns = rotated(peers, round - 1).filter((peer) => budget.allows(peer));
    for (const [i, peer] of turns.entries()) {
      if (!asked.has(peer.name)) {
        const limitS = setting.isQuick ? budget.shareS(turns.length - i) : plan.processS;
        asked.set(peer.name, requestsFor(setting, table, peer, limitS));
      }
      const result = await runOnce(setting, table, peer, asked.get(peer.name));
      results.push({ round, ...result });
      budget.spend(peer, result);
      say(`${table.name}  round ${round}/${rounds}  ${lineOf(peer, result)}`);
    }
  }
  return results;
}

/** What is left of a table's time, and who has used up its own. */
class Budget {
  #plan;
  #startMs = performance.now();
  #roundMs = undefined;
  #usedS = new Map();

  constructor(plan) {
    this.#plan = plan;
  }

  #leftS() {
    return this.#plan.budgetS - (performance.now() - this.#startMs) / 1000;
  }

  /** The first always; another where it may end in time if it takes as long as the one before. */
  allowsRound() {
    const now = performance.now();
    const isFirst = this.#roundMs === undefined;
    const tookS = isFirst ? 0 : (now - this.#roundMs) / 1000;
    this.#roundMs = now;
    return isFirst || tookS <= this.#leftS();
  }

  allows({ name }) {
    return (this.#usedS.get(name) ?? 0) < this.#plan.peerS;
  }

  /** For one process, with so many still to come. */
  shareS(n) {
    return Math.max(SHARE_S_MIN, Math.min(this.#plan.processS, (SHARE_OF_QUICK * this.#leftS()) / n));
  }

  /** Who breaks down once would do so again, and perhaps after minutes. */
  spend({ name }, { processMs, failed }) {
    const s = failed === undefined ? processMs / 1000 : this.#plan.peerS;
    this.#usedS.set(name, (this.#usedS.get(name) ?? 0) + s);
  }
}

function requestsFor({ paces }, table, peer, limitS) {
  const whole = Math.min(table.requests, peer.requestsMax ?? table.requests);
  return paces.fitting(table.target, peer, whole, limitS * 1000);
}

async function runOnce(setting, table, peer, requests) {
  const { paces } = setting;
  const ms = paces.expectedMs(table.target, peer, requests);
  const expectedMs = ms === undefined ? undefined : ms + START_MS;
  const result = await measure(setting, peer, {
    table,
    requests,
    concurrency: table.concurrency,
    expectedMs,
  });
  paces.learn(table.target, result);
  return result;
}

/** All or nothing, from the fastest to the slowest, once each: nobody is kept waiting for who cannot make it. */
export async function runHuge(setting, table, say) {
  const { peerS, budgetS } = table.full;
  const speedOf = (peer) => setting.paces.msPerRequest(table.target, peer) ?? Number.POSITIVE_INFINITY;
  const startMs = performance.now();
  const results = [];
  const left = [];
  for (const peer of peersFor(setting, table).sort((a, b) => speedOf(a) - speedOf(b))) {
    const needsS = (speedOf(peer) * table.requests) / 1000;
    const isLate = (performance.now() - startMs) / 1000 + needsS > budgetS;
    if (needsS > peerS || isLate || (peer.requestsMax ?? table.requests) < table.requests) {
      left.push({ peer: peer.name, needsS, why: needsS > peerS ? 'slow' : isLate ? 'late' : 'bound' });
      continue;
    }
    const { requests, concurrency } = table;
    const result = await measure(setting, peer, { table, requests, concurrency, timeoutMs: peerS * 1000 });
    results.push({ round: 1, ...result });
    say(`${table.name}  ${lineOf(peer, result)}`);
  }
  return { results, left };
}

export function peersFor({ peers, targets }, { target }) {
  if (targets.urlOf[target] === undefined) return [];
  return peers.filter(({ protocols }) => protocols.includes(TARGETS[target].protocol));
}

async function warmUp(setting, table, peers, say) {
  for (const peer of peers) {
    const requests = Math.min(table.warmUp, peer.requestsMax ?? table.warmUp);
    const result = await runOnce(setting, table, peer, requests);
    // What is quick was mostly still being compiled: once more, with as many as show its pace.
    const isCut = (peer.requestsMax ?? table.requests) <= requests;
    if (result.failed === undefined && result.ms < QUICK_MS && !isCut) {
      await runOnce(setting, table, peer, WARM_UP_AGAIN * requests);
    }
    if (result.failed !== undefined) say(`${table.name}  warm-up  ${lineOf(peer, result)}`);
  }
  say(`${table.name}  warmed up`);
}

/** Another one begins each time: nobody always runs after the same neighbour. */
export function rotated(list, by) {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

export function lineOf(peer, result) {
  const { requests, ms, msPerRequest, cpuUsPerRequest, peakRssBytes, errors, failed, wrong, shares } = result;
  const name = peer.title.padEnd(34);
  if (failed !== undefined) return `${name} FAILED: ${failed}`;
  const parts = [
    `${grouped(requests)} in ${grouped(ms)} ms`,
    msPerRequest === undefined ? '' : `${msPerRequest.toPrecision(3)} ms each`,
    cpuUsPerRequest === undefined ? '' : `${cpuUsPerRequest.toFixed(1)} µs CPU`,
    `${Math.round(peakRssBytes / 1024 ** 2)} MiB`,
    errors > 0 ? `${errors} errors` : '',
    wrong === undefined ? '' : `WRONG: ${wrong}`,
    ...shares.reasons.map(({ text }) => `(${text})`),
  ];
  return `${name} ${parts.filter((part) => part !== '').join(', ')}`;
}
