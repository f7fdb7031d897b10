// What is asked, and what must come back: both written down before any server is asked, out of a seed and of RFC 9110
// and RFC 9112. No expectation is ever taken from a server, except that its own ETag must match itself.

import { Random } from './random.mjs';
import { sha256 } from './site.mjs';

const REDIRECTS = [301, 302, 303, 307, 308];
const CHAIN_MAX = 6;
const ECHO_BYTES_MAX = 32_768;
const PLAIN_BYTES_MAX = 65_536;
const DAY_MS = 86_400_000;
/** Above it every server of the gate compresses text when asked to. */
const COMPRESSED_FROM_BYTES = 4_096;
/** Takes the run's own Accept-Encoding away: the plain octets are asked for. */
const PLAIN = { 'Accept-Encoding': null };

/**
 * The kinds of requests, how many of a hundred they are, and how one is made. `expect`: `status`; `body`, a hash or what
 * check.mjs knows by name; `fields`, each with the values that are allowed, `null` where it may be missing; `hops`, the
 * statuses of the redirects on the way; `end`, the path where they lead.
 */
const KINDS = {
  file: { weight: 26, make: (tools) => fileCase(tools.file(), PLAIN) },
  close: { weight: 2, make: (tools) => fileCase(tools.file(), { ...PLAIN, Connection: 'close' }) },
  head: { weight: 5, make: headCase },
  compressed: { weight: 10, make: compressedCase },
  compressedHead: { weight: 2, make: compressedHeadCase },
  chunked: { weight: 8, make: chunkedCase },
  noContent: { weight: 4, make: () => get('/status/204', {}, { status: 204, body: 'none' }) },
  notModified: { weight: 5, make: notModifiedCase },
  tagBeforeDate: { weight: 1, make: tagBeforeDateCase },
  modified: { weight: 3, make: modifiedCase },
  range: { weight: 8, make: rangeCase },
  ifRange: { weight: 2, make: ifRangeCase },
  ranges: { weight: 2, make: rangesCase },
  rangeUnsatisfiable: { weight: 2, make: unsatisfiableCase },
  rangeUnknown: { weight: 1, make: unknownRangeCase },
  redirect: { weight: 6, make: (tools) => redirectCase(tools, ['r']) },
  abroad: { weight: 3, make: (tools) => redirectCase(tools, ['r', 'abroad']) },
  postRedirected: { weight: 2, make: postRedirectedCase },
  postRepeated: { weight: 2, kindNeeded: 'echo', make: postRepeatedCase },
  echo: { weight: 4, make: echoCase },
  postRefused: { weight: 1, make: postRefusedCase },
  missing: { weight: 2, make: (tools) => get(`/files/none-${tools.random.below(1e6)}`, {}, notFound()) },
};

/** The whole list, the same for every server. `etags`: of this server, by path. */
export function manifestOf({ seed, count, site, etags }) {
  const random = new Random(seed);
  const texts = site.files.filter((one) => one.mediaType !== 'application/octet-stream' && one.size > 0);
  const full = site.files.filter((one) => one.size > 0);
  const tools = {
    random,
    etags,
    file: () => random.weighted(site.files),
    text: () => random.weighted(texts),
    /** Of an empty one no range can be had, and nobody needs it. */
    full: () => random.weighted(full),
  };
  const kinds = Object.entries(KINDS).map(([kind, { weight }]) => ({ kind, weight }));
  return Array.from({ length: count }, () => {
    const { kind } = random.weighted(kinds);
    return { kind, ...KINDS[kind].make(tools) };
  });
}

/** RFC 9113 section 8.2.2: nothing that comes over HTTP/2 has a transfer coding. */
export function overHttp2(one) {
  const { fields } = one.expect;
  if (fields['Transfer-Encoding'] === undefined) return one;
  return { ...one, expect: { ...one.expect, fields: { ...fields, 'Transfer-Encoding': [null] } } };
}

/** What is asked in place of a case that a server cannot do, so that each has as many requests as the others. */
export function plainCase({ files }, i) {
  const small = files.filter((one) => one.size <= PLAIN_BYTES_MAX);
  return { kind: 'file', ...KINDS.file.make({ file: () => small[i % small.length] }) };
}

/** The kinds that cannot be asked where these cannot. */
export function kindsWithout(cannot) {
  const out = {};
  for (const [kind, { kindNeeded }] of Object.entries(KINDS)) {
    const why = cannot[kind] ?? cannot[kindNeeded];
    if (why !== undefined) out[kind] = why;
  }
  return out;
}

