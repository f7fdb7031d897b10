// What HTTP/2 alone can get wrong, of one server that runs: uploads against its windows, ten thousand streams on one
// connection, GOAWAY in the middle of a run, few streams at a time. Starts no server.

import { flurry } from '../../dist/index.js';
import { plainCase, request } from './manifest.mjs';
import { put } from './report.mjs';
import { runManifest } from './run.mjs';
import { sha256 } from './site.mjs';

const FIVE_MB = 5_000_000;
/** Sizes of a stream's pieces: below, at and above what a frame takes, and single octets. */
const PIECE_BYTES = [16_384, 1, 65_536, 16_385, 10_000, 100_000];
const UPLOADS_AT_ONCE = 6;
const POST_EVERY = 6;
/** A server that drops its connections says not what it did with what was under way. */
const RETRIES_WHERE_DROPPED = 10;

/** `http2`: what the server's start says of it (see servers.mjs); `versions` checks how each response came. */
export async function gateHttp2(server, http2, context, options, versions, report) {
  const { name, versionText: version } = server;
  const sending = {
    options: { ca: context.tls.ca, httpVersion: '2' },
    judge: versions,
    idleMs: 0,
    pauses: 0,
  };
  const gate = { name, version, http2, site: context.site, sending, report };
  await gateUploads(gate, options.uploads);
  await gateOneConnection(gate, options.streams);
  await gateGoaway(gate, options);
  await gateFewStreams(gate, options.counted);
}

async function gateUploads(gate, count) {
  const { http2, site } = gate;
  const file = site.files.find((one) => one.size > FIVE_MB);
  const cases = Array.from({ length: count }, (_, i) => {
    // No two are the same, or one in the other's place would not be seen.
    const octets = file.bytes.subarray(i, FIVE_MB + i);
    const path = http2.uploadPaths[i % http2.uploadPaths.length];
    const hash = sha256(octets);
    const echoed = { status: 200, body: hash };
    const told = { status: 200, text: JSON.stringify({ octets: octets.length, sha256: hash }) };
    const isStream = Math.floor(i / http2.uploadPaths.length) % 2 === 1;
    return request('POST', path, {}, http2.echoes ? echoed : told, isStream ? inPieces(octets) : octets);
  });
  const result = await send(gate, http2.patient, cases, { concurrency: UPLOADS_AT_ONCE });
  conclude(gate, 'uploads', result);
}

async function* inPieces(octets) {
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const end = at + PIECE_BYTES[turn % PIECE_BYTES.length];
    yield octets.subarray(at, end);
    at = end;
  }
}

async function gateOneConnection(gate, count) {
  const { http2, name } = gate;
  const run = `${name}-one`;
  const counted = (i) => http2.counting.caseOf(run, i, 'GET');
  const cases = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? counted(i) : plainCase(gate.site, i)));
  const result = await send(gate, http2.patient, cases, { h2Connections: 1 });
  const connections = http2.counting.connections(run) ?? result.connections;
  if (connections !== 1) blame(result, 'one connection', 'connections', 1, connections);
  conclude(gate, 'one connection', { ...result, connections });
}

/** Everything is answered, and the POSTs arrived once each, whatever connections were given up on the way. */
async function gateGoaway(gate, { counted, disturbances }) {
  const { http2, name, report } = gate;
  const run = `${name}-goaway`;
  const cases = countedCases(http2, run, counted, true);
  const { disturb, whyAbrupt } = http2;
  const isAbrupt = whyAbrupt !== undefined;
  const extra = disturb === undefined ? {} : { interludes: { count: disturbances, play: disturb } };
  if (isAbrupt) extra.forgives = isLostPost;
  const result = await send(
    gate,
    http2.limited,
    cases,
    isAbrupt ? { retry: RETRIES_WHERE_DROPPED } : {},
    extra,
  );
  const connections = http2.counting.connections(run) ?? result.connections;
  const least = disturb === undefined ? Math.ceil(counted / http2.requestsMax) : disturbances + 1;
  if (connections < least) blame(result, 'GOAWAY', 'connections', `${least} or more`, connections);
  await holdAgainstTally(gate, run, cases, result);
  if (isAbrupt) {
    const what = 'GET is retried and a POST that was under way may fail';
    report.exceptions.push({ name, what, why: whyAbrupt, count: result.forgiven.size });
  }
  conclude(gate, isAbrupt ? 'restarts' : 'GOAWAY', { ...result, connections });
}

async function gateFewStreams(gate, count) {
  const { http2, name, report } = gate;
  const few = Math.ceil(count / 4);
  if (http2.narrow === undefined) {
    const why = http2.whyNotNarrow;
    report.exceptions.push({ name, what: 'few streams at a time are not asked', count: few, why });
    return;
  }
  const run = `${name}-few`;
  const cases = countedCases(http2, run, few, false);
  const result = await send(gate, http2.narrow, cases, { h2Connections: 1 });
  const connections = http2.counting.connections(run) ?? result.connections;
  await holdAgainstTally(gate, run, cases, result);
  conclude(gate, 'few streams', { ...result, connections });
}

function countedCases({ counting }, run, count, isSlow) {
  return Array.from({ length: count }, (_, i) => {
    const method = i % POST_EVERY === POST_EVERY - 1 ? 'POST' : 'GET';
    return { kind: 'counted', ...counting.caseOf(run, i, method, isSlow) };
  });
}

/** Only a request that was on its way may be lost, and only where nobody may send it twice. */
function isLostPost(outcome) {
  return outcome.type === 'failure' && outcome.method === 'POST' && outcome.sent !== 'none';
}

async function holdAgainstTally({ http2 }, run, cases, result) {
  const tally = await http2.counting.tally(run);
  for (const [index, { method, path }] of cases.entries()) {
    const times = tally.get(String(index)) ?? 0;
    const isRight =
      http2.whyAbrupt !== undefined ? wasEnough(method, times, result.forgiven.has(index)) : times === 1;
    if (isRight) continue;
    const found = [{ what: `arrivals of the ${method}`, expected: 'exactly one', got: String(times) }];
    result.differences.push({ index, url: path, kind: 'counted', found });
  }
}

/** Where connections are dropped, a GET may come again, and a POST that failed may have come or not. */
function wasEnough(method, times, isForgiven) {
  if (method === 'GET') return times >= 1;
  return isForgiven ? times <= 1 : times === 1;
}

function send({ sending }, base, cases, options, extra = {}) {
  const scheme = new URL(base).protocol.slice(0, -1);
  const all = { ...sending.options, ...options };
  return runManifest(flurry, { ...sending, ...extra, options: all, cases, urls: { [scheme]: base }, scheme });
}

function blame(result, kind, what, expected, got) {
  result.differences.push({ index: 0, url: '', kind, found: [{ what, expected, got }] });
}

function conclude({ name, version, report }, what, result) {
  put(report, { name: `${name}, ${what}`, version, scheme: 'h2', result });
}
