// The folder that every server serves: files whose octets, hashes and times are known before any of them is asked for.

import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './random.mjs';

const KIB = 1024;
const MIB = KIB * KIB;
/** Around the sizes at which servers, kernels and parsers change their ways, up to 5 MB. */
const BINARY_SIZES = [
  0,
  1,
  2,
  66,
  511,
  1_023,
  1_024,
  1_025,
  4_096,
  8_191,
  8_192,
  8_193,
  16_384,
  32_768,
  65_535,
  65_536,
  65_537,
  100_000,
  262_144,
  1_000_000,
  5 * MIB,
];
const TEXT_SIZES = [0, 1, 20, 300, 1_024, 2_000, 5_000, 20_000, 65_536, 200_000, 1_000_000, 5 * MIB];
const TYPES = [
  { extension: 'txt', mediaType: 'text/plain' },
  { extension: 'html', mediaType: 'text/html' },
  { extension: 'json', mediaType: 'application/json' },
];
const WORDS = 'snow falls on the quiet harbour while lamps are lit and boats come home, one by one,\n'.split(
  ' ',
);
const FIRST_MODIFIED_S = Date.UTC(2020, 0, 1) / 1000;

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes the files; what it returns holds their octets too, for the hashes of their ranges. */
export function writeSite(folder, seed) {
  const random = new Random(seed);
  const root = join(folder, 'site');
  mkdirSync(join(root, 'files'), { recursive: true });
  const files = [];
  const add = (name, bytes, mediaType) => {
    const path = join(root, 'files', name);
    const modified = new Date((FIRST_MODIFIED_S + 86_400 * files.length) * 1000);
    writeFileSync(path, bytes);
    utimesSync(path, modified, modified);
    files.push({
      path: `/files/${encodeURIComponent(name)}`,
      chunkedPath: `/chunked/${encodeURIComponent(name)}`,
      size: bytes.length,
      bytes,
      sha256: sha256(bytes),
      modified,
      mediaType,
      weight: weightOf(bytes.length),
    });
  };
  for (const size of BINARY_SIZES) add(`${size}.bin`, random.bytes(size), 'application/octet-stream');
  for (const size of TEXT_SIZES) {
    for (const { extension, mediaType } of TYPES) {
      if (size > MIB && extension !== 'txt') continue;
      add(`${size}.${extension}`, text(random, size), mediaType);
    }
  }
  add('a name, with blanks & ümlauts.txt', text(random, 3_000), 'text/plain');
  return { root, files };
}

/** Few of the large ones: what they prove, a hundred prove as well as a thousand. */
function weightOf(size) {
  return size <= 64 * KIB + 1 ? 24 : size <= MIB ? 4 : 1;
}

/** Words in no order: as compressible as what people write. */
function text(random, size) {
  let words = '';
  while (words.length < size) words += `${random.pick(WORDS)} `;
  return Buffer.from(words.slice(0, size), 'latin1');
}
