// The sinks that write text, each held to the contract of durable sinks.

import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe } from 'vitest';
import { openBodyFiles } from '../../src/sinks/body-files.ts';
import { compressing } from '../../src/sinks/compressed-taker.ts';
import { csvSink } from '../../src/sinks/csv.ts';
import { jsonLinesSink } from '../../src/sinks/json-lines.ts';
import { openOutputFile } from '../../src/sinks/output-file.ts';
import type { RecordOptions } from '../../src/sinks/record-sink.ts';
import { SystemFiles } from '../../src/storage/system-files.ts';
import { sinkOnFiles } from '../contract/sink-suite-files.ts';
import { temporaryFolder } from './folder.ts';
import { canUseZstd, unzstd } from './zstd.ts';

const bodies = temporaryFolder();
const OPTIONS: RecordOptions = { body: 'auto', headers: false, timings: false };

sinkOnFiles({
  name: 'JSON Lines',
  file: 'out.jsonl',
  open: async (path, tools) => jsonLinesSink(await openOutputFile(path, tools), OPTIONS),
  read: ofLines,
});

sinkOnFiles({
  name: 'CSV',
  file: 'out.csv',
  open: async (path, tools) => csvSink(await openOutputFile(path, tools), OPTIONS, tools.clock),
  read: ofRows,
});

sinkOnFiles({
  name: 'JSON Lines in gzip',
  file: 'out.jsonl.gz',
  open: async (path, tools) =>
    jsonLinesSink(await openOutputFile(path, tools, compressing('gzip', path)), OPTIONS),
  read: (bytes) => ofLines(gunzipSync(bytes)),
});

sinkOnFiles({
  name: 'CSV in gzip',
  file: 'out.csv.gz',
  open: async (path, tools) =>
    csvSink(await openOutputFile(path, tools, compressing('gzip', path)), OPTIONS, tools.clock),
  read: (bytes) => ofRows(gunzipSync(bytes)),
});

sinkOnFiles({
  name: 'JSON Lines beside bodies as files',
  file: 'out.jsonl',
  cannot: { disk: 'its bodies are in a folder of their own' },
  open: async (path, tools) => {
    const file = await openOutputFile(path, tools);
    const body = await openBodyFiles(bodies('out'), { syncedBy: new SystemFiles() });
    return jsonLinesSink(file, { ...OPTIONS, body });
  },
  read: ofLines,
});

sinkOnFiles({
  name: 'JSON Lines beside bodies called by their hashes',
  file: 'out.jsonl',
  cannot: { disk: 'its bodies are in a folder of their own' },
  open: async (path, tools) => {
    const file = await openOutputFile(path, tools);
    const body = await openBodyFiles(bodies('out'), { names: 'hash', syncedBy: new SystemFiles() });
    return jsonLinesSink(file, { ...OPTIONS, body });
  },
  read: ofLines,
});

describe.skipIf(!canUseZstd)('where Node has zstd', () => {
  sinkOnFiles({
    name: 'JSON Lines in zstd',
    file: 'out.jsonl.zst',
    open: async (path, tools) =>
      jsonLinesSink(await openOutputFile(path, tools, compressing('zstd', path)), OPTIONS),
    read: (bytes) => ofLines(unzstd(bytes)),
  });
});

function ofLines(bytes: Buffer): number[] {
  const lines = bytes.toString().split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  return lines.map((line) => JSON.parse(line).index);
}

/** The names of the columns stand in the first line, and nowhere else. */
function ofRows(bytes: Buffer): number[] {
  const [names, ...rows]: string[][] = parse(bytes);
  if (names?.[0] !== 'index') throw new Error(`the first line is no header: ${names}`);
  return rows.map(([index]) => {
    if (!/^\d+$/.test(index!)) throw new Error(`no index: ${index}`);
    return Number(index);
  });
}