/** `expect.end`: where it leads; here, if nothing else is said. */
export function request(method, path, headers, expect, body) {
  return { method, path, headers, body, expect: { fields: {}, hops: [], end: path, ...expect } };
}

function get(path, headers, expect) {
  return request('GET', path, headers, expect);
}

// ── whole files ───────────────────────────────────────────────────────────────────────────────────────────────

function whole(file) {
  const fields = {
    'Content-Length': [String(file.size)],
    'Last-Modified': [file.modified.toUTCString()],
    'Content-Encoding': [null],
  };
  return { status: 200, body: file.sha256, fields };
}

function fileCase(file, headers) {
  return get(file.path, headers, whole(file));
}

/** RFC 9110 section 9.3.2: no content, and fields as GET would have them; Content-Length may be left out. */
function headCase({ file: any }) {
  const file = any();
  const expect = whole(file);
  const fields = { ...expect.fields, 'Content-Length': [String(file.size), null] };
  return request('HEAD', file.path, PLAIN, { ...expect, body: 'none', fields });
}

function compressedCase({ text }) {
  const file = text();
  return get(file.path, {}, { status: 200, body: file.sha256, fields: codedFields(file) });
}

function compressedHeadCase({ text }) {
  const file = text();
  return request('HEAD', file.path, {}, { status: 200, body: 'none' });
}

function codedFields(file) {
  return { 'Content-Encoding': file.size >= COMPRESSED_FROM_BYTES ? ['gzip'] : ['gzip', null] };
}

/** RFC 9112 section 6.1: with Transfer-Encoding there is no Content-Length. HTTP/2 has neither: see `overHttp2`. */
function chunkedCase({ full }) {
  const file = full();
  const fields = { 'Transfer-Encoding': ['chunked'], 'Content-Length': [null] };
  return get(file.chunkedPath, PLAIN, { status: 200, body: file.sha256, fields });
}

function notFound() {
  return { status: 404, body: 'any' };
}

// ── conditions (RFC 9110 section 13) ──────────────────────────────────────────────────────────────────────────

function notModifiedCase({ file: any, random, etags }) {
  const file = any();
  const etag = etags.get(file.path);
  const later = new Date(file.modified.getTime() + DAY_MS).toUTCString();
  const condition = random.pick([
    { 'If-None-Match': '*' },
    { 'If-None-Match': etag },
    { 'If-None-Match': `"another", ${etag}` },
    { 'If-Modified-Since': file.modified.toUTCString() },
    { 'If-Modified-Since': later },
  ]);
  return unmodified(random, file, condition);
}

/** Section 13.1.3: the date is ignored beside an If-None-Match. */
function tagBeforeDateCase({ file: any, random, etags }) {
  const file = any();
  const condition = { 'If-None-Match': etags.get(file.path), 'If-Modified-Since': new Date(0).toUTCString() };
  return unmodified(random, file, condition);
}

function unmodified(random, file, condition) {
  const expect = { status: 304, body: 'none', fields: { 'Transfer-Encoding': [null] } };
  return request(random.pick(['GET', 'GET', 'HEAD']), file.path, { ...PLAIN, ...condition }, expect);
}

function modifiedCase({ file: any, random }) {
  const file = any();
  const earlier = new Date(file.modified.getTime() - DAY_MS).toUTCString();
  const condition = random.pick([{ 'If-None-Match': '"another"' }, { 'If-Modified-Since': earlier }]);
  return fileCase(file, { ...PLAIN, ...condition });
}

// ── ranges (RFC 9110 section 14) ──────────────────────────────────────────────────────────────────────────────

function part(file, from, to) {
  const fields = {
    'Content-Range': [`bytes ${from}-${to}/${file.size}`],
    'Content-Length': [String(to - from + 1)],
  };
  return { status: 206, body: sha256(file.bytes.subarray(from, to + 1)), fields };
}

/** `bytes=a-b`, `bytes=a-`, `bytes=-n`, and an end behind the last octet, which means the last one. */
function rangeOf(file, random) {
  const last = file.size - 1;
  const from = random.between(0, last);
  const to = random.between(from, last);
  const suffix = random.between(1, file.size);
  return random.pick([
    { text: `bytes=${from}-${to}`, from, to },
    { text: `bytes=${from}-`, from, to: last },
    { text: `bytes=-${suffix}`, from: file.size - suffix, to: last },
    { text: `bytes=-${file.size + 10}`, from: 0, to: last },
    { text: `bytes=${from}-${file.size + 10}`, from, to: last },
  ]);
}

