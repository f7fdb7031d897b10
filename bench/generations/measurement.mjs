// One peer once, on one target: what it was asked, what it says it got, what it cost, and what is wrong with that.

import { counters, judgeShares } from './bottleneck.mjs';
import { runPeer } from './process.mjs';
import { TARGETS } from './targets.mjs';

const TIMEOUT_MS_MIN = 20_000;
const TIMEOUT_MS_MAX = 300_000;
/** A peer may have a worse moment than the one that it was judged by. */
const PATIENCE = 3;

/** `expectedMs`: for the time limit, where something is known. Faults are of the kinds `wrong` and `failed`. */
export async function measure(setting, peer, { table, requests, concurrency, expectedMs, timeoutMs }) {
  const { targets, accountant } = setting;
  const limitMs = timeoutMs ?? timeoutFor(expectedMs);
  const [from, to] = [1, requests];
  const { protocol } = TARGETS[table.target];
  const url = targets.urlOf[table.target];
  // Over plain TCP there is nothing to trust.
  const ca = protocol === 'http' ? undefined : targets.ca;
  const context = { url, from, to, concurrency, ca, protocol };
  await targets.settle(table.target);
  const before = counters(targets.pids);
  const run = await runPeer(peer.runs(context), { accountant, timeoutMs: limitMs });
  const after = counters(targets.pids);
  const { told, cpuUs, processMs, peakRssBytes } = run;
  const ms = told?.ms ?? processMs;
  const shares = judgeShares(before, after, {
    requestsMs: ms,
    clientMs: cpuUs === undefined ? undefined : cpuUs / 1000,
  });
  const done = told === undefined ? 0 : told.ok + told.errors;
  return {
    peer: peer.name,
    requests: stopsItself(peer) && done > 0 ? done : requests,
    concurrency: peer.sized ? concurrency : (told?.concurrency ?? undefined),
    ok: told?.ok ?? 0,
    errors: told?.errors ?? requests,
    ms,
    processMs,
    msPerRequest: done > 0 ? ms / done : undefined,
    perSecond: told === undefined ? undefined : told.ok / (ms / 1000),
    cpuUsPerRequest: done > 0 && cpuUs !== undefined ? cpuUs / done : undefined,
    peakRssBytes,
    shares,
    failed: run.fault,
    wrong: told === undefined ? undefined : wrongOf(peer, told, requests),
  };
}

function timeoutFor(expectedMs) {
  if (expectedMs === undefined) return 60_000;
  return Math.min(TIMEOUT_MS_MAX, Math.max(TIMEOUT_MS_MIN, PATIENCE * expectedMs));
}

/** wrk runs for a time, and others send what their threads can share out evenly. */
function stopsItself(peer) {
  return peer.stopsItself === true;
}

/** A sum over fewer answers than requests says nothing; programs that look at no body tell none (null). */
function wrongOf(peer, { ok, errors, sum }, requests) {
  const done = ok + errors;
  if (!stopsItself(peer) && done !== requests) return `${done} outcomes of ${requests} requests`;
  const expected = (requests * (requests + 1)) / 2;
  if (errors === 0 && typeof sum === 'number' && sum !== expected) {
    return `the ids in its bodies add up to ${sum} instead of ${expected}`;
  }
  return undefined;
}
