// What `--concurrency auto` costs a request over a fixed limit: one record() of the control law, as the requests of a
// host with 200 workers of 50 ms end, of one that meters 300 per second, and of 10,000 hosts in turn.
// Run after a build: node bench/micro/control.mjs [rounds]. The loop with a law that learns nothing is shown, and
// subtracted in the last column. Fails above 500 ns.

import { GoodputLaw } from '../../build/scheduler/control/goodput-law.js';

const ROUNDS = Number(process.argv[2] ?? 11);
const CALLS = 400_000;
const NS_MAX = 500;
const WORKERS = 200;
const SERVICE_MS = 50;

class FixedLaw {
  limit = 256;
  ratePerSecond = undefined;
  record() {}
}

const jitter = Float64Array.from({ length: 1024 }, (_, i) => 0.9 + 0.2 * ((i * 0.618034) % 1));
const sample = { nowMs: 0, verdict: 'success', latencyMs: 0, inFlight: 0, limited: true, status: 200 };

/** In flight what the law allows, and latency as that has it. */
function workers(laws) {
  let nowMs = 0;
  let started = 0;
  for (let i = 0; i < CALLS; i++) {
    const law = laws[i % laws.length];
    const inFlight = law.limit;
    const latencyMs = SERVICE_MS * Math.max(1, inFlight / WORKERS) * jitter[i & 1023];
    nowMs += SERVICE_MS / Math.min(inFlight, WORKERS) / laws.length;
    sample.nowMs = nowMs;
    sample.latencyMs = latencyMs;
    sample.inFlight = inFlight;
    law.record(sample);
    started += law.limit;
  }
  return started;
}

/** One in a thousand is answered with 429. */
function metered(laws) {
  let nowMs = 0;
  let started = 0;
  for (let i = 0; i < CALLS; i++) {
    const law = laws[0];
    nowMs += 1000 / (law.ratePerSecond ?? 300);
    sample.nowMs = nowMs;
    sample.latencyMs = 40 * jitter[i & 1023];
    sample.inFlight = 12;
    sample.status = i % 1000 === 999 ? 429 : 200;
    sample.verdict = sample.status === 429 ? 'drop' : 'success';
    law.record(sample);
    started += law.limit;
  }
  sample.status = 200;
  sample.verdict = 'success';
  return started;
}

const auto = () => new GoodputLaw({ initial: 8, max: 256 });
const many = (make) => Array.from({ length: 10_000 }, make);
const subjects = [
  { name: '200 workers', run: workers, fixed: () => [new FixedLaw()], auto: () => [auto()] },
  { name: '300 per second', run: metered, fixed: () => [new FixedLaw()], auto: () => [auto()] },
  {
    name: '10,000 hosts in turn',
    run: workers,
    fixed: () => many(() => new FixedLaw()),
    auto: () => many(auto),
  },
];

function nsPerCall(run, laws) {
  const startedAt = process.hrtime.bigint();
  run(laws);
  return Number(process.hrtime.bigint() - startedAt) / CALLS;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

console.log(`ns per request, median of ${ROUNDS} interleaved rounds of ${CALLS}, Node ${process.version}`);
for (const { name, run, fixed, auto: learning } of subjects) {
  const times = { fixed: [], auto: [] };
  for (let round = -2; round < ROUNDS; round++) {
    const [withFixed, withAuto] = [nsPerCall(run, fixed()), nsPerCall(run, learning())];
    // The first rounds are for the compiler.
    if (round >= 0) {
      times.fixed.push(withFixed);
      times.auto.push(withAuto);
    }
  }
  const [before, after] = [median(times.fixed), median(times.auto)];
  const over = after - before;
  console.log(
    `${name.padEnd(22)} fixed ${before.toFixed(0).padStart(4)}   auto ${after.toFixed(0).padStart(4)}   over it ${over.toFixed(0).padStart(4)}`,
  );
  if (over > NS_MAX) {
    console.error(`more than ${NS_MAX} ns over a fixed limit`);
    process.exitCode = 1;
  }
}
