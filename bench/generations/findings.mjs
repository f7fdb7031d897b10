// What the seed found, held against what one run of the bench found: each point with both numbers and a verdict that is
// computed. Pure. "The seed" is the post of 2021 that the tables named after it repeat.

import { isRight } from './columns.mjs';
import { figure } from './markdown.mjs';

/** Two networks and two machines: what is off by less than this factor agrees. */
export const FACTOR = 1.5;
/** The curve has one measurement at each size: who is nearer than this to the best may be the best. */
export const NEAR_BEST = 0.9;
const SEED_BEST_SIZE = 60;
const ALL_AT_ONCE = 4_096;
const SEVERAL_ROUNDS = 3;
/** Of the median: what varies by less varies by nothing that a few rounds could tell from chance. */
const STEADY = 0.05;
const SAME = 1.1;

/**
 * `here` is the number as text, `verdict` begins with "holds" or "differs", or says why there is none; `isDoubtful`: the
 * server or the machine was the bottleneck. Both texts are undefined where the run did not measure what it takes.
 */
export function findingsOf(report) {
  const rows = (table, ...names) => names.map((name) => rowOf(report, table, name));
  return [
    times(
      'threads over the loop, 40 requests',
      '7 ×',
      [7, 7.7],
      rows('seed-40', 'requests-loop', 'requests-threads'),
    ),
    times(
      'aiohttp over the loop, 40 requests',
      '18 ×; its times, 2.8 s and 100 ms, are 28 ×',
      [18, 28],
      rows('seed-40', 'requests-loop', 'aiohttp-semaphore'),
    ),
    times(
      'aiohttp over threads, 4,000 requests, 100 at once',
      '5.1 ×: 8 s and 1.574 s',
      [5.1, 5.1],
      rows('seed-4000', 'requests-threads', 'aiohttp-semaphore'),
    ),
    bestSize(pointsOf(report, 'curve', 'aiohttp-semaphore')),
    allAtOnce(pointsOf(report, 'curve', 'aiohttp-semaphore')),
    slower('httpx', rows('seed-4000', 'aiohttp-semaphore', 'httpx-semaphore', 'httpx-limits')),
    slower('pycurl', rows('seed-4000', 'aiohttp-semaphore', 'pycurl-multi')),
    notFaster(rows('seed-4000', 'aiohttp-semaphore', 'aiohttp-uvloop')),
    steadier(rows('seed-4000', 'aiohttp-semaphore', 'aiohttp-uvloop')),
    fasterStill(rows('seed-4000', 'aiohttp-semaphore', 'flurry-library')),
  ];
}

/** Undefined where it was not measured, or where nothing of it counts. */
export function rowOf({ tables }, table, name) {
  const row = tables.find((one) => one.name === table)?.rows.find((one) => one.name === name);
  return row?.msPerRequest === undefined ? undefined : row;
}

/** Goodput at each size, the smallest first; those that failed or got errors are left out. */
export function pointsOf({ curves }, curve, name) {
  const results = curves.find((one) => one.name === curve)?.results ?? [];
  return results
    .filter((result) => result.peer === name && result.concurrency !== undefined && isRight(result))
    .map(({ concurrency, perSecond, requests, shares }) => ({
      size: concurrency,
      perSecond,
      requests,
      isDoubtful: shares.reasons.length > 0,
    }))
    .sort((a, b) => a.size - b.size);
}

export function bestOfPoints(points) {
  return points.reduce((best, point) => (point.perSecond > (best?.perSecond ?? 0) ? point : best), undefined);
}

/** The fewest that reach nearly as much as the best. */
export function fewestNearBest(points) {
  const best = bestOfPoints(points);
  return best && points.find(({ perSecond }) => perSecond >= NEAR_BEST * best.perSecond);
}

/** How many times as fast the second is as the first; `[low, high]` is what the seed says. */
function times(what, seed, range, rows) {
  const ratio = quotient(rows);
  if (ratio === undefined) return { what, seed };
  return { what, seed, here: `${figure(ratio)} ×`, verdict: within(ratio, range), ...doubtOf(rows) };
}

function within(ratio, [low, high]) {
  if (ratio < low / FACTOR) return `differs: less, ${figure(ratio / low)} of it`;
  if (ratio > high * FACTOR) return `differs: more, ${figure(ratio / high)} times as much`;
  return 'holds';
}

