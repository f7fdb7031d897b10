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
/** A process needs that long to begin and end. */
const PROCESS_S = 0.6;

/** Resolves to one result for each peer and round; `say` hears of each. */
export async function runTable(setting, table, say) {
  const { isQuick, speeds } = setting;
  const plan = isQuick ? table.quick : table.full;
  const peers = peersFor(setting, table);
  const startMs = performance.now();
  const leftS = () => plan.budgetS - (performance.now() - startMs) / 1000;
  if (table.warmUp !== undefined) await warmUp(setting, table, peers, say);
  const asked = new Map();
  const usedS = new Map();
  const results = [];
  let lastRoundS = 0;
  const rounds = setting.rounds ?? plan.rounds;
  for (let round = 1; round <= rounds; round++) {
    if (round > 1 && lastRoundS > leftS()) {
      say(
        `${table.name}: ${rounds - round + 1} more round${round === rounds ? '' : 's'} would go beyond its ${plan.budgetS} s`,
      );
      break;
    }
    const roundMs = performance.now();
    const turns = rotated(peers, round - 1).filter((peer) => (usedS.get(peer.name) ?? 0) < plan.peerS);
    for (const [i, peer] of turns.entries()) {
      const speed = speeds.get(`${table.target} ${peer.name}`);
      const shareS = (SHARE_OF_QUICK * leftS()) / (turns.length - i);
      const processS = isQuick ? Math.max(0.3, Math.min(plan.processS, shareS)) : plan.processS;
      const requests = asked.get(peer.name) ?? requestsFor(table, peer, speed, processS);
      asked.set(peer.name, requests);
      const ask = { table, requests, concurrency: table.concurrency, expectedMs: expected(requests, speed) };
      const result = await measure(setting, peer, ask);
      results.push({ round, ...result });
      learn(speeds, table.target, result);
      const failedS = result.failed === undefined ? 0 : plan.peerS;
      usedS.set(peer.name, (usedS.get(peer.name) ?? 0) + result.processMs / 1000 + failedS);
      say(`${table.name}  round ${round}/${rounds}  ${lineOf(peer, result)}`);
    }
    lastRoundS = (performance.now() - roundMs) / 1000;
  }
  return results;
}

/** All or nothing, from the fastest to the slowest, once each: nobody is kept waiting for who cannot make it. */
export async function runHuge(setting, table, say) {
  const { speeds } = setting;
  const { peerS, budgetS } = table.full;
  const speedOf = (peer) => speeds.get(`${table.target} ${peer.name}`) ?? Number.POSITIVE_INFINITY;
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

/** As many as were asked for, or, of a slow one, about what fits into its time: 1, 2 or 5 times a power of ten. */
function requestsFor(table, peer, speed, processS) {
  const whole = Math.min(table.requests, peer.requestsMax ?? table.requests);
  const fitting = speed === undefined ? whole : (processS * 1000) / speed;
  if (fitting >= whole) return whole;
  const power = 10 ** Math.floor(Math.log10(Math.max(10, fitting)));
  return Math.min(whole, [5, 2, 1].map((factor) => factor * power).find((n) => n <= fitting) ?? 10);
}

function expected(requests, speed) {
  return speed === undefined ? undefined : requests * speed + PROCESS_S * 1000;
}

/** The best so far, not the last: a disturbed moment must not make a peer look slow. */
export function learn(speeds, target, { peer, msPerRequest }) {
  if (msPerRequest === undefined) return;
  const key = `${target} ${peer}`;
  speeds.set(key, Math.min(msPerRequest, speeds.get(key) ?? msPerRequest));
}

async function warmUp(setting, table, peers, say) {
  for (const peer of peers) {
    const requests = Math.min(table.warmUp, peer.requestsMax ?? table.warmUp);
    const result = await measure(setting, peer, { table, requests, concurrency: table.concurrency });
    learn(setting.speeds, table.target, result);
    // What is quick was mostly still being compiled: once more, with as many as show its pace.
    const isCut = (peer.requestsMax ?? table.requests) <= requests;
    if (result.failed === undefined && result.ms < QUICK_MS && !isCut) {
      const more = WARM_UP_AGAIN * requests;
      const again = await measure(setting, peer, { table, requests: more, concurrency: table.concurrency });
      learn(setting.speeds, table.target, again);
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
