// What a run of gate:adaptive came to, and what of it falls short of what is required. Pure.

export const BIN_MS = 100;

/** A bit over the share of windows in which the law tries more than it holds. */
const MOST = 0.95;

/** Successes per second between two moments. */
export function goodput({ good }, fromS, toS) {
  return sum(good, fromS, toS) / (toS - fromS);
}

function settledFromS({ fromS, toS }, { steadyFromS, settledS }) {
  if (settledS !== undefined) return toS - settledS;
  return steadyFromS ?? (fromS + toS) / 2;
}

/** `best`: successes per second of the best fixed number, for each phase. */
export function figuresOf(scenario, best, run) {
  const { phases, required } = scenario;
  const settled = phases.map((phase) => [settledFromS(phase, required), phase.toS]);
  const steady = phases.map((_, i) => goodput(run, ...settled[i]) / best[i]);
  const looks = settled.map(([fromS, toS]) => {
    return run.looks.filter(({ atMs }) => atMs >= 1000 * fromS && atMs < 1000 * toS).map((l) => l.inFlight);
  });
  const { toS } = phases.at(-1);
  const meteredFromS = required.meteredFromS ?? 0;
  return {
    goodput: phases.map((_, i) => goodput(run, ...settled[i])),
    best,
    steady: Math.min(...steady),
    inFlight: looks.map((all) => quantile(all, MOST)),
    inFlightMost: Math.max(...looks.flat()),
    overKnee: Math.max(
      ...phases.map(({ knee }, i) => (knee === undefined ? 0 : quantile(looks[i], MOST) / knee)),
    ),
    metered: sum(run.metered, meteredFromS, toS) / Math.max(1, sum(run.ended, meteredFromS, toS)),
    stepS: phases.slice(1).map((phase, i) => recoveredS(run, phase, best[i + 1])),
    banned: run.banned,
    failed: sum(run.failed, 0, toS),
    verdict: run.verdict,
  };
}

/** One sentence for each requirement that is missed. */
export function missesOf({ required }, figures) {
  const { steadyMin, inFlightMax, inFlightMost, stepSMax, meteredMax, meteredFromS, bannedMax } = required;
  const misses = [];
  const miss = (text) => misses.push(text);
  if (figures.steady < steadyMin) {
    miss(
      `goodput is ${percent(figures.steady)} of the best fixed number's, ${percent(steadyMin)} are required`,
    );
  }
  if (figures.overKnee > inFlightMax) {
    miss(`in flight were ${figures.overKnee.toFixed(2)} × the knee, at most ${inFlightMax} × are allowed`);
  }
  if (figures.inFlightMost > inFlightMost) {
    miss(`in flight were ${figures.inFlightMost}, at most ${inFlightMost} are allowed`);
  }
  for (const seconds of figures.stepS) {
    if (seconds > stepSMax)
      miss(`${seconds.toFixed(1)} s to 90 % after a step, at most ${stepSMax} s are allowed`);
  }
  if (figures.metered > meteredMax) {
    miss(
      `${percent(figures.metered)} were answered 429 after ${meteredFromS} s, at most ${percent(meteredMax)} are allowed`,
    );
  }
  if (figures.banned > bannedMax) miss(`it came back before Retry-After and was shut out`);
  return misses;
}

export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** The end of the first second whose goodput is within 90 % of the best, counted from the step. */
function recoveredS(run, { fromS, toS }, best) {
  for (let s = fromS; s + 1 <= toS; s += BIN_MS / 1000) {
    if (goodput(run, s, s + 1) >= 0.9 * best) return s + 1 - fromS;
  }
  return Number.POSITIVE_INFINITY;
}

function sum(bins, fromS, toS) {
  const [from, to] = [fromS, toS].map((s) => Math.round((1000 * s) / BIN_MS));
  return bins.subarray(from, to).reduce((a, b) => a + b, 0);
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
