// What rate, retries and the health of hosts cost each request that goes well, which is nearly all of them: the gate of
// its host asked, passed and told of the end, with one host, and with ten thousand in turn; and the pieces alone.
// Run after a build: node bench/micro/rate.mjs [rounds]. The time is a number that counts up; no clock is read.
// The last line is no cost: how far the start number 100 million of a rate lies from where it belongs.

import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { Origin } from '../../build/model/origin.js';
import { REUSED, Response } from '../../build/model/outcome.js';
import { Request } from '../../build/model/request.js';
import { ResponseHead } from '../../build/model/response-head.js';
import { HostGate } from '../../build/scheduler/health/host-gate.js';
import { HostMap } from '../../build/scheduler/health/host-map.js';
import { Pacer } from '../../build/scheduler/rate/pacer.js';
import { quotaOf, tellsQuota } from '../../build/scheduler/rate/quota.js';
import { Rate } from '../../build/scheduler/rate/rate.js';
import { Later } from '../../build/scheduler/retry/later.js';
import { Retries } from '../../build/scheduler/retry/retries.js';
import { RetryBudget } from '../../build/scheduler/retry/retry-budget.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const REQUESTS = 400_000;
const HOSTS = 10_000;
const DRIFT_STARTS = 100_000_000;

const keys = Array.from({ length: HOSTS }, (_, i) => `https://host-${i}.example`);
const random = () => 0.5;
const retrySettings = {
  retry: 2,
  retryStatuses: ['408', '429', '500', '502', '503', '504'],
  retryKinds: ['timeout', 'refused', 'reset'],
  retryMethods: ['GET', 'HEAD'],
  retryUnsafe: false,
  retryDelayMs: 250,
  retryDelayMaxMs: 30_000,
  retryAfterMaxMs: 300_000,
  retryBudgetPercent: 20,
  shouldRetry: undefined,
};

const PLAIN_FIELDS =
  'Content-Type: application/json\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: nginx\r\n';
const QUOTA_FIELDS = `${PLAIN_FIELDS}X-RateLimit-Limit: 5000\r\nX-RateLimit-Remaining: 4321\r\nX-RateLimit-Reset: 1795348800\r\n`;

function answer() {
  const origin = new Origin('http', 'host.example', 80);
  const request = new Request(0, 'GET', origin, '/', EMPTY_HEADERS, undefined, undefined);
  const framing = { contentLength: 0, transferEncoding: 'none', keepAlive: true, keepAliveMs: undefined };
  const head = new ResponseHead(200, '1.1', 'OK', PLAIN_FIELDS, framing);
  return new Response(request, head, Buffer.alloc(0), '', 1, 1, REUSED, '127.0.0.1');
}

const ok = answer();

function gate(ratePerHost) {
  const terms = {
    ratePerHost,
    breaker: { maxHostErrors: 30, hostDownMaxMs: 300_000 },
    retryAfterMaxMs: 300_000,
    budget: { share: 0.2, reserve: 10 },
    ignoreRateLimits: false,
    lawControls: false,
  };
  return new HostGate(terms, random);
}

/** Asked, passed and told of the end; how many were let through. */
function gates(hosts, ratePerHost) {
  const map = new HostMap(HOSTS, () => gate(ratePerHost));
  let passed = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const nowMs = i / 100;
    const host = map.of(keys[i % hosts], nowMs);
    if (host.waitMs(10, nowMs) !== 0) continue;
    host.take(false, nowMs);
    host.settle(ok, undefined, nowMs, 9, nowMs, 0);
    passed++;
  }
  return passed;
}

function rates() {
  const rate = new Rate(200_000, 10);
  let passed = 0;
  for (let i = 0; i < REQUESTS; i++) if (rate.take(i / 100) === 0) passed++;
  return passed;
}

function budgets() {
  const budget = new RetryBudget(0.2, 10);
  for (let i = 0; i < REQUESTS; i++) budget.onRequest(i / 100);
  return budget.tryTake(0) ? REQUESTS : 0;
}

function verdicts() {
  const retries = new Retries(retrySettings, random);
  const budget = new RetryBudget(0.2, 10);
  const facts = { method: 'GET', retries: 0, replayable: true };
  let stands = 0;
  for (let i = 0; i < REQUESTS; i++) if (retries.verdict(facts, ok, budget, i, 0) === 'no') stands++;
  return stands;
}

function paces() {
  const pacer = new Pacer(300_000);
  const quota = { remaining: 4_000, limit: 5_000, windowMs: undefined, resetMs: 3_600_000 };
  let passed = 0;
  for (let i = 0; i < REQUESTS; i++) {
    if (pacer.waitMs(i) === 0) passed++;
    pacer.take(i);
    pacer.note(quota, false, 10, i);
  }
  return passed;
}

function looks() {
  let silent = 0;
  for (let i = 0; i < REQUESTS; i++) if (!tellsQuota(PLAIN_FIELDS)) silent++;
  return silent;
}

function reads() {
  let told = 0;
  for (let i = 0; i < REQUESTS; i++) if (quotaOf(QUOTA_FIELDS, 1_795_345_200_000)?.remaining === 4321) told++;
  return told;
}

/** A thousand wait at any time; each in and out. */
function laters() {
  const later = new Later(2_000);
  let out = 0;
  for (let i = 0; i < REQUESTS; i++) {
    later.add(i, i + ((i * 7_919) % 1_000));
    while (later.take(i) !== undefined) out++;
  }
  return out + later.clear().length;
}

const subjects = [
  { name: 'gate of one host', run: () => gates(1, undefined), ns: [] },
  { name: 'gate of one host, with a rate', run: () => gates(1, { perSecond: 200_000, burst: 100 }), ns: [] },
  { name: 'gates of 10,000 hosts in turn', run: () => gates(HOSTS, undefined), ns: [] },
  {
    name: 'gates of 10,000 hosts, with a rate',
    run: () => gates(HOSTS, { perSecond: 100, burst: 5 }),
    ns: [],
  },
  { name: 'Rate.take', run: rates, ns: [] },
  { name: 'RetryBudget.onRequest', run: budgets, ns: [] },
  { name: 'Retries.verdict of a 200', run: verdicts, ns: [] },
  { name: 'Pacer: asked, passed, told', run: paces, ns: [] },
  { name: 'tellsQuota of a head that says nothing', run: looks, ns: [] },
  { name: 'quotaOf a head that says something', run: reads, ns: [] },
  { name: 'Later: in and out, among 500 or so', run: laters, ns: [] },
];

for (let round = -2; round < ROUNDS; round++) {
  for (const { name, run, ns } of subjects) {
    const started = process.hrtime.bigint();
    const done = run();
    const time = Number(process.hrtime.bigint() - started) / REQUESTS;
    if (done !== REQUESTS) throw new Error(`${name}: ${done} of ${REQUESTS} requests`);
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(time);
  }
}

console.log(`ns per request, ${ROUNDS} interleaved rounds of ${REQUESTS}, Node ${process.version}`);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(42)} min ${min}   median ${median}   max ${max}`);
}

const rate = new Rate(300_000, 2);
const started = process.hrtime.bigint();
rate.take(0);
for (let i = 0; i < DRIFT_STARTS; i++) {
  if (rate.take((i * 1000) / 300_000) !== 0) throw new Error(`start ${i} was refused at its time`);
}
const nowMs = (DRIFT_STARTS * 1000) / 300_000;
const offMs = rate.waitMs(nowMs - 1e-3) - 1e-3;
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(
  `start ${DRIFT_STARTS} is off by ${offMs.toExponential(1)} ms (${seconds.toFixed(1)} s to find out)`,
);
