// What the scheduler costs each request, from pull to settle, with one host, with ten and with ten thousand that the input
// names in turn; no step of it looks through the hosts.
// Run after a build: node bench/micro/lanes.mjs [rounds]. All that is under way is answered at once, oldest first. Making
// the requests without any scheduler is shown, not subtracted.

import { systemClock } from '../../build/model/clock.js';
import { ENDED } from '../../build/model/contracts.js';
import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { Origin } from '../../build/model/origin.js';
import { Request } from '../../build/model/request.js';
import { Scheduler } from '../../build/scheduler/scheduler.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const REQUESTS = 100_000;
const SETTINGS = { concurrency: 60, perHost: 60, lookAhead: 10_000, lookAheadBytesMax: 64 * 1024 * 1024 };
const HOSTS = [1, 10, 10_000];

const origins = Array.from({ length: 10_000 }, (_, i) => new Origin('http', `host-${i}.example`, 80));

function request(index, hosts) {
  return new Request(index, 'GET', origins[index % hosts], '/', EMPTY_HEADERS, undefined, undefined);
}

class Inputs {
  count = REQUESTS;
  onReady = undefined;
  #next = 0;
  #hosts;

  constructor(hosts) {
    this.#hosts = hosts;
  }

  pull() {
    return this.#next < REQUESTS ? request(this.#next++, this.#hosts) : ENDED;
  }

  close() {}
}

function scheduled(hosts, settings) {
  const sent = [];
  let settled = 0;
  let drained = false;
  const events = {
    dispatch: (one) => sent.push(one),
    reject: (failure) => {
      throw new Error(failure.message);
    },
    drained: () => {
      drained = true;
    },
    starved: () => {},
    hostDown: () => {},
    gaveUp: () => {},
    broken: (error) => {
      throw error;
    },
  };
  const scheduler = new Scheduler(settings, new Inputs(hosts), events, systemClock);
  scheduler.pump();
  // What the settling of one sends stands behind it; the list is emptied before it grows long.
  while (sent.length > 0) {
    for (const one of sent.splice(0)) {
      settled++;
      scheduler.settle(one, false);
    }
  }
  if (!drained) throw new Error(`not drained: ${scheduler}`);
  return settled;
}

function direct(hosts) {
  const inputs = new Inputs(hosts);
  const sent = [];
  let settled = 0;
  for (;;) {
    const pulled = inputs.pull();
    if (pulled !== ENDED) sent.push(pulled);
    if (sent.length < SETTINGS.concurrency && pulled !== ENDED) continue;
    settled += sent.splice(0).length;
    if (pulled === ENDED) return settled;
  }
}

const narrow = { ...SETTINGS, perHost: 2 };
const subjects = HOSTS.flatMap((hosts) => [
  { name: `hosts in turn: ${hosts}`, run: () => scheduled(hosts, SETTINGS), ns: [] },
  { name: `hosts in turn: ${hosts}, perHost 2`, run: () => scheduled(hosts, narrow), ns: [] },
  { name: `hosts in turn: ${hosts}, no scheduler`, run: () => direct(hosts), ns: [] },
]);

for (let round = -2; round < ROUNDS; round++) {
  for (const { name, run, ns } of subjects) {
    const started = process.hrtime.bigint();
    const settled = run();
    const time = Number(process.hrtime.bigint() - started) / REQUESTS;
    if (settled !== REQUESTS) throw new Error(`${name}: ${settled} of ${REQUESTS} requests`);
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(time);
  }
}

console.log(
  `ns per request, ${SETTINGS.concurrency} under way, ${ROUNDS} interleaved rounds of ${REQUESTS}, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(42)} min ${min}   median ${median}   max ${max}`);
}
