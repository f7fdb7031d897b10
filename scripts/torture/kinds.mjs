// What torture runs: outputs, options, and how to read the records back. What this Node or this build cannot do is not
// among them, and says why.

import * as zlib from 'node:zlib';
import { RECORD_KINDS } from '../../build/engine/record-sinks.js';
import * as read from './readers.mjs';

const NEEDS_ZSTD =
  typeof zlib.createZstdDecompress === 'function' ? undefined : 'zstd needs Node 22.15 or newer';
const NEEDS_SQLITE = process.getBuiltinModule?.('node:sqlite')
  ? undefined
  : 'node:sqlite needs Node 22.13 or newer';
const NEEDS_WARC = RECORD_KINDS.some((kind) => kind.startsWith('warc'))
  ? undefined
  : 'this build writes no WARC';

const POST = ['-X', 'POST', '-d', 'a=1'];
/** Not kept in the journal, so that it is given again. */
const SECRETS = ['-d', 'a=1'];

/** `share`: how many requests, of those that were asked for; warcio takes its time to read an archive. */
const ALL = [
  { name: 'jsonl', outputs: { 'out.jsonl': read.readJsonLines } },
  { name: 'csv', outputs: { 'out.csv': read.readCsv } },
  { name: 'jsonl.gz', outputs: { 'out.jsonl.gz': read.readJsonLinesGzip } },
  { name: 'csv.gz', outputs: { 'out.csv.gz': read.readCsvGzip } },
  { name: 'jsonl.zst', outputs: { 'out.jsonl.zst': read.readJsonLinesZstd }, lacks: NEEDS_ZSTD },
  { name: 'sqlite', outputs: { 'out.sqlite': read.readSqlite }, lacks: NEEDS_SQLITE },
  { name: 'parquet', outputs: { 'out.parquet': read.readParquet } },
  { name: 'warc.gz', outputs: { 'out.warc.gz': read.readWarc }, share: 0.1, lacks: NEEDS_WARC },
  {
    name: 'bodies',
    outputs: { 'out.jsonl': read.readJsonLines },
    args: ['--body', 'files'],
    bodies: true,
    share: 0.25,
  },
  {
    name: 'bodies-csv',
    outputs: { 'out.csv': read.readCsv },
    args: ['--body', 'files'],
    bodies: true,
    share: 0.25,
  },
  { name: 'two', outputs: { 'out.jsonl': read.readJsonLines, 'out.csv.gz': read.readCsvGzip } },
  { name: 'two-tables', outputs: { 'out.csv': read.readCsv, 'out.parquet': read.readParquet } },
  { name: 'ordered', outputs: { 'out.jsonl': read.readJsonLines }, args: ['--ordered'], ordered: true },
  {
    name: 'ordered-spill',
    outputs: { 'out.jsonl': read.readJsonLines },
    ...{ args: ['--ordered', '-c', '400'], ordered: true, slow: true, padding: 60_000, share: 0.15 },
  },
  { name: 'ordered-csv', outputs: { 'out.csv': read.readCsv }, args: ['--ordered'], ordered: true },
  { name: 'post', outputs: { 'out.jsonl': read.readJsonLines }, args: POST, secrets: SECRETS, once: true },
  {
    name: 'post-csv',
    outputs: { 'out.csv': read.readCsv },
    ...{ args: POST, secrets: SECRETS, once: true },
  },
  {
    name: 'post-ordered',
    outputs: { 'out.jsonl': read.readJsonLines },
    args: [...POST, '--ordered'],
    ...{ secrets: SECRETS, once: true, ordered: true },
  },
  { name: 'shuffle', outputs: { 'out.jsonl': read.readJsonLines }, args: ['--shuffle'], shuffled: true },
  { name: 'shuffle-csv', outputs: { 'out.csv': read.readCsv }, args: ['--shuffle'], shuffled: true },
];

export const KINDS = ALL.filter(({ lacks }) => lacks === undefined);
export const LACKING = ALL.filter(({ lacks }) => lacks !== undefined);
