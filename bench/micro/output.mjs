// What it costs to hand 64 KiB to the system: through fs.write on a descriptor, and through the contract of files, as
// sinks do. And what a commit costs. Counted is the CPU time of all threads. Run after a build: node bench/micro/output.mjs [rounds]

import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescriptorTaker, FileTaker } from '../../build/sinks/bytes-taker.js';
import { SystemFiles } from '../../build/storage/system-files.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const PORTIONS = 1000;
const portion = Buffer.alloc(64 * 1024, '{"index":1,"url":"http://127.0.0.1:8080/"}\n');
const folder = mkdtempSync(join(tmpdir(), 'flurry-bench-'));
const files = new SystemFiles();

function all(step) {
  return new Promise((resolve, reject) => {
    let left = PORTIONS;
    const next = (error) => {
      if (error) reject(error);
      else if (left-- === 0) resolve();
      else step(next);
    };
    next();
  });
}

async function onDescriptor() {
  const fd = openSync(join(folder, 'descriptor'), 'w');
  const taker = new DescriptorTaker(fd, false);
  await all((next) => taker.take(portion, next));
  closeSync(fd);
}

async function onFile() {
  const path = join(folder, 'file');
  const file = await files.open(path, 'create');
  const taker = new FileTaker(file, path, files, 0);
  await all((next) => taker.take(portion, next));
  await file.close();
}

async function commits() {
  const path = join(folder, 'committed');
  const file = await files.open(path, 'create');
  const taker = new FileTaker(file, path, files, 0);
  await all((next) => taker.commit('process', next));
  await file.close();
}

const subjects = [
  { name: '64 KiB, fs.write on a descriptor', run: onDescriptor, us: [] },
  { name: '64 KiB, FileTaker on SystemFiles', run: onFile, us: [] },
  { name: 'commit, durability process', run: commits, us: [] },
];
for (const { run } of subjects) await run();
for (let round = 0; round < ROUNDS; round++) {
  for (const { run, us } of subjects) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    us.push((user + system) / PORTIONS);
  }
}
rmSync(folder, { recursive: true });

console.log(`µs of CPU each, ${ROUNDS} interleaved rounds of ${PORTIONS}, Node ${process.version}`);
for (const { name, us } of subjects) {
  us.sort((a, b) => a - b);
  const [min, median, max] = [us[0], us[us.length >> 1], us.at(-1)].map((n) => n.toFixed(1).padStart(6));
  console.log(`${name.padEnd(36)} min ${min}   median ${median}   max ${max}`);
}
