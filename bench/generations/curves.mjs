// Goodput over the size of the semaphore: first what auto finds by itself, then at each size every sized peer in turn.

import { measure } from './measurement.mjs';
import { lineOf, peersFor, rotated } from './rounds.mjs';

const AUTO = /auto/;
/** About where the seed found its best. */
const MIDDLE = 64;

/** Resolves to one result for each peer and size. `best`: the peers to take where not everybody is. */
export async function runCurve(setting, curve, best, say) {
  const plan = setting.isQuick ? curve.quick : curve.full;
  const all = peersFor(setting, curve);
  const peers = all.filter((peer) => peer.sized && (curve.everybody || best.has(peer.name)));
  const auto = all.filter((peer) => isAuto(peer));
  if (peers.length + auto.length === 0) return [];
  const startMs = performance.now();
  const leftS = () => plan.budgetS - (performance.now() - startMs) / 1000;
  const results = [];
  const failedAt = new Map();
  const run = async (peer, ask) => {
    const result = await measure(setting, peer, { table: curve, expectedMs: plan.pointS * 1000, ...ask });
    results.push(result);
    setting.paces.learn(`${curve.target} at ${ask.concurrency}`, result);
    say(
      `${curve.name}  ${ask.concurrency === undefined ? 'auto' : `size ${ask.concurrency}`}  ${lineOf(peer, result)}`,
    );
    // Who breaks down at a size will not do better at larger ones, and would take long to show it.
    if (result.failed !== undefined && ask.concurrency !== undefined) {
      failedAt.set(peer.name, Math.min(ask.concurrency, failedAt.get(peer.name) ?? ask.concurrency));
    }
  };
  for (const peer of auto) {
    const requests = Math.min(curve.autoRequests, peer.requestsMax ?? curve.autoRequests);
    await run(peer, { requests, expectedMs: 30_000 });
  }
  for (const [i, size] of fromTheMiddle(plan.sizes).entries()) {
    for (const peer of rotated(peers, i)) {
      if (size > (peer.concurrencyMax ?? size) || size >= (failedAt.get(peer.name) ?? Infinity)) continue;
      if (leftS() < 0) {
        say(
          `${curve.name}: its ${plan.budgetS} s are over; some points from size ${size} outwards are left out`,
        );
        return results;
      }
      const requests = requestsFor(plan, curve, size, peer, setting.paces);
      if (requests !== undefined) await run(peer, { requests, concurrency: size });
    }
  }
  return results;
}

export function isAuto({ name, flurry, sized }) {
  return flurry === true && !sized && AUTO.test(name);
}

/** From the middle outwards: where time runs out it is the ends of the curve that are missing. */
function fromTheMiddle(sizes) {
  const distance = (size) => Math.abs(Math.log2(size / MIDDLE));
  return [...sizes].sort((a, b) => distance(a) - distance(b));
}

/** Undefined where not even one turn of the semaphore is allowed. */
function requestsFor({ turns, requestsMax, pointS }, { target }, size, peer, paces) {
  const wanted = Math.max(size, Math.min(requestsMax, size * turns));
  // Nobody gets slower from a larger semaphore at the small sizes, so what the next smaller took is a bound.
  const smaller = [size / 8, size / 4, size / 2].map((one) =>
    paces.msPerRequest(`${target} at ${one}`, peer),
  );
  const speed = Math.min(...smaller.filter((one) => one !== undefined));
  const fitting =
    speed === Number.POSITIVE_INFINITY ? wanted : Math.max(size, Math.round((pointS * 1000) / speed));
  const n = Math.min(wanted, fitting);
  return (peer.requestsMax ?? n) < size ? undefined : Math.min(n, peer.requestsMax ?? n);
}
