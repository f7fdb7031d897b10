// What it costs to hand one outcome to a consumer: batches, the one-by-one iterator of the library, and an async
// generator that yields from batches. The queue is the library's own; the three shapes are made again in miniature.
// Run after a build: node bench/micro/iteration.mjs [rounds]. "No consumer" is the cost of the turns and the queue.

import { OutcomeQueue } from '../../build/engine/outcome-queue.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const ITEMS = 200_000;
/** Outcomes that one turn of the event loop brings: 60 connections that are all answered, and a slow target. */
const PER_TURN = [60, 4];

/** As big as it needs to be to be no constant that the compiler sees through. */
class Item {
  constructor(index) {
    this.index = index;
  }
}

async function* batches(queue) {
  for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) yield batch;
}

/** As in src/engine/flurry.ts. */
class OneByOne {
  #batches;
  #batch = [];
  #next = 0;

  constructor(source) {
    this.#batches = source;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    const value = this.#batch[this.#next];
    if (value === undefined) return this.#more();
    this.#next++;
    return Promise.resolve({ done: false, value });
  }

  async #more() {
    const result = await this.#batches.next();
    if (result.done === true) return { done: true, value: undefined };
    this.#batch = result.value;
    this.#next = 1;
    return { done: false, value: this.#batch[0] };
  }
}

async function* flattened(source) {
  for await (const batch of source) yield* batch;
}

async function* flattenedByLoop(source) {
  for await (const batch of source) {
    for (const item of batch) yield item;
  }
}

async function takeBatches(queue) {
  let sum = 0;
  for await (const batch of batches(queue)) {
    for (const item of batch) sum += item.index;
  }
  return sum;
}

// Loops of their own: a shared one would see three kinds of iterator and be slow for all.
async function takeOneByOne(queue) {
  let sum = 0;
  for await (const item of new OneByOne(batches(queue))) sum += item.index;
  return sum;
}

async function takeYieldStar(queue) {
  let sum = 0;
  for await (const item of flattened(batches(queue))) sum += item.index;
  return sum;
}

async function takeYield(queue) {
  let sum = 0;
  for await (const item of flattenedByLoop(batches(queue))) sum += item.index;
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
  { name: 'batches()', take: takeBatches },
  { name: 'one by one (the library)', take: takeOneByOne },
  { name: 'async generator, yield in a loop', take: takeYield },
  { name: 'async generator, yield*', take: takeYieldStar },
  { name: 'no consumer', take: takeNothing },
];

/** Writes as a transport does: some in each turn, and none while the queue is full. */
function produce(queue, perTurn) {
  let index = 0;
  const turn = () => {
    for (let i = 0; i < perTurn && index < ITEMS && !queue.full; i++) queue.write(new Item(index++));
    if (index < ITEMS) setImmediate(turn);
    else queue.close();
  };
  setImmediate(turn);
}

async function timed(take, perTurn) {
  const queue = new OutcomeQueue(1_000);
  const start = process.hrtime.bigint();
  produce(queue, perTurn);
  const sum = await take(queue);
  const ns = Number(process.hrtime.bigint() - start) / ITEMS;
  if (sum !== (ITEMS * (ITEMS - 1)) / 2) throw new Error(`items got lost: their sum is ${sum}`);
  return ns;
}

for (const perTurn of PER_TURN) {
  const times = SUBJECTS.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, { take }] of SUBJECTS.entries()) {
      const ns = await timed(take, perTurn);
      if (round >= 0) times[i].push(ns);
    }
  }
  console.log(
    `ns per item, ${perTurn} per turn, ${ROUNDS} rounds of ${ITEMS} items, Node ${process.version}`,
  );
  for (const [i, { name }] of SUBJECTS.entries()) {
    const ns = times[i].sort((a, b) => a - b);
    const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
    console.log(`${name.padEnd(34)} min ${min}   median ${median}   max ${max}`);
  }
}
