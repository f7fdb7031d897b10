// What one HeadParser.parse() of a typical nginx head costs, and whether it pays to remember the last head: when each
// head is like the one before, when no two are, and at its worst, when a head is repeated just often enough that the
// parser never gives up to compare and copy.
// Run after a build: node bench/micro/head-parser.mjs [rounds]. The cost of the loop alone is shown, not subtracted.

import { HeadParser } from '../../build/transport/http1/head-parser.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const CALLS = 200_000;
const HEADS = 1024;
const LIMITS = { headerBytesMax: 65_536, headerCountMax: 200, reasonBytesMax: 1024 };

function nginx(i, length = 66) {
  const head = [
    'HTTP/1.1 200 OK',
    'Server: nginx/1.22.1',
    `Date: Thu, 01 Jan 2026 00:${String((i >> 4) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')} GMT`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT',
    'Connection: keep-alive',
    `ETag: "6955b900-${String(i).padStart(4, '0')}"`,
    'Accept-Ranges: bytes',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${'x'.repeat(length)}`);
}

// Each subject has a parser and a loop of its own: shared ones would carry one subject's habits into the next.
const subjects = [
  subject('the same head each time', (i) => nginx(i * 0)),
  subject('Date and ETag change each time', (i) => nginx(i)),
  subject('two lengths, in turn', (i) => nginx(i * 0, i % 2 === 0 ? 66 : 666)),
  subject('each sixteenth like the one before', (i) => nginx(i - (i % 16 === 15 ? 1 : 0))),
];

function subject(name, make) {
  const heads = Array.from({ length: HEADS }, (_, i) => make(i));
  const parser = new HeadParser(LIMITS);
  const run = new Function(
    'parser, heads, calls, mask',
    'let sum = 0; for (let i = 0; i < calls; i++) { const b = heads[i & mask]; sum += parser.parse(b, 0, b.length); } return sum;',
  );
  return { name, ns: [], run: () => run(parser, heads, CALLS, HEADS - 1) };
}

const alone = Array.from({ length: HEADS }, (_, i) => nginx(i));
subjects.push({ name: 'the loop alone', ns: [], run: readOnly });

function readOnly() {
  let sum = 0;
  for (let i = 0; i < CALLS; i++) sum += alone[i & (HEADS - 1)].length;
  return sum;
}

for (let round = -2; round < ROUNDS; round++) {
  for (const { run, ns } of subjects) {
    const start = process.hrtime.bigint();
    if (run() === 0) throw new Error('nothing was parsed');
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(Number(process.hrtime.bigint() - start) / CALLS);
  }
}

console.log(`a head of ${nginx(0, 0).length} bytes with its body behind it`);
console.log(`ns per call, ${ROUNDS} interleaved rounds of ${CALLS} calls, Node ${process.version}`);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
