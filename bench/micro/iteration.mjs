// What it costs to hand one outcome to a consumer: the iterator of the library over OutcomeQueue.next(), batches over
// take(), and what they stand in place of: async generators that yield one by one. Then the heap that it takes, and the
// two ways of waking who waits for a batch.
// Run after a build: node bench/micro/iteration.mjs [rounds]. "No consumer" is the cost of the turns and the queue.

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OutcomeQueue } from '../../build/engine/outcome-queue.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const ITEMS = 200_000;
/** Few enough for the young generation: nothing is collected while they are counted. */
const ITEMS_FOR_HEAP = 1_000;
/** Outcomes that one turn of the event loop brings: 60 connections that are all answered, and a slow target. */
const PER_TURN = [60, 4];

/** As big as it needs to be to be no constant that the compiler sees through. */
class Item {
  constructor(index) {
    this.index = index;
  }
}

/** As Run.batches() in src/engine/flurry.ts. */
async function* batches(queue) {
  for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) yield batch;
}

/** As the iterator of a Run. */
function oneByOne(queue) {
  return { [Symbol.asyncIterator]: () => ({ next: () => queue.next() }) };
}

async function* generatedFromNext(queue) {
  for (let one = await queue.next(); one.done !== true; one = await queue.next()) yield one.value;
}

async function* generatedFromBatches(queue) {
  for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) {
    for (const item of batch) yield item;
  }
}

async function* delegated(queue) {
  for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) yield* batch;
}

async function takeBatches(queue) {
  let sum = 0;
  for await (const batch of batches(queue)) {
    for (const item of batch) sum += item.index;
  }
  return sum;
}

// Loops of their own: a shared one would see all kinds of iterator and be slow for all.
async function takeOneByOne(queue) {
  let sum = 0;
  for await (const item of oneByOne(queue)) sum += item.index;
  return sum;
}

async function takeGeneratedFromNext(queue) {
  let sum = 0;
  for await (const item of generatedFromNext(queue)) sum += item.index;
  return sum;
}

async function takeGeneratedFromBatches(queue) {
  let sum = 0;
  for await (const item of generatedFromBatches(queue)) sum += item.index;
  return sum;
}

async function takeDelegated(queue) {
  let sum = 0;
  for await (const item of delegated(queue)) sum += item.index;
  return sum;
}

async function takeNothing(queue) {
  let sum = 0;
  for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) {
    sum += (batch.length * (batch[0].index + batch.at(-1).index)) / 2;
  }
  return sum;
}

const SUBJECTS = [
  { name: 'batches(), over take()', take: takeBatches },
  { name: 'one by one (the library), over next()', take: takeOneByOne },
  { name: 'async generator over next()', take: takeGeneratedFromNext },
  { name: 'async generator over take(), yield', take: takeGeneratedFromBatches },
  { name: 'async generator over take(), yield*', take: takeDelegated },
  { name: 'no consumer', take: takeNothing },
];

/** Writes as a transport does: some in each turn, and none while the queue is full. */
function produce(queue, items, perTurn) {
  let index = 0;
  const turn = () => {
    for (let i = 0; i < perTurn && index < items && !queue.full; i++) queue.write(new Item(index++));
    if (index < items) setImmediate(turn);
    else queue.close();
  };
  setImmediate(turn);
}

async function handOver(take, items, perTurn) {
  const queue = new OutcomeQueue(1_000);
  produce(queue, items, perTurn);
  const sum = await take(queue);
  if (sum !== (items * (items - 1)) / 2) throw new Error(`items got lost: their sum is ${sum}`);
}

async function timed(take, perTurn) {
  const start = process.hrtime.bigint();
  await handOver(take, ITEMS, perTurn);
  return Number(process.hrtime.bigint() - start) / ITEMS;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

async function heapTaken(take, perTurn) {
  collect();
  const before = getHeapStatistics().used_heap_size;
  await handOver(take, ITEMS_FOR_HEAP, perTurn);
  return (getHeapStatistics().used_heap_size - before) / ITEMS_FOR_HEAP;
}

/** Each call arranges for the next. */
function wakeUps(arrange) {
  return new Promise((resolve) => {
    let left = ITEMS;
    const call = () => {
      if (left-- === 0) resolve();
      else arrange(call);
    };
    call();
  });
}

async function timedWakeUps(arrange) {
  const start = process.hrtime.bigint();
  await wakeUps(arrange);
  return Number(process.hrtime.bigint() - start) / ITEMS;
}

const SETTLED = Promise.resolve();
const WAYS = [
  { name: 'then() of a settled promise', take: (call) => SETTLED.then(call) },
  { name: 'queueMicrotask()', take: (call) => queueMicrotask(call) },
];

async function compare(title, subjects, measure) {
  const results = subjects.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, { take }] of subjects.entries()) {
      const result = await measure(take);
      // The first round is for the compiler.
      if (round >= 0) results[i].push(result);
    }
  }
  console.log(`${title}, ${ROUNDS} interleaved rounds, Node ${process.version}`);
  for (const [i, { name }] of subjects.entries()) {
    const sorted = results[i].sort((a, b) => a - b);
    const [min, median, max] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((n) =>
      n.toFixed(0).padStart(6),
    );
    console.log(`${name.padEnd(38)} min ${min}   median ${median}   max ${max}`);
  }
}

for (const perTurn of PER_TURN) {
  await compare(`ns per item of ${ITEMS}, ${perTurn} per turn`, SUBJECTS, (take) => timed(take, perTurn));
}
await compare(`octets of heap per item of ${ITEMS_FOR_HEAP}, 60 per turn`, SUBJECTS, (take) =>
  heapTaken(take, 60),
);
await compare('ns per wake-up', WAYS, timedWakeUps);
