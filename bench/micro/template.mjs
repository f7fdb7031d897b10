// What it costs to make the request of an index out of a template of one origin, whose URLs are never taken apart;
// against making the URL and taking it apart, by flurry's own parser and by new URL().
// Run after a build: node bench/micro/template.mjs [rounds]. The cost of the loop alone is shown, not subtracted.

import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { Origin } from '../../build/model/origin.js';
import { Request, RequestFactory } from '../../build/model/request.js';
import { TemplateSource } from '../../build/sources/template/source.js';
import { compileTemplate } from '../../build/sources/template/template.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const CALLS = 100_000;
const TEXT = 'http://h/code/[a-z0-9]{4}';

const readWords = () => {
  throw new Error('no file is named');
};
const template = compileTemplate(TEXT, { globoff: false, vars: {}, zip: false, readWords });
const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
const source = new TemplateSource([template], factory);
const { count } = source;

/** Requests are held as long as 256 more come, as they are in a run: none is garbage at once. */
const HELD = 256;
const held = new Array(HELD).fill(source.at(0));
const FAR = 7919;
/** Indices far apart: none shares its piece of text with the one before. */
const far = (i) => (i * FAR) % count;

// A loop of its own for each: one that is shared would call through a closure and charge that to all.
const subjects = [
  { name: 'at(i), one after another', run: inTurn, ns: [] },
  { name: 'at(i), far apart', run: apart, ns: [] },
  { name: 'the URL as text alone', run: textOnly, ns: [] },
  { name: 'the URL, then RequestFactory.from', run: throughFactory, ns: [] },
  { name: 'the URL, then new URL() and Request', run: throughUrl, ns: [] },
  { name: 'the loop alone', run: nothing, ns: [] },
];

function inTurn() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = source.at(i);
}

function apart() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = source.at(far(i));
}

function textOnly() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = template.at(i);
}

function throughFactory() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = factory.from(i, template.at(i));
}

function throughUrl() {
  for (let i = 0; i < CALLS; i++) {
    const url = new URL(template.at(i));
    const origin = originOf(url);
    const target = url.pathname + url.search;
    held[i & (HELD - 1)] = new Request(i, 'GET', origin, target, EMPTY_HEADERS, undefined, undefined);
  }
}

const origins = new Map();
function originOf(url) {
  let origin = origins.get(url.origin);
  if (origin === undefined) {
    origin = new Origin(url.protocol.slice(0, -1), url.hostname, Number(url.port || 80));
    origins.set(url.origin, origin);
  }
  return origin;
}

function nothing() {
  for (let i = 0; i < CALLS; i++) held[i & (HELD - 1)] = far(i);
}

for (const { name, run } of subjects.slice(0, 5)) {
  run();
  const last = held[(CALLS - 1) & (HELD - 1)];
  const expected = template.at(run === apart ? far(CALLS - 1) : CALLS - 1);
  if ((last.url ?? last) !== expected)
    throw new Error(`${name}: ${last.url ?? last} in place of ${expected}`);
}
for (let round = -2; round < ROUNDS; round++) {
  for (const { run, ns } of subjects) {
    const started = process.hrtime.bigint();
    run();
    // The first rounds are for the compiler.
    if (round >= 0) ns.push(Number(process.hrtime.bigint() - started) / CALLS);
  }
}

console.log(
  `ns per request of ${TEXT} (${count}), ${ROUNDS} interleaved rounds of ${CALLS}, Node ${process.version}`,
);
for (const { name, ns } of subjects) {
  ns.sort((a, b) => a - b);
  const [min, median, max] = [ns[0], ns[ns.length >> 1], ns.at(-1)].map((n) => n.toFixed(0).padStart(6));
  console.log(`${name.padEnd(38)} min ${min}   median ${median}   max ${max}`);
}
