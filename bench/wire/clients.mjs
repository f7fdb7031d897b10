// What bench:wire measures: the tables, the clients in each, and the bars on what they cost. Starts nothing.

import { LARGE_BYTES } from './large.mjs';

const CONCURRENCY = 60;

/**
 * One table each. `needs`: programs without which all of it is left out. `concurrency`: requests in flight. `over`: by
 * which of the server's ports, the plain one if it is not said. `httpVersion`, `connections`: what the clients are to
 * use, checked in the warm-up. `bodyBytes`: the table says how many bytes a second of CPU brings. `ratios`: its columns
 * of ratios, each the CPU per request of `of` (the row's own client where it is not said) divided by that of `by`
 * (likewise).
 */
export const GROUPS = [
  {
    name: 'plain',
    title: 'Plain: 66 bytes of JSON, parsed',
    needs: [],
    concurrency: CONCURRENCY,
    ratios: [
      { head: 'CPU ÷ wrk', by: ['wrk'] },
      { head: 'undici dispatch ÷ it', of: 'undici-dispatch' },
    ],
  },
  {
    name: 'tls',
    title: 'TLS 1.3: the same answers, parsed',
    needs: ['nginx', 'openssl'],
    concurrency: CONCURRENCY,
    over: 'tls',
    ratios: [
      { head: 'CPU ÷ wrk', by: ['wrk-tls'] },
      { head: 'undici dispatch ÷ it', of: 'undici-dispatch-tls' },
    ],
  },
  {
    name: 'gzip',
    title: 'Gzip: 10 KB of JSON, compared octet by octet, not parsed',
    needs: ['nginx'],
    concurrency: CONCURRENCY,
    ratios: [{ head: 'CPU ÷ (as it comes + gunzipSync)', by: ['flurry-gzip-raw', 'gunzip-sync'] }],
  },
  {
    name: 'h2',
    title: 'HTTP/2 over TLS 1.3, 60 streams on one connection: the same answers, parsed',
    needs: ['nginx', 'openssl'],
    concurrency: 60,
    over: 'http2',
    httpVersion: '2',
    connections: 1,
    ratios: [
      { head: 'CPU ÷ h2load', by: ['h2load'] },
      { head: 'node:http2 ÷ it', of: 'node-http2' },
    ],
  },
  {
    name: 'h2-two',
    title: 'HTTP/2 over TLS 1.3, 128 streams on two connections: the same answers, parsed',
    needs: ['nginx', 'openssl'],
    concurrency: 128,
    over: 'http2',
    httpVersion: '2',
    connections: 2,
    ratios: [
      { head: 'CPU ÷ h2load', by: ['h2load-two'] },
      { head: 'node:http2 ÷ it', of: 'node-http2-two' },
    ],
  },
  {
    name: 'h2-large',
    title: 'Large: bodies of 5 MB over TLS 1.3, one after the other, not parsed',
    needs: ['nginx', 'openssl'],
    concurrency: 1,
    over: 'http2',
    httpVersion: '2',
    connections: 1,
    bodyBytes: LARGE_BYTES,
    ratios: [{ head: 'bytes per CPU second ÷ curl, HTTP/2', of: 'curl-large' }],
  },
];

/** A GB in a round. */
const LARGE_CLIENT = { group: 'h2-large', requestsMax: 200 };

/**
 * In the order of the tables. `peer`: where its code is, unless ../peers has it by its name. `program`: it is no module
 * for client.mjs. `needs`: programs. `httpVersion`: another than its group's. `requestsMax`: one that is slow, or has a
 * small spread, sends fewer, so that a round stays short; `requestsTimes`: one that is quick sends so many times more, so
 * that a round is as long. `given`: what its code is told besides.
 */
