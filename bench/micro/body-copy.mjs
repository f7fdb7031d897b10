// What it costs to hand out a small body that came in the shared read buffer: by BodyBuffer (out of the pool), by the
// way it does not go (a buffer of its own to collect in), as other copies, and as a string.
// Run after a build: node bench/micro/body-copy.mjs [rounds] [bytes]. The cost of the loop alone is shown, not subtracted.

import { BodyBuffer } from '../../build/transport/body-buffer.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const BYTES = Number(process.argv[3] ?? 66);
const CALLS = 500_000;
/** So many bodies are held at a time, as outcomes are: none is garbage before it could have been read. */
const HELD = 256;

const read = Buffer.allocUnsafeSlow(65_536).fill('{"userId": 1, "id": 1} ');
const start = 240;
const end = start + BYTES;
const body = new BodyBuffer({ bodyBytesMax: 65_536 });
const held = new Array(HELD).fill(read);

// A loop of its own for each: one that is shared would call through a closure and charge that to all.
const subjects = [
  { name: 'BodyBuffer, known to be whole', run: takeAndRelease, ns: [] },
  { name: 'BodyBuffer, one piece of perhaps more', run: perhapsMore, ns: [] },
  { name: 'BodyBuffer, two pieces', run: twoPieces, ns: [] },
  { name: '4 KiB of its own, copied out of', run: roomOfItsOwn, ns: [] },
  { name: 'Buffer.allocUnsafe and copy', run: pooledCopy, ns: [] },
  { name: 'Buffer.from(subarray)', run: bufferFrom, ns: [] },
  { name: 'Uint8Array.slice', run: arraySlice, ns: [] },
  { name: 'new Uint8Array and set', run: arraySet, ns: [] },
  { name: "toString('latin1')", run: latin1String, ns: [] },
  { name: "toString('utf8')", run: utf8String, ns: [] },
  { name: 'the loop alone', run: nothing, ns: [] },
];

function takeAndRelease() {
  for (let i = 0; i < CALLS; i++) {
    body.take(read, start, end, true);
    held[i & (HELD - 1)] = body.release();
  }
}

function perhapsMore() {
  for (let i = 0; i < CALLS; i++) {
    body.take(read, start, end, false);
    held[i & (HELD - 1)] = body.release();
  }
}

function twoPieces() {
  const middle = start + (BYTES >> 1);
  for (let i = 0; i < CALLS; i++) {
    body.take(read, start, middle, false);
    body.take(read, middle, end, false);
    held[i & (HELD - 1)] = body.release();
  }
}

function roomOfItsOwn() {
  for (let i = 0; i < CALLS; i++) {
    const room = Buffer.allocUnsafeSlow(4096);
    read.copy(room, 0, start, end);
    held[i & (HELD - 1)] = Buffer.from(room.subarray(0, BYTES));
  }
}

function pooledCopy() {
  for (let i = 0; i < CALLS; i++) {
    const bytes = Buffer.allocUnsafe(BYTES);
    read.copy(bytes, 0, start, end);
    held[i & (HELD - 1)] = bytes;
  }
}

function bufferFrom() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = Buffer.from(read.subarray(start, end));
}

function arraySlice() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = Uint8Array.prototype.slice.call(read, start, end);
}

function arraySet() {
  for (let i = 0; i < CALLS; i++) {
    const bytes = new Uint8Array(BYTES);
    bytes.set(read.subarray(start, end));
    held[i & (HELD - 1)] = bytes;
  }
}

function latin1String() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = read.toString('latin1', start, end);
}

function utf8String() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = read.toString('utf8', start, end);
}

function nothing() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = read;
}

for (let round = -2; round < ROUNDS; round++) {
  for (const { run, ns } of subjects) {
    const started = process.hrtime.bigint();
    run();
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(Number(process.hrtime.bigint() - started) / CALLS);
  }
}

console.log(
  `ns per body of ${BYTES} bytes, ${ROUNDS} interleaved rounds of ${CALLS} calls, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
