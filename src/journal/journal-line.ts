// The lines of a journal as text: what they hold, and the checksum that tells a whole one. Reads and writes no file.
//
//   flurry-journal 1 7c9e6679 {"atMs":…,"command":[…],"sinks":[…],"identity":{…}}
//   0d3f1a2b {"atMs":…,"done":"100,1,1","positions":["5120"],"counts":{…}}
//   …
//   a51c99f0 {"atMs":…,"done":"200","positions":["9876"],"counts":{…},"complete":true}

import { crc32 } from './crc32.ts';
import type { Identity } from './identity.ts';

const MAGIC = 'flurry-journal';
const VERSION = 1;

export interface SinkName {
  /** Such as `jsonl` or `sqlite`. */
  readonly kind: string;
  readonly path: string;
}

/** What a run is; the first line. */
export interface Header {
  /** When it began, in milliseconds since 1970. */
  readonly atMs: number;
  /** What was typed, without secrets. */
  readonly command: readonly string[];
  /** In the order of the positions of each entry. */
  readonly sinks: readonly SinkName[];
  readonly identity: Identity;
}

/** What the outcomes of all sessions of a run were. */
export interface Counts {
  readonly requests: number;
  readonly ok: number;
  readonly failed: number;
}

/** One moment of a run: what was done, and where each sink stood with just that. */
export interface Entry {
  readonly atMs: number;
  /** RangeSet.toText. */
  readonly done: string;
  readonly positions: readonly string[];
  readonly counts: Counts;
  /** Nothing is left to do. */
  readonly complete?: boolean;
}

/** Why a first line cannot be read: it is no journal's, it is one's and broken, or a later flurry wrote it. */
export type NoHeader = 'foreign' | 'damaged' | 'newer';

/** With its line feed. */
export function headerLine(header: Header): Buffer {
  return Buffer.from(`${MAGIC} ${VERSION} ${summed(JSON.stringify(header))}\n`);
}

/** With its line feed. */
export function entryLine(entry: Entry): Buffer {
  return Buffer.from(`${summed(JSON.stringify(entry))}\n`);
}

/** `line`: without its line feed. */
export function readHeader(line: Buffer): Header | NoHeader {
  const [magic, version] = line
    .subarray(0, MAGIC.length + 20)
    .toString('latin1')
    .split(' ', 2);
  if (magic !== MAGIC || version === undefined || !/^\d+$/.test(version)) return 'foreign';
  if (Number(version) > VERSION) return 'newer';
  const value = readSummed(line.subarray(MAGIC.length + version.length + 2));
  return value === undefined ? 'damaged' : (value as Header);
}

/** `line`: without its line feed. Undefined where it is not whole. What has the right sum is what was written. */
export function readEntry(line: Buffer): Entry | undefined {
  return readSummed(line) as Entry | undefined;
}

function summed(json: string): string {
  return `${hex(crc32(Buffer.from(json)))} ${json}`;
}

function readSummed(line: Buffer): unknown {
  // The sum is 8 digits and a space.
  const json = line.subarray(9);
  if (line.length < 11 || line.toString('latin1', 0, 9) !== `${hex(crc32(json))} `) return undefined;
  return JSON.parse(json.toString('utf8'));
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0');
}
