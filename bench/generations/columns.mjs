// From the results of a table's rounds to its rows: every column over the rounds that count, and who was thrown away
// and why. Pure.

import { spread } from '../wire/figures.mjs';

/** Of the requests; with more of them the times of the others say nothing. */
const ERRORS_MAX = 0.01;

/** One row for each peer that ran, the fastest first; those that failed throughout come last. */
export function rowsOf(peers, results) {
  const counted = results.filter(isRight);
  const flurry = referenceOf(peers, counted);
  const floor = floorOf(peers, counted);
  const rows = peers
    .filter(({ name }) => results.some(({ peer }) => peer === name))
    .map((peer) => rowOf(peer, results, { flurry, floor }));
  return rows.sort((a, b) => (a.msPerRequest?.median ?? Infinity) - (b.msPerRequest?.median ?? Infinity));
}

function rowOf(peer, all, { flurry, floor }) {
  const own = all.filter((result) => result.peer === peer.name);
  const right = own.filter(isRight);
  const { kept, thrown, doubt } = sift(right);
  const over = (pick) => spread(kept.map(pick));
  return {
    name: peer.name,
    title: peer.title,
    language: peer.language,
    flurry: peer.flurry === true,
    floor: peer.floor === true,
    requests: own[0].requests,
    concurrency: spread(kept.map((result) => result.concurrency))?.median,
    rounds: kept.length,
    thrown: thrown.map(({ round, shares }) => ({ round, reasons: shares.reasons.map(({ text }) => text) })),
    doubt,
    wrong: own.flatMap(({ round, wrong }) => (wrong === undefined ? [] : [`round ${round ?? 1}: ${wrong}`])),
    failed: own.flatMap(({ round, failed }) =>
      failed === undefined ? [] : [`round ${round ?? 1}: ${failed}`],
    ),
    ms: over(({ ms }) => ms),
    msPerRequest: over(({ msPerRequest }) => msPerRequest),
    perSecond: over(({ perSecond }) => perSecond),
    cpuUs: over(({ cpuUsPerRequest }) => cpuUsPerRequest),
    peakRssBytes: over(({ peakRssBytes }) => (peakRssBytes > 0 ? peakRssBytes : undefined)),
    errors: own.reduce((sum, result) => sum + (result.failed === undefined ? result.errors : 0), 0),
    toFlurry: ratios(kept, all, flurry),
    toFloor: ratios(kept, all, floor),
  };
}

/** Who stopped half-way would look quick, and so would who got errors in place of answers. */
export function isRight({ failed, wrong, errors, requests }) {
  return failed === undefined && wrong === undefined && errors <= ERRORS_MAX * requests;
}

/**
 * A result in which the server or the machine was the bottleneck is thrown away. Where that is so in every round there
 * is nothing to put in its place: all are kept, and the row says why they are in doubt.
 */
function sift(results) {
  const clean = results.filter(({ shares }) => shares.reasons.length === 0);
  if (clean.length === 0) {
    const reasons = results.flatMap(({ shares }) => shares.reasons);
    const by = [...new Set(reasons.map((reason) => reason.by))];
    return { kept: results, thrown: [], doubt: by.length > 0 ? { by, text: reasons[0].text } : undefined };
  }
  return { kept: clean, thrown: results.filter((result) => !clean.includes(result)), doubt: undefined };
}

/** The first of flurry's that takes a size: the library, as its README shows it. */
function referenceOf(peers, counted) {
  const ran = peers.filter(({ name }) => counted.some(({ peer }) => peer === name));
  return (ran.find(({ flurry, sized }) => flurry && sized) ?? ran.find(({ flurry }) => flurry))?.name;
}

/** Of the C programs that only measure, the one that is the cheapest here. */
function floorOf(peers, counted) {
  const names = peers.filter(({ floor }) => floor).map(({ name }) => name);
  const cost = (one) =>
    spread(counted.filter(({ peer }) => peer === one).map((r) => r.cpuUsPerRequest))?.median;
  return names.filter((name) => cost(name) !== undefined).sort((a, b) => cost(a) - cost(b))[0];
}

/**
 * Of time and of CPU, each per request and within a round, the median over the rounds that count for both; of the medians
 * where there is no such round.
 */
function ratios(kept, all, by) {
  if (by === undefined) return undefined;
  const others = sift(all.filter((result) => result.peer === by && isRight(result))).kept;
  const within = (figure) => {
    const pairs = kept.map((result) => [result, others.find(({ round }) => round === result.round)]);
    const shared = pairs.filter(([, other]) => other !== undefined);
    if (shared.length > 0) return spread(shared.map(([one, other]) => one[figure] / other[figure]))?.median;
    const [own, theirs] = [kept, others].map((results) => spread(results.map((one) => one[figure]))?.median);
    return own === undefined || theirs === undefined ? undefined : own / theirs;
  };
  return { by, time: within('msPerRequest'), cpu: within('cpuUsPerRequest') };
}

/** Of each language the sized peer that was the fastest, and all of flurry's: by name. */
export function bestOf(peers, rows) {
  const best = new Set(peers.filter(({ flurry, sized }) => flurry && sized).map(({ name }) => name));
  const languages = new Set();
  for (const row of rows) {
    const peer = peers.find(({ name }) => name === row.name);
    if (
      !peer.sized ||
      row.flurry ||
      row.floor ||
      languages.has(row.language) ||
      row.msPerRequest === undefined
    )
      continue;
    languages.add(row.language);
    best.add(row.name);
  }
  return best;
}

/**
 * For the picture of memory: of each peer what it took at each number of requests, the least over the tables. Only
 * without TLS, which has its own price, but for who speaks nothing else.
 */
export function memoryOf(peers, tables) {
  return peers.flatMap((peer) => {
    const byRequests = new Map();
    const isOpen = ({ target }) => target === 'plain' || target === 'away';
    const own = tables.filter((table) => isOpen(table) === peer.protocols.includes('http'));
    for (const { rows } of own) {
      const row = rows.find(({ name }) => name === peer.name);
      if (row?.peakRssBytes === undefined) continue;
      const known = byRequests.get(row.requests) ?? Number.POSITIVE_INFINITY;
      byRequests.set(row.requests, Math.min(known, row.peakRssBytes.median));
    }
    const points = [...byRequests]
      .sort(([a], [b]) => a - b)
      .map(([requests, bytes]) => ({ requests, bytes }));
    return points.length === 0
      ? []
      : [
          {
            name: peer.name,
            title: peer.title,
            language: peer.language,
            flurry: peer.flurry === true,
            points,
          },
        ];
  });
}
