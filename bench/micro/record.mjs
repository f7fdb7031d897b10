// What a record costs: a response with about 66 bytes of JSON becomes a line, lines become batches of 64 KiB, batches
// become bytes. Beside it JSON.stringify of an equal object, which parses the body for it.
// Run after a build: node bench/micro/record.mjs [rounds]. Counted is the CPU time of the process, garbage collection
// on other threads included. The cost of making the responses is shown, not subtracted.

import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { parseUrl } from '../../build/model/origin.js';
import { REUSED, Response } from '../../build/model/outcome.js';
import { Request } from '../../build/model/request.js';
import { ResponseHead } from '../../build/model/response-head.js';
import { csvSink } from '../../build/sinks/csv.js';
import { jsonLinesSink } from '../../build/sinks/json-lines.js';
import { firstNonJson } from '../../build/sinks/json-scan.js';
import { OutputFile } from '../../build/sinks/output-file.js';
import { RecordFormat } from '../../build/sinks/record.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const RECORDS = 200_000;
const VALUES = 4096;
const BATCH_CHARACTERS = 64 * 1024;

const FIELD_LINES =
  'Server: nginx/1.22.1\r\nDate: Sat, 22 Nov 2025 19:00:00 GMT\r\nContent-Type: application/json\r\n' +
  'Content-Length: 66\r\nLast-Modified: Sat, 22 Nov 2025 18:00:00 GMT\r\nConnection: keep-alive\r\n' +
  'ETag: "6748-42"\r\nAccept-Ranges: bytes\r\n';
const FRAMING = { contentLength: 66, transferEncoding: 'none', keepAlive: true, keepAliveMs: undefined };

const { origin } = parseUrl('http://127.0.0.1:8080/');
const sharedHead = new ResponseHead(200, '1.1', 'OK', FIELD_LINES, FRAMING);
const bodies = Array.from({ length: VALUES }, (_, i) =>
  Buffer.from(`{"userId":${i % 10},"id":${i},"title":"delectus aut autem","done":false}`),
);
const texts = bodies.map(String);
const times = Array.from({ length: VALUES }, (_, i) => 0.2 + ((i * 7919) % 50_000) / 997);
const buffer = Buffer.allocUnsafeSlow(BATCH_CHARACTERS * 4);

/** A new one each time, as in a run: what was asked of a response or a string once is cheaper the second time. */
function make(i, head) {
  const request = new Request(i, 'GET', origin, `/todos/${i}`, EMPTY_HEADERS, undefined, undefined);
  request.attempt = 1;
  return new Response(request, head, bodies[i % VALUES], '', times[i % VALUES], 0.1, REUSED, '127.0.0.1');
}

function makeOnly() {
  let sum = 0;
  for (let i = 0; i < RECORDS; i++) sum += make(i, sharedHead).status;
  return sum;
}

function encodeBatches(line) {
  let batch = '';
  let bytes = 0;
  for (let i = 0; i < RECORDS; i++) {
    batch += line(i);
    if (batch.length < BATCH_CHARACTERS) continue;
    bytes += buffer.write(batch, 'utf8');
    batch = '';
  }
  return bytes;
}

function recordOf(form) {
  const format = new RecordFormat({ body: form, headers: false, timings: false });
  return () => encodeBatches((i) => format.line(make(i, sharedHead)));
}

function recordWithOwnHead() {
  const format = new RecordFormat({ body: 'auto', headers: false, timings: false });
  return encodeBatches((i) => format.line(make(i, new ResponseHead(200, '1.1', 'OK', FIELD_LINES, FRAMING))));
}

function stringified() {
  return encodeBatches((i) => {
    const { index, url, method, status, ms, body, attempts } = make(i, sharedHead);
    const rounded = Math.round(ms * 1000) / 1000;
    const record = {
      index,
      url,
      method,
      status,
      ms: rounded,
      bytes: body.length,
      attempts,
      body: JSON.parse(body.toString()),
    };
    return `${JSON.stringify(record)}\n`;
  });
}

function scanOnly() {
  let sum = 0;
  for (let i = 0; i < RECORDS; i++) sum += firstNonJson(texts[i % VALUES]);
  return sum;
}

function fieldsOnly() {
  let sum = 0;
  for (let i = 0; i < RECORDS; i++) {
    sum += new ResponseHead(200, '1.1', 'OK', FIELD_LINES, FRAMING).all('content-type').length;
  }
  return sum;
}

function parseOnly() {
  let sum = 0;
  for (let i = 0; i < RECORDS; i++) sum += JSON.parse(texts[i % VALUES]).id;
  return sum;
}

// The whole sink, onto a taker that takes at once.
const clock = {
  now: () => performance.now(),
  after: () => () => {},
  afterPoll: () => {},
  atTurnEnd: () => {},
};
const taker = {
  take: (_bytes, done) => queueMicrotask(() => done(undefined)),
  close: (done) => done(undefined),
};
const options = { body: 'auto', headers: false, timings: false };
const lines = jsonLinesSink(new OutputFile(taker, 'lines', clock), options);
const rows = await csvSink(new OutputFile(taker, 'rows', clock), options, clock);

async function through(sink) {
  for (let i = 0; i < RECORDS; i++) {
    sink.write(make(i, sharedHead));
    if (i % 64 === 0) await undefined;
  }
}

const subjects = [
  { name: 'record, body auto', run: recordOf('auto'), ns: [] },
  { name: 'record, body auto, each with a head of its own', run: recordWithOwnHead, ns: [] },
  { name: 'record, body text', run: recordOf('text'), ns: [] },
  { name: 'record, body base64', run: recordOf('base64'), ns: [] },
  { name: 'record, body none', run: recordOf('none'), ns: [] },
  { name: 'JSON.stringify of an equal object', run: stringified, ns: [] },
  { name: 'jsonLinesSink, body auto', run: () => through(lines), ns: [] },
  { name: 'csvSink, body auto', run: () => through(rows), ns: [] },
  { name: 'making the responses alone', run: makeOnly, ns: [] },
  { name: 'firstNonJson of the body alone', run: scanOnly, ns: [] },
  { name: 'JSON.parse of the body alone', run: parseOnly, ns: [] },
  { name: 'all fields of a head taken apart, alone', run: fieldsOnly, ns: [] },
];

for (const subject of subjects) await subject.run();
for (let round = 0; round < ROUNDS; round++) {
  for (const subject of subjects) {
    const start = process.cpuUsage();
    await subject.run();
    const { user, system } = process.cpuUsage(start);
    subject.ns.push(((user + system) * 1000) / RECORDS);
  }
}

console.log(
  `ns of CPU per record, ${ROUNDS} interleaved rounds of ${RECORDS} records, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(48)} min ${min}   median ${median}   max ${max}`);
}
