// How long a peer may take for so many requests, as far as its runs so far tell: for time limits, and to ask a slow one
// for fewer. No number in the tables comes from here.

/** Below so many requests a run of a peer that sends many at once is mostly its first moments. */
const SETTLED = 500;
/** Time grows as this power of the number of requests, from few to many, while connections open and code is compiled. */
const POWER_UNSETTLED = 0.5;
const POWER_SETTLED = 0.85;

export class Paces {
  #best = new Map();

  /** The best so far, not the last: a disturbed moment must not make a peer look slow. */
  learn(target, { peer, ms, msPerRequest, requests, failed }) {
    if (msPerRequest === undefined || failed !== undefined) return;
    const key = `${target} ${peer}`;
    const known = this.#best.get(key);
    if (known !== undefined && known.requests > 2 * requests) return;
    const isLonger = known === undefined || requests > 2 * known.requests;
    if (isLonger || msPerRequest < known.msPerRequest) this.#best.set(key, { ms, msPerRequest, requests });
  }

  /** Milliseconds per request where it was measured with the most; undefined where nothing is known. */
  msPerRequest(target, peer) {
    return this.#best.get(`${target} ${peer.name}`)?.msPerRequest;
  }

  /** Undefined where nothing is known. */
  expectedMs(target, peer, requests) {
    const known = this.#best.get(`${target} ${peer.name}`);
    if (known === undefined) return undefined;
    if (requests <= known.requests) return requests * known.msPerRequest;
    return known.ms * (requests / known.requests) ** power(peer, known.requests);
  }

  /** As many as were asked for, or, of a slow one, what may fit into its time: 1, 2 or 5 times a power of ten. */
  fitting(target, peer, requests, limitMs) {
    const fits = (n) => (this.expectedMs(target, peer, n) ?? 0) <= limitMs;
    if (fits(requests)) return requests;
    let best = 10;
    for (let decade = 10; decade < requests; decade *= 10) {
      for (const n of [decade, 2 * decade, 5 * decade]) if (n < requests && fits(n)) best = n;
    }
    return Math.min(best, requests);
  }
}

/** One after the other is as slow for many as for few. */
function power({ sized, flurry }, requests) {
  if (!sized && flurry !== true) return 1;
  return requests < SETTLED ? POWER_UNSETTLED : POWER_SETTLED;
}
