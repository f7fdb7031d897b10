// What it costs to write the head of a request: RequestHeads, which builds once what repeats, against building the head
// from its fields each time; and handing the socket a string against making a buffer of it.
// Run after a build: node bench/micro/request-head.mjs [rounds]. Strings are written into a buffer, as the socket does:
// one that was only added up has not been put together yet. The cost of the loop alone is shown, not subtracted.

import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { Origin } from '../../build/model/origin.js';
import { Request } from '../../build/model/request.js';
import { RequestHeads } from '../../build/transport/http1/request-head.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const CALLS = 200_000;
const REQUESTS = 1024;

const FIELDS = [
  ['User-Agent', 'flurry/0.1.0'],
  ['Accept', '*/*'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['Authorization', 'Bearer 8f3b1c2d4e5f60718293a4b5c6d7e8f9'],
];
const origin = new Origin('http', '127.0.0.1', 8080);
const headers = EMPTY_HEADERS.with(FIELDS);
const requests = Array.from(
  { length: REQUESTS },
  (_, i) => new Request(i, 'GET', origin, `/todos/${i + 1}`, headers, undefined, undefined),
);
const heads = new RequestHeads(origin);
const wire = Buffer.allocUnsafeSlow(4096);

function fromFields(request) {
  let head = `${request.method} ${request.target} HTTP/1.1\r\nHost: ${request.origin.authority}\r\n`;
  for (const [name, value] of FIELDS) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}

// A loop of its own for each: one that is shared would call through a closure and charge that to all.
const subjects = [
  { name: 'RequestHeads.write', run: built, ns: [] },
  { name: 'RequestHeads.write, then Buffer.from', run: builtAsBuffer, ns: [] },
  { name: 'from its fields each time', run: each, ns: [] },
  { name: 'from its fields, then Buffer.from', run: eachAsBuffer, ns: [] },
  { name: 'the loop alone', run: nothing, ns: [] },
];

function built() {
  let octets = 0;
  for (let i = 0; i < CALLS; i++) octets += wire.latin1Write(heads.write(requests[i & (REQUESTS - 1)]), 0);
  return octets;
}

function builtAsBuffer() {
  let octets = 0;
  for (let i = 0; i < CALLS; i++)
    octets += Buffer.from(heads.write(requests[i & (REQUESTS - 1)]), 'latin1').length;
  return octets;
}

function each() {
  let octets = 0;
  for (let i = 0; i < CALLS; i++) octets += wire.latin1Write(fromFields(requests[i & (REQUESTS - 1)]), 0);
  return octets;
}

function eachAsBuffer() {
  let octets = 0;
  for (let i = 0; i < CALLS; i++)
    octets += Buffer.from(fromFields(requests[i & (REQUESTS - 1)]), 'latin1').length;
  return octets;
}

function nothing() {
  let octets = 0;
  for (let i = 0; i < CALLS; i++) octets += requests[i & (REQUESTS - 1)].target.length;
  return octets;
}

if (heads.write(requests[7]) !== fromFields(requests[7])) throw new Error('the heads differ');
for (let round = -2; round < ROUNDS; round++) {
  for (const { run, ns } of subjects) {
    const started = process.hrtime.bigint();
    if (run() === 0) throw new Error('nothing was written');
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(Number(process.hrtime.bigint() - started) / CALLS);
  }
}

console.log(
  `ns per head of ${fromFields(requests[7]).length} octets, ${ROUNDS} interleaved rounds of ${CALLS}, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(38)} min ${min}   median ${median}   max ${max}`);
}
