// What header compression costs per message: the field block of a request whose headers are known, new each time, or
// encoded field by field without a cache; and of an nginx response: all its literals alike, its Date and ETag new, with
// and without a memory of literals, and one that a server with a table of its own writes.
// Run after a build: node bench/micro/hpack.mjs [rounds]. The cost of the loop alone is shown, not subtracted.

import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { Origin } from '../../build/model/origin.js';
import { Request } from '../../build/model/request.js';
import { FieldMemo } from '../../build/transport/http2/field-memo.js';
import { HpackDecoder } from '../../build/transport/http2/hpack-decoder.js';
import { HpackEncoder, writeText } from '../../build/transport/http2/hpack-encoder.js';
import { OutgoingOctets } from '../../build/transport/http2/outgoing-octets.js';
import { RequestBlocks } from '../../build/transport/http2/request-blocks.js';
import { STATIC_NAMES } from '../../build/transport/http2/static-table.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const CALLS = 100_000;
const MANY = 1024;
const LIMITS = { headerBytesMax: 65_536, headerCountMax: 200 };

// ── requests ────────────────────────────────────────────────────────────────────────────────────────────────

const FIELDS = [
  ['User-Agent', 'flurry/0.1.0'],
  ['Accept', '*/*'],
  ['Accept-Encoding', 'gzip, deflate, br'],
  ['X-Tenant', 'c1d5e2f3'],
];
const SECRET = [['Authorization', 'Bearer 8f3b1c2d4e5f60718293a4b5c6d7e8f9']];
const origin = new Origin('https', 'api.example.com', 8443);
const requestsWith = (headersOf) =>
  Array.from(
    { length: MANY },
    (_, i) => new Request(i, 'GET', origin, `/todos/${i + 1}`, headersOf(i), undefined, undefined),
  );
const plain = EMPTY_HEADERS.with(FIELDS);
const secret = plain.with(SECRET);

/** Takes what was written away without the cost of a new buffer. */
function encoding(requests) {
  const blocks = new RequestBlocks();
  const out = new OutgoingOctets();
  return new Function(
    'blocks, out, requests, calls, mask',
    'let sum = 0; for (let i = 0; i < calls; i++) { out.length = 0; blocks.write(out, requests[i & mask]); sum += out.length; } return sum;',
  ).bind(undefined, blocks, out, requests, CALLS, MANY - 1);
}

function fieldByField() {
  const encoder = new HpackEncoder();
  const out = new OutgoingOctets();
  const fields = FIELDS.map(([name, value]) => [name.toLowerCase(), value]);
  const paths = Array.from({ length: MANY }, (_, i) => `/todos/${i + 1}`);
  return () => {
    let sum = 0;
    for (let i = 0; i < CALLS; i++) {
      out.length = 0;
      encoder.begin(out);
      encoder.field(out, ':method', 'GET', 'index');
      encoder.field(out, ':path', paths[i & (MANY - 1)], 'plain');
      encoder.field(out, ':scheme', 'https', 'index');
      encoder.field(out, ':authority', origin.authority, 'index');
      for (const [name, value] of fields) encoder.field(out, name, value, 'index');
      sum += out.length;
    }
    return sum;
  };
}

// ── responses ───────────────────────────────────────────────────────────────────────────────────────────────

/** As nginx 1.22 writes it: what the static table has a name for goes into the table each time anew, all else never. */
function nginx(i) {
  const b = Buffer.alloc(1024);
  let at = 0;
  b[at++] = 0x88;
  const put = (name, value, kind) => {
    const index = kind === 0x40 ? STATIC_NAMES.get(name).index : 0;
    b[at++] = kind | index;
    if (index === 0) at = writeText(b, at, name);
    at = writeText(b, at, value);
  };
  const two = (n) => String(n % 60).padStart(2, '0');
  put('server', 'nginx/1.22.1', 0x40);
  put('date', `Thu, 01 Jan 2026 00:${two(i >> 4)}:${two(i)} GMT`, 0x40);
  put('content-type', 'application/json', 0x40);
  put('content-length', '66', 0x40);
  put('last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT', 0x40);
  put('etag', `"6955b900-${String(i).padStart(4, '0')}"`, 0x00);
  put('accept-ranges', 'bytes', 0x00);
  return Buffer.from(b.subarray(0, at));
}

class NoMemo extends FieldMemo {
  find() {
    return undefined;
  }
  keep() {}
}

/** The same fields as references to the table, with an ETag of its own. */
function indexed(i) {
  const b = Buffer.alloc(64);
  b.set([0x88, 0xc0, 0xbf, 0xbe, 0xc1, 0xc2, 0x0f, 0x13]);
  return Buffer.from(b.subarray(0, writeText(b, 8, `"6955b900-${String(i).padStart(4, '0')}"`)));
}

function decoding(make, memo = new FieldMemo()) {
  const decoder = new HpackDecoder(LIMITS, memo);
  const blocks = Array.from({ length: MANY }, (_, i) => make(i));
  const first = nginx(0);
  if (decoder.decode(first, 0, first.length)?.length !== 8) throw new Error('the response was not read');
  return new Function(
    'decoder, blocks, calls, mask',
    'let sum = 0; for (let i = 0; i < calls; i++) { const b = blocks[i & mask]; sum += decoder.decode(b, 0, b.length).length; } return sum;',
  ).bind(undefined, decoder, blocks, CALLS, MANY - 1);
}

const subjects = [
  ['encode: known headers', encoding(requestsWith(() => plain))],
  ['encode: known headers, one of them secret', encoding(requestsWith(() => secret))],
  ['encode: known fields, one by one', fieldByField()],
  ['encode: headers new each time', encoding(requestsWith((i) => plain.with({ 'X-Id': `id-${i}` })))],
  ['decode: nginx, the same each time', decoding(() => nginx(0))],
  ['decode: nginx, Date and ETag change each time', decoding(nginx)],
  ['decode: nginx, two in turn', decoding((i) => nginx(i & 1))],
  ['decode: two in turn, no memory of literals', decoding((i) => nginx(i & 1), new NoMemo())],
  ['decode: changing, no memory of literals', decoding(nginx, new NoMemo())],
  ['decode: references and a new ETag', decoding(indexed)],
  ['the loop alone', loop],
].map(([name, run]) => ({ name, run, ns: [] }));

const alone = Array.from({ length: MANY }, (_, i) => nginx(i));
function loop() {
  let sum = 0;
  for (let i = 0; i < CALLS; i++) sum += alone[i & (MANY - 1)].length;
  return sum;
}

for (let round = -2; round < ROUNDS; round++) {
  for (const { run, ns } of subjects) {
    const start = process.hrtime.bigint();
    if (run() === 0) throw new Error('nothing was done');
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(Number(process.hrtime.bigint() - start) / CALLS);
  }
}

console.log(`a response of ${nginx(0).length} octets in 8 fields`);
console.log(`ns per block, ${ROUNDS} interleaved rounds of ${CALLS}, Node ${process.version}`);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(46)} min ${min}   median ${median}   max ${max}`);
}
