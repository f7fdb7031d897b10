// The command line over all 1,679,616 codes of [a-z0-9]{4}: how long, in how much memory, and whether every index is
// in the file exactly once.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BIN } from '../peers/flurry-cli.mjs';
import { grouped, spread } from './figures.mjs';
import { runMeasured } from './measured-process.mjs';
import { checkRecords } from './records.mjs';
import { judge } from './report.mjs';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const CODES = ALPHABET.length ** 4;
const MIB = 1024 * 1024;
const SAMPLE_MS = 500;
const RUN_MS_MAX = 600_000;
const WALL_S_AIM = 60;
const MEMORY_MIB_MAX = 150;
/** Flat: no more than this in the second half of the run, in times of the first half. */
const GROWTH_MAX = 1.1;

export async function runAllCodes({ server, accountant, folder }, say) {
  const out = join(folder, 'out.jsonl');
  const summaryPath = join(folder, 's.json');
  const url = `${server.url}/code/`;
  const args = [`${url}[a-z0-9]{4}`, '-c', '100', '-q', '-o', out, '--summary', summaryPath];
  say(`$ flurry '${args[0]}' ${args.slice(1).join(' ')}`);
  const cost = await runMeasured([process.execPath, BIN, ...args], {
    accountant,
    timeoutMs: RUN_MS_MAX,
    sampleMs: SAMPLE_MS,
  });
  if (cost.code !== 0) throw new Error(`the command line ended with ${cost.code}: ${cost.stderr}`);
  say('reading the records');
  const records = checkRecords(out, CODES, (index) => url + codeAt(index));
  const summary = JSON.parse(readFileSync(summaryPath, 'utf8'));
  rmSync(out);
  const memory = memoryOf(cost);
  const wallS = cost.wallMs / 1000;
  const verdicts = [
    wholeness(records),
    judge('peak memory', single(memory.peakMiB), 'at most', MEMORY_MIB_MAX, undefined, 0, ' MiB'),
    judge('memory, second half ÷ first half', single(memory.growth), 'at most', GROWTH_MAX, undefined, 2),
    judge('wall time', single(wallS), 'at most', undefined, WALL_S_AIM, 1, ' s'),
  ];
  return {
    records,
    memory,
    wallMs: cost.wallMs,
    cpuUs: cost.cpuUs,
    summary,
    rssSamples: cost.rssSamples,
    verdicts,
  };
}

export function allCodesText({ records, memory, wallMs, cpuUs, verdicts }) {
  const cpu = cpuUs === undefined ? '' : `, ${(cpuUs / CODES).toFixed(2)} µs of CPU per request`;
  return [
    `${grouped(records.lines)} records in ${(wallMs / 1000).toFixed(1)} s, ${grouped(CODES / (wallMs / 1000))} per second${cpu}`,
    `memory: peak ${memory.peakMiB.toFixed(0)} MiB; median ${memory.firstMiB.toFixed(0)} MiB in the first half, ${memory.secondMiB.toFixed(0)} MiB in the second (${memory.samples} samples)`,
    ...verdicts.map((verdict) => verdict.text),
    ...records.problems,
  ].join('\n');
}

/** The last letter runs fastest. */
function codeAt(index) {
  let code = '';
  for (let left = index, i = 0; i < 4; i++) {
    code = ALPHABET[left % 36] + code;
    left = Math.floor(left / 36);
  }
  return code;
}

function memoryOf({ rssSamples, peakRssBytes }) {
  const bytes = rssSamples.map((sample) => sample.rssBytes);
  const half = bytes.length >> 1;
  const first = spread(bytes.slice(0, half))?.median ?? Number.NaN;
  const second = spread(bytes.slice(half))?.median ?? Number.NaN;
  return {
    peakMiB: peakRssBytes / MIB,
    firstMiB: first / MIB,
    secondMiB: second / MIB,
    growth: second / first,
    samples: bytes.length,
  };
}

function wholeness(records) {
  const what = `every index exactly once: ${grouped(records.distinct)} of ${grouped(CODES)}`;
  const wrong = `${records.missing} missing, ${records.doubled} doubled, ${records.bad} wrong`;
  return { what, met: records.whole, text: `${records.whole ? 'met' : 'MISSED'}: ${what}, ${wrong}` };
}

function single(n) {
  return { min: n, median: n, max: n };
}
