// npm run bench:sinks: records per second to each kind of sink, and what durability costs. Each measurement is a process
// of its own, and rounds take turns, so that what else the machine does falls on all of them.
//
//   npm run bench:sinks -- --quick            fewer records and rounds
//   npm run bench:sinks -- jsonl parquet      these kinds alone
//   FLURRY_BENCH_POSTGRES=postgres://…        with PostgreSQL, into a table of its own

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RECORD_KINDS } from '../../build/engine/record-sinks.js';

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const wanted = words.filter((word) => word !== '--quick');
const unknown = wanted.filter((kind) => !RECORD_KINDS.includes(kind));
if (unknown.length > 0) {
  process.stderr.write(`bench:sinks: no kind ${unknown.join(', ')}; there are ${RECORD_KINDS.join(', ')}\n`);
  process.exit(2);
}

const ROUNDS = quick ? 3 : 7;
const RECORDS = quick ? 100_000 : 1_000_000;
const PACED_RATE = 50_000;
const PACED_RECORDS = PACED_RATE * (quick ? 2 : 5);
const script = fileURLToPath(new URL('one.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'flurry-bench-sinks-'));
let files = 0;

async function one({ kind, durability, records, rate }) {
  const path =
    kind === 'postgres' ? process.env['FLURRY_BENCH_POSTGRES'] : join(folder, `${files++}.${kind}`);
  const args = [script, kind, path, durability, String(records), String(rate)];
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...args]);
  for (let i = Math.max(0, files - 1); i < files; i++) {
    for (const ending of ['', '-wal', '-shm']) rmSync(join(folder, `${i}.${kind}${ending}`), { force: true });
  }
  const found = JSON.parse(stdout);
  // Of a sink that this Node does not have, or a server that is not there.
  if (found.error !== undefined) found.error = found.error.replaceAll(path, `out.${kind}`);
  return found;
}

/** Median of what each subject's rounds gave; a subject that cannot be measured says why and is left out. */
async function measured(subjects) {
  const results = subjects.map((subject) => ({ ...subject, rounds: [], error: undefined }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const result of results) {
      if (result.error !== undefined) continue;
      const found = await one(result);
      if (found.error === undefined) result.rounds.push(found);
      else result.error = found.error;
    }
  }
  return results;
}

function median(rounds, key) {
  const values = rounds.map((round) => round[key]).sort((a, b) => a - b);
  return values[values.length >> 1];
}

/** Of each round by itself: the two were measured one after the other. */
function ratio(rounds, base, key) {
  const values = rounds.map((round, i) => round[key] / base[i][key]).sort((a, b) => a - b);
  return values[values.length >> 1];
}

function row(cells, widths) {
  console.log(
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
}

async function kinds() {
  const there = RECORD_KINDS.filter((kind) => kind !== 'postgres' || process.env['FLURRY_BENCH_POSTGRES']);
  const chosen = wanted.length > 0 ? wanted : there;
  const results = await measured(
    chosen.map((kind) => ({ kind, durability: 'process', records: RECORDS, rate: 0 })),
  );
  const widths = [10, 10, 14, 13, 8, 14];
  console.log(
    `\nAs fast as each sink takes them, durability process, ${RECORDS.toLocaleString('en')} records`,
  );
  row(['kind', 'records/s', 'CPU µs/record', 'bytes/record', 'RSS MB', 'commit max ms'], widths);
  for (const { kind, rounds, error } of results) {
    if (error !== undefined) {
      console.log(`${kind.padEnd(widths[0])}  ${error}`);
      continue;
    }
    const perSecond = Math.round(median(rounds, 'perSecond')).toLocaleString('en');
    const cells = ['cpuUs', 'bytes', 'rssMb', 'commitMsMax'].map((key) => median(rounds, key).toFixed(1));
    row([kind, perSecond, ...cells], widths);
  }
}

async function durabilities(kind, title, records, rate) {
  const results = await measured(
    ['none', 'process', 'power'].map((durability) => ({ kind, durability, records, rate })),
  );
  const base = results[0].rounds;
  const widths = [10, 10, 8, 14, 8, 10, 14];
  console.log(`\n${title}`);
  row(['durability', 'records/s', '× none', 'CPU µs/record', '× none', 'commit ms', 'commit max ms'], widths);
  for (const { durability, rounds } of results) {
    row(
      [
        durability,
        Math.round(median(rounds, 'perSecond')).toLocaleString('en'),
        ratio(rounds, base, 'perSecond').toFixed(3),
        median(rounds, 'cpuUs').toFixed(2),
        ratio(rounds, base, 'cpuUs').toFixed(3),
        median(rounds, 'commitMs').toFixed(2),
        median(rounds, 'commitMsMax').toFixed(1),
      ],
      widths,
    );
  }
}

console.log(
  `bench:sinks, Node ${process.version}, ${cpus().length} cores, in ${tmpdir()}; medians of ${ROUNDS} rounds`,
);
try {
  await kinds();
  if (wanted.length === 0 || wanted.includes('jsonl')) {
    await durabilities('jsonl', 'JSON Lines as fast as it goes, a commit each second', RECORDS * 2, 0);
    const paced = `JSON Lines at ${PACED_RATE.toLocaleString('en')} records/s, a commit each second`;
    await durabilities('jsonl', paced, PACED_RECORDS, PACED_RATE);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
