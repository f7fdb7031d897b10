// What four layers that only pass a request on cost, by the way in which they are joined: callbacks, callbacks with
// one promise at the edge, async functions, EventEmitters. Each layer counts on the way there and on the way back.
// Run: node bench/micro/seam.mjs [rounds]. Needs no build. "No layers" is the cost of the turns and the wire alone.

import { EventEmitter } from 'node:events';

const ROUNDS = Number(process.argv[2] ?? 15);
const REQUESTS = 200_000;
const IN_FLIGHT = 60;
const LAYERS = 4;

/** Answers everything that was sent in a turn of the event loop in the next one, as a socket would. */
class Wire {
  #waiting = [];
  #spare = [];

  send(request, done) {
    request.done = done;
    if (this.#waiting.push(request) === 1) setImmediate(this.#answer);
  }

  #answer = () => {
    const answered = this.#waiting;
    this.#waiting = this.#spare;
    this.#spare = answered;
    for (const request of answered) request.done(request, 200);
    answered.length = 0;
  };
}

// ── callbacks: wired once, nothing made for each request ────────────────────────────────────────────────────

class CallbackLayer {
  there = 0;
  back = 0;
  up;
  #down;

  constructor(down) {
    this.#down = down;
    if (down instanceof CallbackLayer) down.up = this.onDone;
  }

  send(request, done) {
    this.there++;
    this.#down.send(request, done);
  }

  onDone = (request, outcome) => {
    this.back++;
    this.up(request, outcome);
  };
}

function callbackStack() {
  const lowest = new CallbackLayer(new Wire());
  let layer = lowest;
  for (let i = 1; i < LAYERS; i++) layer = new CallbackLayer(layer);
  return { top: layer, enter: lowest.onDone };
}

function runCallbacks() {
  return new Promise((resolve) => {
    const { top, enter } = callbackStack();
    let sent = 0;
    let settled = 0;
    const next = () => top.send({ index: sent++, done: undefined }, enter);
    top.up = (_request, outcome) => {
      settled += outcome / 200;
      if (settled === REQUESTS) resolve(settled);
      else if (sent < REQUESTS) next();
    };
    for (let i = 0; i < IN_FLIGHT; i++) next();
  });
}

// ── the same, and one promise for each request where the caller stands ──────────────────────────────────────

async function runPromiseAtEdge() {
  const { top, enter } = callbackStack();
  top.up = (request, outcome) => request.resolve(outcome);
  const ask = (index) => new Promise((resolve) => top.send({ index, done: undefined, resolve }, enter));
  return workers(ask);
}

// ── async functions ─────────────────────────────────────────────────────────────────────────────────────────

class AsyncLayer {
  there = 0;
  back = 0;
  #down;

  constructor(down) {
    this.#down = down;
  }

  async send(request) {
    this.there++;
    const outcome = await this.#down.send(request);
    this.back++;
    return outcome;
  }
}

function runAsync() {
  const wire = new Wire();
  let layer = {
    send: (request) => new Promise((resolve) => wire.send(request, (_, outcome) => resolve(outcome))),
  };
  for (let i = 0; i < LAYERS; i++) layer = new AsyncLayer(layer);
  return workers((index) => layer.send({ index, done: undefined }));
}

// ── EventEmitters: each layer gives back one for each request, as Node's own http does ───────────────────────

class EmitterLayer {
  there = 0;
  back = 0;
  #down;

  constructor(down) {
    this.#down = down;
  }

  send(request) {
    this.there++;
    const exchange = new EventEmitter();
    this.#down.send(request).once('done', (outcome) => {
      this.back++;
      exchange.emit('done', outcome);
    });
    return exchange;
  }
}

function runEmitters() {
  const wire = new Wire();
  const bottom = {
    send(request) {
      const exchange = new EventEmitter();
      wire.send(request, (_, outcome) => exchange.emit('done', outcome));
      return exchange;
    },
  };
  let layer = bottom;
  for (let i = 0; i < LAYERS; i++) layer = new EmitterLayer(layer);
  return new Promise((resolve) => {
    let sent = 0;
    let settled = 0;
    const onDone = (outcome) => {
      settled += outcome / 200;
      if (settled === REQUESTS) resolve(settled);
      else if (sent < REQUESTS) next();
    };
    const next = () => layer.send({ index: sent++, done: undefined }).once('done', onDone);
    for (let i = 0; i < IN_FLIGHT; i++) next();
  });
}

// ── no layers ───────────────────────────────────────────────────────────────────────────────────────────────

function runBare() {
  return new Promise((resolve) => {
    const wire = new Wire();
    let sent = 0;
    let settled = 0;
    const next = () => wire.send({ index: sent++, done: undefined }, onDone);
    const onDone = (_request, outcome) => {
      settled += outcome / 200;
      if (settled === REQUESTS) resolve(settled);
      else if (sent < REQUESTS) next();
    };
    for (let i = 0; i < IN_FLIGHT; i++) next();
  });
}

async function workers(ask) {
  let sent = 0;
  let settled = 0;
  const worker = async () => {
    while (sent < REQUESTS) {
      const outcome = await ask(sent++);
      settled += outcome / 200;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return settled;
}

const SUBJECTS = [
  { name: 'no layers', run: runBare, us: [] },
  { name: 'callbacks', run: runCallbacks, us: [] },
  { name: 'callbacks, one promise at the edge', run: runPromiseAtEdge, us: [] },
  { name: 'async functions', run: runAsync, us: [] },
  { name: 'EventEmitters', run: runEmitters, us: [] },
];

for (let round = -1; round < ROUNDS; round++) {
  for (const { run, us, name } of SUBJECTS) {
    const start = process.hrtime.bigint();
    const settled = await run();
    const time = Number(process.hrtime.bigint() - start) / 1000 / REQUESTS;
    if (settled !== REQUESTS) throw new Error(`${name}: ${settled} outcomes of ${REQUESTS} requests`);
    if (round >= 0) us.push(time);
  }
}

console.log(
  `µs per request through ${LAYERS} layers, ${ROUNDS} rounds of ${REQUESTS}, ${IN_FLIGHT} in flight, Node ${process.version}`,
);
for (const { name, us } of SUBJECTS) {
  us.sort((a, b) => a - b);
  const [min, median, max] = [us[0], us[us.length >> 1], us.at(-1)].map((n) => n.toFixed(3).padStart(7));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