function rangeCase({ full, random }) {
  const file = full();
  const { text, from, to } = rangeOf(file, random);
  return get(file.path, { ...PLAIN, Range: text }, part(file, from, to));
}

/** Section 13.1.5: the range, if the validator still holds; else the whole. */
function ifRangeCase({ full, random, etags }) {
  const file = full();
  const { text, from, to } = rangeOf(file, random);
  if (random.below(2) === 0) return fileCase(file, { ...PLAIN, Range: text, 'If-Range': '"another"' });
  const etag = etags.get(file.path);
  const strong = etag.startsWith('W/') ? file.modified.toUTCString() : etag;
  return get(file.path, { ...PLAIN, Range: text, 'If-Range': strong }, part(file, from, to));
}

/** Section 14.2: a server may give several ranges as multipart/byteranges, as one that covers them, or ignore them. */
function rangesCase({ random, full }) {
  let file = full();
  while (file.size < 300) file = full();
  const first = random.below(50);
  const ranges = [
    [first, first + 9],
    [first + 100, first + 149],
  ];
  const beyond = random.below(2) === 0 ? `,${file.size + 5}-` : '';
  const text = `bytes=${ranges.map((range) => range.join('-')).join(',')}${beyond}`;
  const expect = { status: [206, 200], body: 'ranges', ranges, file };
  return get(file.path, { ...PLAIN, Range: text }, expect);
}

/** Section 15.5.17; the field is a SHOULD, but one that is there must be right. */
function unsatisfiableCase({ full, random }) {
  const file = full();
  const fields = { 'Content-Range': [`bytes */${file.size}`, null] };
  const range = `bytes=${file.size + random.below(100)}-`;
  return get(file.path, { ...PLAIN, Range: range }, { status: 416, body: 'any', fields });
}

/** Section 14.2: an unknown range unit is ignored. */
function unknownRangeCase({ full }) {
  return fileCase(full(), { ...PLAIN, Range: 'lines=0-9' });
}

// ── redirects (RFC 9110 section 15.4) and bodies of requests ──────────────────────────────────────────────────

function chain(random, routes, codes, path) {
  const hops = Array.from({ length: random.between(1, CHAIN_MAX) }, () => random.pick(codes));
  const steps = hops.map((code) => `/${random.pick(routes)}/${code}`);
  return { hops, start: steps.join('') + path };
}

function redirectCase({ file: any, random }, routes) {
  let file = any();
  // A redirect is written with the name as a server decoded it.
  while (file.path.includes('%')) file = any();
  const { hops, start } = chain(random, routes, REDIRECTS, file.path);
  return get(start, PLAIN, { ...whole(file), hops, end: file.path });
}

/** To 303 POST becomes GET, and so it does to 301 and 302 as every client has it; its body goes. */
function postRedirectedCase(tools) {
  const { random } = tools;
  const one = redirectCase(tools, ['r']);
  const code = random.pick([301, 302, 303]);
  const start = `/r/${code}${one.path}`;
  const expect = { ...one.expect, hops: [code, ...one.expect.hops] };
  return { ...one, method: 'POST', path: start, body: bodyOf(random), expect };
}

/** 307 and 308 keep method and body. */
function postRepeatedCase({ random }) {
  const body = bodyOf(random);
  const { hops, start } = chain(random, ['r'], [307, 308], '/echo');
  const expect = { status: 200, body: sha256(body), hops, end: '/echo' };
  return request('POST', start, PLAIN, expect, body);
}

function echoCase({ random }) {
  const body = bodyOf(random);
  return request('POST', '/echo', PLAIN, { status: 200, body: sha256(body) }, body);
}

/** Section 15.5.6: a method that the target does not support. */
function postRefusedCase({ random, file: any }) {
  const file = any();
  return request('POST', file.path, PLAIN, { status: 405, body: 'any' }, bodyOf(random));
}

/** Letters and digits, which HAProxy's format strings leave alone. */
function bodyOf(random) {
  return random.bytes(random.between(1, ECHO_BYTES_MAX / 2)).toString('hex');
}
