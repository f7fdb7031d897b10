// What --shuffle costs per request, and how fast an input is passed over when a run goes on. Run after a build:
// node bench/micro/selection.mjs [rounds].

import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { RequestFactory } from '../../build/model/request.js';
import { openInput } from '../../build/sources/input-source.js';
import { Permutation } from '../../build/sources/permutation.js';

const ROUNDS = Number(process.argv[2] ?? 5);
const CALLS = 1_000_000;
const LINES = 2_000_000;
const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

const orders = [1_000, 10 ** 12, 2 ** 53 - 1].map((size) => [size, new Permutation(size, 1)]);
const forms = [
  ['lines', '', (i) => `http://127.0.0.1:8080/todos/${i}?page=7&lang=en\n`],
  ['jsonl', '', (i) => `{"url":"http://127.0.0.1:8080/todos/${i}","id":${i}}\n`],
  ['csv', 'url,id\n', (i) => `http://127.0.0.1:8080/todos/${i},${i}\n`],
].map(([format, head, line]) => [format, chunksOf(head, line)]);

/** As a file comes: 64 KiB at a time. */
function chunksOf(head, line) {
  const parts = [head];
  for (let i = 0; i < LINES; i++) parts.push(line(i));
  const bytes = Buffer.from(parts.join(''));
  const chunks = [];
  for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536));
  return chunks;
}

async function* streamOf(chunks) {
  yield* chunks;
}

async function passOver(format, chunks) {
  const source = openInput(streamOf(chunks), { name: 'input', format, lineBytesMax: 1 << 20, factory });
  source.skip(LINES);
  while (source.pull().type !== 'ended') {
    await new Promise((resolve) => {
      source.onReady = resolve;
    });
  }
}

const results = new Map();
function note(name, figure) {
  results.set(name, [...(results.get(name) ?? []), figure]);
}

for (let round = 0; round < ROUNDS; round++) {
  for (const [size, order] of orders) {
    for (const way of ['at', 'placeOf']) {
      const start = process.cpuUsage();
      for (let i = 0; i < CALLS; i++) order[way]((i * 7919) % size);
      const { user, system } = process.cpuUsage(start);
      note(`Permutation of ${size}: ${way}, ns`, ((user + system) * 1000) / CALLS);
    }
  }
  for (const [format, chunks] of forms) {
    const start = process.cpuUsage();
    await passOver(format, chunks);
    const { user, system } = process.cpuUsage(start);
    note(`skip ${format}, million lines a second`, LINES / (user + system));
  }
}

console.log(`of CPU time, the median of ${ROUNDS} interleaved rounds, Node ${process.version}`);
for (const [name, figures] of results) {
  figures.sort((a, b) => a - b);
  console.log(`${name.padEnd(48)} ${figures[figures.length >> 1].toFixed(1).padStart(8)}`);
}
