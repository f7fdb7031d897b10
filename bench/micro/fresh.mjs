// What --dedupe, --skip-existing and --if-changed cost: a fingerprint, the map of them against a Map of texts, a request
// that is looked at by the duplicates and ends, and an entry of what earlier outputs have; in time and memory.
// Run after a build: node --expose-gc bench/micro/fresh.mjs [rounds] [different requests, 10 million].

import { Duplicates } from '../../build/engine/duplicates.js';
import { Earlier } from '../../build/engine/earlier.js';
import { fingerprintOf } from '../../build/engine/fingerprint.js';
import { FingerprintMap } from '../../build/engine/fingerprint-map.js';
import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { Origin } from '../../build/model/origin.js';
import { REUSED, Response } from '../../build/model/outcome.js';
import { RequestFactory } from '../../build/model/request.js';
import { ResponseHead } from '../../build/model/response-head.js';

const ROUNDS = Number(process.argv[2] ?? 3);
const MANY = Number(process.argv[3] ?? 10_000_000);
const FEW = MANY / 10;
const TEXT = 'GET http://127.0.0.1:8080/todos/';
const origin = new Origin('http', '127.0.0.1', 8080);
const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
const framing = { contentLength: 0, transferEncoding: 'none', keepAlive: true, keepAliveMs: undefined };
const head = new ResponseHead(200, '1.1', 'OK', '', framing);
const body = Buffer.alloc(0);

/** What an array had is given back behind the collection that found it. */
async function collect() {
  for (let times = 0; times < 3; times++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** In what time and memory `n` calls of `each` go by; `kept` is what they fill. */
async function measured(n, kept, each) {
  await collect();
  const before = process.memoryUsage();
  const start = process.cpuUsage();
  for (let i = 0; i < n; i++) each(kept, i);
  const { user, system } = process.cpuUsage(start);
  await collect();
  const after = process.memoryUsage();
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  return { ns: ((user + system) * 1000) / n, bytes: bytes / n, kept };
}

const print = new Uint32Array(4);
const CASES = {
  'a fingerprint': () => measured(FEW, undefined, (_, i) => fingerprintOf(TEXT + i, print)),
  [`FingerprintMap, ${MANY} added`]: () =>
    measured(MANY, new FingerprintMap(3), (map, i) => {
      fingerprintOf(TEXT + i, print);
      if (map.find(print) === -1) map.add(print);
    }),
  [`Map of texts, ${FEW} added`]: () =>
    measured(FEW, new Map(), (map, i) => {
      const text = TEXT + i;
      if (!map.has(text)) map.set(text, { index: i, status: 200 });
    }),
  'duplicates: a request that is sent, and ends': () =>
    measured(FEW, new Duplicates(MANY), (duplicates, i) => {
      const request = factory.plain(i, origin, `/todos/${i}`);
      duplicates.take(request);
      duplicates.settle(new Response(request, head, body, '', 1, 1, REUSED, ''), true);
    }),
  'the same without duplicates': () =>
    measured(FEW, undefined, (_, i) => {
      const request = factory.plain(i, origin, `/todos/${i}`);
      return new Response(request, head, body, '', 1, 1, REUSED, '');
    }),
  'duplicates: one of a request that is done': () => {
    const duplicates = new Duplicates(MANY);
    duplicates.take(factory.plain(0, origin, '/'));
    duplicates.settle(new Response(factory.plain(0, origin, '/'), head, body, '', 1, 1, REUSED, ''), true);
    return measured(FEW, duplicates, (known, i) => known.take(factory.plain(i, origin, '/')));
  },
  'earlier: a record, to skip': () =>
    measured(FEW, new Earlier('skip', MANY), (earlier, i) =>
      earlier.add({ url: `http://127.0.0.1:8080/todos/${i}`, method: 'GET', status: 200 }),
    ),
  'earlier: a record with a tag, to ask': () =>
    measured(FEW, new Earlier('ask', MANY), (earlier, i) => {
      const headers = [['ETag', `"0123456789abcdef0123456789abcdef-${i}"`]];
      earlier.add({ url: `http://127.0.0.1:8080/todos/${i}`, method: 'GET', status: 200, headers });
    }),
};

const results = new Map();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(CASES)) {
    const { ns, bytes } = await run();
    results.set(name, [...(results.get(name) ?? []), { ns, bytes }]);
  }
}

const median = (figures) => figures.sort((a, b) => a - b)[figures.length >> 1];
console.log(
  `CPU time and memory for each, the median of ${ROUNDS} interleaved rounds, Node ${process.version}`,
);
for (const [name, all] of results) {
  const ns = median(all.map((one) => one.ns)).toFixed(0);
  const bytes = globalThis.gc === undefined ? '' : `${median(all.map((one) => one.bytes)).toFixed(0)} bytes`;
  console.log(`${name.padEnd(48)} ${ns.padStart(7)} ns ${bytes.padStart(10)}`);
}
