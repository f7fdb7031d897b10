// What one record() costs: our histogram of milliseconds beside node's own (HdrHistogram in C++, whole numbers only).
// Run after a build: node bench/micro/histogram.mjs [rounds]. The cost of the loop alone is shown, not subtracted.

import { createHistogram } from 'node:perf_hooks';
import { Histogram } from '../../build/metrics/histogram.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const CALLS = 2_000_000;
const VALUES = 4096;

// Latencies from 50 µs to 5 s, spread evenly over the octaves, in an order that no branch predictor can learn.
const ms = new Float64Array(VALUES);
let seed = 1;
for (let i = 0; i < VALUES; i++) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  ms[i] = 0.05 * 100_000 ** (seed / 2 ** 32);
}
// Node's takes whole numbers: it gets microseconds, rounded beforehand and so at no cost of its own.
const us = Array.from(ms, (value) => Math.max(1, Math.round(value * 1000)));

const ours = new Histogram();
const nodes = createHistogram();
// A loop of its own for each: one that is shared would call through a closure and charge that to both.
const subjects = [
  { name: 'flurry Histogram.record(ms)', run: recordOurs, ns: [] },
  { name: 'node createHistogram().record(µs)', run: recordNodes, ns: [] },
  { name: 'the loop alone', run: readOnly, ns: [] },
];

function recordOurs() {
  for (let i = 0; i < CALLS; i++) ours.record(ms[i & (VALUES - 1)]);
}

function recordNodes() {
  for (let i = 0; i < CALLS; i++) nodes.record(us[i & (VALUES - 1)]);
}

function readOnly() {
  let sum = 0;
  for (let i = 0; i < CALLS; i++) sum += ms[i & (VALUES - 1)];
  return sum;
}

for (const subject of subjects) subject.run();
for (let round = 0; round < ROUNDS; round++) {
  for (const subject of subjects) {
    const start = process.hrtime.bigint();
    subject.run();
    subject.ns.push(Number(process.hrtime.bigint() - start) / CALLS);
  }
}

console.log(`ns per call, ${ROUNDS} interleaved rounds of ${CALLS} calls, Node ${process.version}`);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(2).padStart(8));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
