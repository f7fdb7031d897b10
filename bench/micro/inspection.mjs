// What inspection costs a response with 66 bytes of JSON: conditions on the status alone, on the body, filters, fields
// by JSON Pointer, JSONPath, regular expression and header. And once: loading the library behind JSONPath.
// Run after a build: node bench/micro/inspection.mjs [rounds]. The cost of making the responses is subtracted.

import { Inspection } from '../../build/inspection/inspection.js';
import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { resolveOptions } from '../../build/model/options.js';
import { parseUrl } from '../../build/model/origin.js';
import { REUSED, Response } from '../../build/model/outcome.js';
import { Request } from '../../build/model/request.js';
import { ResponseHead } from '../../build/model/response-head.js';

const ROUNDS = Number(process.argv[2] ?? 9);
const RESPONSES = 200_000;
const VALUES = 4096;

const FIELD_LINES =
  'Server: nginx/1.22.1\r\nDate: Sat, 22 Nov 2025 19:00:00 GMT\r\nContent-Type: application/json\r\n' +
  'Content-Length: 66\r\nConnection: keep-alive\r\nETag: "6748-42"\r\n';
const FRAMING = { contentLength: 66, transferEncoding: 'none', keepAlive: true, keepAliveMs: undefined };

const { origin } = parseUrl('http://127.0.0.1:8080/');
const head = new ResponseHead(200, '1.1', 'OK', FIELD_LINES, FRAMING);
const bodies = Array.from({ length: VALUES }, (_, i) =>
  Buffer.from(`{"userId":${i % 10},"id":${i},"title":"delectus aut autem","done":false}`),
);

/** A new one each time, as in a run. */
function make(i) {
  const request = new Request(i, 'GET', origin, `/todos/${i}`, EMPTY_HEADERS, undefined, undefined);
  request.attempt = 1;
  return new Response(request, head, bodies[i % VALUES], '', 1.5, 0.1, REUSED, '127.0.0.1');
}

function makeOnly() {
  let sum = 0;
  for (let i = 0; i < RESPONSES; i++) sum += make(i).status;
  return sum;
}

function inspecting(options) {
  const inspection = Inspection.of(resolveOptions(options));
  return () => {
    let passed = 0;
    for (let i = 0; i < RESPONSES; i++) if (inspection.passes(inspection.inspect(make(i)))) passed++;
    return passed;
  };
}

const started = process.hrtime.bigint();
Inspection.of(resolveOptions({ extract: ['id=$.id'] }));
const loadMs = Number(process.hrtime.bigint() - started) / 1e6;

const subjects = [
  ['making the responses alone', makeOnly],
  ['failOn 5xx,429', inspecting({ failOn: '5xx,429' })],
  ['failOn 5xx, matchStatus 200', inspecting({ failOn: '5xx', matchStatus: '200' })],
  ['failOn type!=application/json', inspecting({ failOn: 'type!=application/json' })],
  ['failOn header:Retry-After', inspecting({ failOn: 'header:Retry-After' })],
  ['failOn body~error', inspecting({ failOn: 'body~error' })],
  ['failOn body~error, match title', inspecting({ failOn: 'body~error', match: 'title' })],
  ['failOn a function that answers false', inspecting({ failOn: () => false })],
  ['filterSize 0,1234,100-200', inspecting({ filterSize: '0,1234,100-200' })],
  ['extract id=/id', inspecting({ extract: ['id=/id'] })],
  ['extract id=/id, title=/title', inspecting({ extract: ['id=/id', 'title=/title'] })],
  ['extract none=/none', inspecting({ extract: ['none=/none'] })],
  ['extract id=$.id', inspecting({ extract: ['id=$.id'] })],
  ['extract all=$[*]', inspecting({ extract: ['all=$[*]'] })],
  ['extract title=regex:"title":"(.*?)"', inspecting({ extract: ['title=regex:"title":"(.*?)"'] })],
  ['extract etag=header:ETag', inspecting({ extract: ['etag=header:ETag'] })],
].map(([name, run]) => ({ name, run, ns: [] }));

for (const { run } of subjects) run();
for (let round = 0; round < ROUNDS; round++) {
  let makeNs = 0;
  for (const { run, ns } of subjects) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    const each = ((user + system) * 1000) / RESPONSES;
    ns.push(each - makeNs);
    if (run === makeOnly) makeNs = each;
  }
}

console.log(
  `ns of CPU per response, ${ROUNDS} interleaved rounds of ${RESPONSES} responses, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(42)} min ${min}   median ${median}   max ${max}`);
}
console.log(`the first JSONPath, with the library: ${loadMs.toFixed(1)} ms`);
