// What it costs to undo a content coding. First 10 KB of JSON in gzip: flurry's decode beside plain gunzipSync and
// beside what it might do instead. Then where a body is better decoded off this thread: what decodes at once against
// what is streamed, by size. Run after a build: node bench/micro/decoding.mjs [rounds].

import * as zlib from 'node:zlib';
import { contentCodings, decode } from '../../build/session/decoding.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const CALLS = 500;
const LIMITS = {
  codingsMax: 5,
  decodedBytesMax: 64 * 1024 * 1024,
  decodedRatioMax: 200,
  syncBytesMax: 32 * 1024,
};
const ALWAYS_STREAMED = { ...LIMITS, syncBytesMax: 0 };
const ALWAYS_AT_ONCE = { ...LIMITS, syncBytesMax: Number.POSITIVE_INFINITY };

let seed = 1;
function random() {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

const TITLES = ['delectus aut autem', 'quis ut nam facilis', 'fugiat veniam minus', 'et porro tempora'];

/** A list as an API sends it; gzip makes it four to five times smaller. */
function json(bytes) {
  const items = [];
  for (let length = 0; length < bytes; ) {
    const item = {
      userId: Math.floor(random() * 100),
      id: items.length,
      title: `${TITLES[Math.floor(random() * TITLES.length)]} ${Math.floor(random() * 1e9).toString(36)}`,
      completed: random() < 0.5,
      at: new Date(1.7e12 + random() * 1e10).toISOString(),
    };
    items.push(item);
    length += JSON.stringify(item).length + 1;
  }
  return Buffer.from(JSON.stringify(items));
}

function spread(values) {
  values.sort((a, b) => a - b);
  const [min, median, max] = [values[0], values[values.length >> 1], values.at(-1)];
  return { median, text: [min, median, max].map((n) => n.toFixed(1).padStart(7)) };
}

function atOnce() {
  const content = json(10_000);
  const body = zlib.gzipSync(content);
  const bare = body.subarray(10, -8);
  const claimed = content.length + 1;
  let decodedBytes = 0;
  const done = (_fault, decoded) => {
    decodedBytes += decoded.length;
  };
  const { _handle: handle, _writeState: state } = zlib.createGunzip();
  const subjects = [
    { name: 'gunzipSync', run: () => zlib.gunzipSync(body).length },
    {
      name: 'flurry, the field and the body',
      run() {
        decodedBytes = 0;
        decode(body, contentCodings('gzip'), LIMITS, done);
        return decodedBytes;
      },
    },
    {
      name: 'flurry, no coding',
      run() {
        decodedBytes = 0;
        decode(content, contentCodings(''), LIMITS, done);
        return decodedBytes;
      },
    },
    {
      name: 'gunzipSync, chunk as the trailer claims',
      run: () => zlib.gunzipSync(body, { chunkSize: claimed }).length,
    },
    {
      name: 'inflateRawSync, no checksum',
      run: () => zlib.inflateRawSync(bare, { chunkSize: claimed }).length,
    },
    {
      // Not documented, so not used: 2 µs of 10 would not pay for what the next Node may change.
      name: 'one handle of zlib for all (internal)',
      run() {
        handle.reset();
        const out = Buffer.allocUnsafe(claimed);
        handle.writeSync(zlib.constants.Z_FINISH, body, 0, body.length, out, 0, claimed);
        return claimed - state[0];
      },
    },
  ];
  for (const { name, run } of subjects) {
    if (run() !== content.length) throw new Error(`${name} decodes something else`);
    for (let i = 0; i < CALLS; i++) run();
  }
  const us = new Map(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, run } of subjects) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < CALLS; i++) run();
      us.get(name).push(Number(process.hrtime.bigint() - start) / 1000 / CALLS);
    }
  }
  console.log(
    `µs per body: ${content.length} octets of JSON, ${body.length} in gzip; ${ROUNDS} interleaved rounds of ${CALLS}`,
  );
  let plain;
  for (const [name, values] of us) {
    const { median, text } = spread(values);
    plain ??= median;
    const ratio = `${(median / plain).toFixed(2)} × gunzipSync`;
    console.log(`${name.padEnd(42)} min ${text[0]}   median ${text[1]}   max ${text[2]}   ${ratio}`);
  }
}

const decoded = (body, limits) => new Promise((resolve) => decode(body, ['gzip'], limits, resolve));
const cpuUs = (of) => of.user + of.system;
/** Node has it from 23.9 on. */
const threadCpuUs = () =>
  process.threadCpuUsage === undefined ? Number.NaN : cpuUs(process.threadCpuUsage());

/** `underWay` bodies at a time: µs of wall time, of this thread and of all threads, per body. */
async function measured(body, limits, bodies, underWay) {
  let left = bodies;
  const start = { wall: performance.now(), thread: threadCpuUs(), all: cpuUs(process.cpuUsage()) };
  const worker = async () => {
    while (left-- > 0) await decoded(body, limits);
  };
  await Promise.all(Array.from({ length: underWay }, worker));
  return [
    ((performance.now() - start.wall) * 1000) / bodies,
    (threadCpuUs() - start.thread) / bodies,
    (cpuUs(process.cpuUsage()) - start.all) / bodies,
  ];
}

async function bySize() {
  const head = ['encoded', 'decoded', 'CPU at once', 'streamed 1', 'streamed 8', 'its thread', 'its CPU'];
  console.log(
    '\nmedian µs per body; streamed: wall time one by one and eight under way, then CPU of this thread and of all',
  );
  console.log(head.map((text) => text.padStart(12)).join(''));
  // Above 1 MiB decoded nothing is done at once.
  for (const size of [5e3, 2e4, 5e4, 1e5, 1.5e5, 2e5, 3e5, 5e5, 1e6]) {
    const content = json(size);
    const body = zlib.gzipSync(content);
    const bodies = Math.max(8, Math.round(4e6 / size));
    const columns = [[], [], [], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      columns[0].push((await measured(body, ALWAYS_AT_ONCE, bodies, 1))[2]);
      columns[1].push((await measured(body, ALWAYS_STREAMED, bodies, 1))[0]);
      const [wall, thread, all] = await measured(body, ALWAYS_STREAMED, bodies, 8);
      columns[2].push(wall);
      columns[3].push(thread);
      columns[4].push(all);
    }
    const row = [body.length, content.length, ...columns.map((values) => spread(values).median)];
    console.log(row.map((n) => (Number.isNaN(n) ? '—' : n.toFixed(0)).padStart(12)).join(''));
  }
}

console.log(`Node ${process.version}`);
atOnce();
await bySize();
