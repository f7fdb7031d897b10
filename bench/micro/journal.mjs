// What resumability costs each request: its place in the set of what is done, in order, with 60 under way and with ten
// thousand of which one never ends; against the plain way, a sorted list of ranges with a binary search. Then a
// checkpoint, and a mark of a request that must not be sent twice.
// Run after a build: node bench/micro/journal.mjs [rounds] [folder]. The folder is where marks are written.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Intents } from '../../build/journal/intents.js';
import { RangeSet } from '../../build/journal/range-set.js';
import { SystemAppenders } from '../../build/storage/appender.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'flurry-journal-'));
const NUMBERS = 1_000_000;
const CHECKPOINTS = 2_000;
const MARKS = 20_000;
const SYNCED_MARKS = 100;

/** Begins beyond 2³⁰, as the end of a long run does. The next of those under way to end is any of them. */
function order(underWay, first = 2 ** 31) {
  const numbers = new Float64Array(NUMBERS);
  const pending = Array.from({ length: underWay }, (_, i) => first + i);
  let state = 1;
  for (let n = 0; n < NUMBERS; n++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const i = (state >>> 8) % underWay;
    numbers[n] = pending[i];
    pending[i] = first + n + underWay;
  }
  return numbers;
}

/** The same from a start that never ends, on. */
function behindOne(underWay) {
  return order(underWay).map((n) => n + 1);
}

class SortedRanges {
  #from = [];
  #to = [];
  count = 0;

  add(n) {
    const from = this.#from;
    const to = this.#to;
    let low = 0;
    let high = from.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (from[middle] <= n) low = middle + 1;
      else high = middle;
    }
    const before = low - 1;
    if (before >= 0 && n < to[before]) return false;
    const meetsBefore = before >= 0 && to[before] === n;
    if (meetsBefore && from[low] === n + 1) {
      to[before] = to[low];
      from.splice(low, 1);
      to.splice(low, 1);
    } else if (meetsBefore) to[before] = n + 1;
    else if (from[low] === n + 1) from[low] = n;
    else {
      from.splice(low, 0, n);
      to.splice(low, 0, n + 1);
    }
    this.count++;
    return true;
  }
}

function adds(make, numbers) {
  return () => {
    const set = make();
    for (let i = 0; i < NUMBERS; i++) set.add(numbers[i]);
    return set.count;
  };
}

function checkpoints(numbers) {
  const set = new RangeSet();
  for (let i = 0; i < NUMBERS; i++) set.add(numbers[i]);
  return () => {
    let characters = 0;
    for (let i = 0; i < CHECKPOINTS; i++) characters += set.toText().length;
    return characters > 0 ? CHECKPOINTS : 0;
  };
}

function marks(durability, count) {
  return () => {
    const intents = Intents.create(join(folder, durability), new SystemAppenders(), durability, 'bench');
    for (let i = 0; i < count; i++) intents.markSent(i);
    intents.close(true);
    return count;
  };
}

const numbersOf = { 1: order(1), 60: order(60), 10000: behindOne(10_000) };
const ranges = () => new RangeSet();
const sorted = () => new SortedRanges();
const subjects = [
  { name: 'RangeSet.add, in order', run: adds(ranges, numbersOf[1]), count: NUMBERS, ns: [] },
  { name: 'RangeSet.add, 60 under way', run: adds(ranges, numbersOf[60]), count: NUMBERS, ns: [] },
  { name: 'RangeSet.add, 10,000 under way', run: adds(ranges, numbersOf[10_000]), count: NUMBERS, ns: [] },
  { name: 'sorted ranges, in order', run: adds(sorted, numbersOf[1]), count: NUMBERS, ns: [] },
  { name: 'sorted ranges, 60 under way', run: adds(sorted, numbersOf[60]), count: NUMBERS, ns: [] },
  { name: 'sorted ranges, 10,000 under way', run: adds(sorted, numbersOf[10_000]), count: NUMBERS, ns: [] },
  { name: 'RangeSet.toText, 60 under way', run: checkpoints(numbersOf[60]), count: CHECKPOINTS, ns: [] },
  { name: 'Intents.markSent, process', run: marks('process', MARKS), count: MARKS, ns: [] },
  { name: 'Intents.markSent, power', run: marks('power', SYNCED_MARKS), count: SYNCED_MARKS, ns: [] },
];

try {
  for (let round = -2; round < ROUNDS; round++) {
    for (const { name, run, count, ns } of subjects) {
      const started = process.hrtime.bigint();
      const done = run();
      const time = Number(process.hrtime.bigint() - started) / count;
      if (done !== count) throw new Error(`${name}: ${done} of ${count}`);
      // The first rounds are for the compiler.
      if (round >= 0) ns.push(time);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`ns each, ${ROUNDS} interleaved rounds, Node ${process.version}`);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(8));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
