// What bench:wire measures: the tables, the clients in each, and the bars on what they cost. Starts nothing.

export const CONCURRENCY = 60;

/**
 * One table each. `needs`: programs without which all of it is left out. `ratios`: its columns of ratios, each the CPU
 * per request of `of` (the row's own client where it is not said) divided by that of `by` (likewise).
 */
export const GROUPS = [
  {
    name: 'plain',
    title: 'Plain: 66 bytes of JSON, parsed',
    needs: [],
    ratios: [
      { head: 'CPU ÷ wrk', by: ['wrk'] },
      { head: 'undici dispatch ÷ it', of: 'undici-dispatch' },
    ],
  },
  {
    name: 'tls',
    title: 'TLS 1.3: the same answers, parsed',
    needs: ['nginx', 'openssl'],
    ratios: [
      { head: 'CPU ÷ wrk', by: ['wrk-tls'] },
      { head: 'undici dispatch ÷ it', of: 'undici-dispatch-tls' },
    ],
  },
  {
    name: 'gzip',
    title: 'Gzip: 10 KB of JSON, compared octet by octet, not parsed',
    needs: ['nginx'],
    ratios: [{ head: 'CPU ÷ (as it comes + gunzipSync)', by: ['flurry-gzip-raw', 'gunzip-sync'] }],
  },
];

/**
 * In the order of the tables. `peer`: where its code is, unless ../peers has it by its name. `program`: it is no module
 * for client.mjs. `needs`: programs. `requestsMax`: one that is slow, or has a small spread, sends fewer, so that a
 * round stays short. `given`: what its code is told besides.
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
];

/**
 * `of` divided by `by`, the CPU per request of both in the same round. `direction`: the ratio is to stay under the
 * bar, or to reach it. Several of `by` are added up.
 */
export const BARS = [
  { of: 'flurry-library', by: ['wrk'], direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'flurry-session', by: ['wrk'], direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'flurry-session', by: ['flurry-library'], direction: 'at most', aim: 1.03 },
  { of: 'flurry-cli', by: ['wrk'], direction: 'at most', must: 3.0, aim: 2.2 },
  { of: 'undici-dispatch', by: ['flurry-library'], direction: 'at least', must: 2.0, aim: 2.5 },
  { of: 'flurry-library-tls', by: ['wrk-tls'], direction: 'at most', must: 2.2, aim: 1.8 },
  { of: 'flurry-gzip', by: ['flurry-gzip-raw', 'gunzip-sync'], direction: 'at most', must: 1.5 },
];