export const CLIENTS = [
  { group: 'plain', name: 'wrk', title: 'wrk (C)', program: true, needs: ['wrk'] },
  { group: 'plain', name: 'undici-dispatch', title: 'undici dispatch' },
  { group: 'plain', name: 'undici-request', title: 'undici request', requestsMax: 100_000 },
  { group: 'plain', name: 'fetch', title: 'fetch of Node', requestsMax: 25_000 },
  { group: 'plain', name: 'flurry-library', title: 'flurry, library' },
  { group: 'plain', name: 'flurry-session', title: 'flurry, library, session', peer: 'flurry-session.mjs' },
  { group: 'plain', name: 'flurry-cli', title: 'flurry, command line', program: true },
  {
    group: 'tls',
    name: 'wrk-tls',
    title: 'wrk (C), TLS',
    peer: '../peers/wrk.mjs',
    program: true,
    needs: ['wrk'],
    requestsMax: 100_000,
  },
  {
    group: 'tls',
    name: 'undici-dispatch-tls',
    title: 'undici dispatch, TLS',
    peer: '../peers/undici-dispatch.mjs',
    requestsMax: 100_000,
  },
  {
    group: 'tls',
    name: 'flurry-library-tls',
    title: 'flurry, library, TLS',
    peer: '../peers/flurry-library.mjs',
    requestsMax: 100_000,
  },
  {
    group: 'gzip',
    name: 'flurry-gzip-raw',
    title: 'flurry, library, gzip as it comes',
    peer: 'flurry-list.mjs',
    requestsMax: 50_000,
    given: { compressed: false },
  },
  {
    group: 'gzip',
    name: 'gunzip-sync',
    title: 'gunzipSync alone',
    peer: 'gunzip-sync.mjs',
    requestsMax: 50_000,
  },
  {
    group: 'gzip',
    name: 'flurry-gzip',
    title: 'flurry, library, gzip decoded',
    peer: 'flurry-list.mjs',
    requestsMax: 50_000,
    given: { compressed: true },
  },
  ...http2Clients('h2', '', 'one connection'),
  ...http2Clients('h2-two', '-two', 'two connections'),
  ...largeClients('-large', 'HTTP/2', '2'),
  ...largeClients('-large-h1', 'HTTP/1.1', '1.1'),
  {
    ...LARGE_CLIENT,
    name: 'flurry-none',
    title: 'flurry, command line, HTTP/2, bodies none',
    peer: 'flurry-none.mjs',
    program: true,
  },
  {
    ...LARGE_CLIENT,
    name: 'curl-files',
    title: 'curl (C), HTTP/2, to files',
    peer: 'curl-files.mjs',
    program: true,
    needs: ['curl'],
  },
  {
    ...LARGE_CLIENT,
    name: 'flurry-files',
    title: 'flurry, command line, HTTP/2, to files',
    peer: 'flurry-files.mjs',
    program: true,
  },
];

/**
 * `of` divided by `by`, the CPU per request of both in the same round. `direction`: the ratio is to stay under the
 * bar, or to reach it. Several of `by` are added up. `what`: what that comes to, where it is said otherwise.
 */
export const BARS = [
  { of: 'flurry-library', by: ['wrk'], direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'flurry-session', by: ['wrk'], direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'flurry-session', by: ['flurry-library'], direction: 'at most', aim: 1.03 },
  { of: 'flurry-cli', by: ['wrk'], direction: 'at most', must: 3.0, aim: 2.2 },
  { of: 'undici-dispatch', by: ['flurry-library'], direction: 'at least', must: 2.0, aim: 2.5 },
  { of: 'flurry-library-tls', by: ['wrk-tls'], direction: 'at most', must: 2.2, aim: 1.8 },
  { of: 'flurry-gzip', by: ['flurry-gzip-raw', 'gunzip-sync'], direction: 'at most', must: 1.5 },
  { of: 'flurry-h2', by: ['h2load'], direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'node-http2', by: ['flurry-h2'], direction: 'at least', must: 6.0, aim: 8.0 },
  { of: 'flurry-h2-two', by: ['h2load-two'], direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'node-http2-two', by: ['flurry-h2-two'], direction: 'at least', must: 6.0, aim: 8.0 },
  {
    of: 'curl-large',
    by: ['flurry-none'],
    what: 'bytes per CPU second of flurry ÷ curl, both thrown away, HTTP/2',
    direction: 'at least',
    must: 0.7,
  },
  {
    of: 'curl-large',
    by: ['flurry-large'],
    what: 'bytes per CPU second of flurry, in memory ÷ curl, thrown away, HTTP/2',
    direction: 'at least',
    aim: 0.7,
  },
  {
    of: 'curl-files',
    by: ['flurry-files'],
    what: 'bytes per CPU second of flurry ÷ curl, both to files, HTTP/2',
    direction: 'at least',
    must: 0.7,
  },
];

export function groupOf(client) {
  return GROUPS.find(({ name }) => name === client.group);
}

/** Two tables have the same clients; in a list of names the second's end in `suffix`. */
function http2Clients(group, suffix, where) {
  const one = (name, title, rest) => ({
    group,
    name: `${name}${suffix}`,
    title: `${title}, ${where}`,
    ...rest,
  });
  return [
    one('h2load', 'h2load (C)', {
      peer: '../peers/h2-load.mjs',
      program: true,
      needs: ['h2load'],
      requestsTimes: 2,
    }),
    one('node-http2', 'node:http2', { peer: '../peers/h2-node.mjs', requestsMax: 100_000 }),
    one('undici-h2', 'undici dispatch, allowH2', { peer: '../peers/h2-undici.mjs', requestsMax: 25_000 }),
    one('flurry-h2', 'flurry, library', { peer: '../peers/h2-flurry.mjs', requestsTimes: 2 }),
  ];
}

function largeClients(suffix, version, httpVersion) {
  const one = (name, title, rest) => ({
    ...LARGE_CLIENT,
    name: `${name}${suffix}`,
    title: `${title}, ${version}`,
    httpVersion,
    ...rest,
  });
  return [
    one('curl', 'curl (C)', { peer: '../peers/h2-curl.mjs', program: true, needs: ['curl'] }),
    one('flurry', 'flurry, library, in memory', { peer: 'flurry-large.mjs' }),
  ];
}
