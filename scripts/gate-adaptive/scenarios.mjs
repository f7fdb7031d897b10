// The scenarios of gate:adaptive: what `flurry serve` plays, for how long, what the best is, and what is required.
//
// Real time needs more tolerance than the simulator: timers are late by up to a millisecond, the machine does other
// things too, and each scenario is played once and not with 200 seeds.

/** Of a fixed number the first moments are not measured: it opens connections and compiles. */
export const FIXED_WARM_UP_S = 0.5;
const FULL = { phaseS: 20, stepS: 15, meteredS: 90, fixedS: 2 };
const QUICK = { phaseS: 8, stepS: 7, meteredS: 20, fixedS: 1 };
/** Of the best fixed number's goodput; and in flight, as multiples of the knee, for all but a twentieth of the time. */
const CAPACITY = { steadyMin: 0.9, inFlightMax: 1.5 };
const STEP_S_MAX = 5;
/** The end of each step, by when it has settled, in the quick form only just; elsewhere it is the second half. */
const STEPPED = { full: { settledS: 7.5 }, quick: { settledS: 2.5, inFlightMax: 2 } };
/** By when a rate is to be known: what is answered with 429 until then is not counted. */
const METERED = {
  full: { steadyMin: 0.9, meteredMax: 0.01, meteredFromS: 60, steadyFromS: 60 },
  // The pace is still growing.
  quick: { steadyMin: 0.4, meteredMax: 0.01, meteredFromS: 5, steadyFromS: 10 },
};
/** Nothing is below one core's worth of work for both ends, so what else the machine does is in it in full. */
const CPU_BOUND = { full: { steadyMin: 0.9 }, quick: { steadyMin: 0.8 } };
const PER_HOST_MAX = 256;

/**
 * A scenario: `path` on the server, `serve`: more words for it, `phases`: in seconds, each with its `knee` in flight and
 * what reaches it (`optimum` per second, computed; or `sizes` to play, as fixed numbers), `required`, `workMs`: CPU that
 * the consumer spends on each outcome. Those of one `batch` run at the same time.
 */
export function scenarios(quick) {
  const time = quick ? QUICK : FULL;
  const form = quick ? 'quick' : 'full';
  const metered = { batch: 1, phases: [{ fromS: 0, toS: time.meteredS, optimum: 300 }] };
  const alone = (batch) => (quick ? 1 : batch);
  const sized = (knee, ...others) => (quick ? [knee] : [knee, ...others]);
  return [
    {
      id: 'S1',
      title: '200 workers, 50 ms each, then queueing',
      batch: alone(2),
      ...constant('/capacity?n=200&ms=50', 200, sized(200, 160, 240), time),
      required: CAPACITY,
    },
    {
      id: 'S2',
      title: 'throughput falls beyond 60 in flight, to a third at 4,000',
      batch: alone(3),
      ...constant('/crowd?n=60&ms=50', 60, sized(60, 48, 72), time),
      required: CAPACITY,
    },
    {
      ...metered,
      id: 'S3',
      title: '300 requests/s, all told: 429, Retry-After, RateLimit fields',
      path: '/limit?rate=300',
      required: METERED[form],
    },
    {
      ...metered,
      id: 'S3r',
      title: '300 requests/s of 30 ms, 429 with Retry-After, a 10 s ban for ignoring that',
      path: '/limit?rate=300&ms=30&tell=retry-after&ban=10',
      required: { ...METERED[form], bannedMax: 0 },
    },
    {
      ...metered,
      id: 'S3b',
      title: '300 requests/s of 30 ms, 429 and not a word more',
      path: '/limit?rate=300&ms=30&tell=nothing',
      required: METERED[form],
    },
    {
      id: 'S4',
      title: 'capacity 200 → 40 → 200 workers, 50 ms each',
      batch: 1,
      path: `/capacity?n=200,40,200&ms=50&every=${time.stepS}`,
      fixedS: time.fixedS,
      phases: [200, 40, 200].map((knee, i) => ({
        fromS: i * time.stepS,
        toS: (i + 1) * time.stepS,
        knee,
        // A timer is late by half a millisecond in the mean.
        ...(quick ? { optimum: knee / 0.0505 } : { sizes: [knee], fixedPath: `/capacity?n=${knee}&ms=50` }),
      })),
      required: { ...CAPACITY, stepSMax: STEP_S_MAX, ...STEPPED[form] },
    },
    {
      id: 'S6',
      title: 'refuses connections beyond 32',
      batch: alone(4),
      serve: ['--max-connections', '32'],
      ...constant('/delay/20', 32, sized(32, 24), time),
      required: CAPACITY,
    },
    {
      id: 'S7',
      title: 'answers at once; client and server share this machine',
      batch: 5,
      ...constant('/todos/1', undefined, sized(16, 4, 64, 256), time, quick ? 4 : 15),
      required: { ...CPU_BOUND[form], inFlightMost: PER_HOST_MAX },
    },
    {
      id: 'S7w',
      title: 'the same for a consumer that needs 0.1 ms of CPU for each outcome',
      batch: 6,
      workMs: 0.1,
      ...constant('/todos/1', undefined, sized(16, 4, 64), time, quick ? 4 : 15),
      required: { ...CPU_BOUND[form], inFlightMost: PER_HOST_MAX },
    },
  ];
}

function constant(path, knee, sizes, { phaseS, fixedS }, toS = phaseS) {
  return { path, fixedS, phases: [{ fromS: 0, toS, knee, sizes }] };
}

export const IDS = scenarios(false).map(({ id }) => id);