function bestSize(points) {
  const what = 'the best size of the semaphore, aiohttp';
  const seed = `around ${SEED_BEST_SIZE}`;
  const best = bestOfPoints(points);
  if (best === undefined || points.length < 3) return { what, seed };
  const near = points.filter(({ perSecond }) => perSecond >= NEAR_BEST * best.perSecond);
  const [least, most] = [near[0].size, near.at(-1).size];
  const spread = least === most ? '' : `; ${figure(least)} to ${figure(most)} reach 90 % of that`;
  const isNear = (size) => size >= SEED_BEST_SIZE / FACTOR && size <= SEED_BEST_SIZE * FACTOR;
  const verdict = isNear(best.size)
    ? 'holds'
    : near.some(({ size }) => isNear(size))
      ? `differs little: the best is ${best.size > SEED_BEST_SIZE ? 'more' : 'less'}, and what the seed took reaches 90 % of it`
      : `differs: ${best.size > SEED_BEST_SIZE ? 'more is better' : 'fewer are better'} here`;
  const here = `${figure(best.size)} (${figure(best.perSecond)}/s)${spread}`;
  return { what, seed, here, verdict, ...doubtOf(near) };
}

function allAtOnce(points) {
  const what = '4,000 at once, time ÷ that of the best size, aiohttp';
  const seed = 'nearly 3 ×';
  const best = bestOfPoints(points);
  const all = points.find(({ size }) => size === ALL_AT_ONCE);
  if (all === undefined) return { what, seed };
  const ratio = best.perSecond / all.perSecond;
  return {
    what,
    seed,
    here: `${figure(ratio)} ×`,
    verdict: within(ratio, [2.8, 3]),
    ...doubtOf([best, all]),
  };
}

function slower(name, [aiohttp, ...others]) {
  const what = `${name} against aiohttp: time, 4,000 requests`;
  const seed = name === 'httpx' ? 'slower, under a semaphore and with its own limits' : 'slower';
  const ratios = others.map((other) => quotient([other, aiohttp])).filter((ratio) => ratio !== undefined);
  if (ratios.length === 0) return { what, seed };
  const quick = ratios.filter((ratio) => ratio < 1 / SAME);
  const slow = ratios.filter((ratio) => ratio > SAME);
  const verdict =
    slow.length === ratios.length
      ? 'holds'
      : quick.length > 0
        ? 'differs: faster here'
        : 'differs: about the same here';
  const here = ratios.map((ratio) => `${figure(ratio)} ×`).join(' and ');
  return { what, seed, here, verdict, ...doubtOf([aiohttp, ...others]) };
}

function notFaster(rows) {
  const what = 'uvloop over asyncio’s own loop, 4,000 requests';
  const seed = 'not much faster';
  const ratio = quotient(rows);
  if (ratio === undefined) return { what, seed };
  const verdict =
    ratio > FACTOR ? 'differs: much faster' : ratio < 1 / SAME ? 'holds, and more: it is slower' : 'holds';
  return { what, seed, here: `${figure(ratio)} ×`, verdict, ...doubtOf(rows) };
}

function steadier(rows) {
  const [plain, uvloop] = rows;
  const what = 'the slowest round of 4,000, without and with uvloop';
  const seed = 'up to 3 s, and never above 2.1 s: steadier';
  if (plain === undefined || uvloop === undefined) return { what, seed };
  const [one, other] = rows.map(({ msPerRequest: { min, median, max } }) => (max - min) / median);
  const here = `${secondsOf(plain)} and ${secondsOf(uvloop)} s; from least to most ${percent(one)} and ${percent(other)} of the median`;
  return { what, seed, here, verdict: steadierVerdict(rows, one, other), ...doubtOf(rows) };
}

function steadierVerdict(rows, plain, uvloop) {
  const rounds = Math.min(...rows.map((row) => row.rounds));
  if (rounds < SEVERAL_ROUNDS) return `not told by ${rounds === 1 ? 'one round' : `${rounds} rounds`}`;
  if (plain < STEADY && uvloop < STEADY) return 'differs: both are steady';
  if (uvloop * SAME < plain) return 'holds';
  return uvloop > plain * SAME ? 'differs: less steady' : 'differs: as steady';
}

/** Of 4,000, at its pace where it sent fewer. */
function secondsOf({ msPerRequest }) {
  return figure(msPerRequest.max * 4);
}

function fasterStill(rows) {
  const what = 'flurry over aiohttp, 4,000 requests, 100 at once';
  const seed = 'nothing faster known that is stateful and local';
  const ratio = quotient(rows);
  if (ratio === undefined) return { what, seed };
  const verdict =
    ratio > SAME
      ? 'differs: there is now'
      : ratio < 1 / SAME
        ? 'holds: flurry is slower'
        : 'holds: about the same';
  return { what, seed, here: `${figure(ratio)} ×`, verdict, ...doubtOf(rows) };
}

/** Time of the first ÷ time of the second, per request and by their medians. */
function quotient([one, other]) {
  if (one === undefined || other === undefined) return undefined;
  return one.msPerRequest.median / other.msPerRequest.median;
}

/** Of rows and of points. */
function doubtOf(all) {
  return { isDoubtful: all.some((one) => one?.isDoubtful === true || one?.doubt !== undefined) };
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}
